"""What a loop registers for each row of a table that is written out in the file: routes, routers and what guards them; knows no framework.

``routes.forEach((r) => app.use(r.path, r.router))`` is told as if each of the calls had been written.
"""

from collections.abc import Iterator

from msgspec import structs

from batten.code.model import (
    Assign,
    Attribute,
    Block,
    Branch,
    Call,
    Entry,
    Expression,
    Lambda,
    Literal,
    Loop,
    Name,
    Operation,
    Record,
    Sequence,
    Statement,
    Subscript,
    Template,
    Try,
    Unknown,
)
from batten.code.parts import expressions, statement_expressions, targets, walked
from batten.code.scopes import Scope, Value, live
from batten.extract.declared import HTTP_METHODS
from batten.extract.expressions import File, call_of, calls_inside
from batten.facts import calls as facts

# What puts something at an address, on a router or an application.
_REGISTERING = HTTP_METHODS | {"use", "route", "register", "include_router", "register_blueprint", "add_api_route", "add_url_rule"}
_SAME = frozenset(("freeze", "reverse", "entries", "slice", "tuple", "list"))
_CASES = {"toLowerCase": str.lower, "lower": str.lower, "toUpperCase": str.upper, "upper": str.upper}
_MOST_ROWS = 100
_MOST_PARTS = 500
_DEEPEST = 12

_Given = dict[str, Expression]
"""What the names of the loop stand for on one of its turns."""


def unrolled(
    file: File, calls: list[facts.Call], body: tuple[Statement, ...], scope: Scope, target: Expression, table: Expression, around: Scope
) -> list[facts.Call]:
    """The calls of a loop over a table; those that register something are there once for each row, with what the row says. ``around``: the scope in which the table is named."""
    names = {name for name, _ in targets(target)}
    nodes = {node.span: node for node in _registrations(body, names)}
    rows = _rows(table, around, _DEEPEST) or _elsewhere(table, around) if any(call.span in nodes for call in calls) else None
    if not rows or len(rows) > _MOST_ROWS:
        return calls
    written = {call.span: call for call in calls if call.span in nodes}
    found = [call for call in calls if call.span not in written]
    for row in rows:
        for node, given in _on_turn(body, _bound(target, row), _DEEPEST):
            if node.span not in written:
                continue
            put = _spread(_put_in(node, given))
            file.made.append(put)
            made = call_of(file, scope, put, written[node.span].reach)
            found += [structs.replace(made, row=row.span)] if made is not None else []
    return found


def _registrations(body: tuple[Statement, ...], names: set[str]) -> Iterator[Call]:
    """The calls that register something of what the loop goes over."""
    known = set(names)
    for statement in walked(body):
        if isinstance(statement, Assign) and statement.declares and statement.value is not None and _mentions(statement.value, known):
            known |= {name for name, _ in targets(statement.target)}
        for expression in statement_expressions(statement):
            for node in calls_inside(expression):
                method = node.callee.name if isinstance(node.callee, Attribute) else ""
                if (method in _REGISTERING or isinstance(node.callee, Subscript)) and any(_mentions(each, known) for each in node.args):
                    yield node


def _mentions(node: Expression, names: set[str]) -> bool:
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, Name) and part.id in names:
            return True
        pending += expressions(part)
    return False


def _rows(table: Expression, scope: Scope, room: int) -> list[Expression] | None:
    """What a table holds, as far as it is written out in this file; None where it is not."""
    if room <= 0:
        return None
    match table:
        case Sequence(items=items):
            found: list[Expression] = []
            for item in items:
                if isinstance(item, Operation) and item.operator == "..." and item.operands:
                    inner = _rows(item.operands[0], scope, room - 1)
                    if inner is None:
                        return None
                    found += inner
                else:
                    found.append(_row(item, scope))
                if len(found) > _MOST_ROWS:
                    return None  # lists that spread lists grow tenfold at each step
            return found
        case Call(callee=Attribute(value=Name(id="Object"), name="entries" | "values" as asked), args=(of,)):
            record = _row(of, scope)
            entries = [entry for entry in record.entries if entry.key is not None] if isinstance(record, Record) else []
            if not isinstance(record, Record) or len(entries) < len(record.entries):
                return None
            return [_pair(entry) if asked == "entries" else _row(entry.value, scope) for entry in entries]
        case Call(callee=Attribute(name="items", value=of), args=()):
            return _rows(Call(table.span, Attribute(table.span, Name(table.span, "Object"), "entries"), (of,)), scope, room - 1)
        case Call(callee=Attribute(name=name) | Name(id=name), args=(only,)) if name in _SAME:
            return _rows(only, scope, room - 1)
        case Unknown(children=(only, *_)):  # ``[…] as const``
            return _rows(only, scope, room - 1)
        case Name() | Attribute():
            value = _value(table, scope)
            return _rows(value.expression, value.scope, room - 1) if value is not None else None
    return None


def _elsewhere(table: Expression, scope: Scope) -> list[Expression]:
    """Any row of a table that another file has: what it says is told by its name there."""
    home = scope.find(table.id) if isinstance(table, Name) else None
    imported = home is not None and isinstance(table, Name) and table.id in home.imports
    return [Subscript(table.span, table, Literal(table.span, 0))] if imported else []


def _pair(entry: Entry) -> Expression:
    return Sequence(entry.span, (Literal(entry.span, entry.key), entry.value))


def _row(item: Expression, scope: Scope) -> Expression:
    """One row: the record that a name stands for, where there is one."""
    while isinstance(item, Unknown) and len(item.children) > 0:
        item = item.children[0]
    value = _value(item, scope) if isinstance(item, Name) else None
    return value.expression if value is not None and isinstance(value.expression, (Record, Sequence)) else item


def _value(node: Expression, scope: Scope) -> Value | None:
    """The only thing that a name, a field of the object at hand or an entry of a record stands for."""
    name = None
    if isinstance(node, Attribute) and isinstance(node.value, Name) and node.value.id in ("this", "self") and scope.this is not None:
        name = f"{scope.this}.{node.name}"
    elif isinstance(node, Attribute):
        held = _value(node.value, scope)
        entry = _entry(held.expression, node.name) if held is not None else None
        return held._replace(expression=entry) if held is not None and entry is not None else None
    elif isinstance(node, Name):
        name = node.id
    home = scope.find(name) if name is not None else None
    values = live(home.values.get(name, []), node.span.start) if home is not None and name is not None else []
    return values[0] if len(values) == 1 and not values[0].path else None


def _entry(record: Expression, key: str) -> Expression | None:
    """What a record, or a list, holds under a key; None where it can't be told."""
    if isinstance(record, Record):
        if any(entry.key is None for entry in record.entries):
            return next((entry.value for entry in reversed(record.entries) if entry.key == key), None)
        return next((entry.value for entry in reversed(record.entries) if entry.key == key), Literal(record.span, None))
    if isinstance(record, Subscript):
        return Attribute(record.span, record, key)
    if isinstance(record, Sequence) and key.startswith("[") and key[1:-1].isdigit() and int(key[1:-1]) < len(record.items):
        return record.items[int(key[1:-1])]
    return None


def _bound(target: Expression, value: Expression) -> _Given:
    found: _Given = {}
    for name, path in targets(target):
        held: Expression | None = value
        for key in path:
            held = _entry(held, key) if held is not None else None
        if held is not None:
            found[name] = held
    return found


def _on_turn(body: tuple[Statement, ...], given: _Given, room: int) -> Iterator[tuple[Call, _Given]]:
    """The registrations that one turn of the loop comes to, as far as what the row says decides that."""
    for statement in body if room > 0 else ():
        for expression in statement_expressions(statement):
            yield from ((node, given) for node in calls_inside(expression))
        match statement:
            case Assign(target=target, value=Expression() as value, declares=True):
                held = _put_in(value, given)
                given = given | _bound(target, held) if _is_small(held) else given
            case Branch():
                holds = _truth(_put_in(statement.test, given))
                if holds is not False:
                    yield from _on_turn(statement.body, given, room - 1)
                if holds is not True:
                    yield from _on_turn(statement.orelse, given, room - 1)
            case Loop():
                yield from _on_turn((*statement.body, *statement.orelse), given, room - 1)
            case Block():
                yield from _on_turn((*statement.items, *statement.body), given, room - 1)
            case Try():
                yield from _on_turn(statement.body, given, room - 1)


def _is_small(node: Expression) -> bool:
    """What names stand for is put into what others stand for: ``const b = [a, a]`` thirty times over would have no end."""
    pending = [node]
    for _ in range(_MOST_PARTS):
        if not pending:
            return True
        pending += expressions(pending.pop())
    return False


def _truth(test: Expression) -> bool | None:
    match test:
        case Literal(value=value):
            return bool(value)
        case Record() | Lambda() | Name():
            return None if isinstance(test, Name) else True
        case Sequence():
            return True
        case Attribute(value=Sequence(items=items), name="length"):
            return bool(items)
        case Operation(operator="!", operands=(only,)):
            inner = _truth(only)
            return None if inner is None else not inner
        case Operation(operator="&&", operands=operands):
            truths = [_truth(each) for each in operands]
            return False if False in truths else None if None in truths else True
        case Operation(operator="==" | "!=" as operator, operands=(Literal(value=one), Literal(value=other))):
            return (one == other) is (operator == "==")
    return None


def _put_in(node: Expression, given: _Given) -> Expression:
    """An expression with what the row says in the places where it is asked for it; functions that are written there stay as they are."""
    match node:
        case Name(id=name):
            return given.get(name, node)
        case Attribute(value=value, name=name):
            held = _put_in(value, given)
            entry = _entry(held, name) if held is not value else None
            return entry if entry is not None else node if held is value else Attribute(node.span, held, name)
        case Subscript(value=value, index=index):
            held, key = _put_in(value, given), _put_in(index, given)
            entry = _entry(held, f"[{key.value}]") if held is not value and isinstance(key, Literal) else None
            if entry is not None:
                return entry
            return (
                Attribute(node.span, held, key.value)
                if isinstance(key, Literal) and isinstance(key.value, str)
                else Subscript(node.span, held, key)
            )
        case Call(callee=Attribute(value=value, name=name), args=()) if name in _CASES:
            held = _put_in(value, given)
            if isinstance(held, Literal) and isinstance(held.value, str):
                return Literal(held.span, _CASES[name](held.value))
        case Call():
            callee = _put_in(node.callee, given)
            if isinstance(callee, Attribute) and callee.name.lower() in HTTP_METHODS and isinstance(node.callee, Subscript):
                callee = Attribute(callee.span, callee.value, callee.name.lower())
            keywords = tuple(structs.replace(each, value=_put_in(each.value, given)) for each in node.keywords)
            return structs.replace(node, callee=callee, args=tuple(_put_in(each, given) for each in node.args), keywords=keywords)
        case Unknown(children=(only, *_)):
            held = _put_in(only, given)
            return held if held is not only else node
        case Template(parts=parts):
            return Template(node.span, tuple(_put_in(each, given) for each in parts))
        case Sequence(items=items):
            return Sequence(node.span, tuple(_put_in(each, given) for each in items))
        case Operation(operator=operator, operands=operands):
            made = tuple(_put_in(each, given) for each in operands)
            if operator in ("||", "??") and made:
                return next((each for each in made if _truth(each) is not False), made[-1])
            if operator == "?:" and len(made) > 2 and (holds := _truth(made[0])) is not None:  # noqa: PLR2004 - a test and both sides
                return made[1] if holds else made[2]
            return Operation(node.span, operator, made)
        case Record(entries=entries):
            return Record(node.span, tuple(structs.replace(each, value=_put_in(each.value, given)) for each in entries))
    return node


def _spread(node: Expression) -> Call:
    """The call with what a list holds that is spread over its arguments, and without what a row does not say."""
    assert isinstance(node, Call)  # noqa: S101 - a call is put in as a call
    found: list[Expression] = []
    for each in node.args:
        inner = each.operands[0] if isinstance(each, Operation) and each.operator == "..." and each.operands else None
        if isinstance(inner, Sequence):
            found += inner.items
        elif not (isinstance(each, Literal) and each.value is None):
            found.append(each)
    return structs.replace(node, args=tuple(found))
