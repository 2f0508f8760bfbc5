"""Documents of settings: values with their places, from valid, broken and hostile text."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.parse.documents import Document, Listing, Scalar, Table, Value, below, read_json, read_yaml

Plain = Any


def plain(value: Value) -> Plain:
    """A value without its places."""
    match value:
        case Scalar(text=text):
            return text
        case Listing(items=items):
            return [plain(item) for item in items]
        case Table(entries=entries):
            return {entry.key: plain(entry.value) for entry in entries}


def texts(value: Plain) -> Plain:
    """The same with every scalar as a text."""
    if isinstance(value, dict):
        return {key: texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [texts(inner) for inner in value]
    return value if isinstance(value, str) else json.dumps(value)


TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\u2028\u2029\x85\ufeff"), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | TEXTS
TREES = st.dictionaries(
    TEXTS, st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)), max_size=5
)


@given(TREES)
def test_json_is_read_as_python_reads_it(tree: dict[str, Plain]) -> None:
    found = read_json(json.dumps(tree, ensure_ascii=False).encode())
    assert found.whole
    assert [plain(value) for value in found.values] == [texts(tree)]


@given(TREES)
def test_yaml_is_read_as_python_reads_it(tree: dict[str, Plain]) -> None:
    written = yaml.safe_dump(tree, allow_unicode=True)
    found = read_yaml(written.encode())
    assert found.whole
    assert [plain(value) for value in found.values] == [yaml.load(written, Loader=yaml.BaseLoader)]


@given(TREES)
def test_every_text_stands_where_it_says(tree: dict[str, Plain]) -> None:
    for data, read in (
        (json.dumps(tree, indent=1, ensure_ascii=False).encode(), read_json),
        (yaml.safe_dump(tree, allow_unicode=True).encode(), read_yaml),
    ):
        for value in read(data).values:
            pending = [value]
            while pending:
                each = pending.pop()
                match each:
                    case Scalar(text=text, span=span) if text.isalnum() and text.isascii():
                        assert text.encode() in data[span.start : span.end]
                    case Listing(items=items):
                        assert all(each.span.start <= item.span.start <= item.span.end <= each.span.end for item in items)
                        pending += items
                    case Table(entries=entries):
                        pending += [entry.value for entry in entries]


@settings(max_examples=200)
@given(st.binary(max_size=300) | st.text("{}[],:\"'&*!|>-# \n\tab0", max_size=80).map(str.encode))
def test_nothing_makes_them_fail(data: bytes) -> None:
    for found in (read_json(data), read_yaml(data)):
        assert isinstance(found, Document)


def test_what_comes_before_a_break_is_kept() -> None:
    assert plain(read_yaml(b"services:\n  app:\n    image: one\n    ports: [1, 2\n").values[0]) == {
        "services": {"app": {"image": "one", "ports": ["1", "2"]}}
    }
    assert plain(read_json(b'{"a": ["x", {"b": "y"').values[0]) == {"a": ["x", {"b": "y"}]}
    assert (read_yaml(b"a: [1\n").whole, read_json(b'{"a": 1').whole) == (False, False)


def test_json_may_have_comments_and_trailing_commas() -> None:
    found = read_json(b'\xef\xbb\xbf// first\n{"url": "https://a.example//b", /* two */ "list": [1, 2,],}\n')
    assert (plain(found.values[0]), found.whole) == ({"url": "https://a.example//b", "list": ["1", "2"]}, True)


def test_anchors_and_merges_are_followed() -> None:
    found = read_yaml(b"base: &b {image: one, tty: true}\napp:\n  <<: *b\n  image: two\nalso: [*b]\n")
    assert plain(found.values[0]) == {
        "base": {"image": "one", "tty": "true"},
        "app": {"image": "two", "tty": "true"},
        "also": [{"image": "one", "tty": "true"}],
    }


@pytest.mark.parametrize(
    "data",
    [
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(15)),
        b"[" * 50_000,
        b"- " * 50_000,
        b"a: " + b"x" * 2_000_000,
    ],
    ids=["anchors", "brackets", "dashes", "size"],
)
def test_hostile_documents_are_cut_off(data: bytes) -> None:
    assert not read_yaml(data).whole


def test_deep_json_is_not_read() -> None:
    assert read_json(b"[" * 50_000) == Document((), whole=False)


def test_an_anchor_inside_itself_is_empty_there() -> None:
    assert plain(read_yaml(b"a: &a [1, *a]").values[0]) == {"a": ["1", ""]}


def test_the_last_of_equal_keys_counts() -> None:
    found = read_json(b'{"a": 1, "a": {"b": 2}}').table
    assert below(found, "a", "b") == Scalar(below(found, "a", "b").span, "2", plain=True)  # type: ignore[union-attr]
    assert below(found, "a", "c") is None
