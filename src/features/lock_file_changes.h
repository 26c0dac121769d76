// lock_file_changes.h: what the project means now, compared with what plumb.lock says.
//
// Why: `plumb plan` shows it, `plumb apply` writes `after`, `plumb check --locked` refuses it. Only meanings count: an
// owner, a description, a promise or the order of features is no change.
//
// Thread safety: values, which point into the definitions they were made of; those must outlive them.
//
//   const LockChanges changes = CompareWithLock(lock, *definitions, models);     // from lock_file_changes_test.cc
//   changes.views[0].kind                                                        // kChanged
//   RenderLock(changes.after)                                                    // what apply writes
#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "features/definitions.h"
#include "features/lock_file.h"

namespace plumb::features {

enum class LockChange { kSame, kAdded, kChanged, kRemoved };
const char* LockChangeName(LockChange change);  // "same", "added", "changed", "removed"

struct SourceLockChange {
  std::string name;
  LockChange kind = LockChange::kSame;
  std::string before, after;       // identities of its rows; empty if there is none
  const Source* source = nullptr;  // null: removed
};

struct FeatureLockChange {
  std::string name;
  LockChange kind = LockChange::kSame;
  LockedFeature before, after;       // empty if there is none
  std::vector<std::string> reasons;  // of kChanged where the expression is the same: "source flights changed"
  base::Position position;           // in the project; of a removed one its view's
};

// A state that a view's features are made of. kSame: it is there, in this view or another; kAdded: to be filled.
struct AggregateLockChange {
  LockChange kind = LockChange::kSame;
  LockedAggregate aggregate;
};

struct ViewLockChange {
  std::string name;
  LockChange kind = LockChange::kSame;
  LockedVersion before, after;                  // version 0: there is none
  bool is_return = false;                       // `after` is a version that the view had before
  std::vector<FeatureLockChange> features;      // by name
  std::vector<AggregateLockChange> aggregates;  // by text
  const View* view = nullptr;                   // null: removed
};

struct ModelLockChange {
  std::string name;
  LockChange kind = LockChange::kSame;
  std::vector<std::string> added, removed;  // "view.feature"
  std::vector<std::string> changed;         // still among its features, with another meaning; no change of the model
  size_t features = 0;                      // now
  base::Position position;                  // in the project
};

struct LockChanges {
  // By name, those that are the same too.
  std::vector<SourceLockChange> sources;
  std::vector<ViewLockChange> views;
  std::vector<ModelLockChange> models;
  LockFile after;

  [[nodiscard]] bool has_changes() const;
  // Of all views, each once, by text: what was not locked before.
  [[nodiscard]] std::vector<LockedAggregate> AggregatesToFill() const;
};

LockChanges CompareWithLock(const LockFile& lock, const Definitions& definitions,
                            const std::vector<ModelExpansion>& models);

// Every change as an error at its place in the project, with both identities: for those who want none.
void ReportLockChanges(const LockChanges& changes, base::Diagnostics* diagnostics);

}  // namespace plumb::features
