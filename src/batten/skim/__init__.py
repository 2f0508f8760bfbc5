"""A first look over the bytes of a file: what it imports and exports, and where the words are that make a parse worth while.

No parse: the readers know tokens and the shapes of import and export statements, and nothing of what they mean.
"""

from batten.regex import regex
from batten.skim import blocks, javascript, python
from batten.skim.heirs import derives_from
from batten.skim.model import Export, Import, Skim
from batten.skim.on_app import kept_for_requests, kept_on_app
from batten.skim.stripped import strip
from batten.skim.triggers import Triggers
from batten.skim.uses import without_types

__all__ = ["Export", "Import", "Skim", "Triggers", "scripts_alone", "skim"]

_NOT_NEWLINE = regex(rb"[^\r\n]")

SCRIPTS = frozenset((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"))
"""Suffixes of files that are JavaScript or TypeScript as a whole."""
TYPED = frozenset((".ts", ".tsx", ".mts", ".cts"))
"""Suffixes of files in which an import that only types use loads nothing."""
PAGES = frozenset((".vue", ".svelte", ".astro", ".html", ".htm"))
"""Suffixes of files that hold scripts in blocks."""


def scripts_alone(path: str, data: bytes) -> bytes:
    """A page with all but its scripts blanked, space for byte, so that every offset stays; other files as they are."""
    suffix = path[path.rfind(".") :].lower()
    if suffix not in PAGES:
        return data
    seen = bytearray(_NOT_NEWLINE.sub(b" ", data))
    for span in blocks.script_ranges(suffix, data):
        seen[span.start : span.end] = data[span.start : span.end]
    return bytes(seen)


def skim(path: str, data: bytes) -> Skim:
    """Imports, exports and directives of one file; empty where its language has none that this reads."""
    suffix = path[path.rfind(".") :].lower()
    if suffix in SCRIPTS:
        imports, exports = javascript.imports_and_exports(data, 0, len(data))
        if suffix in TYPED:
            imports = without_types(data, imports)
        directives, derives = javascript.directives(data, 0, len(data)), derives_from(data, python=False)
        found = Skim(tuple(imports), tuple(exports), directives, derives=derives, keeps=kept_for_requests(data))
        return strip(data, found)
    if suffix in PAGES:
        return blocks.skim_page(suffix, data)
    if suffix in (".py", ".pyi"):
        return Skim(tuple(python.imports(data)), derives=derives_from(data, python=True), keeps=kept_on_app(data))
    return Skim()
