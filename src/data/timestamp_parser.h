// timestamp_parser.h: a TimestampFormat made ready to read many texts.
//
// Why: a table has millions of timestamps in one format; the format is checked and its zone looked up once. Directives
// are listed at TimestampFormat. Civil times in a zone become instants by the rules of base/zone.h (gap and fold).
//
// Thread safety: const use is safe.
//
//   PLUMB_ASSIGN_OR_RETURN(const TimestampParser parser, TimestampParser::Make({"%Y-%m-%d %H:%M",
//   "America/New_York"})); base::Time time; parser.Parse("2013-01-01 05:15", &time);   // true; 2013-01-01T10:15:00Z
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "base/zone.h"
#include "data/table_format.h"

namespace plumb::data {

class TimestampParser {
 public:
  // ISO 8601 in UTC.
  TimestampParser() = default;
  static base::Result<TimestampParser> Make(const TimestampFormat& format);

  // False if the text does not follow the format or is no instant of the years 1 to 9999.
  [[nodiscard]] bool Parse(std::string_view text, base::Time* out) const;

  // For sentences: `a time like "%Y-%m-%d"`.
  [[nodiscard]] std::string Wanted() const;

 private:
  // A directive, or a literal character when `directive` is 0.
  struct Step {
    char directive = 0;
    char literal = 0;
  };
  static base::Status Compile(std::string_view format, std::vector<Step>* steps);
  [[nodiscard]] bool ParseIso(std::string_view text, base::Time* out) const;

  std::string format_;
  std::vector<Step> steps_;           // empty: ISO 8601
  const base::Zone* zone_ = nullptr;  // null: UTC
};

}  // namespace plumb::data
