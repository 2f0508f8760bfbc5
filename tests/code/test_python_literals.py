"""Python's literals: values as CPython computes them."""

import ast
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.code.python_literals import float_value, integer_value, prefix_of, string_value, text_value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('"plain"', "plain"),
        ("''", ""),
        ('"""three "quotes" inside"""', 'three "quotes" inside'),
        (r"'tab\tline\n\x41\u00e9\U0001F600\101\N{BULLET}\\\''", "tab\tline\nAé😀A•\\'"),
        (r"'unknown \d stays'", r"unknown \d stays"),
        (r"'\N{NO SUCH CHARACTER} stays'", r"\N{NO SUCH CHARACTER} stays"),
        (r"'\U00110000'", r"\U00110000"),
        (r"r'\d\n'", r"\d\n"),
        (r"Rb'\x00'", r"\x00"),
        (r"b'\xff'", "ÿ"),
        ('"joined \\\nline"', "joined line"),
        ('"""a\r\nb"""', "a\nb"),
        (r"'\ud800'", "�"),
        (r"'\ud83d\ude00'", "😀"),
        ('f"text"', None),
        ("'not closed", None),
        ('"', None),
        ('"""a"', None),
        ("`repr`", None),
    ],
)
def test_string(source: str, value: str | None) -> None:
    assert string_value(source.encode()) == value


def test_bytes_that_are_not_utf8_become_replacement_characters() -> None:
    assert string_value(b"'caf\xe9'") == "caf�"


@pytest.mark.parametrize(("source", "prefix"), [(b'"x"', ""), (b"rB'x'", "rb"), (b'F"x"', "f"), (b"x", "")])
def test_prefix(source: bytes, prefix: str) -> None:
    assert prefix_of(source) == prefix


def test_the_text_of_a_format_string_has_its_braces_undoubled() -> None:
    assert text_value(b"{{a}}\\n", "f") == "{a}\n"
    assert text_value(b"{{a}}\\n", "rf") == "{a}\\n"
    assert text_value(b"{{a}}", "") == "{{a}}"


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("0", 0),
        ("1_000", 1000),
        ("0xFF", 255),
        ("0o17", 15),
        ("0b101", 5),
        ("0777", 511),
        ("10L", 10),
        ("0xFFl", 255),
        ("1j", None),
        ("089", None),
        ("9" * 5000, None),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),
        ("0xFFFFFFFFFFFFFFFFFFFF", None),
    ],
)
def test_integer(source: str, value: int | None) -> None:
    assert integer_value(source) == value


@pytest.mark.parametrize(("source", "value"), [("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("1_0.0", 10.0), ("1.5j", None)])
def test_float(source: str, value: float | None) -> None:
    assert float_value(source) == value


_PIECES = st.sampled_from(["a", "é", "😀", "\\n", "\\\\", "\\x41", "\\u00e9", "\\101", "\\7", "\\'", "\\N{DASH}", "\\d", "\n", "{{", '"'])


@given(st.sampled_from(["", "r", "u", "R"]), st.lists(_PIECES, max_size=8))
def test_strings_have_the_values_that_cpython_gives_them(prefix: str, pieces: list[str]) -> None:
    source = f"{prefix}'''{''.join(pieces)}'''"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(source)
    except SyntaxError:  # an unknown character name
        return
    assert string_value(source.encode()) == value


@given(st.integers(min_value=0), st.sampled_from([str, hex, oct, bin]))
def test_integers_have_the_values_that_cpython_gives_them(value: int, write: type) -> None:
    assert integer_value(str(write(value))) == (value if value < 2**63 else None)
