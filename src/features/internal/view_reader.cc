#include <fmt/format.h>

#include <utility>

#include "features/internal/field_reader.h"
#include "features/internal/section_reader.h"

namespace plumb::features::internal {
namespace {

void RefuseKey(const data::Field& key, const base::Position& position, base::Diagnostics* diagnostics) {
  if (key.type == data::TypeKind::kFloat64) {
    diagnostics->Error(position, fmt::format("Key is a float64: {}.", key.name),
                       "Numbers that are rounded do not name things: use int64 or string.");
  }
  if (key.name == "t") diagnostics->Error(position, "Key has the name of the asking time: t.", "Choose another name.");
}

class ViewReader {
 public:
  ViewReader(const base::YamlEntry& entry, const ReadingContext& context)
      : entry_(entry),
        context_(context),
        diagnostics_(*context.diagnostics),
        what_("feature view " + entry.key),
        reader_(entry.value, what_, context.diagnostics) {}

  ReadView Read() {
    read_.view = std::make_unique<View>();
    view().name = entry_.key;
    view().position = entry_.key_position;
    if (CheckName(entry_, "feature view", &diagnostics_) && entry_.key == kQueryView) {
      diagnostics_.Error(entry_.key_position, "Name is reserved: query.", "Choose another name for the feature view.");
    }
    view().description = reader_.String("description").value_or("");
    view().owner = reader_.String("owner").value_or("");
    ReadKind();
    ReadMaxAge();
    ReadServiceLevel();
    const base::YamlNode* features = reader_.RequiredNode("features");
    if (features != nullptr) read_.features = ReadExpressions(*features, "feature", context_);
    reader_.Finish();
    return std::move(read_);
  }

 private:
  View& view() { return *read_.view; }

  // entity and source, or request.
  void ReadKind() {
    const base::YamlNode* request = reader_.Node("request");
    read_.is_request = request != nullptr;
    read_.entity = reader_.String("entity").value_or("");
    read_.source = reader_.String("source").value_or("");
    read_.entity_position = reader_.Where("entity");
    read_.source_position = reader_.Where("source");
    if (!read_.is_request) return RequireEntityAndSource();
    if (!read_.entity.empty() || !read_.source.empty()) {
      diagnostics_.Error(request->position, fmt::format("A {} has a request beside an entity or a source.", what_),
                         "A view is either computed from events (entity and source) or from the request.");
    }
    if (request->IsNull()) return;  // Features of the asking time and of other views only.
    view().request = ReadFields(*request, "request of " + what_, &read_.unusable_fields, &diagnostics_);
    read_.unusable = !request->IsMap();
    if (view().request.IndexOf("t") >= 0) {
      diagnostics_.Error(request->position, "Request field has the name of the asking time: t.",
                         "Choose another name.");
    }
  }

  void RequireEntityAndSource() {
    read_.unusable = read_.entity.empty() || read_.source.empty();
    if (!entry_.value.IsMap() || !read_.unusable) return;
    const char* missing = read_.entity.empty() ? (read_.source.empty() ? "entity and source" : "entity") : "source";
    diagnostics_.Error(entry_.key_position, fmt::format("Key is missing: {} in {}.", missing, what_),
                       "A view names an entity and a source, or has a request.");
  }

  void ReadMaxAge() {
    view().max_age = ReadSpan(&reader_, "max_age", &diagnostics_);
    if (!view().max_age) return;
    const base::Span& age = *view().max_age;
    if (age.months < 0 || age.micros < 0 || (age.months == 0 && age.micros == 0)) {
      diagnostics_.Error(reader_.Where("max_age"),
                         fmt::format("Value is out of range: max_age in {}, want more than 0.", what_));
    }
    if (read_.is_request) {
      diagnostics_.Error(reader_.Where("max_age"), fmt::format("A request has no age: max_age in {}.", what_),
                         "Set it on the views whose features are looked up.");
    }
  }

  // Objectives are read and checked, so that a typing error shows; they change no value.
  void ReadServiceLevel() {
    const base::YamlNode* level = reader_.Node("sla");
    if (level == nullptr || level->IsNull()) return;
    base::YamlReader reader(*level, "sla of " + what_, &diagnostics_);
    ReadSpan(&reader, "freshness", &diagnostics_);
    ReadSpan(&reader, "latency_p99", &diagnostics_);
    reader.Finish();
  }

  const base::YamlEntry& entry_;
  const ReadingContext& context_;
  base::Diagnostics& diagnostics_;
  std::string what_;
  base::YamlReader reader_;
  ReadView read_;
};

}  // namespace

ReadEntity ReadEntityEntry(const base::YamlEntry& entry, const ReadingContext& context) {
  base::Diagnostics& diagnostics = *context.diagnostics;
  const size_t errors_before = diagnostics.errors();
  const std::string what = "entity " + entry.key;
  ReadEntity read{std::make_unique<Entity>()};
  read.entity->name = entry.key;
  read.entity->position = entry.key_position;
  CheckName(entry, "entity", &diagnostics);
  base::YamlReader reader(entry.value, what, &diagnostics);
  read.entity->description = reader.String("description").value_or("");
  std::set<std::string> unusable;
  if (const base::YamlNode* key = reader.RequiredNode("key")) {
    read.entity->keys = ReadFields(*key, "key of " + what, &unusable, &diagnostics);
    if (key->IsMap() && key->entries.empty()) {
      diagnostics.Error(key->position, fmt::format("Entity has no key: {}.", entry.key), "Name at least one column.");
    }
    for (const data::Field& field : read.entity->keys.fields()) {
      for (const base::YamlEntry& e : key->entries) {
        if (e.key == field.name) RefuseKey(field, e.value.position, &diagnostics);
      }
    }
  }
  reader.Finish();
  read.unusable = diagnostics.errors() > errors_before;
  return read;
}

ReadView ReadViewEntry(const base::YamlEntry& entry, const ReadingContext& context) {
  return ViewReader(entry, context).Read();
}

}  // namespace plumb::features::internal
