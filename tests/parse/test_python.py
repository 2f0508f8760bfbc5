"""Python's parser: one tree for whatever bytes there are."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from batten.parse.python import parse


def test_a_tree_spans_its_file() -> None:
    root = parse(b"import os\n\nprint(os.name)\n").root_node
    assert (root.type, root.start_byte, root.end_byte, root.has_error) == ("module", 0, 26, False)


def test_broken_code_keeps_the_statements_around_it() -> None:
    root = parse(b"import os\nx = = 1\nprint(os.name)\n").root_node
    assert root.has_error
    assert [child.type for child in root.children if child.type != "ERROR"] == [
        "import_statement",
        "expression_statement",
        "expression_statement",
    ]


@given(st.binary(max_size=200))
def test_any_bytes_have_a_tree(data: bytes) -> None:
    assert parse(data).root_node.end_byte <= len(data)


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_one_parse_leaves_nothing_behind_for_the_next(first: bytes, second: bytes) -> None:
    before = str(parse(second).root_node)
    parse(first)
    assert str(parse(second).root_node) == before


def test_importing_the_module_does_not_load_the_grammar() -> None:
    code = "import sys, batten.parse.python; print([name for name in sys.modules if name.startswith('tree_sitter')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
