"""What of a SQL file a migration tool runs forward: Markdown round it and down sections are left out; knows nothing of where statements end."""

import re
from bisect import bisect_right

from batten.regex import regex
from batten.text import Span

_FENCE = regex(rb"^[ \t]*```[ \t]*(?P<language>[A-Za-z]*)[^\n]*$|/\*|\*/", re.MULTILINE)
_COMMENT = regex(rb"--[^\n]*|/\*.*?\*/", re.DOTALL)
_BEGUN = regex(
    rb"create\s+(?:or\s+replace\s+)?(?:table|function|procedure|policy|view|type|index|extension|schema|trigger|unique|materialized|role)\b|insert\s+into\b"
    rb"|alter\s+(?:table|policy|function|default|role|type|view)\b|comment\s+on\b|do\s+(?:language\b|\$)|begin\s*;|set\s+\w+\s*(?:=|to\b)"
    rb"|drop\s+(?:table|function|policy|view|trigger|type|index|schema)\b|(?:select|grant|revoke)\s|with\s+\w+\s+as\b|update\s+\S+\s+set\b",
    re.IGNORECASE,
)
_SECTION = regex(
    rb"^[ \t]*--[ \t=*#~-]*(?:migrate:|\+goose[ \t]+|\+migrate[ \t]+|!|@|//[ \t]*@)?"
    rb"(?P<way>up|down|ups|downs|undo|rollback|create above / drop below)(?:[ \t]+(?:migration|script|section|sql))?"
    rb"(?:[ \t]+(?:transaction:\w+|notransaction))?[ \t\r:=*#~-]*(?:\([^)\n]*\)[ \t\r]*)?$",
    re.MULTILINE | re.IGNORECASE,
)
_AWAY = (b"down", b"undo", b"rollback", b"drop below")
_TOOL_MARK = regex(rb"migrate:|\+goose|\+migrate|!|@|up migration|down migration|above", re.IGNORECASE)
_UNDOING = regex(rb"(?:drop|alter|revoke|grant|delete|truncate|update|begin|commit|comment|do|create\s+or\s+replace)\b", re.IGNORECASE)


def without_fences(data: bytes) -> bytes:
    """SQL pasted with its Markdown: everything outside the fences becomes blanks, so that offsets stay."""
    if b"```" not in data:
        return data
    fences = _fences(data)
    before = _COMMENT.sub(b" ", data[: fences[0].start()]).strip() if fences else b""
    # Fences after a statement has begun stand in a text or a function's body; prose before them needs one that names its language.
    if not fences or _BEGUN.match(before) or (before and not fences[0].group("language")):
        return data
    kept = bytearray(_blank(data))
    inside = False
    opened = 0
    for fence in fences:
        if inside:
            kept[opened : fence.start()] = data[opened : fence.start()]
            inside = False
        else:
            opened, inside = fence.end(), True
    if inside:
        kept[opened:] = data[opened:]
    return bytes(kept)


def _fences(data: bytes) -> list[re.Match[bytes]]:
    """The fences that do not stand in a block comment."""
    found = []
    depth = 0
    for match in _FENCE.finditer(data):
        if match.group("language") is None:
            depth = max(0, depth + (1 if match.group() == b"/*" else -1))
        elif not depth:
            found.append(match)
    return found


def _blank(data: bytes) -> bytes:
    return re.sub(rb"[^\n]", b" ", data)


def forward(data: bytes, spans: list[Span]) -> list[bool]:
    """For each statement whether it runs forward, not in a down section.

    A mark of a migration tool ends the forward part whatever follows. A bare ``-- rollback`` is only prose: it does so where everything after it undoes something.
    """
    lower = data.lower()
    marks = list(_SECTION.finditer(data)) if any(word in lower for word in _AWAY) else []
    if not marks:
        return [True] * len(spans)
    starts = [mark.start() for mark in marks]
    places = [bisect_right(starts, span.start) - 1 for span in spans]
    only_undoing = [True] * len(marks)
    for place, span in zip(places, spans, strict=True):
        if place >= 0 and not _UNDOING.match(data, span.start):
            only_undoing[place] = False
    kept = [
        mark.group("way").lower() in (b"up", b"ups") or not (only or _TOOL_MARK.search(mark.group()))
        for mark, only in zip(marks, only_undoing, strict=True)
    ]
    return [place < 0 or kept[place] for place in places]
