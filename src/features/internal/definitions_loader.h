// definitions_loader.h: from sections of text to linked, ordered and checked definitions.
//
// Read everything, then order sources and views by who uses whom, then check each after what it uses. An expression
// that names something known to be wrong is passed over in silence: one mistake, one message.
//
// Thread safety: one user; used once.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "base/project_tree.h"
#include "expr/expr.h"
#include "features/definitions.h"
#include "features/internal/dependency_graph.h"
#include "features/internal/expression_reader.h"
#include "features/internal/section_reader.h"

namespace plumb::features {
namespace internal {

using Numbers = std::map<std::string, size_t, std::less<>>;  // by name
inline std::vector<std::string> NamesOf(const Numbers& numbers) {
  std::vector<std::string> names;
  for (const auto& [name, number] : numbers) names.push_back(name);
  return names;
}

}  // namespace internal

class DefinitionsLoader {
 public:
  explicit DefinitionsLoader(const base::ProjectTree& tree);

  // One more view, which no text of the project holds: "query" with the feature "value".
  void AddQuery(const std::string& name, const std::string& text);

  // Null after an error. Everything said goes to `diagnostics`.
  DefinitionsPtr Load(base::Diagnostics* diagnostics);

 private:
  // Why an expression cannot be checked, or that it can.
  enum class Readiness { kReady, kBroken };
  struct ViewState {
    internal::ReadView read;
    std::set<std::string> broken_features;
    bool broken = false;  // none of its features can be used
  };

  void ReadSections(const base::ProjectTree& tree);
  void Order();
  size_t SourceNode(size_t source) const { return source; }
  size_t ViewNode(size_t view) const { return sources_.size() + view; }
  std::string NodeName(size_t node) const;
  void AddEdges(const expr::ExprPtr& expr, size_t user, internal::DependencyGraph* graph) const;

  // definitions_loader_sources.cc
  void CheckSource(internal::ReadSource* read);
  std::optional<expr::Scalar> CheckCondition(const internal::ReadSource& read, const expr::ExprPtr& expr);
  void CheckRowChecks(internal::ReadSource* read);
  bool RefuseBeyondDeclared(const internal::ReadSource& read, const expr::ExprPtr& expr);
  std::vector<size_t> DerivedOrder(internal::ReadSource* read);
  void CheckDerived(internal::ReadSource* read, const internal::NamedExpression& derived);

  // definitions_loader_views.cc
  void CheckView(ViewState* state);
  bool LinkView(ViewState* state);
  const Entity* LinkEntity(const internal::ReadView& read);
  bool CheckKeys(ViewState* state);
  void CheckFeature(ViewState* state, const internal::NamedExpression& feature);
  std::optional<expr::Checked> CheckOfRequest(const ViewState& state, const internal::NamedExpression& feature);
  std::optional<expr::Checked> CheckOfEvents(const ViewState& state, const internal::NamedExpression& feature);

  // Looks at every view.feature that the expression names.
  Readiness NamedFeaturesReadiness(const expr::ExprPtr& expr, const std::string& own_view);
  Readiness NamedFeatureReadiness(const expr::NamedFeature& named, const std::string& own_view);
  bool MentionsAny(const expr::ExprPtr& expr, const std::set<std::string>& names) const;
  std::optional<expr::Checked> CheckExpression(const expr::ExprPtr& expr, const expr::Scope& scope,
                                               const base::Position& position, const std::string& what);

  DefinitionsPtr Finish(base::Diagnostics* diagnostics);
  void MoveIn(Definitions* definitions);

  base::Diagnostics found_;
  internal::ExpressionReader expressions_{&found_};
  std::vector<base::SourceTextPtr> texts_;
  std::vector<internal::ReadSource> sources_;
  std::vector<internal::ReadEntity> entities_;
  std::unique_ptr<Entity> global_ = std::make_unique<Entity>();  // without keys
  std::vector<ViewState> views_;
  internal::Numbers source_numbers_, entity_numbers_, view_numbers_;
  std::vector<size_t> order_;                    // nodes: sources and views, each after what it uses
  std::vector<expr::ViewSignature> signatures_;  // of the views checked so far
};

}  // namespace plumb::features
