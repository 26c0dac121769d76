// exit_code.h: what the program's end says to a script.
#pragma once

#include "base/status.h"

namespace plumb::app {

enum ExitCode {
  kExitOk = 0,
  kExitProblems = 1,      // the check, audit, test, gate or reproduction ran and found problems
  kExitMistake = 2,       // the user's: usage, project, names, requests
  kExitEnvironment = 3,   // disk, network, another process; worth another try
  kExitCorrupt = 4,       // data on disk does not match its checksum
  kExitInterrupted = 130  // Ctrl-C, as shells say it
};

// Which kind of failure an error is.
int ExitCodeOf(const base::Status& status);

// The codes for --help.
const char* ExitCodeHelp();

}  // namespace plumb::app
