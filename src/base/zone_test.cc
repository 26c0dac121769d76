#include "base/zone.h"

#include <date/tz.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>
#include <vector>

namespace plumb::base {
namespace {

const Zone& ZoneOf(std::string_view name) { return *FindZone(name).value(); }
Time At(std::string_view text) { return ParseTime(text).value(); }
std::string Text(Time time) { return FormatTime(time); }

CivilTime Civil(int year, int month, int day, int hour, int minute) {
  return CivilTime{year, month, day, hour, minute, 0, 0, 0, 0};
}

TEST(FindZone, KnowsTheDatabaseAndSuggests) {
  EXPECT_EQ(ZoneName(ZoneOf("America/New_York")), "America/New_York");
  EXPECT_EQ(FindZone("Europe/Berlin").value(), FindZone("Europe/Berlin").value()) << "one object per zone";
  for (const char* name : {"", "Europe/Berln", "right/Europe/Berlin", "../../etc/passwd", "/etc/localtime", "utc+1"}) {
    EXPECT_EQ(FindZone(name).status().code(), Code::kInvalidArgument) << name;
  }
  EXPECT_NE(FindZone("Europe/Berln").status().suggestion().find("Europe/Berlin"), std::string::npos);
}

TEST(ToCivil, GivesEveryField) {
  const CivilTime civil = ToCivil(At("2013-07-04T03:59:58.000007Z"), ZoneOf("America/New_York"));
  EXPECT_EQ(civil.year, 2013);
  EXPECT_EQ(civil.month, 7);
  EXPECT_EQ(civil.day, 3);
  EXPECT_EQ(civil.hour, 23);
  EXPECT_EQ(civil.minute, 59);
  EXPECT_EQ(civil.second, 58);
  EXPECT_EQ(civil.micros, 7);
  EXPECT_EQ(civil.weekday, 3) << "a Wednesday";
  EXPECT_EQ(civil.day_of_year, 184);
}

TEST(ToCivil, CountsWeekdaysFromMonday) {
  const Zone& utc = ZoneOf("UTC");
  EXPECT_EQ(ToCivil(At("1970-01-01"), utc).weekday, 4);
  EXPECT_EQ(ToCivil(At("1969-12-31"), utc).weekday, 3);
  EXPECT_EQ(ToCivil(At("2024-01-01"), utc).weekday, 1);
  EXPECT_EQ(ToCivil(At("2023-12-31"), utc).weekday, 7);
  EXPECT_EQ(ToCivil(At("2024-12-31"), utc).day_of_year, 366);
  EXPECT_EQ(ToCivil(At("0001-01-01"), utc).weekday, 1);
}

TEST(FromCivil, TakesTheEarlierOfTwoAndLooksThroughGaps) {
  const Zone& zone = ZoneOf("America/New_York");
  EXPECT_EQ(Text(FromCivil(Civil(2013, 7, 1, 12, 0), zone)), "2013-07-01T16:00:00Z");
  EXPECT_EQ(Text(FromCivil(Civil(2013, 1, 1, 12, 0), zone)), "2013-01-01T17:00:00Z");
  EXPECT_EQ(Text(FromCivil(Civil(2013, 11, 3, 1, 30), zone)), "2013-11-03T05:30:00Z") << "twice: still summer time";
  EXPECT_EQ(Text(FromCivil(Civil(2013, 11, 3, 2, 0), zone)), "2013-11-03T07:00:00Z");
  EXPECT_EQ(Text(FromCivil(Civil(2013, 3, 10, 2, 30), zone)), "2013-03-10T07:30:00Z") << "in the gap: winter time";
  EXPECT_EQ(Text(FromCivil(Civil(2013, 3, 10, 3, 0), zone)), "2013-03-10T07:00:00Z");
}

TEST(StartOfDay, FollowsTheZone) {
  const struct {
    const char *zone, *time, *day, *week, *month;
  } kCases[] = {
      {"UTC", "2013-01-02T03:00Z", "2013-01-02T00:00:00Z", "2012-12-31T00:00:00Z", "2013-01-01T00:00:00Z"},
      {"America/New_York", "2013-01-01T03:00Z", "2012-12-31T05:00:00Z", "2012-12-31T05:00:00Z", "2012-12-01T05:00:00Z"},
      {"America/New_York", "2013-03-10T12:00Z", "2013-03-10T05:00:00Z", "2013-03-04T05:00:00Z", "2013-03-01T05:00:00Z"},
      {"Asia/Kolkata", "2013-01-01T18:30Z", "2013-01-01T18:30:00Z", "2012-12-30T18:30:00Z", "2012-12-31T18:30:00Z"},
      // Midnight itself lies in a gap: the day began at one o'clock.
      {"America/Sao_Paulo", "2018-11-04T12:00Z", "2018-11-04T03:00:00Z", "2018-10-29T03:00:00Z",
       "2018-11-01T03:00:00Z"},
      // Samoa left out Friday 30 December 2011.
      {"Pacific/Apia", "2011-12-30T11:00Z", "2011-12-30T10:00:00Z", "2011-12-26T10:00:00Z", "2011-12-01T10:00:00Z"},
      // Cuba's midnight comes twice when summer time ends: the first one counts.
      {"America/Havana", "2013-11-03T12:00Z", "2013-11-03T04:00:00Z", "2013-10-28T04:00:00Z", "2013-11-01T04:00:00Z"},
  };
  for (const auto& test : kCases) {
    const Zone& zone = ZoneOf(test.zone);
    EXPECT_EQ(Text(StartOfDay(At(test.time), zone)), test.day) << test.zone << test.time;
    EXPECT_EQ(Text(StartOfWeek(At(test.time), zone)), test.week) << test.zone << test.time;
    EXPECT_EQ(Text(StartOfMonth(At(test.time), zone)), test.month) << test.zone << test.time;
  }
}

// The specification is the date library, which is slow; ours must agree with it everywhere.
TEST(Zone, AgreesWithTheDateLibrary) {
  using std::chrono::microseconds;
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<Time> times(At("1850-01-01"), At("2037-12-31"));
  for (const char* name :
       {"America/New_York", "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
        "Africa/Casablanca", "America/Havana", "Asia/Tehran", "Etc/GMT+12"}) {
    const Zone& zone = ZoneOf(name);
    const date::time_zone* expected = date::locate_zone(name);
    for (int i = 0; i < 3000; ++i) {
      Time time = times(random);
      if (i % 2 == 0) {  // beside a transition
        const date::sys_info info = expected->get_info(date::sys_time<microseconds>(microseconds(time)));
        if (info.end < date::sys_days(date::year(2037) / 12 / 1)) {
          time = info.end.time_since_epoch().count() * kSecond + static_cast<Time>(random() % (4 * kHour)) - 2 * kHour;
        }
      }
      const date::sys_time<microseconds> instant{microseconds(time)};
      const auto local = expected->to_local(instant);
      const auto day = date::floor<date::days>(local);
      const date::year_month_day ymd(day);
      const CivilTime civil = ToCivil(time, zone);
      ASSERT_EQ(civil.year, static_cast<int>(ymd.year())) << name << Text(time);
      ASSERT_EQ(civil.month, static_cast<int>(static_cast<unsigned>(ymd.month()))) << name << Text(time);
      ASSERT_EQ(civil.day, static_cast<int>(static_cast<unsigned>(ymd.day()))) << name << Text(time);
      const Duration of_day = civil.hour * kHour + civil.minute * kMinute + civil.second * kSecond + civil.micros;
      ASSERT_EQ(of_day, (local - day).count()) << name << Text(time);
      const Time earliest = expected->to_sys(local, date::choose::earliest).time_since_epoch().count();
      ASSERT_EQ(FromCivil(civil, zone), earliest) << name << Text(time);
      const Time start = StartOfDay(time, zone);
      ASSERT_LE(start, time) << name << Text(time);
      ASSERT_NE(ToCivil(start - 1, zone).day, civil.day) << name << Text(time);
    }
  }
}

TEST(Zone, HoldsTheWholeRangeOfTime) {
  for (const char* name : {"UTC", "America/New_York", "Pacific/Kiritimati"}) {
    const Zone& zone = ZoneOf(name);
    for (const Time time : {kTimeMin, kTimeMin + 1, At("0001-01-01"), At("9999-12-31"), kTimeMax - 1, kTimeMax}) {
      const CivilTime civil = ToCivil(time, zone);
      EXPECT_GE(civil.month, 1);
      FromCivil(civil, zone);
      EXPECT_LE(StartOfMonth(time, zone), StartOfDay(time, zone));
    }
  }
}

TEST(Zone, IsSharedByThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      const Zone& zone = ZoneOf(i % 2 == 0 ? "Europe/Paris" : "Europe/London");
      for (int hour = 0; hour < 10'000; ++hour) {
        const Time time = At("2013-01-01") + hour * kHour;
        ASSERT_EQ(FromCivil(ToCivil(time, zone), zone) / kDay, time / kDay);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ZoneDatabaseVersion, IsAYearAndALetter) {
  const std::string version = ZoneDatabaseVersion();
  EXPECT_TRUE(version == "unknown" || (version.size() >= 5 && version.starts_with("20"))) << version;
}

}  // namespace
}  // namespace plumb::base
