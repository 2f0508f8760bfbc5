"""Has handlers ask with the client that carries their caller's rights, where they have one; makes no client."""

import re
from collections.abc import Iterator

from batten.code.model import Assign, Attribute, Await, Call, Expression, Function, Name, Unit
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.remedies.guards.siblings import Sources
from batten.text import Place, Span

_ASKS_WHO = frozenset(("getUser", "getClaims", "get_user", "get_claims"))


def own_client(app: App, finding: Finding) -> Iterator[Fix]:
    """Every place of the finding, or none: one client for the other, by its name."""
    found = fact(app.project.needless_admins, finding)
    if found is None:
        return
    sources = Sources(app)
    swapped: list[tuple[Place, Name, str]] = []
    for step in found.places:
        unit = sources.unit(step.place.path)
        swap = _swap(unit, step.place.span) if unit is not None else None
        if swap is None:
            return
        swapped.append((step.place, *swap))
    edits: list[Edit] = []
    for path in sorted({place.path for place, _, _ in swapped}):
        own = {root.span: name for place, root, name in swapped if place.path == path}
        edits += [Edit(path, span, name) for span, name in sorted(own.items())]
        unit = sources.unit(path)
        for old in sorted({root.id for place, root, _ in swapped if place.path == path}):
            edits += _unused(unit, app.text(path), old, set(own)) if unit is not None else []
    if edits:
        stops = tuple(
            Step(place, f"asks as the caller, by `{name}`: rows that no policy lets them reach are neither read nor changed")
            for place, _, name in swapped
        )
        yield Fix("Ask with the rights of the caller", Safety.UNSAFE, tuple(edits), stops)


def _swap(unit: Unit, span: Span) -> tuple[Name, str] | None:
    """The client with the service key as it is named at a place, and the other one of the same function, that was asked who calls before."""
    chain = next((each for each in sites.around(unit, span) if isinstance(each, Call)), None)
    root = _root(chain) if chain is not None else None
    if root is None:
        return None
    for function in sites.functions_around(unit, span):
        names = {
            asked.id
            for statement in sites.statements(unit)
            if statement.span in function.block
            for each in sites.whole(statement)
            if each.span.end <= span.start and (asked := _asked(each)) is not None
        }
        if names:
            known = {name for name in names - {root.id} if _is_of(unit, function, name)}
            return (root, next(iter(known))) if len(known) == 1 and len(names) == 1 else None
    return None


def _root(node: Expression) -> Name | None:
    while isinstance(node, Attribute | Call | Await):
        node = node.callee if isinstance(node, Call) else node.value
    return node if isinstance(node, Name) else None


def _asked(node: Expression) -> Name | None:
    """``supabase`` of ``supabase.auth.getUser()``."""
    callee = node.callee if isinstance(node, Call) else None
    if isinstance(callee, Attribute) and callee.name in _ASKS_WHO and isinstance(callee.value, Attribute) and callee.value.name == "auth":
        return callee.value.value if isinstance(callee.value.value, Name) else None
    return None


def _is_of(unit: Unit, function: Function, name: str) -> bool:
    """Whether it is made for the request: what a module shares carries no caller's rights."""
    return any(each.declares or unit.path.endswith(".py") for each in sites.assignments(unit, name, function.block))


def _unused(unit: Unit, data: bytes, name: str, gone: set[Span]) -> list[Edit]:
    """What brought the other client, where nothing else of the file speaks of it: checkers complain of names that nobody uses."""
    left = [
        Span(each.start(), each.end())
        for each in re.finditer(rb"(?<![\w$.])" + re.escape(name.encode()) + rb"\b", data)
        if Span(each.start(), each.end()) not in gone
    ]
    if len(left) != 1:
        return []
    entry = next((each for each in unit.imports if each.local == name and each.span == left[0]), None)
    if entry is not None:
        return [Edit(unit.path, _specifier(data, entry.span), "")]
    made = [each for each in sites.statements(unit) if isinstance(each, Assign) and each.declares and each.target.span == left[0]]
    return [Edit(unit.path, _lines(data, made[0].span), "")] if made else []


def _specifier(data: bytes, span: Span) -> Span:
    """A name of an import with its comma; where it is the only one, the whole statement."""
    after = re.compile(rb"\s*,[ \t]*").match(data, span.end)
    before = re.compile(rb",\s*$").search(data[: span.start])
    if after is not None and not data[after.end() : after.end() + 2].lstrip().startswith(b"}"):
        return Span(span.start, after.end())
    if before is not None:
        return Span(before.start(), span.end)
    begin, end = data.rfind(b"\n", 0, span.start) + 1, data.find(b"\n", span.end)
    return Span(begin, end + 1 if end >= 0 else len(data))


def _lines(data: bytes, span: Span) -> Span:
    begin = data.rfind(b"\n", 0, span.start) + 1
    end = data.find(b"\n", span.end)
    rest = data[span.end : end if end >= 0 else len(data)].strip()
    if data[begin : span.start].strip(b" \tconstlevar") or rest not in (b"", b";"):
        return Span(span.start, span.start)
    last = end + 1 if end >= 0 else len(data)
    # Of the empty lines round it one stays.
    blank = re.compile(rb"[ \t]*\r?\n").match(data, last)
    if blank is not None and re.search(rb"(?:^|\n)[ \t]*\r?\n$", data[:begin]):
        last = blank.end()
    return Span(begin, last)
