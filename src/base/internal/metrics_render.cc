// The Prometheus text exposition format 0.0.4 of metrics_core.h.
// https://prometheus.io/docs/instrumenting/exposition_formats/
#include <charconv>
#include <cmath>

#include "base/internal/metrics_core.h"

namespace plumb::base::internal {
namespace {

void AppendEscaped(std::string_view text, bool quotes, std::string* out) {
  for (const char c : text) {
    if (c == '\\') {
      *out += "\\\\";
    } else if (c == '\n') {
      *out += "\\n";
    } else if (c == '"' && quotes) {
      *out += "\\\"";
    } else {
      *out += c;
    }
  }
}

std::string FormatNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return std::string(text, end);
}

// `bound`: the le label of a histogram bucket, or empty.
void AppendLine(std::string_view name, std::string_view suffix, const MetricLabels& labels, std::string_view bound,
                std::string_view value, std::string* out) {
  *out += name;
  *out += suffix;
  char separator = '{';
  const auto append = [&](std::string_view label, std::string_view text) {
    *out += separator;
    separator = ',';
    *out += label;
    *out += "=\"";
    AppendEscaped(text, /*quotes=*/true, out);
    *out += '"';
  };
  for (const auto& [label, text] : labels) append(label, text);
  if (!bound.empty()) append("le", bound);
  if (separator == ',') *out += '}';
  *out += ' ';
  *out += value;
  *out += '\n';
}

const char* KindName(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kGauge:
      return "gauge";
    case MetricKind::kHistogram:
      return "histogram";
  }
  return "untyped";
}

}  // namespace

std::string MetricsCore::Render() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) RenderFamily(name, family, &out);
  return out;
}

void MetricsCore::RenderFamily(const std::string& name, const Family& family, std::string* out) const {
  *out += "# HELP " + name + ' ';
  AppendEscaped(family.help, /*quotes=*/false, out);
  *out += "\n# TYPE " + name + ' ' + KindName(family.kind) + '\n';
  for (const Series& series : family.series) {
    switch (family.kind) {
      case MetricKind::kCounter:
        AppendLine(name, "", series.labels, "", std::to_string(ReadLocked(series.slot)), out);
        break;
      case MetricKind::kGauge:
        AppendLine(name, "", series.labels, "", FormatNumber(ReadGaugeLocked(series)), out);
        break;
      case MetricKind::kHistogram:
        RenderHistogram(name, family, series, out);
        break;
    }
  }
}

void MetricsCore::RenderHistogram(const std::string& name, const Family& family, const Series& series,
                                  std::string* out) const {
  const Histogram histogram = ReadHistogramLocked(series.slot);
  const double units = family.options.units;
  for (const int64_t bound : family.options.bounds) {
    AppendLine(name, "_bucket", series.labels, FormatNumber(static_cast<double>(bound) / units),
               std::to_string(histogram.CountAtOrBelow(bound)), out);
  }
  AppendLine(name, "_bucket", series.labels, "+Inf", std::to_string(histogram.count()), out);
  AppendLine(name, "_sum", series.labels, "", FormatNumber(static_cast<double>(histogram.sum()) / units), out);
  AppendLine(name, "_count", series.labels, "", std::to_string(histogram.count()), out);
}

}  // namespace plumb::base::internal
