#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace plumb::base {

void CheckFailed(const char* file, int line, const char* condition, const char* sentence) {
  std::fprintf(stderr, "%s:%d: bug in plumb: check failed: %s: %s\n", file, line, condition, sentence);
  std::fflush(stderr);
  std::abort();
}

}  // namespace plumb::base
