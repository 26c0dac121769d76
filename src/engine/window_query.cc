#include "engine/window_query.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace plumb::engine {
namespace {

bool IsFirstOrLast(expr::AggregateFunction function) {
  return function == expr::AggregateFunction::kFirst || function == expr::AggregateFunction::kLast;
}

// When the day, week or month that holds `at` began.
base::Time StartOf(const expr::Window& window, base::Time at) {
  static const base::Zone& utc = *base::FindZone("UTC").value();
  const base::Zone& zone = window.zone == nullptr ? utc : *window.zone;
  switch (window.to_date) {
    case expr::ToDate::kDay:
      return base::StartOfDay(at, zone);
    case expr::ToDate::kWeek:
      return base::StartOfWeek(at, zone);
    default:
      return base::StartOfMonth(at, zone);
  }
}

}  // namespace

TimeRange RangeOf(const expr::Window& window, base::Time t) {
  const base::Time at = base::Move(t, window.offset, window.ahead ? 1 : -1);
  if (window.lifetime) return {base::kTimeMin, at};
  if (window.to_date != expr::ToDate::kNone) return {StartOf(window, at), at};
  if (window.ahead) return {at, base::Move(at, window.length, 1)};
  return {base::Move(at, window.length, -1), at};
}

WindowQuery::WindowQuery(const std::vector<const expr::Aggregate*>& aggregates, TableLayout* layout) : layout_(layout) {
  for (const expr::Aggregate* aggregate : aggregates) AddOutput(*aggregate, layout);
  BuildNests();
}

void WindowQuery::AddOutput(const expr::Aggregate& aggregate, TableLayout* layout) {
  Output output;
  output.function = aggregate.function;
  output.type = aggregate.type;
  output.n = aggregate.n;
  output.quantile = aggregate.quantile;
  output.half_life = aggregate.half_life;
  output.window = WindowIndex(aggregate.window);
  output.is_positional = IsFirstOrLast(aggregate.function) || aggregate.window.last > 0;
  const int condition = aggregate.where ? layout->AddCondition(*aggregate.where) : -1;
  const Slot candidates{SlotKind::kCandidates, -1, condition, 0};
  Slot slot{SlotKind::kRows, -1, condition, 0};
  if (aggregate.argument) {
    output.argument = layout->AddArgument(*aggregate.argument);
    const SlotKind kind = SlotKindOf(aggregate.function, aggregate.argument->type());
    slot = kind == SlotKind::kCandidates ? candidates : Slot{kind, output.argument, condition, aggregate.half_life};
  }
  output.slot = layout->AddSlot(slot);
  if (output.is_positional || aggregate.window.lifetime) output.candidates = layout->AddSlot(candidates);
  if (output.is_positional) {
    positional_.push_back(outputs_.size());
  } else if (aggregate.function == expr::AggregateFunction::kEwma) {
    tiled_.push_back(outputs_.size());
  }
  outputs_.push_back(output);
}

size_t WindowQuery::WindowIndex(const expr::Window& window) {
  const auto found = std::find(windows_.begin(), windows_.end(), window);
  if (found != windows_.end()) return static_cast<size_t>(found - windows_.begin());
  windows_.push_back(window);
  return windows_.size() - 1;
}

// Windows of one chain start at the same instant and are ordered by length for every t. Calendar months are comparable
// among themselves only.
int WindowQuery::Chain(size_t window) const {
  const expr::Window& w = windows_[window];
  if (w.to_date != expr::ToDate::kNone) return static_cast<int>(window);
  const bool is_plain = w.lifetime || w.length.months == 0;
  const bool is_calendar = !is_plain && w.length.micros == 0;
  for (size_t other = 0; other < window; ++other) {
    const expr::Window& o = windows_[other];
    if (o.ahead != w.ahead || !(o.offset == w.offset) || o.to_date != expr::ToDate::kNone || o.last > 0) continue;
    const bool other_is_plain = o.lifetime || o.length.months == 0;
    if (is_plain && other_is_plain) return static_cast<int>(other);
    if (is_calendar && !other_is_plain && o.length.micros == 0) return static_cast<int>(other);
  }
  return static_cast<int>(window);
}

void WindowQuery::BuildNests() {
  const auto is_shorter = [this](size_t a, size_t b) {
    const expr::Window &x = windows_[a], &y = windows_[b];
    return std::tuple(x.lifetime, x.length.months, x.length.micros) <
           std::tuple(y.lifetime, y.length.months, y.length.micros);
  };
  std::map<std::pair<int, int>, std::vector<size_t>> outputs_of;  // (chain, slot) → outputs
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (outputs_[i].is_positional || outputs_[i].function == expr::AggregateFunction::kEwma) continue;
    outputs_of[{Chain(outputs_[i].window), outputs_[i].slot}].push_back(i);
  }
  std::map<std::pair<int, std::vector<size_t>>, size_t> nest_of;
  for (auto& [key, outputs] : outputs_of) {
    std::vector<size_t> windows;
    for (const size_t output : outputs) windows.push_back(outputs_[output].window);
    std::sort(windows.begin(), windows.end(), is_shorter);
    windows.erase(std::unique(windows.begin(), windows.end()), windows.end());
    const auto [found, is_new] = nest_of.emplace(std::pair(key.first, windows), nests_.size());
    if (is_new) nests_.push_back({windows_[windows.front()].ahead, windows, {}});
    SlotAnswers answers{key.second, {}};
    for (size_t segment = 0; segment < windows.size(); ++segment) {
      for (const size_t output : outputs) {
        if (outputs_[output].window == windows[segment]) answers.answers.push_back({segment, output});
      }
    }
    nests_[found->second].slots.push_back(std::move(answers));
  }
}

void WindowQuery::CoverLeaf(const StateNode& leaf, const TimeRange& range, base::Time cut,
                            QueryScratch* scratch) const {
  Piece piece;
  piece.node = &leaf;
  piece.begin = leaf.min_time >= range.low ? 0 : LowerBound(leaf, range.low);
  piece.end = leaf.max_time < range.high ? static_cast<uint32_t>(leaf.rows) : LowerBound(leaf, range.high);
  piece.is_settled = !leaf.has_hidden && leaf.settled_after < cut;
  if (!piece.is_settled) {
    const bool has_identity = layout_->has_identity();
    piece.is_selection = true;
    piece.selection = scratch->selections.size();
    for (uint32_t row = piece.begin; row < piece.end; ++row) {
      if (IsVisible(leaf, row, has_identity, cut)) scratch->selections.push_back(static_cast<uint16_t>(row));
    }
    piece.begin = 0;
    piece.end = static_cast<uint32_t>(scratch->selections.size() - piece.selection);
  }
  if (piece.begin < piece.end) scratch->pieces.push_back(piece);
}

void WindowQuery::Cover(const StateNode& node, const TimeRange& range, base::Time cut, QueryScratch* scratch) const {
  if (node.max_time < range.low || node.min_time >= range.high || node.min_known >= cut) return;
  const bool is_inside = node.min_time >= range.low && node.max_time < range.high;
  if (is_inside && node.partials && node.settled_after < cut) {
    Piece piece;
    piece.node = &node;
    piece.is_whole = true;
    scratch->pieces.push_back(piece);
    return;
  }
  if (node.is_leaf()) return CoverLeaf(node, range, cut, scratch);
  auto child = std::partition_point(node.children.begin(), node.children.end(),
                                    [&](const auto& below) { return below->max_time < range.low; });
  for (; child != node.children.end() && (*child)->min_time < range.high; ++child) Cover(**child, range, cut, scratch);
}

void WindowQuery::AddPiece(int slot, const Piece& piece, const QueryScratch& scratch, PartialAggregate* state) const {
  const StateNode& node = *piece.node;
  const SlotForm& form = layout_->form(slot);
  const PartialAggregate* partial = node.partials ? &node.partials[static_cast<size_t>(slot)] : nullptr;
  if (piece.is_whole) return partial->is_kept ? Merge(form, *partial, state) : AddWhole(slot, node, state);
  const SlotColumns columns = layout_->ColumnsOf(slot, node.words.get(), node.capacity);
  if (piece.is_selection)
    return AddRows(form, columns, {&scratch.selections[piece.selection], piece.begin, piece.end}, state);
  const auto rows = static_cast<uint32_t>(node.rows);
  if (CanRemove(form.kind) && partial != nullptr && piece.end - piece.begin > rows / 2 + 2) {
    // Exact sums forget exactly: the chunk less the rows outside is less work than the rows inside.
    Merge(form, *partial, state);
    RemoveRows(form, columns, {nullptr, 0, piece.begin}, state);
    RemoveRows(form, columns, {nullptr, piece.end, rows}, state);
    return;
  }
  AddRows(form, columns, {nullptr, piece.begin, piece.end}, state);
}

void WindowQuery::AddWhole(int slot, const StateNode& node, PartialAggregate* state) const {
  const SlotForm& form = layout_->form(slot);
  const PartialAggregate* partial = node.partials ? &node.partials[static_cast<size_t>(slot)] : nullptr;
  if (partial != nullptr && partial->is_kept) return Merge(form, *partial, state);
  for (const auto& child : node.children) AddWhole(slot, *child, state);
  if (!node.is_leaf()) return;
  const SlotColumns columns = layout_->ColumnsOf(slot, node.words.get(), node.capacity);
  const auto rows = static_cast<uint32_t>(node.rows);
  if (!node.has_hidden) return AddRows(form, columns, {nullptr, 0, rows}, state);
  for (uint32_t row = 0; row < rows; ++row) {
    const bool is_clean = static_cast<base::Time>(node.Words(TableLayout::kHiddenFrom)[row]) == base::kTimeMax;
    if (is_clean) AddRows(form, columns, {nullptr, row, row + 1}, state);
  }
}

Question WindowQuery::QuestionOf(const Output& output, base::Time at) const {
  return {output.function, output.type, output.n, output.quantile, at};
}

void WindowQuery::RunNest(const Nest& nest, const StateNode& root, base::Time cut, QueryScratch* scratch,
                          Cell* cells) const {
  scratch->pieces.clear();
  scratch->segment_ends.clear();
  scratch->selections.clear();
  TimeRange covered;
  for (size_t i = 0; i < nest.windows.size(); ++i) {
    const TimeRange& window = scratch->ranges[nest.windows[i]];
    TimeRange added = window;
    if (i > 0 && nest.ahead) added.low = covered.high;
    if (i > 0 && !nest.ahead) added.high = covered.low;
    if (added.low < added.high) Cover(root, added, cut, scratch);
    covered = window;
    scratch->segment_ends.push_back(scratch->pieces.size());
  }
  for (const SlotAnswers& slot : nest.slots) {
    const SlotForm& form = layout_->form(slot.slot);
    Reset(form, &scratch->state);
    size_t piece = 0;
    for (const Answer& answer : slot.answers) {
      for (; piece < scratch->segment_ends[answer.segment]; ++piece) {
        AddPiece(slot.slot, scratch->pieces[piece], *scratch, &scratch->state);
      }
      const Output& output = outputs_[answer.output];
      cells[answer.output] = Finish(QuestionOf(output, 0), form, scratch->state, &scratch->bytes[answer.output]);
    }
  }
}

// Events of long ago weigh nothing, so an ewma reads a part of its window only.
void WindowQuery::RunTiles(size_t index, const StateNode& root, base::Time cut, QueryScratch* scratch,
                           Cell* cells) const {
  const Output& output = outputs_[index];
  TimeRange range = scratch->ranges[output.window];
  range.low = std::max(range.low, FirstTileTime(range.high, output.half_life));
  scratch->pieces.clear();
  scratch->selections.clear();
  if (range.low < range.high) Cover(root, range, cut, scratch);
  const SlotForm& form = layout_->form(output.slot);
  Reset(form, &scratch->state);
  for (const Piece& piece : scratch->pieces) AddPiece(output.slot, piece, *scratch, &scratch->state);
  cells[index] = Finish(QuestionOf(output, range.high), form, scratch->state, &scratch->bytes[index]);
}

Cell WindowQuery::ValueAt(const Output& output, const RowPosition& at) const {
  if (at.leaf == nullptr) return {};
  const int flag = layout_->argument_flag(output.argument);
  if ((at.leaf->Words(layout_->flag_word(flag))[at.row] & TableLayout::FlagMask(flag)) == 0) return {};
  return {at.leaf->Words(layout_->value_word(output.argument))[at.row], CellState::kValue};
}

Cell WindowQuery::ListOf(const Output& output, const std::vector<RowPosition>& rows, std::string* bytes) const {
  if (rows.empty()) return {};
  data::ListBuilder list(output.type);
  for (const RowPosition& at : rows) {
    const Cell cell = ValueAt(output, at);
    if (cell.state == CellState::kValue) {
      AppendWordToList(output.type.Element(), cell.word, &list);
    } else {
      list.AppendNull();
    }
  }
  *bytes = list.bytes();
  return {reinterpret_cast<uint64_t>(bytes), CellState::kValue};
}

// The aggregate of scratch->rows.
Cell WindowQuery::FoldRows(const Output& output, base::Time at, QueryScratch* scratch, std::string* bytes) const {
  const SlotForm& form = layout_->form(output.slot);
  Reset(form, &scratch->state);
  for (const RowPosition& row : scratch->rows) {
    const SlotColumns columns = layout_->ColumnsOf(output.slot, row.leaf->words.get(), row.leaf->capacity);
    AddRows(form, columns, {nullptr, row.row, row.row + 1}, &scratch->state);
  }
  return Finish(QuestionOf(output, at), form, scratch->state, bytes);
}

Cell WindowQuery::RunPositional(size_t index, const EntityState& state, base::Time cut, QueryScratch* scratch) const {
  const Output& output = outputs_[index];
  const TimeRange& range = scratch->ranges[output.window];
  const int64_t last = windows_[output.window].last;
  const RowSearch search{range.low, range.high, cut, output.candidates};
  const bool is_last = output.function == expr::AggregateFunction::kLast;
  std::string* bytes = &scratch->bytes[index];
  if (!IsFirstOrLast(output.function)) {
    FindLastRows(state, search, last, output.argument, &scratch->rows);
    return FoldRows(output, range.high, scratch, bytes);
  }
  std::vector<RowPosition>* rows = &scratch->rows;
  const int64_t count = std::max<int64_t>(output.n, 1);
  if (is_last && output.n == 0) {  // of the last n rows, too
    const RowPosition found = FindLast(state, search);
    return ValueAt(output, BreakTie(state, search, found, output.argument, true));
  }
  if (!is_last && output.n == 0 && last == 0) {
    const RowPosition found = FindFirst(state, search);
    return ValueAt(output, BreakTie(state, search, found, output.argument, false));
  }
  if (is_last) {
    FindLastRows(state, search, last > 0 ? std::min(last, count) : count, output.argument, rows);
  } else if (last == 0) {
    FindFirstRows(state, search, count, output.argument, rows);
  } else {
    FindLastRows(state, search, last, output.argument, rows);
    if (static_cast<int64_t>(rows->size()) > count) rows->resize(static_cast<size_t>(count));
  }
  if (output.n > 0) return ListOf(output, *rows, bytes);
  return rows->empty() ? Cell{} : ValueAt(output, rows->front());
}

void WindowQuery::Run(const EntityState* state, base::Time t, base::Time cut, QueryScratch* scratch,
                      Cell* cells) const {
  scratch->bytes.resize(std::max(scratch->bytes.size(), outputs_.size()));
  if (state == nullptr || state->root() == nullptr) {
    const PartialAggregate nothing;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      cells[i] = Finish(QuestionOf(outputs_[i], t), {}, nothing, &scratch->bytes[i]);
    }
    return;
  }
  scratch->ranges.clear();
  for (const expr::Window& window : windows_) scratch->ranges.push_back(RangeOf(window, t));
  for (const Nest& nest : nests_) RunNest(nest, *state->root(), cut, scratch, cells);
  for (const size_t output : tiled_) RunTiles(output, *state->root(), cut, scratch, cells);
  for (const size_t output : positional_) cells[output] = RunPositional(output, *state, cut, scratch);
}

base::Time WindowQuery::NewestEvent(const EntityState* state, size_t aggregate, base::Time t, base::Time cut) const {
  if (state == nullptr) return base::kTimeMin;
  const Output& output = outputs_[aggregate];
  const TimeRange range = RangeOf(windows_[output.window], t);
  const RowPosition found = FindLast(*state, {range.low, range.high, cut, output.candidates});
  return found.leaf == nullptr ? base::kTimeMin : found.leaf->EventTime(found.row);
}

namespace {

bool AnyVisibleIn(const StateNode& node, bool has_identity, base::Time cut) {
  if (node.min_known >= cut) return false;
  if (node.min_clean_known < cut) return true;
  if (node.settled_after < cut) return false;
  for (const auto& child : node.children) {
    if (AnyVisibleIn(*child, has_identity, cut)) return true;
  }
  for (uint32_t row = 0; node.is_leaf() && row < static_cast<uint32_t>(node.rows); ++row) {
    if (IsVisible(node, row, has_identity, cut)) return true;
  }
  return false;
}

}  // namespace

bool AnyVisible(const EntityState* state, base::Time cut) {
  if (state == nullptr || state->root() == nullptr) return false;
  return AnyVisibleIn(*state->root(), state->layout().has_identity(), cut);
}

}  // namespace plumb::engine
