#include "api/request_rows.h"

#include <algorithm>
#include <utility>

#include "base/diagnostics.h"

namespace plumb::api {
namespace {

using base::Json;
using base::Result;
using base::Status;

constexpr size_t kRequestIdBytesMax = 128;
constexpr base::JsonLimits kRequestLimits = {.bytes_max = 64u << 20, .depth_max = 8, .values_max = 4u << 20};

const char* KindOf(const Json& value) {
  if (value.IsNull()) return "null";
  if (value.IsBool()) return "a bool";
  if (value.IsNumber()) return "a number";
  if (value.IsString()) return "a string";
  return value.IsArray() ? "a list" : "an object";
}

Status WrongKind(std::string_view member, const char* want, const Json& got) {
  return base::InvalidArgument("Member has the wrong type: {}, want {}, got {}.", member, want, KindOf(got))
      .WithWhere(std::string(member));
}

std::string Listed(const data::Schema& inputs) {
  std::string text;
  for (const data::Field& field : inputs.fields()) {
    text += (text.empty() ? "" : ", ") + field.name + " (" + data::TypeName(field.type) + ")";
  }
  return text;
}

// Puts the fields of JSON objects into the columns of `inputs`.
class RowReader {
 public:
  explicit RowReader(const data::Schema& inputs) : inputs_(inputs), shared_(inputs.size()), batch_(inputs) {}

  Status ReadShared(const Json& shared) {
    if (!shared.IsObject()) return WrongKind("shared", "an object", shared);
    for (const auto& [name, value] : shared.AsObject()) {
      PLUMB_ASSIGN_OR_RETURN(const size_t input, Find(name, "shared"));
      PLUMB_ASSIGN_OR_RETURN(shared_[input], Read(input, value, "shared"));
    }
    return {};
  }

  Status ReadRow(const Json& row, const std::string& where) {
    if (!row.IsObject()) {
      return base::InvalidArgument("Row is not an object: {}.", KindOf(row)).WithWhere(where);
    }
    seen_.assign(inputs_.size(), 0);
    std::vector<data::Value> values(inputs_.size());
    for (const auto& [name, value] : row.AsObject()) {
      PLUMB_ASSIGN_OR_RETURN(const size_t input, Find(name, where));
      if (shared_[input]) {
        return base::InvalidArgument("Field is given twice: {}, in the row and in shared.", name)
            .WithWhere(where + "." + name);
      }
      PLUMB_ASSIGN_OR_RETURN(values[input], Read(input, value, where));
      seen_[input] = 1;
    }
    return Append(std::move(values), where);
  }

  data::Batch Take() { return std::move(batch_); }

 private:
  Status Append(std::vector<data::Value> values, const std::string& where) {
    for (size_t input = 0; input < inputs_.size(); input++) {
      const std::string& name = inputs_.fields()[input].name;
      if (seen_[input] == 0 && !shared_[input]) {
        return base::InvalidArgument("Field is missing: {}.", name)
            .WithWhere(where + "." + name)
            .WithSuggestion("Send it, or null. Wanted are: " + Listed(inputs_) + ".");
      }
      batch_.columns[input].Append(shared_[input] ? *shared_[input] : values[input]);
    }
    batch_.rows++;
    return {};
  }

  Result<size_t> Find(const std::string& name, const std::string& where) const {
    const int index = inputs_.IndexOf(name);
    if (index >= 0) return static_cast<size_t>(index);
    const std::string meant = base::DidYouMean(name, inputs_.Names());
    return base::InvalidArgument("Field is not known: {}.", name)
        .WithWhere(where + "." + name)
        .WithSuggestion(meant.empty() ? "Wanted are: " + Listed(inputs_) + "." : meant);
  }

  Result<data::Value> Read(size_t input, const Json& value, const std::string& where) const {
    const data::Field& field = inputs_.fields()[input];
    if (value.IsNull()) return data::Value::Null(field.type);
    Result<data::Value> read = data::ValueFromJson(field.type, value);
    if (read.ok()) return read;
    return base::InvalidArgument("Field has the wrong type: {}, want {}, got {}.", field.name,
                                 data::TypeName(field.type), KindOf(value))
        .WithWhere(where + "." + field.name)
        .WithSuggestion(read.status().message());
  }

  const data::Schema& inputs_;
  std::vector<std::optional<data::Value>> shared_;
  std::vector<uint8_t> seen_;
  data::Batch batch_;
};

}  // namespace

Result<Json> ReadDocument(std::string_view body, const std::vector<std::string>& known) {
  PLUMB_ASSIGN_OR_RETURN(Json document, base::ParseJson(body, kRequestLimits));
  if (!document.IsObject()) {
    return base::InvalidArgument("Request is not a JSON object: {}.", KindOf(document))
        .WithSuggestion("Send {\"rows\": [{…}]}.");
  }
  for (const auto& [name, value] : document.AsObject()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return base::InvalidArgument("Member is not known: {}.", name)
        .WithWhere(name)
        .WithSuggestion(base::DidYouMean(name, known));
  }
  return document;
}

Result<data::Batch> ReadRows(const Json& document, const data::Schema& inputs) {
  const Json *rows = document.Find("rows"), *row = document.Find("row"), *shared = document.Find("shared");
  if ((rows == nullptr) == (row == nullptr)) {
    return base::InvalidArgument("Request needs either rows or row.")
        .WithWhere("rows")
        .WithSuggestion("Send {\"rows\": [{…}]}. Fields of a row are: " + Listed(inputs) + ".");
  }
  RowReader reader(inputs);
  if (shared != nullptr) PLUMB_RETURN_IF_ERROR(reader.ReadShared(*shared));
  if (row != nullptr) {
    PLUMB_RETURN_IF_ERROR(reader.ReadRow(*row, "row"));
    return reader.Take();
  }
  if (!rows->IsArray()) return WrongKind("rows", "a list", *rows);
  if (rows->AsArray().empty()) {
    return base::InvalidArgument("Request has no rows.").WithWhere("rows").WithSuggestion("Send at least one row.");
  }
  for (size_t i = 0; i < rows->AsArray().size(); i++) {
    PLUMB_RETURN_IF_ERROR(reader.ReadRow(rows->AsArray()[i], "rows[" + std::to_string(i) + "]"));
  }
  return reader.Take();
}

Result<std::optional<base::Time>> ReadTime(const Json& document, std::string_view member) {
  const Json* value = document.Find(member);
  if (value == nullptr || value->IsNull()) return std::optional<base::Time>();
  if (!value->IsString()) return WrongKind(member, "a time such as \"2013-11-05T10:00:00Z\"", *value);
  const Result<base::Time> time = base::ParseTime(value->AsString());
  if (!time.ok()) return time.status().WithWhere(std::string(member));
  return std::optional<base::Time>(*time);
}

Result<bool> ReadFlag(const Json& document, std::string_view member) {
  const Json* value = document.Find(member);
  if (value == nullptr || value->IsNull()) return false;
  if (!value->IsBool()) return WrongKind(member, "true or false", *value);
  return value->AsBool();
}

Result<std::string> ReadRequestId(const Json& document) {
  const Json* value = document.Find("request_id");
  if (value == nullptr || value->IsNull()) return std::string();
  if (!value->IsString()) return WrongKind("request_id", "a string", *value);
  const std::string& id = value->AsString();
  const bool visible = std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (id.empty() || id.size() > kRequestIdBytesMax || !visible) {
    return base::InvalidArgument("Request id is not 1 to {} visible ASCII characters.", kRequestIdBytesMax)
        .WithWhere("request_id");
  }
  return id;
}

}  // namespace plumb::api
