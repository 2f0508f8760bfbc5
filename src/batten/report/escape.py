"""Makes text of strangers safe to print: what could move the cursor, hide or reorder letters becomes visible."""

import re

# Controls, zero-width and bidirectional marks, line separators, tags, lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
    r"|##(?=\[)"
)


def plain(text: str) -> str:
    """``text`` on one line, in which every character can be seen.

    ``##[`` is broken up, because GitHub's log takes it for a command wherever it stands.
    """
    if text.isascii() and text.isprintable() and "##[" not in text:
        return text
    return _UNSAFE.sub(_visible, text)


def _visible(found: re.Match[str]) -> str:
    if found[0] == "##":
        return "#\\#"
    code = ord(found[0])
    named = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code)
    if named:
        return named
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def path(text: str) -> str:
    """A path that is safe to print, also at the start of a line of GitHub's log, where ``::`` begins a command."""
    return f"./{plain(text)}" if text.startswith(":") else plain(text)


def lines(text: str) -> str:
    """Several lines of text, each of them safe to print."""
    return "\n".join(plain(line.expandtabs(4)) for line in text.split("\n"))
