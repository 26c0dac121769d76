// ParseLock of lock_file.h: the text is read from front to back, each piece where it must stand. The first mistake ends
// it: what follows a wrong line of a generated file is of no use.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/hash.h"
#include "base/json.h"
#include "features/lock_file.h"
#include "features/lock_file_layout.h"

namespace plumb::features {
namespace {

using base::Result;
using base::Status;

constexpr size_t kIdentityDigits = 64;
constexpr size_t kVersionDigitsMax = 9;
constexpr const char* kRestore = "Take the file back from git, then run plumb apply.";
constexpr const char* kResolve =
    "Take one side whole, with git checkout --ours plumb.lock or --theirs, then run plumb apply.";

bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// The same lines with LF at their ends.
base::SourceTextPtr WithLineFeeds(const base::SourceTextPtr& text) {
  if (text->text.find('\r') == std::string::npos) return text;
  base::SourceText lines{text->name, {}};
  for (size_t i = 0; i < text->text.size(); i++) {
    const bool is_pair = text->text[i] == '\r' && i + 1 < text->text.size() && text->text[i + 1] == '\n';
    if (!is_pair) lines.text += text->text[i];
  }
  return std::make_shared<const base::SourceText>(std::move(lines));
}

class LockParser {
 public:
  explicit LockParser(base::SourceTextPtr source) : source_(std::move(source)), text_(source_->text) {}

  Result<LockFile> Parse() {
    PLUMB_RETURN_IF_ERROR(CheckConflict());
    PLUMB_RETURN_IF_ERROR(ReadHeader());
    PLUMB_RETURN_IF_ERROR(ReadSources());
    PLUMB_RETURN_IF_ERROR(ReadViews());
    PLUMB_RETURN_IF_ERROR(ReadRemovedViews());
    PLUMB_RETURN_IF_ERROR(ReadModels());
    PLUMB_RETURN_IF_ERROR(ReadChecksum());
    PLUMB_RETURN_IF_ERROR(CheckLayout());
    return std::move(lock_);
  }

  [[nodiscard]] const base::Position& mistake() const { return mistake_; }

 private:
  Status FailAs(base::Code code, size_t begin, size_t end, std::string message, const std::string& suggestion) {
    const size_t length = std::max<size_t>(end - std::min(begin, end), 1);
    mistake_ = {source_, std::min(begin, text_.size()), length};
    return Status(code, std::move(message)).WithWhere(mistake_.ToString()).WithSuggestion(suggestion);
  }

  // What stands here is not what must.
  Status Malformed(std::string_view wanted) {
    if (at_ >= text_.size()) {
      return FailAs(base::Code::kInvalidArgument, at_, at_, fmt::format("Lock file is cut short: want {}.", wanted),
                    kRestore);
    }
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    return FailAs(base::Code::kInvalidArgument, at_, end, fmt::format("Lock file is malformed: want {}.", wanted),
                  kRestore);
  }

  bool Skip(std::string_view literal) {
    if (!text_.substr(at_).starts_with(literal)) return false;
    at_ += literal.size();
    return true;
  }

  Status Expect(std::string_view literal) {
    if (Skip(literal)) return {};
    std::string_view shown = literal;
    while (shown.ends_with('\n') || shown.ends_with(' ')) shown.remove_suffix(1);
    while (shown.starts_with(' ')) shown.remove_prefix(1);
    return Malformed(shown.empty() ? "the end of the line" : shown);
  }

  Result<std::string> ReadQuoted() {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    if (at_ >= text_.size() || text_[at_] != '"' || end >= text_.size() || text_[end] != '"') {
      return Malformed("a text in quotes");
    }
    const Result<base::Json> json = base::ParseJson(text_.substr(at_, end + 1 - at_));
    if (!json.ok()) return Malformed("a text in quotes");
    at_ = end + 1;
    return json->AsString();
  }

  Result<std::string> ReadName() {
    if (at_ < text_.size() && text_[at_] == '"') return ReadQuoted();
    const size_t end = std::min(text_.find_first_of(": \n", at_), text_.size());
    const std::string_view name = text_.substr(at_, end - at_);
    if (!IsPlainWord(name)) return Malformed("a name");
    at_ = end;
    return std::string(name);
  }

  Status ReadIdentity(std::string* identity) {
    const std::string_view digits = text_.substr(at_, kIdentityDigits);
    if (digits.size() != kIdentityDigits || !std::all_of(digits.begin(), digits.end(), IsHexDigit)) {
      return Malformed("an identity, 64 hex digits");
    }
    *identity = std::string(digits);
    at_ += kIdentityDigits;
    return {};
  }

  Status ReadNumber(int64_t* number) {
    size_t end = at_;
    while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') end++;
    const bool is_number = end > at_ && end - at_ <= kVersionDigitsMax && text_[at_] != '0';
    if (!is_number) return Malformed("a number from 1");
    *number = 0;
    for (; at_ < end; at_++) *number = *number * 10 + (text_[at_] - '0');
    return {};
  }

  Status CheckConflict() {
    constexpr std::array<std::string_view, 4> kMarks = {"<<<<<<<", "|||||||", "=======", ">>>>>>>"};
    for (size_t line = 0; line < text_.size();) {
      const size_t end = std::min(text_.find('\n', line), text_.size());
      const std::string_view here = text_.substr(line, end - line);
      if (std::any_of(kMarks.begin(), kMarks.end(), [&](std::string_view mark) { return here.starts_with(mark); })) {
        return FailAs(base::Code::kInvalidArgument, line, end, "Lock file has the marks of a merge conflict.",
                      kResolve);
      }
      line = end + 1;
    }
    return {};
  }

  Status ReadHeader() {
    // A newer plumb may say something else in its comments.
    while (text_.substr(at_).starts_with("#")) at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1;
    PLUMB_RETURN_IF_ERROR(Expect(kLockFormatLine));
    PLUMB_RETURN_IF_ERROR(Expect("\n"));
    PLUMB_RETURN_IF_ERROR(Expect(kLockVersionKey));
    const size_t begin = at_;
    int64_t version = 0;
    PLUMB_RETURN_IF_ERROR(ReadNumber(&version));
    if (version > kLockFormatVersion) {
      return FailAs(base::Code::kUnimplemented, begin, at_,
                    fmt::format("Lock file was written by a newer plumb: format {}, this one reads {}.", version,
                                kLockFormatVersion),
                    "Use the plumb that wrote it, or a newer one.");
    }
    return Expect("\n");
  }

  Status ReadSources() {
    PLUMB_RETURN_IF_ERROR(Expect("sources:\n"));
    while (Skip("  ")) {
      const size_t begin = at_;
      PLUMB_ASSIGN_OR_RETURN(std::string name, ReadName());
      const auto [source, is_new] = lock_.sources.try_emplace(std::move(name));
      if (!is_new) return Twice(begin, source->first);
      PLUMB_RETURN_IF_ERROR(Expect(": "));
      PLUMB_RETURN_IF_ERROR(ReadIdentity(&source->second));
      PLUMB_RETURN_IF_ERROR(Expect("\n"));
    }
    return {};
  }

  Status Twice(size_t begin, const std::string& name) {
    return FailAs(base::Code::kInvalidArgument, begin, at_, fmt::format("Lock file has a name twice: {}.", name),
                  kRestore);
  }

  Status OutOfOrder(size_t begin, const std::string& name) {
    return FailAs(base::Code::kInvalidArgument, begin, begin + 1,
                  fmt::format("Lock file is out of order, or has a line twice: {}.", name), kRestore);
  }

  Status ReadViews() {
    PLUMB_RETURN_IF_ERROR(Expect("views:\n"));
    while (Skip("  ")) {
      const size_t begin = at_;
      PLUMB_ASSIGN_OR_RETURN(std::string name, ReadName());
      const auto [view, is_new] = lock_.views.try_emplace(std::move(name));
      if (!is_new) return Twice(begin, view->first);
      PLUMB_RETURN_IF_ERROR(Expect(":\n"));
      PLUMB_RETURN_IF_ERROR(ReadView(&view->second));
    }
    return {};
  }

  Status ReadView(LockedView* view) {
    PLUMB_RETURN_IF_ERROR(Expect("    version: "));
    PLUMB_RETURN_IF_ERROR(ReadNumber(&view->current.version));
    PLUMB_RETURN_IF_ERROR(Expect("\n    identity: "));
    PLUMB_RETURN_IF_ERROR(ReadIdentity(&view->current.identity));
    PLUMB_RETURN_IF_ERROR(Expect("\n"));
    PLUMB_RETURN_IF_ERROR(ReadOptional("    source: ", &view->source));
    PLUMB_RETURN_IF_ERROR(Expect("    inputs: "));
    PLUMB_ASSIGN_OR_RETURN(view->inputs, ReadQuoted());
    PLUMB_RETURN_IF_ERROR(Expect("\n"));
    PLUMB_RETURN_IF_ERROR(ReadOptional("    max_age: ", &view->max_age));
    PLUMB_RETURN_IF_ERROR(Expect("    features:\n"));
    while (Skip("      ")) PLUMB_RETURN_IF_ERROR(ReadFeature(view));
    if (Skip("    aggregates:\n")) {
      while (Skip("      - ")) PLUMB_RETURN_IF_ERROR(ReadAggregate(view));
    }
    if (Skip("    previous:\n")) {
      PLUMB_RETURN_IF_ERROR(ReadVersions("      - ", &view->previous));
      return CheckVersions(*view);
    }
    return {};
  }

  // A line that may be left out.
  Status ReadOptional(std::string_view key, std::string* value) {
    if (!Skip(key)) return {};
    PLUMB_ASSIGN_OR_RETURN(*value, ReadQuoted());
    return value->empty() ? Malformed("a text that is not empty") : Expect("\n");
  }

  Status ReadFeature(LockedView* view) {
    const size_t begin = at_;
    PLUMB_ASSIGN_OR_RETURN(std::string name, ReadName());
    const auto [feature, is_new] = view->features.try_emplace(std::move(name));
    if (!is_new) return Twice(begin, feature->first);
    PLUMB_RETURN_IF_ERROR(Expect(": {type: "));
    PLUMB_ASSIGN_OR_RETURN(feature->second.type, ReadQuoted());
    PLUMB_RETURN_IF_ERROR(Expect(", identity: "));
    PLUMB_RETURN_IF_ERROR(ReadIdentity(&feature->second.identity));
    PLUMB_RETURN_IF_ERROR(Expect(", expression: "));
    PLUMB_ASSIGN_OR_RETURN(feature->second.expression, ReadQuoted());
    return Expect("}\n");
  }

  Status ReadAggregate(LockedView* view) {
    const size_t begin = at_;
    LockedAggregate aggregate;
    PLUMB_RETURN_IF_ERROR(Expect("{aggregate: "));
    PLUMB_ASSIGN_OR_RETURN(aggregate.text, ReadQuoted());
    PLUMB_RETURN_IF_ERROR(Expect(", identity: "));
    PLUMB_RETURN_IF_ERROR(ReadIdentity(&aggregate.identity));
    PLUMB_RETURN_IF_ERROR(Expect("}\n"));
    if (!view->aggregates.empty() && view->aggregates.back() >= aggregate) return OutOfOrder(begin, aggregate.text);
    view->aggregates.push_back(std::move(aggregate));
    return {};
  }

  // At least one: each of a larger number than the one before, and of another identity than all.
  Status ReadVersions(std::string_view item, std::vector<LockedVersion>* versions) {
    PLUMB_RETURN_IF_ERROR(Expect(item));
    do {
      const size_t begin = at_;
      LockedVersion version;
      PLUMB_RETURN_IF_ERROR(Expect("{version: "));
      PLUMB_RETURN_IF_ERROR(ReadNumber(&version.version));
      PLUMB_RETURN_IF_ERROR(Expect(", identity: "));
      PLUMB_RETURN_IF_ERROR(ReadIdentity(&version.identity));
      PLUMB_RETURN_IF_ERROR(Expect("}\n"));
      if (!versions->empty() && versions->back().version >= version.version) {
        return FailAs(base::Code::kInvalidArgument, begin, at_ - 1,
                      fmt::format("Lock file has versions out of order: v{} after v{}.", version.version,
                                  versions->back().version),
                      kRestore);
      }
      versions->push_back(std::move(version));
    } while (Skip(item));
    return {};
  }

  Status CheckVersions(const LockedView& view) {
    for (const LockedVersion& version : view.previous) {
      if (version.version != view.current.version && version.identity != view.current.identity) continue;
      return FailAs(
          base::Code::kInvalidArgument, at_ - 1, at_,
          fmt::format("Lock file has the current version of a view among the previous ones: v{}.", version.version),
          kRestore);
    }
    return {};
  }

  Status ReadRemovedViews() {
    if (!Skip("removed_views:\n")) return {};
    do {
      PLUMB_RETURN_IF_ERROR(Expect("  "));
      const size_t begin = at_;
      PLUMB_ASSIGN_OR_RETURN(std::string name, ReadName());
      if (lock_.views.contains(name)) return Twice(begin, name);
      const auto [view, is_new] = lock_.removed_views.try_emplace(std::move(name));
      if (!is_new) return Twice(begin, view->first);
      PLUMB_RETURN_IF_ERROR(Expect(":\n"));
      PLUMB_RETURN_IF_ERROR(ReadVersions("    - ", &view->second));
    } while (text_.substr(at_).starts_with("  "));
    return {};
  }

  Status ReadModels() {
    PLUMB_RETURN_IF_ERROR(Expect("models:\n"));
    while (Skip("  ")) {
      const size_t begin = at_;
      PLUMB_ASSIGN_OR_RETURN(std::string name, ReadName());
      const auto [model, is_new] = lock_.models.try_emplace(std::move(name));
      if (!is_new) return Twice(begin, model->first);
      PLUMB_RETURN_IF_ERROR(Expect(":\n"));
      while (Skip("    - ")) PLUMB_RETURN_IF_ERROR(ReadModelFeature(&model->second));
    }
    return {};
  }

  Status ReadModelFeature(std::vector<std::string>* features) {
    const size_t begin = at_;
    PLUMB_ASSIGN_OR_RETURN(std::string name, ReadName());
    PLUMB_RETURN_IF_ERROR(CheckFeature(name, begin));
    if (!features->empty() && features->back() >= name) return OutOfOrder(begin, name);
    features->push_back(std::move(name));
    return Expect("\n");
  }

  Status CheckFeature(const std::string& name, size_t begin) {
    const std::string view_name = name.substr(0, name.find('.'));
    const auto view = lock_.views.find(view_name);
    if (view == lock_.views.end()) {
      return Unknown(begin, fmt::format("Lock file names a view that it does not have: {}.", view_name),
                     base::DidYouMean(view_name, NamesOf(lock_.views)));
    }
    const std::string feature = name.substr(std::min(view_name.size() + 1, name.size()));
    if (view->second.features.contains(feature)) return {};
    return Unknown(begin, fmt::format("Lock file names a feature that it does not have: {}.", name),
                   base::DidYouMean(feature, NamesOf(view->second.features)));
  }

  template <typename Map>
  static std::vector<std::string> NamesOf(const Map& map) {
    std::vector<std::string> names;
    for (const auto& [name, value] : map) names.push_back(name);
    return names;
  }

  Status Unknown(size_t begin, std::string message, const std::string& meant) {
    return FailAs(base::Code::kInvalidArgument, begin, at_, std::move(message),
                  meant.empty() ? kRestore : meant + " " + kRestore);
  }

  Status ReadChecksum() {
    const size_t begin = at_;
    PLUMB_RETURN_IF_ERROR(Expect(kLockChecksumKey));
    std::string checksum;
    PLUMB_RETURN_IF_ERROR(ReadIdentity(&checksum));
    PLUMB_RETURN_IF_ERROR(Expect("\n"));
    if (at_ != text_.size()) return Malformed("nothing after the checksum");
    if (base::Sha256Hex(text_.substr(0, begin)) == checksum) return {};
    return FailAs(base::Code::kDataLoss, begin, at_ - 1,
                  "Lock file does not match its checksum: it was changed by hand, or is corrupt.", kRestore);
  }

  // Equal locks are equal texts: order, quotes and blanks say nothing, so they may not differ.
  Status CheckLayout() {
    const std::string wanted = RenderLock(lock_);
    if (wanted == text_) return {};
    const auto [here, there] = std::mismatch(text_.begin(), text_.end(), wanted.begin(), wanted.end());
    const auto begin = static_cast<size_t>(here - text_.begin());
    const size_t end = std::min(text_.find('\n', begin), text_.size());
    return FailAs(base::Code::kInvalidArgument, begin, end, "Lock file is not laid out as plumb writes it.", kRestore);
  }

  base::SourceTextPtr source_;
  std::string_view text_;
  size_t at_ = 0;
  LockFile lock_;
  base::Position mistake_;
};

}  // namespace

Result<LockFile> ParseLock(const base::SourceTextPtr& text, base::Position* mistake) {
  if (text->text.size() > kLockBytesMax) {
    return base::InvalidArgument("Lock file is too large: {} bytes, at most {}.", text->text.size(), kLockBytesMax)
        .WithWhere(text->name);
  }
  LockParser parser(WithLineFeeds(text));
  Result<LockFile> lock = parser.Parse();
  if (!lock.ok() && mistake != nullptr) *mistake = parser.mistake();
  return lock;
}

}  // namespace plumb::features
