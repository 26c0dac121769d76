#include "engine/entity_state.h"

#include <algorithm>
#include <cstring>

namespace plumb::engine {
namespace {

constexpr uint64_t kNever = static_cast<uint64_t>(base::kTimeMax);

// Widens what the parent says of itself by what the child says.
void NoteChild(StateNode* parent, const StateNode& child) {
  parent->min_time = std::min(parent->min_time, child.min_time);
  parent->max_time = std::max(parent->max_time, child.max_time);
  parent->min_known = std::min(parent->min_known, child.min_known);
  parent->min_clean_known = std::min(parent->min_clean_known, child.min_clean_known);
  parent->settled_after = std::max(parent->settled_after, child.settled_after);
  parent->has_hidden = parent->has_hidden || child.has_hidden;
  parent->rows += child.rows;
}

void ClearSummary(StateNode* node) {
  node->min_time = node->min_known = node->min_clean_known = base::kTimeMax;
  node->max_time = node->settled_after = base::kTimeMin;
  node->has_hidden = false;
}

}  // namespace

bool EntityState::IsClean(const uint64_t* row) const {
  return !layout_->has_identity() || row[TableLayout::kHiddenFrom] == kNever;
}

EntityState::NodePtr EntityState::MakeLeaf(uint32_t capacity) const {
  auto leaf = std::make_unique<StateNode>();
  leaf->capacity = capacity;
  leaf->words = std::make_unique_for_overwrite<uint64_t[]>(static_cast<size_t>(capacity) * layout_->width());
  return leaf;
}

int EntityState::CompareWithLeafRow(const uint64_t* row, const StateNode& leaf, uint32_t position) const {
  for (const int word : {TableLayout::kEventTime, TableLayout::kKnownAt}) {
    const auto a = static_cast<int64_t>(row[word]), b = static_cast<int64_t>(leaf.Words(word)[position]);
    if (a != b) return a < b ? -1 : 1;
  }
  if (!layout_->has_identity()) return 0;
  return TableLayout::CompareIdentities(row[TableLayout::kIdentity], leaf.Words(TableLayout::kIdentity)[position]);
}

int EntityState::CompareWithFirst(const uint64_t* row, const StateNode& node) const {
  const auto time = static_cast<base::Time>(row[TableLayout::kEventTime]);
  if (time != node.min_time) return time < node.min_time ? -1 : 1;
  const StateNode* leaf = &node;
  while (!leaf->is_leaf()) leaf = leaf->children.front().get();
  return CompareWithLeafRow(row, *leaf, 0);
}

uint32_t EntityState::UpperBound(const StateNode& leaf, const uint64_t* row) const {
  uint32_t low = 0, high = static_cast<uint32_t>(leaf.rows);
  if (CompareWithLeafRow(row, leaf, high - 1) >= 0) return high;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (CompareWithLeafRow(row, leaf, middle) >= 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void EntityState::NoteRow(StateNode* node, const uint64_t* row) const {
  const auto time = static_cast<base::Time>(row[TableLayout::kEventTime]);
  const auto known_at = static_cast<base::Time>(row[TableLayout::kKnownAt]);
  node->min_time = std::min(node->min_time, time);
  node->max_time = std::max(node->max_time, time);
  node->min_known = std::min(node->min_known, known_at);
  if (IsClean(row)) {
    node->min_clean_known = std::min(node->min_clean_known, known_at);
    node->settled_after = std::max(node->settled_after, known_at);
  } else {
    node->settled_after = std::max(node->settled_after, static_cast<base::Time>(row[TableLayout::kHiddenFrom]));
    node->has_hidden = true;
  }
  if (!node->partials) return;
  for (size_t slot = 0; slot < layout_->slots().size(); ++slot) {
    const SlotForm& form = layout_->form(static_cast<int>(slot));
    if (!IsClean(row) && form.kind != SlotKind::kCandidates) continue;
    AddRows(form, layout_->ColumnsOf(static_cast<int>(slot), row, 1), {nullptr, 0, 1}, &node->partials[slot]);
    Limit(form, &node->partials[slot]);
  }
}

void EntityState::AddToPartials(const StateNode& node, PartialAggregate* partials) const {
  const auto& slots = layout_->slots();
  if (node.partials) {
    for (size_t slot = 0; slot < slots.size(); ++slot) {
      Merge(layout_->form(static_cast<int>(slot)), node.partials[slot], &partials[slot]);
    }
    return;
  }
  for (const NodePtr& child : node.children) AddToPartials(*child, partials);
  if (!node.is_leaf()) return;
  const auto rows = static_cast<uint32_t>(node.rows);
  std::vector<uint16_t> clean;
  for (uint32_t row = 0; node.has_hidden && row < rows; ++row) {
    if (node.Words(TableLayout::kHiddenFrom)[row] == kNever) clean.push_back(static_cast<uint16_t>(row));
  }
  const RowSet all{nullptr, 0, rows};
  const RowSet clean_rows = node.has_hidden ? RowSet{clean.data(), 0, static_cast<uint32_t>(clean.size())} : all;
  for (size_t slot = 0; slot < slots.size(); ++slot) {
    const SlotColumns columns = layout_->ColumnsOf(static_cast<int>(slot), node.words.get(), node.capacity);
    AddRows(layout_->form(static_cast<int>(slot)), columns,
            slots[slot].kind == SlotKind::kCandidates ? all : clean_rows, &partials[slot]);
  }
}

void EntityState::BuildPartials(StateNode* node) const {
  node->partials.reset();
  if (node->rows < partial_rows_min() || layout_->slots().empty()) return;
  auto partials = std::make_unique<PartialAggregate[]>(layout_->slots().size());
  AddToPartials(*node, partials.get());
  for (size_t slot = 0; slot < layout_->slots().size(); ++slot) {
    Limit(layout_->form(static_cast<int>(slot)), &partials[slot]);
  }
  node->partials = std::move(partials);
}

// All marks anew from the rows or the children; the partials too where there were some.
void EntityState::Summarise(StateNode* node) const {
  const bool had_partials = node->partials != nullptr;
  node->partials.reset();
  ClearSummary(node);
  if (node->is_leaf()) {
    std::vector<uint64_t> row(static_cast<size_t>(layout_->width()));
    const int marks = layout_->has_identity() ? 3 : 2;
    for (uint32_t position = 0; position < static_cast<uint32_t>(node->rows); ++position) {
      for (int word = 0; word < marks; ++word) row[static_cast<size_t>(word)] = node->Words(word)[position];
      NoteRow(node, row.data());
    }
  } else {
    node->rows = 0;
    for (const NodePtr& child : node->children) NoteChild(node, *child);
  }
  if (had_partials) BuildPartials(node);
}

void EntityState::Grow(StateNode* leaf) const {
  const uint32_t capacity = std::min(chunk_rows_, std::max<uint32_t>(4, leaf->capacity * 2));
  NodePtr larger = MakeLeaf(capacity);
  for (int word = 0; word < layout_->width(); ++word) {
    std::memcpy(larger->words.get() + static_cast<size_t>(word) * capacity, leaf->Words(word),
                static_cast<size_t>(leaf->rows) * sizeof(uint64_t));
  }
  leaf->words = std::move(larger->words);
  leaf->capacity = capacity;
}

void EntityState::PutRow(StateNode* leaf, uint32_t position, const uint64_t* row) {
  if (leaf->rows == leaf->capacity) Grow(leaf);
  const size_t behind = static_cast<size_t>(leaf->rows) - position;
  for (int word = 0; word < layout_->width(); ++word) {
    uint64_t* column = leaf->words.get() + static_cast<size_t>(word) * leaf->capacity;
    if (behind > 0) std::memmove(column + position + 1, column + position, behind * sizeof(uint64_t));
    column[position] = row[word];
  }
  ++leaf->rows;
  NoteRow(leaf, row);
}

EntityState::NodePtr EntityState::SplitLeaf(StateNode* leaf) {
  const auto rows = static_cast<uint32_t>(leaf->rows);
  const uint32_t keep = rows / 2;
  NodePtr right = MakeLeaf(chunk_rows_);
  for (int word = 0; word < layout_->width(); ++word) {
    std::memcpy(right->words.get() + static_cast<size_t>(word) * right->capacity, leaf->Words(word) + keep,
                (rows - keep) * sizeof(uint64_t));
  }
  right->rows = rows - keep;
  leaf->rows = keep;
  for (StateNode* half : {leaf, right.get()}) {
    Summarise(half);
    BuildPartials(half);
  }
  return right;
}

EntityState::NodePtr EntityState::InsertIntoLeaf(StateNode* leaf, const uint64_t* row, bool at_end) {
  const uint32_t position = UpperBound(*leaf, row);
  if (leaf->rows < chunk_rows_) {
    PutRow(leaf, position, row);
    return nullptr;
  }
  if (at_end && position == chunk_rows_) {
    BuildPartials(leaf);
    NodePtr next = MakeLeaf(std::min<uint32_t>(chunk_rows_, 32));
    PutRow(next.get(), 0, row);
    return next;
  }
  NodePtr right = SplitLeaf(leaf);
  if (CompareWithLeafRow(row, *right, 0) >= 0) {
    PutRow(right.get(), UpperBound(*right, row), row);
  } else {
    PutRow(leaf, UpperBound(*leaf, row), row);
  }
  return right;
}

// Moves the last child (at the end of the tree) or the upper half of the children to a new node.
EntityState::NodePtr EntityState::SplitInner(StateNode* node, bool at_end) {
  const auto middle = node->children.end() - (at_end ? 1 : static_cast<ptrdiff_t>(node->children.size() / 2));
  auto right = std::make_unique<StateNode>();
  right->children.assign(std::make_move_iterator(middle), std::make_move_iterator(node->children.end()));
  node->children.erase(middle, node->children.end());
  node->partials.reset();
  Summarise(node);
  Summarise(right.get());
  BuildPartials(node);
  if (!at_end) BuildPartials(right.get());
  return right;
}

EntityState::NodePtr EntityState::InsertInto(StateNode* node, const uint64_t* row, bool at_end) {
  if (node->is_leaf()) return InsertIntoLeaf(node, row, at_end);
  size_t child = node->children.size() - 1;
  while (child > 0 && CompareWithFirst(row, *node->children[child]) < 0) --child;
  const bool child_at_end = at_end && child + 1 == node->children.size();
  NodePtr sibling = InsertInto(node->children[child].get(), row, child_at_end);
  NoteRow(node, row);
  ++node->rows;
  if (!sibling) return nullptr;
  node->children.insert(node->children.begin() + static_cast<ptrdiff_t>(child) + 1, std::move(sibling));
  if (node->children.size() <= kChildrenMax) return nullptr;
  return SplitInner(node, child_at_end);
}

void EntityState::Insert(const uint64_t* row) {
  if (!root_) {
    root_ = MakeLeaf(std::min<uint32_t>(chunk_rows_, 4));
    PutRow(root_.get(), 0, row);
    return;
  }
  NodePtr sibling = InsertInto(root_.get(), row, true);
  if (!sibling) return;
  auto parent = std::make_unique<StateNode>();
  parent->children.push_back(std::move(root_));
  parent->children.push_back(std::move(sibling));
  Summarise(parent.get());
  root_ = std::move(parent);
}

bool EntityState::IsSameRow(const uint64_t* row, const StateNode& leaf, uint32_t position) const {
  if (CompareWithLeafRow(row, leaf, position) != 0) return false;
  if (layout_->has_identity()) return true;
  for (int word = 2; word < layout_->width(); ++word) {
    if (row[word] != leaf.Words(word)[position]) return false;
  }
  return true;
}

void EntityState::EraseRow(StateNode* leaf, uint32_t position) {
  const size_t behind = static_cast<size_t>(leaf->rows) - position - 1;
  for (int word = 0; word < layout_->width(); ++word) {
    uint64_t* column = leaf->words.get() + static_cast<size_t>(word) * leaf->capacity;
    if (behind > 0) std::memmove(column + position, column + position + 1, behind * sizeof(uint64_t));
  }
  --leaf->rows;
}

bool EntityState::EditLeaf(StateNode* leaf, const uint64_t* row, Edit edit, base::Time hidden_from) {
  for (uint32_t position = UpperBound(*leaf, row); position-- > 0;) {
    if (CompareWithLeafRow(row, *leaf, position) != 0) return false;
    if (!IsSameRow(row, *leaf, position)) continue;
    if (edit == Edit::kRemove) {
      EraseRow(leaf, position);
    } else {
      leaf->words[static_cast<size_t>(TableLayout::kHiddenFrom) * leaf->capacity + position] =
          static_cast<uint64_t>(hidden_from);
    }
    Summarise(leaf);
    return true;
  }
  return false;
}

bool EntityState::EditRow(StateNode* node, const uint64_t* row, Edit edit, base::Time hidden_from) {
  if (node->is_leaf()) return EditLeaf(node, row, edit, hidden_from);
  const auto time = static_cast<base::Time>(row[TableLayout::kEventTime]);
  for (size_t child = node->children.size(); child-- > 0;) {
    StateNode* below = node->children[child].get();
    if (below->max_time < time) return false;
    if (below->min_time > time || !EditRow(below, row, edit, hidden_from)) continue;
    if (below->rows == 0) node->children.erase(node->children.begin() + static_cast<ptrdiff_t>(child));
    if (node->children.empty()) {
      node->rows = 0;  // An inner node without children goes away with its parent's edit.
      return true;
    }
    Summarise(node);
    return true;
  }
  return false;
}

bool EntityState::Remove(const uint64_t* row) {
  if (!root_ || !EditRow(root_.get(), row, Edit::kRemove, 0)) return false;
  if (root_->rows == 0) root_.reset();
  return true;
}

bool EntityState::SetHiddenFrom(const uint64_t* row, base::Time hidden_from) {
  return root_ && EditRow(root_.get(), row, Edit::kHide, hidden_from);
}

void EntityState::Build(const std::vector<const uint64_t*>& rows) {
  std::vector<NodePtr> level;
  for (size_t begin = 0; begin < rows.size(); begin += chunk_rows_) {
    const auto count = static_cast<uint32_t>(std::min<size_t>(chunk_rows_, rows.size() - begin));
    NodePtr leaf = MakeLeaf(count);
    for (uint32_t row = 0; row < count; ++row) {
      for (int word = 0; word < layout_->width(); ++word) {
        leaf->words[static_cast<size_t>(word) * count + row] = rows[begin + row][word];
      }
    }
    leaf->rows = count;
    Summarise(leaf.get());
    BuildPartials(leaf.get());
    level.push_back(std::move(leaf));
  }
  while (level.size() > 1) {
    std::vector<NodePtr> above;
    for (size_t begin = 0; begin < level.size(); begin += kChildrenMax) {
      auto node = std::make_unique<StateNode>();
      const size_t end = std::min(level.size(), begin + kChildrenMax);
      for (size_t i = begin; i < end; ++i) node->children.push_back(std::move(level[i]));
      Summarise(node.get());
      BuildPartials(node.get());
      above.push_back(std::move(node));
    }
    level = std::move(above);
  }
  root_ = level.empty() ? nullptr : std::move(level.front());
}

}  // namespace plumb::engine
