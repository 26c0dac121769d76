"""Each module is compiled with a view of exactly the modules on its line of layers.txt."""

import json
import pathlib
import shlex
import subprocess

import check_layers
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATABASE = ROOT / "build" / "debug" / "compile_commands.json"


def compile_commands():
    """One command for each module that has a source file."""
    layers = check_layers.read_layers((ROOT / "layers.txt").read_text())
    commands = {}
    for entry in json.loads(DATABASE.read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(ROOT / "src"):
            module = layers.module_of(path.relative_to(ROOT / "src").as_posix())
            if path.name != "main.cc" and not path.name.endswith("_test.cc"):
                commands.setdefault(module, shlex.split(entry["command"]))
    return layers, commands


def headers_by_module(layers):
    headers = {}
    for path in sorted((ROOT / "src").rglob("*.h")):
        header = path.relative_to(ROOT / "src").as_posix()
        headers.setdefault(layers.module_of(header), header)
    return headers


def visible_modules(command, headers):
    """What the preprocessor finds with this command's include path."""
    paths = [word for word in command if word.startswith("-I")]
    probe = "".join(f'#if __has_include("{header}")\nvisible {module}\n#endif\n' for module, header in headers.items())
    compiler = next(word for word in command if word.endswith(("c++", "g++")))
    done = subprocess.run([compiler, *paths, "-std=c++20", "-E", "-P", "-x", "c++", "-"], input=probe, text=True,
                          capture_output=True, check=True)
    return {line.split()[1] for line in done.stdout.splitlines() if line.startswith("visible ")}


@pytest.mark.skipif(not DATABASE.exists(), reason="build/debug is not configured")
def test_a_module_sees_what_its_line_names():
    layers, commands = compile_commands()
    headers = headers_by_module(layers)
    assert commands
    for module, command in commands.items():
        expected = (layers.modules[module] | {module}) & headers.keys()
        assert visible_modules(command, headers) == expected, module
