// executor.h: the only place that starts threads.
//
// A fixed pool; tasks must not block on one another. ParallelFor splits [0, n) dynamically and returns when all is
// done; the caller takes part, so it also works on an executor of zero threads (tests run that way, in order). Thread
// safety: safe from any thread. The destructor finishes what was submitted.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace plumb::base {

class Executor {
 public:
  virtual ~Executor() = default;
  virtual void Submit(std::function<void()> task) = 0;
  // Calls body(i) for every i in [0, n), each once, `grain` at a time.
  virtual void ParallelFor(size_t n, size_t grain, const std::function<void(size_t begin, size_t end)>& body) = 0;
  [[nodiscard]] virtual size_t threads() const = 0;
};

// `threads` workers; 0 runs everything in the caller.
std::unique_ptr<Executor> MakeExecutor(size_t threads);
size_t HardwareThreads();

// One thread for a loop that lives long: an event loop, a writer. The owner tells the loop to end; the destructor
// joins.
class Thread {
 public:
  // `name` is what debuggers show; its first 15 bytes.
  Thread(const std::string& name, std::function<void()> body);
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  void Join();  // idempotent

 private:
  std::thread thread_;
};

}  // namespace plumb::base
