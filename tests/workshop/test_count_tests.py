"""tools/count_tests.py gives the verdict of ./dev test: nothing that failed, or never ran, may look passed."""

import pathlib
import subprocess
import sys

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "count_tests.py"

CTEST = """<testsuite>
<testcase name="base" classname="base" status="run"/>
<testcase name="data" classname="data" status="fail"><failure message=""/></testcase>
<testcase name="expr" classname="expr" status="notrun"><skipped message="Unable to find executable"/></testcase>
</testsuite>"""
PYTEST = """<testsuites><testsuite>
<testcase classname="tests.e2e.test_a" name="test_one"/>
<testcase classname="tests.e2e.test_a" name="test_two"><skipped/></testcase>
<testcase classname="tests.e2e.test_a" name="test_three"/>
<testcase classname="tests.e2e.test_a" name="test_three"><error message="teardown"/></testcase>
</testsuite></testsuites>"""
PASSING = '<testsuite><testcase name="base" status="run"/></testsuite>'


def run(tmp_path, *arguments, **files):
    for name, text in files.items():
        (tmp_path / f"{name}.xml").write_text(text)
    done = subprocess.run([sys.executable, TOOL, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


def test_adds_up(tmp_path):
    code, lines = run(tmp_path, "c.xml", "p.xml", c=CTEST, p=PYTEST)
    assert code == 1
    assert lines[-1] == "2 passed, 3 failed"
    assert lines[:-1] == ["1 skipped", "FAILED data", "FAILED expr", "FAILED tests.e2e.test_a.test_three"]


def test_passes_only_when_all_passed(tmp_path):
    assert run(tmp_path, "c.xml", c=PASSING) == (0, ["1 passed, 0 failed"])


def test_counts_what_is_missing(tmp_path):
    for results in ("absent", "torn", "empty"):
        code, lines = run(tmp_path, "c.xml", f"{results}.xml", c=PASSING, torn="<testsuite>", empty="<testsuite/>")
        assert (code, lines[-1]) == (1, "1 passed, 1 failed")
    code, lines = run(tmp_path, "c.xml", "--broken=build", c=PASSING)
    assert (code, lines) == (1, ["FAILED build", "1 passed, 1 failed"])
