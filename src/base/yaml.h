// yaml.h: a YAML text as a tree of nodes that know where they stand.
//
// Why: every error in a project names file, line and column. Modules read their own section from this tree and never
// see yaml-cpp. Scalars stay text: what they mean is the reader's business. Anchors, tags and merge keys are refused;
// depth, size and node count are bounded.
//
// Thread safety: immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.h"

namespace plumb::base {

struct YamlNode;

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  Position position;               // of a scalar: its first character as text, after an opening quote
  std::string scalar;              // kScalar
  bool quoted = false;             // kScalar: was in quotes, so never null and never cut
  std::vector<YamlNode> items;     // kSequence
  std::vector<YamlEntry> entries;  // kMap, in file order; keys are unique

  [[nodiscard]] bool IsNull() const { return kind == Kind::kNull; }
  [[nodiscard]] bool IsScalar() const { return kind == Kind::kScalar; }
  [[nodiscard]] bool IsSequence() const { return kind == Kind::kSequence; }
  [[nodiscard]] bool IsMap() const { return kind == Kind::kMap; }

  // The value under `key`, or null. Requires nothing of the kind.
  [[nodiscard]] const YamlNode* Find(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  Position key_position;
  YamlNode value;
};

// The byte of the source text that holds byte `offset` of the node's scalar: quotes doubled, escapes and folded lines
// are seen through. `offset` may be the scalar's size: the end. Requires: IsScalar().
size_t SourceOffset(const YamlNode& node, size_t offset);
// Where a part of the scalar stands, for a parser of what the scalar says.
Position PositionInScalar(const YamlNode& node, size_t offset, size_t length);

// Parses one document. Mistakes (also duplicate keys) go to `diagnostics`; what could be read is returned.
// Plain scalars null, ~ and empty are kNull; the position of one that is not written is its key's. An expression that
// YAML would cut (a comma in a flow map, " #", ": ") is an error that says to quote it. Bounded: 4 MiB of text, 64
// levels, 200,000 nodes.
YamlNode ParseYaml(const SourceTextPtr& source, Diagnostics* diagnostics);

// Reads a map with known keys: every accessor records its key, Finish reports the ones nobody asked for, with a
// suggestion.
//
//   YamlReader reader(node, &diagnostics);
//   std::string path = reader.RequiredString("path");
//   bool skip = reader.Bool("skip_null_time").value_or(false);
//   reader.Finish();
class YamlReader {
 public:
  // `what` names the thing in sentences: "source flights". A node that is not a map is an error (null counts as empty).
  // `node` must outlive the reader. A key whose value is null counts as absent, except to Node and RequiredNode.
  YamlReader(const YamlNode& node, std::string what, Diagnostics* diagnostics);

  std::optional<std::string> String(std::string_view key);
  std::string RequiredString(std::string_view key);
  std::optional<bool> Bool(std::string_view key);
  std::optional<int64_t> Int(std::string_view key, int64_t min, int64_t max);
  std::optional<double> Double(std::string_view key, double min, double max);
  std::vector<std::string> Strings(std::string_view key);  // a sequence of scalars, or one scalar
  const YamlNode* Node(std::string_view key);              // or null when absent
  const YamlNode* RequiredNode(std::string_view key);

  // Where the value of `key` stands, or the map itself.
  [[nodiscard]] Position Where(std::string_view key) const;
  void Finish();

 private:
  const YamlNode* Take(std::string_view key);
  const YamlNode* TakeScalar(std::string_view key, const char* want);  // or null; reports another kind than a scalar
  void WrongType(std::string_view key, const YamlNode& value, std::string_view want, std::string_view got);
  void OutOfRange(std::string_view key, const YamlNode& value, std::string_view want);
  void Missing(std::string_view key);

  const YamlNode& node_;
  std::string what_;
  Diagnostics* diagnostics_;
  std::vector<std::string> known_;
};

}  // namespace plumb::base
