// Any bytes as a manifest of the lake: no crash, and nothing outside the source's folder is ever named. Every input
// that is JSON is tried a second time with a checksum that is right, so that what lies behind it is reached.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory_file_system.h"
#include "store/lake.h"

namespace {

void Try(std::string_view bytes) {
  plumb::base::MemoryFileSystem files;
  plumb::base::ManualClock clock(0);
  files.Put("state/lake/flights/manifest-1.json", bytes);
  plumb::store::Lake lake(files, clock, "state");
  const auto manifest = lake.Manifest("flights");
  if (!manifest.ok()) return;
  for (const plumb::store::LakePart& part : manifest->parts) {
    PLUMB_CHECK(part.file.find('/') == std::string::npos, "A part lies in its source's folder.");
  }
  const auto found = lake.Manifest("flights", manifest->version);
  PLUMB_CHECK(found.ok() && found->parts.size() == manifest->parts.size(), "A manifest is found by its version.");
  // Its parts are not there.
  const auto rows = lake.Read(*manifest);
  PLUMB_CHECK(rows.ok() == manifest->parts.empty(), "A part that is missing is told.");
  PLUMB_CHECK(plumb::store::LakeEventLog::Open(lake).ok(), "What can be read can be pinned.");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Try(bytes);
  plumb::base::Result<plumb::base::Json> json = plumb::base::ParseJson(bytes);
  if (!json.ok() || !json->IsObject()) return 0;
  plumb::base::JsonObject& members = json->AsObject();
  std::erase_if(members, [](const auto& member) { return member.first == "checksum"; });
  const std::string checksum = plumb::base::Sha256Hex(json->Dump());
  json->Set("checksum", checksum);
  Try(json->Dump(1));
  return 0;
}
