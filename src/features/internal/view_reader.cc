#include <fmt/format.h>

#include <utility>

#include "features/internal/field_reader.h"
#include "features/internal/section_reader.h"

namespace plumb::features::internal {
namespace {

void RefuseKey(const data::Field& key, const base::Position& position, base::Diagnostics* diagnostics) {
  if (const std::string why = WhyNoKey(key.type); !why.empty()) {
    diagnostics->Error(position, fmt::format("Key is a {}: {}.", data::TypeName(key.type), key.name), why);
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
    view().tags = reader_.Strings("tags");
    view().pii = reader_.Bool("pii").value_or(false);
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

  // A name, or [] for a global view.
  void ReadEntity() {
    const base::YamlNode* entity = reader_.Node("entity");
    if (entity == nullptr || !entity->IsSequence()) {
      read_.entity = reader_.String("entity").value_or("");
      return;
    }
    read_.is_global = true;
    if (entity->items.empty()) return;
    diagnostics_.Error(entity->position, fmt::format("A view has one entity: {}.", what_),
                       "Name one, with several columns as its key if need be, or write [] for a view of all events.");
  }

  // entity and source, or request.
  void ReadKind() {
    const base::YamlNode* request = reader_.Node("request");
    read_.is_request = request != nullptr;
    ReadEntity();
    read_.source = reader_.String("source").value_or("");
    read_.entity_position = reader_.Where("entity");
    read_.source_position = reader_.Where("source");
    if (!read_.is_request) return RequireEntityAndSource();
    if (!read_.entity.empty() || read_.is_global || !read_.source.empty()) {
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
    const bool no_entity = read_.entity.empty() && !read_.is_global, no_source = read_.source.empty();
    read_.unusable = no_entity || no_source;
    if (!entry_.value.IsMap() || !read_.unusable) return;
    const char* missing = no_source ? "source" : "entity";
    if (no_entity && no_source) missing = "entity and source";
    diagnostics_.Error(entry_.key_position, fmt::format("Key is missing: {} in {}.", missing, what_),
                       "A view names an entity (or [] for all) and a source, or has a request.");
  }

  void ReadMaxAge() {
    view().max_age = ReadPositiveSpan(&reader_, "max_age", what_, &diagnostics_);
    if (!view().max_age) return;
    if (read_.is_request) {
      diagnostics_.Error(reader_.Where("max_age"), fmt::format("A request has no age: max_age in {}.", what_),
                         "Set it on the views whose features are looked up.");
    }
  }

  void ReadServiceLevel() {
    const base::YamlNode* level = reader_.Node("sla");
    if (level == nullptr || level->IsNull()) return;
    base::YamlReader reader(*level, "sla of " + what_, &diagnostics_);
    view().sla.freshness = ReadPositiveSpan(&reader, "freshness", "sla of " + what_, &diagnostics_);
    view().sla.latency_p99 = ReadPositiveSpan(&reader, "latency_p99", "sla of " + what_, &diagnostics_);
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
