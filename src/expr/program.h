// program.h: a typed tree compiled to a flat list of instructions over registers, run on blocks of rows.
//
// A register holds one block of one value: data and a State byte a row. Inputs and literals are registers too.
// Registers of intermediate values are used again as soon as their only reader has run, so a block stays in the cache.
// There is no short circuit: everything is pure, so branches that are not taken cost time and nothing else.
//
// Thread safety: a Program is immutable; Run keeps its registers per thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/column.h"
#include "expr/node.h"

namespace plumb::expr {

// One block of a register. `data` is of int64_t, double, std::string_view or Int128.
struct Block {
  Storage storage = Storage::kInts;
  const void* data = nullptr;
  const State* states = nullptr;
};
struct MutableBlock {
  void* data = nullptr;
  State* states = nullptr;
};

struct Instruction {
  Op op = Op::kCall;
  Fast fast = Fast::kNone;
  Kernel kernel = nullptr;
  Constants constants;
  uint32_t out = 0;
  Storage out_storage = Storage::kInts;
  std::vector<uint32_t> args;
};

// Runs one instruction over `rows` rows. `out` overlaps no argument.
void Execute(const Instruction& instruction, const std::vector<Block>& registers, const MutableBlock& out, size_t rows,
             Arena* arena);

// Registers: the inputs, then the literals, then the intermediate ones.
class Program {
 public:
  std::vector<data::Type> inputs;
  std::vector<data::Value> literals;
  std::vector<Instruction> instructions;
  uint32_t intermediate = 0;  // how many of them
  uint32_t result = 0;        // the register that holds the value in the end
  data::Type type;
};

std::shared_ptr<const Program> Compile(const Node& root, const std::vector<Input>& inputs);
// Requires: columns of the inputs' types with at least `rows` rows.
data::Column Run(const Program& program, std::span<const data::Column* const> inputs, size_t rows,
                 std::vector<uint8_t>* errors, std::span<const uint8_t* const> input_errors);

}  // namespace plumb::expr
