#include "engine/table_layout.h"

#include <algorithm>

#include "features/events.h"

namespace plumb::engine {
namespace {

int IndexOrAdd(const expr::Scalar& scalar, std::vector<ArgumentColumn>* columns) {
  std::string canonical = data::TypeName(scalar.type()) + ' ' + scalar.canonical();
  for (size_t i = 0; i < columns->size(); ++i) {
    if ((*columns)[i].canonical == canonical) return static_cast<int>(i);
  }
  columns->push_back({&scalar, std::move(canonical)});
  return static_cast<int>(columns->size()) - 1;
}

data::Column Evaluate(const expr::Scalar& scalar, const data::Batch& rows) {
  std::vector<const data::Column*> inputs;
  for (const expr::Input& input : scalar.inputs()) inputs.push_back(&EventColumn(rows, input.name));
  return scalar.Evaluate(inputs, rows.rows);
}

void FillArgument(const TableLayout& layout, int argument, const data::Column& column, StringPool* strings,
                  EncodedRows* encoded) {
  const size_t word = static_cast<size_t>(layout.value_word(argument));
  const int flag = layout.argument_flag(argument);
  const size_t flags = static_cast<size_t>(layout.flag_word(flag));
  const uint64_t mask = TableLayout::FlagMask(flag);
  for (size_t row = 0; row < column.size(); ++row) {
    if (column.IsNull(row)) continue;
    uint64_t* out = encoded->Row(row);
    out[word] = WordOf(column, row, strings);
    out[flags] |= mask;
  }
}

void FillCondition(const TableLayout& layout, int condition, const data::Column& column, EncodedRows* encoded) {
  const int flag = layout.condition_flag(condition);
  const size_t flags = static_cast<size_t>(layout.flag_word(flag));
  const uint64_t mask = TableLayout::FlagMask(flag);
  for (size_t row = 0; row < column.size(); ++row) {
    if (!column.IsNull(row) && column.Int(row) != 0) encoded->Row(row)[flags] |= mask;
  }
}

void AppendWord(uint64_t word, std::string* out) { out->append(reinterpret_cast<const char*>(&word), sizeof(word)); }

}  // namespace

TableLayout::TableLayout(const features::Source* source, const features::Entity* entity)
    : source_(source), entity_(entity), has_identity_(source->has_event_id()) {}

int TableLayout::AddArgument(const expr::Scalar& argument) { return IndexOrAdd(argument, &arguments_); }

int TableLayout::AddCondition(const expr::Scalar& condition) { return IndexOrAdd(condition, &conditions_); }

int TableLayout::AddSlot(const Slot& slot) {
  const auto found = std::find(slots_.begin(), slots_.end(), slot);
  if (found != slots_.end()) return static_cast<int>(found - slots_.begin());
  slots_.push_back(slot);
  return static_cast<int>(slots_.size()) - 1;
}

void TableLayout::AddFlag(int flag, Access* access) const {
  const int word = flag_word(flag);
  const int i = access->masks[0] == 0 || access->flag_words[0] == word ? 0 : 1;
  access->flag_words[i] = word;
  access->masks[i] |= FlagMask(flag);
}

void TableLayout::Seal() {
  accesses_.clear();
  forms_.clear();
  for (const Slot& slot : slots_) {
    Access access;
    const bool reads_values = slot.kind != SlotKind::kRows && slot.kind != SlotKind::kCandidates;
    if (reads_values) {
      access.value_word = value_word(slot.argument);
      AddFlag(argument_flag(slot.argument), &access);
    }
    if (slot.condition >= 0) AddFlag(condition_flag(slot.condition), &access);
    accesses_.push_back(access);
    const bool has_type = slot.argument >= 0;
    forms_.push_back({slot.kind,
                      has_type ? arguments_[static_cast<size_t>(slot.argument)].scalar->type() : data::Type(),
                      slot.half_life});
  }
}

int TableLayout::CompareRows(const uint64_t* a, const uint64_t* b) const {
  for (const int word : {kEventTime, kKnownAt}) {
    const auto left = static_cast<int64_t>(a[word]), right = static_cast<int64_t>(b[word]);
    if (left != right) return left < right ? -1 : 1;
  }
  return has_identity_ ? CompareIdentities(a[kIdentity], b[kIdentity]) : 0;
}

EncodedRows EncodeRows(const TableLayout& layout, const data::Batch& rows, StringPool* strings) {
  EncodedRows encoded;
  encoded.width = layout.width();
  encoded.words.assign(rows.rows * static_cast<size_t>(encoded.width), 0);
  const data::Column& event_time = *rows.Find(features::kEventTimeColumn);
  const data::Column& known_at = *rows.Find(features::kKnownAtColumn);
  for (size_t row = 0; row < rows.rows; ++row) {
    uint64_t* out = encoded.Row(row);
    out[TableLayout::kEventTime] = static_cast<uint64_t>(event_time.Int(row));
    out[TableLayout::kKnownAt] = static_cast<uint64_t>(known_at.Int(row));
    if (layout.has_identity()) out[TableLayout::kHiddenFrom] = static_cast<uint64_t>(base::kTimeMax);
  }
  for (size_t i = 0; i < layout.arguments().size(); ++i) {
    FillArgument(layout, static_cast<int>(i), Evaluate(*layout.arguments()[i].scalar, rows), strings, &encoded);
  }
  for (size_t i = 0; i < layout.conditions().size(); ++i) {
    FillCondition(layout, static_cast<int>(i), Evaluate(*layout.conditions()[i].scalar, rows), &encoded);
  }
  return encoded;
}

bool EncodeKey(const std::vector<const data::Column*>& columns, size_t row, std::string* key) {
  key->clear();
  for (const data::Column* column : columns) {
    if (column->IsNull(row)) return false;
    if (column->type().storage() == data::Storage::kBytes) {
      const std::string_view text = column->String(row);
      AppendWord(text.size(), key);
      key->append(text);
    } else {
      AppendWord(WordOf(*column, row, nullptr), key);
    }
  }
  return true;
}

EncodedKeys EncodeKeys(const std::vector<const data::Column*>& columns, size_t rows) {
  EncodedKeys encoded;
  encoded.keys.resize(rows);
  encoded.known.resize(rows);
  for (size_t row = 0; row < rows; ++row) encoded.known[row] = EncodeKey(columns, row, &encoded.keys[row]) ? 1 : 0;
  return encoded;
}

const data::Column& EventColumn(const data::Batch& rows, const std::string& name) {
  const data::Column* column = rows.Find(name);
  if (column == nullptr && name == "event_time") column = rows.Find(features::kEventTimeColumn);
  if (column == nullptr && name == "known_at") column = rows.Find(features::kKnownAtColumn);
  PLUMB_CHECK(column != nullptr, "A checked expression uses columns that event rows have.");
  return *column;
}

}  // namespace plumb::engine
