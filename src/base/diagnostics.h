// diagnostics.h: mistakes in the user's files, gathered and shown as a compiler shows them.
//
// Why: a project is text that a person wrote. A mistake gives file, line, column, the line itself with a caret, the
// sentence, and a suggestion; checking goes on, so that several are reported together.
//
// Thread safety: one writer. Positions keep their text alive.
//
//   project.yaml:12:23: error: Column is not known: arr_dely.
//       late_avg: avg(arr_dely) over 2h
//                     ^~~~~~~~
//     Did you mean arr_delay?
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace plumb::base {

// One text that positions point into: a file, a command-line argument, a request field.
struct SourceText {
  std::string name;  // as the user knows it: a path relative to the project, or "<query>"
  std::string text;
};
using SourceTextPtr = std::shared_ptr<const SourceText>;

struct Position {
  SourceTextPtr source;  // may be null: then only the sentence is shown
  size_t offset = 0;     // bytes from the start of the text
  size_t length = 1;     // bytes to underline, at least 1

  // 1-based; columns count UTF-8 code points.
  [[nodiscard]] int Line() const;
  [[nodiscard]] int Column() const;
  [[nodiscard]] std::string ToString() const;  // "project.yaml:12:23", or ""
};

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  Position position;
  std::string message;     // a sentence
  std::string suggestion;  // a sentence, or empty
};

class Diagnostics {
 public:
  void Error(Position position, std::string message, std::string suggestion = "");
  void Warn(Position position, std::string message, std::string suggestion = "");

  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] size_t errors() const { return errors_; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }

  // In file and line order, without copies, at most 50 and then "and N more", ready for a terminal (ANSI colours when
  // asked). Control characters are shown as "?". Ends with a newline unless empty.
  [[nodiscard]] std::string Render(bool colour) const;
  // OK without errors; else kInvalidArgument whose message is the rendering without colour and without the last
  // newline.
  [[nodiscard]] Status ToStatus() const;

 private:
  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
};

// The candidate nearest to `name` by edit distance (transpositions count one), or "" if none is near enough to be
// meant.
std::string ClosestName(std::string_view name, const std::vector<std::string>& candidates);
// "Did you mean X?", or "".
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace plumb::base
