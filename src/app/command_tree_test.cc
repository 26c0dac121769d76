#include "app/command_tree.h"

#include <gtest/gtest.h>

#include "app/exit_code.h"
#include "app/reference.h"

namespace plumb::app {
namespace {

base::Result<CommandTree::Parsed> Parse(const std::vector<std::string>& arguments) {
  return CommandTree().Parse(arguments);
}

TEST(CommandTree, GlobalOptionsMayStandBeforeAndAfterTheVerb) {
  const auto parsed = Parse({"--json", "check", "--project", "flights", "--color=never"});
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  EXPECT_TRUE(parsed->globals.terminal.json);
  EXPECT_EQ(parsed->globals.project, "flights");
  EXPECT_EQ(parsed->globals.terminal.colour, ColourMode::kNever);
  EXPECT_TRUE(static_cast<bool>(parsed->run));
  EXPECT_FALSE(parsed->watches_signals);
}

TEST(CommandTree, ServeWatchesSignalsItself) { EXPECT_TRUE(Parse({"serve", "--port", "0"})->watches_signals); }

TEST(CommandTree, HelpAndVersionAreText) {
  EXPECT_NE(Parse({"--version"})->text.find("plumb "), std::string::npos);
  const std::string help = Parse({"--help"})->text;
  EXPECT_NE(help.find("Exit codes"), std::string::npos);
  for (const char* verb : {"init",     "check",     "plan", "apply",  "ingest",   "dataset", "train",
                           "gate",     "reproduce", "diff", "deploy", "rollback", "serve",   "predict",
                           "features", "query",     "why",  "audit",  "models",   "test",    "replay"}) {
    EXPECT_NE(help.find(std::string("\n  ") + verb), std::string::npos) << verb;
    EXPECT_NE(Parse({verb, "--help"})->text.find("Example:"), std::string::npos) << verb;
  }
}

struct Mistake {
  std::vector<std::string> arguments;
  const char* suggestion;  // part of it
};

TEST(CommandTree, MistakesAreRefusedWithWhatWasMeant) {
  const std::vector<Mistake> mistakes = {
      {{}, "plumb --help"},
      {{"trian", "m"}, "train"},
      {{"models", "shwo", "m"}, "show"},
      {{"train", "m", "--chamption"}, "--champion"},
      {{"--jsno", "check"}, "--json"},
      {{"train"}, "plumb train --help"},
      {{"check", "what"}, "plumb check --help"},
      {{"serve", "--port", "99999"}, "plumb serve --help"},
      {{"serve", "--definitions", "mine"}, "plumb serve --help"},
      {{"dataset", "m"}, "plumb dataset --help"},
      {{"check", "--color", "sometimes"}, "plumb check --help"},
  };
  for (const Mistake& mistake : mistakes) {
    const auto parsed = Parse(mistake.arguments);
    const std::string shown = mistake.arguments.empty() ? "" : mistake.arguments.front();
    ASSERT_FALSE(parsed.ok()) << shown;
    EXPECT_EQ(ExitCodeOf(parsed.status()), kExitMistake);
    EXPECT_NE(parsed.status().suggestion().find(mistake.suggestion), std::string::npos)
        << shown << ": " << parsed.status().ToString();
  }
}

TEST(ExitCode, TellsTheKindsOfFailureApart) {
  EXPECT_EQ(ExitCodeOf(base::NotFound("x")), 2);
  EXPECT_EQ(ExitCodeOf(base::Unavailable("x")), 3);
  EXPECT_EQ(ExitCodeOf(base::Io("x")), 3);
  EXPECT_EQ(ExitCodeOf(base::DataLoss("x")), 4);
  EXPECT_EQ(ExitCodeOf(base::Cancelled("x")), 130);
}

TEST(Reference, NumbersAndAliasesBelongToTheModel) {
  EXPECT_EQ(FullReference("late", "3"), "late@v3");
  EXPECT_EQ(FullReference("late", "v3"), "late@v3");
  EXPECT_EQ(FullReference("late", "champion"), "late@champion");
  EXPECT_EQ(FullReference("late", "early@v1"), "early@v1");
}

}  // namespace
}  // namespace plumb::app
