#include "data/archive.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/random.h"
#include "data/internal/archive_samples.h"

namespace plumb::data {
namespace {

TEST(Gunzip, ReadsWhatWasPacked) {
  EXPECT_EQ(Gunzip(GzipOf("")).value(), "");
  EXPECT_EQ(Gunzip(GzipOf("hello")).value(), "hello");
  EXPECT_EQ(Gunzip(GzipOf("one") + GzipOf("two")).value(), "onetwo");
  const std::string large(5000000, 'x');
  EXPECT_EQ(Gunzip(GzipOf(large)).value(), large);
}

TEST(Gunzip, RefusesDamage) {
  const std::string good = GzipOf("hello hello hello");
  std::string wrong_crc = good;
  wrong_crc[good.size() - 6] ^= 1;
  for (const std::string& bytes :
       {std::string(), std::string("hello"), good.substr(0, good.size() - 1), good + "x", wrong_crc}) {
    EXPECT_EQ(Gunzip(bytes).status().code(), base::Code::kDataLoss);
  }
}

TEST(Gunzip, RefusesBombs) {
  const std::string packed = GzipOf(std::string(1 << 20, '\0'));
  EXPECT_EQ(Gunzip(packed, {.bytes_max = 1000}).status().code(), base::Code::kResourceExhausted);
  EXPECT_EQ(Gunzip(packed, {.bytes_max = (1 << 20) - 1}).status().code(), base::Code::kResourceExhausted);
  EXPECT_EQ(Gunzip(packed, {.ratio_max = 100, .ratio_from_bytes = 1000}).status().code(),
            base::Code::kResourceExhausted);
  EXPECT_TRUE(Gunzip(packed, {.bytes_max = 1 << 20}).ok());
}

TEST(ReadZip, ReadsTheOnlyMember) {
  EXPECT_EQ(ReadZip(ZipOf({{"a.csv", "hello"}}), "").value(), "hello");
  EXPECT_EQ(ReadZip(ZipOf({{"a.csv", "hello"}}, /*deflate=*/false), "").value(), "hello");
  EXPECT_EQ(ReadZip(ZipOf({{"d/", ""}, {"d/a.csv", "hello"}, {"__MACOSX/d/._a.csv", "?"}}), "").value(), "hello");
  EXPECT_EQ(ReadZip(ZipOf({{"a.csv", ""}}), "").value(), "");
}

TEST(ReadZip, ReadsTheMemberNamed) {
  const std::string zip = ZipOf({{"a.csv", "A"}, {"b.csv", "B"}});
  EXPECT_EQ(ReadZip(zip, "b.csv").value(), "B");
  EXPECT_EQ(ReadZip(zip, "").status().code(), base::Code::kInvalidArgument);
  const base::Status missing = ReadZip(zip, "c.csv").status();
  EXPECT_EQ(missing.code(), base::Code::kNotFound);
  EXPECT_FALSE(missing.suggestion().empty());
}

TEST(ReadZip, FindsTheEndBeforeAComment) {
  std::string zip = ZipOf({{"a.csv", "hello"}});
  zip[zip.size() - 2] = 3;
  EXPECT_EQ(ReadZip(zip + "abc", "").value(), "hello");
}

TEST(ReadZip, RefusesWhatItDoesNotRead) {
  const std::string good = ZipOf({{"a.csv", "hello"}});
  const size_t directory = good.find("PK\x01\x02");
  std::string encrypted = good;
  encrypted[directory + 8] = 1;
  std::string lzma = good;
  lzma[directory + 10] = 14;
  std::string zip64 = good;
  zip64.replace(directory + 24, 4, "\xff\xff\xff\xff");
  std::string parts = good;
  parts[good.size() - 18] = 1;
  for (const std::string& bytes : {encrypted, lzma, zip64, parts}) {
    EXPECT_EQ(ReadZip(bytes, "").status().code(), base::Code::kUnimplemented);
  }
}

TEST(ReadZip, RefusesBombs) {
  const std::string zip = ZipOf({{"a.csv", std::string(1 << 20, '\0')}});
  EXPECT_EQ(ReadZip(zip, "", {.bytes_max = 1000}).status().code(), base::Code::kResourceExhausted);
  EXPECT_EQ(ReadZip(zip, "", {.ratio_max = 10, .ratio_from_bytes = 1000}).status().code(),
            base::Code::kResourceExhausted);
}

TEST(ReadZip, NeverTrustsAByte) {
  const std::string good = ZipOf({{"a.csv", "hello hello hello"}, {"b.csv", "x"}});
  for (size_t at = 0; at < good.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ change);
      const auto read = ReadZip(bad, "a.csv");
      if (read.ok()) {
        EXPECT_EQ(*read, "hello hello hello") << at;
      }
    }
    EXPECT_FALSE(ReadZip(good.substr(0, at), "a.csv").ok()) << at;
  }
}

}  // namespace
}  // namespace plumb::data
