"""Moves what browsers do with a key of yours to the server: the module becomes one of server actions of Next.js, which ask who calls as the app's others do."""

import re
from collections.abc import Iterator

from batten.code.model import Assign, Define, Function, Lambda, Literal, Name, Record, Unit
from batten.code.parts import expressions, statement_expressions
from batten.extract.environment import is_env_file
from batten.facts.routes import GUARDED, Route, RouteKind
from batten.facts.secret_names import public_prefix
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.regex import regex
from batten.remedies import dependencies, sites
from batten.remedies.app import App, fact
from batten.remedies.guards.imports import merged, start
from batten.remedies.guards.opening import Handler, taken_over
from batten.remedies.guards.siblings import Sources
from batten.text import Span

_OF_BROWSERS = regex(rb"\b(?:window|document|localStorage|sessionStorage|navigator|FileReader)\b|from\s+[\"']react")
_PUBLIC = regex(rb"\b(?:NEXT_PUBLIC_)[A-Z0-9_]+\b")
_SECRET = regex(rb"KEY|SECRET|TOKEN|PASSWORD")
_CODE = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts")
_MOST_TRIED = 3


def behind_the_server(app: App, finding: Finding) -> Iterator[Fix]:
    """Where all that the module gives are functions that are waited for anyway: whoever calls them need not change."""
    client = fact(app.project.clients, finding)
    unit = sites.code(app, client.place.path) if client is not None else None
    if client is None or unit is None or "next" not in dependencies.named(app, client.package) or unit.directives:
        return
    data = app.text(unit.path)
    functions = _functions(unit)
    names = {each.decode() for each in _PUBLIC.findall(data) if _SECRET.search(each)}
    if not functions or _OF_BROWSERS.search(data) or len(names) > 1:
        return
    renamed = _renamed(app, unit, next(iter(names))) if names else []
    if renamed is None:
        return
    sources = Sources(app)
    siblings = [
        each
        for each in app.project.routes
        if each.kind is RouteKind.SERVER_ACTION and each.framework == "next" and each.auth in GUARDED and each.package == client.package
    ]
    for called, checks in _checked(sources, siblings, unit, data, functions):
        edits = [_directive(unit, data), *checks, *renamed, *_not_allowed(unit)]
        stops = (
            Step(
                client.place,
                f"runs on the server from here on, and turns callers away whom `{called}` does not know; what it gives must be plain data",
            ),
            *(
                Step(client.place, f"set `{each.removeprefix(public_prefix(each))}`, and revoke the key: every visitor has had it")
                for each in names
            ),
        )
        yield Fix(f"Run {unit.path} on the server, behind `{called}`", Safety.UNSAFE, tuple(merged(edits)), stops)


def _functions(unit: Unit) -> list[Function]:
    """The functions that a module gives; none where it gives anything else, or one that nobody waits for."""
    known: dict[str, Function] = {}
    for statement in unit.body:
        if isinstance(statement, Define) and isinstance(statement.value, Function):
            known[statement.value.name] = statement.value
        elif isinstance(statement, Assign) and isinstance(statement.target, Name) and isinstance(statement.value, Lambda):
            known[statement.target.id] = statement.value.function
    given = [known.get(export.local) for export in unit.exports if not export.type_only]
    found = [each for each in given if each is not None and each.is_async and each.body]
    return found if len(found) == len(given) and not any(export.module for export in unit.exports) else []


def _checked(
    sources: Sources, siblings: list[Route], unit: Unit, data: bytes, functions: list[Function]
) -> Iterator[tuple[str, list[Edit]]]:
    """The same check at the top of each function."""
    by_function = []
    for function in functions:
        block = data[function.block.start : function.block.start + 1]
        if block != b"{":
            return
        by_function.append([*taken_over(sources, siblings, Handler(unit.path, data, function, function.body))][:_MOST_TRIED])
    for choices in zip(*by_function, strict=False):
        called = {name for name, _ in choices}
        if len(called) == 1:
            yield called.pop(), [edit for _, edits in choices for edit in edits]


def _directive(unit: Unit, data: bytes) -> Edit:
    at = start(unit, data)
    quote = "'" if data.count(b"'") > data.count(b'"') else '"'
    line = "\r\n" if b"\r\n" in data else "\n"
    # Before the first statement, comments aside.
    return Edit(unit.path, Span(0, 0), f"{quote}use server{quote}{';' if b';' in data[at : at + 400] else ''}{line}{line}")


def _renamed(app: App, unit: Unit, name: str) -> list[Edit] | None:
    """The variable without the prefix that makes it public, in the module and in env files; None where other code reads it."""
    private = name.removeprefix(public_prefix(name))
    word = re.compile(rb"\b" + name.encode() + rb"\b")
    if any(each.name == private and each.defined for each in app.project.variables):
        return None
    edits: list[Edit] = []
    for path in app.paths:
        if not (is_env_file(path) or path.endswith(_CODE)):
            continue
        places = [Edit(path, Span(each.start(), each.end()), private) for each in word.finditer(app.text(path))]
        if places and path != unit.path and not is_env_file(path):
            return None
        edits += places
    return edits


def _not_allowed(unit: Unit) -> list[Edit]:
    """``dangerouslyAllowBrowser: true`` goes off."""
    edits = []
    for statement in sites.statements(unit):
        pending = list(statement_expressions(statement))
        while pending:
            node = pending.pop()
            pending += expressions(node)
            entries = node.entries if isinstance(node, Record) else ()
            edits += [
                Edit(unit.path, entry.value.span, "false")
                for entry in entries
                if entry.key == "dangerouslyAllowBrowser" and isinstance(entry.value, Literal) and entry.value.value is True
            ]
    return list({(edit.path, edit.span): edit for edit in edits}.values())
