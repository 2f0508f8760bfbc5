"""What a call is given: its arguments as facts, with the entries of records; knows nothing of what the call does."""

from collections.abc import Iterable, Iterator

from batten.code.model import Call, Expression, Lambda, Literal, Name, Operation, Record, Sequence
from batten.code.names import MAX_ROOTS, text_of
from batten.code.parts import expressions
from batten.code.scopes import Scope, live, path_of
from batten.extract.texts import pieces_of, query_of
from batten.extract.values import plain, sources
from batten.facts.calls import Argument, Origin, Source

_DEEPEST_RECORD = 3
# A module that is made of more than this is not written by hand, nor are options: records that name each other are more than their text.
_MOST_LISTED = 1000
_MOST_NAMED = 8


def arguments(call: Call, scope: Scope, lambdas: dict[int, str], *, listed: bool = False) -> tuple[Argument, ...]:
    """The arguments of a call; ``lambdas`` gives the names of functions written in place, by their start.

    ``listed``: the items of lists are arguments too (``0.providers.[2].useClass``), as where a decorator declares what a class is made of.
    """
    found: list[Argument] = []
    if listed:
        for number, (value, inside) in enumerate(_spread_out(call.args, scope)):
            _listed(found, str(number), value, inside, lambdas)
        return tuple(found)
    for number, (value, inside) in enumerate(_spread_out(call.args, scope)):
        _argument(found, str(number), value, inside, lambdas, _DEEPEST_RECORD)
    for keyword in call.keywords:
        _argument(found, keyword.name or "**", keyword.value, scope, lambdas, _DEEPEST_RECORD)
    return tuple(found)


def _spread_out(values: Iterable[Expression], scope: Scope) -> Iterator[tuple[Expression, Scope]]:
    """The items of lists that are spread (``f(...closed)``) each on its own, where this file says what they are; anything else as it is."""
    pending = [(value, scope) for value in values]
    pending.reverse()
    budget = _MOST_LISTED
    while pending:
        value, inside = pending.pop()
        items = _items_of(value.operands[0], inside) if type(value) is Operation and value.operator == "..." and budget > 0 else None
        if items is None:
            yield value, inside
        else:
            budget -= len(items[0]) + 1
            pending += [(item, items[1]) for item in reversed(items[0])]


def _items_of(value: Expression, scope: Scope) -> tuple[tuple[Expression, ...], Scope] | None:
    """What a list holds, and the scope it is written in: the list itself, or a name that is never anything else."""
    if type(value) is Name:
        home = scope.find(value.id)
        if home is None or value.id in home.parameters or value.id in home.imports:
            return None
        bound = live(home.values.get(value.id, []), value.span.start)
        if len(bound) != 1 or bound[0].path:
            return None
        value, scope = bound[0].expression, bound[0].scope
    return (value.items, scope) if type(value) is Sequence else None


def _argument(found: list[Argument], slot: str, value: Expression, scope: Scope, lambdas: dict[int, str], depth: int) -> tuple[Source, ...]:
    """Note one argument, and the entries of a record after it; the roots of the whole are returned."""
    if type(value) is Lambda:
        own = lambdas.get(value.function.span.start)
        roots: tuple[Source, ...] = (Source(Origin.NAME, f"#{own}"),) if own else ()
        found.append(Argument(slot, None, roots, value.span))
        return roots
    depth = depth if len(found) < _MOST_LISTED else 0
    record: Expression = value
    inside = scope
    if depth > 0 and type(value) is Name:
        home = scope.find(value.id)
        bound = live(home.values.get(value.id, []), value.span.start) if home is not None else []
        if len(bound) == 1 and not bound[0].path and isinstance(bound[0].expression, Record):
            record, inside = bound[0].expression, bound[0].scope
    if depth > 0 and type(record) is Record:
        place = len(found)
        union: dict[Source, None] = {}
        for entry in record.entries:
            if entry.key is not None:
                union |= dict.fromkeys(_argument(found, f"{slot}.{entry.key}", entry.value, inside, lambdas, depth - 1))
            else:
                union |= dict.fromkeys(sources(entry.value, inside))
        roots = tuple(union)[:MAX_ROOTS]
        found.insert(place, Argument(slot, None, roots, value.span, _binding(value, scope)))
        return roots
    roots = sources(value, scope)
    if type(value) is not Name and type(value) is not Literal:
        inner = [lambdas.get(part.function.span.start) for part in lambdas_inside(value)]
        roots = (*roots, *(Source(Origin.NAME, f"#{name}") for name in inner if name))
    text = text_of(value, scope)
    pieces = pieces_of(value, scope) if text is None else ()
    kept = plain(text)
    may_ask = kept is None and (type(value) is Call or any(root.origin in (Origin.LITERAL, Origin.CALL) for root in roots))
    query = query_of(value, scope) if may_ask else None
    found.append(Argument(slot, kept, roots, value.span, _binding(value, scope), pieces, query))
    if depth > 0 and type(value) is Sequence and len(value.items) <= _MOST_NAMED and all(type(item) is Name for item in value.items):
        # A list of names: what each of them stands for matters, and not only what they come to.
        found += (
            Argument(f"{slot}.[{n}]", None, sources(item, scope), item.span, _binding(item, scope)) for n, item in enumerate(value.items)
        )
    return roots


def _listed(found: list[Argument], slot: str, value: Expression, scope: Scope, lambdas: dict[int, str]) -> None:
    """Note an argument, and what its records and lists hold, in source order."""
    pending: list[tuple[str, Expression]] = [(slot, value)]
    while pending and len(found) < _MOST_LISTED:
        place, part = pending.pop()
        if type(part) is Sequence and part.items:
            pending += reversed([(f"{place}.[{number}]", item) for number, item in enumerate(part.items)])
        elif type(part) is Record and part.entries:
            pending += reversed([(f"{place}.{entry.key}" if entry.key is not None else place, entry.value) for entry in part.entries])
        else:
            _argument(found, place, part, scope, lambdas, 0)


def _binding(value: Expression, scope: Scope) -> str | None:
    """The name of something that a call of this file made, or None."""
    if type(value) is not Name:
        return None
    home = scope.find(value.id)
    if home is None or value.id not in home.values or value.id in home.parameters or value.id in home.imports:
        return None
    return f"#{path_of(home, value.id)}"


def lambdas_inside(node: Expression) -> Iterator[Lambda]:
    """Functions written inside an expression, but not inside a call of it (``[a, (req) => …]``)."""
    pending = list(reversed(expressions(node)))
    while pending:
        part = pending.pop()
        if isinstance(part, Lambda):
            yield part
        elif not isinstance(part, Call):
            pending += reversed(expressions(part))
