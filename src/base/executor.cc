#include "base/executor.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "base/check.h"

namespace plumb::base {
namespace {

using Body = std::function<void(size_t, size_t)>;

// Runs everything where it is called, in order.
class InlineExecutor : public Executor {
 public:
  void Submit(std::function<void()> task) override { task(); }
  void ParallelFor(size_t n, size_t grain, const Body& body) override {
    grain = std::max<size_t>(grain, 1);
    for (size_t begin = 0; begin < n;) {
      const size_t end = begin + std::min(grain, n - begin);
      body(begin, end);
      begin = end;
    }
  }
  [[nodiscard]] size_t threads() const override { return 0; }
};

// One ParallelFor: chunks are taken by counting up. `body` is used only by who holds a chunk, and the caller stays
// until all chunks are done, so a worker that comes late finds no chunk and never touches a body that is gone.
struct Loop {
  Loop(size_t n, size_t grain, const Body& body) : n(n), grain(grain), chunks((n - 1) / grain + 1), body(body) {}

  void TakePart() {
    size_t finished = 0;
    for (size_t chunk; (chunk = next.fetch_add(1, std::memory_order_relaxed)) < chunks; ++finished) {
      const size_t begin = chunk * grain;
      body(begin, begin + std::min(grain, n - begin));
    }
    if (finished == 0) return;
    const std::lock_guard lock(mutex);
    done += finished;
    if (done == chunks) all_done.notify_all();
  }

  void Wait() {
    std::unique_lock lock(mutex);
    all_done.wait(lock, [this] { return done == chunks; });
  }

  const size_t n, grain, chunks;
  const Body& body;
  std::atomic<size_t> next{0};
  std::mutex mutex;  // guards done
  size_t done = 0;
  std::condition_variable all_done;
};

class ThreadPool : public Executor {
 public:
  explicit ThreadPool(size_t threads) {
    workers_.reserve(threads);
    for (size_t i = 0; i < threads; ++i) {
      workers_.push_back(std::make_unique<Thread>("plumb-worker", [this] { Work(); }));
    }
  }

  ~ThreadPool() override {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    workers_.clear();
  }

  void Submit(std::function<void()> task) override {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
  }

  void ParallelFor(size_t n, size_t grain, const Body& body) override {
    if (n == 0) return;
    auto loop = std::make_shared<Loop>(n, std::max<size_t>(grain, 1), body);
    const size_t helpers = std::min(workers_.size(), loop->chunks - 1);
    for (size_t i = 0; i < helpers; ++i) Submit([loop] { loop->TakePart(); });
    loop->TakePart();
    loop->Wait();
  }

  [[nodiscard]] size_t threads() const override { return workers_.size(); }

 private:
  void Work() {
    while (true) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return closing_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }

  std::mutex mutex_;  // guards tasks_ and closing_
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool closing_ = false;
  std::vector<std::unique_ptr<Thread>> workers_;
};

}  // namespace

std::unique_ptr<Executor> MakeExecutor(size_t threads) {
  if (threads == 0) return std::make_unique<InlineExecutor>();
  return std::make_unique<ThreadPool>(threads);
}

size_t HardwareThreads() { return std::max<size_t>(std::thread::hardware_concurrency(), 1); }

Thread::Thread(const std::string& name, std::function<void()> body) : thread_(std::move(body)) {
  pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

Thread::~Thread() { Join(); }

void Thread::Join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace plumb::base
