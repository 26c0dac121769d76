#include <fmt/core.h>

#include <memory>
#include <utility>

#include "api/observed_log.h"
#include "api/routes.h"
#include "app/configuration.h"
#include "app/exit_code.h"
#include "app/state.h"
#include "app/verbs.h"
#include "base/event_loop.h"
#include "base/log.h"

namespace plumb::app {
namespace {

using base::Result;
using base::Status;

constexpr base::Duration kFollowEvery = 200 * base::kMillisecond;

// A server with everything it stands on. Members are in the order in which they need each other; the executor is ended
// before what its tasks use.
class ServingProcess {
 public:
  ServingProcess(Invocation& invocation, const Project& project, const ServeOptions& options)
      : invocation_(invocation), project_(project), options_(options) {}

  Status Start() {
    if (project_.deployments.empty()) {
      return base::FailedPrecondition("Project has no deployments.")
          .WithSuggestion("Add a section deployments: {NAME: {model: MODEL@champion}}.");
    }
    PLUMB_ASSIGN_OR_RETURN(auto log, OpenPredictionLog(invocation_, project_));
    log_ = std::make_unique<api::ObservedLog>(std::move(log), metrics_);
    PLUMB_ASSIGN_OR_RETURN(state_, OpenState(invocation_, project_));
    predict::PredictionServiceOptions service_options;
    service_options.deployments = project_.deployments;
    if (options_.definitions == "project") service_options.definitions_override = project_.definitions;
    PLUMB_ASSIGN_OR_RETURN(service_, predict::PredictionService::Make(*state_.registry, *state_.lake, *log_,
                                                                      invocation_.clock, service_options));
    executor_ = base::MakeExecutor(1);
    context_.reset(new api::ApiContext{.service = *service_,
                                       .registry = *state_.registry,
                                       .metrics = metrics_,
                                       .clock = invocation_.clock,
                                       .executor = *executor_});
    PLUMB_ASSIGN_OR_RETURN(server_, serve::HttpServer::Start(api::MakeRoutes(*context_), HttpOptions()));
    api::ExposeServerStats(metrics_, *server_);
    return {};
  }

  // Serves until SIGINT or SIGTERM, then ends what was begun.
  Status Run() {
    base::IgnoreSigpipe();
    PLUMB_ASSIGN_OR_RETURN(const auto watch, base::SignalWatch::Start(loop_, [this](int) { loop_.Stop(); }));
    Follow();
    Announce();
    loop_.Run();
    base::Log(base::Level::kInfo, "Server is draining.");
    context_->draining = true;
    server_->Shutdown(project_.config.Micros("serve.drain") / base::kMillisecond);
    PLUMB_RETURN_IF_ERROR(log_->Flush());
    base::Log(base::Level::kInfo, "Server has ended.", {{"requests", server_->Stats().requests_total}});
    return {};
  }

 private:
  serve::HttpServerOptions HttpOptions() const {
    const base::Config& config = project_.config;
    serve::HttpServerOptions options;
    options.address = config.String("serve.address");
    options.port = static_cast<int>(options_.port.value_or(config.Int("serve.port")));
    options.threads = static_cast<int>(config.Int("serve.threads"));
    options.limits.body_bytes_max = static_cast<size_t>(config.Bytes("serve.body_bytes_max"));
    if (!options_.socket.empty()) {
      options.unix_socket = base::JoinPath(base::CurrentDirectory(), options_.socket);
    } else if (!config.String("serve.socket").empty()) {
      options.unix_socket = base::JoinPath(project_.directory, config.String("serve.socket"));
    }
    return options;
  }

  void Announce() {
    const std::string& address = project_.config.String("serve.address");
    const bool is_ipv6 = address.find(':') != std::string::npos;
    const std::string url = fmt::format("http://{}:{}", is_ipv6 ? "[" + address + "]" : address, server_->port());
    for (const std::string& name : service_->Deployments()) {
      const auto served = service_->Served(name);
      if (served == nullptr) {
        invocation_.terminal.Warn(fmt::format("Nothing is deployed: {}. Run plumb deploy {}.", name, name));
      } else {
        LogServed(name, *served);
      }
    }
    base::Json json;
    json.Set("url", url);
    invocation_.terminal.PrintJson(json);
    invocation_.terminal.PrintNow("listening on " + url + "\n");
  }

  static void LogServed(const std::string& name, const predict::ServedDeployment& served) {
    base::Log(
        base::Level::kInfo, "Deployment is served.",
        {{"deployment", name}, {"model", served.bundle->version.model}, {"version", served.bundle->version.number}});
  }

  // Takes over what was deployed or rolled back, now and from now on.
  void Follow() {
    const Result<std::vector<std::string>> changed = service_->Reload();
    if (!changed.ok()) {
      // A version that cannot be loaded leaves the old one serving; it is said once, not five times a second.
      const std::string reason = changed.status().ToString();
      if (reason != follow_error_)
        base::LogStatus(base::Level::kError, "Deployments could not be followed.", changed.status());
      follow_error_ = reason;
    } else {
      follow_error_.clear();
      for (const std::string& name : *changed) {
        if (const auto served = service_->Served(name)) LogServed(name, *served);
      }
    }
    loop_.AddTimer(kFollowEvery, [this] { Follow(); });
  }

  Invocation& invocation_;
  const Project& project_;
  const ServeOptions& options_;
  std::string follow_error_;
  base::Metrics metrics_;
  State state_;
  std::unique_ptr<api::ObservedLog> log_;
  std::unique_ptr<predict::PredictionService> service_;
  std::unique_ptr<api::ApiContext> context_;
  std::unique_ptr<base::Executor> executor_;
  std::unique_ptr<serve::HttpServer> server_;
  base::EventLoop loop_;
};

}  // namespace

Result<int> RunServe(Invocation& invocation, const ServeOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Project project, OpenProject(invocation));
  ServingProcess process(invocation, project, options);
  PLUMB_RETURN_IF_ERROR(process.Start());
  PLUMB_RETURN_IF_ERROR(process.Run());
  return kExitOk;
}

}  // namespace plumb::app
