"""The values of Python's string and number literals; knows text, no syntax tree."""

import re

from batten.regex import regex

_QUOTES = (b'"""', b"'''", b'"', b"'")
_PREFIX = regex(rb"[A-Za-z]{0,2}(?=[\"'`])")
_ESCAPE = regex(r"\\(\r?\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}\n]{1,100}\}|[\\'\"abfnrtv])")
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LAST_CHARACTER = 0x10FFFF
_WIDEST = 1 << 63


def prefix_of(raw: bytes) -> str:
    """The letters before the opening quote, in lower case: ``rb``, ``f``, or nothing."""
    match = _PREFIX.match(raw)
    return match[0].decode().lower() if match is not None else ""


def string_value(raw: bytes) -> str | None:
    """The value of a whole string literal without interpolation; None where it is a format string or not closed."""
    prefix = prefix_of(raw)
    if "f" in prefix or "t" in prefix:
        return None
    at = len(prefix)
    for quote in _QUOTES:
        if raw.startswith(quote, at):
            size = len(quote)
            if len(raw) < at + 2 * size or not raw.endswith(quote):
                return None
            return text_value(raw[at + size : -size], prefix)
    return None


def text_value(content: bytes, prefix: str) -> str:
    """The value of a string's inside under its prefix; bytes that are not UTF-8 and lone surrogates become U+FFFD."""
    text = content.decode("utf-8", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "f" in prefix or "t" in prefix:
        text = text.replace("{{", "{").replace("}}", "}")
    if "\\" in text and "r" not in prefix:
        text = _ESCAPE.sub(_unescape, text)
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _unescape(match: re.Match[str]) -> str:
    body = match[1]
    kind = body[0]
    if kind in "xuU":
        code = int(body[1:], 16)
        return chr(code) if code <= _LAST_CHARACTER else match[0]
    if kind in "01234567":
        return chr(int(body, 8))
    if kind == "N":
        import unicodedata

        try:
            return unicodedata.lookup(body[2:-1])
        except KeyError:
            return match[0]
    if kind in "\r\n":
        return ""
    return _SIMPLE.get(kind, kind)


def integer_value(text: str) -> int | None:
    """The value of an integer literal, Python 2's ``10L`` and ``0777`` too; None for a complex number, and beyond 64 bits, which facts can't hold."""
    text = text.rstrip("lL")
    for base in (0, 8):
        try:
            value = int(text, base)
        except ValueError:
            continue
        return value if value < _WIDEST else None
    return None


def float_value(text: str) -> float | None:
    """The value of a float literal; None for a complex number."""
    try:
        return float(text)
    except ValueError:
        return None
