// reference.h: how people name a version of a model whose name is clear: "v3", "3", "champion", "MODEL@v3".
#pragma once

#include <string>

namespace plumb::app {

// "MODEL@…" as the registry resolves it.
std::string FullReference(const std::string& model, const std::string& text);

}  // namespace plumb::app
