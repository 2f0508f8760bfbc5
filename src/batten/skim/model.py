"""What a first look over the bytes of a file yields; knows nothing of other files or of what names stand for."""

from msgspec import Struct

from batten.text import Span


class Import(Struct, frozen=True, gc=False, array_like=True):
    """One imported name; ``span`` is its whole statement.

    ``name`` is ``*`` for a namespace, ``default`` for a default import, ``""`` for a bare ``import "m"``. ``dynamic`` is an ``import()``, an asset URL,
    or a ``require``/``import`` that does not run when the module loads. ``browser`` is True where the import is made by browser code whatever the side of its file
    (an island, a page script) and False where only code uses it that frameworks
    strip from browser bundles (a route's ``loader``), or, of a dynamic one, that only the server enters (``typeof window === "undefined"``); None: as the file.
    ``erased``: nothing but types uses the name, so that TypeScript drops the import, unless it is told to keep what is written.
    """

    span: Span
    module: str
    name: str
    local: str
    type_only: bool = False
    dynamic: bool = False
    browser: bool | None = None
    erased: bool = False


class Export(Struct, frozen=True, gc=False, array_like=True):
    """One exported name: ``local`` is the name in this file, or in ``module`` for a re-export (``*`` for ``export * from``)."""

    span: Span
    name: str
    local: str
    module: str | None = None
    type_only: bool = False


class Skim(Struct, frozen=True):
    """What one file imports and exports.

    ``derives`` are the names of what its classes derive from, ``keeps`` those of what it may keep on the app for its handlers. ``directives`` are ``use client``, ``use server`` and the like, only where they are truly first.
    ``stripped`` are the ranges that a framework which splits modules keeps from the browser: a route's ``loader``, ``getServerSideProps``, the frontmatter of Astro.
    """

    imports: tuple[Import, ...] = ()
    exports: tuple[Export, ...] = ()
    directives: tuple[str, ...] = ()
    stripped: tuple[Span, ...] = ()
    derives: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
