#include "app/exit_code.h"

namespace plumb::app {

int ExitCodeOf(const base::Status& status) {
  switch (status.code()) {
    case base::Code::kOk:
      return kExitOk;
    case base::Code::kInvalidArgument:
    case base::Code::kNotFound:
    case base::Code::kAlreadyExists:
    case base::Code::kFailedPrecondition:
    case base::Code::kPermissionDenied:
    case base::Code::kUnauthenticated:
    case base::Code::kUnimplemented:
      return kExitMistake;
    case base::Code::kResourceExhausted:
    case base::Code::kDeadlineExceeded:
    case base::Code::kUnavailable:
    case base::Code::kIo:
      return kExitEnvironment;
    case base::Code::kCancelled:
      return kExitInterrupted;
    case base::Code::kDataLoss:
      return kExitCorrupt;
  }
  return kExitEnvironment;
}

const char* ExitCodeHelp() {
  return "Exit codes:\n"
         "  0    done\n"
         "  1    the check, audit, test, gate or reproduction found problems\n"
         "  2    a mistake in the command, the project or a request; or nothing of that name\n"
         "  3    the environment failed: disk, network, another process; trying again may help\n"
         "  4    data on disk is corrupt\n"
         "  130  interrupted\n";
}

}  // namespace plumb::app
