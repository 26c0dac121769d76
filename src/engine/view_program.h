// view_program.h: a list of features as calls of views: which view is asked from where, with which keys, for which
// aggregates.
//
// Why: features look up features of other views, with keys that are expressions; several features ask the same view
// with the same keys. A program names each such call once, so that an entity is fetched once for all that want
// something of it. Both drivers run programs with the same evaluator.
//
// Thread safety: immutable once finished.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/feature_plan.h"
#include "engine/window_query.h"

namespace plumb::engine {

// A set of named columns that expressions read: 0 is the program's own rows, n + 1 the inputs of the view of call n.
using FrameIndex = int;

// A key of a call: a column of a frame, or an expression over it.
struct KeyExpression {
  FrameIndex frame = 0;
  std::string column;                    // when there is no scalar
  const expr::Scalar* scalar = nullptr;  // reads columns of the frame and t
  [[nodiscard]] std::string Identity() const;
};

// A feature of a call.
struct CallFeature {
  int call = -1;
  int feature = -1;  // position in ViewCall::expressions
};

struct CompiledExpression {
  const expr::Checked* checked = nullptr;
  int feature = -1;                  // in the view; -1 for a derived column
  std::vector<int> aggregates;       // for each of checked->aggregates, its position in ViewCall::aggregates
  std::vector<CallFeature> lookups;  // for each of checked->features
  bool is_plain_aggregate = false;   // the scalar passes its only aggregate through
};

struct ViewCall {
  const features::View* view = nullptr;
  FrameIndex frame = 0;             // its inputs
  std::vector<KeyExpression> keys;  // one for each of view->inputs()
  std::vector<CompiledExpression> expressions;
  std::vector<const expr::Aggregate*> aggregates;
  int table = -1;  // source views: in the catalog
  std::unique_ptr<WindowQuery> query;
};

// Whether the two stand for the same events and columns, perhaps in the definitions of two versions of a project.
bool IsSameSource(const features::Source& a, const features::Source& b);

// The tables that programs ask for, shared by programs.
class TableCatalog {
 public:
  int IndexOf(const features::Source* source, const features::Entity* entity);  // makes it if it is new
  [[nodiscard]] const std::vector<std::unique_ptr<TableLayout>>& layouts() const { return layouts_; }
  void Seal();

 private:
  std::vector<std::unique_ptr<TableLayout>> layouts_;
};

class ViewProgram {
 public:
  // The plan's outputs; frame 0 holds the plan's inputs. The plan's definitions outlive the program.
  static std::unique_ptr<ViewProgram> ForPlan(const FeaturePlan& plan, TableCatalog* catalog);
  // The derived columns of a source; frame 0 holds its event rows and the derived columns made so far.
  static std::unique_ptr<ViewProgram> ForDerived(const features::Definitions& definitions,
                                                 const features::Source& source, TableCatalog* catalog);

  [[nodiscard]] const std::vector<std::unique_ptr<ViewCall>>& calls() const { return calls_; }
  [[nodiscard]] const std::vector<CallFeature>& outputs() const { return outputs_; }         // ForPlan
  [[nodiscard]] const std::vector<CompiledExpression>& derived() const { return derived_; }  // ForDerived
  [[nodiscard]] bool has_lookups() const { return !calls_.empty(); }

 private:
  explicit ViewProgram(const features::Definitions* definitions) : definitions_(definitions) {}
  int Call(const features::View* view, std::vector<KeyExpression> keys);
  int Want(int call, int feature);
  CompiledExpression Compile(const expr::Checked& checked, FrameIndex frame, ViewCall* call);
  KeyExpression KeyOf(FrameIndex frame, const expr::Scalar& scalar) const;
  [[nodiscard]] KeyExpression Origin(KeyExpression key) const;
  void BuildQueries(TableCatalog* catalog);

  const features::Definitions* definitions_;
  std::vector<std::unique_ptr<ViewCall>> calls_;
  std::vector<CallFeature> outputs_;
  std::vector<CompiledExpression> derived_;
};

}  // namespace plumb::engine
