#!/usr/bin/env python3
"""Prints what the last build of each file cost, from ninja's log: compile_times.py [BUILD_FOLDER] [--top N].

Seconds are of wall time, so they include waiting for a processor; a file that came from ccache shows its look-up.
"""

import argparse
import pathlib
import sys


def read_log(text: str) -> dict[str, float]:
    """Seconds by output; the last line of an output counts, as it does for ninja."""
    seconds = {}
    for line in text.splitlines():
        fields = line.split("\t")
        if line.startswith("#") or len(fields) < 5:
            continue
        begin_ms, end_ms, _, output = fields[:4]
        seconds[output] = (int(end_ms) - int(begin_ms)) / 1000
    return seconds


def source_name(output: str) -> str:
    """`CMakeFiles/base.dir/src/base/hash.cc.o` → `src/base/hash.cc`."""
    name = output.split(".dir/", 1)[-1]
    return name.removesuffix(".o")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", nargs="?", default="build/debug", type=pathlib.Path)
    parser.add_argument("--top", type=int, default=20)
    options = parser.parse_args()
    log = options.build / ".ninja_log"
    if not log.exists():
        print(f"No build log: {log}.")
        return 1
    compiled = {o: s for o, s in read_log(log.read_text()).items() if o.endswith(".o")}
    for output, seconds in sorted(compiled.items(), key=lambda item: -item[1])[: options.top]:
        print(f"{seconds:8.1f} s  {source_name(output)}")
    print(f"{sum(compiled.values()):8.1f} s  {len(compiled)} files in {options.build}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
