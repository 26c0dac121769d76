#include "app/metric_title.h"

#include <array>
#include <utility>

namespace plumb::app {

std::string MetricTitle(const std::string& metric) {
  constexpr std::array<std::pair<const char*, const char*>, 12> kTitles = {{{"roc_auc", "ROC AUC"},
                                                                            {"pr_auc", "PR AUC"},
                                                                            {"log_loss", "log loss"},
                                                                            {"brier", "Brier"},
                                                                            {"ece", "ECE"},
                                                                            {"accuracy", "accuracy"},
                                                                            {"macro_f1", "macro F1"},
                                                                            {"macro_roc_auc", "macro ROC AUC"},
                                                                            {"rmse", "RMSE"},
                                                                            {"bias", "bias"},
                                                                            {"mae", "MAE"},
                                                                            {"r2", "R2"}}};
  for (const auto& [name, title] : kTitles) {
    if (metric == name) return title;
  }
  return metric;
}

}  // namespace plumb::app
