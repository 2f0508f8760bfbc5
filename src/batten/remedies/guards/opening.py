"""Handlers that ask who calls in their first lines: what a handler nearby asks there is asked here too, in the same words."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from batten.code.model import (
    Assign,
    Await,
    Branch,
    Call,
    Define,
    Entry,
    Evaluate,
    Expression,
    Function,
    Lambda,
    Name,
    Raise,
    Record,
    Return,
    Statement,
    Try,
)
from batten.code.parts import expressions, statement_expressions, targets
from batten.facts.routes import Route
from batten.finding import Edit
from batten.regex import regex
from batten.remedies.guards.imports import brought, merged
from batten.remedies.guards.refusing import Refusal, refusal
from batten.remedies.guards.registered import below
from batten.remedies.guards.siblings import Sources
from batten.text import Span

# A check that does not stand among the first statements is hardly one for all of the handler.
_FIRST = 8
_SOUNDS = regex(
    r"auth|user|session|require|protect|guard|verify|token|admin|member|bearer|secret|api_?key|login|signed|caller|account|viewer|identity|clerk",
    re.IGNORECASE,
)
_SPACE = regex(rb"\s+")


class Handler(NamedTuple):
    """A handler: ``body`` are the statements that its work begins with, inside a ``try`` that holds all of it."""

    path: str
    text: bytes
    function: Function
    body: tuple[Statement, ...]

    def written(self, node: Statement | Expression) -> bytes:
        """A part of it as it is written."""
        return self.text[node.span.start : node.span.end]


class _Check(NamedTuple):
    """Statements that end with one that turns strangers away, and what they are told apart by."""

    statements: tuple[Statement, ...]
    called: str


def opening(sources: Sources, route: Route) -> Iterator[tuple[str, list[Edit]]]:
    """The first lines of a guarded handler, before the first line of this one."""
    ours = handler(sources, route)
    if ours is not None and ours.body:
        yield from taken_over(sources, sources.guarded(route), ours)


def taken_over(sources: Sources, siblings: Iterable[Route], ours: Handler) -> Iterator[tuple[str, list[Edit]]]:
    """The first lines of guarded handlers, before the first line of a function."""
    seen: set[bytes] = set()
    for sibling in siblings:
        theirs = handler(sources, sibling)
        if theirs is None or theirs.function is ours.function:
            continue
        for check in _checks(theirs):
            identity = _SPACE.sub(b" ", b"\n".join(theirs.written(statement) for statement in check.statements))
            if identity in seen:
                continue
            seen.add(identity)
            edits = _copied(sources, theirs, check, ours)
            if edits is not None:
                yield check.called, edits


def handler(sources: Sources, route: Route) -> Handler | None:
    """The handler of a route, None where it is not one function of the module."""
    unit = sources.unit(route.place.path)
    if unit is None:
        return None
    at = route.place.span.start
    for statement in unit.body:
        if not statement.span.start <= at < statement.span.end:
            continue
        value = statement.value if isinstance(statement, Define | Assign | Evaluate) else None
        if isinstance(statement, Evaluate) and isinstance(value, Call):
            # ``Deno.serve(handler)``: the one function that it is given.
            given = [each for each in value.args if isinstance(each, Lambda)]
            value = given[0] if len(given) == 1 else None
        value = value.function if isinstance(value, Lambda) else value
        if isinstance(value, Function):
            body = value.body
            if len(body) == 1 and isinstance(body[0], Try):
                body = body[0].body
            return Handler(unit.path, sources.text(unit.path), value, body)
    return None


def _checks(handler: Handler) -> Iterator[_Check]:
    """What may be the check, with all that stands before it and that it needs."""
    for index, statement in enumerate(handler.body[:_FIRST]):
        called = _called(statement)
        if isinstance(statement, Branch) and _turns_away(statement):
            needed = _needed(handler.body[:index], statement)
            names = [name for each in needed if (name := _called(each)) and not name.startswith("Deno.env")]
            told: tuple[Statement | Expression, ...] = (*needed, statement.test)
            if any(_SOUNDS.search(handler.written(each).decode("utf-8", "replace")) for each in told):
                yield _Check((*needed, statement), (names or [*_asked(statement.test), "the same check"][:1])[-1])
        elif called is not None and _SOUNDS.search(called):
            yield _Check((*_needed(handler.body[:index], statement), statement), called)


def _called(statement: Statement) -> str | None:
    """The name of the function that a statement is a call of."""
    return _named(statement.value) if isinstance(statement, Assign | Evaluate) and statement.value is not None else None


def _asked(test: Expression) -> Iterator[str]:
    """The functions that a test calls."""
    pending = [test]
    while pending:
        node = pending.pop(0)
        if (name := _named(node)) is not None:
            yield name
        pending += expressions(node)


def _named(value: Expression) -> str | None:
    value = value.value if isinstance(value, Await) else value
    if not isinstance(value, Call):
        return None
    callee, steps = value.callee, []
    while not isinstance(callee, Name):
        if not hasattr(callee, "name") or not hasattr(callee, "value"):
            return None
        steps.append(str(callee.name))
        callee = callee.value
    return ".".join((callee.id, *reversed(steps)))


def _turns_away(statement: Statement) -> bool:
    return (
        isinstance(statement, Branch) and bool(statement.body) and isinstance(statement.body[-1], Return | Raise) and not statement.orelse
    )


def _needed(before: tuple[Statement, ...], last: Statement) -> tuple[Statement, ...]:
    """The statements that give the values that one works with, and those that turn callers away who did not send them."""
    wanted, own = _used(last), _bound(before)
    found: list[Statement] = []
    for statement in reversed(before):
        if (
            isinstance(statement, Branch) and _turns_away(statement) and _used(Evaluate(statement.test.span, statement.test)) & wanted & own
        ) or (isinstance(statement, Assign) and statement.value is not None and {name for name, _ in targets(statement.target)} & wanted):
            found.append(statement)
            wanted |= _used(statement)
    return tuple(reversed(found))


def _names(statement: Statement) -> Iterator[tuple[Name, Entry | None]]:
    """Every name in a statement and those inside it, with the entry of a record that is written as the name alone."""
    pending: list[tuple[Statement | Expression, Entry | None]] = [(statement, None)]
    while pending:
        node, entry = pending.pop()
        if isinstance(node, Name):
            yield node, entry
        elif isinstance(node, Record):
            pending += [(each.value, each if each.span == each.value.span else None) for each in node.entries]
        elif isinstance(node, Lambda):
            pending += [(inner, None) for inner in node.function.body]
        elif isinstance(node, Expression):
            pending += [(inner, None) for inner in expressions(node)]
        else:
            inside: list[Statement | Expression] = [*statement_expressions(node), *below(node)]
            pending += [(inner, None) for inner in inside]
            if isinstance(node, Assign):
                pending.append((node.target, None))


def _used(statement: Statement) -> set[str]:
    return {name.id for name, _ in _names(statement)}


def _bound(statements: tuple[Statement, ...]) -> set[str]:
    """The names that statements declare, however deep."""
    found: set[str] = set()
    pending = list(statements)
    while pending:
        statement = pending.pop()
        if isinstance(statement, Assign):
            found |= {name for name, _ in targets(statement.target)}
        if isinstance(statement, Define):
            found.add(statement.value.name)
        pending += below(statement)
    return found


def _copied(sources: Sources, theirs: Handler, check: _Check, ours: Handler) -> list[Edit] | None:
    """The edits that put the check into a handler; None where it works with something that is not to be had there."""
    at = 0
    kept = list(check.statements)
    # What the handler does itself in the same words need not be done twice.
    for index, statement in enumerate(ours.body[:_FIRST]):
        same = next((each for each in kept if _SPACE.sub(b" ", theirs.written(each)) == _SPACE.sub(b" ", ours.written(statement))), None)
        if same is not None and isinstance(same, Assign):
            kept.remove(same)
            at = index + 1
    at = max(at, _after_preflight(ours))
    ends = [each for each in check.statements if each is check.statements[-1] or _turns_away(each)]
    answers = {each: refusal(each, theirs.text, ours.function, ours.text) for each in ends}
    if not kept or at >= len(ours.body) or None in answers.values():
        return None
    renamed: dict[str, str] = {}
    taken = _bound(ours.body) | {name for each in ours.function.parameters for name, _ in targets(each.target)}
    given = {name: number for number, each in enumerate(theirs.function.parameters) for name, _ in targets(each.target)}
    defined = _bound(tuple(kept))
    already = _bound(tuple(set(check.statements) - set(kept)))
    edits: list[Edit] = []
    for name in sorted({name for statement in kept for name in _used(statement)}):
        if name in already:
            continue
        if name in defined:
            if name in taken:
                renamed[name] = f"caller{name[:1].upper()}{name[1:]}"
        elif name in given:
            mine = _parameter(ours, given[name])
            if mine is None:
                return None
            renamed[name] = mine
        elif name in _outside(sources, theirs):
            more = brought(sources, name, theirs.path, ours.path)
            if more is None:
                return None
            edits += more
    first = _with_remarks(ours.text, ours.body[at].span.start, ours.function.block.start)
    indent = _indent(ours.text, first)
    line = "\r\n" if b"\r\n" in ours.text else "\n"
    said = {each: answer for each, answer in answers.items() if isinstance(answer, Refusal)}
    texts = [_moved(theirs, statement, renamed, indent, line, said.get(statement)) for statement in kept]
    return [*merged(edits), Edit(ours.path, Span(first, first), "".join(f"{text}{line}{indent}" for text in texts))]


def _with_remarks(text: bytes, at: int, least: int) -> int:
    """Where the remarks begin that stand on lines of their own right above a statement: they are about it."""
    line = _line(text, at)
    while line > least and not text[line:at].strip():
        above = text[least : line - 1].rstrip(b"\r")
        last = above[above.rfind(b"\n") + 1 :].strip()
        start = above.rfind(b"/*") if last.endswith(b"*/") else above.rfind(b"//") if last.startswith(b"//") else -1
        if start < 0 or above[above.rfind(b"\n", 0, start) + 1 : start].strip() or b"\n" not in above[:start]:
            break
        at, line = least + start, _line(text, least + start)
    return at


def _line(text: bytes, at: int) -> int:
    return text.rfind(b"\n", 0, at) + 1


def _after_preflight(handler: Handler) -> int:
    """How many statements stand before the work that answer what browsers ask first, without credentials."""
    for index, statement in enumerate(handler.body[:_FIRST]):
        if isinstance(statement, Branch) and b"OPTIONS" in handler.written(statement.test):
            return index + 1
    return 0


def _outside(sources: Sources, handler: Handler) -> set[str]:
    """The names that the file of a handler has from elsewhere, or declares for all of it."""
    unit = sources.unit(handler.path)
    return set() if unit is None else {entry.local for entry in unit.imports} | _bound(unit.body)


def _parameter(handler: Handler, number: int) -> str | None:
    if number >= len(handler.function.parameters):
        return None
    target = handler.function.parameters[number].target
    return target.id if isinstance(target, Name) else None


def _moved(handler: Handler, statement: Statement, renamed: dict[str, str], indent: str, line: str, said: Refusal | None = None) -> str:
    """The text of a statement with other names, at another depth; ``said`` takes the place of what it answers."""
    start, end = statement.span.start, statement.span.end
    if handler.text[end : end + 1] == b";":
        end += 1
    data = handler.text[start:end]
    named = [(name, entry) for name, entry in _names(statement) if name.id in renamed and start <= name.span.start < end]
    new = {name.span: f"{name.id}: {renamed[name.id]}" if entry is not None else renamed[name.id] for name, entry in named}
    if said is not None and said.span in statement.span:
        new = {span: text for span, text in new.items() if span not in said.span} | {said.span: said.text}
    for span in sorted(new, reverse=True):
        data = data[: span.start - start] + new[span].encode() + data[span.end - start :]
    lines = data.decode("utf-8", "replace").splitlines()
    own = _indent(handler.text, start)
    rest = [f"{indent}{each.removeprefix(own)}" if each.strip() else "" for each in lines[1:]]
    return line.join((lines[0], *rest))


def _indent(text: bytes, at: int) -> str:
    lead = text[_line(text, at) : at]
    return lead.decode() if not lead.strip() else ""
