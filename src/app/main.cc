#include <string>
#include <vector>

#include "app/command_line.h"

int main(int argc, char** argv) { return plumb::app::Run(std::vector<std::string>(argv + 1, argv + argc)); }
