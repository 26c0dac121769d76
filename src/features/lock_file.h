// lock_file.h: plumb.lock: what the sources, views and models of a project were last agreed to mean, as a text for git.
//
// Why: a feature that changes its meaning, or a pattern that grows, must be seen in a review and never slip through.
// The lock says every identity, gives every meaning of a view its ordinal (carrier_delays@v2, the same in every
// environment), and writes out what a model's patterns stand for. `plumb apply` writes it; lock_file_changes.h
// compares.
//
// Ordinals: a view's first meaning is version 1, each new one the next number, and one that was there before gets its
// old number again, also after the view was removed and came back: so earlier versions are kept, by identity.
//
// The text is a subset of YAML, one line for each source, feature, aggregate and version, in order of name; equal locks
// are equal texts, and what does not read back to the same bytes is refused. Format: docs/formats/lock.md.
//
// Thread safety: values.
//
//   const LockFile lock = ParseLock(text).value();                                       // from lock_file_test.cc
//   lock.views.at("delays").features.at("flights_24h").expression                        // "count() over 1d"
//   RenderLock(lock) == text->text
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/status.h"
#include "features/definitions.h"

namespace plumb::features {

inline constexpr const char* kLockFileName = "plumb.lock";  // in the project's directory
inline constexpr int64_t kLockFormatVersion = 1;
inline constexpr size_t kLockBytesMax = 64u << 20;

struct LockedFeature {
  std::string type, identity;
  std::string expression;  // canonical, so that equal meanings have equal texts
  friend bool operator==(const LockedFeature&, const LockedFeature&) = default;
};

struct LockedAggregate {
  std::string text;  // canonical
  std::string identity;
  friend auto operator<=>(const LockedAggregate&, const LockedAggregate&) = default;
};

struct LockedVersion {
  int64_t version = 0;  // 1, 2, …
  std::string identity;
  friend bool operator==(const LockedVersion&, const LockedVersion&) = default;
};

struct LockedView {
  LockedVersion current;
  std::string source;   // empty: a request view
  std::string inputs;   // "origin string, dest string": entity keys or request fields
  std::string max_age;  // or empty
  std::map<std::string, LockedFeature> features;
  std::vector<LockedAggregate> aggregates;  // of all features: sorted, each once
  std::vector<LockedVersion> previous;      // by number; meanings that the view had before or after
  friend bool operator==(const LockedView&, const LockedView&) = default;
};

struct LockFile {
  std::map<std::string, std::string> sources;  // name → Source::rows_identity
  std::map<std::string, LockedView> views;
  std::map<std::string, std::vector<LockedVersion>> removed_views;  // no longer in the project; by number
  std::map<std::string, std::vector<std::string>> models;           // name → "view.feature", sorted
  friend bool operator==(const LockFile&, const LockFile&) = default;
};

// What a model's patterns stand for, as the module that reads models has found.
struct ModelExpansion {
  std::string name;
  base::Position position;
  std::vector<FeatureId> features;
};

// What a view means now, without a version.
LockedView LockView(const View& view);
// The lock that agrees with the project. Versions and history are those of `before`, carried on; a view that means what
// it meant is kept as it was written.
LockFile MakeLock(const LockFile& before, const Definitions& definitions, const std::vector<ModelExpansion>& models);

std::string RenderLock(const LockFile& lock);

// kInvalidArgument, with line and column, for marks of a merge conflict, what is malformed, cut short or out of order;
// kUnimplemented for the format of a newer plumb; kDataLoss when the checksum does not match, which is what a change by
// hand leads to; each with what to do. `mistake`, if given, is set to the place. Line ends may be CRLF.
base::Result<LockFile> ParseLock(const base::SourceTextPtr& text, base::Position* mistake = nullptr);

// The first 12 digits, for people.
std::string ShortIdentity(std::string_view identity);

}  // namespace plumb::features
