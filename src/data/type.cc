#include "data/type.h"

#include <bit>
#include <utility>

#include "base/diagnostics.h"

namespace plumb::data {
namespace {

struct NamedType {
  std::string_view name;
  TypeKind kind;
};

constexpr NamedType kTypes[] = {
    {"bool", TypeKind::kBool},     {"int64", TypeKind::kInt64},         {"float64", TypeKind::kFloat64},
    {"string", TypeKind::kString}, {"timestamp", TypeKind::kTimestamp}, {"duration", TypeKind::kDuration},
};

// Every value of these fits the wider type.
constexpr NamedType kNarrower[] = {
    {"int8", TypeKind::kInt64},      {"int16", TypeKind::kInt64},  {"int32", TypeKind::kInt64},
    {"uint8", TypeKind::kInt64},     {"uint16", TypeKind::kInt64}, {"uint32", TypeKind::kInt64},
    {"float32", TypeKind::kFloat64},
};

// What other languages call them: too far from our names for an edit distance.
constexpr std::pair<std::string_view, std::string_view> kForeign[] = {
    {"int", "int64"},      {"integer", "int64"},      {"long", "int64"},     {"bigint", "int64"},
    {"double", "float64"}, {"float", "float64"},      {"real", "float64"},   {"number", "float64"},
    {"text", "string"},    {"str", "string"},         {"varchar", "string"}, {"boolean", "bool"},
    {"date", "timestamp"}, {"datetime", "timestamp"}, {"time", "timestamp"}, {"interval", "duration"},
};

std::string Suggest(std::string_view name) {
  for (const auto& [foreign, ours] : kForeign) {
    if (foreign == name) return fmt::format("Did you mean {}?", ours);
  }
  return base::DidYouMean(name, TypeNames());
}

}  // namespace

std::string TypeName(Type type) {
  for (const NamedType& entry : kTypes) {
    if (entry.kind == type.kind) return std::string(entry.name);
  }
  return "null";
}

const std::vector<std::string>& TypeNames() {
  static const auto* names = [] {
    auto* all = new std::vector<std::string>();
    for (const NamedType& entry : kTypes) all->emplace_back(entry.name);
    return all;
  }();
  return *names;
}

base::Result<Type> ParseType(std::string_view name) {
  for (const NamedType& entry : kTypes) {
    if (entry.name == name) return Type(entry.kind);
  }
  for (const NamedType& entry : kNarrower) {
    if (entry.name == name) return Type(entry.kind);
  }
  return base::InvalidArgument("Type is not known: {}.", name).WithSuggestion(Suggest(name));
}

double CanonicalDouble(double value) {
  if (value != value) return std::bit_cast<double>(uint64_t{0x7ff8000000000000});
  return value == 0 ? 0.0 : value;
}

int Schema::IndexOf(std::string_view name) const {
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

const Field* Schema::Find(std::string_view name) const {
  const int index = IndexOf(name);
  return index < 0 ? nullptr : &fields_[static_cast<size_t>(index)];
}

std::vector<std::string> Schema::Names() const {
  std::vector<std::string> names;
  names.reserve(fields_.size());
  for (const Field& field : fields_) names.push_back(field.name);
  return names;
}

}  // namespace plumb::data
