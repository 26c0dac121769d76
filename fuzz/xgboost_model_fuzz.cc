// xgboost_model_fuzz.cc: any bytes as a model file: no crash, and what was read is safe to traverse.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "model/format/tree_ensemble.h"
#include "model/infer/predictor.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto ensemble = plumb::model::ReadXgboostModel(bytes);
  if (!ensemble.ok()) return 0;
  PLUMB_CHECK(ensemble->Validate().ok(), "What was read is valid.");
  const auto features = static_cast<size_t>(ensemble->features);
  if (features > 10'000) return 0;
  const plumb::model::Predictor predictor(
      std::make_shared<const plumb::model::TreeEnsemble>(std::move(ensemble).value()));
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kMax = std::numeric_limits<float>::max();
  for (const float value : {kNan, 0.0F, 1.0F, -kMax, kMax, std::numeric_limits<float>::infinity()}) {
    const std::vector<float> row(features, value);
    std::vector<float> scores(predictor.outputs());
    predictor.Scores(row, scores);
  }
  return 0;
}
