"""Versions of frameworks that open an app by themselves, where package.json names one exactly; no list of all known holes."""

import re
from collections.abc import Iterator

from batten.facts.services import Hole, Setting, SettingKind
from batten.regex import regex
from batten.text import Place, Span

_NEXT = regex(rb'"next"\s{0,8}:\s{0,8}"(?P<version>v?\d{1,4}\.\d{1,4}\.\d{1,4})"')
_EXPORT = regex(rb"(?<![\w.$])output[\"']?\s{0,8}:\s{0,8}[\"'`]export[\"'`]")
_COMMENT = regex(rb"(?<![:\"'])//[^\n]*|/\*.*?\*/", re.DOTALL)
Version = tuple[int, int, int]
# From the first version of each pair, and below the second.
# https://github.com/vercel/next.js/security/advisories/GHSA-f82v-jwr5-mffw
_MIDDLEWARE: tuple[tuple[Version, Version], ...] = (
    ((11, 1, 4), (12, 3, 5)), ((13, 0, 0), (13, 5, 9)), ((14, 0, 0), (14, 2, 25)), ((15, 0, 0), (15, 2, 3)),
)  # fmt: skip
# https://nextjs.org/blog/CVE-2025-66478
_SERVER: tuple[tuple[Version, Version], ...] = (
    ((15, 0, 0), (15, 0, 5)), ((15, 1, 0), (15, 1, 9)), ((15, 2, 0), (15, 2, 6)), ((15, 3, 0), (15, 3, 6)), ((15, 4, 0), (15, 4, 8)),
    ((15, 5, 0), (15, 5, 7)), ((16, 0, 0), (16, 0, 7)),
)  # fmt: skip


def vulnerable(path: str, data: bytes) -> Iterator[Setting]:
    """The version of Next.js in a package.json that has such a hole; what the app must be like for that is for ``link`` to find."""
    found = _NEXT.search(data)
    if found is None:
        return
    first, second, third = (int(part) for part in found["version"].decode().removeprefix("v").split("."))
    version = (first, second, third)
    holes = tuple(
        hole.value
        for hole, ranges in ((Hole.SERVER, _SERVER), (Hole.MIDDLEWARE, _MIDDLEWARE))
        if any(low <= version < high for low, high in ranges)
    )
    if holes:
        place = Place(path, Span(*found.span("version")))
        yield Setting(SettingKind.VULNERABLE_VERSION, "next", place=place, shown=found["version"].decode(), names=holes)


def patched(written: str) -> str | None:
    """The lowest version of the same line that has none of these holes; None where there is none."""
    found = re.fullmatch(r"(v?)(\d+)\.(\d+)\.(\d+)", written)
    if found is None:
        return None
    version = (int(found[2]), int(found[3]), int(found[4]))
    for _ in range(2):
        above = [high for low, high in (*_SERVER, *_MIDDLEWARE) if low <= version < high]
        if not above:
            break
        version = max(above)
    return None if ".".join(map(str, version)) == written.removeprefix("v") else f"{found[1]}{'.'.join(map(str, version))}"


def exported(path: str, data: bytes) -> Iterator[Setting]:
    """The setting by which Next.js makes files, and no server."""
    if not path.rpartition("/")[2].startswith("next.config."):
        return
    found = _EXPORT.search(_COMMENT.sub(lambda match: b" " * len(match[0]), data)) if b"export" in data else None
    if found is not None:
        yield Setting(SettingKind.STATIC_EXPORT, "output", place=Place(path, Span(*found.span())))
