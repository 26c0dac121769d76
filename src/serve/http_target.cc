#include "serve/http_target.h"

#include <algorithm>

#include "serve/internal/syntax.h"

namespace plumb::serve {
namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool MayStandInTarget(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7f && c != '#';
}

bool ParsePath(std::string_view text, HttpTarget* target) {
  if (text.empty() || text[0] != '/') return false;
  while (!text.empty()) {
    text.remove_prefix(1);
    const size_t slash = std::min(text.find('/'), text.size());
    std::optional<std::string> segment = PercentDecode(text.substr(0, slash), /*plus_is_blank=*/false);
    if (!segment || *segment == "." || *segment == ".." || std::any_of(segment->begin(), segment->end(), IsControl)) {
      return false;
    }
    target->path.append("/").append(*segment);
    target->segments.push_back(std::move(*segment));
    text.remove_prefix(slash);
  }
  return true;
}

bool ParseQuery(std::string_view text, HttpTarget* target) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    const size_t equals = std::min(pair.find('='), pair.size());
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    std::optional<std::string> name = PercentDecode(pair.substr(0, equals), /*plus_is_blank=*/true);
    std::optional<std::string> value =
        PercentDecode(pair.substr(std::min(equals + 1, pair.size())), /*plus_is_blank=*/true);
    if (!name || !value) return false;
    target->query.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

// Cuts "http://authority" off, and leaves at least "/".
bool CutAuthority(std::string_view* text, HttpTarget* target) {
  constexpr std::string_view kScheme = "http://";
  if (!internal::EqualIgnoringCase(text->substr(0, kScheme.size()), kScheme)) return false;
  text->remove_prefix(kScheme.size());
  const size_t end = std::min(text->find_first_of("/?"), text->size());
  target->authority = text->substr(0, end);
  text->remove_prefix(end);
  return !target->authority.empty() && target->authority.find('@') == std::string::npos;
}

}  // namespace

std::optional<HttpTarget> ParseTarget(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), MayStandInTarget)) return std::nullopt;
  HttpTarget target;
  if (text == "*") {
    target.is_asterisk = true;
    target.path = "*";
    return target;
  }
  if (text[0] != '/' && !CutAuthority(&text, &target)) return std::nullopt;
  const size_t question = std::min(text.find('?'), text.size());
  const std::string_view path = question == 0 ? "/" : text.substr(0, question);
  if (!ParsePath(path, &target)) return std::nullopt;
  if (!ParseQuery(text.substr(std::min(question + 1, text.size())), &target)) return std::nullopt;
  return target;
}

std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = internal::HexValue(text[i + 1]);
      const int low = internal::HexValue(text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
      c = static_cast<char>(high << 4 | low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    decoded.push_back(c);
  }
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (internal::IsLetter(c) || internal::IsDigit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return encoded;
}

}  // namespace plumb::serve
