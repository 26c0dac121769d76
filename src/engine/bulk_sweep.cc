#include "engine/bulk_sweep.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <mutex>

namespace plumb::engine {
namespace {

// More rows than this that a range does not tell, and the tree is faster.
constexpr size_t kExceptionsMax = 2048;
// Rows looked at for the end of a range before the tree is asked.
constexpr uint32_t kStepsMax = 4096;

double NearestSpecial(const FacetSums& sums) {
  const bool is_nan = sums.nans > 0 || (sums.infinities > 0 && sums.negative_infinities > 0);
  if (is_nan) return std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return sums.infinities > 0 ? kInfinity : -kInfinity;
}

Cell DoubleCell(double value) { return {std::bit_cast<uint64_t>(data::CanonicalDouble(value)), CellState::kValue}; }

SlotColumns ColumnsOf(const BulkRows& rows, const RowFilter& filter, int argument) {
  SlotColumns columns;
  if (argument >= 0) columns.values = rows.Values(argument);
  columns.times = reinterpret_cast<const uint64_t*>(rows.times);
  for (int i = 0; i < 2; ++i) {
    columns.flags[i] = filter.flags[i];
    columns.masks[i] = filter.masks[i];
  }
  return columns;
}

}  // namespace

BulkAnswer::BulkAnswer(const BulkQuery& query, size_t example_count) : examples(example_count) {
  for (const BulkQuery::Output& output : query.outputs()) {
    words.emplace_back(example_count);
    states.emplace_back(example_count, CellState::kNull);
    newest.emplace_back(output.newest >= 0 ? example_count : 0, base::kTimeMin);
  }
  is_found.assign(example_count, 0);
}

class EntitySweep {
 public:
  EntitySweep(const BulkQuery& query, const BulkEntity& entity, std::span<const Example> examples,
              const SweepTarget& target, SweepScratch* scratch)
      : query_(query), entity_(entity), rows_(entity.rows_), examples_(examples), target_(target), scratch_(*scratch) {}

  // What facets, positions and folds can answer of examples [begin, end); the others are in scratch.left.
  void Run(size_t begin, size_t end) {
    scratch_.unknown.clear();
    scratch_.visible_hidden.clear();
    scratch_.left.clear();
    scratch_.found.resize(query_.positions().size());
    scratch_.sums.resize(query_.facets().size());
    const bool folds_rest = FoldsRest();
    for (size_t i = begin; i < end; ++i) {
      if (i > begin && examples_[i].cut == examples_[i - 1].cut && examples_[i].time == examples_[i - 1].time) {
        CopyAnswer(i);
      } else if (!AnswerExample(i, folds_rest)) {
        scratch_.left.push_back(i);
      }
    }
  }

  // All of the rest can be folded, and the windows have no more rows than a tree would be made of.
  [[nodiscard]] bool FoldsRest() const {
    constexpr uint32_t kRowsSmall = 64;
    const BulkQuery::Rest& rest = query_.rest();
    if (rest.outputs.empty() || !rest.is_foldable) return false;
    if (rows_.rows <= kRowsSmall) return true;
    uint64_t asked = 0;
    for (const size_t output : rest.outputs) asked += entity_.rows_in_windows_[query_.outputs()[output].window];
    return asked < uint64_t{2} * rows_.rows * rest.outputs.size();
  }

  EntityState RestTree(int chunk_rows) {
    const BulkQuery::Rest& rest = query_.rest();
    return Tree(*rest.layout, &rest.arguments, &rest.conditions, chunk_rows);
  }
  EntityState WholeTree(int chunk_rows) { return Tree(query_.layout(), nullptr, nullptr, chunk_rows); }

  void AnswerRest(const EntityState& state, size_t begin, size_t end) {
    const BulkQuery::Rest& rest = query_.rest();
    scratch_.cells.resize(rest.outputs.size());
    for (size_t i = begin; i < end; ++i) {
      rest.query->Run(&state, examples_[i].time, examples_[i].cut, &scratch_.query, scratch_.cells.data());
      for (size_t j = 0; j < rest.outputs.size(); ++j) PutBytes(rest.outputs[j], i, scratch_.cells[j]);
    }
  }

  void AnswerLeft(const EntityState& state, std::span<const size_t> left) {
    const WindowQuery& query = *query_.call().query;
    scratch_.cells.resize(query_.outputs().size());
    for (const size_t i : left) {
      const base::Time t = examples_[i].time, cut = examples_[i].cut;
      query.Run(&state, t, cut, &scratch_.query, scratch_.cells.data());
      for (size_t j = 0; j < query_.outputs().size(); ++j) {
        PutBytes(j, i, scratch_.cells[j]);
        if (query_.outputs()[j].newest >= 0) {
          target_.answer->newest[j][target_.first + i] = query.NewestEvent(&state, j, t, cut);
        }
      }
      target_.answer->is_found[target_.first + i] = AnyVisible(&state, cut) ? 1 : 0;
    }
  }

 private:
  using Output = BulkQuery::Output;
  using Range = BulkEntity::Range;

  [[nodiscard]] const Range& RangeIn(size_t window, size_t example) const {
    return entity_.ranges_[window * examples_.size() + example];
  }

  void Put(size_t output, size_t example, const Cell& cell) {
    const size_t at = target_.first + example;
    target_.answer->words[output][at] = cell.word;
    target_.answer->states[output][at] = cell.state;
  }

  // Bytes that no event holds are kept with the row.
  void PutBytes(size_t output, size_t example, Cell cell) {
    if (query_.outputs()[output].makes_bytes && cell.state == CellState::kValue) {
      std::string& kept = target_.fetched->bytes[output][examples_[example].row];
      kept = BytesOfWord(cell.word);
      cell.word = reinterpret_cast<uint64_t>(&kept);
    }
    Put(output, example, cell);
  }

  void CopyAnswer(size_t example) {
    if (!scratch_.left.empty() && scratch_.left.back() == example - 1) {
      scratch_.left.push_back(example);
      return;
    }
    BulkAnswer& answer = *target_.answer;
    const size_t to = target_.first + example;
    for (size_t output = 0; output < query_.outputs().size(); ++output) {
      answer.words[output][to] = answer.words[output][to - 1];
      answer.states[output][to] = answer.states[output][to - 1];
      if (!answer.newest[output].empty()) answer.newest[output][to] = answer.newest[output][to - 1];
    }
    answer.is_found[to] = answer.is_found[to - 1];
  }

  // ---- Which rows a range does not tell ----

  [[nodiscard]] bool IsWithinDelay(uint32_t row, base::Time cut) const {
    base::Time earliest = 0;
    if (__builtin_add_overflow(rows_.times[row], entity_.delay_min_, &earliest)) return entity_.delay_min_ < 0;
    return earliest < cut;
  }

  // Brings the lists of rows that are not known yet, and of replaced rows that are visible, to the cut. False: there
  // are too many.
  bool Advance(base::Time cut) {
    if (gave_up_) return false;
    std::vector<uint32_t>& unknown = scratch_.unknown;
    if (!unknown.empty() && next_known_ < cut) {
      next_known_ = base::kTimeMax;
      size_t kept = 0;
      for (const uint32_t row : unknown) {
        const base::Time known_at = rows_.KnownAt(row);
        if (known_at < cut) continue;
        next_known_ = std::min(next_known_, known_at);
        unknown[kept++] = row;
      }
      unknown.resize(kept);
    }
    for (; frontier_ < rows_.rows && IsWithinDelay(frontier_, cut); ++frontier_) {
      const base::Time known_at = rows_.KnownAt(frontier_);
      if (known_at < cut || !rows_.IsClean(frontier_)) continue;
      next_known_ = std::min(next_known_, known_at);
      unknown.push_back(frontier_);
      if (unknown.size() > kExceptionsMax) gave_up_ = true;
      if (gave_up_) return false;
    }
    return AdvanceHidden(cut);
  }

  bool AdvanceHidden(base::Time cut) {
    std::vector<uint32_t>& visible = scratch_.visible_hidden;
    std::erase_if(visible, [&](uint32_t row) { return rows_.hidden_from[row] < cut; });
    const std::vector<uint32_t>& hidden = entity_.hidden_rows_;
    for (; next_hidden_ < hidden.size() && rows_.KnownAt(hidden[next_hidden_]) < cut; ++next_hidden_) {
      if (rows_.IsVisible(hidden[next_hidden_], cut)) visible.push_back(hidden[next_hidden_]);
    }
    gave_up_ = visible.size() > kExceptionsMax;
    return !gave_up_;
  }

  [[nodiscard]] bool HasExceptions() const { return !scratch_.unknown.empty() || !scratch_.visible_hidden.empty(); }

  // The rows of the range that are in a list. `unknown` is in order of rows.
  template <typename Visit>
  void ForEachUnknown(const Range& range, Visit visit) const {
    const auto& unknown = scratch_.unknown;
    auto at = std::lower_bound(unknown.begin(), unknown.end(), range.low);
    for (; at != unknown.end() && *at < range.high; ++at) visit(*at);
  }
  template <typename Visit>
  void ForEachVisibleHidden(const Range& range, Visit visit) const {
    for (const uint32_t row : scratch_.visible_hidden) {
      if (row >= range.low && row < range.high) visit(row);
    }
  }

  // ---- One example ----

  // False: the tree must answer.
  bool AnswerExample(size_t example, bool folds_rest) {
    const base::Time cut = examples_[example].cut;
    if (!entity_.is_plain_ && !Advance(cut)) return false;
    for (SweepScratch::Sums& sums : scratch_.sums) sums.is_valid = false;
    for (size_t position = 0; position < query_.positions().size(); ++position) {
      if (!Find(position, example)) return false;
    }
    const auto& outputs = query_.outputs();
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].way == BulkQuery::Way::kFacet) {
        Put(i, example,
            entity_.has_facet_[outputs[i].facet] != 0 ? OfFacet(outputs[i], example) : Fold(outputs[i], example));
      } else if (outputs[i].way == BulkQuery::Way::kPosition) {
        Put(i, example, OfPosition(outputs[i]));
      } else if (folds_rest) {
        PutBytes(i, example, Fold(outputs[i], example));
      }
      if (outputs[i].newest >= 0) {
        const int64_t row = scratch_.found[static_cast<size_t>(outputs[i].newest)].row;
        target_.answer->newest[i][target_.first + example] = row < 0 ? base::kTimeMin : rows_.times[row];
      }
    }
    const bool is_found = entity_.clean_known_min_ < cut || !scratch_.visible_hidden.empty();
    target_.answer->is_found[target_.first + example] = is_found ? 1 : 0;
    return true;
  }

  // ---- Facets ----

  Cell OfFacet(const Output& output, size_t example) {
    const BulkFacet& facet = entity_.facets_[output.facet];
    const Range& range = RangeIn(output.window, example);
    SweepScratch::Sums& sums = scratch_.sums[output.facet];
    if (!sums.is_valid || sums.window != output.window) {
      sums.window = output.window;
      sums.is_valid = true;
      LookUp(facet, query_.facets()[output.facet].needs.sums, range, &sums);
    }
    if (sums.count == 0) return Finish(output.question, output.form, PartialAggregate(), nullptr);
    switch (output.form.kind) {
      case SlotKind::kFloatSum:
      case SlotKind::kIntMoments:
      case SlotKind::kMoments:
        return OfNumbers(output, facet, sums);
      case SlotKind::kIntMin:
      case SlotKind::kFloatMin:
        return OfExtreme(output, facet, range, true);
      case SlotKind::kIntMax:
      case SlotKind::kFloatMax:
        return OfExtreme(output, facet, range, false);
      case SlotKind::kIntSum:
        return OfIntegers(output, example, sums);
      default:
        return {sums.count, CellState::kValue};
    }
  }

  void LookUp(const BulkFacet& facet, bool has_sums, const Range& range, SweepScratch::Sums* sums) const {
    sums->count = facet.Count(range.low, range.high);
    if (has_sums) facet.Sums(range.low, range.high, &sums->sums);
    if (!HasExceptions()) return;
    const RowFilter& filter = facet.filter();
    ForEachUnknown(range, [&](uint32_t row) {
      if (!filter.Takes(row)) return;
      --sums->count;
      if (has_sums) facet.Change(row, true, &sums->sums);
    });
    ForEachVisibleHidden(range, [&](uint32_t row) {
      if (!filter.Takes(row)) return;
      ++sums->count;
      if (has_sums) facet.Change(row, false, &sums->sums);
    });
  }

  static Cell OfNumbers(const Output& output, const BulkFacet& facet, const SweepScratch::Sums& sums) {
    const FacetSums& s = sums.sums;
    using expr::AggregateFunction;
    switch (output.question.function) {
      case AggregateFunction::kSum:
        return DoubleCell(s.IsFinite() ? RoundFixed(s.sum, facet.unit()) : NearestSpecial(s));
      case AggregateFunction::kAvg:
        return DoubleCell(s.IsFinite() ? MeanOfFixed(s.sum, facet.unit(), sums.count) : NearestSpecial(s));
      default:
        break;
    }
    if (sums.count < 2) return {};
    if (!s.IsFinite()) return DoubleCell(std::numeric_limits<double>::quiet_NaN());
    const bool is_variance = output.question.function == AggregateFunction::kVariance;
    return DoubleCell(is_variance ? VarianceOfFixed(s.sum, s.squares, facet.unit(), sums.count)
                                  : DeviationOfFixed(s.sum, s.squares, facet.unit(), sums.count));
  }

  Cell OfIntegers(const Output& output, size_t example, const SweepScratch::Sums& sums) {
    static_assert(sizeof(stats::ExactIntSum) == sizeof(__int128));
    PartialAggregate& partial = scratch_.partial;
    partial.count = sums.count;
    const auto sum = static_cast<__int128>((Uint128{sums.sums.sum.limbs[1]} << 64) | sums.sums.sum.limbs[0]);
    partial.int_sum = std::bit_cast<stats::ExactIntSum>(sum);
    const Cell cell = Finish(output.question, output.form, partial, &scratch_.bytes);
    if (!output.makes_bytes || cell.state != CellState::kValue) return cell;
    std::string& kept = target_.fetched->bytes[IndexOf(output)][examples_[example].row];
    kept = scratch_.bytes;
    return {reinterpret_cast<uint64_t>(&kept), CellState::kValue};
  }

  [[nodiscard]] size_t IndexOf(const Output& output) const {
    return static_cast<size_t>(&output - query_.outputs().data());
  }

  Cell OfExtreme(const Output& output, const BulkFacet& facet, const Range& range, bool is_minimum) const {
    const auto most_of = [&](uint32_t low, uint32_t high) {
      return is_minimum ? facet.Minimum(low, high) : facet.Maximum(low, high);
    };
    int64_t most = most_of(range.low, range.high);
    bool is_known = true;
    ForEachUnknown(range, [&](uint32_t row) {
      if (facet.filter().Takes(row) && facet.OrderedOf(row, is_minimum) == most) is_known = false;
    });
    if (!is_known) {  // between the rows that are not known
      most = RangeMax::kNone;
      uint32_t low = range.low;
      ForEachUnknown(range, [&](uint32_t row) {
        most = std::max(most, most_of(low, row));
        low = row + 1;
      });
      most = std::max(most, most_of(low, range.high));
    }
    ForEachVisibleHidden(range, [&](uint32_t row) {
      if (facet.filter().Takes(row)) most = std::max(most, facet.OrderedOf(row, is_minimum));
    });
    const bool is_double = output.form.kind == SlotKind::kFloatMin || output.form.kind == SlotKind::kFloatMax;
    if (is_double && most == RangeMax::kNone) return DoubleCell(std::numeric_limits<double>::quiet_NaN());
    const int64_t ordered = is_minimum ? ~most : most;
    return {is_double ? DoubleOfOrdered(ordered) : static_cast<uint64_t>(ordered), CellState::kValue};
  }

  // ---- Folds ----

  Cell Fold(const Output& output, size_t example) {
    Range range = RangeIn(output.window, example);
    Question question = output.question;
    if (output.form.kind == SlotKind::kTiles) {
      const TimeRange times = RangeOf(query_.windows()[output.window], examples_[example].time);
      question.at = times.high;
      const base::Time first = FirstTileTime(times.high, output.form.half_life);
      range.low = std::max(range.low, SeekTime(rows_.times, rows_.rows, range.low, first));
    }
    PartialAggregate* partial = &scratch_.partial;
    Reset(output.form, partial);
    const RowFilter filter = FilterOf(query_.layout(), rows_, output.argument, output.condition);
    const SlotColumns columns = ColumnsOf(rows_, filter, output.argument);
    if (entity_.is_plain_) {
      if (range.low < range.high) AddRows(output.form, columns, {nullptr, range.low, range.high}, partial);
    } else {
      FoldVisible(output.form, columns, range, examples_[example].cut, partial);
    }
    return Finish(question, output.form, *partial, &scratch_.bytes);
  }

  void FoldVisible(const SlotForm& form, const SlotColumns& columns, const Range& range, base::Time cut,
                   PartialAggregate* partial) const {
    uint32_t row = range.low;
    while (row < range.high) {
      while (row < range.high && !rows_.IsVisible(row, cut)) ++row;
      const uint32_t begin = row;
      while (row < range.high && rows_.IsVisible(row, cut)) ++row;
      if (begin < row) AddRows(form, columns, {nullptr, begin, row}, partial);
    }
  }

  // ---- Positions ----

  bool Find(size_t position, size_t example) {
    const BulkQuery::Position& wanted = query_.positions()[position];
    const Range& range = RangeIn(wanted.window, example);
    SweepScratch::Found& found = scratch_.found[position];
    const bool is_known = wanted.is_last ? FindLast(position, range, examples_[example].cut, &found.row)
                                         : FindFirst(position, range, examples_[example].cut, &found.row);
    if (!is_known) return false;
    if (found.row >= 0) FindTies(&found);
    return true;
  }

  // False: too many rows stand before it.
  bool FindLast(size_t position, const Range& range, base::Time cut, int64_t* found) const {
    *found = -1;
    const std::vector<uint32_t>& counts = entity_.candidates_[position];
    const RowFilter filter = FilterOf(query_.layout(), rows_, -1, query_.positions()[position].condition);
    uint32_t end = range.high;
    for (uint32_t step = 0; end > range.low; ++step) {
      if (step == kStepsMax) return false;
      if (!counts.empty()) {
        if (counts[end] == counts[range.low]) return true;
        const auto from = counts.begin() + range.low;
        end = static_cast<uint32_t>(std::lower_bound(from, counts.begin() + end, counts[end]) - counts.begin());
      }
      const uint32_t row = end - 1;
      if ((entity_.is_plain_ || rows_.IsVisible(row, cut)) && filter.Takes(row)) {
        *found = row;
        return true;
      }
      end = row;
    }
    return true;
  }

  bool FindFirst(size_t position, const Range& range, base::Time cut, int64_t* found) const {
    *found = -1;
    const std::vector<uint32_t>& counts = entity_.candidates_[position];
    const RowFilter filter = FilterOf(query_.layout(), rows_, -1, query_.positions()[position].condition);
    uint32_t row = range.low;
    for (uint32_t step = 0; row < range.high; ++step, ++row) {
      if (step == kStepsMax) return false;
      if (!counts.empty()) {
        if (counts[row] == counts[range.high]) return true;
        // The row before the first prefix that has more.
        const auto after = std::upper_bound(counts.begin() + row, counts.begin() + range.high + 1, counts[row]);
        row = static_cast<uint32_t>(after - counts.begin()) - 1;
      }
      if ((entity_.is_plain_ || rows_.IsVisible(row, cut)) && filter.Takes(row)) {
        *found = row;
        return true;
      }
    }
    return true;
  }

  void FindTies(SweepScratch::Found* found) const {
    const auto row = static_cast<uint32_t>(found->row);
    found->tie_begin = row;
    found->tie_end = row + 1;
    if (query_.layout().has_identity()) return;
    const auto ties = [&](uint32_t other) {
      return rows_.times[other] == rows_.times[row] && rows_.KnownAt(other) == rows_.KnownAt(row);
    };
    while (found->tie_begin > 0 && ties(found->tie_begin - 1)) --found->tie_begin;
    while (found->tie_end < rows_.rows && ties(found->tie_end)) ++found->tie_end;
  }

  Cell OfPosition(const Output& output) const {
    const SweepScratch::Found& found = scratch_.found[output.position];
    if (found.row < 0) return {};
    const RowFilter has_value = FilterOf(query_.layout(), rows_, output.argument, -1);
    const uint64_t* values = rows_.Values(output.argument);
    const auto cell_at = [&](uint32_t row) {
      return has_value.Takes(row) ? Cell{values[row], CellState::kValue} : Cell{};
    };
    Cell best = cell_at(static_cast<uint32_t>(found.row));
    if (found.tie_end - found.tie_begin == 1) return best;
    const BulkQuery::Position& position = query_.positions()[output.position];
    const RowFilter passes = FilterOf(query_.layout(), rows_, -1, position.condition);
    const data::Type type = query_.layout().arguments()[static_cast<size_t>(output.argument)].scalar->type();
    for (uint32_t row = found.tie_begin; row < found.tie_end; ++row) {
      if (!passes.Takes(row)) continue;
      const Cell cell = cell_at(row);
      const int order = CompareCells(type, cell, best);
      if (position.is_last ? order > 0 : order < 0) best = cell;
    }
    return best;
  }

  // Null comes first.
  static int CompareCells(data::Type type, const Cell& a, const Cell& b) {
    const bool has_a = a.state == CellState::kValue, has_b = b.state == CellState::kValue;
    if (!has_a || !has_b) return static_cast<int>(has_a) - static_cast<int>(has_b);
    return CompareWords(type, a.word, b.word);
  }

  // ---- Trees ----

  // The state of the entity under another layout, whose arguments and conditions are those of the table that are named.
  EntityState Tree(const TableLayout& layout, const std::vector<int>* arguments, const std::vector<int>* conditions,
                   int chunk_rows) {
    const auto width = static_cast<size_t>(layout.width());
    std::vector<uint64_t>& words = scratch_.tree_words;
    words.assign(rows_.rows * width, 0);
    for (uint32_t row = 0; row < rows_.rows; ++row) {
      uint64_t* out = words.data() + row * width;
      out[TableLayout::kEventTime] = static_cast<uint64_t>(rows_.times[row]);
      out[TableLayout::kKnownAt] = static_cast<uint64_t>(rows_.KnownAt(row));
      if (!layout.has_identity()) continue;
      out[TableLayout::kHiddenFrom] =
          static_cast<uint64_t>(rows_.hidden_from == nullptr ? base::kTimeMax : rows_.hidden_from[row]);
    }
    const auto set_flag = [&](int flag, const RowFilter& filter) {
      const auto word = static_cast<size_t>(layout.flag_word(flag));
      for (uint32_t row = 0; row < rows_.rows; ++row) {
        if (filter.Takes(row)) words[row * width + word] |= TableLayout::FlagMask(flag);
      }
    };
    for (int i = 0; i < static_cast<int>(layout.arguments().size()); ++i) {
      const int argument = arguments == nullptr ? i : (*arguments)[static_cast<size_t>(i)];
      const uint64_t* values = rows_.Values(argument);
      const auto word = static_cast<size_t>(layout.value_word(i));
      for (uint32_t row = 0; row < rows_.rows; ++row) words[row * width + word] = values[row];
      set_flag(layout.argument_flag(i), FilterOf(query_.layout(), rows_, argument, -1));
    }
    for (int i = 0; i < static_cast<int>(layout.conditions().size()); ++i) {
      const int condition = conditions == nullptr ? i : (*conditions)[static_cast<size_t>(i)];
      set_flag(layout.condition_flag(i), FilterOf(query_.layout(), rows_, -1, condition));
    }
    scratch_.tree_rows.clear();
    for (uint32_t row = 0; row < rows_.rows; ++row) scratch_.tree_rows.push_back(words.data() + row * width);
    EntityState state(&layout, chunk_rows);
    state.Build(scratch_.tree_rows);
    return state;
  }

  const BulkQuery& query_;
  const BulkEntity& entity_;
  const BulkRows& rows_;
  std::span<const Example> examples_;
  const SweepTarget& target_;
  SweepScratch& scratch_;
  uint32_t frontier_ = 0;                   // rows before it were known at some cut, or are in `unknown`
  size_t next_hidden_ = 0;                  // in hidden_rows_
  base::Time next_known_ = base::kTimeMax;  // of scratch_.unknown
  bool gave_up_ = false;
};

namespace {

// Ranges of a sweep that share the entity but nothing else.
void SweepInParallel(const BulkQuery& query, const BulkEntity& entity, int chunk_rows,
                     std::span<const Example> examples, const SweepTarget& target, base::Executor& executor) {
  const size_t parts = 4 * (executor.threads() + 1), grain = (examples.size() + parts - 1) / parts;
  std::mutex mutex;  // guards left
  std::vector<size_t> left;
  executor.ParallelFor(examples.size(), grain, [&](size_t begin, size_t end) {
    SweepScratch scratch;
    EntitySweep(query, entity, examples, target, &scratch).Run(begin, end);
    const std::lock_guard lock(mutex);
    left.insert(left.end(), scratch.left.begin(), scratch.left.end());
  });
  SweepScratch scratch;
  EntitySweep sweep(query, entity, examples, target, &scratch);
  if (!query.rest().outputs.empty() && !sweep.FoldsRest()) {
    const EntityState state = sweep.RestTree(chunk_rows);
    executor.ParallelFor(examples.size(), grain, [&](size_t begin, size_t end) {
      SweepScratch own;
      EntitySweep(query, entity, examples, target, &own).AnswerRest(state, begin, end);
    });
  }
  if (left.empty()) return;
  const EntityState state = sweep.WholeTree(chunk_rows);
  executor.ParallelFor(left.size(), (left.size() + parts - 1) / parts, [&](size_t begin, size_t end) {
    SweepScratch own;
    EntitySweep(query, entity, examples, target, &own).AnswerLeft(state, std::span(left).subspan(begin, end - begin));
  });
}

}  // namespace

void Sweep(const BulkQuery& query, const BulkEntity& entity, int chunk_rows, std::span<const Example> examples,
           const SweepTarget& target, SweepScratch* scratch, base::Executor* executor) {
  if (executor != nullptr) return SweepInParallel(query, entity, chunk_rows, examples, target, *executor);
  EntitySweep sweep(query, entity, examples, target, scratch);
  sweep.Run(0, examples.size());
  if (!query.rest().outputs.empty() && !sweep.FoldsRest()) {
    sweep.AnswerRest(sweep.RestTree(chunk_rows), 0, examples.size());
  }
  if (!scratch->left.empty()) sweep.AnswerLeft(sweep.WholeTree(chunk_rows), scratch->left);
}

void AnswerNothing(const BulkQuery& query, std::span<const Example> examples, const SweepTarget& target,
                   SweepScratch* scratch) {
  scratch->cells.resize(query.outputs().size());
  query.call().query->Run(nullptr, 0, 0, &scratch->query, scratch->cells.data());
  for (size_t output = 0; output < query.outputs().size(); ++output) {
    for (size_t i = 0; i < examples.size(); ++i) {
      target.answer->words[output][target.first + i] = scratch->cells[output].word;
      target.answer->states[output][target.first + i] = scratch->cells[output].state;
    }
  }
}

}  // namespace plumb::engine
