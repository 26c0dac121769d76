"""tools/check_layers.py refuses what the include paths cannot hide."""

import check_layers
import pytest

LAYERS = """
base:
data: base
model/format: base data
serve: base
<fmt/>: *
<arrow/type_fwd.h>: data
<arrow/>: data .cc
<sys/>: base
<gtest/>: * _test
"""


def mistakes_of(root, path, line):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(f"// A file.\n{line}\n")
    layers = check_layers.read_layers(LAYERS)
    assert layers.mistakes == []
    return check_layers.check_sources(root, layers) + check_layers.check_programs(root, layers)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("src/data/a.cc", '#include "base/status.h"'),
        ("src/data/a.cc", '#include "data/internal/b.h"'),
        ("src/model/format/a.h", '#include "data/a.h"'),
        ("src/data/a.cc", "#include <vector>"),
        ("src/data/a.cc", "#include <arrow/api.h>"),
        ("src/data/a.h", "#include <arrow/type_fwd.h>"),
        ("src/serve/a.h", "#include <fmt/core.h>"),
        ("src/base/a.h", "#include <sys/socket.h>"),
        ("src/data/a_test.cc", "#include <gtest/gtest.h>"),
        ("src/data/internal/a.h", "#include <arrow/api.h>"),
        ("src/data/reference_test.h", "#include <gtest/gtest.h>"),
        ("src/data/a.cc", '// #include "serve/route.h" would be wrong.'),
        ("fuzz/a_fuzz.cc", '#include "serve/a.h"'),
    ],
)
def test_accepts(tmp_path, path, line):
    assert mistakes_of(tmp_path, path, line) == []


@pytest.mark.parametrize(
    ("path", "line", "why"),
    [
        ("src/base/a.cc", '#include "data/a.h"', "base may not include data"),
        ("src/serve/a.cc", '#include "data/a.h"', "serve may not include data"),
        ("src/serve/a.cc", '#  include  "data/a.h"', "serve may not include data"),
        ("src/serve/a_test.cc", '#include "data/a.h"', "serve may not include data"),
        ("src/data/a.cc", '#include "../serve/a.h"', "is relative"),
        ("src/data/a.cc", '#include "data/../serve/a.h"', "is relative"),
        ("src/data/a.cc", '#include "base/internal/a.h"', "is internal to base"),
        ("src/data/a.cc", '#include "a.h"', "is in no module"),
        ("src/extra/a.cc", "#include <vector>", "in no module"),
        ("src/model/a.cc", "#include <vector>", "in no module"),
        ("src/data/a.h", "#include <arrow/api.h>", "may stand only in .cc files"),
        ("src/serve/a.cc", "#include <arrow/api.h>", "belongs to data"),
        ("src/serve/a.cc", "#include <arrow/type_fwd.h>", "belongs to data"),
        ("src/data/a.cc", "#include <sys/socket.h>", "belongs to base"),
        ("src/data/a.cc", "#include <boost/any.hpp>", "is not in layers.txt"),
        ("src/data/a.cc", "#include <gtest/gtest.h>", "may stand only in tests"),
        ("fuzz/a_fuzz.cc", '#include "base/internal/a.h"', "is internal to base"),
        ("bench/a_bench.cc", '#include "../src/base/a.h"', "is relative"),
    ],
)
def test_refuses(tmp_path, path, line, why):
    mistakes = mistakes_of(tmp_path, path, line)
    assert len(mistakes) == 1
    assert why in mistakes[0]
    assert mistakes[0].startswith(path)


@pytest.mark.parametrize(
    "text",
    [
        "a: b\nb: a\n",
        "a: a\n",
        "a: missing\n",
        "a:\na:\n",
        "a:\n<zlib.h>: missing\n",
        "a -> b\n",
    ],
)
def test_refuses_a_bad_graph(text):
    assert len(check_layers.read_layers(text).mistakes) == 1


def test_refuses_a_library_that_layers_do_not_allow():
    layers = check_layers.read_layers(LAYERS)
    graph = "data: fmt::fmt base\nmodel_format: data\nserve_tests: serve base GTest::gtest_main\nplumb: serve data\n"
    assert check_layers.check_link_graph(graph, layers) == []
    assert len(check_layers.check_link_graph("serve: base data\n", layers)) == 1
    assert len(check_layers.check_link_graph("base_tests: base model_format\n", layers)) == 1
