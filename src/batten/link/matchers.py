"""Matchers of Next.js middleware: which addresses a pattern fits; knows no file and no middleware.

https://nextjs.org/docs/app/api-reference/file-conventions/proxy#matcher
"""

import re
from collections.abc import Iterator

from batten.regex import regex

_LONGEST = 2000
_SPECIAL = regex(r"[:(*{]")
_CHOICE = regex(r"\((?P<names>[\w/.|-]+)\)")
_PLAIN = regex(r"(?P<text>(?:[\w/ -]|\\?\.)+)(?P<end>\$|/\?)?")
_DYNAMIC = regex(r"[\[{<:*]")
_ANY = "(?!"


def fits(matchers: tuple[str, ...], path: str) -> bool:
    """Whether one of the patterns fits the path of a route, or may fit it; what is no pattern of a path fits nothing. No pattern at all fits everything."""
    return not matchers or any(_one_fits(each, path) for matcher in matchers for each in _choices(matcher))


def _choices(matcher: str) -> Iterator[str]:
    """``/(api|trpc)(.*)`` is ``/api(.*)`` and ``/trpc(.*)``."""
    found = _CHOICE.search(matcher) if _ANY not in matcher else None
    for name in found["names"].split("|") if found is not None else ():
        yield f"{matcher[: found.start()]}{name}{matcher[found.end() :]}" if found is not None else matcher
    if found is None:
        yield matcher


def _one_fits(matcher: str, path: str) -> bool:
    if not matcher.startswith("/") or len(matcher) > _LONGEST:
        return False
    if _ANY in matcher:
        return not _leaves_out(matcher, path)
    special = _SPECIAL.search(matcher)
    if special is not None and special[0] in "({*":
        start = matcher[: special.start()]
        return path.startswith(start) or path == start.rstrip("/")
    return _fit(_steps(matcher), _steps(path))


def _steps(path: str) -> list[str]:
    return [step for step in path.split("/") if step]


def _fit(wanted: list[str], steps: list[str]) -> bool:
    for number, want in enumerate(wanted):
        if want[0] == ":" and want[-1] in "*+":
            return want[-1] == "*" or len(steps) > number
        if want[0] == ":" and want[-1] == "?" and len(steps) == number:
            continue
        if number >= len(steps):
            return False
        if want[0] != ":" and want != steps[number] and _DYNAMIC.match(steps[number]) is None:
            return "(" in want
    return len(steps) <= len(wanted)


def _leaves_out(matcher: str, path: str) -> bool:
    """``/((?!api|_next/static).*)`` fits what begins with none of these; what is more than a beginning is taken to leave nothing out."""
    start, _, inner = matcher.partition(_ANY)
    start = start.rstrip("(")
    if not path.startswith(start):
        return True
    rest = path[len(start) :]
    for each in _alternatives(inner):
        plain = _PLAIN.fullmatch(each)
        if plain is not None:
            text = plain["text"].replace("\\", "")
            if rest == text if plain["end"] == "$" else rest.startswith(text):
                return True
    return False


def _alternatives(inner: str) -> list[str]:
    """What stands between bars, up to the end of the group."""
    found, depth, begun = [], 0, 0
    for at, sign in enumerate(inner):
        if sign in "([":
            depth += 1
        elif sign == "]" or (sign == ")" and depth):
            depth -= 1
        elif (sign == "|" and not depth) or sign == ")":
            found.append(inner[begun:at])
            begun = at + 1
            if sign == ")":
                break
    return [re.sub(r"^\(\?:(.*)\)$", r"\1", each) for each in found]
