// log.h: what happened, one event per line, for machines and people.
//
// Why: an event is a fixed sentence that can be searched for, and values that can be counted; a sentence with values
// mixed in is neither. An error is logged once, where it is handled.
//
// A line on stderr is JSON, {"time": ..., "level": "info", "event": "Server is ready.", "port": 8080}, or, on a
// terminal, a readable coloured line. Secrets and personal data are the caller's to leave out.
//
// Thread safety: all functions are safe from any thread; lines are never mixed. Nothing here throws or fails: a line
// that cannot be written is lost.
//
//   Log(Level::kInfo, "Server is ready.", {{"host", options.host}, {"port", 8080}});
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/status.h"
#include "base/time.h"

namespace plumb::base {

enum class Level : unsigned char { kDebug, kInfo, kWarn, kError };

const char* LevelName(Level level);  // "debug", "info", "warn", "error"
Result<Level> ParseLevel(std::string_view name);

// Refers to text, so it lives no longer than the call.
class LogValue {
 public:
  LogValue(std::string_view value) : value_(value) {}                      // NOLINT(google-explicit-constructor)
  LogValue(const std::string& value) : value_(std::string_view(value)) {}  // NOLINT(google-explicit-constructor)
  LogValue(const char* value) : value_(std::string_view(value)) {}         // NOLINT(google-explicit-constructor)
  LogValue(bool value) : value_(value) {}                                  // NOLINT(google-explicit-constructor)
  LogValue(double value) : value_(value) {}                                // NOLINT(google-explicit-constructor)
  template <typename T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  LogValue(T value) : value_(static_cast<int64_t>(value)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] const std::variant<std::string_view, int64_t, double, bool>& get() const { return value_; }

 private:
  std::variant<std::string_view, int64_t, double, bool> value_;
};

struct LogField {
  std::string_view key;
  LogValue value;
};

// `sentence` is fixed text with a full stop; what varies is in `fields`.
void Log(Level level, std::string_view sentence, std::initializer_list<LogField> fields = {}) noexcept;
// With the code, message, place and suggestion of an error as fields.
void LogStatus(Level level, std::string_view sentence, const Status& status) noexcept;

// Events below the minimum level cost one comparison. The start is kInfo.
void SetLogLevel(Level level);
Level LogLevel();

enum class LogFormat : unsigned char { kAutomatic, kJson, kText };  // automatic: text on a terminal
void SetLogFormat(LogFormat format);

// Where lines go, each with its newline; null for stderr. For tests, and for a file behind a seam.
void SetLogSink(std::function<void(std::string_view line)> sink);

// One event as it is written, without its newline.
std::string RenderLogJson(Time time, Level level, std::string_view sentence, std::initializer_list<LogField> fields);
std::string RenderLogText(Time time, Level level, std::string_view sentence, std::initializer_list<LogField> fields,
                          bool colour);

}  // namespace plumb::base
