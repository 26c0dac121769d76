#!/usr/bin/env python3
"""Adds up test results and prints the verdict: count_tests.py CTEST.xml PYTEST.xml [--broken=PART]...

The closing line is `N passed, N failed`. A result file that is missing or unreadable, and each --broken part, count as one
failure each, so that a run which stopped half-way never looks like one that passed.
"""

import argparse
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field


@dataclass
class Counts:
    passed: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)


def outcome(case: ElementTree.Element) -> str:
    """ctest says status="run|fail|notrun|disabled"; pytest adds a child element to a case that did not pass."""
    children = {child.tag for child in case}
    if children & {"failure", "error"} or case.get("status") in ("fail", "notrun"):
        return "failed"
    if "skipped" in children or case.get("status") == "disabled":
        return "skipped"
    return "passed"


def name_of(case: ElementTree.Element) -> str:
    scope = case.get("classname") or ""
    name = case.get("name") or "?"
    return name if scope in ("", name) else f"{scope}.{name}"


def add_file(path: str, counts: Counts) -> None:
    try:
        cases = list(ElementTree.parse(path).iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        counts.failed.append(f"no results in {path}: {error}")
        return
    if not cases:
        counts.failed.append(f"no tests in {path}")
    # A test whose teardown fails is reported by pytest as a second case of the same name.
    outcomes: dict[str, str] = {}
    for case in cases:
        if outcomes.get(name_of(case)) != "failed":
            outcomes[name_of(case)] = outcome(case)
    counts.passed += sum(result == "passed" for result in outcomes.values())
    counts.skipped += sum(result == "skipped" for result in outcomes.values())
    counts.failed += [name for name, result in outcomes.items() if result == "failed"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="+")
    parser.add_argument("--broken", action="append", default=[])
    options = parser.parse_args()
    counts = Counts()
    counts.failed += options.broken
    for path in options.results:
        add_file(path, counts)
    if counts.skipped:
        print(f"{counts.skipped} skipped")
    for name in counts.failed:
        print(f"FAILED {name}")
    print(f"{counts.passed} passed, {len(counts.failed)} failed")
    return 1 if counts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
