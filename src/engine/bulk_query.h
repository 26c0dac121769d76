// bulk_query.h: what one call of a view asks of an entity, sorted by how a sweep over the entity's rows answers it.
//
//   facets      counts, sums, means, moments of numbers; minima and maxima of numbers: any range in constant time
//   positions   first and last: the end of a range
//   rest        everything else: folded directly where the ranges are short, by a tree of the entity where they are not
//
// Thread safety: immutable once the layout is sealed.
#pragma once

#include <memory>
#include <vector>

#include "engine/bulk_facet.h"
#include "engine/view_program.h"

namespace plumb::engine {

class BulkQuery {
 public:
  enum class Way { kFacet, kPosition, kRest };
  struct Output {
    Way way = Way::kRest;
    size_t window = 0;
    size_t facet = 0;     // kFacet
    size_t position = 0;  // kPosition
    int newest = -1;      // a position: of lifetime aggregates of views with max_age
    int argument = -1, condition = -1;
    SlotForm form;
    Question question;
    bool makes_bytes = false;  // the answer is bytes that no event holds
    bool is_foldable = false;  // kRest: a fold over the rows of the window
  };
  struct Position {
    size_t window = 0;
    int condition = -1;
    bool is_last = true;
    friend bool operator==(const Position&, const Position&) = default;
  };

  // Adds what it reads to the layout, which is sealed later and outlives the query, as the call does.
  BulkQuery(const ViewCall* call, TableLayout* layout);
  // After the layout is sealed.
  void Seal();

  [[nodiscard]] const ViewCall& call() const { return *call_; }
  [[nodiscard]] const TableLayout& layout() const { return *layout_; }
  [[nodiscard]] const std::vector<Output>& outputs() const { return outputs_; }
  [[nodiscard]] const std::vector<expr::Window>& windows() const { return windows_; }
  [[nodiscard]] const std::vector<FacetSpec>& facets() const { return facets_; }
  [[nodiscard]] const std::vector<std::vector<size_t>>& windows_of_facet() const { return windows_of_facet_; }
  [[nodiscard]] const std::vector<Position>& positions() const { return positions_; }

  // The outputs that are answered by a tree, by their places, and what a tree needs for them.
  struct Rest {
    std::vector<size_t> outputs;
    bool is_foldable = true;  // all of them
    std::unique_ptr<TableLayout> layout;
    std::unique_ptr<WindowQuery> query;
    std::vector<int> arguments, conditions;  // of its layout, in the table's
  };
  [[nodiscard]] const Rest& rest() const { return rest_; }

 private:
  void AddOutput(const expr::Aggregate& aggregate);
  [[nodiscard]] static Way WayOf(const expr::Aggregate& aggregate, const SlotForm& form);
  size_t FacetIndex(const Output& output);

  const ViewCall* call_;
  TableLayout* layout_;
  std::vector<Output> outputs_;
  std::vector<expr::Window> windows_;
  std::vector<FacetSpec> facets_;
  std::vector<std::vector<size_t>> windows_of_facet_;
  std::vector<Position> positions_;
  Rest rest_;
};

}  // namespace plumb::engine
