#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/environment.h"
#include "base/json.h"

namespace plumb::base {
namespace {

std::atomic<Level> g_level{Level::kInfo};
std::atomic<LogFormat> g_format{LogFormat::kAutomatic};

struct Output {
  std::mutex mutex;  // guards sink, and keeps lines whole
  std::function<void(std::string_view)> sink;
};

// Never destroyed, so that the last destructors of the process can still log.
Output& TheOutput() {
  static auto* output = new Output;
  return *output;
}

void WriteToStandardError(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    line.remove_prefix(static_cast<size_t>(written));
  }
}

void AppendValue(const LogValue& value, std::string* out) {
  std::visit(
      [out](const auto& held) {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          AppendJsonString(held, out);
        } else if constexpr (std::is_same_v<T, bool>) {
          *out += held ? "true" : "false";
        } else if constexpr (std::is_same_v<T, double>) {
          AppendJsonDouble(held, out);
        } else {
          *out += std::to_string(held);
        }
      },
      value.get());
}

// Text that needs no quotes to be read as one value.
bool IsPlain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("_-./:@+%").find(c) != std::string_view::npos;
    if (!plain) return false;
  }
  return true;
}

const char* ColourOf(Level level) {
  switch (level) {
    case Level::kDebug:
      return "\x1b[2m";
    case Level::kInfo:
      return "\x1b[32m";
    case Level::kWarn:
      return "\x1b[33m";
    case Level::kError:
      return "\x1b[31m";
  }
  return "";
}

bool WantsText() {
  const LogFormat format = g_format.load(std::memory_order_relaxed);
  if (format != LogFormat::kAutomatic) return format == LogFormat::kText;
  static const bool on_terminal = IsTerminal(STDERR_FILENO);
  return on_terminal;
}

}  // namespace

const char* LevelName(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "unknown";
}

Result<Level> ParseLevel(std::string_view name) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError}) {
    if (name == LevelName(level)) return level;
  }
  return InvalidArgument("Log level is not known: {}, want debug, info, warn or error.", name);
}

void Log(Level level, std::string_view sentence, std::initializer_list<LogField> fields) noexcept {
  if (level < g_level.load(std::memory_order_relaxed)) return;
  try {
    const Time now = RealClock().Now();
    std::string line = WantsText() ? RenderLogText(now, level, sentence, fields, IsTerminal(STDERR_FILENO))
                                   : RenderLogJson(now, level, sentence, fields);
    line += '\n';
    Output& output = TheOutput();
    const std::lock_guard lock(output.mutex);
    if (output.sink) {
      output.sink(line);
    } else {
      WriteToStandardError(line);
    }
  } catch (...) {  // Out of memory, or a sink that throws: the line is lost, the work goes on.
  }
}

void LogStatus(Level level, std::string_view sentence, const Status& status) noexcept {
  Log(level, sentence,
      {{"code", CodeName(status.code())},
       {"message", status.message()},
       {"where", status.where()},
       {"suggestion", status.suggestion()}});
}

void SetLogLevel(Level level) { g_level.store(level, std::memory_order_relaxed); }
Level LogLevel() { return g_level.load(std::memory_order_relaxed); }
void SetLogFormat(LogFormat format) { g_format.store(format, std::memory_order_relaxed); }

void SetLogSink(std::function<void(std::string_view line)> sink) {
  Output& output = TheOutput();
  const std::lock_guard lock(output.mutex);
  output.sink = std::move(sink);
}

std::string RenderLogJson(Time time, Level level, std::string_view sentence, std::initializer_list<LogField> fields) {
  std::string line = R"({"time":)";
  AppendJsonString(FormatTime(time), &line);
  line += R"(,"level":)";
  AppendJsonString(LevelName(level), &line);
  line += R"(,"event":)";
  AppendJsonString(sentence, &line);
  for (const LogField& field : fields) {
    line += ',';
    AppendJsonString(field.key, &line);
    line += ':';
    AppendValue(field.value, &line);
  }
  line += '}';
  return line;
}

std::string RenderLogText(Time time, Level level, std::string_view sentence, std::initializer_list<LogField> fields,
                          bool colour) {
  std::string line = FormatTime(time);
  line += ' ';
  if (colour) line += ColourOf(level);
  line += fmt::format("{:<5}", LevelName(level));
  if (colour) line += "\x1b[0m";
  line += ' ';
  line += sentence;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    const auto* text = std::get_if<std::string_view>(&field.value.get());
    if (text != nullptr && IsPlain(*text)) {
      line += *text;
    } else {
      AppendValue(field.value, &line);
    }
  }
  return line;
}

}  // namespace plumb::base
