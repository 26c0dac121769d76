#include "serve/chunked_decoder.h"

#include <gtest/gtest.h>

namespace plumb::serve {
namespace {

using State = ChunkedDecoder::State;

TEST(ChunkedDecoder, LeavesWhatFollowsTheBody) {
  ChunkedDecoder decoder(/*body_bytes_max=*/100, /*overhead_bytes_max=*/1000);
  std::string body;
  EXPECT_EQ(decoder.Consume("3\r\nabc\r\n0\r\n\r\nnext", &body), 13u);
  EXPECT_EQ(body, "abc");
  EXPECT_EQ(decoder.state(), State::kDone);
}

struct Case {
  std::string text;
  State state;
  std::string body;
};

class ChunkedDecoderCases : public testing::TestWithParam<Case> {};

TEST_P(ChunkedDecoderCases, GivesTheSameHoweverItIsSplit) {
  const Case& c = GetParam();
  for (size_t piece = 1; piece <= c.text.size(); ++piece) {
    ChunkedDecoder decoder(/*body_bytes_max=*/20, /*overhead_bytes_max=*/40);
    std::string body;
    for (size_t i = 0; i < c.text.size() && decoder.state() == State::kNeedsMore; i += piece) {
      const std::string_view bytes = std::string_view(c.text).substr(i, piece);
      const size_t taken = decoder.Consume(bytes, &body);
      if (decoder.state() == State::kNeedsMore) {
        EXPECT_EQ(taken, bytes.size());
      }
    }
    EXPECT_EQ(decoder.state(), c.state) << c.text << " in pieces of " << piece;
    if (c.state == State::kDone) {
      EXPECT_EQ(body, c.body) << c.text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ChunkedDecoderCases,
    testing::Values(Case{"0\r\n\r\n", State::kDone, ""},
                    Case{"A\r\n0123456789\r\n00\r\n\r\n", State::kDone, "0123456789"},
                    Case{"3;name=\"v\"\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n", State::kDone, "abcde"},
                    Case{"3\r\nab", State::kNeedsMore, ""}, Case{"3\r\nabcd\r\n", State::kMalformed, ""},
                    Case{"3\nabc\n", State::kMalformed, ""}, Case{"g\r\n", State::kMalformed, ""},
                    Case{"\r\n", State::kMalformed, ""}, Case{"-1\r\n", State::kMalformed, ""},
                    Case{"0x1\r\n", State::kMalformed, ""}, Case{"00000000000000001\r\n", State::kMalformed, ""},
                    Case{"ffffffffffffffff\r\n", State::kTooLarge, ""}, Case{"15\r\n", State::kTooLarge, ""},
                    Case{"14\r\n01234567890123456789\r\n1\r\n", State::kTooLarge, ""},
                    Case{"0\r\nno colon\r\n\r\n", State::kMalformed, ""},
                    Case{"1;" + std::string(80, 'x') + "\r\n", State::kMalformed, ""},
                    Case{"0\r\na: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\ne: 5\r\nf: 6\r\ng: 7\r\n\r\n", State::kMalformed, ""}));

}  // namespace
}  // namespace plumb::serve
