#include "base/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "base/internal/cut_scalars.h"
#include "base/internal/utf8.h"

namespace plumb::base {
namespace {

constexpr size_t kBytesMax = 4u << 20;
constexpr size_t kDepthMax = 64;
constexpr size_t kNodesMax = 200'000;

// Unwinds yaml-cpp after a mistake that is already reported and that makes the rest unreadable.
struct StopParsing {};

// Byte offsets of yaml-cpp's marks. Its columns count bytes since the last \n and leave out a byte order mark.
class LineTable {
 public:
  explicit LineTable(std::string_view text) : size_(text.size()) {
    starts_.push_back(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    for (size_t i = text.find('\n'); i != std::string_view::npos; i = text.find('\n', i + 1)) starts_.push_back(i + 1);
  }
  size_t OffsetOf(const YAML::Mark& mark) const {
    if (mark.line < 0 || mark.column < 0) return 0;
    if (static_cast<size_t>(mark.line) >= starts_.size()) return size_;
    return std::min(starts_[static_cast<size_t>(mark.line)] + static_cast<size_t>(mark.column), size_);
  }

 private:
  std::vector<size_t> starts_;
  size_t size_;
};

// Builds the tree from yaml-cpp's events. Open containers are kept on a stack, so that after a mistake what was read
// before it can still be put together.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceTextPtr& source, const LineTable& lines, Diagnostics* diagnostics)
      : source_(source), lines_(lines), diagnostics_(diagnostics) {
    root_.position = Position{source_, 0, 1};
  }

  // Puts together what was read. Says nothing more: after a mistake, half a map has no mistakes of its own.
  YamlNode TakeRoot() {
    is_silent_ = true;
    while (!open_.empty()) Close();
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      Stop(lines_.OffsetOf(mark), "YAML file holds more than one document.", "Write one file for each.");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const size_t offset = lines_.OffsetOf(mark);
    RefuseProperties(offset, "?", anchor);
    Count(offset);
    YamlNode node;
    const size_t length = WrittenNullLength(offset);
    node.position = Position{source_, offset, std::max<size_t>(length, 1)};
    // A value that is left out is marked where the next thing begins; its key tells the reader more.
    if (length == 0 && InValue()) node.position = open_.back().key.key_position;
    Place(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { RefuseAlias(lines_.OffsetOf(mark)); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const size_t offset = lines_.OffsetOf(mark);
    RefuseProperties(offset, tag, anchor);
    Count(offset);
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.scalar = value;
    const char first = CharAt(offset, '\0');
    node.quoted = tag == "!" && first != '!';
    node.position = ScalarPosition(offset, node);
    if (node.quoted && !IsClosed(offset)) Stop(offset, "Quotes are not closed.", "");
    internal::ReportIfCut(node, in_flow_, diagnostics_);
    Place(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    Open(YamlNode::Kind::kSequence, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor, style);
  }
  void OnMapEnd() override { Close(); }

  // The innermost map or sequence in brackets that is still open, or null.
  const Position* OpenBracket() const { return in_flow_ ? &open_.back().node.position : nullptr; }

  [[noreturn]] void RefuseAlias(size_t offset) {
    Stop(offset, "YAML aliases are not allowed.", "Put a text that begins with * in quotes.");
  }

 private:
  // A container that is being filled, and of a map the key whose value comes next.
  struct OpenContainer {
    YamlNode node;
    bool is_flow = false;
    bool has_key = false;
    bool drop_value = false;  // of a key that was refused
    YamlEntry key;
    std::unordered_map<std::string, size_t> keys;  // to their offsets
  };

  [[noreturn]] void Stop(size_t offset, std::string message, std::string suggestion) {
    diagnostics_->Error(Position{source_, offset, 1}, std::move(message), std::move(suggestion));
    throw StopParsing();
  }

  void RefuseProperties(size_t offset, const std::string& tag, YAML::anchor_t anchor) {
    const char first = CharAt(offset, '\0');
    if (anchor != 0 || first == '&') {
      Stop(offset, "YAML anchors are not allowed.", "Put a text that begins with & in quotes.");
    }
    if ((tag != "?" && tag != "!") || (tag == "!" && first == '!')) {
      Stop(offset, "YAML tags are not allowed.", "Put a text that begins with ! in quotes.");
    }
  }

  char CharAt(size_t offset, char at_end) const {
    return offset < source_->text.size() ? source_->text[offset] : at_end;
  }

  bool InValue() const { return !open_.empty() && open_.back().node.IsMap() && open_.back().has_key; }

  // Bytes of a null that is written out, 0 when nothing is written.
  size_t WrittenNullLength(size_t offset) const {
    const std::string_view rest = std::string_view(source_->text).substr(std::min(offset, source_->text.size()));
    for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
      // Not the first letters of the next key, nor that key itself.
      if (rest.starts_with(word) &&
          std::string_view(" \t\r\n,]}").find(CharAt(offset + word.size(), '\n')) != std::string_view::npos) {
        return word.size();
      }
    }
    return 0;
  }

  Position ScalarPosition(size_t offset, const YamlNode& node) const {
    const std::string_view text = source_->text;
    size_t begin = offset;
    if (node.quoted && offset < text.size()) {
      begin = text[offset] == '|' || text[offset] == '>' ? BlockScalarBegin(offset) : offset + 1;
    }
    const std::string_view rest = text.substr(std::min(begin, text.size()));
    if (rest.starts_with(node.scalar) && node.scalar.find('\n') == std::string::npos)
      return {source_, begin, std::max<size_t>(node.scalar.size(), 1)};
    const std::string_view line = rest.substr(0, rest.find_first_of("\r\n"));
    const size_t end = line.find_last_not_of(" \t");
    return {source_, begin, end == std::string_view::npos ? 1 : end + 1};
  }

  // Whether the quote that opens at `offset` also closes. yaml-cpp forgives a last one that does not.
  bool IsClosed(size_t offset) const {
    const std::string_view text = source_->text;
    const char quote = CharAt(offset, '\0');
    if (quote == '"') {
      size_t at = offset + 1;
      while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
      return at < text.size();
    }
    if (quote != '\'') return true;
    size_t at = text.find('\'', offset + 1);
    while (at != std::string_view::npos && at + 1 < text.size() && text[at + 1] == '\'') at = text.find('\'', at + 2);
    return at != std::string_view::npos;
  }

  size_t BlockScalarBegin(size_t header) const {
    const std::string_view text = source_->text;
    const size_t newline = text.find('\n', header);
    const size_t begin = newline == std::string_view::npos ? newline : text.find_first_not_of(" \n\r", newline);
    return begin == std::string_view::npos ? header : begin;
  }

  void Count(size_t offset) {
    if (++nodes_ > kNodesMax) Stop(offset, fmt::format("YAML has too many nodes: more than {}.", kNodesMax), "");
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style) {
    const size_t offset = lines_.OffsetOf(mark);
    RefuseProperties(offset, tag, anchor);
    if (open_.size() >= kDepthMax) {
      Stop(offset, fmt::format("YAML is nested too deeply: more than {} levels.", kDepthMax), "");
    }
    Count(offset);
    OpenContainer container;
    container.node.kind = kind;
    container.node.position = Position{source_, offset, 1};
    container.is_flow = in_flow_ || style == YAML::EmitterStyle::Flow;
    in_flow_ = container.is_flow;
    open_.push_back(std::move(container));
  }

  void Close() {
    OpenContainer done = std::move(open_.back());
    open_.pop_back();
    if (done.has_key) AddEntry(&done, YamlNode{.position = done.key.key_position});
    in_flow_ = !open_.empty() && open_.back().is_flow;
    Place(std::move(done.node));
  }

  // Puts a finished node where it belongs: root, item, key or value.
  void Place(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenContainer& parent = open_.back();
    if (parent.node.IsSequence()) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.has_key) {
      AddEntry(&parent, std::move(node));
    } else {
      TakeKey(&parent, std::move(node));
    }
  }

  static void AddEntry(OpenContainer* map, YamlNode value) {
    map->has_key = false;
    if (map->drop_value) return;
    map->key.value = std::move(value);
    map->node.entries.push_back(std::move(map->key));
    map->key = YamlEntry();
  }

  void TakeKey(OpenContainer* map, YamlNode node) {
    map->has_key = true;
    map->drop_value = true;
    map->key.key = node.scalar;
    map->key.key_position = node.position;
    if (!node.IsScalar()) {
      if (!is_silent_) diagnostics_->Error(node.position, "Key of a map is not a text.", "Put it in quotes.");
      return;
    }
    if (node.scalar == "<<" && !node.quoted) {
      diagnostics_->Error(node.position, "YAML merge keys are not allowed.", "Write the keys out.");
      return;
    }
    const auto [first, is_new] = map->keys.emplace(node.scalar, node.position.offset);
    if (!is_new) {
      const int first_line = Position{source_, first->second, 1}.Line();
      diagnostics_->Error(node.position, fmt::format("Key occurs twice: {}, on lines {} and {}.", node.scalar,
                                                     first_line, node.position.Line()));
      return;
    }
    map->drop_value = false;
  }

  const SourceTextPtr& source_;
  const LineTable& lines_;
  Diagnostics* diagnostics_;
  YamlNode root_;
  std::vector<OpenContainer> open_;
  bool in_flow_ = false;
  bool is_silent_ = false;
  size_t nodes_ = 0;
  int documents_ = 0;
};

// Refuses what yaml-cpp would misread: it takes control characters for ends of file, and other encodings for its own.
bool IsReadable(const SourceTextPtr& source, Diagnostics* diagnostics) {
  const std::string_view text = source->text;
  if (text.size() > kBytesMax) {
    diagnostics->Error(Position{source, 0, 1},
                       fmt::format("YAML file is too large: {} bytes, at most {}.", text.size(), kBytesMax));
    return false;
  }
  if (const size_t at = internal::FindInvalidUtf8(text); at != std::string_view::npos) {
    diagnostics->Error(Position{source, at, 1}, "YAML file is not valid UTF-8.");
    return false;
  }
  const auto is_control = [](char c) {
    const unsigned char byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
  };
  if (const auto at = std::find_if(text.begin(), text.end(), is_control); at != text.end()) {
    const size_t offset = static_cast<size_t>(at - text.begin());
    diagnostics->Error(Position{source, offset, 1}, "YAML file holds a control character.");
    return false;
  }
  return true;
}

std::string SyntaxSuggestion(const std::string& message) {
  if (message.find("tab") != std::string::npos) return "Indent with blanks.";
  if (message.find("flow") != std::string::npos) {
    return "Close every bracket, and put a text that holds , : # ? [ ] { } in quotes.";
  }
  if (message.find("EOF in scalar") != std::string::npos) return "Close the quotes.";
  if (message.find("end of map") != std::string::npos || message.find("end of seq") != std::string::npos) {
    return "Indent all entries of one map or list alike.";
  }
  return "";
}

void ReportSyntaxError(const YAML::Exception& error, const SourceTextPtr& source, const LineTable& lines,
                       const Position* open_bracket, Diagnostics* diagnostics) {
  const size_t offset = lines.OffsetOf(error.mark);
  if (internal::ReportIfCutAtColon(source, offset, diagnostics)) return;
  const bool is_at_end = offset == 0 || source->text.find_first_not_of(" \t\r\n", offset) == std::string::npos;
  if (open_bracket != nullptr && is_at_end) {
    diagnostics->Error(*open_bracket, "Bracket is not closed.", SyntaxSuggestion("flow"));
    return;
  }
  diagnostics->Error(Position{source, offset, 1}, fmt::format("YAML is not well-formed: {}.", error.msg),
                     SyntaxSuggestion(error.msg));
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const YamlEntry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

YamlNode ParseYaml(const SourceTextPtr& source, Diagnostics* diagnostics) {
  if (!IsReadable(source, diagnostics)) return YamlNode{.position = Position{source, 0, 1}};
  const LineTable lines(source->text);
  TreeBuilder builder(source, lines, diagnostics);
  try {
    std::istringstream stream(source->text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const StopParsing&) {
  } catch (const YAML::Exception& error) {
    if (error.msg == YAML::ErrorMsg::UNKNOWN_ANCHOR) {
      try {
        builder.RefuseAlias(lines.OffsetOf(error.mark));
      } catch (const StopParsing&) {
      }
    } else {
      ReportSyntaxError(error, source, lines, builder.OpenBracket(), diagnostics);
    }
  } catch (const std::exception& error) {
    diagnostics->Error(Position{source, 0, 1}, fmt::format("YAML cannot be read: {}.", error.what()));
  }
  return builder.TakeRoot();
}

}  // namespace plumb::base
