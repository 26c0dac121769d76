#include "stats/frequency_table.h"

#include <bit>
#include <utility>

namespace plumb::stats {
namespace {

constexpr size_t kSlotsMin = 8;

// How many slots keep `words` at most 3/4 full.
size_t SlotsFor(size_t words) { return std::max(kSlotsMin, std::bit_ceil(words + words / 3 + 1)); }

}  // namespace

// The number of slots goes into the hash: otherwise the words of a larger table, visited in slot order, would pile up
// at the beginning of a smaller one.
size_t FrequencyTable::HomeOf(uint64_t word) const {
  word += slots_.size() * 0x9e3779b97f4a7c15;
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
  word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
  return (word ^ (word >> 31)) & (slots_.size() - 1);
}

size_t FrequencyTable::SlotOf(uint64_t word) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = HomeOf(word);
  while (slots_[slot].count != 0 && slots_[slot].word != word) slot = (slot + 1) & mask;
  return slot;
}

void FrequencyTable::Add(uint64_t word, int64_t count) {
  if (count == 0) return;
  total_ += count;
  if ((size_ + 1) * 4 > slots_.size() * 3) Resize(SlotsFor(2 * size_ + 1));
  const size_t slot = SlotOf(word);
  Entry& entry = slots_[slot];
  if (entry.count == 0) {
    entry = {word, count};
    size_++;
    return;
  }
  entry.count += count;
  if (entry.count == 0) FreeSlot(slot);
}

void FrequencyTable::FreeSlot(size_t slot) {
  const size_t mask = slots_.size() - 1;
  size_--;
  for (size_t next = (slot + 1) & mask; slots_[next].count != 0; next = (next + 1) & mask) {
    // An entry moves back if the hole lies between its home and where it is, around the end.
    const size_t from_home = (next - HomeOf(slots_[next].word)) & mask, from_hole = (next - slot) & mask;
    if (from_home < from_hole) continue;
    slots_[slot] = slots_[next];
    slot = next;
  }
  slots_[slot] = {};
}

void FrequencyTable::Resize(size_t slots) {
  const std::vector<Entry> before = std::exchange(slots_, std::vector<Entry>(slots));
  for (const Entry& entry : before) {
    if (entry.count != 0) slots_[SlotOf(entry.word)] = entry;
  }
}

void FrequencyTable::Reserve(size_t words) {
  const size_t wanted = SlotsFor(words);
  if (wanted > slots_.size()) Resize(wanted);
}

void FrequencyTable::Combine(const FrequencyTable& other, int64_t sign) {
  if (&other == this) {
    const FrequencyTable copy = other;
    return Combine(copy, sign);
  }
  if (other.size_ == 0) return;
  if (sign > 0) Reserve(size_ + other.size_);
  other.ForEach([&](uint64_t word, int64_t count) { Add(word, sign * count); });
}

void FrequencyTable::Clear() {
  std::fill(slots_.begin(), slots_.end(), Entry{});
  size_ = 0;
  total_ = 0;
}

int64_t FrequencyTable::CountOf(uint64_t word) const { return slots_.empty() ? 0 : slots_[SlotOf(word)].count; }

bool operator==(const FrequencyTable& a, const FrequencyTable& b) {
  if (a.size_ != b.size_ || a.total_ != b.total_) return false;
  bool equal = true;
  a.ForEach([&](uint64_t word, int64_t count) { equal &= b.CountOf(word) == count; });
  return equal;
}

}  // namespace plumb::stats
