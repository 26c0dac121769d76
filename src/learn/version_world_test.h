// version_world_test.h: a registry with versions that were really trained, for tests of gates, reproduction and
// comparison.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/random.h"
#include "learn/learn_world_test.h"
#include "learn/training.h"

namespace plumb::learn::testing_world {

// Long flights are late, mostly: `rows` examples a part.
struct Flights {
  std::string schedule = "flight_id,carrier,scheduled,distance\n";
  std::string flights = "flight_id,op,carrier,arrived_at,known,arr_delay\n";
};
inline Flights MakeFlights(int rows, const std::function<double(base::Random& random, int64_t distance)>& delay) {
  base::Random random(7);
  Flights made;
  int id = 0;
  for (const std::string month : {"2013-01-", "2013-02-", "2013-03-"}) {
    for (int i = 0; i < rows; i++) {
      const std::string name = "f" + std::to_string(id++), day = month + std::to_string(10 + i % 15);
      const auto distance = static_cast<int64_t>(random.Below(2000));
      const std::string carrier = i % 3 == 0 ? "UA" : "DL";
      made.schedule += name + "," + carrier + "," + day + " 09:00," + std::to_string(distance) + "\n";
      made.flights += name + ",," + carrier + "," + day + " 10:00," + day + " 10:10," +
                      std::to_string(delay(random, distance)) + "\n";
    }
  }
  return made;
}
inline Flights LateWhenLong(int rows) {
  return MakeFlights(rows, [](base::Random& random, int64_t distance) {
    return random.Chance(0.1) != (distance > 1000) ? 60.0 : 0.0;
  });
}

class VersionWorldTest : public testing::Test {
 protected:
  void SetUp() override {
    state_ = base::JoinPath(testing::TempDir(), "plumb_versions_XXXXXX");
    ASSERT_NE(mkdtemp(state_.data()), nullptr);
    registry_ = registry::Registry::Open(base::RealFileSystem(), clock_, state_).value();
  }
  void TearDown() override {
    registry_.reset();
    EXPECT_TRUE(base::RealFileSystem().RemoveAll(state_).ok());
  }

  static std::unique_ptr<LearnWorld> World(const Flights& flights, const std::string& model = kModel,
                                           const std::string& project = kProject) {
    auto world = std::make_unique<LearnWorld>(model, project);
    world->Events("schedule", flights.schedule).Events("flights", flights.flights);
    return world;
  }
  // `manifest` names the data as the caller of a training would.
  registry::Version Train(LearnWorld& world, const std::string& manifest = "v1") {
    TrainOptionsForModel options{.threads = 1};
    options.data_manifest.Set("schedule", manifest);
    options.data_manifest.Set("flights", manifest);
    auto trained = TrainModel(world.model(), world.Plan(), world.MustBuild(), *registry_, options);
    EXPECT_TRUE(trained.ok()) << trained.status().ToString();
    return trained.ok() ? trained->version : registry::Version();
  }
  void Alias(const std::string& alias, int64_t version) {
    ASSERT_TRUE(registry_->SetAlias("late", alias, version).ok());
  }

  base::ManualClock clock_{1'400'000'000 * base::kSecond};
  std::string state_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<base::Executor> executor_ = base::MakeExecutor(0);
};

}  // namespace plumb::learn::testing_world
