// operate_world_test.h: a source from its project text and rows from CSV text, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/project_tree.h"
#include "data/csv.h"
#include "features/definitions.h"

namespace plumb::operate {

inline features::DefinitionsPtr DefinitionsOf(const std::string& project) {
  base::Diagnostics diagnostics;
  auto text = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", project});
  features::DefinitionsPtr definitions =
      features::LoadDefinitions(base::MergeProject({text}, &diagnostics), &diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.Render(false);
  return definitions;
}

// "sources: {s: …}" with these lines about s, each indented by the caller by four blanks.
inline features::DefinitionsPtr OneSource(const std::string& lines) {
  return DefinitionsOf("sources:\n  s:\n" + lines);
}

inline data::Batch RowsOf(const features::Source& source, const std::string& csv) {
  const auto rows = data::ParseCsv(csv, "rows.csv", source.columns, source.format);
  EXPECT_TRUE(rows.ok()) << rows.status().ToString();
  return rows.ok() ? *rows : data::Batch(source.columns);
}

}  // namespace plumb::operate
