// keyed_state.h: the port behind which online state lies: opaque bytes by (space, key).
//
// Why: what is stored is decided by the engine and the server; how, by an adapter (memory, an embedded database, a
// remote store). A space is a short name, such as one aggregate's identity; a key is any bytes. Keys of a space are
// ordered by their bytes.
//
// Thread safety: any number of readers beside one writer. A reader sees each Apply wholly or not at all, within one
// call.
//
//   state.Put("offsets", "flights/0", "42");                  // from memory_keyed_state_test.cc
//   state.Get("offsets", "flights/0");                        // "42"
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace plumb::data {

struct StateChange {
  std::string space;
  std::string key;
  std::optional<std::string> value;  // nothing removes the key
};

class KeyedState {
 public:
  virtual ~KeyedState() = default;

  // The value, or nothing when there is none: a missing key is no error.
  virtual base::Result<std::optional<std::string>> Get(std::string_view space, std::string_view key) = 0;

  // Makes all changes, in order, or none.
  virtual base::Status Apply(const std::vector<StateChange>& changes) = 0;

  // Calls `visit` for every key of the space that starts with `prefix`, in key order, until it returns false. What is
  // visited is the state at one moment. `visit` may read the state but not change it.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  virtual base::Status Scan(std::string_view space, std::string_view prefix, const Visit& visit) = 0;

  // What was applied before is durable when this returns OK, as far as the implementation can be.
  virtual base::Status Sync() = 0;

  base::Status Put(std::string_view space, std::string_view key, std::string_view value) {
    return Apply({{std::string(space), std::string(key), std::string(value)}});
  }
  base::Status Remove(std::string_view space, std::string_view key) {
    return Apply({{std::string(space), std::string(key), std::nullopt}});
  }
};

}  // namespace plumb::data
