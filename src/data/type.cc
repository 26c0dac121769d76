#include "data/type.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>
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

// Types with parameters, each shown by an example.
constexpr std::string_view kDecimalExample = "decimal(12, 2)";
constexpr std::string_view kListExample = "list(string)";
constexpr std::string_view kVectorExample = "vector(float32, 768)";

// What other languages call them: too far from our names for an edit distance.
constexpr std::pair<std::string_view, std::string_view> kForeign[] = {
    {"int", "int64"},
    {"integer", "int64"},
    {"long", "int64"},
    {"bigint", "int64"},
    {"double", "float64"},
    {"float", "float64"},
    {"real", "float64"},
    {"number", "float64"},
    {"text", "string"},
    {"str", "string"},
    {"varchar", "string"},
    {"boolean", "bool"},
    {"date", "timestamp"},
    {"datetime", "timestamp"},
    {"time", "timestamp"},
    {"interval", "duration"},
    {"decimal", kDecimalExample},
    {"numeric", kDecimalExample},
    {"money", kDecimalExample},
    {"decimal128", kDecimalExample},
    {"list", kListExample},
    {"array", kListExample},
    {"vector", kVectorExample},
    {"embedding", kVectorExample},
    {"tensor", kVectorExample},
    {"fixed_size_list", kVectorExample},
};

constexpr size_t kNameBytesMax = 100;

std::string_view Trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view BeforeParenthesis(std::string_view name) { return Trimmed(name.substr(0, name.find('('))); }

std::string Suggest(std::string_view name) {
  for (const std::string_view text : {name, BeforeParenthesis(name)}) {
    for (const auto& [foreign, ours] : kForeign) {
      if (foreign == text) return fmt::format("Did you mean {}?", ours);
    }
  }
  return base::DidYouMean(name, TypeNames());
}

std::optional<Type> ScalarNamed(std::string_view name) {
  for (const NamedType& entry : kTypes) {
    if (entry.name == name) return Type(entry.kind);
  }
  for (const NamedType& entry : kNarrower) {
    if (entry.name == name) return Type(entry.kind);
  }
  return std::nullopt;
}

// The text between "word(" and the closing parenthesis at the end.
std::optional<std::string_view> ArgumentsOf(std::string_view name, std::string_view word) {
  if (BeforeParenthesis(name) != word || !name.ends_with(')')) return std::nullopt;
  const size_t open = name.find('(');
  return Trimmed(name.substr(open + 1, name.size() - open - 2));
}

// A whole number of [low, high] without sign.
std::optional<int> ReadCount(std::string_view text, int low, int high) {
  int value = 0;
  text = Trimmed(text);
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || value < low || value > high) return std::nullopt;
  return value;
}

base::Result<Type> ParseDecimal(std::string_view name, std::string_view arguments) {
  const size_t comma = arguments.find(',');
  const std::optional<int> precision = ReadCount(arguments.substr(0, comma), 1, Type::kPrecisionMax);
  std::optional<int> scale;
  if (precision.has_value() && comma != std::string_view::npos) {
    scale = ReadCount(arguments.substr(comma + 1), 0, *precision);
  }
  if (scale.has_value()) return Type::Decimal(*precision, *scale);
  return base::InvalidArgument(
             "Decimal type is not valid: {}, want decimal(digits, digits after the point) with 1 to {} digits.", name,
             Type::kPrecisionMax)
      .WithSuggestion(fmt::format("Write for example {}.", kDecimalExample));
}

base::Result<Type> ParseVector(std::string_view name, std::string_view arguments) {
  const size_t comma = arguments.find(',');
  const bool is_float32 = Trimmed(arguments.substr(0, comma)) == "float32";
  std::optional<int> size;
  if (is_float32 && comma != std::string_view::npos) {
    size = ReadCount(arguments.substr(comma + 1), 1, static_cast<int>(Type::kVectorSizeMax));
  }
  if (size.has_value()) return Type::Vector(static_cast<uint32_t>(*size));
  return base::InvalidArgument("Vector type is not valid: {}, want vector(float32, size) with a size from 1 to {}.",
                               name, Type::kVectorSizeMax)
      .WithSuggestion(fmt::format("Write for example {}.", kVectorExample));
}

base::Result<Type> ParseList(std::string_view name, std::string_view arguments) {
  const std::string_view element_name = BeforeParenthesis(arguments);
  if (element_name == "list" || element_name == "vector") {
    return base::InvalidArgument("List type is not valid: {}, its elements are neither lists nor vectors.", name);
  }
  PLUMB_ASSIGN_OR_RETURN(const Type element, ParseType(arguments));
  return Type::List(element);
}

std::string ScalarName(Type type) {
  for (const NamedType& entry : kTypes) {
    if (entry.kind == type.kind) return std::string(entry.name);
  }
  if (type.IsDecimal()) return fmt::format("decimal({}, {})", type.precision, type.scale);
  return "null";
}

}  // namespace

std::string TypeName(Type type) {
  if (type.kind == TypeKind::kList) return fmt::format("list({})", ScalarName(type.Element()));
  if (type.kind == TypeKind::kVector) return fmt::format("vector(float32, {})", type.size);
  return ScalarName(type);
}

const std::vector<std::string>& TypeNames() {
  static const auto* names = [] {
    auto* all = new std::vector<std::string>();
    for (const NamedType& entry : kTypes) all->emplace_back(entry.name);
    for (const std::string_view example : {kDecimalExample, kListExample, kVectorExample}) all->emplace_back(example);
    return all;
  }();
  return *names;
}

base::Result<Type> ParseType(std::string_view name) {
  const std::string_view text = Trimmed(name);
  if (const std::optional<Type> scalar = ScalarNamed(text); scalar.has_value()) return *scalar;
  const bool is_short = text.size() <= kNameBytesMax;
  if (is_short) {
    if (const auto arguments = ArgumentsOf(text, "decimal")) return ParseDecimal(text, *arguments);
    if (const auto arguments = ArgumentsOf(text, "list")) return ParseList(text, *arguments);
    if (const auto arguments = ArgumentsOf(text, "vector")) return ParseVector(text, *arguments);
  }
  const std::string_view shown = text.substr(0, kNameBytesMax);
  return base::InvalidArgument("Type is not known: {}{}.", shown, is_short ? "" : "...").WithSuggestion(Suggest(shown));
}

double CanonicalDouble(double value) {
  if (value != value) return std::bit_cast<double>(uint64_t{0x7ff8000000000000});
  return value == 0 ? 0.0 : value;
}

float CanonicalFloat(float value) {
  if (value != value) return std::bit_cast<float>(uint32_t{0x7fc00000});
  return value == 0 ? 0.0F : value;
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
