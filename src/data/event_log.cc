#include "data/event_log.h"

#include <algorithm>
#include <utility>

namespace plumb::data {
namespace {

class WholeReader : public EventReader {
 public:
  explicit WholeReader(Batch rows) : rows_(static_cast<int64_t>(rows.rows)), batch_(std::move(rows)) {}
  [[nodiscard]] size_t pieces() const override { return 1; }
  [[nodiscard]] int64_t rows() const override { return rows_; }
  base::Result<Batch> ReadPiece(size_t) override { return std::move(batch_); }

 private:
  int64_t rows_;
  Batch batch_;
};

}  // namespace

base::Result<std::unique_ptr<EventReader>> EventLog::OpenEvents(std::string_view source,
                                                                const std::vector<std::string>& columns) {
  PLUMB_ASSIGN_OR_RETURN(Batch all, ReadEvents(source));
  Batch rows;
  rows.rows = all.rows;
  for (size_t i = 0; i < all.columns.size(); ++i) {
    const std::string& name = all.schema.fields()[i].name;
    if (std::find(columns.begin(), columns.end(), name) == columns.end()) continue;
    rows.schema.Add(name, all.schema.fields()[i].type);
    rows.columns.push_back(std::move(all.columns[i]));
  }
  return std::unique_ptr<EventReader>(std::make_unique<WholeReader>(std::move(rows)));
}

}  // namespace plumb::data
