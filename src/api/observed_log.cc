#include "api/observed_log.h"

#include <utility>

#include "base/log.h"

namespace plumb::api {

ObservedLog::ObservedLog(std::unique_ptr<store::RecordLog> inner, base::Metrics& metrics)
    : pending_records_(metrics.GetGauge("plumb_prediction_log_pending_records", "Predictions not yet durable.")),
      pending_bytes_(metrics.GetGauge("plumb_prediction_log_pending_bytes", "Bytes of predictions not yet durable.")),
      durable_records_(metrics.GetCounter("plumb_prediction_log_records_total", "Predictions made durable.")),
      failed_records_(metrics.GetCounter("plumb_prediction_log_failed_total", "Predictions that could not be logged.")),
      inner_(std::move(inner)) {}

base::Status ObservedLog::Append(std::string record, std::function<void(const base::Status&)> done) {
  const auto bytes = static_cast<int64_t>(record.size());
  pending_records_.Add(1);
  pending_bytes_.Add(bytes);
  base::Status appended =
      inner_->Append(std::move(record), [this, bytes, done = std::move(done)](const base::Status& status) {
        Finished(status, bytes);
        if (done) done(status);
      });
  if (!appended.ok()) Finished(appended, bytes);
  return appended;
}

base::Status ObservedLog::Flush() { return inner_->Flush(); }

void ObservedLog::Finished(const base::Status& status, int64_t bytes) {
  pending_records_.Add(-1);
  pending_bytes_.Add(-bytes);
  if (status.ok()) {
    durable_records_.Add();
    return;
  }
  failed_records_.Add();
  if (!failed_.exchange(true)) base::LogStatus(base::Level::kError, "Predictions cannot be logged.", status);
}

}  // namespace plumb::api
