#!/usr/bin/env python3
"""Checks the source tree and the link graph against layers.txt: check_layers.py [--root FOLDER] [--build FOLDER].

The include paths that CMake gives a module already hide what its line does not name. This covers what they cannot:
relative includes, another module's internal/, third-party and operating-system headers (which lie in shared folders),
folders that no line names, and libraries linked besides.
"""

import argparse
import pathlib
import re
import sys
from dataclasses import dataclass, field

INCLUDE = re.compile(r'^\s*#\s*include\s*(?P<open>[<"])(?P<path>[^>"]+)[>"]')
MODULE_LINE = re.compile(r"^(?P<name>[a-z_]+(/[a-z_]+)*):(?P<rest>.*)$")
HEADER_LINE = re.compile(r"^<(?P<name>[^>]+)>:(?P<rest>.*)$")
STANDARD_HEADER = re.compile(r"^[a-z_0-9]+$")
IN_SOURCES_ONLY = ".cc"
IN_TESTS_ONLY = "_test"
# Folders beside src/ whose programs may use every module's public headers.
PROGRAM_FOLDERS = ("fuzz", "bench", "tests")


@dataclass(frozen=True)
class HeaderRule:
    modules: frozenset[str]
    place: str = ""

    def refusal(self, module: str, path: pathlib.PurePath) -> str | None:
        if "*" not in self.modules and module not in self.modules:
            return f"belongs to {' '.join(sorted(self.modules))}"
        if self.place == IN_SOURCES_ONLY and path.suffix != ".cc" and "internal" not in path.parts:
            return "may stand only in .cc files and internal/"
        if self.place == IN_TESTS_ONLY and not path.stem.endswith("_test"):
            return "may stand only in tests"
        return None


@dataclass
class Layers:
    """What layers.txt says, and the mistakes in it."""

    modules: dict[str, frozenset[str]] = field(default_factory=dict)
    headers: dict[str, HeaderRule] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def module_of(self, path: str) -> str | None:
        """The module that owns `path`, which is relative to src/: the longest name that is a folder of it."""
        owners = [name for name in self.modules if path.startswith(name + "/")]
        return max(owners, key=len, default=None)

    def header_rule(self, header: str) -> HeaderRule | None:
        names = [n for n in self.headers if header == n or (n.endswith("/") and header.startswith(n))]
        return self.headers[max(names, key=len)] if names else None


def read_layers(text: str) -> Layers:
    layers = Layers()
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if match := MODULE_LINE.match(line):
            add_module(layers, number, match["name"], match["rest"].split())
        elif match := HEADER_LINE.match(line):
            add_header(layers, number, match["name"], match["rest"].split())
        else:
            layers.mistakes.append(f"layers.txt:{number}: neither `module: modules` nor `<header>: modules`")
    return layers


def add_module(layers: Layers, number: int, name: str, allowed: list[str]) -> None:
    """Names must stand above: that alone refuses every cycle, and a module that names itself."""
    if name in layers.modules:
        layers.mistakes.append(f"layers.txt:{number}: {name} is named twice")
    for other in allowed:
        if other not in layers.modules:
            layers.mistakes.append(f"layers.txt:{number}: {name} names {other}, which is not on a line above (a cycle?)")
    layers.modules[name] = frozenset(allowed)


def add_header(layers: Layers, number: int, header: str, words: list[str]) -> None:
    places = [word for word in words if word in (IN_SOURCES_ONLY, IN_TESTS_ONLY)]
    modules = frozenset(word for word in words if word not in places)
    for module in modules - layers.modules.keys() - {"*"}:
        layers.mistakes.append(f"layers.txt:{number}: <{header}> is given to {module}, which is not a module")
    layers.headers[header] = HeaderRule(modules, places[0] if places else "")


def check_quoted(layers: Layers, module: str | None, header: str) -> str | None:
    """Why `#include "header"` is refused in `module`, or in a program beside src/ where that is None."""
    if any(part in (".", "..") for part in header.split("/")):
        return f'"{header}" is relative; name it from its module'
    target = layers.module_of(header)
    if target is None:
        return f'"{header}" is in no module of layers.txt'
    if target == module:
        return None
    if "internal" in header.split("/"):
        return f'"{header}" is internal to {target}'
    if module is not None and target not in layers.modules[module]:
        return f'"{header}": {module} may not include {target}'
    return None


def check_angled(layers: Layers, module: str, path: pathlib.PurePath, header: str) -> str | None:
    rule = layers.header_rule(header)
    if rule is None:
        return None if STANDARD_HEADER.match(header) else f"<{header}> is not in layers.txt"
    refusal = rule.refusal(module, path)
    return f"<{header}> {refusal}" if refusal else None


def cpp_files(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix in (".h", ".cc") and p.is_file())


def includes_of(path: pathlib.Path) -> list[tuple[int, str, str]]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    matches = [(number, INCLUDE.match(line)) for number, line in enumerate(lines, 1)]
    return [(number, match["open"], match["path"]) for number, match in matches if match]


def check_sources(root: pathlib.Path, layers: Layers) -> list[str]:
    mistakes = []
    for path in cpp_files(root / "src"):
        module = layers.module_of(path.relative_to(root / "src").as_posix())
        if module is None:
            mistakes.append(f"{path.relative_to(root)}: in no module of layers.txt")
            continue
        for number, bracket, header in includes_of(path):
            quoted = bracket == '"'
            refusal = check_quoted(layers, module, header) if quoted else check_angled(layers, module, path, header)
            if refusal:
                mistakes.append(f"{path.relative_to(root)}:{number}: {refusal}")
    return mistakes


def check_programs(root: pathlib.Path, layers: Layers) -> list[str]:
    """Programs beside src/ may use any module, but not its internals; headers of their own stand beside them."""
    mistakes = []
    for path in [p for folder in PROGRAM_FOLDERS for p in cpp_files(root / folder)]:
        for number, bracket, header in includes_of(path):
            if bracket == "<" or (path.parent / header).is_file() and ".." not in header:
                continue
            refusal = check_quoted(layers, None, header)
            if refusal:
                mistakes.append(f"{path.relative_to(root)}:{number}: {refusal}")
    return mistakes


def closure(layers: Layers, module: str) -> set[str]:
    """Everything that linking `module` may bring in."""
    reached = {module}
    for other in layers.modules.get(module, ()):
        reached |= closure(layers, other)
    return reached


def check_link_graph(text: str, layers: Layers) -> list[str]:
    """`text` has a line `target: libraries` for each target of the build."""
    module_by_target = {name.replace("/", "_"): name for name in layers.modules}
    mistakes = []
    for line in text.splitlines():
        target, _, libraries = line.partition(":")
        module = module_by_target.get(target.removesuffix("_tests"))
        if module is None:
            continue
        linked = {module_by_target[library] for library in libraries.split() if library in module_by_target}
        for other in sorted(linked - closure(layers, module)):
            mistakes.append(f"link graph: {target} links {other}, which layers.txt does not allow {module}")
    return mistakes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--build", type=pathlib.Path, help="a configured build folder")
    options = parser.parse_args()
    layers = read_layers((options.root / "layers.txt").read_text())
    mistakes = list(layers.mistakes)
    if not mistakes:
        mistakes += check_sources(options.root, layers) + check_programs(options.root, layers)
        if options.build:
            mistakes += check_link_graph((options.build / "link_graph.txt").read_text(), layers)
    print(*mistakes, sep="\n", end="\n" if mistakes else "")
    print(f"Layers: {len(mistakes)} mistakes.")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
