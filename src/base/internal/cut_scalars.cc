#include "base/internal/cut_scalars.h"

#include <algorithm>

namespace plumb::base::internal {
namespace {

bool IsWord(char c) {
  const unsigned char byte = static_cast<unsigned char>(c);
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || byte >= 0x80;
}

void Report(const SourceTextPtr& source, size_t offset, size_t length, std::string_view at, Diagnostics* diagnostics) {
  diagnostics->Error(Position{source, offset, length},
                     fmt::format("Expression is cut by YAML at \"{}\": put it in quotes.", at),
                     "Write 'EXPRESSION', with each single quote inside doubled, or \"EXPRESSION\".");
}

}  // namespace

bool HasOpenBracketOrQuote(std::string_view text) {
  int depth = 0;
  char quote = '\0';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if ((c == '\'' || c == '"') && (i == 0 || !IsWord(text[i - 1]))) {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      --depth;
    }
  }
  return depth > 0 || quote != '\0';
}

bool ReportIfCut(const YamlNode& scalar, bool in_flow, Diagnostics* diagnostics) {
  if (scalar.quoted || !HasOpenBracketOrQuote(scalar.scalar)) return false;
  const SourceTextPtr& source = scalar.position.source;
  const std::string_view text = source->text;
  const size_t end = SourceOffset(scalar, scalar.scalar.size());
  const size_t next = std::min(text.find_first_not_of(" \t", end), text.size());
  if (next == text.size()) return false;
  if (text[next] == '#' && next > end) {
    Report(source, next - 1, 2, " #", diagnostics);
    return true;
  }
  if (text[next] == ':') {
    Report(source, next, 1, ": ", diagnostics);
    return true;
  }
  const size_t solid = in_flow ? text.find_first_not_of(" \t\r\n", end) : std::string_view::npos;
  if (solid == std::string_view::npos || std::string_view(",[]{}?").find(text[solid]) == std::string_view::npos)
    return false;
  Report(source, solid, 1, text.substr(solid, 1), diagnostics);
  return true;
}

bool ReportIfCutAtColon(const SourceTextPtr& source, size_t offset, Diagnostics* diagnostics) {
  const std::string_view text = source->text;
  if (offset >= text.size() || text[offset] != ':') return false;
  if (offset + 1 < text.size() && std::string_view(" \t\r\n").find(text[offset + 1]) == std::string_view::npos)
    return false;
  // The line needs a colon before this one: the one that ends the key.
  const size_t newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  if (text.substr(begin, offset - begin).find(": ") == std::string_view::npos) return false;
  Report(source, offset, 1, ": ", diagnostics);
  return true;
}

}  // namespace plumb::base::internal
