#include "expr/text_match.h"

namespace plumb::expr {
namespace {

size_t AfterCharacter(std::string_view text, size_t at) {
  ++at;
  while (at < text.size() && !StartsCharacter(text[at])) ++at;
  return at;
}

}  // namespace

size_t CharacterCount(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); at = AfterCharacter(text, at)) ++count;
  return count;
}

size_t CharacterOffset(std::string_view text, size_t index) {
  size_t at = 0;
  while (index > 0 && at < text.size()) {
    at = AfterCharacter(text, at);
    --index;
  }
  return at;
}

// Greedy with one point of return: the last % seen. Text × pattern at worst.
bool IsLike(std::string_view text, std::string_view pattern) {
  size_t at = 0;
  size_t wanted = 0;
  size_t star = std::string_view::npos;
  size_t star_at = 0;
  while (at < text.size()) {
    if (wanted < pattern.size() && pattern[wanted] == '%') {
      star = ++wanted;
      star_at = at;
    } else if (wanted < pattern.size() && pattern[wanted] == '_') {
      ++wanted;
      at = AfterCharacter(text, at);
    } else if (wanted < pattern.size() && pattern[wanted] == text[at]) {
      ++wanted;
      ++at;
    } else if (star != std::string_view::npos) {
      wanted = star;
      star_at = AfterCharacter(text, star_at);
      at = star_at;
    } else {
      return false;
    }
  }
  while (wanted < pattern.size() && pattern[wanted] == '%') ++wanted;
  return wanted == pattern.size();
}

}  // namespace plumb::expr
