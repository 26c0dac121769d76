#include "model/infer/class_dictionary.h"

#include <algorithm>
#include <utility>

namespace plumb::model {
namespace {

using base::Json;
using base::Result;
using data::Value;

constexpr const char* kFormat = "plumb-classes";

bool IsLess(const Value& a, const Value& b) { return a.Compare(b) < 0; }

}  // namespace

bool ClassDictionary::CanBeClass(data::Type type) {
  return type == data::TypeKind::kString || type == data::TypeKind::kInt64 || type == data::TypeKind::kBool;
}

ClassDictionary ClassDictionary::Fit(const data::Column& labels) {
  ClassDictionary dictionary;
  dictionary.type_ = labels.type();
  std::vector<Value>& classes = dictionary.classes_;
  for (size_t row = 0; row < labels.size(); row++) {
    if (labels.IsNull(row)) continue;
    Value label = labels.At(row);
    const auto at = std::lower_bound(classes.begin(), classes.end(), label, IsLess);
    if (at == classes.end() || !(*at == label)) classes.insert(at, std::move(label));
  }
  return dictionary;
}

Json ClassDictionary::Save() const {
  Json classes{base::JsonArray{}};
  for (const Value& value : classes_) classes.Append(value.ToJson());
  Json json;
  json.Set("format", kFormat);
  json.Set("format_version", 1);
  json.Set("type", data::TypeName(type_));
  json.Set("classes", std::move(classes));
  return json;
}

Result<ClassDictionary> ClassDictionary::Load(const Json& json) {
  const auto broken = [](const char* why) { return base::DataLoss("Class dictionary is malformed: {}.", why); };
  const Json *format = json.Find("format"), *version = json.Find("format_version"), *type_name = json.Find("type"),
             *classes = json.Find("classes");
  if (format == nullptr || !(*format == Json(kFormat))) return broken("not a class dictionary");
  if (version == nullptr || !(*version == Json(1))) return broken("unknown format version");
  if (type_name == nullptr || !type_name->IsString()) return broken("no type");
  const Result<data::Type> type = data::ParseType(type_name->AsString());
  if (!type.ok() || !CanBeClass(*type)) return broken("the type");
  if (classes == nullptr || !classes->IsArray()) return broken("no classes");
  ClassDictionary dictionary;
  dictionary.type_ = *type;
  for (const Json& entry : classes->AsArray()) {
    Result<Value> value = data::ValueFromJson(*type, entry);
    if (!value.ok() || value->is_null()) return broken("a class");
    const bool is_in_order = dictionary.classes_.empty() || IsLess(dictionary.classes_.back(), *value);
    if (!is_in_order) return broken("classes out of order");
    dictionary.classes_.push_back(std::move(value).value());
  }
  return dictionary;
}

std::vector<std::string> ClassDictionary::Texts() const {
  std::vector<std::string> texts;
  for (size_t code = 0; code < size(); code++) texts.push_back(Text(code));
  return texts;
}

std::optional<size_t> ClassDictionary::CodeOf(const Value& label) const {
  if (label.is_null() || !(label.type() == type_)) return std::nullopt;
  const auto at = std::lower_bound(classes_.begin(), classes_.end(), label, IsLess);
  if (at == classes_.end() || !(*at == label)) return std::nullopt;
  return static_cast<size_t>(at - classes_.begin());
}

}  // namespace plumb::model
