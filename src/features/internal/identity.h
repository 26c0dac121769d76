// identity.h: what sources, aggregates, features and views mean, each as one text, and its SHA-256.
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
  // Each sets the identities within its argument. Requires: everything that it uses was given before.
  void Identify(Source* source) const;
  void Identify(View* view);

 private:
  [[nodiscard]] std::string OfAggregate(const View& view, const expr::Aggregate& aggregate) const;
  [[nodiscard]] std::string OfFeature(const View& view, const Feature& feature) const;
  static std::string OfView(const View& view);
  void AppendSource(const Source& source, const std::set<std::string>& columns, std::string* out) const;
  void AppendUses(const expr::Checked& checked, std::string* out) const;

  std::map<std::string, std::string> features_;  // "view.feature" → identity
};

}  // namespace plumb::features::internal
