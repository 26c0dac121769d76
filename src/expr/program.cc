#include "expr/program.h"

#include <algorithm>
#include <cstring>

namespace plumb::expr {
namespace {

constexpr size_t kBlockRowsMax = 1024;
constexpr size_t kBlockRowsMin = 64;
constexpr size_t kScratchBytesWanted = size_t{8} << 20;
constexpr size_t kValueWords = 2;  // of the largest values: string_view and Int128
constexpr size_t kSlotBytes = kValueWords * sizeof(uint64_t) + sizeof(State);

size_t CountLiterals(const Node& node) {
  size_t count = node.op == Op::kLiteral ? 1 : 0;
  for (const NodePtr& arg : node.args) count += CountLiterals(*arg);
  return count;
}

class Compiler {
 public:
  Compiler(const Node& root, const std::vector<Input>& inputs) : program_(std::make_shared<Program>()) {
    for (const Input& input : inputs) program_->inputs.push_back(input.type);
    first_intermediate_ = static_cast<uint32_t>(inputs.size() + CountLiterals(root));
    program_->type = root.type;
    program_->result = Emit(root);
  }
  std::shared_ptr<const Program> Take() { return std::move(program_); }

 private:
  uint32_t Emit(const Node& node) {
    if (node.op == Op::kInput) return static_cast<uint32_t>(node.input);
    if (node.op == Op::kLiteral) {
      program_->literals.push_back(node.literal);
      return static_cast<uint32_t>(program_->inputs.size() + program_->literals.size() - 1);
    }
    Instruction instruction;
    instruction.op = node.op;
    if (node.op == Op::kCall) {
      instruction.fast = node.call->fast;
      instruction.kernel = node.call->kernel;
      instruction.constants = node.constants;
    }
    for (const NodePtr& arg : node.args) instruction.args.push_back(Emit(*arg));
    // Taken before the arguments' registers are given back: an instruction never writes what it reads.
    instruction.out = TakeRegister();
    instruction.out_storage = StorageOf(node.type);
    for (const uint32_t arg : instruction.args) {
      if (arg >= first_intermediate_) free_.push_back(arg);
    }
    program_->instructions.push_back(std::move(instruction));
    return program_->instructions.back().out;
  }

  uint32_t TakeRegister() {
    if (free_.empty()) return first_intermediate_ + program_->intermediate++;
    const uint32_t taken = free_.back();
    free_.pop_back();
    return taken;
  }

  std::shared_ptr<Program> program_;
  uint32_t first_intermediate_ = 0;
  std::vector<uint32_t> free_;
};

// The memory of one thread's evaluations: grows to the largest program and is kept.
struct Scratch {
  std::vector<uint64_t> words;
  std::vector<Block> blocks;
  Arena arena;
};

Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

constexpr State kAllValues[kBlockRowsMax] = {};

class Machine {
 public:
  Machine(const Program& program, std::span<const data::Column* const> inputs,
          std::span<const uint8_t* const> input_errors, size_t rows)
      : program_(program), inputs_(inputs), input_errors_(input_errors), scratch_(ThreadScratch()) {
    const size_t registers = inputs.size() + program.literals.size() + program.intermediate;
    const size_t wanted = kScratchBytesWanted / (std::max<size_t>(registers, 1) * kSlotBytes);
    block_rows_ = std::min(rows, std::clamp(wanted, kBlockRowsMin, kBlockRowsMax));
    // An even number of words, so that every slot is aligned for Int128.
    const size_t state_words = (block_rows_ + 15) / 16 * 2;
    const size_t slot_words = kValueWords * block_rows_ + state_words;
    if (scratch_.words.size() < registers * slot_words) scratch_.words.resize(registers * slot_words);
    scratch_.blocks.assign(registers, Block{});
    slot_words_ = slot_words;
    FillLiterals();
  }
  ~Machine() { scratch_.arena.Clear(); }

  [[nodiscard]] size_t block_rows() const { return block_rows_; }

  // The result for rows [first, first + rows). Strings stay good until the next block.
  const Block& RunBlock(size_t first, size_t rows) {
    scratch_.arena.Clear();
    for (size_t i = 0; i < inputs_.size(); ++i) LoadInput(i, first, rows);
    for (const Instruction& instruction : program_.instructions) {
      const MutableBlock out = SlotOf(instruction.out);
      Execute(instruction, scratch_.blocks, out, rows, &scratch_.arena);
      scratch_.blocks[instruction.out] = {instruction.out_storage, out.data, out.states};
    }
    return scratch_.blocks[program_.result];
  }

 private:
  MutableBlock SlotOf(size_t index) {
    uint64_t* words = scratch_.words.data() + index * slot_words_;
    return {words, reinterpret_cast<State*>(words + kValueWords * block_rows_)};
  }

  void FillLiterals() {
    for (size_t i = 0; i < program_.literals.size(); ++i) {
      const data::Value& value = program_.literals[i];
      const size_t index = inputs_.size() + i;
      const MutableBlock slot = SlotOf(index);
      const Storage storage = StorageOf(value.type());
      switch (storage) {
        case Storage::kInts:
          std::fill_n(static_cast<int64_t*>(slot.data), block_rows_, value.is_null() ? 0 : value.AsInt());
          break;
        case Storage::kDoubles:
          std::fill_n(static_cast<double*>(slot.data), block_rows_, value.is_null() ? 0.0 : value.AsDouble());
          break;
        case Storage::kBytes:
          std::fill_n(static_cast<std::string_view*>(slot.data), block_rows_, std::string_view(value.AsString()));
          break;
        case Storage::kDecimals:
          std::fill_n(static_cast<data::Int128*>(slot.data), block_rows_, value.is_null() ? 0 : value.AsDecimal());
          break;
      }
      std::memset(slot.states, value.is_null() ? kNullState : kValue, block_rows_);
      scratch_.blocks[index] = {storage, slot.data, slot.states};
    }
  }

  void LoadInput(size_t index, size_t first, size_t rows) {
    const data::Column& column = *inputs_[index];
    const MutableBlock slot = SlotOf(index);
    Block& block = scratch_.blocks[index];
    block.storage = StorageOf(column.type());
    switch (block.storage) {
      case Storage::kInts:
        block.data = column.int_data() + first;
        break;
      case Storage::kDoubles:
        block.data = column.double_data() + first;
        break;
      case Storage::kBytes: {
        auto* strings = static_cast<std::string_view*>(slot.data);
        for (size_t row = 0; row < rows; ++row) strings[row] = column.String(first + row);
        block.data = strings;
        break;
      }
      case Storage::kDecimals:
        LoadDecimals(column, first, rows, static_cast<data::Int128*>(slot.data));
        block.data = slot.data;
        break;
    }
    const uint8_t* valid = column.valid_data();
    block.states = valid == nullptr ? kAllValues : slot.states;
    if (valid == nullptr) return;
    for (size_t row = 0; row < rows; ++row) slot.states[row] = valid[first + row] == 0 ? kNullState : kValue;
    const uint8_t* errors = input_errors_.empty() ? nullptr : input_errors_[index];
    for (size_t row = 0; errors != nullptr && row < rows; ++row) {
      if (errors[first + row] != 0) slot.states[row] = kErrorState;
    }
  }

  // Narrow ones lie in the column as integers of 64 bits.
  static void LoadDecimals(const data::Column& column, size_t first, size_t rows, data::Int128* decimals) {
    if (column.type().IsWideDecimal()) {
      for (size_t row = 0; row < rows; ++row)
        decimals[row] = column.IsNull(first + row) ? 0 : column.Decimal(first + row);
    } else {
      const int64_t* values = column.int_data() + first;
      for (size_t row = 0; row < rows; ++row) decimals[row] = values[row];
    }
  }

  const Program& program_;
  std::span<const data::Column* const> inputs_;
  std::span<const uint8_t* const> input_errors_;
  Scratch& scratch_;
  size_t block_rows_ = 0;
  size_t slot_words_ = 0;
};

void AppendStrings(const Block& block, size_t rows, data::Column* column) {
  const auto* strings = static_cast<const std::string_view*>(block.data);
  for (size_t row = 0; row < rows; ++row) {
    if (block.states[row] == kValue) {
      column->AppendString(strings[row]);
    } else {
      column->AppendNull();
    }
  }
}

void AppendDecimals(const Block& block, size_t rows, data::Column* column) {
  const auto* decimals = static_cast<const data::Int128*>(block.data);
  for (size_t row = 0; row < rows; ++row) {
    if (block.states[row] == kValue) {
      column->AppendDecimal(decimals[row]);
    } else {
      column->AppendNull();
    }
  }
}

// A null's data is zero, so that columns of the same values have the same bytes.
template <typename T>
void CopyValues(const Block& block, size_t rows, T* to) {
  const auto* values = static_cast<const T*>(block.data);
  for (size_t row = 0; row < rows; ++row) to[row] = block.states[row] == kValue ? values[row] : T{};
}

void CopyFixed(const Block& block, size_t first, size_t rows, data::Column* column) {
  if (block.storage == Storage::kDoubles) {
    CopyValues(block, rows, column->mutable_double_data() + first);
  } else {
    CopyValues(block, rows, column->mutable_int_data() + first);
  }
  const bool has_nulls = std::any_of(block.states, block.states + rows, [](State state) { return state != kValue; });
  if (!has_nulls) return;
  uint8_t* valid = column->mutable_valid_data() + first;
  for (size_t row = 0; row < rows; ++row) valid[row] = block.states[row] == kValue ? 1 : 0;
}

}  // namespace

std::shared_ptr<const Program> Compile(const Node& root, const std::vector<Input>& inputs) {
  return Compiler(root, inputs).Take();
}

data::Column Run(const Program& program, std::span<const data::Column* const> inputs, size_t rows,
                 std::vector<uint8_t>* errors, std::span<const uint8_t* const> input_errors) {
  data::Column column(program.type);
  const Storage storage = StorageOf(program.type);
  const bool is_fixed = storage == Storage::kInts || storage == Storage::kDoubles;
  if (is_fixed) {
    column.ResizeUninitialised(rows);
  } else {
    column.Reserve(rows);
  }
  if (errors != nullptr) errors->assign(rows, 0);
  if (rows == 0) return column;
  Machine machine(program, inputs, input_errors, rows);
  for (size_t first = 0; first < rows; first += machine.block_rows()) {
    const size_t count = std::min(machine.block_rows(), rows - first);
    const Block& block = machine.RunBlock(first, count);
    if (is_fixed) {
      CopyFixed(block, first, count, &column);
    } else if (storage == Storage::kBytes) {
      AppendStrings(block, count, &column);
    } else {
      AppendDecimals(block, count, &column);
    }
    if (errors == nullptr) continue;
    for (size_t row = 0; row < count; ++row) {
      if (block.states[row] == kErrorState) (*errors)[first + row] = 1;
    }
  }
  return column;
}

}  // namespace plumb::expr
