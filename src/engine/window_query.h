// window_query.h: several aggregates of one entity at one (t, c), answered together.
//
// Why: a view asks for forty aggregates that differ only in argument or window. Nested windows share their events: the
// shortest is scanned first and each longer one only adds what lies further out. The search for a range is made once
// for all slots that want it.
//
// Thread safety: a WindowQuery is immutable; a QueryScratch has one user at a time.
#pragma once

#include <vector>

#include "engine/row_search.h"

namespace plumb::engine {

// [low, high) of event_time.
struct TimeRange {
  base::Time low = 0, high = 0;
};
TimeRange RangeOf(const expr::Window& window, base::Time t);

// Buffers that live on between queries.
class QueryScratch {
 private:
  friend class WindowQuery;
  struct Piece {
    const StateNode* node = nullptr;
    bool is_whole = false;      // the node's partials answer
    bool is_selection = false;  // begin and end point into selections, else they are rows
    bool is_settled = false;    // nothing in the leaf is hidden or unknown
    uint32_t begin = 0, end = 0;
    size_t selection = 0;
  };
  std::vector<TimeRange> ranges;
  std::vector<Piece> pieces;
  std::vector<size_t> segment_ends;
  std::vector<uint16_t> selections;
  std::vector<RowPosition> rows;
  std::vector<std::string> bytes;  // one for each output: answers that are no value of the events
  PartialAggregate state;
};

class WindowQuery {
 public:
  // Answers come in the order of `aggregates`, which outlive the query. Adds their slots to the layout.
  WindowQuery(const std::vector<const expr::Aggregate*>& aggregates, TableLayout* layout);

  [[nodiscard]] size_t size() const { return outputs_.size(); }
  [[nodiscard]] data::Type type(size_t aggregate) const { return outputs_[aggregate].type; }

  // cells: size() of them. `state` may be null: an entity without events. Answers that are bytes stand in the scratch
  // or in the table, until the next Run or change of the table.
  void Run(const EntityState* state, base::Time t, base::Time cut, QueryScratch* scratch, Cell* cells) const;

  // The event_time of the newest event that counts for a lifetime aggregate, or kTimeMin if none does.
  [[nodiscard]] base::Time NewestEvent(const EntityState* state, size_t aggregate, base::Time t, base::Time cut) const;

 private:
  struct Output {
    expr::AggregateFunction function = expr::AggregateFunction::kCount;
    data::Type type;
    int64_t n = 0;  // first, last: 0 is one value, not a list
    double quantile = 0;
    int slot = 0;
    int argument = -1;
    int candidates = -1;         // the slot of kind kCandidates with the same condition; first, last and lifetime only
    bool is_positional = false;  // first and last, and whatever is asked of the last n rows
    base::Duration half_life = 0;
    size_t window = 0;
  };
  struct Answer {
    size_t segment;  // after which it is complete
    size_t output;
  };
  struct SlotAnswers {
    int slot;
    std::vector<Answer> answers;  // by segment
  };
  // Windows that contain one another, and the slots that want exactly these.
  struct Nest {
    bool ahead = false;
    std::vector<size_t> windows;  // shortest first
    std::vector<SlotAnswers> slots;
  };
  using Piece = QueryScratch::Piece;

  void AddOutput(const expr::Aggregate& aggregate, TableLayout* layout);
  size_t WindowIndex(const expr::Window& window);
  void BuildNests();
  [[nodiscard]] int Chain(size_t window) const;
  void Cover(const StateNode& node, const TimeRange& range, base::Time cut, QueryScratch* scratch) const;
  void CoverLeaf(const StateNode& leaf, const TimeRange& range, base::Time cut, QueryScratch* scratch) const;
  void RunNest(const Nest& nest, const StateNode& root, base::Time cut, QueryScratch* scratch, Cell* cells) const;
  void AddPiece(int slot, const Piece& piece, const QueryScratch& scratch, PartialAggregate* state) const;
  // A node all of whose rows are inside and settled, but whose partial was too much to keep.
  void AddWhole(int slot, const StateNode& node, PartialAggregate* state) const;
  void RunTiles(size_t index, const StateNode& root, base::Time cut, QueryScratch* scratch, Cell* cells) const;
  [[nodiscard]] Cell RunPositional(size_t index, const EntityState& state, base::Time cut, QueryScratch* scratch) const;
  [[nodiscard]] Cell ValueAt(const Output& output, const RowPosition& at) const;
  [[nodiscard]] Cell ListOf(const Output& output, const std::vector<RowPosition>& rows, std::string* bytes) const;
  [[nodiscard]] Cell FoldRows(const Output& output, base::Time at, QueryScratch* scratch, std::string* bytes) const;
  [[nodiscard]] Question QuestionOf(const Output& output, base::Time at) const;

  const TableLayout* layout_;
  std::vector<Output> outputs_;
  std::vector<expr::Window> windows_;
  std::vector<Nest> nests_;
  std::vector<size_t> positional_, tiled_;  // outputs that no nest answers; tiled: ewma
};

// Whether any event counts at this cut, whatever its event_time.
bool AnyVisible(const EntityState* state, base::Time cut);

}  // namespace plumb::engine
