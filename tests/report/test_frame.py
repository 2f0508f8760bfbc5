"""Code frames: the mark stands under the right text, nothing hidden gets out, secrets stay covered."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from batten.report.escape import lines as plain_lines
from batten.report.escape import path, plain
from batten.report.frame import Covers, frame
from batten.text import Lines, Place, Span

NONE = Covers(())


def rows(data: bytes, start: int, end: int, width: int = 80, covers: Covers = NONE, name: str = "x.py") -> list[tuple[int, str, str]]:
    return [(row.number, row.text, row.marks) for row in frame(Lines(data), Place(name, Span(start, end)), covers, width)]


def test_a_line_between_its_neighbours() -> None:
    assert rows(b"one\ntwo three\nfour\n", 8, 13) == [(1, "one", ""), (2, "two three", "    ^^^^^"), (3, "four", "")]


def test_blank_neighbours_are_left_out() -> None:
    assert rows(b"\ntwo\n   \n", 1, 4) == [(2, "two", "^^^")]


def test_a_range_of_many_lines_is_marked_on_its_first() -> None:
    assert rows(b"begin {\n  a\n}\n", 0, 14) == [(1, "begin {", "^^^^^^^"), (2, "  a", "")]


def test_tabs_wide_letters_and_broken_bytes_keep_the_mark_in_place() -> None:
    assert rows(b"\tx = 1", 1, 2) == [(1, "    x = 1", "    ^")]
    assert rows("日本 = key".encode(), 9, 12) == [(1, "日本 = key", "       ^^^")]
    assert rows(b"caf\xe9 = key", 7, 10) == [(1, "caf\ufffd = key", "       ^^^")]
    assert rows(b"a\x1b[31m = key", 9, 12) == [(1, "a\\x1b[31m = key", "            ^^^")]


def test_long_lines_are_cut_round_the_place() -> None:
    data = b"a" * 1_000_000 + b"KEY" + b"b" * 1_000_000
    ((number, shown, marks),) = rows(data, 1_000_000, 1_000_003, width=40)
    assert (number, len(shown)) == (1, 40)
    assert shown[marks.index("^") :].startswith("KEY")
    assert marks.count("^") == 3


def test_the_end_of_a_file_and_a_file_without_text() -> None:
    assert rows(b"x", 1, 1) == [(1, "x", " ^")]
    assert rows(b"", 0, 0) == []
    assert rows(b"short", 100, 200) == []


def test_secrets_are_covered_on_every_line_of_a_frame() -> None:
    data = b"a = 'sk-0123456789abcdef'\nb = 'short'\nc = 1\n"
    covers = Covers([Place("x.py", Span(5, 24)), Place("x.py", Span(31, 36)), Place("y.py", Span(0, 40))])
    assert rows(data, 31, 36, covers=covers) == [
        (1, "a = 'sk-0***************'", ""),
        (2, "b = '*****'", "     ^^^^^"),
        (3, "c = 1", ""),
    ]


def test_a_key_over_several_lines_is_covered() -> None:
    data = b"-----BEGIN\nMIIabcdefgh\n-----END"
    covers = Covers([Place("x.pem", Span(0, len(data)))])
    assert rows(data, 0, 10, covers=covers, name="x.pem") == [(1, "----******", "^^^^^^^^^^"), (2, "***********", "")]


def test_values_of_env_files_are_never_shown() -> None:
    data = b"# note\nexport TOKEN='abcdefghijklmnopqrst'\nDEBUG=1\n"
    assert rows(data, 7, 12, name="api/.env.local") == [
        (1, "# note", ""),
        (2, "export TOKEN='abcd*****************", "^^^^^"),
        (3, "DEBUG=*", ""),
    ]


@given(st.text(max_size=60), st.data())
def test_the_mark_is_below_the_text(text: str, data: st.DataObject) -> None:
    line = text.replace("\r", "").replace("\n", "")
    raw = line.encode("utf-8", "replace")
    letters = raw.decode()
    at = data.draw(st.integers(0, max(0, len(letters) - 1)))
    start = len(letters[:at].encode())
    found = rows(raw, start, start + len(letters[at : at + 1].encode()), width=10_000)
    if not raw:
        assert found == []
        return
    ((_, shown, marks),) = found
    assert shown.isprintable()
    if letters.isascii() and letters.isprintable() and "##[" not in letters:
        assert shown == letters.rstrip()
        assert marks == " " * at + "^"


@given(st.binary(max_size=200), st.integers(0, 250), st.integers(0, 250), st.integers(10, 120))
def test_any_bytes_give_a_frame(data: bytes, start: int, length: int, width: int) -> None:
    for _, shown, marks in rows(data, start, start + length, width):
        assert shown.isprintable()
        assert sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in marks) <= width + 1


@given(st.binary(max_size=80), st.integers(0, 80), st.integers(8, 60))
def test_a_covered_secret_never_gets_out(around: bytes, at: int, length: int) -> None:
    secret = b"Zq" * (length // 2)
    around = around.replace(b"Z", b"z").replace(b"q", b"Q")
    data = around[:at] + secret + around[at:]
    start = len(around[:at])
    covers = Covers([Place("x.py", Span(start, start + len(secret)))])
    said = "".join(shown for _, shown, _ in rows(data, start, start + len(secret), covers=covers))
    assert said.count("Zq") <= (2 if len(secret) >= 16 else 0)


@given(st.text())
def test_plain_text_is_printable_and_the_rest_is_left_alone(text: str) -> None:
    said = plain(text)
    assert said.isprintable()
    assert "##[" not in said
    if text.isascii() and text.isprintable() and "##[" not in text:
        assert said == text


def test_what_plain_shows() -> None:
    assert plain("a\tb\nc\x1b[0m\u202e\U000e0041\ud800##[x]") == "a\\tb\\nc\\x1b[0m\\u202e\\U000e0041\\ud800#\\#[x]"
    assert plain_lines("a\x00\n\tb") == "a\\x00\n    b"
    assert path("::error::x") == "./::error::x"
