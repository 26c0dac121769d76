// case_file.h: the text of a feature test file as cases of tables; nothing is interpreted yet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/feature_case.h"

namespace plumb::engine::internal {

struct CaseRow {
  int line = 0;
  std::vector<std::string> cells;
};

struct CaseTable {
  int line = 0;
  std::string source;  // of events
  std::vector<std::string> header;
  std::vector<CaseRow> rows;
};

struct CaseFeature {
  int line = 0;
  std::string name, expression, entity, source;  // entity is empty: of all
};

struct CaseColumnType {
  int line = 0;
  std::string source, column, type;
};

struct FeatureCase {
  int line = 0;
  std::vector<CaseFeature> features;
  std::vector<CaseColumnType> types;
  std::string yaml;  // as many lines down as in the file
  std::vector<CaseTable> events;
  std::vector<CaseTable> expectations;
};

// Mistakes go to `failures`; what could be read is returned.
std::vector<FeatureCase> ParseCaseFile(std::string_view text, const std::string& file,
                                       std::vector<CaseFailure>* failures);

// "'a  b'" → "a  b". Whether a cell stood in quotes, so that 'null' is text.
bool Unquote(std::string* cell);

}  // namespace plumb::engine::internal
