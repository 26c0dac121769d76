#include "features/lock_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/hash.h"
#include "base/random.h"
#include "features/lock_file_world_test.h"

namespace plumb::features {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;

base::Result<LockFile> Parse(const std::string& text) { return ParseLock(LockText(text)); }

// The text with its checksum set right, as one would forge it.
std::string Sealed(std::string text) {
  text.resize(text.find("checksum: "));
  return text + "checksum: " + base::Sha256Hex(text) + "\n";
}

TEST(LockFile, SaysWhatEverySourceViewAndModelMeans) {
  const LockFile lock = LockOf(kLockedProject);
  EXPECT_EQ(lock.sources.size(), 2U);
  const LockedView& delays = lock.views.at("delays");
  EXPECT_EQ(delays.current.version, 1);
  EXPECT_EQ(delays.source, "flights");
  EXPECT_EQ(delays.inputs, "carrier string");
  EXPECT_EQ(delays.max_age, "30d");
  EXPECT_EQ(delays.features.at("flights_24h").type, "int64");
  EXPECT_EQ(delays.features.at("flights_24h").expression, "count() over 1d");
  EXPECT_EQ(delays.aggregates.size(), 4U) << "count() over 24h is shared";
  EXPECT_TRUE(lock.views.at("trip").source.empty());
  EXPECT_TRUE(lock.views.at("trip").aggregates.empty());
  EXPECT_THAT(lock.models.at("late_arrival"), ElementsAre("delays.delay_avg_24h", "delays.flights_24h", "delays.last",
                                                          "delays.late_share", "trip.vs_usual"));
}

TEST(LockFile, ReadsBackWhatItWrote) {
  const LockFile first = LockOf(kLockedProject);
  const LockFile second = LockOf(Replace(kLockedProject, "avg(delay) over 24h", "avg(delay) over 12h"), first);
  const std::string without = Replace(kLockedProject,
                                      "  weather:\n    entity: airport\n    source: reports\n"
                                      "    features: {wind: last(wind)}\n",
                                      "");
  const LockFile third = LockOf(Replace(without, "      wind: weather(airport = origin).wind\n", ""), second);
  for (const LockFile& lock : {LockFile(), first, second, third}) {
    const std::string text = RenderLock(lock);
    const auto read = Parse(text);
    ASSERT_TRUE(read.ok()) << read.status().ToString() << "\n" << text;
    EXPECT_EQ(*read, lock);
    EXPECT_EQ(RenderLock(*read), text);
  }
  EXPECT_FALSE(third.removed_views.empty());
}

TEST(LockFile, ChangesOnlyTheLinesOfWhatChanged) {
  const auto lines_of = [](const std::string& text) {
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      lines.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  const auto before = lines_of(RenderLock(LockOf(kLockedProject)));
  const std::string grown = Replace(kLockedProject, "      last: last(delay)\n",
                                    "      last: last(delay)\n      worst: max(delay) over 24h\n");
  const auto after = lines_of(RenderLock(LockOf(grown, LockOf(kLockedProject))));
  std::vector<std::string> only_before, only_after;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(only_before));
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(only_after));
  EXPECT_EQ(only_before.size(), 3U) << "version, identity, checksum";
  EXPECT_EQ(only_after.size(), 8U) << "the same, feature, aggregate, previous and its version, feature of the model";
}

TEST(LockFile, IsTheSameForTheSameMeaning) {
  const LockFile lock = LockOf(kLockedProject);
  for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{
           {"owner: ops@example.com", "owner: you@example.com"},
           {"count() over 24h\n", "COUNT( )  over 1d\n"},
           {"data/flights.csv", "data/other.csv"},
           {"      flights_24h: count() over 24h\n      delay_avg_24h: avg(delay) over 24h\n",
            "      delay_avg_24h: avg(delay) over 24h\n      flights_24h: count() over 24h\n"},
           {"    max_age: 30d\n", "    max_age: 30d\n    sla: {freshness: 5m}\n    description: Delays\n"}}) {
    EXPECT_EQ(LockOf(Replace(kLockedProject, from, to), lock), lock) << to;
  }
}

TEST(LockFile, GivesAMeaningTheSameVersionAgain) {
  const std::string second_text = Replace(kLockedProject, "avg(delay) over 24h", "avg(delay) over 12h");
  const std::string third_text = Replace(kLockedProject, "avg(delay) over 24h", "avg(delay) over 6h");
  const LockFile first = LockOf(kLockedProject), second = LockOf(second_text, first);
  const LockFile third = LockOf(third_text, second), back = LockOf(second_text, third);
  EXPECT_EQ(second.views.at("delays").current.version, 2);
  EXPECT_THAT(second.views.at("delays").previous, ElementsAre(first.views.at("delays").current));
  EXPECT_EQ(third.views.at("delays").current.version, 3);
  EXPECT_EQ(back.views.at("delays").current, second.views.at("delays").current);
  EXPECT_THAT(back.views.at("delays").previous,
              ElementsAre(first.views.at("delays").current, third.views.at("delays").current));
  // A further meaning is a further number, not one that was given before.
  const std::string fourth_text = Replace(kLockedProject, "avg(delay) over 24h", "avg(delay) over 1h");
  EXPECT_EQ(LockOf(fourth_text, back).views.at("delays").current.version, 4);
  // Views that look into it follow; others do not.
  EXPECT_EQ(second.views.at("trip").current.version, 2);
  EXPECT_EQ(second.views.at("weather").current.version, 1);
}

TEST(LockFile, RemembersTheVersionsOfRemovedViews) {
  const std::string without = Replace(Replace(kLockedProject,
                                              "  weather:\n    entity: airport\n    source: reports\n"
                                              "    features: {wind: last(wind)}\n",
                                              ""),
                                      "      wind: weather(airport = origin).wind\n", "");
  const LockFile first = LockOf(kLockedProject), removed = LockOf(without, first);
  EXPECT_THAT(removed.removed_views.at("weather"), ElementsAre(first.views.at("weather").current));
  EXPECT_EQ(LockOf(without, removed), removed);
  const LockFile back = LockOf(kLockedProject, removed);
  EXPECT_EQ(back.views.at("weather"), first.views.at("weather"));
  EXPECT_TRUE(back.removed_views.empty());
  const LockFile other = LockOf(Replace(kLockedProject, "last(wind)", "max(wind) over 1h"), removed);
  EXPECT_EQ(other.views.at("weather").current.version, 2);
  EXPECT_THAT(other.views.at("weather").previous, ElementsAre(first.views.at("weather").current));
}

TEST(LockFile, LineEndsMayBeThoseOfWindows) {
  const std::string text = RenderLock(LockOf(kLockedProject));
  std::string windows;
  for (const char c : text) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(Parse(windows).value(), Parse(text).value());
}

TEST(LockFile, QuotesNamesThatAreNoPlainWords) {
  LockFile lock = LockOf(kLockedProject);
  lock.models["null"] = lock.models["late_arrival"];
  lock.models["a: b #\"c\"\n"] = {};
  lock.models["2nd"] = {};
  const std::string text = RenderLock(lock);
  EXPECT_THAT(text, HasSubstr("\n  \"null\":\n"));
  EXPECT_EQ(Parse(text).value(), lock);
}

struct Damage {
  const char* from;
  const char* to;
  Code code;
  int line;             // 0: not looked at
  const char* message;  // part of it
  const char* suggestion;
  bool is_sealed = false;  // with a checksum that is right
};

TEST(LockFile, WhatIsWrongIsSaidWithItsPlace) {
  const std::string text =
      RenderLock(LockOf(Replace(kLockedProject, "last(wind)", "first(wind)"), LockOf(kLockedProject)));
  const auto line_of = [&](const char* part) {
    return static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(text.find(part)), '\n')) + 1;
  };
  const std::vector<Damage> damages = {
      {"over 1d", "over 2d", Code::kDataLoss, line_of("checksum: "), "checksum", "git"},
      {"checksum: ", "checksum: 0", Code::kInvalidArgument, 0, "the end of the line", "git"},
      {"  delays:\n", "<<<<<<< HEAD\n  delays:\n", Code::kInvalidArgument, line_of("  delays:"), "conflict", "--ours"},
      {"  delays:\n", "=======\n  delays:\n", Code::kInvalidArgument, line_of("  delays:"), "conflict", "--theirs"},
      {"format_version: 1", "format_version: 2", Code::kUnimplemented, 4, "newer plumb", "newer"},
      {"# plumb.lock: what", "# plumb.lock: other\n# lines", Code::kDataLoss, 0, "checksum", "git"},
      {"# plumb.lock: what", "# other lines", Code::kInvalidArgument, 1, "laid out", "git", true},
      {"format_version: 1", "format_version: 0", Code::kInvalidArgument, 4, "number", "git"},
      {"format_version: 1", "format_version: 9999999999", Code::kInvalidArgument, 4, "number", "git"},
      {"format: plumb-lock", "format: other-lock", Code::kInvalidArgument, 3, "format: plumb-lock", "git"},
      {"    version: 1", "    verison: 1", Code::kInvalidArgument, line_of("    version: 1"), "version:", "git"},
      {"    version: 1", "    version: one", Code::kInvalidArgument, line_of("    version: 1"), "number", "git"},
      {"views:\n", "veiws:\n", Code::kInvalidArgument, line_of("\nviews:") + 1, "views:", "git"},
      {"type: \"int64\"", "type: int64", Code::kInvalidArgument, line_of("type: \"int64\""), "quotes", "git"},
      {"type: \"int64\"", "type: \"int64", Code::kInvalidArgument, line_of("type: \"int64\""), "", "git"},
      {"    - delays.last\n", "    - dleays.last\n", Code::kInvalidArgument, line_of("    - delays.last"),
       "a view that it does not have: dleays", "Did you mean delays?"},
      {"    - delays.last\n", "    - delays.lats\n", Code::kInvalidArgument, line_of("    - delays.last"),
       "a feature that it does not have: delays.lats", "Did you mean last?"},
      {"  reports:", "  flights:", Code::kInvalidArgument, line_of("  reports:"), "twice: flights", "git"},
      {"      delay_avg_24h:", "      last:", Code::kInvalidArgument, 0, "twice: last", "git"},
      {"    - delays.last\n    - delays.late_share\n", "    - delays.late_share\n    - delays.last\n",
       Code::kInvalidArgument, 0, "out of order", "git", true},
      {"checksum: ", "checksum: x", Code::kInvalidArgument, line_of("checksum: "), "64 hex digits", "git"},
      {"  flights:", "  zebra:", Code::kInvalidArgument, 0, "laid out", "git", true},
      {"{version: 1, identity: ", "{version: 2, identity: ", Code::kInvalidArgument, 0, "among the previous", "git",
       true},
      {"    inputs:", "     inputs:", Code::kInvalidArgument, 0, "inputs:", "git"},
  };
  for (const Damage& damage : damages) {
    std::string broken = Replace(text, damage.from, damage.to);
    if (damage.is_sealed) broken = Sealed(broken);
    base::Position mistake;
    const auto read = ParseLock(LockText(broken), &mistake);
    ASSERT_FALSE(read.ok()) << damage.to;
    EXPECT_EQ(read.status().code(), damage.code) << damage.to << "\n" << read.status().ToString();
    EXPECT_THAT(read.status().message(), HasSubstr(damage.message)) << damage.to;
    EXPECT_THAT(read.status().suggestion(), HasSubstr(damage.suggestion)) << damage.to;
    EXPECT_EQ(read.status().where(), mistake.ToString());
    if (damage.line == 0) continue;
    EXPECT_EQ(mistake.Line(), damage.line) << damage.to << "\n" << read.status().ToString();
  }
}

TEST(LockFile, EveryCutIsNoticed) {
  const std::string text = RenderLock(LockOf(kLockedProject));
  for (size_t length = 0; length < text.size(); length++) {
    const auto read = Parse(text.substr(0, length));
    ASSERT_FALSE(read.ok()) << length;
    ASSERT_FALSE(read.status().where().empty()) << length;
  }
}

TEST(LockFile, EveryChangedByteIsNoticed) {
  const std::string text = RenderLock(LockOf(kLockedProject));
  constexpr uint64_t kSeed = 20240101;
  base::Random random(kSeed);
  for (int round = 0; round < 2000; round++) {
    std::string broken = text;
    const size_t at = random.Below(text.size());
    broken[at] = static_cast<char>(broken[at] ^ (1U << random.Below(8)));
    const auto read = Parse(broken);
    ASSERT_FALSE(read.ok()) << "seed " << kSeed << ", byte " << at;
  }
}

// The golden file must open forever, and today's writer still gives its bytes.
TEST(LockFile, OpensTheGoldenFile) {
  const std::string path = base::JoinPath(PLUMB_SOURCE_DIR, "tests/golden/lock/plumb.lock");
  const std::string golden = base::RealFileSystem().ReadFile(path).value();
  const auto read = Parse(golden);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(RenderLock(*read), golden);
  EXPECT_EQ(read->sources.size(), 2U);
  const LockedView& delays = read->views.at("carrier_delays");
  EXPECT_EQ(delays.current.version, 3);
  EXPECT_EQ(delays.previous.size(), 2U);
  EXPECT_EQ(delays.features.at("late_share").expression, "avg(late where carrier <> '\"x\": #') over 24h");
  EXPECT_EQ(delays.aggregates.size(), 2U);
  EXPECT_EQ(read->removed_views.at("old_delays").front().version, 1);
  EXPECT_THAT(read->models.at("late_arrival"), ElementsAre("carrier_delays.flights_24h", "trip.distance"));
}

}  // namespace
}  // namespace plumb::features
