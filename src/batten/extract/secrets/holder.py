"""The variable, property or key that holds a value, read from the bytes before it; knows no grammar."""

import re

from batten.regex import regex

_FAR = 300
_QUOTES = b"\"'`"
# What may stand between a name and the literal: a type, an operator, a call that reads the environment with this value as its default.
_OPENERS = rb"(?:[(\[{]\s{0,40}|await\s|f|r|b|u|String\(|str\(|SecretStr\(|new\s\w{1,40}\(|\\)*$"
_NAME = regex(
    rb"""(?<![\w$.@-])([A-Za-z_$@][\w$.@-]{0,199}?)\\?["'`]?\]?\)?\??!?\s{0,4}
         (?::\s{0,4}[\w.<>\[\]|, ]{1,80}(?==))?
         (?:=>|:=|\?\?=?|\|\|=?|[-+]?=|:|\sor\s)\s{0,40}"""
    + _OPENERS,
    re.VERBOSE,
)
# A default beside the name it is for, a header with its value, an instruction of a Dockerfile, a command line option.
_BESIDE = regex(rb"""(?:\\?["'`]([A-Za-z_][\w-]{0,99})\\?["'`],\s{0,40}|(?:ENV|ARG)\s+(\w{1,99})\s|--([a-z][\w-]{0,99})\s)""" + _OPENERS)
_BARE_WORDS = {b"const", b"let", b"var", b"export", b"return", b"http", b"https", b"ENV", b"ARG", b"Bearer", b"bearer", b"Basic", b"or"}


def holder(data: bytes, start: int) -> str | None:
    """The name before the value that begins at ``start``; None where there is none."""
    before = data[max(0, start - _FAR) : start]
    opened = _literal(before)
    if (found := _match(before[:opened])) is not None:
        return found
    return _match(before) if opened < len(before) else None


def _literal(before: bytes) -> int:
    """Where the string literal that the value is in opens; the end where no quote is open on the line."""
    line = before.rfind(b"\n") + 1
    escaped = max(before.rfind(b'\\"', line), before.rfind(b"\\n", line))
    at = len(before)
    while at > line:
        at -= 1
        if before[at] in _QUOTES:
            return at - 1 if at and before[at - 1] == ord("\\") and escaped >= 0 else at
        if before[at] in b"(){};":
            break
    return len(before)


def _match(before: bytes) -> str | None:
    found = _BESIDE.search(before) or _NAME.search(before)
    if found is None:
        return None
    name = next(group for group in found.groups() if group is not None)
    if name in _BARE_WORDS:
        return None
    return name.decode("ascii", "replace").rsplit(".", 1)[-1].strip("-@$") or None
