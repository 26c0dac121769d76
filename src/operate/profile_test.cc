#include "operate/profile.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/memory_file_system.h"
#include "base/random.h"
#include "operate/operate_world_test.h"
#include "operate/profile_files.h"

namespace plumb::operate {
namespace {

data::Batch TableOf(const std::string& columns, const std::string& csv) {
  const auto definitions = OneSource("    event_time: at\n    columns: {at: timestamp, " + columns + "}\n");
  return RowsOf(*definitions->FindSource("s"), csv);
}

ProfileOptions Parts(std::vector<uint8_t> parts, std::vector<std::string> names = {"train", "test"}) {
  ProfileOptions options;
  options.title = "Table";
  options.parts = std::move(parts);
  options.part_names = std::move(names);
  return options;
}

TEST(Profile, SaysWhatIsInAColumn) {
  const data::Batch table = TableOf("x: float64, c: string, m: 'decimal(9, 2)', b: bool, l: list(int64)",
                                    "at,x,c,m,b,l\n"
                                    "2020-01-01,1,u,1.50,true,[1]\n"
                                    "2020-01-02,2,u,2.50,true,[1]\n"
                                    "2020-01-03,NaN,v,NA,false,[2]\n"
                                    "2020-01-04,NA,,4.50,NA,NA\n"
                                    "2020-01-05,6,w,4.50,true,[]\n");
  const TableProfile profile = MakeProfile(table, Parts({}, {"all"}));
  const PartProfile& x = profile.Find("x")->parts[0];
  EXPECT_EQ(x.rows, 5);
  EXPECT_EQ(x.nulls, 1);
  EXPECT_EQ(x.not_finite, 1);
  EXPECT_EQ(x.distinct, 4);
  EXPECT_EQ(x.numbers->min, 1);
  EXPECT_EQ(x.numbers->max, 6);
  EXPECT_EQ(x.numbers->mean, 3);
  EXPECT_NEAR(*x.numbers->deviation, 2.6457513110645907, 1e-15);
  EXPECT_EQ(x.histogram.front(), 1);
  EXPECT_EQ(x.histogram.back(), 1);
  const PartProfile& c = profile.Find("c")->parts[0];
  EXPECT_EQ(c.top, (std::vector<std::pair<std::string, int64_t>>{{"u", 2}, {"v", 1}, {"w", 1}}));
  EXPECT_EQ(c.distinct, 3);
  EXPECT_EQ(profile.Find("m")->parts[0].numbers->mean, 3.25);
  EXPECT_EQ(profile.Find("b")->parts[0].top[0], (std::pair<std::string, int64_t>{"true", 3}));
  EXPECT_EQ(profile.Find("l")->parts[0].distinct, 3);
  EXPECT_EQ(FormatProfileNumber(data::TypeKind::kTimestamp, profile.Find("at")->parts[0].numbers->max),
            "2020-01-05T00:00:00Z");
}

std::string Numbers(base::Random& random, int rows, int shift) {
  std::string csv;
  for (int i = 0; i < rows; ++i) csv += "2020-01-01," + std::to_string(random.Below(1000) + shift) + "\n";
  return csv;
}

TEST(Profile, ComparesPartsWithTheFirst) {
  const uint64_t seed = 7;
  SCOPED_TRACE(seed);
  base::Random random(seed);
  const data::Batch table =
      TableOf("x: int64", "at,x\n" + Numbers(random, 1000, 0) + Numbers(random, 1000, 0) + Numbers(random, 1000, 500));
  std::vector<uint8_t> parts(3000, 0);
  for (size_t i = 1000; i < 3000; ++i) parts[i] = i < 2000 ? 1 : 2;
  const TableProfile profile = MakeProfile(table, Parts(parts, {"train", "validate", "test"}));
  const std::vector<PartProfile>& x = profile.Find("x")->parts;
  EXPECT_FALSE(x[0].change);
  EXPECT_LT(*x[1].change->psi, 0.1);
  EXPECT_LT(*x[1].change->ks, 0.1);
  EXPECT_GT(*x[2].change->psi, 1);
  EXPECT_NEAR(*x[2].change->ks, 0.5, 0.06);
}

TEST(Profile, ComparesNoTimesAndNoNames) {
  const data::Batch table =
      TableOf("c: string, d: string", "at,c,d\n2020-01-01,a,u\n2020-01-01,b,u\n2020-01-01,c,u\n2020-01-01,d,v\n");
  const TableProfile profile = MakeProfile(table, Parts({0, 0, 1, 1}));
  EXPECT_FALSE(profile.Find("at")->parts[1].change->psi);
  EXPECT_FALSE(profile.Find("c")->parts[1].change->psi);
  EXPECT_TRUE(profile.Find("d")->parts[1].change->psi);
  EXPECT_EQ(profile.Find("d")->parts[1].change->psi_noise, 1) << "two kinds, two rows and two rows";
}

TEST(Profile, DoesNotDependOnTheOrderOfRows) {
  const data::Batch one =
      TableOf("x: float64, c: string", "at,x,c\n2020-01-01,0.1,u\n2020-01-02,0.2,v\n2020-01-03,0.3,u\n");
  const data::Batch two = one.Take({2, 0, 1});
  EXPECT_EQ(MakeProfile(one, Parts({}, {"all"})).ToJson().Dump(), MakeProfile(two, Parts({}, {"all"})).ToJson().Dump());
}

TEST(Profile, HidesWhatIsAboutPersons) {
  const data::Batch table = TableOf("c: string, x: int64", "at,c,x\n2020-01-01,secret name,424242\n");
  ProfileOptions options = Parts({}, {"all"});
  options.hidden = {"c", "x"};
  const TableProfile profile = MakeProfile(table, options);
  EXPECT_EQ(profile.Find("c")->parts[0].distinct, 1);
  for (const std::string& text : {profile.ToJson().Dump(), RenderProfilePage(profile, {})}) {
    EXPECT_EQ(text.find("secret"), std::string::npos);
    EXPECT_EQ(text.find("424242"), std::string::npos);
  }
}

TEST(Profile, IsComparedWithAnEarlierOneByItsFile) {
  base::MemoryFileSystem files;
  const ProfilePaths paths = ProfilePathsOf("out/train.parquet");
  EXPECT_EQ(paths.json, "out/train.profile.json");
  EXPECT_EQ(ProfilePathsOf("train.csv").html, "train.profile.html");
  EXPECT_EQ(ProfilePathsOf("/a.b/train").html, "/a.b/train.profile.html");
  EXPECT_FALSE(ReadEarlierProfile(files, paths.json)->has_value());
  base::Random random(3);
  const data::Batch before =
      TableOf("x: int64, c: string", "at,x,c\n2020-01-01,1,u\n2020-01-01,2,u\n2020-01-01,3,v\n2020-01-01,3,v\n");
  const data::Batch after =
      TableOf("x: int64, c: string", "at,x,c\n2020-01-01,7,\n2020-01-01,8,w\n2020-01-01,9,w\n2020-01-01,9,w\n");
  ASSERT_TRUE(files.CreateDirectories("out").ok());
  ASSERT_TRUE(WriteProfile(files, paths, MakeProfile(before, Parts({}, {"all"})), {}).ok());
  const auto earlier = ReadEarlierProfile(files, paths.json);
  ASSERT_TRUE(earlier.ok() && earlier->has_value());
  ProfileOptions options = Parts({}, {"all"});
  options.earlier = &**earlier;
  const TableProfile same = MakeProfile(before, options), other = MakeProfile(after, options);
  EXPECT_EQ(same.Find("x")->parts[0].change->psi, 0);
  EXPECT_EQ(same.Find("x")->parts[0].change->ks, 0);
  EXPECT_EQ(other.Find("x")->parts[0].change->ks, 1);
  EXPECT_GT(*other.Find("c")->parts[0].change->psi, 1);
  EXPECT_NEAR(other.Find("c")->parts[0].change->null_share, 0.25, 1e-15);
  EXPECT_NE(RenderProfilePage(other, {}).find("against the earlier profile"), std::string::npos);
}

TEST(Profile, WhatIsNoProfileIsNotComparedWith) {
  base::MemoryFileSystem files;
  const data::Batch table = TableOf("x: int64", "at,x\n2020-01-01,1\n2020-01-01,2\n");
  const std::string good = MakeProfile(table, Parts({}, {"all"})).ToJson().Dump();
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  const std::string cases[] = {"",
                               "[]",
                               "{}",
                               "not JSON",
                               with("\"format_version\":1", "\"format_version\":2"),
                               with("\"int64\"", "\"intt\""),
                               with("\"sketch\":[[", "\"sketch\":[[99999999,1],["),
                               with("\"counts\":[", "\"counts\":[-1,"),
                               with("\"edges\":[", "\"edges\":[1e300,")};
  for (const std::string& text : cases) {
    files.Put("p.json", text);
    const auto earlier = ReadEarlierProfile(files, "p.json");
    ASSERT_TRUE(earlier.ok());
    EXPECT_FALSE(earlier->has_value()) << text;
  }
  files.Put("p.json", good);
  EXPECT_TRUE(ReadEarlierProfile(files, "p.json")->has_value());
}

TEST(Profile, OfNothingIsNothing) {
  const TableProfile profile = MakeProfile(TableOf("x: int64, c: string", "at,x,c\n"), Parts({}));
  EXPECT_EQ(profile.Find("x")->parts[0].rows, 0);
  EXPECT_FALSE(profile.Find("x")->parts[0].numbers);
  EXPECT_FALSE(profile.Find("x")->parts[1].change->psi);
  EXPECT_NE(RenderProfilePage(profile, {}).find("</html>"), std::string::npos);
}

}  // namespace
}  // namespace plumb::operate
