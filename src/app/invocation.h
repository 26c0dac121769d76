// invocation.h: one run of the program: the global options and the seams that everything receives.
#pragma once

#include <string>

#include "app/interrupt.h"
#include "app/terminal.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/file_system.h"

namespace plumb::app {

struct GlobalOptions {
  std::string project;           // empty: the nearest parent with a project
  std::string state;             // empty: as configured, else PROJECT/.plumb
  std::string environment_name;  // env/NAME.yaml
  TerminalOptions terminal;
};

struct Invocation {
  base::FileSystem& files;
  base::Clock& clock;
  base::Environment environment;
  Terminal& terminal;
  GlobalOptions globals;
  Interrupt* interrupt = nullptr;  // none for serve, which watches signals itself
};

}  // namespace plumb::app
