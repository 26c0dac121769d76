// config.h: runtime configuration: ports, stores, limits.
//
// Why: what a key means is said once, in the table of the module that uses it: type, default, bounds, sentence,
// reloadable or not. The file is checked against all tables together, unknown keys are errors with a suggestion, and
// the reference document is generated from the tables, so it cannot be out of date.
//
// Where values come from, later ones win: the default, PROJECT/plumb.yaml, PROJECT/env/NAME.yaml (only keys that are
// per_environment), overrides (the command line). Nested maps are dotted names: `serve: {port: 80}` is serve.port. A
// segment * in a declared name stands for any one segment: stores.*.url.
//
// `${env:X}` and `${file:X}` (relative to the project) inside a value are replaced; `$${` is a literal `${`. Such a
// value is a secret, and so is that of a key declared secret: it is given to who asks by name and shown to nobody.
//
// Thread safety: immutable once loaded.
//
//   const std::vector<ConfigKey> keys = {                                    // from config_test.cc
//       {.name = "serve.port", .type = ConfigType::kInt, .default_text = "8080", .min = "1", .max = "65535",
//        .doc = "Port of the HTTP server."}};
//   const Config config = LoadConfig({.files = &files, .directory = "project", .keys = keys}, &diagnostics);
//   config.Int("serve.port");
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/diagnostics.h"
#include "base/environment.h"
#include "base/file_system.h"
#include "base/time.h"
#include "base/yaml.h"

namespace plumb::base {

enum class ConfigType : unsigned char {
  kString,
  kBool,
  kInt,
  kDouble,
  kDuration,  // "30s", "5ms": microseconds
  kBytes,     // "64MiB", "1GB", "512"
  kStrings,   // a sequence of scalars, or one scalar
};
const char* ConfigTypeName(ConfigType type);

struct ConfigKey {
  std::string name;  // "serve.port"; segments of a-z, 0-9, _ or one *
  ConfigType type = ConfigType::kString;
  std::string
      default_text;      // as it would stand in the file; lists separated by commas. Empty: "", false, 0 or no strings.
  std::string min, max;  // inclusive, as text of the type; empty: no bound. Of numbers, durations and bytes.
  std::vector<std::string> choices;  // of strings; empty: any
  std::string doc;                   // a sentence
  bool reloadable = false;
  bool secret = false;
  bool per_environment = true;  // may be overridden by env/NAME.yaml
};

class Config {
 public:
  // The value of a declared key, or its default. Asking for an undeclared key, or as another type, is a bug.
  [[nodiscard]] const std::string& String(std::string_view name) const;
  [[nodiscard]] bool Bool(std::string_view name) const;
  [[nodiscard]] int64_t Int(std::string_view name) const;
  [[nodiscard]] double Double(std::string_view name) const;
  [[nodiscard]] Duration Micros(std::string_view name) const;  // kDuration
  [[nodiscard]] int64_t Bytes(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& Strings(std::string_view name) const;

  // True when a file or an override gave the value.
  [[nodiscard]] bool IsSet(std::string_view name) const;
  [[nodiscard]] bool IsSecret(std::string_view name) const;
  // Where the value stands; no source for a default.
  [[nodiscard]] Position Where(std::string_view name) const;
  // The names that were given below `prefix`, for keys with *: Names("stores") is {"main", "archive"}, sorted.
  [[nodiscard]] std::vector<std::string> Names(std::string_view prefix) const;

  // Every value for people: "serve.port = 8080 (plumb.yaml:3)"; a secret shows as "***".
  struct Shown {
    std::string name, value, source;  // source: "default", "plumb.yaml:3:9", "<override>:1:1"
    bool reloadable = false;
  };
  [[nodiscard]] std::vector<Shown> Show() const;
  // Names whose values differ, sorted. Those that are not reloadable need a restart.
  [[nodiscard]] std::vector<std::string> ChangedFrom(const Config& former) const;
  [[nodiscard]] bool IsReloadable(std::string_view name) const;

 private:
  friend class ConfigReader;
  using Value = std::variant<std::string, bool, int64_t, double, std::vector<std::string>>;
  struct Setting {
    Value value;
    std::string text;  // as written, before substitution
    Position position;
    bool is_secret = false;
  };
  [[nodiscard]] const ConfigKey& KeyOf(std::string_view name) const;
  template <typename T>
  [[nodiscard]] const T& Get(std::string_view name, ConfigType type) const;

  std::vector<ConfigKey> keys_;
  std::map<std::string, Value> defaults_;                 // by declared name
  std::map<std::string, Setting, std::less<>> settings_;  // by concrete name
};

struct ConfigSources {
  FileSystem* files = nullptr;
  std::string directory;         // of the project; plumb.yaml may be missing there
  std::string environment_name;  // "production": then env/production.yaml must be there; empty: none
  Environment environment;       // for ${env:X}; empty: no variable is set
  std::vector<std::pair<std::string, std::string>> overrides;  // name → text
  std::vector<ConfigKey> keys;
};

// Reads and checks everything. Mistakes go to `diagnostics`; keys with mistakes keep their default. A table that is
// wrong in itself is a bug.
Config LoadConfig(const ConfigSources& sources, Diagnostics* diagnostics);

// The reference of all keys as Markdown: one table per first segment, sorted by name.
std::string ConfigReference(const std::vector<ConfigKey>& keys);

}  // namespace plumb::base
