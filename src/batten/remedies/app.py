"""What a remedy may look at; knows no remedy."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Protocol, TypeVar

from msgspec import Struct

from batten.discover import Unread
from batten.facts.project import Project
from batten.finding import Finding, Fix


class App(Struct, frozen=True, kw_only=True, eq=False):
    """The app under scan, as it is now.

    ``paths`` are all files, ``text`` gives one as UTF-8 or raises. ``drafts`` are new files that earlier fixes of the same run have made: what belongs there is added there.
    ``now`` is for names with the time in them, in UTC.
    """

    project: Project
    paths: tuple[str, ...]
    text: Callable[[str], bytes]
    now: datetime
    drafts: frozenset[str] = frozenset()

    def unlisted(self, path: str, name: str) -> bytes | None:
        """A file that is not scanned, as lock files are not: the nearest of that name beside a file or above it; None where there is none to read."""
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            try:
                return self.text(f"{folder}/{name}" if folder else name)
            except Unread:
                continue
        return None


class Remedy(Protocol):
    """Makes the fixes of a finding, the best one first; none where it cannot be sure."""

    def __call__(self, app: App, finding: Finding, /) -> Iterator[Fix]:
        """The fixes to try, in order."""


class _Told(Protocol):
    @property
    def key(self) -> str: ...


_Fact = TypeVar("_Fact", bound=_Told)


def fact(facts: Iterable[_Fact], finding: Finding) -> _Fact | None:
    """The fact that a finding is about, among those of its kind."""
    return next((each for each in facts if finding.key == f"{finding.rule}|{each.key}"), None)
