"""What patterns let through that an app holds texts to; runs none of them."""

import re

from batten.regex import regex

# What is between brackets; what stands for any sign, or for one of many; between brackets, what stands for several and what does no harm; and what is between parentheses.
_SET = regex(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]")
_ANY_SIGN = regex(r"(?<!\\)\.|\\[SDWsp]")
_RANGES = regex(r"[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|\\[dw]|\\[-._]")
_PLAIN = regex(r"-?[A-Za-z0-9_.@:+=]*-?")
_UPWARDS = regex(r"(?:\\\.|\[\.\]){2}(?:\\?/|\[[^\]^]*\])?|\\\.\{2\}|\\?/")
# Between brackets, what a slash is one of.
_OPEN = regex(r"\\[SDWpP]|[!-.]-[0-~]")
_LONGEST = 500
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


def finds_ways_up(pattern: str) -> bool:
    """It is found in each text that leads out of a folder: two dots, a slash, or any sign but some that are neither."""
    body = pattern[1:].rpartition("/")[0] if pattern.startswith("/") and len(pattern) > 1 else pattern
    return len(body) <= _LONGEST and any(_UPWARDS.fullmatch(each) or _is_slash(each) for each in _alternatives(body))


def _alternatives(body: str) -> list[str]:
    """What is between the bars of a pattern, outside of brackets and parentheses."""
    body = body[1:-1] if body.startswith("(") and body.endswith(")") and "(" not in body[1:] else body
    plain = _SET.sub(lambda found: found[0].replace("|", " "), body)
    ends = [at for at, sign in enumerate(plain) if sign == "|" and plain.count("(", 0, at) == plain.count(")", 0, at)]
    return [body[start:end] for start, end in zip([0, *(at + 1 for at in ends)], [*ends, len(body)], strict=True)]


def _is_slash(alternative: str) -> bool:
    found = _SET.match(alternative)
    if found is None or alternative[found.end() :] not in ("", "+"):
        return False
    signs = found[1]
    return "/" not in signs and not _OPEN.search(signs) if signs.startswith("^") else "/" in signs
