#!/usr/bin/env python3
"""Checks what a compiler and a formatter do not: check_style.py [--root FOLDER] [--update].

Sizes: functions of more than 70 lines and files of more than 600 fail, unless tools/style_ratchet.txt lists them; a listed
one may only shrink, and --update takes the list down (never up, and never longer).
Names: no file, folder or type called after what it is not (see BANNED_NAME).
Calls: what gives different bits on different machines, what reaches past the seams of `base`, what is unsafe.
A line may say `// style: allow(RULE): reason`, where RULE is the name that the message gives.
"""

import argparse
import pathlib
import re
import sys
from dataclasses import dataclass

from cpp_text import functions_in, without_comments_and_literals

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
RATCHET = "tools/style_ratchet.txt"
FOLDERS = ("src", "fuzz", "bench", "tests", "tools", "examples", "cmake", ".ci")
TEXT_SUFFIXES = (".h", ".cc", ".py", ".sh", ".cmake", ".md", ".yaml", ".yml", ".txt")

BANNED_NAME = re.compile(r"(?:^|_)(utils?|utilit(?:y|ies)|helpers?|common|managers?|misc)(?:_|$)")
BANNED_TYPE = re.compile(r"\b(?:class|struct|namespace)\s+(\w*(?:Utils?|Helpers?|Manager|Misc)|utils?|helpers?|common)\s*[{:]")
ALLOWED = re.compile(r"//\s*style:\s*allow\((?P<rules>[a-z, ]+)\):\s*\S")
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")

# Not after a dot or an arrow, nor as the end of another name; after std:: or the global :: it counts.
CALL = r"(?:(?<![\w.:>])|(?<=\bstd::)|(?<![\w:>])::)(?:%s)\s*\("
TRANSCENDENTAL = "exp|exp2|expm1|log|log2|log10|log1p|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|cbrt|hypot|erfc?|[tl]gamma"
NUMBERS = ("src/expr/", "src/engine/", "src/stats/", "src/model/infer/")


@dataclass(frozen=True)
class Rule:
    name: str
    pattern: re.Pattern[str]
    why: str
    inside: tuple[str, ...] = ("src/", "fuzz/", "bench/", "tests/")
    outside: tuple[str, ...] = ()
    in_tests: bool = True

    def covers(self, path: str) -> bool:
        if not self.in_tests and is_test(path):
            return False
        return path.startswith(self.inside) and not (self.outside and path.startswith(self.outside))


def seam(name: str, pattern: str, instead: str) -> Rule:
    """Of the operating system: only base may, and tests that prepare or read files."""
    return Rule(name, re.compile(pattern), f"outside base; take {instead}", ("src/",), ("src/base/",), in_tests=False)


RULES = (
    Rule("math", re.compile(CALL % f"(?:{TRANSCENDENTAL})[fl]?"), "libm gives other bits on other machines", NUMBERS,
         in_tests=False),
    Rule("unsafe", re.compile(CALL % "system|popen|alloca|strcpy|strcat|v?sprintf|gets"), "unsafe or unbounded"),
    Rule("sleep", re.compile(r"\bsleep_(?:for|until)\b|" + CALL % "u?sleep|nanosleep"), "wait for the event, not for time"),
    seam("thread", r"\bstd::(?:thread|jthread|async)\b", "an Executor"),
    seam("clock", r"_clock::now\b|\btime\s*\((?:nullptr|NULL|0|&)|"
         + CALL % "gettimeofday|clock_gettime|localtime(?:_r)?|gmtime(?:_r)?", "a Clock"),
    seam("environment", CALL % "(?:secure_)?getenv|setenv|putenv", "a configured value"),
    seam("file", CALL % "open|openat|fopen|creat|unlink|mkdir" + r"|\bstd::(?:[io]?fstream|filesystem)\b", "a FileSystem"),
    seam("random", CALL % "s?rand|drand48" + r"|\brandom\(\)|\bstd::(?:random_device|mt19937(?:_64)?|default_random_engine)\b",
         "a Random"),
)


def is_test(path: str) -> bool:
    return path.endswith(("_test.cc", "_test.h")) or path.startswith("tests/")


def check_calls(path: str, text: str) -> list[str]:
    rules = [rule for rule in RULES if rule.covers(path)]
    original = text.splitlines()
    mistakes = []
    for number, line in enumerate(without_comments_and_literals(text).splitlines(), 1):
        allowed = ALLOWED.search(original[number - 1])
        excused = {word.strip() for word in allowed["rules"].split(",")} if allowed else set()
        for rule in rules:
            match = rule.pattern.search(line)
            if match and rule.name not in excused:
                mistakes.append(f"{path}:{number}: {rule.name}: {match[0].rstrip('( ')} is {phrase(rule.why)}")
    return mistakes


def phrase(why: str) -> str:
    return why if why.startswith(("outside", "unsafe")) else f"refused: {why}"


def check_names(path: str, text: str) -> list[str]:
    mistakes = []
    for part in pathlib.PurePath(path).parts:
        if match := BANNED_NAME.search(part.split(".")[0].lower()):
            mistakes.append(f"{path}: name: `{match[1]}` says nothing; name what it is")
    if path.endswith((".h", ".cc")):
        for number, line in enumerate(without_comments_and_literals(text).splitlines(), 1):
            if match := BANNED_TYPE.search(line):
                mistakes.append(f"{path}:{number}: name: `{match[1]}` says nothing; name what it is")
    return mistakes


def check_unfinished(path: str, text: str) -> list[str]:
    return [
        f"{path}:{number}: unfinished: {match[0]}"
        for number, line in enumerate(text.splitlines(), 1)
        if (match := UNFINISHED.search(line))
    ]


def sizes_of(path: str, text: str) -> dict[str, int]:
    """What is over a limit in this file: `file PATH` or `function PATH NAME` → lines. Of namesakes, the longest counts."""
    sizes = {}
    lines = len(text.splitlines())
    if lines > FILE_LINES_MAX:
        sizes[f"file {path}"] = lines
    for function in functions_in(text):
        key = f"function {path} {function.name}"
        if function.lines > max(FUNCTION_LINES_MAX, sizes.get(key, 0)):
            sizes[key] = function.lines
    return sizes


def read_ratchet(text: str) -> dict[str, int]:
    entries = [line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    return {key: int(lines) for key, lines in entries}


def check_sizes(sizes: dict[str, int], ratchet: dict[str, int]) -> list[str]:
    mistakes = []
    for key, lines in sorted(sizes.items()):
        if key not in ratchet:
            limit = FILE_LINES_MAX if key.startswith("file ") else FUNCTION_LINES_MAX
            mistakes.append(f"size: {key} has {lines} lines, at most {limit}; split it")
        elif lines > ratchet[key]:
            mistakes.append(f"size: {key} grew from {ratchet[key]} to {lines} lines; it may only shrink")
    return mistakes


def tightened(sizes: dict[str, int], ratchet: dict[str, int]) -> dict[str, int]:
    return {key: min(lines, sizes[key]) for key, lines in ratchet.items() if key in sizes}


def write_ratchet(path: pathlib.Path, ratchet: dict[str, int]) -> None:
    comments = [line for line in path.read_text().splitlines() if line.startswith("#")]
    path.write_text("\n".join(comments + [f"{key} {lines}" for key, lines in sorted(ratchet.items())]) + "\n")


def text_files(root: pathlib.Path) -> list[pathlib.Path]:
    found = [p for folder in FOLDERS if (root / folder).is_dir() for p in (root / folder).rglob("*")]
    return sorted(p for p in found if p.is_file() and p.suffix in TEXT_SUFFIXES and "corpus" not in p.parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--update", action="store_true", help="take the ratchet down to the sizes of today")
    options = parser.parse_args()
    mistakes: list[str] = []
    sizes: dict[str, int] = {}
    for file in text_files(options.root):
        path, text = file.relative_to(options.root).as_posix(), file.read_text(encoding="utf-8", errors="replace")
        mistakes += check_names(path, text) + check_unfinished(path, text)
        if file.suffix in (".h", ".cc"):
            mistakes += check_calls(path, text)
            sizes.update(sizes_of(path, text))
    ratchet = read_ratchet((options.root / RATCHET).read_text())
    mistakes += check_sizes(sizes, ratchet)
    if options.update:
        write_ratchet(options.root / RATCHET, tightened(sizes, ratchet))
    print(*mistakes, sep="\n", end="\n" if mistakes else "")
    print(f"Style: {len(mistakes)} mistakes.")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
