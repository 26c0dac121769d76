#include "app/interrupt.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "app/exit_code.h"

namespace plumb::app {
namespace {

void Say(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

base::Result<std::unique_ptr<Interrupt>> Interrupt::Start() {
  std::unique_ptr<Interrupt> interrupt(new Interrupt());
  PLUMB_ASSIGN_OR_RETURN(interrupt->watch_,
                         base::SignalWatch::Start(interrupt->loop_, [raw = interrupt.get()](int) { raw->OnSignal(); }));
  interrupt->thread_ = std::make_unique<base::Thread>("interrupt", [raw = interrupt.get()] { raw->loop_.Run(); });
  return interrupt;
}

Interrupt::~Interrupt() {
  loop_.Stop();
  thread_.reset();
  watch_.reset();
}

void Interrupt::OnSignal() {
  if (is_cooperative_ && !is_requested_.exchange(true)) {
    Say("\ninterrupted; ending what was begun\n");
    return;
  }
  Say("\ninterrupted\n");
  // Nothing is half-written: files are renamed into place, and the registry's transactions roll back.
  std::_Exit(kExitInterrupted);
}

}  // namespace plumb::app
