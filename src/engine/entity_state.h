// entity_state.h: the events of one entity in time order, with partial aggregates, so that any window at any cut is
// cheap.
//
// Why: the same structure answers training rows, backfills and requests; so they cannot differ. An event may arrive
// anywhere in time.
//
// How: a tree in (event_time, known_at, identity) order. A leaf is a chunk of at most chunk_rows events, column by
// column; an inner node has at most 16 children (the idea of FiBA: Tangwongsan, Hirzel, Schneider, VLDB 2019). A node
// that is no longer the growing end carries one partial aggregate per slot over its *clean* events, those without a
// later version, and the time after which it is *settled*: all clean events known, all superseded ones hidden. At a
// later cut the partial is the answer for the whole node; at an earlier one the search descends. In-order events only
// touch the last leaf.
//
// Thread safety: const use from many threads; one writer alone (entity_table.h holds the lock).
// Invariants: times and settled marks of a node cover all rows below it; a partial that exists is exact.
#pragma once

#include <memory>
#include <vector>

#include "base/time.h"
#include "engine/table_layout.h"

namespace plumb::engine {

struct StateNode {
  base::Time min_time = base::kTimeMax, max_time = base::kTimeMin;
  base::Time min_known = base::kTimeMax;        // nothing is visible at cuts up to here
  base::Time min_clean_known = base::kTimeMax;  // something is visible at cuts after here
  base::Time settled_after = base::kTimeMin;    // the partials answer for cuts after here
  bool has_hidden = false;                      // some row has a later version
  int64_t rows = 0;
  std::unique_ptr<PartialAggregate[]> partials;  // one a slot, or null: descend

  std::vector<std::unique_ptr<StateNode>> children;  // empty: a leaf

  uint32_t capacity = 0;  // of a leaf: rows that there is room for
  std::unique_ptr<uint64_t[]> words;

  [[nodiscard]] bool is_leaf() const { return children.empty(); }
  // Of a leaf: one kind of word of all its rows.
  [[nodiscard]] const uint64_t* Words(int word) const { return words.get() + static_cast<size_t>(word) * capacity; }
  [[nodiscard]] base::Time EventTime(uint32_t row) const { return static_cast<base::Time>(words[row]); }
  [[nodiscard]] base::Time KnownAt(uint32_t row) const {
    return static_cast<base::Time>(Words(TableLayout::kKnownAt)[row]);
  }
};

class EntityState {
 public:
  static constexpr size_t kChildrenMax = 16;
  static constexpr int kChunkRowsMax = 4096;

  // Requires: 2 ≤ chunk_rows ≤ kChunkRowsMax. The layout is sealed and outlives the state.
  EntityState(const TableLayout* layout, int chunk_rows)
      : layout_(layout), chunk_rows_(static_cast<uint32_t>(chunk_rows)) {}

  // Adds a row of layout.width() words.
  void Insert(const uint64_t* row);
  // Takes out a row that equals `row` in all words, or in its identity where there is one. False if there is none.
  bool Remove(const uint64_t* row);
  // Sets hidden_from of the row with the event_time, known_at and identity of `row`. Requires: the layout has
  // identities.
  bool SetHiddenFrom(const uint64_t* row, base::Time hidden_from);
  // Replaces everything by rows in CompareRows order.
  void Build(const std::vector<const uint64_t*>& rows);

  [[nodiscard]] const TableLayout& layout() const { return *layout_; }
  [[nodiscard]] const StateNode* root() const { return root_.get(); }  // null: no rows
  [[nodiscard]] int64_t rows() const { return root_ ? root_->rows : 0; }

 private:
  using NodePtr = std::unique_ptr<StateNode>;
  enum class Edit { kRemove, kHide };

  [[nodiscard]] NodePtr MakeLeaf(uint32_t capacity) const;
  NodePtr InsertInto(StateNode* node, const uint64_t* row, bool at_end);
  NodePtr InsertIntoLeaf(StateNode* leaf, const uint64_t* row, bool at_end);
  NodePtr SplitLeaf(StateNode* leaf);
  NodePtr SplitInner(StateNode* node, bool at_end);
  void PutRow(StateNode* leaf, uint32_t position, const uint64_t* row);
  void Grow(StateNode* leaf) const;
  bool EditRow(StateNode* node, const uint64_t* row, Edit edit, base::Time hidden_from);
  bool EditLeaf(StateNode* leaf, const uint64_t* row, Edit edit, base::Time hidden_from);
  void EraseRow(StateNode* leaf, uint32_t position);

  [[nodiscard]] int CompareWithLeafRow(const uint64_t* row, const StateNode& leaf, uint32_t position) const;
  [[nodiscard]] int CompareWithFirst(const uint64_t* row, const StateNode& node) const;
  [[nodiscard]] bool IsSameRow(const uint64_t* row, const StateNode& leaf, uint32_t position) const;
  [[nodiscard]] uint32_t UpperBound(const StateNode& leaf, const uint64_t* row) const;
  [[nodiscard]] bool IsClean(const uint64_t* row) const;

  void NoteRow(StateNode* node, const uint64_t* row) const;
  void Summarise(StateNode* node) const;
  void BuildPartials(StateNode* node) const;
  void AddToPartials(const StateNode& node, PartialAggregate* partials) const;
  [[nodiscard]] int64_t partial_rows_min() const {
    return chunk_rows_ / 4 > 0 ? (chunk_rows_ / 4 < 32 ? chunk_rows_ / 4 : 32) : 1;
  }

  const TableLayout* layout_;
  uint32_t chunk_rows_;
  NodePtr root_;
};

}  // namespace plumb::engine
