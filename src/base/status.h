// status.h: how anything in plumb says that it did not work.
//
// Why: errors are values. A function that can fail returns Status or Result<T>; both are [[nodiscard]], so an error is
// handled or passed on, never lost. Exceptions of third-party code are caught at its adapter and become one of these.
//
// Three kinds of failure are never mixed. The user's mistake (kInvalidArgument, kNotFound, kAlreadyExists,
// kFailedPrecondition, kPermissionDenied, kUnauthenticated, kUnimplemented) carries a sentence that says what, where
// and what to do. The environment's (kUnavailable, kDeadlineExceeded, kResourceExhausted, kCancelled may be retried;
// kIo and kDataLoss may not). A bug is not a Status: it is a failed CHECK (check.h).
//
// A message is a fixed sentence, then a colon and the values: "Column has the wrong type: price, want float64, got
// string."
//
// Thread safety: values; const use is safe from any thread.
//
//   Result<int> Parse(std::string_view text);                    // from status_test.cc
//   Status Use() {
//     PLUMB_ASSIGN_OR_RETURN(const int number, Parse("12"));
//     return number > 0 ? Status() : InvalidArgument("Number is not positive: {}.", number);
//   }
#pragma once

#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"

namespace plumb::base {

enum class Code : unsigned char {
  kOk = 0,
  kInvalidArgument,
  kNotFound,
  kAlreadyExists,
  kFailedPrecondition,
  kPermissionDenied,
  kUnauthenticated,
  kUnimplemented,
  kResourceExhausted,
  kDeadlineExceeded,
  kCancelled,
  kUnavailable,
  kIo,
  kDataLoss,
};

// The code in snake case as clients see it: "invalid_argument".
const char* CodeName(Code code);

class [[nodiscard]] Status {
 public:
  Status() = default;  // Success; costs no allocation.
  Status(Code code, std::string message);

  [[nodiscard]] bool ok() const { return rep_ == nullptr; }
  [[nodiscard]] Code code() const { return rep_ ? rep_->code : Code::kOk; }
  [[nodiscard]] const std::string& message() const;

  // Where in the user's file or request ("project.yaml:12:7", "rows[3].carrier"), and what to do about it. Empty if not
  // known.
  [[nodiscard]] const std::string& where() const;
  [[nodiscard]] const std::string& suggestion() const;
  [[nodiscard]] Status WithWhere(std::string where) const;
  [[nodiscard]] Status WithSuggestion(std::string suggestion) const;

  // Puts "context: " before the message, for a caller that knows what was being done.
  [[nodiscard]] Status WithContext(const std::string& context) const;

  // "where: message suggestion" on one line.
  [[nodiscard]] std::string ToString() const;

 private:
  struct Rep {
    Code code;
    std::string message, where, suggestion;
  };
  std::shared_ptr<const Rep> rep_;
};

#define PLUMB_STATUS_MAKER(Name)                                                    \
  template <typename... Args>                                                       \
  [[nodiscard]] Status Name(fmt::format_string<Args...> format, Args&&... args) {   \
    return Status(Code::k##Name, fmt::format(format, std::forward<Args>(args)...)); \
  }
PLUMB_STATUS_MAKER(InvalidArgument)
PLUMB_STATUS_MAKER(NotFound)
PLUMB_STATUS_MAKER(AlreadyExists)
PLUMB_STATUS_MAKER(FailedPrecondition)
PLUMB_STATUS_MAKER(PermissionDenied)
PLUMB_STATUS_MAKER(Unauthenticated)
PLUMB_STATUS_MAKER(Unimplemented)
PLUMB_STATUS_MAKER(ResourceExhausted)
PLUMB_STATUS_MAKER(DeadlineExceeded)
PLUMB_STATUS_MAKER(Cancelled)
PLUMB_STATUS_MAKER(Unavailable)
PLUMB_STATUS_MAKER(Io)
PLUMB_STATUS_MAKER(DataLoss)
#undef PLUMB_STATUS_MAKER

// A value or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    PLUMB_CHECK(!status_.ok(), "A Result without a value needs an error.");
  }

  [[nodiscard]] bool ok() const { return value_.has_value(); }
  [[nodiscard]] const Status& status() const { return status_; }

  // Requires: ok().
  T& value() & {
    Require();
    return *value_;
  }
  const T& value() const& {
    Require();
    return *value_;
  }
  T value() && {  // by value, so that a range-for over a temporary keeps it
    Require();
    return std::move(*value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  void Require() const { PLUMB_CHECK(ok(), status_.ToString().c_str()); }
  Status status_;
  std::optional<T> value_;
};

#define PLUMB_CONCAT_(a, b) a##b
#define PLUMB_CONCAT(a, b) PLUMB_CONCAT_(a, b)
#define PLUMB_RETURN_IF_ERROR(expression)                                                           \
  do {                                                                                              \
    if (::plumb::base::Status plumb_status = (expression); !plumb_status.ok()) return plumb_status; \
  } while (false)
#define PLUMB_ASSIGN_OR_RETURN(lhs, expression) \
  PLUMB_ASSIGN_OR_RETURN_(PLUMB_CONCAT(plumb_result_, __LINE__), lhs, expression)
#define PLUMB_ASSIGN_OR_RETURN_(result, lhs, expression) \
  auto result = (expression);                            \
  if (!result.ok()) return result.status();              \
  lhs = std::move(result).value()

}  // namespace plumb::base
