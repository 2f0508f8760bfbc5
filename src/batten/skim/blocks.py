"""Scripts inside pages: Vue, Svelte and Astro components and HTML; knows tags, not the languages around them."""

import re

from msgspec.structs import replace

from batten.regex import regex
from batten.skim import javascript
from batten.skim.model import Export, Import, Skim
from batten.text import Span

_OPENING = regex(rb"<script\b((?:[^<>\"']|\"[^\"]*+\"|'[^']*+'|(?!)){0,600}+)>", re.IGNORECASE)
_COMMENT = regex(rb"<!--.*?-->", re.DOTALL)
_ATTRIBUTE = regex(rb"([\w:.-]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++)))?")
_FRONTMATTER = regex(rb"(?:\xef\xbb\xbf)?\s*+---[ \t]*+\r?\n")
_FENCE = regex(rb"\n---[ \t]*+(?=\r?\n|\Z)")
_ISLAND = regex(rb"\sclient:(?:load|idle|visible|media|only)\b")
_TAG = regex(rb"<([A-Z][\w$]*+)(?:\.[\w$]++|(?!))*+(?=[\s/>])")
# How far before its ``client:`` directive a tag may begin.
_TAG_LENGTH = 3000
# HTML parsers look for no element name that is longer; a page with more scripts than this is not written by hand.
_SCRIPTS = 400
_TYPES = frozenset((b"", b"module", b"text/javascript", b"application/javascript", b"text/babel", b"ts", b"text/typescript"))


def skim_page(suffix: str, data: bytes) -> Skim:
    """Imports and exports of the scripts in one page; of HTML the scripts it loads are imports too."""
    if suffix == ".astro":
        return _astro(data)
    imports: list[Import] = []
    exports: list[Export] = []
    for attributes, start, end in _scripts(data, comments=suffix != ".vue"):
        source = attributes.get(b"src", b"").decode("utf-8", "replace").strip()
        if source:
            imports.append(Import(Span(start, end), source, "", ""))
        found, given = javascript.imports_and_exports(data, start, end)
        imports += found
        exports += given
    return Skim(tuple(imports), tuple(exports))


def script_ranges(suffix: str, data: bytes) -> tuple[Span, ...]:
    """Where a page holds JavaScript or TypeScript: the text of its scripts, and the frontmatter of an Astro page."""
    found = [Span(start, end) for _, start, end in _scripts(data, comments=suffix != ".vue")]
    opening = _FRONTMATTER.match(data) if suffix == ".astro" else None
    fence = _FENCE.search(data, opening.end() - 1) if opening else None
    if opening and fence:
        head = Span(opening.end(), fence.start() + 1)
        return (head, *(span for span in found if span.start >= fence.end()))
    return tuple(found)


def _scripts(data: bytes, *, comments: bool) -> list[tuple[dict[bytes, bytes], int, int]]:
    """The attributes and the range of the text of each script that is JavaScript or TypeScript."""
    hidden = [found.span() for found in _COMMENT.finditer(data)] if comments and b"<script" in data.lower() else []
    scripts: list[tuple[dict[bytes, bytes], int, int]] = []
    found = _OPENING.search(data)
    while found is not None and len(scripts) < _SCRIPTS:
        start = found.end()
        closing = re.compile(rb"</script", re.IGNORECASE).search(data, start)
        end = closing.start() if closing else len(data)
        around = next((stop for begin, stop in hidden if begin <= found.start() < stop), None)
        if around is not None:
            end = around
        else:
            attributes = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(found[1])}
            if attributes.get(b"type", b"").strip().lower() in _TYPES:
                scripts.append((attributes, start, end))
        found = _OPENING.search(data, end)
    return scripts


def _astro(data: bytes) -> Skim:
    """The frontmatter and the markup run on the server; page scripts and components with a ``client:`` directive go to the browser."""
    imports: list[Import] = []
    exports: list[Export] = []
    body = 0
    opening = _FRONTMATTER.match(data)
    fence = _FENCE.search(data, opening.end() - 1) if opening else None
    if opening and fence:
        body = fence.end()
        found, exports = javascript.imports_and_exports(data, opening.end(), fence.start() + 1)
        islands = _islands(data, body)
        imports = [replace(one, browser=True) if one.local in islands else one for one in found]
    stripped = []
    at = 0
    for attributes, start, end in _scripts(data, comments=True):
        if start < body:
            continue
        stripped.append(Span(at, start))
        at = end
        span = Span(start, end)
        if b"src" in attributes:
            imports.append(Import(span, attributes[b"src"].decode("utf-8", "replace"), "", "", browser=True))
        imports += [replace(one, browser=True) for one in javascript.imports_and_exports(data, start, end)[0]]
    stripped.append(Span(at, len(data)))
    return Skim(tuple(imports), tuple(exports), (), tuple(stripped))


def _islands(data: bytes, body: int) -> set[str]:
    """The names of components that markup sends to the browser."""
    names = set()
    for found in _ISLAND.finditer(data, body):
        tags = _TAG.findall(data, max(body, found.start() - _TAG_LENGTH), found.start() + 1)
        if tags:
            names.add(tags[-1].decode())
    return names
