#include "engine/row_search.h"

#include <algorithm>

namespace plumb::engine {
namespace {

class Searcher {
 public:
  Searcher(const EntityState& state, const RowSearch& search) : layout_(state.layout()), search_(search) {}

  RowPosition Last(const StateNode& node) const {
    if (IsHopeless(node)) return {};
    if (node.is_leaf()) {
      for (uint32_t row = LowerBound(node, search_.high); row-- > 0 && node.EventTime(row) >= search_.low;) {
        if (Passes(node, row)) return {&node, row};
      }
      return {};
    }
    for (size_t child = node.children.size(); child-- > 0;) {
      const RowPosition found = Last(*node.children[child]);
      if (found.leaf != nullptr) return found;
    }
    return {};
  }

  RowPosition First(const StateNode& node) const {
    if (IsHopeless(node)) return {};
    if (node.is_leaf()) {
      const auto rows = static_cast<uint32_t>(node.rows);
      for (uint32_t row = LowerBound(node, search_.low); row < rows && node.EventTime(row) < search_.high; ++row) {
        if (Passes(node, row)) return {&node, row};
      }
      return {};
    }
    for (const auto& child : node.children) {
      const RowPosition found = First(*child);
      if (found.leaf != nullptr) return found;
    }
    return {};
  }

  // Appends rows that pass, newest first, until there are `count` and the next one does not tie with the last of them.
  bool CollectLast(const StateNode& node, size_t count, std::vector<RowPosition>* found) const {
    if (IsHopeless(node)) return true;
    for (size_t child = node.children.size(); child-- > 0;) {
      if (!CollectLast(*node.children[child], count, found)) return false;
    }
    if (!node.is_leaf()) return true;
    for (uint32_t row = LowerBound(node, search_.high); row-- > 0 && node.EventTime(row) >= search_.low;) {
      if (Passes(node, row) && !Collect({&node, row}, count, found)) return false;
    }
    return true;
  }
  // The same, oldest first.
  bool CollectFirst(const StateNode& node, size_t count, std::vector<RowPosition>* found) const {
    if (IsHopeless(node)) return true;
    for (const auto& child : node.children) {
      if (!CollectFirst(*child, count, found)) return false;
    }
    if (!node.is_leaf()) return true;
    const auto rows = static_cast<uint32_t>(node.rows);
    for (uint32_t row = LowerBound(node, search_.low); row < rows && node.EventTime(row) < search_.high; ++row) {
      if (Passes(node, row) && !Collect({&node, row}, count, found)) return false;
    }
    return true;
  }

  // Calls body for every row that passes, of all leaves, in the range.
  template <typename Body>
  void ForEach(const StateNode& node, const Body& body) const {
    if (IsHopeless(node)) return;
    for (const auto& child : node.children) ForEach(*child, body);
    if (!node.is_leaf()) return;
    const auto rows = static_cast<uint32_t>(node.rows);
    for (uint32_t row = LowerBound(node, search_.low); row < rows && node.EventTime(row) < search_.high; ++row) {
      if (Passes(node, row)) body(RowPosition{&node, row});
    }
  }

 private:
  // False when there are enough without this one.
  bool Collect(const RowPosition& at, size_t count, std::vector<RowPosition>* found) const {
    if (found->size() >= count) {
      const RowPosition& last = found->back();
      const bool ties = !layout_.has_identity() && last.leaf->EventTime(last.row) == at.leaf->EventTime(at.row) &&
                        last.leaf->KnownAt(last.row) == at.leaf->KnownAt(at.row);
      if (!ties) return false;
    }
    found->push_back(at);
    return true;
  }
  [[nodiscard]] bool IsHopeless(const StateNode& node) const {
    if (node.min_time >= search_.high || node.max_time < search_.low || node.min_known >= search_.cut) return true;
    return node.partials != nullptr && node.partials[static_cast<size_t>(search_.slot)].count == 0;
  }
  [[nodiscard]] bool Passes(const StateNode& leaf, uint32_t row) const {
    if (!IsVisible(leaf, row, layout_.has_identity(), search_.cut)) return false;
    const SlotColumns columns = layout_.ColumnsOf(search_.slot, leaf.words.get(), leaf.capacity);
    return columns.flags[0] == nullptr || (columns.flags[0][row] & columns.masks[0]) == columns.masks[0];
  }

  const TableLayout& layout_;
  const RowSearch& search_;
};

// Canonical order of values: null first, NaN last.
int CompareArguments(const TableLayout& layout, int argument, const RowPosition& a, const RowPosition& b) {
  const int flag = layout.argument_flag(argument);
  const auto has_value = [&](const RowPosition& at) {
    return (at.leaf->Words(layout.flag_word(flag))[at.row] & TableLayout::FlagMask(flag)) != 0;
  };
  if (!has_value(a) || !has_value(b)) return static_cast<int>(has_value(a)) - static_cast<int>(has_value(b));
  const uint64_t left = a.leaf->Words(layout.value_word(argument))[a.row];
  const uint64_t right = b.leaf->Words(layout.value_word(argument))[b.row];
  return CompareWords(layout.arguments()[static_cast<size_t>(argument)].scalar->type(), left, right);
}

}  // namespace

uint32_t LowerBound(const StateNode& leaf, base::Time time) {
  uint32_t low = 0, high = static_cast<uint32_t>(leaf.rows);
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (leaf.EventTime(middle) < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

RowPosition FindLast(const EntityState& state, const RowSearch& search) {
  return state.root() == nullptr ? RowPosition{} : Searcher(state, search).Last(*state.root());
}

RowPosition FindFirst(const EntityState& state, const RowSearch& search) {
  return state.root() == nullptr ? RowPosition{} : Searcher(state, search).First(*state.root());
}

RowPosition BreakTie(const EntityState& state, const RowSearch& search, const RowPosition& found, int argument,
                     bool last) {
  const TableLayout& layout = state.layout();
  if (layout.has_identity() || found.leaf == nullptr || argument < 0) return found;
  const base::Time time = found.leaf->EventTime(found.row), known_at = found.leaf->KnownAt(found.row);
  RowSearch tied = search;
  tied.low = time;
  tied.high = time + 1;
  RowPosition best = found;
  Searcher(state, tied).ForEach(*state.root(), [&](const RowPosition& at) {
    if (at.leaf->KnownAt(at.row) != known_at) return;
    const int order = CompareArguments(layout, argument, at, best);
    if (last ? order > 0 : order < 0) best = at;
  });
  return best;
}

namespace {

// By event_time, known_at and argument. Rows of sources with identity stand in order already and never tie.
void SortTies(const TableLayout& layout, int argument, std::vector<RowPosition>* rows) {
  if (layout.has_identity() || argument < 0) return;
  std::stable_sort(rows->begin(), rows->end(), [&](const RowPosition& a, const RowPosition& b) {
    const base::Time left = a.leaf->EventTime(a.row), right = b.leaf->EventTime(b.row);
    if (left != right) return left < right;
    const base::Time left_known = a.leaf->KnownAt(a.row), right_known = b.leaf->KnownAt(b.row);
    if (left_known != right_known) return left_known < right_known;
    return CompareArguments(layout, argument, a, b) < 0;
  });
}

}  // namespace

void FindLastRows(const EntityState& state, const RowSearch& search, int64_t count, int argument,
                  std::vector<RowPosition>* rows) {
  rows->clear();
  if (state.root() == nullptr) return;
  Searcher(state, search).CollectLast(*state.root(), static_cast<size_t>(count), rows);
  std::reverse(rows->begin(), rows->end());
  SortTies(state.layout(), argument, rows);
  const auto excess = static_cast<ptrdiff_t>(rows->size()) - count;
  if (excess > 0) rows->erase(rows->begin(), rows->begin() + excess);
}

void FindFirstRows(const EntityState& state, const RowSearch& search, int64_t count, int argument,
                   std::vector<RowPosition>* rows) {
  rows->clear();
  if (state.root() == nullptr) return;
  Searcher(state, search).CollectFirst(*state.root(), static_cast<size_t>(count), rows);
  SortTies(state.layout(), argument, rows);
  if (static_cast<int64_t>(rows->size()) > count) rows->resize(static_cast<size_t>(count));
}

}  // namespace plumb::engine
