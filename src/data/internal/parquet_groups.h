// parquet_groups.h: the row groups of one Parquet file, decoded one by one from any thread.
//
// Thread safety: ReadGroup from any thread.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "data/column.h"

namespace plumb::data {

class ParquetGroups {
 public:
  // Keeps the bytes. The errors of parquet.h.
  static base::Result<std::unique_ptr<ParquetGroups>> Open(std::string bytes, std::string name);
  virtual ~ParquetGroups() = default;

  [[nodiscard]] virtual int groups() const = 0;
  [[nodiscard]] virtual int64_t rows() const = 0;
  // The columns of `wanted`, by name.
  virtual base::Result<Batch> ReadGroup(int group, const Schema& wanted) = 0;
};

}  // namespace plumb::data
