"""Imports, exports, the settings that decide what specifiers mean, and the browser side of modules."""

from enum import StrEnum

from msgspec import Struct

from batten.facts.linked import LinkedFact
from batten.finding import Step
from batten.skim import Export, Import
from batten.text import Place

__all__ = ["Config", "ConfigKind", "Export", "Import", "Module", "ServerModule", "Side"]


class Side(StrEnum):
    """Where a module's code runs."""

    BROWSER = "browser"
    SERVER = "server"
    BOTH = "both"


class Module(Struct, frozen=True):
    """One module of the import graph.

    ``side`` is None where no entry reaches it or the framework is not known. ``reach`` tells, step by step, how the browser comes to it.
    """

    path: str
    package: str
    side: Side | None
    reach: tuple[Step, ...] = ()
    place: Place | None = None


class ServerModule(LinkedFact, frozen=True):
    """A module that uses what only servers have, and that browsers get, or would with one more import.

    ``names`` are the packages and variables, ``shown`` some of them as words; ``way`` says in words how it gets to browsers. ``inlined``: the build puts the values in.
    """

    path: str
    names: tuple[str, ...]
    shown: str
    way: str
    in_browser: bool
    inlined: bool


class BrowserGate(LinkedFact, frozen=True):
    """A password that a script compares with what somebody has typed in, where everybody can read it.

    ``name`` is what it is compared with, ``held`` says in words where the password is. Fields below the line are filled by ``link``. ``opens_data``: the app it is part of has data behind it, which
    the comparison does not keep from anybody.
    """

    name: str
    held: str
    # filled by link
    opens_data: bool = False


class ConfigKind(StrEnum):
    """Which tool reads a settings file."""

    TYPESCRIPT = "typescript"
    BUNDLER = "bundler"
    """vite, webpack, rollup, rspack, parcel, babel: whatever is neither of the others."""
    NEXT = "next"
    NUXT = "nuxt"
    SVELTE = "svelte"
    ASTRO = "astro"
    ROUTES = "routes"
    """The route list or the settings of React Router and Remix."""
    DENO = "deno"
    EXTENSION = "extension"
    """The manifest of a browser extension."""


class Config(Struct, frozen=True):
    """One settings file that decides what specifiers mean or what is sent to browsers; all paths are from the scanned root.

    ``extends`` are specifiers as written. ``base`` is the folder that plain specifiers are looked up in. ``aliases`` are (pattern, target) in order of preference,
    with at most one ``*`` in each. ``entries`` are modules that a browser starts with. ``folder`` is the root that the tool works in, where it is moved.
    ``prefixes`` are those of variables that are sent to browsers; None where the file does not say, or says it in a way that can't be read.
    ``verbatim``: the compiler keeps imports that only types use.
    """

    path: str
    kind: ConfigKind
    extends: tuple[str, ...] = ()
    base: str | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    entries: tuple[str, ...] = ()
    folder: str | None = None
    prefixes: tuple[str, ...] | None = None
    verbatim: bool = False
