// class_dictionary.h: the classes that a model of several classes tells apart, numbered.
//
// Why: trees know outputs 0, 1, 2 …; people know "on_time", "late", "cancelled". The dictionary is fitted on the labels
// of the training part, sorted by value, so that it does not depend on the order of rows, and is stored with the
// version. Labels are strings, int64 or bools. A label that training never saw has no code.
//
// Thread safety: immutable after Fit or Load.
//
//   ClassDictionary::Fit(labels).CodeOf(Value::String("late"));      // 1, from class_dictionary_test.cc
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/status.h"
#include "data/column.h"

namespace plumb::model {

class ClassDictionary {
 public:
  ClassDictionary() = default;  // no classes

  // Whether labels of this type can be classes.
  static bool CanBeClass(data::Type type);
  // The different values of `labels` but null. Requires: CanBeClass of its type.
  static ClassDictionary Fit(const data::Column& labels);
  // kDataLoss when it is not what Save writes.
  static base::Result<ClassDictionary> Load(const base::Json& json);
  [[nodiscard]] base::Json Save() const;

  [[nodiscard]] size_t size() const { return classes_.size(); }
  [[nodiscard]] const data::Value& At(size_t code) const { return classes_[code]; }
  // As shown to people and as a key of JSON objects; different for different classes.
  [[nodiscard]] std::string Text(size_t code) const { return classes_[code].ToString(); }
  [[nodiscard]] std::vector<std::string> Texts() const;
  // None for null and for what training never saw.
  [[nodiscard]] std::optional<size_t> CodeOf(const data::Value& label) const;
  friend bool operator==(const ClassDictionary&, const ClassDictionary&) = default;

 private:
  data::Type type_;
  std::vector<data::Value> classes_;  // ascending
};

}  // namespace plumb::model
