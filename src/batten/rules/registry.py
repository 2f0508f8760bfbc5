"""The set of rules of a run: batten's own, those of installed packs, those of folders; knows no rule by name."""

import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from batten.checks import BUILT_IN, Check
from batten.facts.vocabulary import Vocabulary
from batten.finding import PackError, UsageError
from batten.rules import packs
from batten.rules.packs import Pack
from batten.rules.page import Page

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "batten.rulepacks"


class InstalledPack(Struct, frozen=True):
    """What an entry point of the group ``batten.rulepacks`` names: a folder of pages, and the checks that they name."""

    folder: Path
    checks: Mapping[str, Check] = {}


class RuleSet(Struct, frozen=True, eq=False):
    """Rules, in the order of their ids, with the vocabulary of all packs.

    ``documents`` are vocabulary files that are maps (``secrets/secrets``), as MessagePack. ``digest`` changes with anything that the packs say.
    """

    pages: tuple[Page, ...]
    packs: tuple[Pack, ...]
    vocabulary: Vocabulary
    checks: Mapping[str, Check]
    documents: Mapping[str, bytes]
    digest: str

    def page(self, rule: str) -> Page:
        """One rule, by its id or by another name that it alone has. Raises UsageError, with near names, where there is none."""
        for page in self.pages:
            if page.id == rule:
                return page
        alike = [page for page in self.pages if rule in page.aliases]
        if len(alike) == 1:
            return alike[0]
        if alike:
            raise UsageError(
                f"{rule!r} is the name of {len(alike)} rules here", f"They are {', '.join(sorted(page.id for page in alike))}."
            )
        raise UsageError(f"there is no rule {rule!r}", _near(rule, [page.id for page in self.pages]))

    def with_pages(self, pages: Iterable[Page]) -> "RuleSet":
        """These rules, and others that are in no pack."""
        more = {page.id: page for page in pages}
        return structs.replace(self, pages=tuple(sorted((*self.pages, *more.values()), key=lambda page: page.id)))

    def select(self, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> "RuleSet":
        """The rules that ``select`` names (all, where empty) but not those of ``ignore``: ids, other names, packs, globs of ids.

        Raises UsageError for a name that no rule has. The vocabulary stays whole.
        """
        chosen = self._named(select) if select else {page.id for page in self.pages}
        left_out = self._named(ignore)
        kept = tuple(page for page in self.pages if page.id in chosen and page.id not in left_out)
        return structs.replace(self, pages=kept)

    def _named(self, names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for name in names:
            fitting = {page.id for page in self.pages if name in (page.id, page.pack, *page.aliases) or fnmatchcase(page.id, name)}
            if not fitting and all(pack.name != name for pack in self.packs):
                raise UsageError(
                    f"no rule or pack is called {name!r}",
                    _near(name, [*(pack.name for pack in self.packs), *(page.id for page in self.pages)]),
                )
            found |= fitting
        return found


def load(extra: Sequence[Path] = (), with_plugins: bool = True) -> RuleSet:
    """Batten's own rules, those of installed packs, and those of the folders ``extra``. Raises PackError."""
    builtin = packs.builtin()
    parts = [builtin]
    checks: dict[str, Check] = dict(BUILT_IN)
    for entry in _entry_points() if with_plugins else ():
        installed = _installed(entry)
        if taken := sorted(checks.keys() & installed.checks.keys()):
            raise PackError(f"the installed pack {entry.name!r} brings a check {taken[0]!r}, and there is one already", "Rename it.")
        checks |= installed.checks
        parts.append(packs.read(installed.folder, installed.checks))
    parts += (packs.read(folder, None) for folder in extra)
    together = packs.merged(parts) if len(parts) > 1 else builtin
    own = {page.id for page in builtin.pages}
    _check_swallows(together.pages, [page for page in together.pages if page.id not in own])
    return RuleSet(
        pages=tuple(sorted(together.pages, key=lambda page: page.id)),
        packs=together.packs,
        vocabulary=Vocabulary(together.rows),
        checks=checks,
        documents=dict(together.documents),
        digest=together.digest,
    )


def _check_swallows(pages: Sequence[Page], foreign: Sequence[Page]) -> None:
    """Raises PackError where a foreign page swallows a rule that is not there, or rules swallow each other in a circle."""
    weaker = {page.id: page.swallows for page in pages}
    for page in foreign:
        for name in page.swallows:
            if name not in weaker:
                raise PackError(f"{page.path}: it swallows {name!r}, and there is no such rule", _near(name, weaker))
    settled: set[str] = set()
    for first, names in weaker.items():
        path = [first]
        todo = [iter(names)]
        while todo:
            name = next(todo[-1], "")
            if not name:
                todo.pop()
                settled.add(path.pop())
            elif name in path:
                raise PackError(f"rules swallow each other in a circle: {' > '.join([*path[path.index(name) :], name])}")
            elif name in weaker and name not in settled:
                path.append(name)
                todo.append(iter(weaker[name]))


def _entry_points() -> list["EntryPoint"]:
    """The entry points of installed distributions, in the order of their names.

    Only of the folders that pip installs into, and of that which batten itself is in: the working directory and PYTHONPATH may be the
    scanned app's.
    """
    own = str(Path(__file__).parents[2])
    folders = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), own})
    if not any(_mentions_group(folder) for folder in folders):
        return []
    from importlib.metadata import distributions  # 20 ms, and hardly anyone has a foreign pack

    found = (entry for one in distributions(path=folders) for entry in one.entry_points if entry.group == GROUP)
    return sorted(found, key=lambda entry: entry.name)


def _mentions_group(folder: str) -> bool:
    for path in Path(folder).glob("*.dist-info/entry_points.txt"):
        with suppress(OSError):
            if GROUP.encode() in path.read_bytes():
                return True
    return False


def _installed(entry: "EntryPoint") -> InstalledPack:
    try:
        value = entry.load()
    except Exception as error:
        raise PackError(
            f"the installed pack {entry.name!r} cannot be loaded: {type(error).__name__}: {error}", "Update or uninstall it."
        ) from error
    if isinstance(value, str | Path):
        return InstalledPack(Path(value))
    if isinstance(value, InstalledPack):
        return value
    raise PackError(f"the installed pack {entry.name!r} gives no folder and no InstalledPack", "Update or uninstall it.")


def _near(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, 3, 0.5)
    return f"Did you mean {' or '.join(map(repr, close))}?" if close else "'batten rules' lists all."
