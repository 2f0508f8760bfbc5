"""Queries and answers that are records: whether an app takes operators out of what is sent before they are made, and which finding of one query counts; knows no rule."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from batten.facts.flows import Constant, Graph
from batten.facts.project import FileFacts
from batten.facts.vocabulary import canonical
from batten.link.flows.knowledge import JOINED, QUERIES, TEXT_ALONE, WRITTEN
from batten.link.flows.sinks import HTML, Hit
from batten.link.memo import Memo
from batten.regex import regex

_FILTERS = regex(r"mongo-sanitize|mongo_sanitize|perfect-express-sanitizer|hpp$")
# https://mongoosejs.com/docs/api/mongoose.html#Mongoose.prototype.set()
_OF_PATHS = ("path", "path-probe", "upload")
_SETTING = "sanitizeFilter"
_CHECKS = regex(r"valid|schema|celebrate|sanitiz|\bjoi\b|\bzod\b", re.IGNORECASE)


class Filters:
    """By package: what any file imports, and what those set that matter."""

    def __init__(self, files: Iterable[FileFacts], parsed: Iterable[FileFacts], memo: Memo) -> None:
        self._files = files
        self._parsed = parsed
        self._memo = memo

    @cached_property
    def _filtering(self) -> list[str]:
        """The files that take such a library, or say so in a setting."""
        said = (*self._memo.said("filtering", self._files, _takes), *self._memo.said("filters", self._parsed, _sets_in))
        return [file.path for file, _ in said]

    def stand_before(self, package: str) -> bool:
        """Something in the package takes keys that are operators out of requests, or out of queries."""
        root = f"{package}/" if package else ""
        return any(path.startswith(root) for path in self._filtering)


def _takes(file: FileFacts) -> bool:
    return any(_FILTERS.search(entry.module) for entry in file.imports)


def _sets_in(file: FileFacts) -> bool:
    return any(_sets(graph) for graph in file.graphs)


def _sets(graph: Graph) -> bool:
    """``mongoose.set("sanitizeFilter", true)``, or the same among the settings of a schema or a connection."""
    for call in graph.calls:
        first = graph.nodes[call.arguments[0]] if call.method == "set" and call.arguments and call.arguments[0] >= 0 else None
        if type(first) is Constant and first.value == _SETTING:
            return True
    return False


def told_once(hits: Iterable[Hit]) -> Iterator[Hit]:
    """Of what comes to one query only the worst that can be done there, and of a path that is put together nothing where it is told what is done with it."""
    worst: dict[tuple[object, str], int] = {}
    kept = list(hits)
    named = {(hit.path, hit.root.source, hit.root.steps[:1]) for hit in kept if hit.kind in _OF_PATHS}
    kept = [hit for hit in kept if hit.kind != JOINED or (hit.path, hit.root.source, hit.root.steps[:1]) not in named]
    for hit in kept:
        if hit.kind in QUERIES:
            key = (hit.place, hit.root.source)
            worst[key] = min(worst.get(key, len(QUERIES)), QUERIES.index(hit.kind))
    return (hit for hit in kept if hit.kind not in QUERIES or QUERIES.index(hit.kind) == worst[hit.place, hit.root.source])


def may_be_page(hit: Hit) -> bool:
    """What comes out of a database, or of another server, is a record, which is sent as JSON, until it stands in a text; a template puts parts of it into one."""
    put_in = hit.call.method == hit.path.rpartition("/")[2]
    return hit.kind != HTML or hit.root.source not in WRITTEN or put_in or not hit.root.cleaned.isdisjoint(TEXT_ALONE)


def looks_at_bodies(chain: Iterable[str]) -> bool:
    """Something of what stands before a handler says by its name that it checks what was sent."""
    return any(_CHECKS.search(canonical(name)) for name in chain)
