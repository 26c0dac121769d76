// command_tree.h: the verbs and options of plumb, as the parser knows them.
//
// Thread safety: one user.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/invocation.h"
#include "base/status.h"

namespace plumb::app {

using VerbRun = std::function<base::Result<int>(Invocation&)>;

class CommandTree {
 public:
  CommandTree();
  ~CommandTree();
  CommandTree(const CommandTree&) = delete;
  CommandTree& operator=(const CommandTree&) = delete;

  struct Parsed {
    GlobalOptions globals;
    VerbRun run;                   // empty when `text` is all there is to do
    std::string text;              // --help, --version
    bool watches_signals = false;  // the verb does so itself
  };
  // kInvalidArgument, with what was meant, for words that make no sense.
  base::Result<Parsed> Parse(const std::vector<std::string>& arguments);

 private:
  class Parser;  // knows CLI11
  std::unique_ptr<Parser> parser_;
};

}  // namespace plumb::app
