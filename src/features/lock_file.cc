#include "features/lock_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <utility>

#include "base/hash.h"
#include "base/json.h"
#include "data/type.h"
#include "features/lock_file_layout.h"

namespace plumb::features {
namespace {

std::string InputsText(const data::Schema& inputs) {
  std::string text;
  for (const data::Field& field : inputs.fields()) {
    text += (text.empty() ? "" : ", ") + field.name + " " + data::TypeName(field.type);
  }
  return text;
}

std::vector<LockedVersion> VersionsOf(const LockFile& lock, const std::string& view) {
  const auto removed = lock.removed_views.find(view);
  if (removed != lock.removed_views.end()) return removed->second;
  const auto found = lock.views.find(view);
  if (found == lock.views.end()) return {};
  std::vector<LockedVersion> versions = found->second.previous;
  versions.push_back(found->second.current);
  std::sort(versions.begin(), versions.end(),
            [](const LockedVersion& a, const LockedVersion& b) { return a.version < b.version; });
  return versions;
}

// The view's version: that of an equal meaning of before, or the next number.
LockedView Numbered(LockedView view, std::vector<LockedVersion> versions) {
  const auto same = std::find_if(versions.begin(), versions.end(), [&](const LockedVersion& version) {
    return version.identity == view.current.identity;
  });
  if (same != versions.end()) {
    view.current.version = same->version;
    versions.erase(same);
  } else {
    view.current.version = versions.empty() ? 1 : versions.back().version + 1;
  }
  view.previous = std::move(versions);
  return view;
}

std::string KeyText(const std::string& name) {
  if (IsPlainWord(name)) return name;
  std::string text;
  base::AppendJsonString(name, &text);
  return text;
}

std::string Quoted(const std::string& value) {
  std::string text;
  base::AppendJsonString(value, &text);
  return text;
}

// Writes lines; the depth is the indentation.
class LockWriter {
 public:
  template <typename... Values>
  void Line(int depth, fmt::format_string<const Values&...> format, const Values&... values) {
    text_.append(static_cast<size_t>(2 * depth), ' ');
    fmt::format_to(std::back_inserter(text_), format, values...);
    text_ += '\n';
  }

  void View(const std::string& name, const LockedView& view) {
    Line(1, "{}:", KeyText(name));
    Line(2, "version: {}", view.current.version);
    Line(2, "identity: {}", view.current.identity);
    if (!view.source.empty()) Line(2, "source: {}", Quoted(view.source));
    Line(2, "inputs: {}", Quoted(view.inputs));
    if (!view.max_age.empty()) Line(2, "max_age: {}", Quoted(view.max_age));
    Line(2, "features:");
    for (const auto& [feature, locked] : view.features) {
      Line(3, "{}: {{type: {}, identity: {}, expression: {}}}", KeyText(feature), Quoted(locked.type), locked.identity,
           Quoted(locked.expression));
    }
    if (!view.aggregates.empty()) Line(2, "aggregates:");
    for (const LockedAggregate& aggregate : view.aggregates) {
      Line(3, "- {{aggregate: {}, identity: {}}}", Quoted(aggregate.text), aggregate.identity);
    }
    if (!view.previous.empty()) Line(2, "previous:");
    Versions(3, view.previous);
  }

  void Versions(int depth, const std::vector<LockedVersion>& versions) {
    for (const LockedVersion& version : versions) {
      Line(depth, "- {{version: {}, identity: {}}}", version.version, version.identity);
    }
  }

  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

bool IsPlainWord(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  // What other readers of YAML take for something else than a text.
  constexpr std::array<std::string_view, 9> kReserved = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  if (text.empty() || !is_letter(text.front())) return false;
  if (std::find(kReserved.begin(), kReserved.end(), text) != kReserved.end()) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; });
}

LockedView LockView(const View& view) {
  LockedView locked;
  locked.current.identity = view.identity;
  if (!view.is_request()) locked.source = view.source->name;
  locked.inputs = InputsText(view.inputs());
  if (view.max_age) locked.max_age = base::FormatSpan(*view.max_age);
  std::set<LockedAggregate> aggregates;
  for (const Feature& feature : view.features) {
    locked.features[feature.name] = {data::TypeName(feature.type), feature.identity,
                                     feature.checked.scalar.canonical()};
    for (size_t i = 0; i < feature.checked.aggregates.size(); i++) {
      aggregates.insert({feature.checked.aggregates[i].canonical, feature.aggregate_identities[i]});
    }
  }
  locked.aggregates.assign(aggregates.begin(), aggregates.end());
  return locked;
}

LockFile MakeLock(const LockFile& before, const Definitions& definitions, const std::vector<ModelExpansion>& models) {
  LockFile lock;
  for (const auto& source : definitions.sources()) lock.sources[source->name] = source->rows_identity;
  for (const auto& view : definitions.views()) {
    const auto old = before.views.find(view->name);
    const bool is_same = old != before.views.end() && old->second.current.identity == view->identity;
    lock.views[view->name] = is_same ? old->second : Numbered(LockView(*view), VersionsOf(before, view->name));
  }
  lock.removed_views = before.removed_views;
  for (const auto& [name, view] : before.views) lock.removed_views[name] = VersionsOf(before, name);
  for (const auto& [name, view] : lock.views) lock.removed_views.erase(name);
  for (const ModelExpansion& model : models) {
    std::set<std::string> names;
    for (const FeatureId& id : model.features) names.insert(id.ToString());
    lock.models[model.name].assign(names.begin(), names.end());
  }
  return lock;
}

std::string RenderLock(const LockFile& lock) {
  LockWriter writer;
  for (const char* line : kLockComments) writer.Line(0, "{}", line);
  writer.Line(0, "{}", kLockFormatLine);
  writer.Line(0, "{}{}", kLockVersionKey, kLockFormatVersion);
  writer.Line(0, "sources:");
  for (const auto& [name, identity] : lock.sources) writer.Line(1, "{}: {}", KeyText(name), identity);
  writer.Line(0, "views:");
  for (const auto& [name, view] : lock.views) writer.View(name, view);
  if (!lock.removed_views.empty()) writer.Line(0, "removed_views:");
  for (const auto& [name, versions] : lock.removed_views) {
    writer.Line(1, "{}:", KeyText(name));
    writer.Versions(2, versions);
  }
  writer.Line(0, "models:");
  for (const auto& [name, features] : lock.models) {
    writer.Line(1, "{}:", KeyText(name));
    for (const std::string& feature : features) writer.Line(2, "- {}", KeyText(feature));
  }
  std::string text = writer.Take();
  text += fmt::format("{}{}\n", kLockChecksumKey, base::Sha256Hex(text));
  return text;
}

std::string ShortIdentity(std::string_view identity) { return std::string(identity.substr(0, 12)); }

}  // namespace plumb::features
