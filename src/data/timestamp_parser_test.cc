#include "data/timestamp_parser.h"

#include <gtest/gtest.h>

#include "data/value.h"

namespace plumb::data {
namespace {

std::string Read(const TimestampFormat& format, std::string_view text) {
  base::Time time = 0;
  const TimestampParser parser = TimestampParser::Make(format).value();
  return parser.Parse(text, &time) ? base::FormatTime(time) : "no";
}

struct Case {
  TimestampFormat format;
  const char* text;
  const char* time;
};

TEST(TimestampParser, ReadsFormats) {
  const Case cases[] = {
      {{"%Y-%m-%d %H:%M", "America/New_York"}, "2013-01-01 05:15", "2013-01-01T10:15:00Z"},
      {{"%Y-%m-%d %H:%M", "America/New_York"}, "2013-07-01   5:15", "2013-07-01T09:15:00Z"},
      {{"%Y%m%d%H%M%S"}, "20130102030405", "2013-01-02T03:04:05Z"},
      {{"%d.%m.%y"}, "1.2.13", "2013-02-01T00:00:00Z"},
      {{"%d.%m.%y"}, "1.2.69", "1969-02-01T00:00:00Z"},
      {{"%d-%b-%Y %I:%M:%S %p"}, "07-Mar-2013 12:00:01 am", "2013-03-07T00:00:01Z"},
      {{"%d %b %Y %I %p"}, "7 December 2013 12 PM", "2013-12-07T12:00:00Z"},
      {{"%F %T.%f"}, "2013-01-01 00:00:00.123456789", "2013-01-01T00:00:00.123456Z"},
      {{"%FT%T%z", "Europe/Berlin"}, "2013-01-01T00:00:00-05:30", "2013-01-01T05:30:00Z"},
      {{"%FT%T%z"}, "2013-01-01T00:00:00+01", "2012-12-31T23:00:00Z"},
      {{"%FT%T%z"}, "2013-01-01T00:00:00Z", "2013-01-01T00:00:00Z"},
      {{"%Y %j"}, "2012 366", "2012-12-31T00:00:00Z"},
      {{"%s"}, "1357027200", "2013-01-01T08:00:00Z"},
      {{"%s"}, "-1", "1969-12-31T23:59:59Z"},
      {{"%Q"}, "1357027200123", "2013-01-01T08:00:00.123Z"},
      {{"%F %H:%M"}, "2013-12-31 24:00", "2014-01-01T00:00:00Z"},
      {{"%F%%"}, "2012-02-29%", "2012-02-29T00:00:00Z"},
      {{"", "UTC"}, "2013-01-01T08:00:00Z", "2013-01-01T08:00:00Z"},
      {{"", "America/New_York"}, "2013-01-01 05:15", "2013-01-01T10:15:00Z"},
      {{"", "America/New_York"}, "2013-01-01T05:15:00Z", "2013-01-01T05:15:00Z"},
      {{"", "America/New_York"}, "2013-01-01T05:15:00+01:00", "2013-01-01T04:15:00Z"},
  };
  for (const Case& c : cases) EXPECT_EQ(Read(c.format, c.text), c.time) << c.format.format << " | " << c.text;
}

TEST(TimestampParser, RefusesTextsThatDoNotFollow) {
  const std::pair<const char*, const char*> cases[] = {
      {"%F", "2013-02-29"},
      {"%F", "2013-00-01"},
      {"%F", "2013-01-01 "},
      {"%F", "13-01-01"},
      {"%F", ""},
      {"%F", "0000-01-01"},
      {"%F %H:%M", "2013-01-01 24:01"},
      {"%F %H:%M", "2013-01-01 25:00"},
      {"%F %T", "2013-01-01 00:00:60"},
      {"%F %T.%f", "2013-01-01 00:00:00."},
      {"%F %I %p", "2013-01-01 13 pm"},
      {"%F %I %p", "2013-01-01 0 am"},
      {"%Y %j", "2013 366"},
      {"%s", "99999999999999"},
      {"%s", "9223372036854775807"},
      {"%s", "-"},
      {"%F %z", "2013-01-01 0100"},
      {"%F %z", "2013-01-01 +1"},
      {"%d %b %Y", "1 Foo 2013"},
      {"%F %H:%M", "9999-12-31 24:00"},
      {"", "yesterday"},
  };
  for (const auto& [format, text] : cases) EXPECT_EQ(Read({format}, text), "no") << format << " | " << text;
}

TEST(TimestampParser, RefusesFormatsThatCannotWork) {
  const TimestampFormat cases[] = {{"%H:%M"},
                                   {"%Y-%m"},
                                   {"%Y-%m-%d %q"},
                                   {"%Y-%m-%d %"},
                                   {"%Y-%m-%d %I"},
                                   {"", "Mars/Olympus"},
                                   {std::string(1000, 'x')}};
  for (const TimestampFormat& format : cases) {
    const auto parser = TimestampParser::Make(format);
    ASSERT_FALSE(parser.ok()) << format.format;
    EXPECT_EQ(parser.status().code(), base::Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace plumb::data
