#include "base/config.h"

#include <algorithm>
#include <set>

#include "base/internal/config_value.h"

namespace plumb::base {
namespace {

constexpr const char* kHidden = "***";

std::string FirstSegment(std::string_view name) { return std::string(name.substr(0, name.find('.'))); }

// A cell of a Markdown table.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

std::string Quoted(std::string_view text) { return text.empty() ? "" : "`" + Cell(text) + "`"; }

std::string BoundsOf(const ConfigKey& key) {
  if (!key.choices.empty()) {
    std::string text;
    for (const std::string& choice : key.choices) text += (text.empty() ? "" : ", ") + Quoted(choice);
    return text;
  }
  if (key.min.empty() && key.max.empty()) return "";
  if (key.max.empty()) return "at least " + Quoted(key.min);
  if (key.min.empty()) return "at most " + Quoted(key.max);
  return Quoted(key.min) + " to " + Quoted(key.max);
}

}  // namespace

const char* ConfigTypeName(ConfigType type) {
  switch (type) {
    case ConfigType::kString:
      return "string";
    case ConfigType::kBool:
      return "bool";
    case ConfigType::kInt:
      return "int";
    case ConfigType::kDouble:
      return "double";
    case ConfigType::kDuration:
      return "duration";
    case ConfigType::kBytes:
      return "bytes";
    case ConfigType::kStrings:
      return "strings";
  }
  return "unknown";
}

const ConfigKey& Config::KeyOf(std::string_view name) const {
  const auto key =
      std::find_if(keys_.begin(), keys_.end(), [&](const ConfigKey& k) { return internal::MatchesName(k.name, name); });
  PLUMB_CHECK(key != keys_.end(), "A configuration key that is read is declared.");
  return *key;
}

template <typename T>
const T& Config::Get(std::string_view name, ConfigType type) const {
  const ConfigKey& key = KeyOf(name);
  PLUMB_CHECK(key.type == type, "A configuration key is read as the type it is declared with.");
  const auto setting = settings_.find(name);
  const Value& value = setting != settings_.end() ? setting->second.value : defaults_.at(key.name);
  return std::get<T>(value);
}

const std::string& Config::String(std::string_view name) const { return Get<std::string>(name, ConfigType::kString); }
bool Config::Bool(std::string_view name) const { return Get<bool>(name, ConfigType::kBool); }
int64_t Config::Int(std::string_view name) const { return Get<int64_t>(name, ConfigType::kInt); }
double Config::Double(std::string_view name) const { return Get<double>(name, ConfigType::kDouble); }
Duration Config::Micros(std::string_view name) const { return Get<int64_t>(name, ConfigType::kDuration); }
int64_t Config::Bytes(std::string_view name) const { return Get<int64_t>(name, ConfigType::kBytes); }
const std::vector<std::string>& Config::Strings(std::string_view name) const {
  return Get<std::vector<std::string>>(name, ConfigType::kStrings);
}

bool Config::IsSet(std::string_view name) const {
  (void)KeyOf(name);
  return settings_.find(name) != settings_.end();
}

bool Config::IsSecret(std::string_view name) const {
  const auto setting = settings_.find(name);
  return KeyOf(name).secret || (setting != settings_.end() && setting->second.is_secret);
}

Position Config::Where(std::string_view name) const {
  const auto setting = settings_.find(name);
  return setting == settings_.end() ? Position() : setting->second.position;
}

std::vector<std::string> Config::Names(std::string_view prefix) const {
  std::set<std::string> names;
  for (const auto& [name, setting] : settings_) {
    if (name.size() <= prefix.size() + 1 || !name.starts_with(prefix) || name[prefix.size()] != '.') continue;
    names.insert(FirstSegment(std::string_view(name).substr(prefix.size() + 1)));
  }
  return {names.begin(), names.end()};
}

std::vector<Config::Shown> Config::Show() const {
  std::vector<Shown> shown;
  for (const ConfigKey& key : keys_) {
    const bool is_pattern = key.name.find('*') != std::string::npos;
    if (is_pattern || settings_.find(key.name) != settings_.end()) continue;
    const bool hide = key.secret && !key.default_text.empty();
    shown.push_back({key.name, hide ? kHidden : key.default_text, "default", key.reloadable});
  }
  for (const auto& [name, setting] : settings_) {
    const std::string text = IsSecret(name) ? kHidden : setting.text;
    shown.push_back({name, text, setting.position.ToString(), KeyOf(name).reloadable});
  }
  std::sort(shown.begin(), shown.end(), [](const Shown& a, const Shown& b) { return a.name < b.name; });
  return shown;
}

std::vector<std::string> Config::ChangedFrom(const Config& former) const {
  std::set<std::string> names;
  for (const auto* config : {this, &former}) {
    for (const auto& [name, setting] : config->settings_) names.insert(name);
  }
  const auto value_of = [](const Config& config, const std::string& name) {
    const auto setting = config.settings_.find(name);
    return setting != config.settings_.end() ? setting->second.value : config.defaults_.at(config.KeyOf(name).name);
  };
  std::vector<std::string> changed;
  for (const std::string& name : names) {
    // A name under * that came or went has changed, whatever its value.
    const bool is_pattern = KeyOf(name).name != name;
    const bool came_or_went = is_pattern && IsSet(name) != former.IsSet(name);
    if (came_or_went || value_of(*this, name) != value_of(former, name)) changed.push_back(name);
  }
  return changed;
}

bool Config::IsReloadable(std::string_view name) const { return KeyOf(name).reloadable; }

std::string ConfigReference(const std::vector<ConfigKey>& keys) {
  std::vector<ConfigKey> sorted = keys;
  std::sort(sorted.begin(), sorted.end(), [](const ConfigKey& a, const ConfigKey& b) { return a.name < b.name; });
  std::string out;
  std::string section;
  for (const ConfigKey& key : sorted) {
    if (const std::string first = FirstSegment(key.name); first != section) {
      out += fmt::format("{}## {}\n\n| key | type | default | allowed | reloadable | meaning |\n",
                         section.empty() ? "" : "\n", first);
      out += "| --- | --- | --- | --- | --- | --- |\n";
      section = first;
    }
    const bool hide = key.secret && !key.default_text.empty();
    out += fmt::format("| {} | {} | {} | {} | {} | {}{} |\n", Quoted(key.name), ConfigTypeName(key.type),
                       hide ? std::string(kHidden) : Quoted(key.default_text), BoundsOf(key),
                       key.reloadable ? "yes" : "no", Cell(key.doc), key.secret ? " Secret." : "");
  }
  return out;
}

}  // namespace plumb::base
