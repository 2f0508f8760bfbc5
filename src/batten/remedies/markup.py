"""Takes the tags out of text that becomes part of a page: cleaned where it is meant to be HTML, escaped where it is put between tags."""

from collections.abc import Iterator, Sequence

from batten.code.model import Assign, Attribute, Expression, Language, Literal, Name, Operation, Record, Return, Template, Unit
from batten.facts.flows import Flow
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.remedies import dependencies, sites
from batten.remedies.app import App, fact
from batten.remedies.guards.imports import from_package, is_commonjs
from batten.text import Span

# A package, what it is called, and how it cleans a text.
_CLEANERS = (
    ("dompurify", "DOMPurify", ".sanitize"),
    ("isomorphic-dompurify", "DOMPurify", ".sanitize"),
    ("sanitize-html", "sanitizeHtml", ""),
)
_VERSIONS = {"dompurify": "^3.2.6", "isomorphic-dompurify": "^2.26.0", "escape-html": "^1.0.3"}
# These make their pages on the server first, which has no browser to clean with.
_ON_SERVERS = frozenset(("next", "@remix-run/react", "react-router", "gatsby", "astro", "@sveltejs/kit", "nuxt"))
_SLOTS = frozenset(("innerHTML", "outerHTML"))
_INSTALL = "run `npm install`, which brings the package and changes the lock file"


def no_tags_of_others(app: App, finding: Finding) -> Iterator[Fix]:
    """What fits the place: cleaned in a browser's page, escaped in an answer of a server."""
    flow = fact(app.project.flows, finding)
    unit = sites.code(app, flow.place.path) if flow is not None else None
    if flow is None or unit is None:
        return
    value = _markup(unit, flow) if unit.language is not Language.PYTHON else None
    if value is not None:
        yield from _as_text(app, unit, flow, value)
        yield from _cleaned(app, unit, flow, value)
    else:
        yield from _escaped(app, unit, flow)


def _markup(unit: Unit, flow: Flow) -> Expression | None:
    """What a page shows as HTML."""
    call = sites.call_at(unit, flow.place.span)
    if call is not None and call.jsx:
        for each in call.keywords:
            if each.name == "srcDoc":
                return each.value
            if each.name == "dangerouslySetInnerHTML" and isinstance(each.value, Record) and len(each.value.entries) == 1:
                return each.value.entries[0].value if each.value.entries[0].key == "__html" else None
        return None
    if call is not None and isinstance(call.callee, Attribute):
        if call.callee.name in ("write", "writeln", "html", "append") and len(call.args) == 1:
            return call.args[0] if flow.kind == "markup" else None
        return call.args[1] if call.callee.name == "insertAdjacentHTML" and len(call.args) == 2 else None  # noqa: PLR2004 - where, and what
    assigned = _assigned(unit, flow)
    return assigned.value if assigned is not None else None


def _assigned(unit: Unit, flow: Flow) -> Assign | None:
    for each in sites.statements(unit):
        if isinstance(each, Assign) and each.target.span == flow.place.span and isinstance(each.target, Attribute):
            return each if each.target.name in _SLOTS else None
    return None


def _as_text(app: App, unit: Unit, flow: Flow, value: Expression) -> Iterator[Fix]:
    """``textContent``, where nothing in the value is meant to be a tag."""
    assigned = _assigned(unit, flow)
    if assigned is None or assigned.operator != "=" or not isinstance(assigned.target, Attribute) or assigned.target.name != "innerHTML":
        return
    pieces = (
        value.parts if isinstance(value, Template) else value.operands if isinstance(value, Operation) and value.operator == "+" else ()
    )
    constant = [each.value for each in pieces if isinstance(each, Literal)]
    if not constant or any(not isinstance(text, str) or "<" in text or "&" in text for text in constant):
        return
    end = assigned.target.span.end
    if app.text(unit.path)[end - len("innerHTML") : end] == b"innerHTML":
        stop = Step(flow.place, "tags in it are shown as they are written from here on")
        yield Fix("Show it as text", Safety.UNSAFE, (Edit(unit.path, Span(end - len("innerHTML"), end), "textContent"),), (stop,))


def _cleaned(app: App, unit: Unit, flow: Flow, value: Expression) -> Iterator[Fix]:
    """With what the file, or else the app, cleans with; with DOMPurify, where it has nothing of the kind."""
    data = app.text(unit.path)
    here = [
        (entry.local, how)
        for entry in unit.imports
        for name, _, how in _CLEANERS
        if entry.module == name and entry.name in ("default", "*")
    ]
    edits: list[Edit] = []
    stops = [Step(flow.place, "tags and attributes that can run something are dropped; those for the looks stay")]
    if here:
        local, how = here[0]
    else:
        known = dependencies.named(app, flow.package)
        package, local, how = next((row for row in _CLEANERS if row[0] in known), _CLEANERS[0 if known.isdisjoint(_ON_SERVERS) else 1])
        brought = from_package(unit, data, local, package)
        manifest = dependencies.added(app, flow.package, package, _VERSIONS.get(package, ""))
        # A plain script has no packages.
        if brought is None or manifest is None or (not unit.imports and not unit.exports):
            return
        edits = [brought, *manifest]
        stops += [Step(flow.place, _INSTALL)] if manifest else []
    written = data[value.span.start : value.span.end].decode()
    edits.append(Edit(unit.path, value.span, f"{local}{how}({written})"))
    yield Fix(f"Clean it with {local}", Safety.UNSAFE, tuple(edits), tuple(stops))


def _escaped(app: App, unit: Unit, flow: Flow) -> Iterator[Fix]:
    """Each value between tags by itself, then all of them: others may be meant to be tags."""
    data = app.text(unit.path)
    holes = _holes(unit, data, flow)
    function = _function(app, unit, data, flow) if holes else None
    if function is None:
        return
    lead, tail, brought = function
    chosen = [[hole] for hole in holes] + ([holes] if len(holes) > 1 else [])
    for each in chosen:
        edits = [Edit(unit.path, hole, f"{lead}{data[hole.start : hole.end].decode()}{tail}") for hole in each]
        stops = [Step(flow.place, "tags in it are shown as they are written from here on")]
        stops += [Step(flow.place, _INSTALL)] if any(edit.path.endswith("package.json") for edit in brought) else []
        yield Fix("Escape what is put into the page", Safety.UNSAFE, (*brought, *edits), tuple(stops))


def _function(app: App, unit: Unit, data: bytes, flow: Flow) -> tuple[str, str, list[Edit]] | None:
    if unit.language is Language.PYTHON:
        known = next(
            (entry.local for entry in unit.imports if (entry.module, entry.name) in (("markupsafe", "escape"), ("flask", "escape"))), ""
        )
        imports = [] if known else sites.with_module(unit, data, "html")
        if imports is None:
            return None
        return (f"{known}(", ")", []) if known else ("html.escape(str(", "))", imports)
    known = next((entry.local for entry in unit.imports if entry.module == "escape-html"), "")
    if known:
        return f"{known}(String(", "))", []
    # It brings no types.
    if unit.language is Language.TYPESCRIPT:
        return None
    brought = from_package(unit, data, "escapeHtml", "escape-html")
    manifest = dependencies.added(app, flow.package, "escape-html", _VERSIONS["escape-html"])
    if brought is None or manifest is None or not (unit.imports or is_commonjs(data)):
        return None
    return "escapeHtml(String(", "))", [brought, *manifest]


def _holes(unit: Unit, data: bytes, flow: Flow) -> list[Span]:
    """What is put between tags, in the text that is given there; nothing where one of them stands inside a tag or a script."""
    call = sites.call_at(unit, flow.place.span)
    given: Sequence[Expression] = call.args[:1] if call is not None else ()
    if call is None:
        given = [each.value for each in sites.statements(unit) if isinstance(each, Return) and each.span == flow.place.span and each.value]
    if len(given) != 1:
        return []
    text = _set_once(unit, given[0])
    pieces = text.parts if isinstance(text, Template) else text.operands if isinstance(text, Operation) and text.operator == "+" else ()
    found: list[Span] = []
    before = ""
    for each in pieces:
        if isinstance(each, Literal):
            before += str(each.value)
            continue
        inner = each.operands[0] if isinstance(each, Operation) and each.operator == "format" and each.operands else each
        lower = before.lower()
        if lower.rfind("<") > lower.rfind(">") or any(lower.rfind(f"<{tag}") > lower.rfind(f"</{tag}") for tag in ("script", "style")):
            return []
        if isinstance(text, Template) and (
            data[inner.span.start - 1 : inner.span.start] != b"{" or data[inner.span.end : inner.span.end + 1] != b"}"
        ):
            return []
        found.append(inner.span)
    return found if before.strip().startswith("<") or "<" in before else []


def _set_once(unit: Unit, value: Expression) -> Expression:
    """The text itself, where a variable holds it that is set once in the same function."""
    function = next(iter(sites.functions_around(unit, value.span)), None)
    if not isinstance(value, Name) or function is None:
        return value
    known = sites.assignments(unit, value.id, function.block)
    return known[0].value if len(known) == 1 and known[0].operator == "=" and known[0].value is not None else value
