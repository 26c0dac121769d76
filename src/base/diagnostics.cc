#include "base/diagnostics.h"

#include <algorithm>
#include <tuple>

#include "base/internal/utf8.h"

namespace plumb::base {
namespace {

constexpr size_t kShownMax = 50;
constexpr size_t kLineColumnsMax = 120;     // of the source line that is shown
constexpr size_t kColumnsBeforeCaret = 40;  // kept when a long line is cut
constexpr size_t kNameBytesMax = 256;       // longer names are not guessed at

bool IsControl(unsigned char c) { return c < 0x20 || c == 0x7F; }

// What came from the user may hold escape sequences; a terminal must not obey them.
std::string Printable(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const size_t bytes = internal::Utf8SequenceBytes(text, i);
    if (bytes == 0 || (IsControl(static_cast<unsigned char>(text[i])) && text[i] != '\t' && text[i] != '\n')) {
      out.push_back('?');
    } else if (text[i] == '\t' || text[i] == '\n') {
      out.push_back(' ');
    } else {
      out.append(text.substr(i, bytes));
    }
    i += std::max<size_t>(bytes, 1);
  }
  return out;
}

size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// The first byte at or after `offset` that begins a code point.
size_t CodePointStart(std::string_view text, size_t offset) {
  while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0) == 0x80) ++offset;
  return std::min(offset, text.size());
}

std::string_view TrimmedRight(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\r");
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

// The line of a position without its indentation, and where in it the caret and the waves stand, in bytes.
struct Excerpt {
  std::string_view line;
  size_t caret = 0;
  size_t length = 1;
  bool cut_left = false;
  bool cut_right = false;
};

Excerpt ExcerptOf(const Position& position) {
  const std::string_view text = position.source->text;
  const size_t offset = std::min(position.offset, text.size());
  size_t start = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  start = start == std::string_view::npos ? 0 : start + 1;
  if (start == 0 && text.starts_with("\xEF\xBB\xBF")) start = std::min<size_t>(3, offset);
  const size_t line_end = std::min(text.find('\n', offset), text.size());
  while (start < offset && (text[start] == ' ' || text[start] == '\t')) ++start;

  Excerpt excerpt;
  if (CodePoints(text.substr(start, line_end - start)) > kLineColumnsMax && offset - start > kColumnsBeforeCaret) {
    start = CodePointStart(text, offset - kColumnsBeforeCaret);
    excerpt.cut_left = true;
  }
  size_t end = line_end;
  if (end - start > kLineColumnsMax) {
    end = std::min(end, CodePointStart(text, std::max(start + kLineColumnsMax, offset)));
    excerpt.cut_right = end < line_end;
  }
  excerpt.line = TrimmedRight(text.substr(start, end - start));
  excerpt.caret = offset - start;
  const size_t left = excerpt.line.size() > excerpt.caret ? excerpt.line.size() - excerpt.caret : 0;
  excerpt.length = std::clamp<size_t>(position.length, 1, std::max<size_t>(left, 1));
  return excerpt;
}

void RenderExcerpt(const Position& position, bool colour, std::string* out) {
  const Excerpt excerpt = ExcerptOf(position);
  const std::string_view ellipsis = excerpt.cut_left ? "..." : "";
  out->append("    ").append(ellipsis).append(Printable(excerpt.line));
  out->append(excerpt.cut_right ? "...\n" : "\n");
  const size_t caret = std::min(excerpt.caret, excerpt.line.size());
  const size_t blanks = CodePoints(excerpt.line.substr(0, caret)) + (excerpt.caret - caret);
  const size_t waves = std::max<size_t>(CodePoints(excerpt.line.substr(caret, excerpt.length)), 1) - 1;
  out->append(4 + ellipsis.size() + blanks, ' ');
  if (colour) out->append("\x1b[1;32m");
  out->append("^").append(waves, '~');
  if (colour) out->append("\x1b[0m");
  out->append("\n");
}

void RenderOne(const Diagnostic& diagnostic, bool colour, std::string* out) {
  const bool is_error = diagnostic.severity == Severity::kError;
  if (diagnostic.position.source) {
    if (colour) out->append("\x1b[1m");
    out->append(Printable(diagnostic.position.ToString())).append(": ");
    if (colour) out->append("\x1b[0m");
  }
  if (colour) out->append(is_error ? "\x1b[1;31m" : "\x1b[1;35m");
  out->append(is_error ? "error: " : "warning: ");
  if (colour) out->append("\x1b[0m");
  out->append(Printable(diagnostic.message)).append("\n");
  if (diagnostic.position.source) RenderExcerpt(diagnostic.position, colour, out);
  if (!diagnostic.suggestion.empty()) out->append("  ").append(Printable(diagnostic.suggestion)).append("\n");
}

// File and line order; what has no place comes last.
auto OrderKey(const Diagnostic& d) {
  const bool placeless = d.position.source == nullptr;
  return std::tuple(placeless, placeless ? std::string_view() : std::string_view(d.position.source->name),
                    placeless ? size_t{0} : d.position.offset);
}

bool IsSame(const Diagnostic& a, const Diagnostic& b) {
  return OrderKey(a) == OrderKey(b) && a.severity == b.severity && a.message == b.message &&
         a.suggestion == b.suggestion;
}

std::vector<const Diagnostic*> SortedWithoutCopies(const std::vector<Diagnostic>& all) {
  std::vector<const Diagnostic*> sorted;
  for (const Diagnostic& diagnostic : all) sorted.push_back(&diagnostic);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Diagnostic* a, const Diagnostic* b) { return OrderKey(*a) < OrderKey(*b); });
  std::vector<const Diagnostic*> kept;
  size_t place_begin = 0;  // of the diagnostics in `kept` that stand at the same place
  for (const Diagnostic* diagnostic : sorted) {
    if (!kept.empty() && OrderKey(*kept.back()) != OrderKey(*diagnostic)) place_begin = kept.size();
    const auto from = kept.begin() + static_cast<std::ptrdiff_t>(place_begin);
    if (std::none_of(from, kept.end(), [&](const Diagnostic* other) { return IsSame(*other, *diagnostic); })) {
      kept.push_back(diagnostic);
    }
  }
  return kept;
}

// At most kShownMax, errors rather than warnings, still in order.
std::vector<const Diagnostic*> Shown(std::vector<const Diagnostic*> sorted) {
  if (sorted.size() <= kShownMax) return sorted;
  std::stable_partition(sorted.begin(), sorted.end(),
                        [](const Diagnostic* d) { return d->severity == Severity::kError; });
  sorted.resize(kShownMax);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Diagnostic* a, const Diagnostic* b) { return OrderKey(*a) < OrderKey(*b); });
  return sorted;
}

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Optimal string alignment distance: insertions, deletions, substitutions and transpositions of neighbours count one.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substituted});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

int Position::Line() const {
  if (!source) return 0;
  const auto end = source->text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, source->text.size()));
  return 1 + static_cast<int>(std::count(source->text.begin(), end, '\n'));
}

int Position::Column() const {
  if (!source) return 0;
  const std::string_view before = std::string_view(source->text).substr(0, offset);
  const size_t newline = before.rfind('\n');
  std::string_view line = newline == std::string_view::npos ? before : before.substr(newline + 1);
  if (newline == std::string_view::npos && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  return 1 + static_cast<int>(CodePoints(line));
}

std::string Position::ToString() const {
  return source ? fmt::format("{}:{}:{}", source->name, Line(), Column()) : std::string();
}

void Diagnostics::Error(Position position, std::string message, std::string suggestion) {
  all_.push_back({Severity::kError, std::move(position), std::move(message), std::move(suggestion)});
  ++errors_;
}

void Diagnostics::Warn(Position position, std::string message, std::string suggestion) {
  all_.push_back({Severity::kWarning, std::move(position), std::move(message), std::move(suggestion)});
}

std::string Diagnostics::Render(bool colour) const {
  const std::vector<const Diagnostic*> sorted = SortedWithoutCopies(all_);
  std::string out;
  for (const Diagnostic* diagnostic : Shown(sorted)) RenderOne(*diagnostic, colour, &out);
  if (sorted.size() > kShownMax) out.append(fmt::format("and {} more\n", sorted.size() - kShownMax));
  return out;
}

Status Diagnostics::ToStatus() const {
  if (!has_errors()) return Status();
  std::string text = Render(false);
  while (text.ends_with('\n')) text.pop_back();
  return Status(Code::kInvalidArgument, std::move(text));
}

std::string ClosestName(std::string_view name, const std::vector<std::string>& candidates) {
  if (name.size() > kNameBytesMax) return "";
  const std::string wanted = LowerAscii(name);
  // A third of the letters may be wrong; more is another word.
  const size_t distance_max = std::max<size_t>(1, name.size() / 3);
  std::tuple<size_t, size_t> best(distance_max + 1, 0);  // letters first, then upper and lower case
  std::string closest;
  for (const std::string& candidate : candidates) {
    const size_t shorter = std::min(candidate.size(), name.size());
    const size_t longer = std::max(candidate.size(), name.size());
    if (longer - shorter > distance_max) continue;
    const size_t distance = EditDistance(wanted, LowerAscii(candidate));
    if (distance >= std::max<size_t>(shorter, 1)) continue;  // nothing in common
    const std::tuple<size_t, size_t> rank(distance, EditDistance(name, candidate));
    if (rank < best) {
      best = rank;
      closest = candidate;
    }
  }
  return closest;
}

std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string closest = ClosestName(name, candidates);
  return closest.empty() ? "" : fmt::format("Did you mean {}?", closest);
}

}  // namespace plumb::base
