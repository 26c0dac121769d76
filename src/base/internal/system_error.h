// system_error.h: an errno as a Status. For the adapters in base only.
//
// Thread safety: safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace plumb::base {

// The kind of failure that an errno means: ENOENT is kNotFound, ENOSPC kResourceExhausted, the unknown kIo.
Code CodeOfErrno(int error);

// "File could not be opened: data/flights.csv: No such file or directory."
Status SystemError(int error, std::string_view sentence, std::string_view subject);

}  // namespace plumb::base
