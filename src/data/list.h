// list.h: lists and vectors as bytes, written and read element by element.
//
// A list is: uint32 count, then for each element one byte (1 a value, 0 null) and, of a value, 8 bytes (integers,
// doubles and decimals of up to 18 digits), 16 bytes (wider decimals), or uint32 length and the bytes (strings); all
// little endian. A vector is n float32. Doubles and floats are canonical, so equal lists have equal bytes.
//
// Thread safety: values. A view does not own its bytes.
//
//   ListBuilder list(Type::List(TypeKind::kInt64)); list.Append(Value::Int64(7));      // from list_test.cc
//   ListView(Type::List(TypeKind::kInt64), list.bytes()).At(0).AsInt();                // 7
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "data/type.h"
#include "data/value.h"

namespace plumb::data {

class ListBuilder {
 public:
  explicit ListBuilder(Type list);    // Requires: a list
  void Append(const Value& element);  // Requires: null, or of the element type
  void AppendNull();
  void AppendInt(int64_t value);             // elements with Storage::kInts
  void AppendDouble(double value);           // float64
  void AppendBytes(std::string_view bytes);  // elements with Storage::kBytes
  [[nodiscard]] uint32_t size() const { return count_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  void Clear();

 private:
  void Begin(char mark);
  Type element_;
  uint32_t count_ = 0;
  std::string bytes_;
};

class ListView {
 public:
  // Requires: well-formed bytes of that list type.
  ListView(Type list, std::string_view bytes);
  [[nodiscard]] uint32_t size() const { return count_; }
  [[nodiscard]] Value At(uint32_t index) const;  // O(index) for strings and where nulls come before
  // Calls visit(const Value&) for each element in order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    size_t at = sizeof(uint32_t);
    for (uint32_t i = 0; i < count_; ++i) visit(Next(&at));
  }

 private:
  friend int CompareLists(Type type, std::string_view a, std::string_view b);
  [[nodiscard]] Value Next(size_t* at) const;
  void Skip(size_t* at) const;
  Type element_;
  uint32_t count_ = 0;
  std::string_view bytes_;
};

// kInvalidArgument unless `bytes` are of that list or vector type: for what comes from outside.
base::Status CheckListBytes(Type type, std::string_view bytes);

// < 0, 0, > 0: element by element (null first), then by length. Both of the same list or vector type.
int CompareLists(Type type, std::string_view a, std::string_view b);

// The elements of a vector; `bytes` has 4 bytes each. Reads one without alignment.
float VectorElement(std::string_view bytes, size_t index);
void AppendVectorElement(float value, std::string* bytes);

}  // namespace plumb::data
