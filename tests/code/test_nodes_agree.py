"""Whether the code model has every node that the grammars see: calls, assignments, imports, returns, branches, literals."""

from pathlib import Path

import pytest
from node_keys import Kind
from nodes_agree import agreement

SOURCES = sorted((Path(__file__).parents[2] / "fixtures" / "code").glob("shelf.*"))
# What the model keeps as an Unknown over its parts; in real files this is one byte of expressions in a thousand.
WITHOUT_A_WORD = {
    "list_comprehension",
    "dictionary_comprehension",
    "generator_expression",
    "pair",
    "slice",
    "ellipsis",
    "interpolation",
    "float",
    "class_pattern",
    "keyword_pattern",
    "global_statement",
    "member",
    "fragment",
}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_node_of_the_grammar_is_in_the_model(path: Path) -> None:
    data = path.read_bytes()
    found = agreement(path.name, data)
    assert not found.is_broken
    assert {(kind, data[start:end]): count for (kind, start, end), count in found.missing.items()} == {}
    assert {(kind, data[start:end]): count for (kind, start, end), count in found.extra.items()} == {}
    assert {kind for kind, size in found.unknown.items() if size} <= WITHOUT_A_WORD


@pytest.mark.parametrize("suffix", [".py", ".js", ".tsx"])
def test_the_sources_have_nodes_of_every_kind(suffix: str) -> None:
    path = next(path for path in SOURCES if path.suffix == suffix)
    asked = {kind for kind, _, _ in agreement(path.name, path.read_bytes()).asked}
    absent = {".py": {Kind.CASE}, ".js": set(), ".tsx": {Kind.CASE, Kind.LOOP, Kind.TRY, Kind.RAISE}}
    assert set(Kind) - asked == absent[suffix]
