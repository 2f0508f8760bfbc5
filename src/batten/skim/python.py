"""Import statements of Python files, read from the bytes without a parse."""

import re
from collections.abc import Iterator

from batten.regex import regex
from batten.skim.model import Import
from batten.text import Span

_DOC = rb'"""[^"\\]*+(?:(?:\\[\s\S]|"(?!""))[^"\\]*+|(?!))*+"""'
_DOC_SINGLE = rb"'''[^'\\]*+(?:(?:\\[\s\S]|'(?!''))[^'\\]*+|(?!))*+'''"
_STRING = rb'"(?!"")[^"\\\n]*+(?:\\[\s\S][^"\\\n]*+|(?!))*+"|\'(?!\'\')[^\'\\\n]*+(?:\\[\s\S][^\'\\\n]*+|(?!))*+\''
_TOKENS = b"|".join((rb"#[^\n]*+\n", _DOC, _DOC_SINGLE, _STRING))
_SKIP = regex(rb"""(?:[^"'#]++|""" + _TOKENS + rb"|(?!))*+")
_TOKEN = regex(_TOKENS)


def _shape(pattern: bytes) -> re.Pattern[bytes]:
    """A pattern in which ``~`` is room inside a line, and DOTTED a dotted name."""
    dotted = rb"[\w\x80-\xff]++(?:~\.~[\w\x80-\xff]++|(?!))*+"
    return regex(pattern.replace(b"DOTTED", dotted).replace(b"~", rb"(?:[ \t]++|\\\r?\n|(?!))*+"))


_FROM = _shape(
    rb"from~(?P<module>\.[. \t]*+(?:DOTTED)?|(?<=[ \t\n])DOTTED)~import\b~"
    rb"(?:\((?P<list>(?:[^()#]++|#[^\n]*+\n|(?!))*+)\)|(?P<line>\*|[^\n;#(\\]*+(?:\\\r?\n[^\n;#(\\]*+|(?!))*+))"
)
_PLAIN = _shape(rb"import\b~(?P<line>[\w\x80-\xff][^\n;#\\]*+(?:\\\r?\n[^\n;#\\]*+|(?!))*+)")
_BEFORE = _shape(
    rb"(?:\A|[\n;]|(?:try|else|finally|if[^\n:]*+|except[^\n:]*+|with[^\n:]*+)\s*+:)[ \t]*+"
    rb"(?P<from>from~(?:\.[. \t]*+)?(?:DOTTED)?~)?\Z"
)
_COMMENT = regex(rb"#[^\n]*+")
_INDENT = regex(rb"[ \t]*+")
_HEADER = regex(rb"[ \t]*+(?P<function>(?:async[ \t]++)?def\b)|[ \t]*+if\b[^\n]*\bTYPE_CHECKING\b")
# How far a line is looked at before the word.
_LONGEST = 400
# Lines that are looked at upwards, in one file, for the blocks that imports stand in; after that an indented import counts as one in a function.
_MOST_LINES = 20_000


def imports(data: bytes) -> Iterator[Import]:
    """Every imported name, in source order; ``import a.b`` binds ``a`` and imports ``a.b`` without a name."""
    code = _Code(data)
    blocks = _Blocks(data)
    at = data.find(b"import")
    done = 0
    while at != -1:
        found = _statement(data, at) if at >= done else None
        if found is not None and code.reaches(found.start()):
            done = found.end()
            yield from _names(found, blocks)
        at = data.find(b"import", at + 6)


def _statement(data: bytes, at: int) -> re.Match[bytes] | None:
    line = data.rfind(b"\n", 0, at)
    while (
        line > at - _LONGEST
        and line > 0
        and data[line - 1 : line] in (b"\\", b"\r")
        and data[max(0, line - 2) : line].rstrip(b"\r").endswith(b"\\")
    ):
        line = data.rfind(b"\n", 0, line)
    begin = max(line, at - _LONGEST, 0)
    before = _BEFORE.search(data[begin:at])
    if before is None:
        return None
    if before["from"]:
        return _FROM.match(data, begin + before.start("from"))
    return _PLAIN.match(data, at)


def _names(found: re.Match[bytes], blocks: "_Blocks") -> Iterator[Import]:
    parts = found.groupdict()
    span = Span(found.start(), found.end())
    dynamic, type_only = blocks.around(found.start())
    listed = _text(_COMMENT.sub(b"", parts.get("list") or parts["line"] or b"")).replace("\\", " ")
    for entry in listed.split(","):
        words = entry.split()
        renamed = words[1:2] == ["as"]
        if len(words) != 1 + 2 * renamed:
            continue
        name, local = words[0], words[-1]
        if "module" in parts:
            yield Import(span, _joined(parts["module"]), name, "" if name == "*" else local, type_only, dynamic)
        elif renamed:
            yield Import(span, name, "*", local, type_only, dynamic)
        else:
            package = name.split(".")[0]
            yield Import(span, package, "*", package, type_only, dynamic)
            if package != name:
                yield Import(span, name, "", "", type_only, dynamic)


def _joined(text: bytes) -> str:
    return _text(re.sub(rb"[\s\\]+", b"", text))


def _text(text: bytes) -> str:
    return text.decode("utf-8", "replace")


class _Code:
    """A cursor that tells, for rising offsets, whether they are code."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def reaches(self, offset: int) -> bool:
        data = self._data
        while self._at < offset:
            found = _SKIP.match(data, self._at, offset)
            self._at = at = found.end() if found else self._at
            if at >= offset:
                break
            token = _TOKEN.match(data, at)
            self._at = token.end() if token else at + 1
        return self._at == offset


class _Blocks:
    """Tells what an indented statement stands in, from the lines above it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = _MOST_LINES

    def around(self, at: int) -> tuple[bool, bool]:
        """Whether the statement stands in a function, and whether only type checkers run it."""
        data = self._data
        line = data.rfind(b"\n", 0, at) + 1
        width = self._indent(line)
        dynamic = type_only = False
        while width and line:
            if self._left == 0:
                return True, type_only
            self._left -= 1
            line = data.rfind(b"\n", 0, line - 1) + 1
            indent = self._indent(line)
            if indent >= width or data[line + indent : line + indent + 1] in (b"\n", b"\r", b"#", b")"):
                continue
            width = indent
            header = _HEADER.match(data, line)
            if header is not None:
                dynamic |= header["function"] is not None
                type_only |= header["function"] is None
        return dynamic, type_only

    def _indent(self, line: int) -> int:
        found = _INDENT.match(self._data, line)
        return found.end() - line if found else 0
