// Any bytes as YAML: no crash, every position inside the text, every diagnostic can be shown.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/check.h"
#include "base/project_tree.h"
#include "base/yaml.h"

namespace {

using plumb::base::Position;
using plumb::base::YamlEntry;
using plumb::base::YamlNode;

void CheckPosition(const Position& position, size_t bytes) {
  PLUMB_CHECK(position.source != nullptr && position.offset <= bytes, "A position lies in its text.");
  PLUMB_CHECK(position.length >= 1, "A position underlines something.");
}

void CheckTree(const YamlNode& node, size_t bytes) {
  CheckPosition(node.position, bytes);
  if (node.IsScalar()) {
    const size_t half = node.scalar.size() / 2;
    CheckPosition(plumb::base::PositionInScalar(node, half, 1), bytes);
    PLUMB_CHECK(plumb::base::SourceOffset(node, node.scalar.size()) <= bytes, "A scalar ends in its text.");
  }
  for (const YamlNode& item : node.items) CheckTree(item, bytes);
  for (const YamlEntry& entry : node.entries) {
    CheckPosition(entry.key_position, bytes);
    CheckTree(entry.value, bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > (1u << 16)) return 0;
  const auto source = std::make_shared<const plumb::base::SourceText>(
      plumb::base::SourceText{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)});
  plumb::base::Diagnostics diagnostics;
  CheckTree(plumb::base::ParseYaml(source, &diagnostics), size);
  plumb::base::MergeProject({source}, &diagnostics);
  (void)diagnostics.Render(false);
  return 0;
}
