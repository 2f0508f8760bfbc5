"""Tests of the address of a website that let others through that only look alike: by a pattern or a part of a text; knows no graph.

https://portswigger.net/web-security/cors#errors-parsing-origin-headers
"""

from batten.regex import regex

# A name with an ending that somebody can register one under, as a pattern or a text writes it.
_HOST = regex(r"(?:[A-Za-z0-9-]+(?:\\\.|\[\.\]|\.))+[A-Za-z]{2,}")
_PATTERN = regex(r"/(?P<body>.+)/[a-z]*\Z")
# Names below: ``(.*\.)?``, which may as well not be there.
_BELOW = regex(r"\((?:\?:)?[^()]*(?:\\\.|\[\.\])\)[?*]?\Z")
_ANYTHING = regex(r"(?:\.|\[[^\]]*\]|\\[wS])[*+]\??\)?\Z")
_ENDED = regex(r"(?:\\?[/:]|\(\??:?:|.*\$)")
_BOUNDARIES = ("/", r"\.", "[.]", ".", "@")
_LABELS = 3
_NEVER = frozenset(("endsWith", "endswith", "startsWith", "startswith", "includes", "indexOf", "find"))
METHODS = _NEVER | {"match", "search", "test", "fullmatch"}
"""What looks at a part of a text, or at all of it by a pattern."""


def is_loose_pattern(written: str, *, whole: bool = False) -> bool:
    """A pattern that fits websites besides those of the host in it; ``whole``: it has to fit an address from its beginning to its end."""
    pattern = _PATTERN.match(written)
    body = pattern["body"] if pattern is not None else written
    if pattern is None and not whole:
        return False
    found = _HOST.search(body)
    if found is None or found[0].startswith("-"):
        return False
    before, after = body[: found.start()], body[found.end() :]
    anchored = whole or before.startswith("^")
    above = _BELOW.sub("", before)
    if _ANYTHING.search(above) is not None or (not anchored and not above.endswith(_BOUNDARIES)):
        return True
    return (not whole and _ENDED.match(after) is None) or _crosses_names(found[0])


def is_loose_test(method: str, part: str) -> bool:
    """Whether a part of an address that is asked for may be a part of a stranger's, too: ``includes("shop.example")``."""
    if method not in _NEVER or _HOST.search(part) is None:
        return False
    match method.lower():
        case "endswith":
            return not part.startswith((".", "/", "http", "@"))
        case "startswith":
            return not part.endswith(("/", ":"))
    return True


def _crosses_names(host: str) -> bool:
    """A dot stands for any sign, so that two names are one that is free: ``www.shop.example`` fits ``wwwxshop.example``."""
    labels = regex(r"\\\.|\[\.\]|\.").split(host)
    dots = regex(r"\\\.|\[\.\]|\.").findall(host)
    return len(labels) >= _LABELS and "." in dots[: len(labels) - 2]
