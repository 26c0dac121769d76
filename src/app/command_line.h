// command_line.h: from the words after `plumb` to a verb and its options.
//
// Why: all of the command line stands in one place, so that --help, misspellings and exit codes are the same
// everywhere.
#pragma once

#include <string>
#include <vector>

namespace plumb::app {

// Runs the program; the exit code. `arguments` without the program's name.
int Run(const std::vector<std::string>& arguments);

}  // namespace plumb::app
