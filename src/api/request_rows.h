// request_rows.h: the rows of a JSON request as the columns that a feature plan wants.
//
// Why: predictions and features are asked for in the same shape, {"rows": [{…}, …], "shared": {…}} or {"row": {…}}. The
// members of `shared` belong to every row, so that ranking a hundred candidates for one user says the user once.
// Nothing is guessed: a field must be there or be null, and a field that nobody wants is a mistake.
//
// Errors: kInvalidArgument with the place ("rows[3].carrier") and what to do. Thread safety: pure functions.
//
//   ReadRows(ParseJson(R"({"rows": [{"dest": "IAH"}, {"dest": "LAX"}], "shared": {"carrier": "UA"}})").value(),
//   inputs);
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/status.h"
#include "base/time.h"
#include "data/column.h"

namespace plumb::api {

// The body as a JSON object that has no other members than `known`.
base::Result<base::Json> ReadDocument(std::string_view body, const std::vector<std::string>& known);

// One row for each member of `rows`, or the one of `row`. Never empty.
base::Result<data::Batch> ReadRows(const base::Json& document, const data::Schema& inputs);

// Optional members.
base::Result<std::optional<base::Time>> ReadTime(const base::Json& document, std::string_view member);
base::Result<bool> ReadFlag(const base::Json& document, std::string_view member);
// Up to 128 visible ASCII characters; empty when absent.
base::Result<std::string> ReadRequestId(const base::Json& document);

}  // namespace plumb::api
