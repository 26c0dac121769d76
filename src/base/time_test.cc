#include "base/time.h"

#include <gtest/gtest.h>

#include <random>

namespace plumb::base {
namespace {

Time At(std::string_view text) {
  const Result<Time> time = ParseTime(text);
  EXPECT_TRUE(time.ok()) << text;
  return time.ok() ? *time : 0;
}

TEST(ParseTime, ReadsEveryForm) {
  const struct {
    const char* text;
    Time time;
  } kCases[] = {
      {"1970-01-01", 0},
      {"1970-01-01T00:00Z", 0},
      {"1970-01-01 00:00:01", kSecond},
      {"1970-01-01T00:00:00.000001Z", 1},
      {"1970-01-01T00:00:00.5", 500'000},
      {"1970-01-01T00:00:00.123456000Z", 123'456},
      {"1969-12-31T23:59:59.999999Z", -1},
      {"2013-01-01T08:00:00Z", 1'357'027'200 * kSecond},
      {"2013-01-01T08:00:00+01:00", 1'357'023'600 * kSecond},
      {"2013-01-01T08:00:00-05", 1'357'045'200 * kSecond},
      {"2013-01-01 08:00+05:30", 1'357'007'400 * kSecond},
      {"2012-02-29", 1'330'473'600 * kSecond},
      {"2000-02-29", 951'782'400 * kSecond},
      {"0001-01-01", -62'135'596'800 * kSecond},
      {"9999-12-31T23:59:59.999999Z", 253'402'300'800 * kSecond - 1},
  };
  for (const auto& test : kCases) {
    const Result<Time> time = ParseTime(test.text);
    ASSERT_TRUE(time.ok()) << test.text;
    EXPECT_EQ(*time, test.time) << test.text;
  }
}

TEST(ParseTime, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           "2013",
                           "2013-01",
                           "2013-1-1",
                           "2013-13-01",
                           "2013-00-01",
                           "2013-01-00",
                           "2013-02-29",
                           "1900-02-29",
                           "0000-01-01",
                           "10000-01-01",
                           "-001-01-01",
                           "2013-01-01T",
                           "2013-01-01T08",
                           "2013-01-01T24:00",
                           "2013-01-01T08:60",
                           "2013-01-01T08:00:60",
                           "2013-01-01T08:00:00.",
                           "2013-01-01T08:00:00.1234567",
                           "2013-01-01T08:00:00.0000000000",
                           "2013-01-01t08:00",
                           "2013-01-01T08:00z",
                           "2013-01-01Z",
                           "2013-01-01T08:00+1",
                           "2013-01-01T08:00+24",
                           "2013-01-01T08:00+01:60",
                           "2013-01-01T08:00+0100",
                           "2013-01-01T08:00Zx",
                           " 2013-01-01",
                           "2013-01-01 ",
                           "2013-01-01T08:00 +01",
                           "0001-01-01T00:00+01",
                           "9999-12-31T23:59-01",
                           "2013-01-01T+8:00"}) {
    const Result<Time> time = ParseTime(text);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_EQ(time.status().code(), Code::kInvalidArgument) << text;
  }
  EXPECT_LT(ParseTime(std::string(1 << 20, '9')).status().message().size(), 200u);
}

TEST(FormatTime, WritesOnlyNeededDigits) {
  const struct {
    Time time;
    const char* text;
  } kCases[] = {
      {0, "1970-01-01T00:00:00Z"},
      {1'357'027'200 * kSecond, "2013-01-01T08:00:00Z"},
      {1'357'027'200 * kSecond + 250'000, "2013-01-01T08:00:00.250Z"},
      {1'357'027'200 * kSecond + 1, "2013-01-01T08:00:00.000001Z"},
      {-1, "1969-12-31T23:59:59.999999Z"},
      {-62'135'596'800 * kSecond, "0001-01-01T00:00:00Z"},
      {kTimeMin, "-infinity"},
      {kTimeMax, "infinity"},
      {253'402'300'800 * kSecond, "+010000-01-01T00:00:00Z"},
      {kTimeMin + 1, "-290308-12-21T19:59:05.224193Z"},
  };
  for (const auto& test : kCases) EXPECT_EQ(FormatTime(test.time), test.text);
}

TEST(FormatTime, IsReadBackToTheSameInstant) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<Time> times(At("0001-01-01"), At("9999-12-31T23:59:59.999999Z"));
  for (int i = 0; i < 20'000; ++i) {
    const Time time = times(random) / (i % 2 == 0 ? 1 : kSecond) * (i % 2 == 0 ? 1 : kSecond);
    const Result<Time> back = ParseTime(FormatTime(time));
    ASSERT_TRUE(back.ok()) << FormatTime(time);
    ASSERT_EQ(*back, time) << FormatTime(time);
  }
}

TEST(ParseSpan, ReadsUnitsAndSigns) {
  const struct {
    const char* text;
    Span span;
    const char* written;
  } kCases[] = {
      {"10m", {0, 10 * kMinute}, "10m"},
      {"1h30m", {0, 90 * kMinute}, "1h30m"},
      {"90m", {0, 90 * kMinute}, "1h30m"},
      {"-90d", {0, -90 * kDay}, "-90d"},
      {"-1h30m", {0, -90 * kMinute}, "-1h30m"},
      {"2mo", {2, 0}, "2mo"},
      {"-2mo", {-2, 0}, "-2mo"},
      {"2mo3d", {2, 3 * kDay}, "2mo3d"},
      {"2mo-10m", {2, -10 * kMinute}, "2mo-10m"},
      {"-2mo+10m", {-2, 10 * kMinute}, "-2mo+10m"},
      {"-2mo3d", {-2, -3 * kDay}, "-2mo3d"},
      {"1w", {0, kWeek}, "7d"},
      {"0s", {0, 0}, "0s"},
      {"0mo", {0, 0}, "0s"},
      {"1500ms", {0, 1500 * kMillisecond}, "1s500ms"},
      {"7us", {0, 7}, "7us"},
      {"1w1d1h1m1s1ms1us", {0, kWeek + kDay + kHour + kMinute + kSecond + kMillisecond + 1}, "8d1h1m1s1ms1us"},
      {"-106751991d4h54s775ms808us", {0, kTimeMin}, "-106751991d4h54s775ms808us"},
  };
  for (const auto& test : kCases) {
    const Result<Span> span = ParseSpan(test.text);
    ASSERT_TRUE(span.ok()) << test.text;
    EXPECT_EQ(span.value(), test.span) << test.text;
    EXPECT_EQ(FormatSpan(test.span), test.written);
    EXPECT_EQ(ParseSpan(test.written).value(), test.span) << test.written;
  }
}

TEST(ParseSpan, RefusesWhatIsNoSpan) {
  for (const char* text : {"", "-", "10", "m", "1.5h", "10 m", "30m1h", "1h1h", "10M", "1y", "--1h", "1h ", "1h-", "h1",
                           "99999999999999999999d", "9223372036854775807s", "3000000000mo", "106751992d"}) {
    EXPECT_EQ(ParseSpan(text).status().code(), Code::kInvalidArgument) << text;
  }
}

TEST(Move, ClampsMonthsToTheirEnd) {
  const struct {
    const char* from;
    Span span;
    int sign;
    const char* to;
  } kCases[] = {
      {"2013-01-31", {1, 0}, 1, "2013-02-28T00:00:00Z"},
      {"2012-01-31T12:30:00Z", {1, 0}, 1, "2012-02-29T12:30:00Z"},
      {"2013-03-31", {1, 0}, -1, "2013-02-28T00:00:00Z"},
      {"2013-01-15", {1, 0}, -1, "2012-12-15T00:00:00Z"},
      {"2013-11-30", {3, 0}, 1, "2014-02-28T00:00:00Z"},
      {"2013-01-31", {1, kDay}, 1, "2013-03-01T00:00:00Z"},
      {"2013-03-01", {1, kDay}, -1, "2013-01-31T00:00:00Z"},
      {"2012-02-29", {12, 0}, 1, "2013-02-28T00:00:00Z"},
      {"1969-12-31T23:00:00Z", {2, 0}, 1, "1970-02-28T23:00:00Z"},
      {"2013-01-01", {0, -kHour}, -1, "2013-01-01T01:00:00Z"},
  };
  for (const auto& test : kCases)
    EXPECT_EQ(FormatTime(Move(At(test.from), test.span, test.sign)), test.to) << test.from;
}

TEST(Move, SaturatesInsteadOfOverflowing) {
  constexpr int32_t kMonthsMin = std::numeric_limits<int32_t>::min(), kMonthsMax = std::numeric_limits<int32_t>::max();
  EXPECT_EQ(Move(kTimeMax - 1, {0, 5}, 1), kTimeMax);
  EXPECT_EQ(Move(kTimeMin + 1, {0, 5}, -1), kTimeMin);
  EXPECT_EQ(Move(1, {0, kTimeMin}, -1), kTimeMax);
  EXPECT_EQ(Move(0, {kMonthsMax, 0}, 1), kTimeMax);
  EXPECT_EQ(Move(0, {kMonthsMin, 0}, 1), kTimeMin);
  EXPECT_EQ(Move(0, {kMonthsMin, 0}, -1), kTimeMax);
  EXPECT_EQ(Move(kTimeMax, {1, 0}, 1), kTimeMax);
  EXPECT_EQ(Move(kTimeMin, {1, 0}, -1), kTimeMin);
  EXPECT_EQ(Move(kTimeMin, {0, 0}, -1), kTimeMin);
}

}  // namespace
}  // namespace plumb::base
