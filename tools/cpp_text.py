"""Reads C++ just well enough for style checks: text without comments and literals, and where functions begin and end.

Not a parser: it follows braces and looks at what stands before them. Code formatted as .clang-format says and without
braces hidden in macros is read correctly.
"""

import re
from dataclasses import dataclass

BLANKED = re.compile(
    r'R"(?P<tag>[^()\\ ]{0,16})\((?P<raw>.*?)\)(?P=tag)"'
    r"|//(?:\\\n|[^\n])*"
    r"|/\*.*?\*/"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'",
    re.DOTALL,
)
PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
FUNCTION_NAME = re.compile(r"(~?[A-Za-z_]\w*|operator\s*[^\s(]+|operator\s*\(\s*\))\s*\(")
# Macros that stand alone end in no semicolon; what belongs to a function stands below the last blank line.
BLANK_LINE = re.compile(r"\n[ \t]*\n")
ACCESS = re.compile(r"^\s*(?:public|protected|private)\s*:(?!:)")
# In `Name::Name(int a) : member_{a}`, what stands before the brace of a member.
MEMBER_BRACE = re.compile(r"\)\s*(noexcept\s*)?:[^:].*[\w>]\s*$|^\s*,\s*[\w:<>, ]+$", re.DOTALL)


@dataclass(frozen=True)
class Function:
    name: str
    first_line: int
    last_line: int

    @property
    def lines(self) -> int:
        return self.last_line - self.first_line + 1


def keep_lines(text: str) -> str:
    return "\n" * text.count("\n")


def without_comments_and_literals(text: str) -> str:
    """The same lines, with comments gone and literals emptied."""

    def blank(match: re.Match[str]) -> str:
        found = match[0]
        return keep_lines(found) if found.startswith("/") else '""' + keep_lines(found)

    return BLANKED.sub(blank, text)


def functions_in(text: str) -> list[Function]:
    """The functions with a body in `text`; a lambda or local class counts as part of the function around it."""
    code = PREPROCESSOR.sub(lambda match: keep_lines(match[0]), without_comments_and_literals(text))
    return FunctionFinder(code).find()


class FunctionFinder:
    """Walks over braces with a stack of what each opened: a scope (namespace, class), a function or something else."""

    def __init__(self, code: str):
        self.code = code
        self.functions: list[Function] = []
        self.stack: list[tuple[str, str, int]] = []
        self.begin = 0  # where the statement began that stands before the next brace

    def find(self) -> list[Function]:
        parentheses = 0
        for at, char in enumerate(self.code):
            if char in "()":
                parentheses += 1 if char == "(" else -1
            elif char == "{":
                self.open(at, parentheses)
            elif char == "}" and self.stack:
                self.close(at)
            elif char == ";" and parentheses <= 0:
                self.begin = at + 1
        return self.functions

    def open(self, at: int, parentheses: int) -> None:
        before = self.code[self.begin : at]
        kind = self.kind_of(before, parentheses)
        signature = ACCESS.sub("", BLANK_LINE.split(before)[-1])
        name = FUNCTION_NAME.search(signature)
        first_line = self.line(at - len(signature.lstrip()))
        self.stack.append((kind, name[1] if name else "?", first_line))
        if kind != "braces":
            self.begin = at + 1

    def kind_of(self, before: str, parentheses: int) -> str:
        inside_function = any(kind == "function" for kind, _, _ in self.stack)
        if inside_function or parentheses > 0 or MEMBER_BRACE.search(before):
            return "braces"
        if "(" in before and not before.rstrip().endswith("="):
            return "function"
        return "scope" if SCOPE.search(before) else "braces"

    def close(self, at: int) -> None:
        kind, name, first_line = self.stack.pop()
        if kind == "function":
            self.functions.append(Function(name, first_line, self.line(at)))
        if kind != "braces":
            self.begin = at + 1

    def line(self, at: int) -> int:
        return self.code.count("\n", 0, at) + 1
