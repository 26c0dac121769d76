#include "engine/entity_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>

#include "base/environment.h"
#include "base/random.h"
#include "engine/window_query.h"

namespace plumb::engine {
namespace {

using expr::AggregateFunction;

struct PlainRow {
  base::Time event_time = 0, known_at = 0, hidden_from = base::kTimeMax;
  const std::string* identity = nullptr;
  int64_t value = 0;
};

// A state and the same rows in a plain list.
class EntityStateTest : public testing::TestWithParam<int> {
 protected:
  EntityStateTest() {
    source_.name = "s";
    source_.event_id = "id";
    layout_ = std::make_unique<TableLayout>(&source_, &entity_);
    for (const auto function : {AggregateFunction::kCount, AggregateFunction::kSum, AggregateFunction::kMin,
                                AggregateFunction::kMax, AggregateFunction::kFirst, AggregateFunction::kLast}) {
      for (const base::Duration length : {base::Duration{0}, base::Duration{7}, base::Duration{40}}) {
        expr::Aggregate aggregate;
        aggregate.function = function;
        aggregate.argument.emplace();
        aggregate.window.lifetime = length == 0;
        aggregate.window.length = {0, length};
        aggregates_.push_back(aggregate);
      }
    }
    std::vector<const expr::Aggregate*> pointers;
    for (const expr::Aggregate& aggregate : aggregates_) pointers.push_back(&aggregate);
    query_ = std::make_unique<WindowQuery>(pointers, layout_.get());
    layout_->Seal();
    state_ = std::make_unique<EntityState>(layout_.get(), GetParam());
  }

  std::vector<uint64_t> WordsOf(const PlainRow& row) const {
    std::vector<uint64_t> words(static_cast<size_t>(layout_->width()));
    words[TableLayout::kEventTime] = static_cast<uint64_t>(row.event_time);
    words[TableLayout::kKnownAt] = static_cast<uint64_t>(row.known_at);
    words[TableLayout::kHiddenFrom] = static_cast<uint64_t>(row.hidden_from);
    words[TableLayout::kIdentity] = reinterpret_cast<uint64_t>(row.identity);
    words[static_cast<size_t>(layout_->value_word(0))] = static_cast<uint64_t>(row.value);
    words[static_cast<size_t>(layout_->flag_word(0))] = 1;
    return words;
  }

  void Insert(base::Time event_time, base::Time known_at, int64_t value) {
    names_.push_back("id" + std::to_string(names_.size()));
    rows_.push_back({event_time, known_at, base::kTimeMax, &names_.back(), value});
    state_->Insert(WordsOf(rows_.back()).data());
  }

  void Check(base::Time t, base::Time cut) {
    std::vector<Cell> cells(query_->size());
    QueryScratch scratch;
    query_->Run(state_.get(), t, cut, &scratch, cells.data());
    for (size_t i = 0; i < aggregates_.size(); ++i) CheckOne(aggregates_[i], t, cut, cells[i]);
    const bool any = std::any_of(rows_.begin(), rows_.end(),
                                 [&](const PlainRow& r) { return r.known_at < cut && cut <= r.hidden_from; });
    EXPECT_EQ(AnyVisible(state_.get(), cut), any);
  }

  void CheckOne(const expr::Aggregate& aggregate, base::Time t, base::Time cut, const Cell& cell) {
    std::vector<PlainRow> used;
    for (const PlainRow& row : rows_) {
      const bool is_inside =
          row.event_time < t && (aggregate.window.lifetime || t - aggregate.window.length.micros <= row.event_time);
      if (is_inside && row.known_at < cut && cut <= row.hidden_from) used.push_back(row);
    }
    if (aggregate.function == AggregateFunction::kCount) {
      ASSERT_EQ(cell.word, used.size());
      return;
    }
    ASSERT_EQ(cell.state == CellState::kNull, used.empty());
    if (used.empty()) return;
    const auto is_before = [](const PlainRow& a, const PlainRow& b) {
      return std::tie(a.event_time, a.known_at, *a.identity) < std::tie(b.event_time, b.known_at, *b.identity);
    };
    const auto is_less = [](const PlainRow& a, const PlainRow& b) { return a.value < b.value; };
    int64_t want = 0;
    switch (aggregate.function) {
      case AggregateFunction::kMin:
        want = std::min_element(used.begin(), used.end(), is_less)->value;
        break;
      case AggregateFunction::kMax:
        want = std::max_element(used.begin(), used.end(), is_less)->value;
        break;
      case AggregateFunction::kFirst:
        want = std::min_element(used.begin(), used.end(), is_before)->value;
        break;
      case AggregateFunction::kLast:
        want = std::max_element(used.begin(), used.end(), is_before)->value;
        break;
      default:
        for (const PlainRow& row : used) want += row.value;
    }
    ASSERT_EQ(static_cast<int64_t>(cell.word), want)
        << expr::AggregateName(aggregate.function) << " at " << t << ", " << cut;
  }

  void CheckMany(base::Random* random, base::Time latest) {
    for (int i = 0; i < 20; ++i) {
      const base::Time t = random->Between(-1, latest + 1);
      Check(t, random->Chance(0.5) ? t : random->Between(-1, latest + 10));
    }
    ASSERT_EQ(state_->rows(), static_cast<int64_t>(rows_.size()));
  }

  features::Source source_;
  features::Entity entity_;
  std::unique_ptr<TableLayout> layout_;
  std::vector<expr::Aggregate> aggregates_;
  std::unique_ptr<WindowQuery> query_;
  std::unique_ptr<EntityState> state_;
  std::deque<std::string> names_;
  std::vector<PlainRow> rows_;
};

INSTANTIATE_TEST_SUITE_P(ChunkRows, EntityStateTest, testing::Values(2, 3, 8, 128));

TEST_P(EntityStateTest, KnowsNothingAtFirst) { Check(10, 10); }

TEST_P(EntityStateTest, AppendsInOrder) {
  base::Random random(1);
  for (base::Time time = 0; time < 600; ++time) Insert(time, time + 2, random.Between(-50, 50));
  CheckMany(&random, 600);
}

TEST_P(EntityStateTest, TakesEventsInAnyOrderHidesAndRemovesThem) {
  const uint64_t seed = base::RandomSeed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  for (int step = 0; step < 900; ++step) {
    const size_t some = rows_.empty() ? 0 : random.Below(rows_.size());
    const uint64_t kind = random.Below(10);
    if (rows_.empty() || kind < 7) {
      const base::Time time = random.Between(0, 200);
      Insert(time, time + random.Between(-5, 30), random.Between(-50, 50));
    } else if (kind < 9) {
      PlainRow& row = rows_[some];
      row.hidden_from = random.Chance(0.2) ? base::kTimeMax : row.known_at + random.Between(1, 20);
      ASSERT_TRUE(state_->SetHiddenFrom(WordsOf(row).data(), row.hidden_from));
    } else {
      ASSERT_TRUE(state_->Remove(WordsOf(rows_[some]).data()));
      rows_.erase(rows_.begin() + static_cast<ptrdiff_t>(some));
    }
    if (step % 50 == 0) CheckMany(&random, 200);
  }
  CheckMany(&random, 200);
  while (!rows_.empty()) {
    ASSERT_TRUE(state_->Remove(WordsOf(rows_.back()).data()));
    rows_.pop_back();
  }
  EXPECT_EQ(state_->root(), nullptr);
}

TEST_P(EntityStateTest, BuildsTheSameFromSortedRows) {
  base::Random random(7);
  for (int i = 0; i < 500; ++i) {
    const base::Time time = random.Between(0, 300);
    Insert(time, time + random.Between(0, 9), i);
    if (i % 10 == 0) rows_.back().hidden_from = rows_.back().known_at + 5;
  }
  std::vector<std::vector<uint64_t>> words;
  for (const PlainRow& row : rows_) words.push_back(WordsOf(row));
  std::sort(words.begin(), words.end(),
            [&](const auto& a, const auto& b) { return layout_->CompareRows(a.data(), b.data()) < 0; });
  std::vector<const uint64_t*> pointers;
  for (const auto& row : words) pointers.push_back(row.data());
  state_->Build(pointers);
  CheckMany(&random, 300);
}

TEST_P(EntityStateTest, DoesNotRemoveWhatIsNotThere) {
  const std::string name = "nobody";
  const PlainRow row{5, 5, base::kTimeMax, &name, 1};
  EXPECT_FALSE(state_->Remove(WordsOf(row).data()));
  Insert(5, 5, 1);
  EXPECT_FALSE(state_->Remove(WordsOf(row).data()));
  EXPECT_FALSE(state_->SetHiddenFrom(WordsOf(row).data(), 9));
}

}  // namespace
}  // namespace plumb::engine
