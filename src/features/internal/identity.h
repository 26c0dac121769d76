// identity.h: what a source or feature means, as one text, and its SHA-256.
//
// Why: state, lock files and logs name a feature by what it means. The text holds everything that can change a value
// for given events, and nothing else; its layout is in the module's README. A change of layout changes every identity,
// so it has a number.
//
// Thread safety: one user.
#pragma once

#include <map>
#include <set>
#include <string>

#include "features/definitions.h"

namespace plumb::features::internal {

class IdentityWriter {
 public:
  // Requires: everything that it uses was given before.
  std::string OfSource(const Source& source);
  std::string OfFeature(const View& view, const Feature& feature);

 private:
  void AppendSource(const Source& source, const std::set<std::string>& columns, std::string* out) const;
  void AppendUses(const expr::Checked& checked, std::string* out) const;

  std::map<std::string, std::string> features_;  // "view.feature" → identity
};

}  // namespace plumb::features::internal
