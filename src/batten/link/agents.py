"""Joins what agents are allowed, and the servers of tools they are given, with what is known of those and of the files they stand in."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from msgspec.structs import replace

from batten.facts.agents import Allowance, ServerFlaw, ToolServer
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.facts.vocabulary import Meaning, Vocabulary

_WORDS = {
    ServerFlaw.UNPINNED: "each start runs whatever its author published last",
    ServerFlaw.PLAIN_HTTP: "what it is asked goes over the network unencrypted",
}
_REACH = {
    "writes": "it can change the whole database",
    "every-project": "it reaches every project of the account",
    "money": "it can move money",
}


class Surroundings(NamedTuple):
    """What the join asks of files."""

    package_of: Callable[[str], Package | None]
    path_class: Callable[[str], str]
    tracked: Callable[[str], bool | None]

    def root(self, path: str) -> str:
        """The package that a file is part of."""
        package = self.package_of(path)
        return package.root if package is not None else ""


def allowances(files: Iterable[FileFacts], around: Surroundings) -> tuple[Allowance, ...]:
    """All of them, by place."""
    found: list[Allowance] = []
    for file in files:
        ordinals: dict[str, int] = {}
        for each in file.allowances:
            ordinal = ordinals[each.shown] = ordinals.get(each.shown, 0) + 1
            root = around.root(file.path)
            found.append(
                replace(
                    each,
                    shared=not each.personal or around.tracked(file.path),
                    package=root,
                    path_class=around.path_class(file.path),
                    key=f"{root}|allowance|{each.shown}|{file.path}|{ordinal}",
                    subject=f"allowance|{file.path}|{each.shown}|{ordinal}",
                )
            )
    return tuple(sorted(found, key=lambda each: (each.place, each.shown)))


def tool_servers(files: Iterable[FileFacts], vocabulary: Vocabulary, around: Surroundings) -> tuple[ToolServer, ...]:
    """All of them, by place."""
    found: list[ToolServer] = []
    for file in files:
        for each in file.tool_servers:
            rows = [row for program in each.programs for row in vocabulary.programs.lookup(program) if row.means is Meaning.WIDE_TOOL]
            wide = list(dict.fromkeys(row.kind or "" for row in rows if row.applies(each.settings)))
            words = [_WORDS[flaw] for flaw in each.flaws] + [_REACH.get(kind, "it reaches more than one task needs") for kind in wide]
            root = around.root(file.path)
            found.append(
                replace(
                    each,
                    flaws=(*each.flaws, *((ServerFlaw.WIDE,) if wide else ())),
                    reason=", and ".join(words),
                    package=root,
                    path_class=around.path_class(file.path),
                    key=f"{root}|tool-server|{each.name}|{file.path}",
                    subject=f"tool-server|{file.path}|{each.name}",
                )
            )
    return tuple(sorted(found, key=lambda each: (each.place, each.name)))
