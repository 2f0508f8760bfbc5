"""Regular expressions that cost nothing before they are used: a run on a small app uses few of those that the package holds."""

import re
from typing import AnyStr, cast

_METHODS = (
    "search",
    "match",
    "fullmatch",
    "finditer",
    "findall",
    "sub",
    "subn",
    "split",
    "scanner",
    "pattern",
    "flags",
    "groups",
    "groupindex",
)


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What ``re.compile`` gives, compiled when it is first asked for something: raises ``re.error`` only then."""
    return cast("re.Pattern[AnyStr]", _Later(text, flags))


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


class _Pattern:
    """A compiled pattern: its methods are those of the pattern itself, so that to call one costs no step more."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._given = text, flags

    def __repr__(self) -> str:
        return f"regex({self._given[0]!r})"


class _Later(_Pattern):
    """A pattern that nobody has asked for anything yet."""

    def __getattr__(self, name: str) -> object:
        text, flags = self._given
        compiled = re.compile(text, flags)
        for each in _METHODS:
            setattr(self, each, getattr(compiled, each))
        self.__class__ = _Pattern  # type: ignore[assignment] # from here on, what is not there is not looked for
        return getattr(compiled, name)


# What is between brackets; what stands for any sign, or for one of many; between brackets, what stands for several and what does no harm; and what is between parentheses.
_SET = regex(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]")
_ANY_SIGN = regex(r"(?<!\\)\.|\\[SDWsp]")
_RANGES = regex(r"[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|\\[dw]|\\[-._]")
_PLAIN = regex(r"-?[A-Za-z0-9_.@:+=]*-?")
_GROUP = regex(r"\((?:\\.|[^()\\])*\)")
