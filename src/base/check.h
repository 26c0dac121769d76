// check.h: what must be true unless plumb itself is wrong. On in every build.
//
// A failed check is a bug, never the user's mistake or the environment's (those are Status). It prints the place, the
// condition and the sentence, and aborts: state on disk is always safe to reopen.
#pragma once

namespace plumb::base {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, const char* sentence);
}  // namespace plumb::base

#define PLUMB_CHECK(condition, sentence)                                    \
  do {                                                                      \
    if (!(condition)) [[unlikely]]                                          \
      ::plumb::base::CheckFailed(__FILE__, __LINE__, #condition, sentence); \
  } while (false)
