#include "features/internal/dependency_graph.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

namespace plumb::features::internal {

void DependencyGraph::Add(size_t user, size_t used, base::Position where) {
  std::vector<Edge>& edges = uses_[user];
  const auto same = [used](const Edge& edge) { return edge.used == used; };
  if (std::none_of(edges.begin(), edges.end(), same)) edges.push_back({used, std::move(where)});
}

// Depth first, with a stack of its own: a chain of views may be longer than the machine's stack is deep.
class DependencyGraph::CycleSearch {
 public:
  explicit CycleSearch(const std::vector<std::vector<Edge>>& uses) : uses_(uses), marks_(uses.size(), Mark::kNew) {}

  std::vector<Cycle> Run() {
    for (size_t node = 0; node < uses_.size(); ++node) {
      if (marks_[node] == Mark::kNew) Visit(node);
    }
    return std::move(cycles_);
  }

 private:
  enum class Mark : unsigned char { kNew, kOpen, kDone };
  struct Step {
    size_t node;
    size_t next_edge = 0;
  };

  void Visit(size_t root) {
    Open(root);
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.next_edge == uses_[step.node].size()) {
        marks_[step.node] = Mark::kDone;
        path_.pop_back();
        continue;
      }
      const Edge& edge = uses_[step.node][step.next_edge++];
      if (marks_[edge.used] == Mark::kOpen) Report(edge);
      if (marks_[edge.used] == Mark::kNew) Open(edge.used);
    }
  }

  void Open(size_t node) {
    marks_[node] = Mark::kOpen;
    path_.push_back({node});
  }

  void Report(const Edge& closing) {
    Cycle cycle;
    cycle.where = closing.where;
    auto step = std::find_if(path_.begin(), path_.end(), [&](const Step& s) { return s.node == closing.used; });
    for (; step != path_.end(); ++step) cycle.path.push_back(step->node);
    cycle.path.push_back(closing.used);
    cycles_.push_back(std::move(cycle));
  }

  const std::vector<std::vector<Edge>>& uses_;
  std::vector<Mark> marks_;
  std::vector<Step> path_;
  std::vector<Cycle> cycles_;
};

std::vector<DependencyGraph::Cycle> DependencyGraph::CutCycles() {
  // Every circle has an edge back into the open path, and the node it leaves is cut: one search is enough.
  std::vector<Cycle> cycles = CycleSearch(uses_).Run();
  for (const Cycle& cycle : cycles) {
    for (const size_t node : cycle.path) uses_[node].clear();
  }
  return cycles;
}

std::vector<size_t> DependencyGraph::Order() const {
  std::vector<std::vector<size_t>> users(uses_.size());
  std::vector<size_t> waits_for(uses_.size());
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  for (size_t node = 0; node < uses_.size(); ++node) {
    waits_for[node] = uses_[node].size();
    for (const Edge& edge : uses_[node]) users[edge.used].push_back(node);
    if (waits_for[node] == 0) ready.push(node);
  }
  std::vector<size_t> order;
  while (!ready.empty()) {
    const size_t node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const size_t user : users[node]) {
      if (--waits_for[user] == 0) ready.push(user);
    }
  }
  return order;
}

}  // namespace plumb::features::internal
