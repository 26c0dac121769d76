// Any bytes as plumb.lock: no crash, a mistake has a place, and what was read is written the same and can be compared
// with a project. Every input is tried a second time with a checksum that is right, so that all of the parser is
// reached.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/hash.h"
#include "base/project_tree.h"
#include "features/lock_file.h"
#include "features/lock_file_changes.h"

namespace {

constexpr const char* kProject = R"(sources:
  flights: {event_time: at, columns: {carrier: string, at: timestamp, delay: float64}}
entities:
  carrier: {key: {carrier: string}}
feature_views:
  carrier_delays: {entity: carrier, source: flights, features: {flights_24h: count() over 24h, worst: max(delay)}}
)";

plumb::base::SourceTextPtr TextOf(std::string text) {
  return std::make_shared<const plumb::base::SourceText>(plumb::base::SourceText{"plumb.lock", std::move(text)});
}

const plumb::features::Definitions& Project() {
  static const plumb::features::DefinitionsPtr definitions = [] {
    plumb::base::Diagnostics diagnostics;
    return plumb::features::LoadDefinitions(plumb::base::MergeProject({TextOf(kProject)}, &diagnostics), &diagnostics);
  }();
  return *definitions;
}

void Try(const std::string& text) {
  const auto lock = plumb::features::ParseLock(TextOf(text));
  if (!lock.ok()) {
    PLUMB_CHECK(!lock.status().where().empty(), "A mistake in a lock has a place.");
    return;
  }
  const std::string written = plumb::features::RenderLock(*lock);
  if (text.find('\r') == std::string::npos) PLUMB_CHECK(written == text, "What is read is written the same.");
  const plumb::features::LockChanges changes = plumb::features::CompareWithLock(*lock, Project(), {});
  const auto after = plumb::features::ParseLock(TextOf(plumb::features::RenderLock(changes.after)));
  // Version numbers have an end, which apply finds in the same way.
  PLUMB_CHECK(!after.ok() || *after == changes.after, "What is applied is read the same.");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  Try(text);
  const size_t checksum = text.rfind("checksum: ");
  if (checksum == std::string::npos) return 0;
  text.resize(checksum);
  Try(text + "checksum: " + plumb::base::Sha256Hex(text) + "\n");
  return 0;
}
