"""What it says of an address how it begins: browsers go to another server by two slashes as well as by its name; knows text alone."""

from batten.code.patterns import finds_ways_up, settles
from batten.regex import regex

NO_HOST = "no-host"
"""What a test says of a value that does not begin with two slashes."""
OWN_PATH = "own-path"
"""What it says of one that begins with one slash, and with no second one."""
CUTS = frozenset(("slice", "substring", "substr"))
"""What cuts off the beginning of a text."""
START = "start"
"""The position of that."""
_SLASH = "/"
_OTHERS = ("//", "/\\")
# As patterns write it: what stands before may be left out, as the scheme of ``^(?:https?:)?\/\/``.
_HOST = regex(r"\^(?:\((?:\?:)?[^()]*\)\?)?(?:\\?/\\?/|\\?/\{2|\\?/\[[^\]]*/)")
_FROM_ROOT = regex(r"\^\\?/")
_NO_SECOND = regex(r"\^\\?/(?:\(\?![^)]*/|\[\^[^\]]*/|\[(?!\^)[^\]/]+\]|\w|\\[wd])")


def by_prefix(prefixes: list[str]) -> tuple[str, str]:
    """The words for a text that begins with one of these, and for one that does not; "" where there is nothing to say."""
    refused = NO_HOST if any(prefix in _OTHERS for prefix in prefixes) else ""
    return f"prefix:{prefixes[0][:60] if len(prefixes) == 1 else ''}", refused


def by_sign(position: str, sign: str | None) -> tuple[str, str]:
    """The same of one of its first two signs, or of what is cut off at its beginning."""
    if position == START:
        return "", NO_HOST if sign in _OTHERS else ""
    if sign not in ("/", "\\"):
        return "", ""
    return (
        (f"prefix:{_SLASH}" if sign == _SLASH else "", "")
        if position == "0"
        else ("", NO_HOST if position == "1" and sign == _SLASH else "")
    )


def by_start(start: str | None) -> tuple[str, str]:
    """The same of its first two signs together."""
    return "looked-at", NO_HOST if start in _OTHERS else ""


def by_pattern(pattern: str, *, whole: bool) -> tuple[str, str]:
    """The same of one that a regular expression fits."""
    if settles(pattern, whole=whole):
        return "pattern", ""
    if finds_ways_up(pattern):
        return "looked-at", "no-dots"
    text = pattern[1:].rpartition("/")[0] if pattern.startswith("/^") else pattern
    if _NO_SECOND.match(text):
        return OWN_PATH, ""
    refused = NO_HOST if _HOST.match(text) else ""
    return (f"prefix:{_SLASH}" if _FROM_ROOT.match(text) and not refused else "looked-at"), refused
