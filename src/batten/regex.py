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
