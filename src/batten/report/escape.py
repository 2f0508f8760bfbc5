"""Makes text of strangers safe to print: what could move the cursor, hide or reorder letters becomes visible."""

import re

from batten.regex import regex

# Letters that count as printable, and show as nothing.
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
_UNSAFE = regex(rf"[^\x20-\x7e\xa1-\xac\xae-\u02ff]|##(?=\[)|[{_INVISIBLE}]")


def plain(text: str) -> str:
    """``text`` on one line, in which every character can be seen: controls, marks of direction and the like as their codes.

    ``##[`` is broken up, because GitHub's log takes it for a command wherever it stands.
    """
    return _UNSAFE.sub(_visible, text)


def _visible(found: re.Match[str]) -> str:
    letter = found[0]
    if letter == "##":
        return "#\\#"
    if letter.isprintable() and letter not in _INVISIBLE:
        return letter
    return letter.encode("unicode_escape").decode()


def path(text: str) -> str:
    """A path that is safe to print, also at the start of a line of GitHub's log, where ``::`` begins a command."""
    return f"./{plain(text)}" if text.startswith(":") else plain(text)


def lines(text: str) -> str:
    """Several lines of text, each of them safe to print."""
    return "\n".join(plain(line.expandtabs(4)) for line in text.split("\n"))
