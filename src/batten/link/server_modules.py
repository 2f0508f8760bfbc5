"""Modules that are made for the server, and that browsers get or may get by the next import; reads no code beyond what they import and read."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from batten.facts.modules import ServerModule, Side
from batten.facts.project import FileFacts
from batten.facts.secret_names import public_prefix, secret_name
from batten.facts.secrets import Variable
from batten.facts.services import Package
from batten.finding import Step
from batten.text import Place

_BUILT_IN = frozenset(("fs", "fs/promises", "child_process", "net", "tls", "dns", "cluster"))
_DRIVERS = frozenset(
    (
        "pg", "pg-promise", "postgres", "mysql", "mysql2", "mongodb", "mongoose", "better-sqlite3", "sqlite3", "ioredis", "redis", "tedious", "oracledb",
        "firebase-admin", "@vercel/postgres", "@neondatabase/serverless", "drizzle-orm/node-postgres", "drizzle-orm/postgres-js", "knex", "typeorm", "sequelize", "nodemailer",
    )
)  # fmt: skip
_MARKS = frozenset(("server-only", "@tanstack/react-start/server-only"))
# These have both sides in one process, or a rule of their own.
_APART = frozenset(
    ("electron", "@tanstack/react-start", "@tanstack/solid-start", "@tanstack/start", "expo-router", "@solidjs/start", "solid-start")
)
_INLINES_ALL = frozenset(("parcel", "parcel-bundler"))
_MOST_SHOWN = 4


class Graph(Protocol):
    """What this join asks of the module graph."""

    def resolve(self, path: str, specifier: str) -> str | None:
        """The file that an import in ``path`` means; None where it lies outside the run."""

    def in_browser(self, path: str, offset: int | None = None) -> bool | None:
        """Whether browsers get the module, or what stands at ``offset`` in it; None can't tell."""

    def side(self, path: str) -> Side | None:
        """Where the module runs; None where no entry reaches it."""

    def reach(self, path: str) -> tuple[Step, ...]:
        """How the browser comes to the module, from an entry on."""

    def package_of(self, path: str) -> Package:
        """The package that the file belongs to."""

    def active_prefixes(self, package: Package) -> tuple[str, ...]:
        """The prefixes by which the package's frameworks make variables public."""


def server_modules(files: Iterable[FileFacts], graph: Graph, path_class: Callable[[str], str]) -> tuple[ServerModule, ...]:
    """Those modules, by path."""
    by_path = {file.path: file for file in files}
    injected = {(graph.package_of(file.path).root, each.name) for file in by_path.values() for each in file.variables if each.injected}
    named_by = _named_by_browser(by_path, graph)
    prefixes: dict[str, tuple[str, ...]] = {}
    found = []
    for path, file in by_path.items():
        package = graph.package_of(path)
        if file.language is None or path.endswith(".py") or not _APART.isdisjoint(package.dependencies):
            continue
        in_browser = graph.in_browser(path) is True
        active = prefixes.get(package.root)
        if active is None:
            active = prefixes[package.root] = graph.active_prefixes(package)
        uses = list(_uses(file, graph, active) if in_browser else _reads(file, graph, active))
        step = named_by.get(path)
        if not uses or not (in_browser or (step is not None and _is_open(file, graph, package))):
            continue
        names = tuple(dict.fromkeys(name for name, _ in uses))
        inlined = not _INLINES_ALL.isdisjoint(package.dependencies) or any((package.root, name) in injected for name in (*names, "*"))
        found.append(
            ServerModule(
                path=path,
                names=names,
                shown=", ".join(names[:_MOST_SHOWN]),
                way="browsers get it" if in_browser else "nothing keeps browser code from importing it",
                in_browser=in_browser,
                inlined=inlined,
                place=uses[0][1],
                package=package.root,
                path_class=path_class(path),
                key=f"{package.root}|server-module|{path}",
                subject=f"server-module|{path}",
                trail=graph.reach(path) if in_browser or step is None else (step,),
            )
        )
    return tuple(sorted(found, key=lambda module: module.path))


def _uses(file: FileFacts, graph: Graph, prefixes: tuple[str, ...]) -> Iterator[tuple[str, Place]]:
    """What of the server the code uses that browsers get."""
    for entry in file.imports:
        module = entry.module.removeprefix("node:")
        only_server = module in _BUILT_IN or module in _DRIVERS or (module == "@prisma/client" and entry.name == "PrismaClient")
        taken = entry.type_only or entry.erased or entry.dynamic or entry.browser is False
        if only_server and not taken and graph.resolve(file.path, entry.module) is None:
            yield entry.module, Place(file.path, entry.span)
    yield from _reads(file, graph, prefixes, sent=True)


def _reads(file: FileFacts, graph: Graph, prefixes: tuple[str, ...], *, sent: bool = False) -> Iterator[tuple[str, Place]]:
    """The secrets of the environment that it reads, or those in what browsers get."""
    for variable in file.variables:
        if (
            _is_read(variable)
            and secret_name(variable.name)
            and not public_prefix(variable.name)
            and not variable.name.startswith(prefixes)
        ) and (not sent or graph.in_browser(file.path, variable.place.span.start)):
            yield variable.name, variable.place


def _is_read(variable: Variable) -> bool:
    return not (variable.defined or variable.injected or variable.spoken or variable.handed)


def _is_open(file: FileFacts, graph: Graph, package: Package) -> bool:
    """Whether a module of a Next app runs on the server alone, and does not say so."""
    said = "use server" in file.directives or any(entry.module in _MARKS for entry in file.imports)
    return "next" in package.frameworks and graph.side(file.path) is Side.SERVER and not said


def _named_by_browser(files: dict[str, FileFacts], graph: Graph) -> dict[str, Step]:
    """The modules of which browser code imports types: one more name, and they are in the bundle."""
    found: dict[str, Step] = {}
    for path, file in files.items():
        if file.imports and not path.endswith(".py") and graph.in_browser(path):
            for entry in file.imports:
                target = graph.resolve(path, entry.module) if entry.type_only or entry.erased else None
                if target is not None:
                    found.setdefault(target, Step(Place(path, entry.span), "code of the browser imports types from it here"))
    return found
