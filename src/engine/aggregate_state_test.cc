#include "engine/aggregate_state.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <string>
#include <vector>

namespace plumb::engine {
namespace {

using expr::AggregateFunction;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

std::vector<uint64_t> Words(const std::vector<double>& values) {
  std::vector<uint64_t> words;
  for (const double value : values) words.push_back(std::bit_cast<uint64_t>(value));
  return words;
}

constexpr SlotForm kFloats{SlotKind::kFloatSum, data::TypeKind::kFloat64};

PartialAggregate StateOf(const SlotForm& form, const std::vector<uint64_t>& words,
                         const std::vector<uint64_t>& times = {}) {
  PartialAggregate state;
  AddRows(form, {words.data(), times.data(), {}, {}}, {nullptr, 0, static_cast<uint32_t>(words.size())}, &state);
  return state;
}

Cell Ask(AggregateFunction function, const SlotForm& form, const PartialAggregate& state, Question question = {}) {
  static std::string bytes;
  question.function = function;
  return Finish(question, form, state, &bytes);
}

double FloatOf(AggregateFunction function, const SlotForm& form, const PartialAggregate& state,
               const Question& question = {}) {
  const Cell cell = Ask(function, form, state, question);
  EXPECT_EQ(cell.state, CellState::kValue);
  return std::bit_cast<double>(cell.word);
}

TEST(AggregateState, ChoosesTheKindByFunctionAndType) {
  using data::Type;
  using data::TypeKind;
  const struct {
    AggregateFunction function;
    Type type;
    SlotKind kind;
  } cases[] = {
      {AggregateFunction::kSum, TypeKind::kFloat64, SlotKind::kFloatSum},
      {AggregateFunction::kAvg, TypeKind::kBool, SlotKind::kIntSum},
      {AggregateFunction::kSum, Type::Decimal(18, 2), SlotKind::kIntSum},
      {AggregateFunction::kSum, Type::Decimal(19, 2), SlotKind::kWideSum},
      {AggregateFunction::kStdDev, TypeKind::kInt64, SlotKind::kIntMoments},
      {AggregateFunction::kVariance, Type::Decimal(9, 2), SlotKind::kMoments},
      {AggregateFunction::kMin, TypeKind::kString, SlotKind::kBytesMin},
      {AggregateFunction::kMax, Type::Decimal(38, 0), SlotKind::kBytesMax},
      {AggregateFunction::kMax, TypeKind::kTimestamp, SlotKind::kIntMax},
      {AggregateFunction::kDistinct, TypeKind::kString, SlotKind::kDistinct},
      {AggregateFunction::kApproxQuantile, TypeKind::kInt64, SlotKind::kQuantiles},
      {AggregateFunction::kEwma, TypeKind::kFloat64, SlotKind::kTiles},
      {AggregateFunction::kLast, TypeKind::kInt64, SlotKind::kCandidates},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(SlotKindOf(c.function, c.type), c.kind)
        << expr::AggregateName(c.function) << " " << data::TypeName(c.type);
  }
}

TEST(AggregateState, IsNullOfNothingAndCountsToZero) {
  const PartialAggregate nothing;
  for (const auto function : {AggregateFunction::kSum, AggregateFunction::kAvg, AggregateFunction::kMin,
                              AggregateFunction::kMax, AggregateFunction::kVariance, AggregateFunction::kTopK,
                              AggregateFunction::kApproxQuantile, AggregateFunction::kEwma}) {
    EXPECT_EQ(Ask(function, kFloats, nothing).state, CellState::kNull);
  }
  for (const auto function :
       {AggregateFunction::kCount, AggregateFunction::kDistinct, AggregateFunction::kApproxDistinct}) {
    const Cell count = Ask(function, {}, nothing);
    EXPECT_EQ(count.state, CellState::kValue);
    EXPECT_EQ(count.word, 0U);
  }
}

TEST(AggregateState, PassesOverNanInExtremesUnlessThereIsNothingElse) {
  const SlotForm least{SlotKind::kFloatMin, data::TypeKind::kFloat64};
  const SlotForm most{SlotKind::kFloatMax, data::TypeKind::kFloat64};
  EXPECT_EQ(FloatOf(AggregateFunction::kMin, least, StateOf(least, Words({kNan, 2, 1, kNan}))), 1);
  EXPECT_EQ(FloatOf(AggregateFunction::kMax, most, StateOf(most, Words({kNan, 2, 1, kNan}))), 2);
  const double only_nan = FloatOf(AggregateFunction::kMax, most, StateOf(most, Words({kNan})));
  EXPECT_NE(only_nan, only_nan);
}

TEST(AggregateState, MergesToTheSameBits) {
  const std::vector<double> values = {1e300, 0.1, -1e300, 0.2, 0.7, 0.2};
  const std::vector<uint64_t> times = {0, 5, 9, 14, 21, 22};
  const struct {
    AggregateFunction function;
    SlotKind kind;
  } cases[] = {
      {AggregateFunction::kSum, SlotKind::kFloatSum},      {AggregateFunction::kStdDev, SlotKind::kMoments},
      {AggregateFunction::kMin, SlotKind::kFloatMin},      {AggregateFunction::kMax, SlotKind::kFloatMax},
      {AggregateFunction::kDistinct, SlotKind::kDistinct}, {AggregateFunction::kApproxQuantile, SlotKind::kQuantiles},
      {AggregateFunction::kEwma, SlotKind::kTiles}};
  const Question question{.quantile = 0.4, .at = 30};
  for (const auto& c : cases) {
    const SlotForm form{c.kind, data::TypeKind::kFloat64, 10};
    const uint64_t whole = Ask(c.function, form, StateOf(form, Words(values), times), question).word;
    for (ptrdiff_t cut = 0; cut <= 6; ++cut) {
      PartialAggregate left = StateOf(form, Words({values.begin(), values.begin() + cut}), times);
      Merge(form, StateOf(form, Words({values.begin() + cut, values.end()}), {times.begin() + cut, times.end()}),
            &left);
      EXPECT_EQ(Ask(c.function, form, left, question).word, whole) << expr::AggregateName(c.function) << " " << cut;
    }
  }
}

TEST(AggregateState, TakesRowsOutAgain) {
  const std::vector<uint64_t> words = Words({1e300, 1, kNan, 2.5});
  PartialAggregate state = StateOf(kFloats, words);
  const std::vector<uint16_t> gone = {0, 2};
  RemoveRows(kFloats, {words.data(), nullptr, {}, {}}, {gone.data(), 0, 2}, &state);
  EXPECT_EQ(FloatOf(AggregateFunction::kSum, kFloats, state), 3.5);
  EXPECT_EQ(FloatOf(AggregateFunction::kAvg, kFloats, state), 1.75);
  const SlotForm moments{SlotKind::kMoments, data::TypeKind::kFloat64};
  state = StateOf(moments, words);
  RemoveRows(moments, {words.data(), nullptr, {}, {}}, {gone.data(), 0, 2}, &state);
  EXPECT_EQ(FloatOf(AggregateFunction::kVariance, moments, state), 1.125);
}

TEST(AggregateState, SaysWhenASumLeavesInt64) {
  const SlotForm form{SlotKind::kIntSum, data::TypeKind::kInt64};
  const PartialAggregate state = StateOf(form, {static_cast<uint64_t>(kMost), 1});
  EXPECT_EQ(Ask(AggregateFunction::kSum, form, state).state, CellState::kError);
  EXPECT_EQ(FloatOf(AggregateFunction::kAvg, form, state), 4611686018427387904.0);
}

TEST(AggregateState, CountsOnlyRowsWhoseFlagsAreSet) {
  const std::vector<uint64_t> flags = {0b01, 0b11, 0b10, 0b11}, others = {4, 4, 4, 0};
  PartialAggregate state;
  AddRows({}, {nullptr, nullptr, {flags.data(), nullptr}, {0b11, 0}}, {nullptr, 0, 4}, &state);
  EXPECT_EQ(state.count, 2);
  Reset({}, &state);
  AddRows({}, {nullptr, nullptr, {flags.data(), others.data()}, {0b11, 4}}, {nullptr, 0, 4}, &state);
  EXPECT_EQ(state.count, 1);
}

TEST(AggregateState, OrdersTextByBytes) {
  const std::string a = "N10", b = "N2", c = "n1";
  const std::vector<uint64_t> words = {reinterpret_cast<uint64_t>(&b), reinterpret_cast<uint64_t>(&a),
                                       reinterpret_cast<uint64_t>(&c)};
  const SlotForm least{SlotKind::kBytesMin, data::TypeKind::kString},
      most{SlotKind::kBytesMax, data::TypeKind::kString};
  EXPECT_EQ(Ask(AggregateFunction::kMin, least, StateOf(least, words)).word, words[1]);
  EXPECT_EQ(Ask(AggregateFunction::kMax, most, StateOf(most, words)).word, words[2]);
}

TEST(AggregateState, EstimatesDistinctBeyondTheLimitWhicheverWayValuesCame) {
  const SlotForm form{SlotKind::kApproxDistinct, data::TypeKind::kInt64};
  std::vector<uint64_t> words;
  for (uint64_t i = 0; i < 256; ++i) words.push_back(i * 7);
  EXPECT_EQ(Ask(AggregateFunction::kApproxDistinct, form, StateOf(form, words)).word, 256U);
  for (uint64_t i = 0; i < 2000; ++i) words.push_back(i * 11);
  const uint64_t whole = Ask(AggregateFunction::kApproxDistinct, form, StateOf(form, words)).word;
  EXPECT_NEAR(static_cast<double>(whole), 2256 - 24, 200);
  for (const ptrdiff_t cut : {0, 1, 255, 256, 257, 400, 2256}) {
    PartialAggregate left = StateOf(form, {words.begin(), words.begin() + cut});
    Merge(form, StateOf(form, {words.begin() + cut, words.end()}), &left);
    EXPECT_EQ(Ask(AggregateFunction::kApproxDistinct, form, left).word, whole) << cut;
  }
}

TEST(AggregateState, GivesUpFrequenciesBeyondTheLimit) {
  const SlotForm form{SlotKind::kFrequencies, data::TypeKind::kInt64};
  const Question question{.type = data::Type::List(data::TypeKind::kInt64), .n = 2};
  std::vector<uint64_t> words;
  for (uint64_t i = 0; i < 65536; ++i) words.push_back(i);
  words.push_back(9);
  const Cell cell = Ask(AggregateFunction::kTopK, form, StateOf(form, words), question);
  const data::ListView list(question.type, BytesOfWord(cell.word));
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list.At(0).AsInt(), 9);
  EXPECT_EQ(list.At(1).AsInt(), 0);
  words.push_back(70000);
  EXPECT_EQ(Ask(AggregateFunction::kTopK, form, StateOf(form, words), question).state, CellState::kError);
}

TEST(AggregateState, KeepsTilesOfOneIndexOnly) {
  const SlotForm form{SlotKind::kTiles, data::TypeKind::kFloat64, 10};
  PartialAggregate state = StateOf(form, Words({1, 2}), {11, 19});
  Limit(form, &state);
  EXPECT_TRUE(state.is_kept);
  const std::vector<uint64_t> words = Words({3}), times = {20};
  AddRows(form, {words.data(), times.data(), {}, {}}, {nullptr, 0, 1}, &state);
  Limit(form, &state);
  EXPECT_FALSE(state.is_kept);
  EXPECT_EQ(state.count, 3);
}

TEST(AggregateState, WeighsByHalves) {
  const SlotForm form{SlotKind::kTiles, data::TypeKind::kFloat64, 10};
  // Ages 10 and 20 half of one another: (8 · ½ + 2 · ¼) / (½ + ¼)
  const PartialAggregate state = StateOf(form, Words({2, 8}), {0, 10});
  EXPECT_DOUBLE_EQ(FloatOf(AggregateFunction::kEwma, form, state, {.at = 20}), 6.0);
  EXPECT_EQ(Ask(AggregateFunction::kEwma, form, state, {.at = 10 * 200}).state, CellState::kNull);
}

}  // namespace
}  // namespace plumb::engine
