// dependency_graph.h: who uses whom, and an order in which everything comes after what it uses.
//
// Thread safety: one user.
#pragma once

#include <cstddef>
#include <vector>

#include "base/diagnostics.h"

namespace plumb::features::internal {

class DependencyGraph {
 public:
  explicit DependencyGraph(size_t nodes) : uses_(nodes) {}

  // `where` names it in the user's text; of several the first is kept. Requires: both below the number of nodes.
  void Add(size_t user, size_t used, base::Position where);

  struct Cycle {
    std::vector<size_t> path;  // each uses the next; the last is the first again
    base::Position where;      // what closes the circle
  };
  // Finds circles and cuts them: afterwards every node of the circles found uses nothing, and the graph has no circle.
  std::vector<Cycle> CutCycles();

  // All nodes, each after what it uses, otherwise in the order of their numbers. Requires: no circle.
  [[nodiscard]] std::vector<size_t> Order() const;

 private:
  struct Edge {
    size_t used;
    base::Position where;
  };
  class CycleSearch;
  std::vector<std::vector<Edge>> uses_;
};

}  // namespace plumb::features::internal
