// terminal.h: what the program says: results on standard output, everything else on standard error.
//
// Why: output is read by people and by programs. With --json a command prints exactly one JSON document, also for an
// error; colour and moving progress appear only on a terminal; --quiet leaves results and errors.
//
// Thread safety: Progress and Stage from any thread; the rest from one.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"

namespace plumb::app {

enum class ColourMode { kAuto, kAlways, kNever };

struct TerminalOptions {
  bool json = false;
  bool quiet = false;
  ColourMode colour = ColourMode::kAuto;
};

class Terminal {
 public:
  explicit Terminal(base::Clock& clock) : clock_(clock) {}
  ~Terminal() { ClearProgress(); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Before anything is said.
  void Configure(const TerminalOptions& options);
  [[nodiscard]] bool json() const { return options_.json; }
  [[nodiscard]] bool colour_out() const { return colour_out_; }
  [[nodiscard]] bool colour_err() const { return colour_err_; }

  // The result: lines for people (nothing with --json), or the document (nothing without).
  void Print(std::string_view text);
  void PrintJson(const base::Json& json);
  // The same at once: what a server or a script waits for.
  void PrintNow(std::string_view text);
  // What is going on, on standard error.
  void Note(std::string_view text);
  void Warn(std::string_view text);
  void ReportError(const base::Status& status);

  // "label  12,000 of 50,000  24 %  3,400/s  ETA 11 s", redrawn in place. Only on a terminal; cheap to call often.
  void Progress(std::string_view label, int64_t done, int64_t total);
  // Progress without a number: "features …".
  void Stage(std::string_view label);
  void ClearProgress();

 private:
  void Draw(const std::string& line);
  void WriteError(std::string_view text);

  base::Clock& clock_;
  TerminalOptions options_;
  bool colour_out_ = false, colour_err_ = false, moving_ = false;

  std::mutex mutex_;  // guards what follows
  std::string label_;
  int64_t label_begin_nanos_ = 0, drawn_nanos_ = 0;
  bool is_drawn_ = false;
};

// 1234567 → "1,234,567".
std::string FormatCount(int64_t count);
// The shortest of s, ms, µs that reads well: 0.000312 → "312 µs".
std::string FormatSeconds(double seconds);

}  // namespace plumb::app
