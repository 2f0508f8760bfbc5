"""What patterns let through that an app holds texts to; runs none of them."""

import re

from batten.regex import regex

# What is between brackets; what stands for any sign, or for one of many; between brackets, what stands for several and what does no harm; and what is between parentheses.
_SET = regex(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]")
_ANY_SIGN = regex(r"(?<!\\)\.|\\[SDWsp]")
_RANGES = regex(r"[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|\\[dw]|\\[-._]")
_PLAIN = regex(r"-?[A-Za-z0-9_.@:+=]*-?")
_GROUP = regex(r"\((?:\\.|[^()\\])*\)")


def settles(pattern: str, *, whole: bool = False) -> bool:
    """A text that fits is one of a form that its author wrote down, from the first sign to the last (``whole``: it is matched so anyway)."""
    bound = whole or (pattern.lstrip("/").startswith(("^", "\\A")) and pattern.rstrip("/gimsuy").endswith(("$", "\\Z", "\\z")))
    return bound and re.search(r"\.[*+]|\\[SDW][*+]", pattern) is None


def has_plain_signs(pattern: str) -> bool:
    """A text that fits has such a form, and all that its author left open in it are letters, digits and signs that no program takes for more than that."""
    body, _, flags = pattern[1:].rpartition("/") if pattern.startswith("/") else (pattern, "", "")
    outside = alone = _SET.sub("", body)
    while "(" in alone and (without := _GROUP.sub("", alone)) != alone:
        alone = without
    return (
        "|" not in alone
        and "m" not in flags
        and settles(body)
        and not _ANY_SIGN.search(outside)
        and all(_is_plain(each) for each in _SET.findall(body))
    )


def _is_plain(signs: str) -> bool:
    return _PLAIN.fullmatch(_RANGES.sub("", signs)) is not None
