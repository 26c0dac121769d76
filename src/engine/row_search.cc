#include "engine/row_search.h"

#include <bit>

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
  if (left == right) return 0;
  const data::Type type = layout.arguments()[static_cast<size_t>(argument)].scalar->type();
  if (type == data::TypeKind::kString) {
    return reinterpret_cast<const std::string*>(left)->compare(*reinterpret_cast<const std::string*>(right));
  }
  if (type == data::TypeKind::kFloat64) {
    const auto x = std::bit_cast<double>(left), y = std::bit_cast<double>(right);
    if (x != x || y != y) return x != x ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return static_cast<int64_t>(left) < static_cast<int64_t>(right) ? -1 : 1;
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

}  // namespace plumb::engine
