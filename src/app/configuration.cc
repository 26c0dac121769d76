#include "app/configuration.h"

#include "base/executor.h"
#include "base/log.h"

namespace plumb::app {

using base::ConfigType;

const std::vector<base::ConfigKey>& ConfigurationKeys() {
  static const std::vector<base::ConfigKey> keys = {
      {.name = "serve.port",
       .type = ConfigType::kInt,
       .default_text = "8080",
       .min = "0",
       .max = "65535",
       .doc = "Port of the HTTP server; 0 is a free one."},
      {.name = "serve.address",
       .type = ConfigType::kString,
       .default_text = "127.0.0.1",
       .doc = "Address to listen on. Only loopback addresses are accepted."},
      {.name = "serve.socket",
       .type = ConfigType::kString,
       .doc = "Path of a Unix socket to listen on beside the port, readable by its owner only."},
      {.name = "serve.threads",
       .type = ConfigType::kInt,
       .default_text = "0",
       .min = "0",
       .max = "1024",
       .doc = "Event loops; 0 is one a core."},
      {.name = "serve.body_bytes_max",
       .type = ConfigType::kBytes,
       .default_text = "16MiB",
       .min = "1KiB",
       .max = "1GiB",
       .doc = "Largest request body."},
      {.name = "serve.drain",
       .type = ConfigType::kDuration,
       .default_text = "10s",
       .min = "0s",
       .max = "10m",
       .doc = "How long requests in flight may take after the server was told to end."},
      {.name = "state",
       .type = ConfigType::kString,
       .default_text = ".plumb",
       .doc = "Directory of lake, registry and logs, relative to the project."},
      {.name = "threads",
       .type = ConfigType::kInt,
       .default_text = "0",
       .min = "0",
       .max = "1024",
       .doc = "Threads for datasets, training and audits; 0 is one a core."},
      {.name = "log.level",
       .type = ConfigType::kString,
       .default_text = "info",
       .choices = {"debug", "info", "warn", "error"},
       .doc = "Events of less weight are left out."},
      {.name = "log.format",
       .type = ConfigType::kString,
       .default_text = "auto",
       .choices = {"auto", "json", "text"},
       .doc = "How events are written; auto is text on a terminal, else JSON."},
  };
  return keys;
}

size_t ComputeThreads(const base::Config& config) {
  const int64_t threads = config.Int("threads");
  return threads > 0 ? static_cast<size_t>(threads) : base::HardwareThreads();
}

void ApplyLogConfiguration(const base::Config& config, bool quiet) {
  const base::Result<base::Level> level = base::ParseLevel(config.String("log.level"));
  base::SetLogLevel(quiet || !level.ok() ? base::Level::kError : *level);
  const std::string& format = config.String("log.format");
  base::SetLogFormat(format == "json"   ? base::LogFormat::kJson
                     : format == "text" ? base::LogFormat::kText
                                        : base::LogFormat::kAutomatic);
}

}  // namespace plumb::app
