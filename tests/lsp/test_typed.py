"""Edits of ranges, in the units that editors count columns in: the server's text is the editor's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from batten.lsp.typed import lines_of, typed

ENCODINGS = ("utf-8", "utf-16", "utf-32")
# Characters of one to four bytes, ends of lines of all kinds, and what only Python takes for one.
CHARACTERS = "ab;-' é→\U0001f512\U0001f511\n\x0b\x0c\x1c\x85\u2028\u2029"
PARTS = st.one_of(st.text(st.sampled_from(CHARACTERS), max_size=8), st.sampled_from(("\r\n", "\r", "create table t (id int);\n", "alter ")))
TEXTS = st.lists(PARTS, max_size=8).map("".join)
EDITS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60), PARTS), min_size=1, max_size=8)


def units(text: str, encoding: str) -> int:
    return len(text.encode(f"{encoding}-le" if encoding != "utf-8" else encoding)) // {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]


def position(text: str, offset: int, encoding: str) -> types.Position:
    before = re.split(r"\r\n|\n|\r", text[:offset])
    return types.Position(len(before) - 1, units(before[-1], encoding))


def between(text: str, start: int, length: int) -> tuple[int, int]:
    """A range that begins and ends where an editor's can: not inside of an end of a line."""

    def outside(offset: int) -> int:
        return offset + 1 if text[offset - 1 : offset + 1] == "\r\n" and offset else offset

    start = outside(start % (len(text) + 1))
    return start, max(start, outside(min(start + length, len(text))))


def partial(text: str, start: int, end: int, new: str, encoding: str) -> types.TextDocumentContentChangePartial:
    where = types.Range(position(text, start, encoding), position(text, end, encoding))
    return types.TextDocumentContentChangePartial(where, new)


@given(TEXTS, EDITS, st.sampled_from(ENCODINGS))
def test_edits_of_ranges_are_those_of_the_editor(text: str, edits: list[tuple[int, int, str]], encoding: str) -> None:
    shown, changes = text, []
    for at, length, new in edits:
        start, end = between(shown, at, length)
        changes.append(partial(shown, start, end, new, encoding))
        shown = f"{shown[:start]}{new}{shown[end:]}"
    assert typed(text, changes, encoding) == shown


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("line", "column", "expected"), [(0, 99, "ab!\ncd"), (1, 99, "ab\ncd!"), (9, 0, "ab\ncd!"), (1, 0, "ab\n!cd")])
def test_what_lies_behind_counts_as_the_end(encoding: str, line: int, column: int, expected: str) -> None:
    where = types.Position(line, column)
    assert typed("ab\ncd", [types.TextDocumentContentChangePartial(types.Range(where, where), "!")], encoding) == expected


def test_a_whole_text_stands_in_the_place_of_all_before() -> None:
    where = types.Range(types.Position(0, 0), types.Position(0, 1))
    changes = [types.TextDocumentContentChangeWholeDocument("new"), types.TextDocumentContentChangePartial(where, "f")]
    assert typed("old", changes, "utf-16") == "few"


def test_lines_end_where_those_of_editors_do() -> None:
    assert lines_of("a\x0cb\r\nc\rd\u2028e\n") == ["a\x0cb", "c", "d\u2028e", ""]
