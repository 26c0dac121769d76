#include "engine/window_query.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "engine/row_search.h"

namespace plumb::engine {
namespace {

bool IsPositional(expr::AggregateFunction function) {
  return function == expr::AggregateFunction::kFirst || function == expr::AggregateFunction::kLast;
}

}  // namespace

TimeRange RangeOf(const expr::Window& window, base::Time t) {
  const base::Time at = base::Move(t, window.offset, window.ahead ? 1 : -1);
  if (window.lifetime) return {base::kTimeMin, at};
  if (window.ahead) return {at, base::Move(at, window.length, 1)};
  return {base::Move(at, window.length, -1), at};
}

WindowQuery::WindowQuery(const std::vector<const expr::Aggregate*>& aggregates, TableLayout* layout) : layout_(layout) {
  for (const expr::Aggregate* aggregate : aggregates) AddOutput(*aggregate, layout);
  BuildNests();
}

void WindowQuery::AddOutput(const expr::Aggregate& aggregate, TableLayout* layout) {
  Output output{aggregate.function, aggregate.type, 0, -1, -1, WindowIndex(aggregate.window)};
  const int condition = aggregate.where ? layout->AddCondition(*aggregate.where) : -1;
  Slot slot{SlotKind::kRows, -1, condition};
  if (aggregate.argument) {
    output.argument = layout->AddArgument(*aggregate.argument);
    slot = {SlotKindOf(aggregate.function, aggregate.argument->type()), output.argument, condition};
  }
  const Slot candidates{SlotKind::kCandidates, -1, condition};
  if (IsPositional(aggregate.function)) {
    positional_.push_back(outputs_.size());
    slot = candidates;
  }
  output.slot = layout->AddSlot(slot);
  if (IsPositional(aggregate.function) || aggregate.window.lifetime) output.candidates = layout->AddSlot(candidates);
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
  const bool is_plain = w.lifetime || w.length.months == 0;
  const bool is_calendar = !is_plain && w.length.micros == 0;
  for (size_t other = 0; other < window; ++other) {
    const expr::Window& o = windows_[other];
    if (o.ahead != w.ahead || !(o.offset == w.offset)) continue;
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
    if (!IsPositional(outputs_[i].function)) outputs_of[{Chain(outputs_[i].window), outputs_[i].slot}].push_back(i);
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

void WindowQuery::AddPiece(SlotKind kind, int slot, const Piece& piece, const QueryScratch& scratch,
                           PartialAggregate* state) const {
  const StateNode& node = *piece.node;
  if (piece.is_whole) return Merge(kind, node.partials[static_cast<size_t>(slot)], state);
  const SlotColumns columns = layout_->ColumnsOf(slot, node.words.get(), node.capacity);
  if (piece.is_selection)
    return AddRows(kind, columns, {&scratch.selections[piece.selection], piece.begin, piece.end}, state);
  const auto rows = static_cast<uint32_t>(node.rows);
  if (CanRemove(kind) && node.partials && piece.end - piece.begin > rows / 2 + 2) {
    // Exact sums forget exactly: the chunk less the rows outside is less work than the rows inside.
    Merge(kind, node.partials[static_cast<size_t>(slot)], state);
    RemoveRows(kind, columns, {nullptr, 0, piece.begin}, state);
    RemoveRows(kind, columns, {nullptr, piece.end, rows}, state);
    return;
  }
  AddRows(kind, columns, {nullptr, piece.begin, piece.end}, state);
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
    const SlotKind kind = layout_->slots()[static_cast<size_t>(slot.slot)].kind;
    Reset(kind, &scratch->state);
    size_t piece = 0;
    for (const Answer& answer : slot.answers) {
      for (; piece < scratch->segment_ends[answer.segment]; ++piece) {
        AddPiece(kind, slot.slot, scratch->pieces[piece], *scratch, &scratch->state);
      }
      cells[answer.output] = Finish(outputs_[answer.output].function, kind, scratch->state);
    }
  }
}

Cell WindowQuery::RunPositional(const Output& output, const EntityState& state, const TimeRange& range,
                                base::Time cut) const {
  const bool is_last = output.function == expr::AggregateFunction::kLast;
  const RowSearch search{range.low, range.high, cut, output.candidates};
  RowPosition found = is_last ? FindLast(state, search) : FindFirst(state, search);
  found = BreakTie(state, search, found, output.argument, is_last);
  if (found.leaf == nullptr) return {};
  const int flag = layout_->argument_flag(output.argument);
  if ((found.leaf->Words(layout_->flag_word(flag))[found.row] & TableLayout::FlagMask(flag)) == 0) return {};
  return {found.leaf->Words(layout_->value_word(output.argument))[found.row], CellState::kValue};
}

void WindowQuery::Run(const EntityState* state, base::Time t, base::Time cut, QueryScratch* scratch,
                      Cell* cells) const {
  if (state == nullptr || state->root() == nullptr) {
    const PartialAggregate nothing;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      cells[i] = Finish(outputs_[i].function, SlotKind::kRows, nothing);
    }
    return;
  }
  scratch->ranges.clear();
  for (const expr::Window& window : windows_) scratch->ranges.push_back(RangeOf(window, t));
  for (const Nest& nest : nests_) RunNest(nest, *state->root(), cut, scratch, cells);
  for (const size_t output : positional_) {
    cells[output] = RunPositional(outputs_[output], *state, scratch->ranges[outputs_[output].window], cut);
  }
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
