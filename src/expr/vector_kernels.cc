// The loops of the vectorised evaluator. Arithmetic and comparison have loops of their own, without a branch a row
// where that can be; all other operations call their kernel, the same that the row evaluator calls. Few templates: they
// cost compile time.
#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "expr/program.h"

namespace plumb::expr {
namespace {

template <typename T>
const T* DataOf(const Block& block) {
  return static_cast<const T*>(block.data);
}

struct Job {
  const Instruction& instruction;
  const std::vector<Block>& registers;
  const MutableBlock& out;
  size_t rows;
  Arena* arena;

  [[nodiscard]] const Block& Arg(size_t i) const { return registers[instruction.args[i]]; }
  [[nodiscard]] size_t args() const { return instruction.args.size(); }
};

Cell Load(const Block& block, size_t row) {
  Cell cell;
  switch (block.storage) {
    case Storage::kInts:
      cell.i = DataOf<int64_t>(block)[row];
      break;
    case Storage::kDoubles:
      cell.d = DataOf<double>(block)[row];
      break;
    case Storage::kBytes:
      cell.s = DataOf<std::string_view>(block)[row];
      break;
    case Storage::kDecimals:
      cell.w = DataOf<data::Int128>(block)[row];
      break;
  }
  return cell;
}

void Store(Storage storage, const MutableBlock& block, size_t row, const Cell& cell) {
  switch (storage) {
    case Storage::kInts:
      static_cast<int64_t*>(block.data)[row] = cell.i;
      break;
    case Storage::kDoubles:
      static_cast<double*>(block.data)[row] = cell.d;
      break;
    case Storage::kBytes:
      static_cast<std::string_view*>(block.data)[row] = cell.s;
      break;
    case Storage::kDecimals:
      static_cast<data::Int128*>(block.data)[row] = cell.w;
      break;
  }
}

void CallKernel(const Job& job) {
  const size_t count = job.args();
  const Storage storage = job.instruction.out_storage;
  Cell args[kKernelArgsMax];
  for (size_t row = 0; row < job.rows; ++row) {
    State state = kValue;
    for (size_t i = 0; i < count; ++i) state |= job.Arg(i).states[row];
    if (state == kValue) {
      for (size_t i = 0; i < count; ++i) args[i] = Load(job.Arg(i), row);
      Cell result;
      state = job.instruction.kernel(args, job.instruction.constants, job.arena, &result);
      Store(storage, job.out, row, result);
    }
    job.out.states[row] = state;
  }
}

// ---- arithmetic ----

template <typename Operation>
void IntArithmetic(const Job& job, Operation overflows) {
  const auto* a = DataOf<int64_t>(job.Arg(0));
  const auto* b = DataOf<int64_t>(job.Arg(1));
  const State* a_states = job.Arg(0).states;
  const State* b_states = job.Arg(1).states;
  auto* out = static_cast<int64_t*>(job.out.data);
  for (size_t row = 0; row < job.rows; ++row) {
    const auto state = static_cast<State>(a_states[row] | b_states[row]);
    const bool overflow = overflows(a[row], b[row], &out[row]);
    job.out.states[row] = state == kValue && overflow ? kErrorState : state;
  }
}

// `or_null`: the state of a row whose arguments are values.
template <typename Operation, typename OrNull>
void FloatArithmetic(const Job& job, Operation operation, OrNull or_null) {
  const auto* a = DataOf<double>(job.Arg(0));
  const auto* b = DataOf<double>(job.Arg(1));
  const State* a_states = job.Arg(0).states;
  const State* b_states = job.Arg(1).states;
  auto* out = static_cast<double*>(job.out.data);
  for (size_t row = 0; row < job.rows; ++row) {
    const auto state = static_cast<State>(a_states[row] | b_states[row]);
    const double value = operation(a[row], b[row]);
    const bool overflow = IsFinite(a[row]) & IsFinite(b[row]) & !IsFinite(value) & !IsNan(value);
    const State own = or_null(b[row]) ? kNullState : (overflow ? kErrorState : kValue);
    out[row] = Canonical(value);
    job.out.states[row] = state == kValue ? own : state;
  }
}

bool Never(double) { return false; }
bool IsZero(double x) { return x == 0; }

// ---- comparison ----

template <typename T, typename Operation>
void CompareWith(const Job& job, Operation holds) {
  const auto* a = DataOf<T>(job.Arg(0));
  const auto* b = DataOf<T>(job.Arg(1));
  const State* a_states = job.Arg(0).states;
  const State* b_states = job.Arg(1).states;
  auto* out = static_cast<int64_t*>(job.out.data);
  for (size_t row = 0; row < job.rows; ++row) {
    out[row] = holds(a[row], b[row]) ? 1 : 0;
    job.out.states[row] = static_cast<State>(a_states[row] | b_states[row]);
  }
}

bool IsLess(int64_t a, int64_t b) { return a < b; }
bool IsLess(double a, double b) { return (a < b) | (IsNan(b) & !IsNan(a)); }
bool IsSame(int64_t a, int64_t b) { return a == b; }
bool IsSame(double a, double b) { return (a == b) | (IsNan(a) & IsNan(b)); }

template <typename T>
void Compare(const Job& job) {
  switch (job.instruction.fast) {
    case Fast::kEqual:
      return CompareWith<T>(job, [](T a, T b) { return IsSame(a, b); });
    case Fast::kNotEqual:
      return CompareWith<T>(job, [](T a, T b) { return !IsSame(a, b); });
    case Fast::kLess:
      return CompareWith<T>(job, [](T a, T b) { return IsLess(a, b); });
    case Fast::kLessOrEqual:
      return CompareWith<T>(job, [](T a, T b) { return !IsLess(b, a); });
    case Fast::kGreater:
      return CompareWith<T>(job, [](T a, T b) { return IsLess(b, a); });
    default:
      return CompareWith<T>(job, [](T a, T b) { return !IsLess(a, b); });
  }
}

void Not(const Job& job) {
  const auto* a = DataOf<int64_t>(job.Arg(0));
  auto* out = static_cast<int64_t*>(job.out.data);
  for (size_t row = 0; row < job.rows; ++row) out[row] = a[row] == 0 ? 1 : 0;
  std::copy_n(job.Arg(0).states, job.rows, job.out.states);
}

void IntToFloat(const Job& job) {
  const auto* a = DataOf<int64_t>(job.Arg(0));
  auto* out = static_cast<double*>(job.out.data);
  for (size_t row = 0; row < job.rows; ++row) out[row] = static_cast<double>(a[row]);
  std::copy_n(job.Arg(0).states, job.rows, job.out.states);
}

void Call(const Job& job) {
  switch (job.instruction.fast) {
    case Fast::kNone:
      return CallKernel(job);
    case Fast::kAddInt:
      return IntArithmetic(job, [](int64_t a, int64_t b, int64_t* out) { return __builtin_add_overflow(a, b, out); });
    case Fast::kSubtractInt:
      return IntArithmetic(job, [](int64_t a, int64_t b, int64_t* out) { return __builtin_sub_overflow(a, b, out); });
    case Fast::kMultiplyInt:
      return IntArithmetic(job, [](int64_t a, int64_t b, int64_t* out) { return __builtin_mul_overflow(a, b, out); });
    case Fast::kAddFloat:
      return FloatArithmetic(job, [](double a, double b) { return a + b; }, Never);
    case Fast::kSubtractFloat:
      return FloatArithmetic(job, [](double a, double b) { return a - b; }, Never);
    case Fast::kMultiplyFloat:
      return FloatArithmetic(job, [](double a, double b) { return a * b; }, Never);
    case Fast::kDivideFloat:
      return FloatArithmetic(job, [](double a, double b) { return a / (b == 0 ? 1.0 : b); }, IsZero);
    case Fast::kNot:
      return Not(job);
    case Fast::kIntToFloat:
      return IntToFloat(job);
    default:
      return job.Arg(0).storage == Storage::kDoubles ? Compare<double>(job) : Compare<int64_t>(job);
  }
}

// ---- truth ----

Truth TruthOf(const Block& block, size_t row) { return {DataOf<int64_t>(block)[row] != 0, block.states[row]}; }

void StoreTruth(const Job& job, size_t row, Truth truth) {
  static_cast<int64_t*>(job.out.data)[row] = truth.value ? 1 : 0;
  job.out.states[row] = truth.state;
}

void Logic(const Job& job) {
  const Block& a = job.Arg(0);
  const Block& b = job.Arg(1);
  const bool is_and = job.instruction.op == Op::kAnd;
  for (size_t row = 0; row < job.rows; ++row) {
    const Truth left = TruthOf(a, row);
    const Truth right = TruthOf(b, row);
    StoreTruth(job, row, is_and ? And(left, right) : Or(left, right));
  }
}

int OrderRow(const Block& a, const Block& b, size_t row) {
  switch (a.storage) {
    case Storage::kInts:
      return Order(DataOf<int64_t>(a)[row], DataOf<int64_t>(b)[row]);
    case Storage::kDoubles:
      return Order(DataOf<double>(a)[row], DataOf<double>(b)[row]);
    case Storage::kBytes:
      return Order(DataOf<std::string_view>(a)[row], DataOf<std::string_view>(b)[row]);
    case Storage::kDecimals:
      return Order(DataOf<data::Int128>(a)[row], DataOf<data::Int128>(b)[row]);
  }
  return 0;
}

// Whether value and other, both values, are in an order that `holds`.
template <typename Holds>
Truth Related(const Block& value, const Block& other, size_t row, Holds holds) {
  const auto state = static_cast<State>(value.states[row] | other.states[row]);
  return {state == kValue && holds(OrderRow(value, other, row)), state};
}

void In(const Job& job) {
  const Block& value = job.Arg(0);
  for (size_t row = 0; row < job.rows; ++row) {
    Truth found{false, kValue};
    for (size_t i = 1; i < job.args(); ++i) {
      found = Or(found, Related(value, job.Arg(i), row, [](int order) { return order == 0; }));
    }
    StoreTruth(job, row, found);
  }
}

void Between(const Job& job) {
  const Block& value = job.Arg(0);
  for (size_t row = 0; row < job.rows; ++row) {
    StoreTruth(job, row,
               And(Related(value, job.Arg(1), row, [](int order) { return order >= 0; }),
                   Related(value, job.Arg(2), row, [](int order) { return order <= 0; })));
  }
}

void IsNull(const Job& job) {
  const State* states = job.Arg(0).states;
  auto* out = static_cast<int64_t*>(job.out.data);
  for (size_t row = 0; row < job.rows; ++row) out[row] = states[row] != kValue ? 1 : 0;
  std::fill_n(job.out.states, job.rows, kValue);
}

// ---- choices: which argument a row takes, or a state instead ----

struct Choice {
  size_t arg = 0;
  State state = kValue;  // when not kValue, no argument is taken
};

Choice ChooseCase(const Job& job, size_t row) {
  for (size_t i = 0; i + 1 < job.args(); i += 2) {
    const Truth condition = TruthOf(job.Arg(i), row);
    if (condition.state == kErrorState) return {0, kErrorState};
    if (condition.state == kValue && condition.value) return {i + 1, kValue};
  }
  return {job.args() - 1, kValue};
}

Choice ChooseCoalesce(const Job& job, size_t row) {
  State state = kNullState;
  for (size_t i = 0; i < job.args(); ++i) {
    if (job.Arg(i).states[row] == kValue) return {i, kValue};
    state |= job.Arg(i).states[row];
  }
  return {0, state};
}

Choice ChooseExtreme(const Job& job, size_t row) {
  const int wanted = job.instruction.op == Op::kLeast ? -1 : 1;
  size_t best = job.args();
  for (size_t i = 0; i < job.args(); ++i) {
    const Block& arg = job.Arg(i);
    if (arg.states[row] == kErrorState) return {0, kErrorState};
    if (arg.states[row] != kValue) continue;
    if (best == job.args()) {
      best = i;
      continue;
    }
    if (OrderRow(arg, job.Arg(best), row) * wanted > 0) best = i;
  }
  return best == job.args() ? Choice{0, kNullState} : Choice{best, kValue};
}

Choice ChooseNullIf(const Job& job, size_t row) {
  const Block& value = job.Arg(0);
  const Block& other = job.Arg(1);
  if (other.states[row] == kErrorState) return {0, kErrorState};
  if (value.states[row] != kValue || other.states[row] != kValue) return {0, kValue};
  return OrderRow(value, other, row) == 0 ? Choice{0, kNullState} : Choice{0, kValue};
}

template <typename Chooser>
void Choose(const Job& job, Chooser choose) {
  const Storage storage = job.instruction.out_storage;
  for (size_t row = 0; row < job.rows; ++row) {
    const Choice choice = choose(job, row);
    job.out.states[row] = choice.state;
    if (choice.state != kValue) continue;
    const Block& taken = job.Arg(choice.arg);
    job.out.states[row] = taken.states[row];
    Store(storage, job.out, row, Load(taken, row));
  }
}

void Concat(const Job& job) {
  auto* out = static_cast<std::string_view*>(job.out.data);
  for (size_t row = 0; row < job.rows; ++row) {
    std::string joined;
    bool error = false;
    for (size_t i = 0; i < job.args(); ++i) {
      const Block& arg = job.Arg(i);
      error = error || arg.states[row] == kErrorState;
      if (arg.states[row] == kValue) joined.append(DataOf<std::string_view>(arg)[row]);
    }
    error = error || joined.size() > kStringBytesMax;
    job.out.states[row] = error ? kErrorState : kValue;
    out[row] = error ? std::string_view() : job.arena->Keep(std::move(joined));
  }
}

}  // namespace

void Execute(const Instruction& instruction, const std::vector<Block>& registers, const MutableBlock& out, size_t rows,
             Arena* arena) {
  const Job job{instruction, registers, out, rows, arena};
  switch (instruction.op) {
    case Op::kCall:
      return Call(job);
    case Op::kAnd:
    case Op::kOr:
      return Logic(job);
    case Op::kCase:
      return Choose(job, ChooseCase);
    case Op::kIn:
      return In(job);
    case Op::kBetween:
      return Between(job);
    case Op::kIsNull:
      return IsNull(job);
    case Op::kCoalesce:
      return Choose(job, ChooseCoalesce);
    case Op::kLeast:
    case Op::kGreatest:
      return Choose(job, ChooseExtreme);
    case Op::kConcat:
      return Concat(job);
    case Op::kNullIf:
      return Choose(job, ChooseNullIf);
    case Op::kLiteral:
    case Op::kInput:
      break;
  }
  PLUMB_CHECK(false, "Literals and inputs are registers, not instructions.");
}

}  // namespace plumb::expr
