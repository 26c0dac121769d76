// environment.h: what the process can ask the operating system about itself.
//
// Why: only base reads the environment, so that everything else can be told otherwise in a test. Code that needs a
// variable takes an `Environment` and gets ProcessEnvironment() from the composition root.
//
// Thread safety: all functions are safe from any thread; nobody changes the environment after start.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/time.h"

namespace plumb::base {

// Looks up a variable: nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

std::optional<std::string> GetEnvironment(const std::string& name);
Environment ProcessEnvironment();  // GetEnvironment as an Environment

bool IsTerminal(int fd);
// Columns of the terminal behind `fd`; `fallback` when it is none.
int TerminalWidth(int fd, int fallback = 80);

int64_t ProcessId();
std::string HostName();          // "localhost" when the system does not say
std::string ExecutablePath();    // of the running program; "" when the system does not say
std::string CurrentDirectory();  // "." when the system does not say
int64_t PeakMemoryBytes();       // the largest resident size so far
Duration ProcessCpuTime();       // user and system, of all threads
int64_t ThreadCpuNanos();        // of the calling thread

}  // namespace plumb::base
