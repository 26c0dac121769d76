#include "base/status.h"

namespace plumb::base {
namespace {

const std::string& EmptyString() {
  static const std::string empty;
  return empty;
}

}  // namespace

const char* CodeName(Code code) {
  switch (code) {
    case Code::kOk:
      return "ok";
    case Code::kInvalidArgument:
      return "invalid_argument";
    case Code::kNotFound:
      return "not_found";
    case Code::kAlreadyExists:
      return "already_exists";
    case Code::kFailedPrecondition:
      return "failed_precondition";
    case Code::kPermissionDenied:
      return "permission_denied";
    case Code::kUnauthenticated:
      return "unauthenticated";
    case Code::kUnimplemented:
      return "unimplemented";
    case Code::kResourceExhausted:
      return "resource_exhausted";
    case Code::kDeadlineExceeded:
      return "deadline_exceeded";
    case Code::kCancelled:
      return "cancelled";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kIo:
      return "io";
    case Code::kDataLoss:
      return "data_loss";
  }
  return "unknown";
}

Status::Status(Code code, std::string message) {
  PLUMB_CHECK(code != Code::kOk, "A Status with a message needs an error code.");
  rep_ = std::make_shared<const Rep>(Rep{code, std::move(message), {}, {}});
}

const std::string& Status::message() const { return rep_ ? rep_->message : EmptyString(); }
const std::string& Status::where() const { return rep_ ? rep_->where : EmptyString(); }
const std::string& Status::suggestion() const { return rep_ ? rep_->suggestion : EmptyString(); }

Status Status::WithWhere(std::string where) const {
  if (ok()) return *this;
  Status copy;
  copy.rep_ = std::make_shared<const Rep>(Rep{rep_->code, rep_->message, std::move(where), rep_->suggestion});
  return copy;
}

Status Status::WithSuggestion(std::string suggestion) const {
  if (ok()) return *this;
  Status copy;
  copy.rep_ = std::make_shared<const Rep>(Rep{rep_->code, rep_->message, rep_->where, std::move(suggestion)});
  return copy;
}

Status Status::WithContext(const std::string& context) const {
  if (ok()) return *this;
  Status copy;
  copy.rep_ =
      std::make_shared<const Rep>(Rep{rep_->code, context + ": " + rep_->message, rep_->where, rep_->suggestion});
  return copy;
}

std::string Status::ToString() const {
  if (ok()) return "OK";
  std::string text;
  if (!rep_->where.empty()) text += rep_->where + ": ";
  text += rep_->message;
  if (!rep_->suggestion.empty()) text += " " + rep_->suggestion;
  return text;
}

}  // namespace plumb::base
