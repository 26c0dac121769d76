// memory_keyed_state.h: KeyedState in memory, lost with the process: for tests, and where the state is rebuilt from the
// lake.
//
// A scan copies what it will visit and then visits without the lock, so that a slow visitor holds nobody up and may
// read the state.
//
// Thread safety: any number of readers and writers.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "data/keyed_state.h"

namespace plumb::data {

class MemoryKeyedState : public KeyedState {
 public:
  base::Result<std::optional<std::string>> Get(std::string_view space, std::string_view key) override;
  base::Status Apply(const std::vector<StateChange>& changes) override;
  base::Status Scan(std::string_view space, std::string_view prefix, const Visit& visit) override;
  base::Status Sync() override { return {}; }

 private:
  using Space = std::map<std::string, std::string, std::less<>>;

  std::shared_mutex mutex_;  // guards spaces_
  std::map<std::string, Space, std::less<>> spaces_;
};

}  // namespace plumb::data
