"""tools/check_style.py refuses bad samples and leaves good ones alone."""

import check_style
import pytest
from cpp_text import functions_in


@pytest.mark.parametrize(
    ("path", "line", "rule"),
    [
        ("src/expr/a.cc", "double y = std::exp(x);", "math"),
        ("src/stats/a.cc", "double y = log1p(x);", "math"),
        ("src/engine/a.h", "return std::powf(x, 2);", "math"),
        ("src/model/infer/a.cc", "return ::sin(x);", "math"),
        ("src/base/a.cc", "std::system(command);", "unsafe"),
        ("src/serve/a.cc", "sprintf(buffer, format);", "unsafe"),
        ("src/data/a_test.cc", "strcpy(to, from);", "unsafe"),
        ("src/base/a.cc", "std::this_thread::sleep_for(wait);", "sleep"),
        ("src/base/a_test.cc", "usleep(1000);", "sleep"),
        ("tests/e2e/a.cc", "sleep(1);", "sleep"),
        ("src/serve/a.cc", "std::thread worker(Run);", "thread"),
        ("src/serve/a.cc", "auto now = std::chrono::steady_clock::now();", "clock"),
        ("src/serve/a.cc", "time(nullptr);", "clock"),
        ("src/app/a.cc", 'const char* home = getenv("HOME");', "environment"),
        ("src/store/a.cc", "std::ifstream file(path);", "file"),
        ("src/store/a.cc", "int fd = ::open(path, flags);", "file"),
        ("src/store/a.cc", "std::filesystem::remove(path);", "file"),
        ("src/learn/a.cc", "int r = rand();", "random"),
        ("src/learn/a.cc", "std::random_device seed;", "random"),
    ],
)
def test_refuses_calls(path, line, rule):
    mistakes = check_style.check_calls(path, line)
    assert [m.split(": ")[1] for m in mistakes] == [rule]
    assert check_style.check_calls(path, f"{line}  // style: allow({rule}): the sample says so.") == []
    assert len(check_style.check_calls(path, f"{line}  // style: allow({rule})")) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("src/expr/a.cc", "// std::exp(x) is refused"),
        ("src/expr/a.cc", 'Register("exp(x)", Exp(x));'),
        ("src/expr/a.cc", "double y = kernel.log(x) + logger->log(x) + exact::exp(x) + Exp(x);"),
        ("src/expr/a.cc", "double y = std::sqrt(x) + std::floor(x);"),
        ("src/model/train/a.cc", "double y = std::exp(x);"),
        ("src/base/a.cc", "int fd = ::open(path, flags);"),
        ("src/base/a.cc", "std::thread worker(Run);"),
        ("src/store/a.cc", "sqlite3_open(path, &db); file.open(path); reopen(path);"),
        ("src/store/a_test.cc", "std::ifstream golden(path);"),
        ("src/serve/a.cc", "int64_t event_time(int row); Runtime(3);"),
        ("src/serve/a.cc", "base::Random random(seed); auto early = time(row);"),
    ],
)
def test_accepts_calls(path, line):
    assert check_style.check_calls(path, line) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/data/string_utils.h", ""),
        ("src/common/a.h", ""),
        ("src/data/helpers.cc", ""),
        ("src/data/misc.h", ""),
        ("tools/file_manager.py", ""),
        ("src/data/a.h", "class StateManager {"),
        ("src/data/a.h", "struct ParseHelper : Base {"),
        ("src/data/a.h", "namespace utils {"),
    ],
)
def test_refuses_names(path, text):
    assert len(check_style.check_names(path, text)) == 1


@pytest.mark.parametrize("path", ["src/data/column.h", "src/data/communication.h", "src/base/miscount.cc"])
def test_accepts_names(path):
    assert check_style.check_names(path, "class Column {};  // class StateManager {") == []


def test_refuses_unfinished_work():
    assert len(check_style.check_unfinished("docs/a.md", "TO" + "DO: later\nFIX" + "ME\ntodos\n")) == 2


SAMPLE = """
#define OPEN {
namespace a {
class Queue {
 public:
  Queue() : size_{0}, parts_{1, 2} {}
  int Size() const { return size_; }
  bool operator==(const Queue& other) const = default;
  int table_[2] = {1, 2};
};

MACRO_WITHOUT_SEMICOLON(x)

// A brace in a comment: {
int Long(int first,
         int second) {
  auto inner = [&](int x) {
    if (x > 0) { return '{'; }
    return "}";
  };
  return R"(})";
}

template <typename T>
auto Trailing(T value) -> std::vector<T> {
  return {value};
}
}  // namespace a
TEST(Queue, IsEmpty) {
  EXPECT_TRUE(true);
}
"""


def test_finds_functions():
    found = [(f.name, f.lines) for f in functions_in(SAMPLE)]
    assert found == [("Queue", 1), ("Size", 1), ("Long", 8), ("Trailing", 4), ("TEST", 3)]


def function_of(lines):
    return "int Long() {\n" + "  Step();\n" * (lines - 2) + "}\n"


def test_refuses_long_functions_and_files():
    assert check_style.sizes_of("a.cc", function_of(70)) == {}
    assert check_style.sizes_of("a.cc", function_of(71)) == {"function a.cc Long": 71}
    assert check_style.sizes_of("a.cc", "\n" * 600) == {}
    assert check_style.sizes_of("a.cc", "\n" * 601) == {"file a.cc": 601}
    assert len(check_style.check_sizes({"file a.cc": 601}, {})) == 1


def test_a_listed_offender_may_only_shrink():
    ratchet = check_style.read_ratchet("# comment\nfile a.cc 700\n")
    assert check_style.check_sizes({"file a.cc": 700}, ratchet) == []
    assert check_style.check_sizes({"file a.cc": 650}, ratchet) == []
    assert len(check_style.check_sizes({"file a.cc": 701}, ratchet)) == 1
    assert check_style.tightened({"file a.cc": 650, "file b.cc": 900}, ratchet) == {"file a.cc": 650}
    assert check_style.tightened({"file a.cc": 900}, ratchet) == {"file a.cc": 700}
    assert check_style.tightened({}, ratchet) == {}
