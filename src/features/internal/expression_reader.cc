#include "features/internal/expression_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace plumb::features::internal {
namespace {

bool IsContiguous(const base::YamlNode& node) {
  const base::Position& at = node.position;
  return at.source != nullptr &&
         at.source->text.compare(std::min(at.offset, at.source->text.size()), node.scalar.size(), node.scalar) == 0;
}

}  // namespace

expr::ExprPtr ExpressionReader::Read(const base::YamlNode& node, const std::string& what) {
  if (!node.IsScalar()) {
    diagnostics_->Error(node.position, fmt::format("Value is not an expression: {}.", what),
                        "Write one line of text, in quotes if YAML reads it otherwise.");
    return nullptr;
  }
  if (IsContiguous(node)) {
    base::Position position = node.position;
    position.length = std::max<size_t>(node.scalar.size(), 1);
    return expr::Parse(node.scalar, position, diagnostics_);
  }
  const std::string name = node.position.source == nullptr ? "" : node.position.source->name;
  auto text = std::make_shared<const base::SourceText>(base::SourceText{name, node.scalar});
  rewritten_.push_back({text, &node});
  return expr::Parse(node.scalar, base::Position{text, 0, std::max<size_t>(node.scalar.size(), 1)}, diagnostics_);
}

base::Position ExpressionReader::InFile(const base::Position& position) const {
  for (const Rewritten& rewritten : rewritten_) {
    if (rewritten.text != position.source) continue;
    const size_t offset = std::min(position.offset, rewritten.node->scalar.size());
    const size_t length = std::min(position.length, rewritten.node->scalar.size() - offset);
    return base::PositionInScalar(*rewritten.node, offset, std::max<size_t>(length, 1));
  }
  return position;
}

}  // namespace plumb::features::internal
