"""What a text does no harm in after signs of it were replaced: by those that go, or by those that alone are left."""

import re
import string

from batten.link.flows.knowledge import DOUBT, MARKUP, WITHOUT
from batten.regex import regex

_BACKSLASH = r"\\"  # as patterns write it
# Without the first no text leads anywhere else; without the second, not upwards.
_SEPARATORS = ("/", r"\/", r"\\/", r"/\\")
_UPWARDS = ("..", ".", r"\.", r"\.\.")
_REPLACED = regex(r"/[\[(]?(?P<inner>[^/]+?)[\])]?/\w*g\w*\Z")
# All but some: `/[^\w.-]+/g`, and the same in Python.
_ALL_BUT = regex(r"(?P<mark>/?)\[\^(?P<kept>(?:\\.|[^\]\\])+)\][+*]?(?:/(?P<flags>\w*))?")
_PART = regex(r"\\p\{[^}]*\}|\\?.", re.DOTALL)
_SIGNS = frozenset(string.punctuation + string.whitespace)
_CLASSES = {r"\w": frozenset("_"), r"\d": frozenset[str](), r"\s": frozenset(string.whitespace)}
_ESCAPED = {r"\n": "\n", r"\r": "\r", r"\t": "\t"}
_EDGES = frozenset("'\"`\\ ();=*\n\r\t")
_OF_COMMANDS = frozenset("_-.,:@%+=/")
_OF_PATTERNS = frozenset("()[]{}*+?|^$\\")
# Without any of these signs a text does no harm in these kinds of sinks.
_HARMLESS = (
    (frozenset("/\\"), ("path",)),
    (frozenset("<"), ("html", MARKUP)),
    (_EDGES, ("sql", "xpath", "ldap", "code")),
    (_EDGES | frozenset("{}%$#<"), ("template",)),
    (frozenset("/\\:"), ("redirect", "link")),
    (_SIGNS - _OF_COMMANDS, ("command",)),
    (frozenset("-"), ("argument",)),
    (frozenset("\r\n"), ("header",)),
    (_OF_PATTERNS, ("regex",)),
    (frozenset(",()"), ("postgrest",)),
)


def replaced_by(sought: str, *, every: bool, by: str | None) -> frozenset[str]:
    """What a value is harmless for that some text was replaced in ``by`` another; ``every``: wherever it was, and not only the first time."""
    but = _ALL_BUT.fullmatch(sought)
    if but is not None:
        return _left(but["kept"], by) if every or "g" in (but["flags"] or "") else frozenset()
    pattern = _REPLACED.match(sought)
    if pattern is None and not every:
        return frozenset()
    inner = pattern["inner"] if pattern is not None else sought
    found = {f"{WITHOUT}{mark}" for mark in ("'", '"', _BACKSLASH) if mark in inner}
    if "," in inner:
        found.add("postgrest")
    if inner in _SEPARATORS:
        found.add("path")
    elif inner in _UPWARDS:
        found.add(f"{DOUBT}path")
    # A tag that is taken out leaves all others in.
    all_tags = "<" in inner if pattern is not None else inner == "<"
    return frozenset(found | {"html", MARKUP}) if all_tags else frozenset(found)


def _left(kept: str, by: str | None) -> frozenset[str]:
    """What a text of these signs alone does no harm in, and of those that have come in the place of others."""
    signs = _signs(kept)
    if signs is None or by is None:
        return frozenset()
    signs |= _SIGNS.intersection(by)
    found = {kind for dangerous, kinds in _HARMLESS if signs.isdisjoint(dangerous) for kind in kinds}
    return frozenset(found | {f"{WITHOUT}{mark}" for mark in ("'", '"', _BACKSLASH) if mark[0] not in signs})


def _signs(kept: str) -> frozenset[str] | None:
    """The signs, letters and digits aside, that a class of a pattern names; None where it names all."""
    parts = _PART.findall(kept)
    found: set[str] = set()
    at = 0
    while at < len(parts):
        part = parts[at]
        if part in (r"\W", r"\D", r"\S") or part.startswith((r"\u", r"\x")):
            return None
        if part in _CLASSES or part.startswith(r"\p"):
            found |= _CLASSES.get(part, frozenset())
        else:
            first = _ESCAPED.get(part, part[-1])
            last = first
            if at + 2 < len(parts) and parts[at + 1] == "-" and parts[at + 2] not in _CLASSES:
                last = _ESCAPED.get(parts[at + 2], parts[at + 2][-1])
                at += 2
            found |= {sign for sign in _SIGNS if first <= sign <= last}
        at += 1
    return frozenset(found)
