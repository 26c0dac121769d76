"""tools/compile_times.py reads ninja's log."""

import compile_times

LOG = """# ninja log v5
0\t1500\t1\tCMakeFiles/base.dir/src/base/hash.cc.o\tabc
0\t500\t2\tCMakeFiles/base.dir/src/base/hash.cc.o\tabd
500\t700\t3\tlibbase.a\tabe
torn line
"""


def test_takes_the_last_build_of_a_file():
    assert compile_times.read_log(LOG) == {"CMakeFiles/base.dir/src/base/hash.cc.o": 0.5, "libbase.a": 0.2}


def test_names_the_source():
    assert compile_times.source_name("CMakeFiles/base.dir/src/base/hash.cc.o") == "src/base/hash.cc"
