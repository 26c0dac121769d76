#include "app/terminal.h"

#include <fmt/core.h>

#include <cstdio>

#include "base/environment.h"

namespace plumb::app {
namespace {

constexpr int kOut = 1, kErr = 2;
constexpr int64_t kDrawEveryNanos = 100'000'000;
constexpr const char *kRed = "\x1b[1;31m", *kYellow = "\x1b[1;33m", *kPlain = "\x1b[0m";

void Write(std::FILE* stream, std::string_view text) { std::fwrite(text.data(), 1, text.size(), stream); }

bool WantsColour(ColourMode mode, int fd) {
  if (mode != ColourMode::kAuto) return mode == ColourMode::kAlways;
  return base::IsTerminal(fd) && !base::GetEnvironment("NO_COLOR");
}

base::Json ErrorToJson(const base::Status& status) {
  base::Json error;
  error.Set("code", base::CodeName(status.code()));
  error.Set("message", status.message());
  if (!status.where().empty()) error.Set("where", status.where());
  if (!status.suggestion().empty()) error.Set("suggestion", status.suggestion());
  base::Json json;
  json.Set("error", std::move(error));
  return json;
}

}  // namespace

void Terminal::Configure(const TerminalOptions& options) {
  options_ = options;
  colour_out_ = !options.json && WantsColour(options.colour, kOut);
  colour_err_ = WantsColour(options.colour, kErr);
  moving_ = !options.json && !options.quiet && base::IsTerminal(kErr);
}

void Terminal::Print(std::string_view text) {
  ClearProgress();
  if (!options_.json) Write(stdout, text);
}

void Terminal::PrintNow(std::string_view text) {
  Print(text);
  std::fflush(stdout);
}

void Terminal::PrintJson(const base::Json& json) {
  ClearProgress();
  if (!options_.json) return;
  Write(stdout, json.Dump(2) + "\n");
  std::fflush(stdout);
}

void Terminal::Note(std::string_view text) {
  ClearProgress();
  if (!options_.quiet && !options_.json) WriteError(text);
}

void Terminal::Warn(std::string_view text) {
  ClearProgress();
  if (options_.quiet || options_.json) return;
  WriteError(fmt::format("{}warning:{} {}\n", colour_err_ ? kYellow : "", colour_err_ ? kPlain : "", text));
}

void Terminal::ReportError(const base::Status& status) {
  ClearProgress();
  if (options_.json) {
    Write(stdout, ErrorToJson(status).Dump(2) + "\n");
    return;
  }
  // Diagnostics were rendered as they are to be shown.
  if (status.message().find('\n') != std::string::npos || status.message().find(": error: ") != std::string::npos) {
    WriteError(status.message() + "\n");
    return;
  }
  std::string text = fmt::format("{}error:{} ", colour_err_ ? kRed : "", colour_err_ ? kPlain : "");
  if (!status.where().empty()) text += status.where() + ": ";
  text += status.message() + "\n";
  if (!status.suggestion().empty()) text += "  " + status.suggestion() + "\n";
  WriteError(text);
}

void Terminal::WriteError(std::string_view text) {
  std::fflush(stdout);
  Write(stderr, text);
  std::fflush(stderr);
}

void Terminal::Progress(std::string_view label, int64_t done, int64_t total) {
  if (!moving_) return;
  const std::lock_guard lock(mutex_);
  const int64_t now = clock_.SteadyNanos();
  if (label != label_) {
    label_ = label;
    label_begin_nanos_ = now;
    drawn_nanos_ = 0;
  }
  if (drawn_nanos_ != 0 && now - drawn_nanos_ < kDrawEveryNanos) return;
  drawn_nanos_ = now;
  const double seconds = static_cast<double>(now - label_begin_nanos_) * 1e-9;
  std::string line = fmt::format("{}  {} of {}", label, FormatCount(done), FormatCount(total));
  if (total > 0) line += fmt::format("  {} %", 100 * done / total);
  if (seconds > 0.5 && done > 0) {
    const double rate = static_cast<double>(done) / seconds;
    line += fmt::format("  {}/s  ETA {:.0f} s", FormatCount(static_cast<int64_t>(rate)),
                        static_cast<double>(total - done) / rate);
  }
  Draw(line);
}

void Terminal::Stage(std::string_view label) {
  if (!moving_) return;
  const std::lock_guard lock(mutex_);
  label_ = label;
  Draw(std::string(label) + " …");
}

void Terminal::Draw(const std::string& line) {
  const auto width = static_cast<size_t>(base::TerminalWidth(kErr)) - 1;
  Write(stderr, "\r\x1b[K" + line.substr(0, width));
  std::fflush(stderr);
  is_drawn_ = true;
}

void Terminal::ClearProgress() {
  const std::lock_guard lock(mutex_);
  if (!is_drawn_) return;
  Write(stderr, "\r\x1b[K");
  std::fflush(stderr);
  is_drawn_ = false;
}

std::string FormatCount(int64_t count) {
  std::string digits = std::to_string(count < 0 ? -count : count);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<size_t>(at), 1, ',');
  }
  return count < 0 ? "-" + digits : digits;
}

std::string FormatSeconds(double seconds) {
  if (seconds >= 1) return fmt::format("{:.2f} s", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.2f} ms", seconds * 1e3);
  return fmt::format("{:.0f} µs", seconds * 1e6);
}

}  // namespace plumb::app
