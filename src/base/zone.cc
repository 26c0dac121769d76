#include "base/zone.h"

#include <date/tz.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/diagnostics.h"
#include "base/internal/civil_days.h"

namespace plumb::base {
namespace {

// The library's own version is "unknown" where it reads compiled zone files, so the text file beside them is asked.
constexpr const char* kVersionFile = "/usr/share/zoneinfo/tzdata.zi";
constexpr size_t kTransitionsMax = 10000;

// One stretch of time with one offset; it ends where the next one begins.
struct Stretch {
  Time begin;
  Duration offset;  // what local time is ahead of UTC
};

std::vector<Stretch> LoadStretches(const date::time_zone& zone) {
  using std::chrono::seconds;
  constexpr int64_t kSecondsMax = kTimeMax / kSecond;
  std::vector<Stretch> stretches;
  date::sys_seconds at{seconds(-kSecondsMax)};
  while (stretches.size() < kTransitionsMax) {
    const date::sys_info info = zone.get_info(at);
    const Duration offset = info.offset.count() * kSecond;
    const int64_t begin = at.time_since_epoch().count();
    if (stretches.empty()) {
      stretches.push_back({kTimeMin, offset});
    } else if (stretches.back().offset != offset) {  // a new abbreviation alone is no transition
      stretches.push_back({begin * kSecond, offset});
    }
    if (info.end <= at || info.end.time_since_epoch().count() >= kSecondsMax) break;
    at = info.end;
  }
  return stretches;
}

// The stretch of the row before, which is nearly always that of the next row too. Per thread, so without locks.
struct LastStretch {
  const Zone* zone = nullptr;
  Time begin = 0;
  Time end = 0;
  Duration offset = 0;
};
thread_local LastStretch last_stretch;

}  // namespace

class Zone {
 public:
  Zone(std::string name, std::vector<Stretch> stretches) : name_(std::move(name)), stretches_(std::move(stretches)) {}

  const std::string& name() const { return name_; }

  Duration OffsetAt(Time time) const {
    if (stretches_.size() == 1) return stretches_.front().offset;
    LastStretch& last = last_stretch;
    if (last.zone != this || time < last.begin || time >= last.end) {
      const size_t index = IndexAt(time);
      last = {this, stretches_[index].begin, EndOf(index), stretches_[index].offset};
    }
    return last.offset;
  }

  enum class InGap { kAsIfNoGap, kEndOfGap };
  // The earliest instant at which clocks show `local`.
  Time FromLocal(Time local, InGap in_gap) const {
    // No zone is more than a day away from UTC, so that the search can start a day and a bit before.
    size_t index = IndexAt(internal::AddSaturating(local, -26 * kHour));
    Time time = internal::AddSaturating(local, -stretches_[index].offset);
    while (index + 1 < stretches_.size() && time >= EndOf(index)) {
      ++index;
      const Time later = internal::AddSaturating(local, -stretches_[index].offset);
      if (later < stretches_[index].begin) return in_gap == InGap::kAsIfNoGap ? time : stretches_[index].begin;
      time = later;
    }
    return time;
  }

 private:
  size_t IndexAt(Time time) const {
    const auto after = std::upper_bound(stretches_.begin() + 1, stretches_.end(), time,
                                        [](Time t, const Stretch& stretch) { return t < stretch.begin; });
    return static_cast<size_t>(after - stretches_.begin()) - 1;
  }
  Time EndOf(size_t index) const { return index + 1 < stretches_.size() ? stretches_[index + 1].begin : kTimeMax; }

  std::string name_;
  std::vector<Stretch> stretches_;  // at least one; the first begins at kTimeMin
};

namespace {

struct LocalDay {
  int64_t days;     // since 1970-01-01, as the zone's calendar counts
  Duration of_day;  // 0 to one day
};

LocalDay LocalDayOf(Time time, const Zone& zone) {
  const Time local = internal::AddSaturating(time, zone.OffsetAt(time));
  return {internal::FloorDivide(local, kDay), internal::FloorModulo(local, kDay)};
}

// Day 0 was a Thursday.
int WeekdayOf(int64_t days) { return static_cast<int>((days % 7 + 7 + 3) % 7) + 1; }

Time BeginOfLocalDay(int64_t days, const Zone& zone) {
  return zone.FromLocal(internal::TimeFromDays(days, 0), Zone::InGap::kEndOfGap);
}

// Zones whose clocks count leap seconds, and copies of the database beside the database.
bool IsVariant(std::string_view name) { return name.starts_with("right/") || name.starts_with("posix/"); }

Status UnknownZone(std::string_view name, const date::tzdb* database) {
  std::vector<std::string> names = {"UTC"};
  if (database != nullptr) {
    for (const date::time_zone& zone : database->zones) {
      if (!IsVariant(zone.name())) names.push_back(zone.name());
    }
  }
  std::string suggestion = DidYouMean(name, names);
  if (suggestion.empty()) suggestion = "Write a name of the IANA database, such as Europe/Berlin or UTC.";
  return InvalidArgument("Time zone is not known: {}.", name.substr(0, 64)).WithSuggestion(suggestion);
}

// Zones are loaded once and never freed: pointers to them stay good until the process ends.
struct Zones {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<const Zone>, std::less<>> by_name;  // guarded by mutex
};

Zones& AllZones() {
  static Zones& zones = *new Zones;
  return zones;
}

Result<std::unique_ptr<const Zone>> LoadZone(std::string_view name) {
  const date::tzdb* database = nullptr;
  try {
    database = &date::get_tzdb();
    if (IsVariant(name)) return UnknownZone(name, database);
    const date::time_zone* zone = date::locate_zone(name);
    return std::unique_ptr<const Zone>(new Zone(std::string(name), LoadStretches(*zone)));
  } catch (const std::exception&) {
    return UnknownZone(name, database);
  }
}

std::string ReadDatabaseVersion() {
  constexpr std::string_view kPrefix = "# version ";
  std::ifstream file(kVersionFile);
  char buffer[64] = {};
  file.read(buffer, sizeof buffer - 1);
  std::string_view line(buffer);
  if (!line.starts_with(kPrefix)) return "unknown";
  line.remove_prefix(kPrefix.size());
  const auto end = std::find_if_not(line.begin(), line.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
  std::string version(line.begin(), end);
  return version.empty() ? "unknown" : version;
}

}  // namespace

Result<const Zone*> FindZone(std::string_view name) {
  static const Zone& utc = *new Zone("UTC", {{kTimeMin, 0}});
  if (name == "UTC") return &utc;
  Zones& zones = AllZones();
  const std::lock_guard lock(zones.mutex);
  if (const auto found = zones.by_name.find(name); found != zones.by_name.end()) return found->second.get();
  PLUMB_ASSIGN_OR_RETURN(std::unique_ptr<const Zone> zone, LoadZone(name));
  return zones.by_name.emplace(std::string(name), std::move(zone)).first->second.get();
}

const std::string& ZoneName(const Zone& zone) { return zone.name(); }

CivilTime ToCivil(Time time, const Zone& zone) {
  const LocalDay local = LocalDayOf(time, zone);
  const internal::CivilDate date = internal::CivilFromDays(local.days);
  CivilTime civil;
  civil.year = static_cast<int>(date.year);
  civil.month = date.month;
  civil.day = date.day;
  civil.hour = static_cast<int>(local.of_day / kHour);
  civil.minute = static_cast<int>(local.of_day / kMinute % 60);
  civil.second = static_cast<int>(local.of_day / kSecond % 60);
  civil.micros = static_cast<int>(local.of_day % kSecond);
  civil.weekday = WeekdayOf(local.days);
  civil.day_of_year = static_cast<int>(local.days - internal::DaysFromCivil(date.year, 1, 1)) + 1;
  return civil;
}

Time FromCivil(const CivilTime& civil, const Zone& zone) {
  const int64_t days = internal::DaysFromCivil(civil.year, civil.month, civil.day);
  const Duration of_day = civil.hour * kHour + civil.minute * kMinute + civil.second * kSecond + civil.micros;
  return zone.FromLocal(internal::TimeFromDays(days, of_day), Zone::InGap::kAsIfNoGap);
}

Time StartOfDay(Time time, const Zone& zone) { return BeginOfLocalDay(LocalDayOf(time, zone).days, zone); }

Time StartOfWeek(Time time, const Zone& zone) {
  const int64_t days = LocalDayOf(time, zone).days;
  return BeginOfLocalDay(days - (WeekdayOf(days) - 1), zone);
}

Time StartOfMonth(Time time, const Zone& zone) {
  const int64_t days = LocalDayOf(time, zone).days;
  return BeginOfLocalDay(days - (internal::CivilFromDays(days).day - 1), zone);
}

std::string ZoneDatabaseVersion() {
  static const std::string& version = *new std::string(ReadDatabaseVersion());
  return version;
}

}  // namespace plumb::base
