// observed_log.h: a record log that counts what it is given and what became durable.
//
// Why: answers do not wait for the log, so the queue behind it must be seen: how long it is, and whether anything
// failed. A failure is logged once; afterwards the log refuses, and predictions fail with its reason.
//
// Thread safety: as RecordLog.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "store/record_log.h"

namespace plumb::api {

class ObservedLog : public store::RecordLog {
 public:
  // `metrics` outlives the log.
  ObservedLog(std::unique_ptr<store::RecordLog> inner, base::Metrics& metrics);
  base::Status Append(std::string record, std::function<void(const base::Status&)> done) override;
  base::Status Flush() override;

 private:
  void Finished(const base::Status& status, int64_t bytes);

  base::Gauge pending_records_, pending_bytes_;
  base::Counter durable_records_, failed_records_;
  std::atomic<bool> failed_{false};
  std::unique_ptr<store::RecordLog> inner_;  // last: its writer calls Finished until it is destroyed
};

}  // namespace plumb::api
