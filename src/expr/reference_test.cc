// docs/expressions.md is ExpressionReference(), word for word. PLUMB_UPDATE_DOCS=1 writes it anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "expr/checked.h"

namespace plumb::expr {
namespace {

constexpr const char* kHeader =
    "<!-- Made from the checker's own tables: change those, then run expr_tests with PLUMB_UPDATE_DOCS=1. -->\n\n";

TEST(ExpressionReference, IsWhatTheDocumentSays) {
  const std::string path = std::string(PLUMB_SOURCE_DIR) + "/docs/expressions.md";
  const std::string wanted = kHeader + ExpressionReference();
  if (std::getenv("PLUMB_UPDATE_DOCS") != nullptr) std::ofstream(path) << wanted;
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), wanted) << "Run expr_tests with PLUMB_UPDATE_DOCS=1.";
}

}  // namespace
}  // namespace plumb::expr
