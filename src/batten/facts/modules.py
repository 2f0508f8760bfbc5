"""Imports, exports and the browser side of modules."""

from enum import StrEnum

from msgspec import Struct

from batten.finding import Step
from batten.text import Place, Span


class Import(Struct, frozen=True, gc=False):
    """One imported name; see ``code.model.Import``. ``dynamic`` is an ``import()`` or a ``require`` inside a function."""

    span: Span
    module: str
    name: str
    local: str
    type_only: bool = False
    dynamic: bool = False


class Export(Struct, frozen=True, gc=False):
    """One exported name; see ``code.model.Export``."""

    span: Span
    name: str
    local: str
    module: str | None = None
    type_only: bool = False


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
