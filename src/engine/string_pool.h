// string_pool.h: strings kept once, so that a value of any type is one 64-bit word.
//
// Why: state holds millions of values, of which strings repeat (carriers, airports). A pooled string's address stands
// for it: equal strings have equal addresses, and addresses stay good as long as the pool.
//
// Thread safety: one writer; strings that were handed out may be read from any thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "base/hash.h"

namespace plumb::engine {

struct BytesHash {
  using is_transparent = void;
  size_t operator()(std::string_view bytes) const { return base::Hash64(bytes); }
};
struct BytesEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

class StringPool {
 public:
  const std::string* Intern(std::string_view text) {
    const auto found = strings_.find(text);
    return found != strings_.end() ? &*found : &*strings_.emplace(text).first;
  }

 private:
  std::unordered_set<std::string, BytesHash, BytesEqual> strings_;
};

}  // namespace plumb::engine
