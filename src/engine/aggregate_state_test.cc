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

PartialAggregate StateOf(SlotKind kind, const std::vector<uint64_t>& words) {
  PartialAggregate state;
  AddRows(kind, {words.data(), {}, {}}, {nullptr, 0, static_cast<uint32_t>(words.size())}, &state);
  return state;
}

double FloatOf(AggregateFunction function, SlotKind kind, const PartialAggregate& state) {
  const Cell cell = Finish(function, kind, state);
  EXPECT_EQ(cell.state, CellState::kValue);
  return std::bit_cast<double>(cell.word);
}

TEST(AggregateState, ChoosesTheKindByFunctionAndType) {
  EXPECT_EQ(SlotKindOf(AggregateFunction::kSum, data::TypeKind::kFloat64), SlotKind::kFloatSum);
  EXPECT_EQ(SlotKindOf(AggregateFunction::kAvg, data::TypeKind::kBool), SlotKind::kIntSum);
  EXPECT_EQ(SlotKindOf(AggregateFunction::kMin, data::TypeKind::kString), SlotKind::kStringMin);
  EXPECT_EQ(SlotKindOf(AggregateFunction::kMax, data::TypeKind::kTimestamp), SlotKind::kIntMax);
  EXPECT_EQ(SlotKindOf(AggregateFunction::kLast, data::TypeKind::kInt64), SlotKind::kCandidates);
}

TEST(AggregateState, IsNullOfNothingAndCountsToZero) {
  const PartialAggregate nothing;
  for (const auto function :
       {AggregateFunction::kSum, AggregateFunction::kAvg, AggregateFunction::kMin, AggregateFunction::kMax}) {
    EXPECT_EQ(Finish(function, SlotKind::kFloatSum, nothing).state, CellState::kNull);
  }
  const Cell count = Finish(AggregateFunction::kCount, SlotKind::kRows, nothing);
  EXPECT_EQ(count.state, CellState::kValue);
  EXPECT_EQ(count.word, 0U);
}

TEST(AggregateState, PassesOverNanInExtremesUnlessThereIsNothingElse) {
  EXPECT_EQ(
      FloatOf(AggregateFunction::kMin, SlotKind::kFloatMin, StateOf(SlotKind::kFloatMin, Words({kNan, 2, 1, kNan}))),
      1);
  EXPECT_EQ(
      FloatOf(AggregateFunction::kMax, SlotKind::kFloatMax, StateOf(SlotKind::kFloatMax, Words({kNan, 2, 1, kNan}))),
      2);
  const double only_nan =
      FloatOf(AggregateFunction::kMax, SlotKind::kFloatMax, StateOf(SlotKind::kFloatMax, Words({kNan})));
  EXPECT_NE(only_nan, only_nan);
}

TEST(AggregateState, MergesToTheSameBits) {
  const std::vector<double> values = {1e300, 0.1, -1e300, 0.2, 0.7, kNan};
  for (const SlotKind kind : {SlotKind::kFloatSum, SlotKind::kFloatMin, SlotKind::kFloatMax}) {
    for (size_t cut = 0; cut <= 5; ++cut) {
      const std::vector<double> all(values.begin(), values.begin() + 5);
      PartialAggregate left = StateOf(kind, Words({all.begin(), all.begin() + static_cast<ptrdiff_t>(cut)}));
      Merge(kind, StateOf(kind, Words({all.begin() + static_cast<ptrdiff_t>(cut), all.end()})), &left);
      const PartialAggregate whole = StateOf(kind, Words(all));
      for (const auto function : {AggregateFunction::kSum, AggregateFunction::kMin}) {
        if ((function == AggregateFunction::kSum) != (kind == SlotKind::kFloatSum)) continue;
        EXPECT_EQ(Finish(function, kind, left).word, Finish(function, kind, whole).word);
      }
    }
  }
}

TEST(AggregateState, TakesRowsOutAgain) {
  const std::vector<uint64_t> words = Words({1e300, 1, kNan, 2.5});
  PartialAggregate state = StateOf(SlotKind::kFloatSum, words);
  const std::vector<uint16_t> gone = {0, 2};
  RemoveRows(SlotKind::kFloatSum, {words.data(), {}, {}}, {gone.data(), 0, 2}, &state);
  EXPECT_EQ(FloatOf(AggregateFunction::kSum, SlotKind::kFloatSum, state), 3.5);
  EXPECT_EQ(FloatOf(AggregateFunction::kAvg, SlotKind::kFloatSum, state), 1.75);
}

TEST(AggregateState, SaysWhenASumLeavesInt64) {
  const PartialAggregate state = StateOf(SlotKind::kIntSum, {static_cast<uint64_t>(kMost), 1});
  EXPECT_EQ(Finish(AggregateFunction::kSum, SlotKind::kIntSum, state).state, CellState::kError);
  EXPECT_EQ(FloatOf(AggregateFunction::kAvg, SlotKind::kIntSum, state), 4611686018427387904.0);
}

TEST(AggregateState, CountsOnlyRowsWhoseFlagsAreSet) {
  const std::vector<uint64_t> flags = {0b01, 0b11, 0b10, 0b11}, others = {4, 4, 4, 0};
  PartialAggregate state;
  AddRows(SlotKind::kRows, {nullptr, {flags.data(), nullptr}, {0b11, 0}}, {nullptr, 0, 4}, &state);
  EXPECT_EQ(state.count, 2);
  Reset(SlotKind::kRows, &state);
  AddRows(SlotKind::kRows, {nullptr, {flags.data(), others.data()}, {0b11, 4}}, {nullptr, 0, 4}, &state);
  EXPECT_EQ(state.count, 1);
}

TEST(AggregateState, OrdersTextByBytes) {
  const std::string a = "N10", b = "N2", c = "n1";
  const std::vector<uint64_t> words = {reinterpret_cast<uint64_t>(&b), reinterpret_cast<uint64_t>(&a),
                                       reinterpret_cast<uint64_t>(&c)};
  EXPECT_EQ(Finish(AggregateFunction::kMin, SlotKind::kStringMin, StateOf(SlotKind::kStringMin, words)).word, words[1]);
  EXPECT_EQ(Finish(AggregateFunction::kMax, SlotKind::kStringMax, StateOf(SlotKind::kStringMax, words)).word, words[2]);
}

}  // namespace
}  // namespace plumb::engine
