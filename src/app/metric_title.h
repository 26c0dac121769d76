// metric_title.h: metrics as tables show them: "ROC AUC" for roc_auc.
//
// Thread safety: pure functions.
#pragma once

#include <string>

namespace plumb::app {

// A metric without a title keeps its name.
std::string MetricTitle(const std::string& metric);

}  // namespace plumb::app
