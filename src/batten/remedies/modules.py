"""Keeps a module of the server out of what browsers get: the build of Next.js fails from then on where one would; moves no code."""

import re
from collections.abc import Iterator

from batten.finding import Edit, Finding, Fix, Safety
from batten.regex import regex
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.remedies.guards.imports import start
from batten.text import Span

_CODE = (".ts", ".tsx", ".js", ".jsx", ".mts", ".mjs", ".cts", ".cjs")
_PAGE = regex(r"(?:src/)?pages/(?!api/)[^\n]*\.(?:tsx|jsx|ts|js)")
_ENDING = regex(r"(?:/index)?\.\w+$")


def server_only(app: App, finding: Finding) -> Iterator[Fix]:
    """``import "server-only"`` at the top of it, where it is Next.js alone that loads it: everything else fails on that import."""
    found = fact(app.project.server_modules, finding)
    unit = sites.code(app, found.path) if found is not None else None
    package = next((each for each in app.project.packages if found is not None and each.root == found.package), None)
    if found is None or unit is None or package is None or found.in_browser or "next" not in package.dependencies:
        return
    lead = f"{found.package}/" if found.package else ""
    own = [path.removeprefix(lead) for path in app.paths if path.startswith(lead) and path.endswith(_CODE)]
    # Pages of the older router may not load it.
    if any(_PAGE.fullmatch(path) for path in own) or not any(path.startswith(("app/", "src/app/")) for path in own):
        return
    sides = {module.path: module.side for module in app.project.modules}
    stem = re.escape(_ENDING.sub("", found.path).rpartition("/")[2])
    named = re.compile(rb"[\"'][^\"'\n]*" + stem.encode() + rb"(?:\.\w+)?[\"']")
    if any(sides.get(path) is None and named.search(app.text(path)) for path in app.paths if path.endswith(_CODE) and path != found.path):
        return
    data = app.text(unit.path)
    at = start(unit, data)
    sample = data[at : at + 400].split(b"\n")[0]
    quote = "'" if sample.count(b"'") > sample.count(b'"') else '"'
    end = "" if sample.strip() and not sample.rstrip().endswith(b";") else ";"
    line = "\r\n" if b"\r\n" in data else "\n"
    yield Fix(
        f"Keep {found.path} on the server", Safety.SAFE, (Edit(unit.path, Span(at, at), f"import {quote}server-only{quote}{end}{line}"),)
    )
