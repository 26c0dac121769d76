// table_layout.h: what is kept for each event of a source under one entity, and which partial aggregates are kept of
// chunks of them.
//
// Why: forty aggregates over the same events share arguments, conditions and partials; only what is distinct is stored.
// An event is a row of 64-bit words: event_time, known_at, for sources with event_id also hidden_from and the identity,
// then one word per distinct argument, then flag words with one bit per argument (is it not null?) and per condition
// (is it true?). An event is visible at a cut c when known_at < c ≤ hidden_from; hidden_from is the known_at of its
// next version.
//
// Thread safety: immutable once all aggregates are added.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/aggregate_state.h"
#include "engine/string_pool.h"
#include "features/definitions.h"

namespace plumb::engine {

struct ArgumentColumn {
  const expr::Scalar* scalar = nullptr;
  std::string canonical;  // with the type
};

struct Slot {
  SlotKind kind = SlotKind::kRows;
  int argument = -1;             // in arguments, or -1
  int condition = -1;            // in conditions, or -1
  base::Duration half_life = 0;  // kTiles
  friend bool operator==(const Slot&, const Slot&) = default;
};

class TableLayout {
 public:
  static constexpr int kEventTime = 0, kKnownAt = 1, kHiddenFrom = 2, kIdentity = 3;

  TableLayout(const features::Source* source, const features::Entity* entity);

  // Places for what an aggregate reads and keeps, made if they are new. The scalars must outlive the layout.
  int AddArgument(const expr::Scalar& argument);
  int AddCondition(const expr::Scalar& condition);
  int AddSlot(const Slot& slot);
  // Fixes the places of words, after the last Add and before any row.
  void Seal();

  [[nodiscard]] const features::Source& source() const { return *source_; }
  [[nodiscard]] const features::Entity& entity() const { return *entity_; }
  [[nodiscard]] bool has_identity() const { return has_identity_; }
  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
  [[nodiscard]] const SlotForm& form(int slot) const { return forms_[static_cast<size_t>(slot)]; }
  [[nodiscard]] const std::vector<ArgumentColumn>& arguments() const { return arguments_; }
  [[nodiscard]] const std::vector<ArgumentColumn>& conditions() const { return conditions_; }

  // Words of a row.
  [[nodiscard]] int width() const { return first_flag() + (flag_bits() + 63) / 64; }
  [[nodiscard]] int value_word(int argument) const { return first_value() + argument; }
  [[nodiscard]] int argument_flag(int argument) const { return argument; }
  [[nodiscard]] int condition_flag(int condition) const { return static_cast<int>(arguments_.size()) + condition; }
  [[nodiscard]] int flag_word(int flag) const { return first_flag() + flag / 64; }
  static uint64_t FlagMask(int flag) { return uint64_t{1} << (flag % 64); }
  [[nodiscard]] int flag_bits() const { return static_cast<int>(arguments_.size() + conditions_.size()); }

  // The columns of a slot in a chunk whose words of one kind stand side by side, `stride` words a kind. A single row
  // has stride 1.
  [[nodiscard]] SlotColumns ColumnsOf(int slot, const uint64_t* words, size_t stride) const {
    const Access& access = accesses_[static_cast<size_t>(slot)];
    SlotColumns columns;
    if (access.value_word >= 0) columns.values = words + static_cast<size_t>(access.value_word) * stride;
    columns.times = words;
    for (int i = 0; i < 2 && access.masks[i] != 0; ++i) {
      columns.flags[i] = words + static_cast<size_t>(access.flag_words[i]) * stride;
      columns.masks[i] = access.masks[i];
    }
    return columns;
  }

  // < 0, 0, > 0 by event_time, known_at, identity.
  [[nodiscard]] int CompareRows(const uint64_t* a, const uint64_t* b) const;
  static int CompareIdentities(uint64_t a, uint64_t b) {
    if (a == b) return 0;
    return reinterpret_cast<const std::string*>(a)->compare(*reinterpret_cast<const std::string*>(b));
  }

 private:
  [[nodiscard]] int first_value() const { return has_identity_ ? 4 : 2; }
  [[nodiscard]] int first_flag() const { return first_value() + static_cast<int>(arguments_.size()); }

  struct Access {
    int value_word = -1;
    int flag_words[2] = {0, 0};
    uint64_t masks[2] = {0, 0};
  };
  void AddFlag(int flag, Access* access) const;

  const features::Source* source_;
  const features::Entity* entity_;
  bool has_identity_;
  std::vector<ArgumentColumn> arguments_, conditions_;
  std::vector<Slot> slots_;
  std::vector<SlotForm> forms_;
  std::vector<Access> accesses_;
};

// Event rows of a source as words, row after row. The identity is left 0, hidden_from is "never".
struct EncodedRows {
  int width = 0;
  std::vector<uint64_t> words;
  [[nodiscard]] const uint64_t* Row(size_t row) const { return words.data() + row * static_cast<size_t>(width); }
  [[nodiscard]] uint64_t* Row(size_t row) { return words.data() + row * static_cast<size_t>(width); }
};

// `rows` holds the event rows with derived columns. Arguments and conditions are evaluated for all rows at once.
EncodedRows EncodeRows(const TableLayout& layout, const data::Batch& rows, StringPool* strings);

// Byte strings that are equal iff the keys are, one a row; those of rows with a null key are not `known`.
struct EncodedKeys {
  std::vector<std::string> keys;
  std::vector<uint8_t> known;
};
EncodedKeys EncodeKeys(const std::vector<const data::Column*>& columns, size_t rows);
// The same for one row into `key`, which is cleared first; false when a key is null.
bool EncodeKey(const std::vector<const data::Column*>& columns, size_t row, std::string* key);

// The column that a name means in event rows: declared, derived, or event_time and known_at. Requires: there is one.
const data::Column& EventColumn(const data::Batch& rows, const std::string& name);

}  // namespace plumb::engine
