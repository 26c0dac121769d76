// loaded_project_test.h: definitions out of a text, for tests: good ones, and ones with a mistake in a known place.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "features/definitions.h"

namespace plumb::features {

struct Loaded {
  DefinitionsPtr definitions;
  base::Diagnostics diagnostics;
};

inline Loaded Load(const std::string& text) {
  Loaded loaded;
  auto source = std::make_shared<const base::SourceText>(base::SourceText{"project.yaml", text});
  loaded.definitions = LoadDefinitions(base::MergeProject({source}, &loaded.diagnostics), &loaded.diagnostics);
  return loaded;
}

// Warnings are for tests of their own.
inline DefinitionsPtr LoadGood(const std::string& text) {
  Loaded loaded = Load(text);
  EXPECT_EQ(loaded.diagnostics.errors(), 0U) << loaded.diagnostics.Render(false);
  EXPECT_NE(loaded.definitions, nullptr);
  return loaded.definitions;
}

inline std::string Replace(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

inline const Feature& FeatureOf(const Definitions& definitions, const char* view, const char* feature) {
  const View* found = definitions.FindView(view);
  return found->features.at(static_cast<size_t>(found->IndexOf(feature)));
}

// A text in which `to` stands for `from`, and what is said about it first.
struct Mistake {
  const char* from;
  const char* to;
  int line;
  const char* message;  // part of it
  const char* suggestion = "";
};

inline void ExpectMistakes(const std::string& good, const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    const Loaded loaded = Load(Replace(good, mistake.from, mistake.to));
    const std::string shown = loaded.diagnostics.Render(false);
    EXPECT_EQ(loaded.definitions, nullptr) << mistake.to;
    const auto& all = loaded.diagnostics.all();
    const auto first = std::find_if(all.begin(), all.end(),
                                    [](const base::Diagnostic& one) { return one.severity == base::Severity::kError; });
    ASSERT_NE(first, all.end()) << mistake.to;
    EXPECT_EQ(first->position.Line(), mistake.line) << shown;
    EXPECT_THAT(first->message, testing::HasSubstr(mistake.message)) << shown;
    EXPECT_THAT(first->suggestion, testing::HasSubstr(mistake.suggestion)) << shown;
    // A misspelt key is two: one is missing, one is not known.
    EXPECT_LE(loaded.diagnostics.errors(), 2U) << shown;
  }
}

}  // namespace plumb::features
