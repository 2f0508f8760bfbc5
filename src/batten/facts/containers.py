"""Servers that an app sets up beside its own code: what containers run, how they are reached, and who gets in."""

from enum import StrEnum

from msgspec import Struct

from batten.facts.linked import LinkedFact
from batten.text import Place, Span

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
"""The addresses that stand for all that a machine has."""
LOOPBACK = ("127.", "localhost", "::1", "[::1]")
"""How the addresses begin that only the machine itself reaches."""


class ServerKind(StrEnum):
    """What a server is for."""

    AI_GATEWAY = "ai-gateway"
    """Hands requests on to paid models, with the keys that it holds."""
    MODEL_SERVER = "model-server"
    """Runs models itself."""
    AI_UI = "ai-ui"
    """A place to try models, to build agents, or to run code in a browser."""
    DATABASE = "database"
    CACHE = "cache"
    QUEUE = "queue"
    SEARCH = "search"
    VECTOR = "vector"
    STORAGE = "storage"
    """A store of files."""
    ADMIN = "admin"
    """A tool of administrators: whoever is in it is in what it administers."""


class Given(StrEnum):
    """How a value gets into a container."""

    WEAK = "weak"
    """It is written out, and anyone would guess it."""
    WRITTEN = "written"
    """It is written out."""
    FALLBACK = "fallback"
    """A weak one is taken where the environment says nothing."""
    ENVIRONMENT = "environment"
    """It comes from the environment of whoever starts the container."""


class Password(StrEnum):
    """What a service asks of those who connect."""

    NONE = "none"
    WEAK = "weak"
    """One that anyone would guess, or that stands in the manual."""
    FALLBACK = "fallback"
    """A weak one, unless the environment gives another."""
    WRITTEN = "written"
    """One that stands in the file."""
    ENVIRONMENT = "environment"


class Launch(Struct, frozen=True):
    """What a command starts: ``server`` is the name of a server for development, "" for none; ``debugs``: with its debugger.

    ``files`` are the files of the app that it runs, from the folder of the file that says so, and ``modules`` those that its server loads; ``scripts`` those of package.json (``start``).
    """

    server: str = ""
    debugs: bool = False
    files: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()


class Option(Struct, frozen=True, gc=False):
    """A variable or a flag of a program, with its value as far as rules ask for it: ``(set)`` for any other; None can't tell. ``given``: how it gets there."""

    slot: str
    text: str | None
    span: Span
    given: Given | None = None


class Port(Struct, frozen=True):
    """A port of a container that is published on the host: on ``address`` ("" is every one that the host has; None can't tell)."""

    address: str | None
    target: str
    place: Place


class Container(LinkedFact, frozen=True):
    """One server, as one file sets it up: a service of a compose file, what an image runs, or the configuration of a gateway.

    ``programs`` are names for what runs in it: ``image:ollama/ollama``, ``command:vllm``. ``settings`` are its variables and flags, and ``tag``, the version of its image;
    ``more`` is True where there are settings that this file does not say. ``mounted`` and ``build`` are paths from the root: of files that it is given, and of the folder that it is built of.
    ``on_host``: it shares the network of its host. ``process``: a program that is started by itself, in no container of its own. Of an image: ``exposes`` are the ports that
    it says it listens on, ``copies`` the files and folders that are put into it, as they are written. In a cluster: ``labels`` are those of its pod, after the kind of what makes that, and ``selects`` those that a service opens to the outside.
    ``deployed``: its file is for more than a machine for development; None can't tell. Fields below the line are filled by ``link``.
    """

    name: str
    image: str = ""
    programs: tuple[str, ...] = ()
    settings: tuple[Option, ...] = ()
    ports: tuple[Port, ...] = ()
    mounted: tuple[str, ...] = ()
    build: str | None = None
    on_host: bool = False
    process: bool = False
    exposes: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    selects: tuple[str, ...] = ()
    more: bool = False
    deployed: bool | None = None
    launch: Launch | None = None
    # filled by link
    kind: ServerKind | None = None
    program: str = ""
    """What it runs, for readers: ``ollama/ollama``."""
    published: bool | None = None
    """Whether others than this machine reach it."""
    is_open: bool | None = None
    """Whether it lets in everybody who reaches it."""
    known_key: bool = False
    """What it asks for is in the manual of the program."""
    password: Password | None = None
    """What it asks for, of those that are no servers of models."""
    reason: str = ""
    """Why it lets everybody in, in one clause."""


class Start(LinkedFact, frozen=True):
    """How an app is started where it is deployed: the command of an image, a compose file, a Procfile or the settings of a host.

    ``server``: it is a server for development of that name; "" for none. ``debugs``: the debugger runs with it. ``files`` are what it runs, and ``loads`` what it
    loads into a server, from the root. ``by`` is the file that says so in words. ``deployed`` as in Container.
    """

    server: str
    debugs: bool
    files: tuple[str, ...]
    loads: tuple[str, ...]
    by: str
    deployed: bool | None = None


class DebugMode(LinkedFact, frozen=True):
    """A place where an app is told to show its inside to those who find an error.

    ``name`` is what says so. ``started``: whether what starts the app where it is deployed runs it; None: nothing says how the app is started.
    ``exposed``: others than this machine reach the app then; None can't tell. ``default``: it holds where the environment says nothing.
    """

    name: str
    started: bool | None
    exposed: bool | None
    default: bool = False
