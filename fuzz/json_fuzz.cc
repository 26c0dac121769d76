// Any bytes as JSON: no crash, and what was read is written so that it reads back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const plumb::base::Result<plumb::base::Json> json = plumb::base::ParseJson(text);
  if (!json.ok()) {
    PLUMB_CHECK(!json.status().where().empty(), "A mistake in JSON has a place.");
    return 0;
  }
  // A whole double comes back as an integer, so that the texts are compared.
  const std::string written = json->Dump();
  const plumb::base::Result<plumb::base::Json> again = plumb::base::ParseJson(written);
  PLUMB_CHECK(again.ok(), "What is written can be read.");
  PLUMB_CHECK(again->Dump() == written, "What is read again is the same.");
  const plumb::base::Result<plumb::base::Json> indented = plumb::base::ParseJson(json->Dump(2));
  PLUMB_CHECK(indented.ok() && indented->Dump() == written, "Indentation changes nothing.");
  return 0;
}
