// interrupt.h: Ctrl-C during long work.
//
// Why: everything plumb writes is written whole or not at all, so most work may simply end at once. Work that must say
// goodbye (a training run that is noted in the registry, a server with requests in flight) looks at requested()
// instead; a second Ctrl-C ends it anyway.
//
//   at once ──BeginCooperative──▶ cooperative ──first signal──▶ requested ──second signal──▶ exit 130
//      └─────────── any signal ──▶ exit 130
//
// Thread safety: requested() from any thread; one object in a process, used by one thread.
#pragma once

#include <atomic>
#include <memory>

#include "base/event_loop.h"
#include "base/executor.h"
#include "base/status.h"

namespace plumb::app {

class Interrupt {
 public:
  static base::Result<std::unique_ptr<Interrupt>> Start();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void BeginCooperative() { is_cooperative_ = true; }
  void EndCooperative() { is_cooperative_ = false; }
  [[nodiscard]] bool requested() const { return is_requested_; }

 private:
  Interrupt() = default;
  void OnSignal();

  std::atomic<bool> is_cooperative_{false}, is_requested_{false};
  base::EventLoop loop_;
  std::unique_ptr<base::SignalWatch> watch_;
  std::unique_ptr<base::Thread> thread_;
};

}  // namespace plumb::app
