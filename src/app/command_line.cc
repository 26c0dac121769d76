#include "app/command_line.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include "app/command_tree.h"
#include "app/exit_code.h"
#include "app/interrupt.h"
#include "app/invocation.h"

namespace plumb::app {
namespace {

int Report(Terminal& terminal, const base::Status& status) {
  terminal.ReportError(status);
  return ExitCodeOf(status);
}

int RunVerb(Terminal& terminal, const CommandTree::Parsed& parsed) {
  Invocation invocation{.files = base::RealFileSystem(),
                        .clock = base::RealClock(),
                        .environment = base::ProcessEnvironment(),
                        .terminal = terminal,
                        .globals = parsed.globals,
                        .interrupt = nullptr};
  std::unique_ptr<Interrupt> interrupt;
  if (!parsed.watches_signals) {
    base::Result<std::unique_ptr<Interrupt>> started = Interrupt::Start();
    if (!started.ok()) return Report(terminal, started.status());
    interrupt = std::move(started).value();
    invocation.interrupt = interrupt.get();
  }
  const base::Result<int> code = parsed.run(invocation);
  return code.ok() ? *code : Report(terminal, code.status());
}

}  // namespace

int Run(const std::vector<std::string>& arguments) {
  Terminal terminal(base::RealClock());
  // A mistake in the arguments is told as they ask, as far as that can be seen.
  TerminalOptions early;
  early.json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  terminal.Configure(early);
  try {
    CommandTree tree;
    const base::Result<CommandTree::Parsed> parsed = tree.Parse(arguments);
    if (!parsed.ok()) return Report(terminal, parsed.status());
    if (!parsed->run) {
      terminal.Configure({});
      terminal.Print(parsed->text);
      return kExitOk;
    }
    terminal.Configure(parsed->globals.terminal);
    return RunVerb(terminal, *parsed);
  } catch (const std::bad_alloc&) {
    return Report(terminal, base::ResourceExhausted("Memory is exhausted."));
  } catch (const std::exception& error) {
    return Report(terminal, base::Io("Unexpected failure: {}.", error.what()));
  }
}

}  // namespace plumb::app
