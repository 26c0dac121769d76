#include <algorithm>

#include "base/yaml.h"

namespace plumb::base {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Bytes of the escape sequence at the start of `text`, which begins with a backslash.
size_t EscapeBytes(std::string_view text) {
  if (text.size() < 2) return text.size();
  switch (text[1]) {
    case 'x':
      return std::min<size_t>(4, text.size());
    case 'u':
      return std::min<size_t>(6, text.size());
    case 'U':
      return std::min<size_t>(10, text.size());
    default:
      return 2;
  }
}

size_t CodePointBytes(std::string_view text) {
  size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) ++bytes;
  return bytes;
}

// Walks source and scalar side by side. Blanks of one stand for blanks of the other (folding); all else is the same in
// both, except for doubled single quotes and, in double quotes, escapes.
class Alignment {
 public:
  Alignment(std::string_view text, size_t begin, std::string_view scalar, bool quoted)
      : text_(text), at_(std::min(begin, text.size())), scalar_(scalar) {
    const char before = begin > 0 && quoted ? text[begin - 1] : '\0';
    if (before == '\'' || before == '"') quote_ = before;
  }

  // The byte of the text for byte `offset` of the scalar.
  size_t Find(size_t offset) {
    size_t i = 0;
    while (i < std::min(offset, scalar_.size())) i += Step(scalar_.substr(i));
    if (i < scalar_.size() && !IsBlank(scalar_[i])) SkipBlanks();
    return at_;
  }

 private:
  // Moves over what the start of `rest` came from; returns how much of `rest` that was.
  size_t Step(std::string_view rest) {
    if (at_ >= text_.size()) return rest.size();
    const char here = text_[at_];
    if (IsEscapedNewline()) {
      SkipBlanks();
      return 0;
    }
    if (quote_ == '"' && here == '\\') {
      at_ += EscapeBytes(text_.substr(at_));
      return CodePointBytes(rest);
    }
    if (IsBlank(rest.front())) {
      const size_t blanks = std::min(rest.find_first_not_of(" \t\r\n"), rest.size());
      const bool is_literal = text_.substr(at_, blanks) == rest.substr(0, blanks);
      if (is_literal) {
        ++at_;
        return 1;
      }
      SkipBlanks();
      return blanks;
    }
    if (IsBlank(here)) {
      SkipBlanks();
      return 0;
    }
    at_ += quote_ == '\'' && here == '\'' ? 2 : 1;
    return 1;
  }

  void SkipBlanks() {
    while (at_ < text_.size() && (IsBlank(text_[at_]) || IsEscapedNewline())) ++at_;
  }
  bool IsEscapedNewline() const {
    return quote_ == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() &&
           (text_[at_ + 1] == '\n' || text_[at_ + 1] == '\r');
  }

  std::string_view text_;
  size_t at_;
  std::string_view scalar_;
  char quote_ = '\0';
};

}  // namespace

size_t SourceOffset(const YamlNode& node, size_t offset) {
  if (node.position.source == nullptr) return node.position.offset;
  return Alignment(node.position.source->text, node.position.offset, node.scalar, node.quoted).Find(offset);
}

Position PositionInScalar(const YamlNode& node, size_t offset, size_t length) {
  if (node.position.source == nullptr) return node.position;
  const size_t begin = SourceOffset(node, std::min(offset, node.scalar.size()));
  const size_t end = SourceOffset(node, std::min(offset + std::min(length, node.scalar.size()), node.scalar.size()));
  return Position{node.position.source, begin, end > begin ? end - begin : 1};
}

}  // namespace plumb::base
