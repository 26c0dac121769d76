// sealed_json.h: one JSON object in a file, with a format, its version and a checksum over the rest.
//
// For the small files that operate keeps beside the lake. Whole or not at all; any changed byte between the tokens'
// white space is noticed.
//
// Thread safety: pure functions; one writer of a file.
#pragma once

#include <string>

#include "base/file_system.h"
#include "base/json.h"
#include "base/status.h"

namespace plumb::operate {

// Writes {"format", "format_version", members of `body` …, "checksum"}, and makes the folder.
base::Status WriteSealedJson(base::FileSystem& files, const std::string& path, const std::string& format, int version,
                             const base::Json& body);

// kNotFound without a file, kDataLoss for a damaged one, kUnimplemented for another version; naming the file.
base::Result<base::Json> ReadSealedJson(base::FileSystem& files, const std::string& path, const std::string& format,
                                        int version);

}  // namespace plumb::operate
