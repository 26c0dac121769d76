#include "engine/bulk_keys.h"

#include <algorithm>

#include "engine/table_layout.h"

namespace plumb::engine {

BulkKeys::BulkKeys(const data::Schema& keys) : schema_(keys) {
  is_number_ = keys.size() == 1 && keys.fields()[0].type.storage() == data::Storage::kInts;
}

KeyWords BulkKeys::Words(const std::vector<const data::Column*>& columns, size_t begin, size_t end, bool add) {
  KeyWords keys;
  keys.rows = end - begin;
  for (const data::Column* column : columns) {
    if (!column->has_nulls()) continue;
    keys.is_null.resize(end - begin, 0);
    for (size_t row = begin; row < end; ++row) keys.is_null[row - begin] |= column->IsNull(row) ? 1 : 0;
  }
  if (is_number_) {
    keys.numbers = reinterpret_cast<const uint64_t*>(columns[0]->int_data()) + begin;
    return keys;
  }
  keys.words.assign(end - begin, 0);
  if (columns.empty()) return keys;
  const bool is_text = columns.size() == 1 && columns[0]->type().storage() == data::Storage::kBytes;
  BulkStrings::Cache cache;
  std::string bytes;
  for (size_t row = begin; row < end; ++row) {
    if (keys.IsNull(row - begin)) continue;
    if (!is_text) EncodeKey(columns, row, &bytes);
    const std::string_view key = is_text ? columns[0]->String(row) : std::string_view(bytes);
    const BulkStrings::Entry* entry = add ? strings_.Intern(key, &cache) : strings_.Find(key, &cache);
    keys.words[row - begin] = entry == nullptr ? kUnknown : entry->number;
  }
  return keys;
}

}  // namespace plumb::engine
