// frequency_table.h: exact counts of 64-bit words: the most frequent ones, and how many different ones there are.
//
// Why: top_k and an exact distinct need counts that can leave a window again, merge, and not depend on the order in
// which values came. A word is whatever the caller counts: an integer, the bits of a double, an interned string.
//
// How: open addressing with linear probing over a power of two of slots, at most 3/4 full; a count that becomes zero
// frees its slot at once (backward shift, D. Knuth, TAOCP 3, 6.4, algorithm R), so no marks of deleted slots remain.
//
// Thread safety: none needed for const use; one writer otherwise. Invariants: no counted word has count 0; answers
// depend on the multiset only. Taking out what was never added gives a negative count until it is added; a question in
// between has no meaning.
//
//   FrequencyTable table;                          // from frequency_table_test.cc
//   for (const uint64_t word : {7, 3, 7, 3, 5}) table.Add(word);
//   table.TopK(2, std::less<>());                  // {{3, 2}, {7, 2}}: equal counts by value
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace plumb::stats {

class FrequencyTable {
 public:
  struct Entry {
    uint64_t word = 0;
    int64_t count = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  // O(1) on average.
  void Add(uint64_t word, int64_t count = 1);
  void Remove(uint64_t word) { Add(word, -1); }
  void Merge(const FrequencyTable& other) { Combine(other, 1); }
  void Subtract(const FrequencyTable& other) { Combine(other, -1); }

  // Back to nothing; keeps the memory. O(slots).
  void Clear();
  void Reserve(size_t words);

  [[nodiscard]] int64_t CountOf(uint64_t word) const;
  [[nodiscard]] size_t size() const { return size_; }     // different words
  [[nodiscard]] int64_t total() const { return total_; }  // with repetitions
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] size_t MemoryBytes() const { return slots_.capacity() * sizeof(Entry); }

  // In no meaningful order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const Entry& slot : slots_) {
      if (slot.count != 0) visit(slot.word, slot.count);
    }
  }

  // The at most k entries of largest count, from the largest down; of equal counts those whose words come first by
  // `less`, a strict order in which different words are never equal.
  template <typename Less>
  [[nodiscard]] std::vector<Entry> TopK(size_t k, Less&& less) const {
    std::vector<Entry> entries;
    entries.reserve(size_);
    ForEach([&](uint64_t word, int64_t count) { entries.push_back({word, count}); });
    const auto is_before = [&](const Entry& a, const Entry& b) {
      return a.count != b.count ? a.count > b.count : less(a.word, b.word);
    };
    if (k < entries.size()) {
      std::nth_element(entries.begin(), entries.begin() + static_cast<ptrdiff_t>(k), entries.end(), is_before);
      entries.resize(k);
    }
    std::sort(entries.begin(), entries.end(), is_before);
    return entries;
  }

  // Equal if the counts are.
  friend bool operator==(const FrequencyTable& a, const FrequencyTable& b);

 private:
  [[nodiscard]] size_t HomeOf(uint64_t word) const;
  [[nodiscard]] size_t SlotOf(uint64_t word) const;  // Its slot, or the free one where it would go.
  void FreeSlot(size_t slot);
  void Resize(size_t slots);
  void Combine(const FrequencyTable& other, int64_t sign);

  std::vector<Entry> slots_;  // None, or a power of two; count 0: free
  size_t size_ = 0;
  int64_t total_ = 0;
};

}  // namespace plumb::stats
