#include "learn/internal/training_environment.h"

#include <utility>

namespace plumb::learn {
namespace {

using base::Json;

std::string Architecture() {
#if defined(__x86_64__)
  return "x86_64";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "other";
#endif
}

std::string Instructions() {
  std::string text;
#if defined(__x86_64__)
  const std::pair<const char*, bool> known[] = {{"avx2", __builtin_cpu_supports("avx2") != 0},
                                                {"avx512f", __builtin_cpu_supports("avx512f") != 0},
                                                {"fma", __builtin_cpu_supports("fma") != 0}};
  for (const auto& [name, is_supported] : known) {
    if (is_supported) text += (text.empty() ? "" : " ") + std::string(name);
  }
#endif
  return text;
}

std::string TextOf(const Json& json, const char* name) {
  const Json* value = json.Find(name);
  return value != nullptr && value->IsString() ? value->AsString() : "";
}

}  // namespace

TrainingEnvironment TrainingEnvironment::Here(std::string library, int threads) {
  return {std::move(library), threads, Architecture(), Instructions()};
}

TrainingEnvironment TrainingEnvironment::Read(const Json& manifest) {
  TrainingEnvironment environment;
  const Json* recorded = manifest.Find("environment");
  if (recorded == nullptr || !recorded->IsObject()) return environment;
  environment.library = TextOf(*recorded, "library");
  environment.architecture = TextOf(*recorded, "architecture");
  environment.instructions = TextOf(*recorded, "instructions");
  const Json* threads = recorded->Find("threads");
  const bool has_threads = threads != nullptr && threads->IsInt() && threads->AsInt() > 0 && threads->AsInt() < 65'536;
  if (has_threads) environment.threads = static_cast<int>(threads->AsInt());
  return environment;
}

Json TrainingEnvironment::ToJson() const {
  Json json;
  json.Set("library", library);
  json.Set("threads", threads);
  json.Set("architecture", architecture);
  json.Set("instructions", instructions);
  return json;
}

}  // namespace plumb::learn
