// Reads the sources of config.h in the order in which they win.
#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include "base/config.h"
#include "base/internal/config_value.h"

namespace plumb::base {
namespace {

constexpr size_t kSecretBytesMax = 64 << 10;

// The value of a `${...}`.
class Substitution {
 public:
  explicit Substitution(const ConfigSources& sources) : sources_(sources) {}

  // Replaces all of them; `is_secret` tells whether there was one.
  Result<std::string> Apply(std::string_view text, bool* is_secret) const {
    std::string out;
    while (!text.empty()) {
      const size_t dollar = std::min(text.find('$'), text.size());
      out += text.substr(0, dollar);
      text.remove_prefix(dollar);
      if (text.starts_with("$${")) {
        out += "${";
        text.remove_prefix(3);
      } else if (text.starts_with("${")) {
        const size_t close = text.find('}');
        if (close == std::string_view::npos) return InvalidArgument("A reference is not closed: want ${{env:NAME}}.");
        PLUMB_ASSIGN_OR_RETURN(const std::string value, Resolve(text.substr(2, close - 2)));
        out += value;
        *is_secret = true;
        text.remove_prefix(close + 1);
      } else if (!text.empty()) {
        out += '$';
        text.remove_prefix(1);
      }
    }
    return out;
  }

 private:
  Result<std::string> Resolve(std::string_view reference) const {
    if (reference.starts_with("env:")) return FromEnvironment(std::string(reference.substr(4)));
    if (reference.starts_with("file:")) return FromFile(std::string(reference.substr(5)));
    return InvalidArgument("Reference is not known: ${{{}}}, want ${{env:NAME}} or ${{file:PATH}}.", reference);
  }

  Result<std::string> FromEnvironment(const std::string& name) const {
    const auto value = sources_.environment ? sources_.environment(name) : std::nullopt;
    if (!value) return NotFound("Environment variable is not set: {}.", name);
    return *value;
  }

  Result<std::string> FromFile(const std::string& name) const {
    const std::string path = JoinPath(sources_.directory, name);
    PLUMB_ASSIGN_OR_RETURN(const FileInfo info, sources_.files->Stat(path));
    if (info.bytes > static_cast<int64_t>(kSecretBytesMax)) {
      return ResourceExhausted("File is too long for a value: {}, want at most {} bytes.", path, kSecretBytesMax);
    }
    PLUMB_ASSIGN_OR_RETURN(std::string value, sources_.files->ReadFile(path));
    while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
    return value;
  }

  const ConfigSources& sources_;
};

// "abc" for a scalar, "a, b" for a sequence of scalars; nothing for anything else.
std::optional<std::string> TextOf(const YamlNode& node) {
  if (node.IsScalar()) return node.scalar;
  if (!node.IsSequence()) return std::nullopt;
  std::string text;
  for (const YamlNode& item : node.items) {
    if (!item.IsScalar()) return std::nullopt;
    text += (text.empty() ? "" : ", ") + item.scalar;
  }
  return text;
}

bool IsValidKeyName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '*';
  });
}

}  // namespace

class ConfigReader {
 public:
  ConfigReader(const ConfigSources& sources, Diagnostics* diagnostics)
      : sources_(sources), substitution_(sources), diagnostics_(diagnostics) {
    config_.keys_ = sources.keys;
    for (const ConfigKey& key : sources.keys) Declare(key);
  }

  Config Read() {
    ReadFile("plumb.yaml", /*required=*/false, /*overlay=*/false);
    if (!sources_.environment_name.empty()) ReadOverlay();
    for (const auto& [name, text] : sources_.overrides) ReadOverride(name, text);
    return std::move(config_);
  }

 private:
  void Declare(const ConfigKey& key) {
    PLUMB_CHECK(IsValidKeyName(key.name), "A configuration key has a valid name.");
    PLUMB_CHECK(!config_.defaults_.contains(key.name), "A configuration key is declared once.");
    // An empty default need not lie within the bounds: it says that there is none.
    ConfigKey unbounded = key;
    if (key.default_text.empty()) unbounded.min = unbounded.max = "", unbounded.choices.clear();
    const Status status =
        internal::ParseConfigValue(unbounded, key.default_text, /*is_secret=*/false, &config_.defaults_[key.name]);
    PLUMB_CHECK(status.ok(), status.ToString().c_str());
  }

  void ReadOverlay() {
    const std::string& name = sources_.environment_name;
    if (name.find('/') != std::string::npos || name.starts_with('.')) {
      diagnostics_->Error({}, fmt::format("Name of an environment is not valid: {}.", name));
      return;
    }
    ReadFile("env/" + name + ".yaml", /*required=*/true, /*overlay=*/true);
  }

  void ReadFile(const std::string& name, bool required, bool overlay) {
    auto text = sources_.files->ReadFile(JoinPath(sources_.directory, name));
    if (!text.ok()) {
      if (required || text.status().code() != Code::kNotFound) diagnostics_->Error({}, text.status().message());
      return;
    }
    const auto source = std::make_shared<const SourceText>(SourceText{name, std::move(text).value()});
    const YamlNode root = ParseYaml(source, diagnostics_);
    if (root.IsNull()) return;
    if (!root.IsMap()) {
      diagnostics_->Error(root.position, "Configuration is not a map of keys.");
      return;
    }
    from_this_file_.clear();
    ReadMap(root, "", overlay);
  }

  void ReadMap(const YamlNode& map, const std::string& prefix, bool overlay) {
    for (const YamlEntry& entry : map.entries) {
      const std::string name = prefix.empty() ? entry.key : prefix + "." + entry.key;
      if (entry.value.IsMap()) {
        ReadMap(entry.value, name, overlay);
      } else if (!entry.value.IsNull()) {
        ReadNode(name, entry, overlay);
      } else if (Find(name) == nullptr && !IsPrefix(name)) {
        ReportUnknown(name, entry.key_position);
      }
    }
  }

  void ReadNode(const std::string& name, const YamlEntry& entry, bool overlay) {
    const ConfigKey* key = Find(name);
    if (key == nullptr) return ReportUnknown(name, entry.key_position);
    if (overlay && !key->per_environment) {
      diagnostics_->Error(entry.key_position, fmt::format("Key cannot differ between environments: {}.", name));
      return;
    }
    if (!from_this_file_.insert(name).second) {
      diagnostics_->Error(entry.key_position, fmt::format("Key occurs twice: {}.", name));
      return;
    }
    const auto text = TextOf(entry.value);
    if (!text || (entry.value.IsSequence() && key->type != ConfigType::kStrings)) {
      diagnostics_->Error(entry.value.position,
                          fmt::format("Value has the wrong form: {}, want {}.", name, ConfigTypeName(key->type)));
      return;
    }
    Set(name, *key, *text, entry.value.position, entry.value.IsSequence() ? &entry.value.items : nullptr);
  }

  void ReadOverride(const std::string& name, const std::string& text) {
    const auto source = std::make_shared<const SourceText>(SourceText{"<override>", name + "=" + text});
    const ConfigKey* key = Find(name);
    if (key == nullptr) return ReportUnknown(name, {source, 0, name.size()});
    Set(name, *key, text, {source, name.size() + 1, std::max<size_t>(text.size(), 1)}, nullptr);
  }

  // `items`: of a sequence, whose scalars may contain commas.
  void Set(const std::string& name, const ConfigKey& key, const std::string& text, const Position& position,
           const std::vector<YamlNode>* items) {
    Config::Setting setting{{}, text, position, key.secret};
    auto substituted = substitution_.Apply(text, &setting.is_secret);
    if (!substituted.ok()) return Report(position, substituted.status());
    const Status status = internal::ParseConfigValue(key, *substituted, setting.is_secret, &setting.value);
    if (!status.ok()) return Report(position, status);
    if (items != nullptr) setting.value = ItemsOf(*items);
    config_.settings_.insert_or_assign(name, std::move(setting));
  }

  std::vector<std::string> ItemsOf(const std::vector<YamlNode>& items) const {
    std::vector<std::string> texts;
    bool ignored = false;
    // Substitution succeeded for all of them together, so it does for each.
    for (const YamlNode& item : items) texts.push_back(substitution_.Apply(item.scalar, &ignored).value());
    return texts;
  }

  void Report(const Position& position, const Status& status) {
    diagnostics_->Error(position, status.message(), status.suggestion());
  }

  void ReportUnknown(const std::string& name, const Position& position) {
    std::vector<std::string> names;
    for (const ConfigKey& key : config_.keys_) names.push_back(key.name);
    diagnostics_->Error(position, fmt::format("Configuration key is not known: {}.", name), DidYouMean(name, names));
  }

  [[nodiscard]] const ConfigKey* Find(std::string_view name) const {
    for (const ConfigKey& key : config_.keys_) {
      if (internal::MatchesName(key.name, name)) return &key;
    }
    return nullptr;
  }

  // An empty section, `serve:` with nothing below it, is no mistake.
  [[nodiscard]] bool IsPrefix(const std::string& name) const {
    return std::any_of(config_.keys_.begin(), config_.keys_.end(),
                       [&](const ConfigKey& key) { return key.name.starts_with(name + "."); });
  }

  const ConfigSources& sources_;
  Substitution substitution_;
  Diagnostics* diagnostics_;
  Config config_;
  std::set<std::string> from_this_file_;
};

Config LoadConfig(const ConfigSources& sources, Diagnostics* diagnostics) {
  PLUMB_CHECK(sources.files != nullptr, "Configuration is read through a file system.");
  return ConfigReader(sources, diagnostics).Read();
}

}  // namespace plumb::base
