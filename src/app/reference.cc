#include "app/reference.h"

#include <algorithm>

namespace plumb::app {

std::string FullReference(const std::string& model, const std::string& text) {
  if (text.find('@') != std::string::npos) return text;
  const bool is_number =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return model + "@" + (is_number ? "v" + text : text);
}

}  // namespace plumb::app
