"""Code of a module that frameworks keep from the browser while the rest of the module goes there, and the imports that only such code uses.

Works on regions: the text from one line that begins a statement in column 0 to the next. Where code is laid out otherwise less is taken for stripped, never more.
"""

import re
from itertools import pairwise

from msgspec.structs import replace

from batten.regex import regex
from batten.skim.code import Code
from batten.skim.model import Export, Import, Skim
from batten.text import Span

SERVER_EXPORTS = frozenset(
    (
        "loader",
        "action",
        "headers",
        "middleware",
        "unstable_middleware",
        "getServerSideProps",
        "getStaticProps",
        "getStaticPaths",
        "getServerData",
    )
)
"""Exports of a route module that Remix, React Router, Next's pages router and Gatsby remove from what they send to browsers."""

_START = regex(rb"^(?=[A-Za-z_$@(\[;{\"'`])(?!(?:else|catch|finally|as|satisfies)\b)", re.MULTILINE)
_DECLARES = regex(
    rb"(?:export\s++)?(?:default\s++)?(?:declare\s++)?(?:async\s++)?"
    rb"(?:function\b\s*+\*?|(?:abstract\s++)?class\b|const\s++enum\b|const\b|let\b|var\b|type\b|interface\b|enum\b)\s*+(?P<names>[\w$]++|\{[^{}]*+\}|\[[^\[\]]*+\])"
)
_COMMENT = regex(rb"/\*[^*]*+(?:\*(?!/)[^*]*+|(?!))*+\*/|^\s*+//[^\n]*+", re.MULTILINE)
# ``ReturnType<typeof loader>`` uses no value.
_TYPE_QUERY = regex(rb"<\s*+typeof\s++[\w$.]++(?=\s*+[>,\[|&])")
# ``createFileRoute("/api/auth/$")``: the address of a route is no use of a name in it.
_ADDRESS = regex(rb"(?<=[(\s,])(?P<quote>['\"])/[\w/$.:@-]*+(?P=quote)")
_WORD = regex(rb"[A-Za-z_$][\w$]*+")
_BRACKET = regex(rb"[(){}\[\]]")
_INDENT = regex(rb"\n([ \t]++)(?=\S)")
_BINDING = regex(rb"(?:const|let|var)\s++(?P<names>[\w$]++|\{[^{}]*+\}|\[[^\[\]]*+\])\s*+=(?!=)")
# In a pattern: ``name``, ``property: name``, ``...name``, each with or without a default.
_BOUND = regex(rb"(?:^|[,{\[])\s*+(?:\.{3}|[\w$\"'-]++\s*+:\s*+)?([A-Za-z_$][\w$]*+)")
_SERVER_CALL = regex(rb"(?:\.handler|\bcreateServerOnlyFn|\.server)(?:<[^<>()\n]{0,80}>)?\(|\bserver\s*+:\s*+\{")
# https://tanstack.com/start/latest/docs/framework/react/guide/server-routes
_SERVER_ROUTE = regex(rb"\bserver\s*+:\s*+\{(?=\s*+(?:handlers|middleware)\b)")
_START_MODULE = regex(r"@tanstack/[a-z]+-start\b|@tanstack/start\b")
_ROUTER_MODULE = regex(r"@tanstack/[a-z]+-router\b")


def strip(data: bytes, skim: Skim) -> Skim:
    """The same with ``stripped`` and the ``browser`` of its imports filled; as it was where the file has no such code."""
    calls = _server_calls(data, skim) if b"@tanstack/" in data else []
    served = [export.span.start for export in skim.exports if export.name in SERVER_EXPORTS and export.module is None]
    if not calls and not served:
        return skim
    regions = _regions(data)
    removed = [region for region in regions if _holds(region, served) and not _holds(region, _kept(skim.exports))]
    if not removed and not calls:
        return skim
    ranges = sorted({*removed, *calls})
    live, dead = _reachable(data, regions, ranges)
    used = set().union(*(_words(data, span, ()) for span in [*ranges, *dead]))
    stripped = tuple(sorted({*ranges, *dead}))
    imports = tuple(_judged(imported, live, used, stripped) for imported in skim.imports)
    return replace(skim, imports=imports, stripped=stripped)


def _kept(exports: tuple[Export, ...]) -> list[int]:
    return [export.span.start for export in exports if export.name not in SERVER_EXPORTS and not export.type_only]


def _holds(region: Span, offsets: list[int]) -> bool:
    return any(offset in region for offset in offsets)


def _judged(imported: Import, live: set[bytes], used: set[bytes], stripped: tuple[Span, ...]) -> Import:
    local = imported.local.encode()
    lost = any(imported.span in span for span in stripped) if imported.dynamic else local and local not in live and local in used
    return replace(imported, browser=False) if lost else imported


def _regions(data: bytes) -> list[Span]:
    """The top-level statements."""
    code = Code(data, 0, len(data))
    starts = [found.start() for found in _START.finditer(data) if code.reaches(found.start())]
    return [Span(start, end) for start, end in pairwise([*starts, len(data)])]


def _server_calls(data: bytes, skim: Skim) -> list[Span]:
    """The arguments of calls whose function only the server gets, and what a route of TanStack's router has for the server alone."""
    starts = any(_START_MODULE.match(imported.module) for imported in skim.imports)
    routes = any(_ROUTER_MODULE.match(imported.module) for imported in skim.imports)
    spans: list[Span] = []
    for found in _SERVER_CALL.finditer(data) if starts else _SERVER_ROUTE.finditer(data) if routes else ():
        if spans and found.start() < spans[-1].end:
            continue
        end = _closing(data, found.end() - 1)
        if end is None:
            break
        spans.append(Span(found.end() - 1, end))
    return spans


def _closing(data: bytes, at: int) -> int | None:
    """The offset after the bracket that closes the one at ``at``."""
    code = Code(data, at, len(data))
    depth = 0
    for found in _BRACKET.finditer(data, at):
        if code.reaches(found.start()):
            depth += 1 if found[0] in b"({[" else -1
            if depth == 0:
                return found.end()
    return None


def _reachable(data: bytes, regions: list[Span], ranges: list[Span]) -> tuple[set[bytes], list[Span]]:
    """The words of the code that stays, and the declarations that only removed code uses."""
    declared: dict[bytes, Span] = {}
    waiting: list[Span] = []
    for region in regions:
        if region in ranges or data.startswith(b"import", region.start):
            continue
        head = _DECLARES.match(data, region.start, region.end)
        if head is None or data.startswith(b"export", region.start):
            waiting.append(region)
        else:
            declared.update(dict.fromkeys(_WORD.findall(head["names"]), region))
    kept, live = _closure(data, waiting, declared, ranges)
    lost = set().union(*(_words(data, span, ()) for span in ranges))
    dropped, _ = _closure(data, [declared[word] for word in lost if word in declared], declared, ())
    return live, sorted(dropped - kept)


def _closure(
    data: bytes, start: list[Span], declared: dict[bytes, Span], without: "list[Span] | tuple[()]"
) -> tuple[set[Span], set[bytes]]:
    """The regions reached from some by the names they use, and all words in them."""
    seen: set[Span] = set(start)
    words: set[bytes] = set()
    waiting = list(start)
    while waiting:
        fresh = _words(data, waiting.pop(), without) - words
        words |= fresh
        found = {declared[word] for word in fresh if word in declared} - seen
        seen |= found
        waiting += found
    return seen, words


def _words(data: bytes, region: Span, without: "list[Span] | tuple[()]") -> set[bytes]:
    """The names in a range that are not its own; those in text too, but for addresses, so that a name is rather taken for used."""
    pieces = []
    at = region.start
    for hole in without:
        if at <= hole.start < region.end:
            pieces.append(data[at : hole.start])
            at = hole.end
    pieces.append(data[at : region.end])
    text = _ADDRESS.sub(b" ", _TYPE_QUERY.sub(b"<", _COMMENT.sub(b" ", b" ".join(pieces))))
    return set(_WORD.findall(text)) - _own(text)


def _own(text: bytes) -> set[bytes]:
    """The variables that a declared function makes in its outermost block, by its indentation: there they hide what is imported under their names."""
    indent = _INDENT.search(text) if _DECLARES.match(text) else None
    if indent is None:
        return set()
    lines = re.compile(rb"\n" + re.escape(indent[1]) + rb"(?=[clv])")
    bindings = (_BINDING.match(text, line.end()) for line in lines.finditer(text))
    return {name for binding in bindings if binding for name in _BOUND.findall(binding["names"])}
