#include "features/internal/dependency_graph.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace plumb::features::internal {
namespace {

using Nodes = std::vector<size_t>;

TEST(DependencyGraph, KeepsTheOrderOfWhatIsIndependent) {
  DependencyGraph graph(4);
  graph.Add(0, 3, {});
  EXPECT_TRUE(graph.CutCycles().empty());
  EXPECT_EQ(graph.Order(), (Nodes{1, 2, 3, 0}));
}

TEST(DependencyGraph, NamesThePathOfACircle) {
  DependencyGraph graph(5);
  graph.Add(0, 1, {});
  graph.Add(1, 2, {});
  graph.Add(2, 3, {});
  graph.Add(3, 1, {});
  const auto cycles = graph.CutCycles();
  ASSERT_EQ(cycles.size(), 1U);
  EXPECT_EQ(cycles[0].path, (Nodes{1, 2, 3, 1}));
  EXPECT_EQ(graph.Order(), (Nodes{1, 0, 2, 3, 4}));
}

TEST(DependencyGraph, SeesANodeThatUsesItself) {
  DependencyGraph graph(1);
  graph.Add(0, 0, {});
  const auto cycles = graph.CutCycles();
  ASSERT_EQ(cycles.size(), 1U);
  EXPECT_EQ(cycles[0].path, (Nodes{0, 0}));
  EXPECT_EQ(graph.Order(), Nodes{0});
}

TEST(DependencyGraph, WalksALongChain) {
  constexpr size_t kNodes = 200000;
  DependencyGraph graph(kNodes);
  for (size_t i = 0; i + 1 < kNodes; ++i) graph.Add(i, i + 1, {});
  EXPECT_TRUE(graph.CutCycles().empty());
  EXPECT_EQ(graph.Order().front(), kNodes - 1);
}

TEST(DependencyGraph, OrdersEveryRandomGraphAfterCutting) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    const size_t nodes = 1 + random() % 12;
    DependencyGraph graph(nodes);
    for (size_t edges = random() % 25; edges > 0; --edges) graph.Add(random() % nodes, random() % nodes, {});
    for (const auto& cycle : graph.CutCycles()) EXPECT_EQ(cycle.path.front(), cycle.path.back());
    EXPECT_EQ(graph.Order().size(), nodes);
  }
}

}  // namespace
}  // namespace plumb::features::internal
