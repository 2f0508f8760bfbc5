"""Texts that are put together of constants and of what other files define; knows nothing of what those files say."""

from collections.abc import Iterator

from batten.code.model import Attribute, Call, Expression, Literal, Name, Operation, Record, Template
from batten.code.names import is_text, qualify, text_of
from batten.code.scopes import Scope, live
from batten.extract.values import ASKS, plain, without_keys
from batten.facts.calls import HOLE, Origin, Source
from batten.regex import regex

# A text of more pieces than this is not told, nor are more of a record's texts.
_MOST_PIECES = 16
_MOST_TEXTS = 100
_MOST_HOPS = 8
_MOST_PARTS = 100
_LONGEST_QUERY = 20_000
_FIELD = regex(r"\{\w{0,60}\}")
_DEEPEST = 3


def pieces_of(node: Expression, scope: Scope) -> tuple[Source, ...]:
    """The pieces of a text whose value this file alone does not tell; empty where they can't be told either."""
    if type(node) not in (Attribute, Name, Template, Operation):
        return ()
    found: list[Source] = []
    for piece in _pieces(node, scope):
        if piece is None or len(found) == _MOST_PIECES:
            return ()
        found.append(piece)
    return tuple(found) if any(piece.origin is Origin.NAME for piece in found) else ()


def query_of(node: Expression, scope: Scope) -> str | None:
    """The text of a query that is put together of constants and of what this file does not tell, which is ``HOLE`` there; None for anything else.

    A query that goes through a call is taken for what it was before: ``text("...")``, a function that changes its placeholders, ``"...".format(table)``.
    """
    if type(node) is Operation and node.operator == "%" and node.operands:
        node = node.operands[0]
    if type(node) not in (Name, Template, Operation, Literal, Call):
        return None
    found: list[str] = []
    for piece in _pieces(node, scope, of_query=True):
        if len(found) == _MOST_PARTS:
            return None
        found.append(piece.text if piece is not None and piece.origin is Origin.LITERAL else HOLE)
        if not ASKS.match(found[0]):
            return None
    text = "".join(found)
    if type(node) is Call and type(node.callee) is Attribute and node.callee.name == "format":
        text = _FIELD.sub(HOLE, text)
    return text if found and len(text) <= _LONGEST_QUERY else None


def _pieces(node: Expression, scope: Scope, *, of_query: bool = False) -> Iterator[Source | None]:
    """What a text is put together of, in order: constants, names of other modules, and None for what can't be told.

    ``of_query``: through calls, and with holes for keys only, since queries are long.
    """
    pending: list[tuple[Expression, Scope, int]] = [(node, scope, _MOST_HOPS)]
    while pending:
        part, inside, hops = pending.pop()
        text = text_of(part, inside) if hops else None
        if text is not None:
            kept = without_keys(text) if of_query else plain(text)
            yield None if kept is None else Source(Origin.LITERAL, kept)
        elif hops and type(part) is Template:
            pending += [(piece, inside, hops - 1) for piece in reversed(part.parts)]
        elif hops and type(part) is Operation and part.operator == "+" and is_text(part):
            pending += [(piece, inside, hops - 1) for piece in reversed(part.operands)]
        elif hops and (bound := bound_to(part, inside)) is not None:
            pending.append((*bound, hops - 1))
        elif hops and (name := _imported(part, inside)) is not None:
            yield Source(Origin.NAME, name)
        elif hops and of_query and (given := _given(part)) is not None:
            pending.append((given, inside, hops - 1))
        else:
            yield None


def _given(node: Expression) -> Expression | None:
    """The text that a call is about: its first argument, or what it is a method of."""
    if type(node) is not Call:
        return None
    if type(node.callee) is Attribute and type(node.callee.value) in (Literal, Template, Operation):
        return node.callee.value
    return node.args[0] if node.args else None


def bound_to(node: Expression, scope: Scope) -> tuple[Expression, Scope] | None:
    """What a name of this file was bound to, once."""
    home = scope.find(node.id) if type(node) is Name else None
    values = live(home.values.get(node.id, []), node.span.start) if home is not None and type(node) is Name else []
    if len(values) != 1 or values[0].path or (home is not None and type(node) is Name and node.id in home.parameters):
        return None
    return values[0].expression, values[0].scope


def _imported(node: Expression, scope: Scope) -> str | None:
    """The qualified name of something of another module, or of a property of it."""
    base = node
    while type(base) is Attribute:
        base = base.value
    home = scope.find(base.id) if type(base) is Name else None
    if home is None or type(base) is not Name or base.id not in home.imports:
        return None
    return qualify(node, scope)


def texts_of(node: Expression, scope: Scope) -> tuple[tuple[str, str], ...]:
    """The constant texts in a record, by path: ``(("users", "app_users"),)``; nothing that could be a key."""
    found: list[tuple[str, str]] = []
    pending: list[tuple[str, Expression, int]] = [("", node, 0)]
    while pending and len(found) < _MOST_TEXTS:
        path, value, depth = pending.pop()
        if type(value) is Record and depth < _DEEPEST:
            lead = f"{path}." if path else ""
            pending += [(lead + entry.key, entry.value, depth + 1) for entry in reversed(value.entries) if entry.key is not None]
        elif path and type(value) in (Literal, Template) and (text := plain(text_of(value, scope))) is not None:
            found.append((path, text))
    return tuple(found)
