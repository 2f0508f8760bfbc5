"""SQL and buckets in code that is no migration of any tool: what sets a project up, and what an app shows its owner to run; knows neither who runs it nor when."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import TYPE_CHECKING

from batten.code import model
from batten.code.parts import expressions, statement_expressions, targets, walked
from batten.extract.migrations.constants import Known, Mixed
from batten.extract.migrations.embedded import executed
from batten.extract.migrations.sql import dialect_of
from batten.facts.sources import SCRIPT, Source
from batten.parse.postgres.statements import Broken, Bucket, Statement
from batten.regex import regex
from batten.text import Span

if TYPE_CHECKING:
    from batten.code.model import Expression, Unit

# Prose that speaks of SQL does not begin with it.
_BEFORE = regex(r"\s+|--[^\n]*|/\*[^*]*(?:\*(?!/)[^*]*)*\*/|begin\s*;|create\s+extension[^;]*;", re.IGNORECASE)
_BEGINS = regex(
    r"(?:create\s+(?:or\s+replace\s+)?(?:unlogged\s+)?(?:table|policy|function|view|materialized\s+view|type|schema|trigger)|alter\s+(?:table|policy|default\s+privileges|function)"
    r"|drop\s+(?:table|policy|function|view)|grant|revoke|do\s+\$|insert\s+into\s+storage\.)\b",
    re.IGNORECASE,
)
# What may protect tables whose names cannot be told: it leaves them in doubt.
_PROTECTS = regex(r"row\s+level\s+security|\bpolicy\b|\brevoke\b", re.IGNORECASE)
_MAKERS = frozenset({"createBucket", "create_bucket"})
_EACH = frozenset({"forEach", "map"})
_OF_SUPABASE = regex(rb"supabase", re.IGNORECASE)
_DEEPEST = 12
_MOST_ROUNDS = 200
_MOST_TEXTS = 2_000
_LONGEST = 1_000_000


def read(data: bytes, unit: "Unit") -> tuple[tuple[Statement, ...], Source]:
    """What the texts of a file would do to a database, in the order that they stand in, and the buckets that it makes."""
    names = _Names(unit)
    texts = list(_bounded((node, each) for node in names.nodes for each in names.texts(node)))
    joined = "\n".join(_spelled(each) for _, each in texts)
    of_supabase = _OF_SUPABASE.search(data) is not None
    ours = dialect_of(unit.path, joined.encode("utf-8", "replace")) in ("postgres", *(("unknown",) if of_supabase else ()))
    made = [(node.span.start, found) for node, each in texts for found in executed(data, each, node.span)] if ours else []
    calls = [node for node in names.nodes if isinstance(node, model.Call)] if of_supabase else []
    made += islice(((call.span.start, bucket) for call in calls for bucket in names.buckets(call)), _MOST_TEXTS)
    found = tuple(statement for _, statement in sorted(made, key=lambda each: each[0]))
    if len(made) >= _MOST_TEXTS:
        found = (*found, Broken(Span(0, 0), "too long"))
    return found, Source(tool=SCRIPT, clients=of_supabase)


def _bounded(texts: Iterator[tuple["Expression", Known | Mixed]]) -> Iterator[tuple["Expression", Known | Mixed]]:
    """As many as a file could hold that is written by hand: lists in lists make more."""
    length = 0
    for node, text in islice(texts, _MOST_TEXTS):
        length += len(_spelled(text))
        if length > _LONGEST:
            return
        yield node, text


def _spelled(text: Known | Mixed) -> str:
    return "".join(part or "" for part in text.parts) if isinstance(text, Mixed) else str(text.value)


class _Names:
    """What the names of a file stand for that are bound once, and those that go through a list."""

    def __init__(self, unit: "Unit") -> None:
        self.nodes: list[Expression] = []
        self._known: dict[str, Expression | None] = {}
        self._rounds: dict[str, tuple[Expression, ...]] = {}
        self._lists: list[tuple[Expression, Expression]] = []
        self._walk(unit)
        for target, source in self._lists:
            items = self._found(source, {})
            each = items.items[:_MOST_ROUNDS] if isinstance(items, model.Sequence) else ()
            for name, path in targets(target) if each else ():
                self._rounds[name] = tuple(_part(item, path) for item in each)

    def _walk(self, unit: "Unit") -> None:
        bodies: list[tuple[model.Statement, ...]] = [unit.body]
        while bodies:
            for statement in walked(bodies.pop()):
                if isinstance(statement, model.Assign) and isinstance(statement.target, model.Name) and statement.value is not None:
                    name = statement.target.id
                    self._known[name] = None if name in self._known or statement.operator != "=" else statement.value
                elif isinstance(statement, model.Loop) and statement.target is not None and statement.source is not None:
                    self._lists.append((statement.target, statement.source))
                elif isinstance(statement, model.Define):
                    bodies.append(statement.value.body)
                pending = list(statement_expressions(statement))
                while pending:
                    node = pending.pop()
                    self.nodes.append(node)
                    whole = _pieces(node)
                    # What a text is put together of is no text of its own.
                    pending += [each for each in whole if not isinstance(each, model.Literal)] if whole else expressions(node)
                    if isinstance(node, model.Lambda):
                        bodies.append(node.function.body)
                    elif isinstance(node, model.Call):
                        self._of_call(node)

    def _of_call(self, call: model.Call) -> None:
        match call:
            case model.Call(callee=model.Attribute(value=source, name=name), args=(model.Lambda(function=function), *_)) if name in _EACH:
                if function.parameters:
                    self._lists.append((function.parameters[0].target, source))
            case _:
                pass

    def texts(self, node: "Expression") -> Iterator[Known | Mixed]:
        """The SQL that a text is, once for each item of the lists that it names."""
        if isinstance(node, model.Literal):
            if isinstance(node.value, str) and _is_sql(node.value):
                yield Known(node.value, node.span)
        elif (pieces := _pieces(node)) and isinstance(pieces[0], model.Literal) and _is_sql(str(pieces[0].value)):
            for chosen in self._choices(node):
                parts = tuple(self._text(part, chosen) for part in pieces)
                whole = "".join(part or "" for part in parts)
                if None not in parts:
                    yield Known(whole)
                elif _PROTECTS.search(whole):
                    yield Mixed(parts)

    def buckets(self, call: model.Call) -> Iterator[Bucket]:
        """The buckets that a call makes, one for each item of the lists that it names: ``storage.createBucket("avatars", { public: true })``."""
        if not isinstance(call.callee, model.Attribute) or call.callee.name not in _MAKERS:
            return
        name = next((each.value for each in call.keywords if each.name == "id"), call.args[0] if call.args else None)
        options = next((each.value for each in call.keywords if each.name == "options"), call.args[1] if len(call.args) > 1 else None)
        for chosen in self._choices(call) if name is not None else ():
            found = self._found(options, chosen)
            public = self._found(_entry(found, "public"), chosen) if isinstance(found, model.Record) else None
            told = public.value if isinstance(public, model.Literal) else None
            absent = found is None or (isinstance(found, model.Record) and public is None and all(each.key for each in found.entries))
            text = self._text(name, chosen) if name is not None else None
            if text is not None:
                yield Bucket(call.span, text, False if absent else told if isinstance(told, bool) else None, "nothing")

    def _choices(self, node: "Expression") -> Iterator[Mapping[str, "Expression"]]:
        """What the names in an expression that go through lists stand for, round by round."""
        found: dict[str, tuple[Expression, ...]] = {}
        pending = [node]
        while pending:
            each = pending.pop()
            if isinstance(each, model.Name) and each.id in self._rounds:
                found[each.id] = self._rounds[each.id]
            pending += expressions(each)
        sources = list(found.values())
        together = zip(*sources, strict=False) if len({len(each) for each in sources}) == 1 else product(*sources)
        for items in islice(together, _MOST_ROUNDS) if sources else ((),):
            yield dict(zip(found, items, strict=True))

    def _text(self, node: "Expression", chosen: Mapping[str, "Expression"]) -> str | None:
        found = self._found(node, chosen)
        return found.value if isinstance(found, model.Literal) and isinstance(found.value, str) else None

    def _found(self, node: "Expression | None", chosen: Mapping[str, "Expression"]) -> "Expression | None":
        """What an expression comes to, through names and the entries of records."""
        for _ in range(_DEEPEST):
            match node:
                case model.Name(id=name):
                    node = chosen.get(name) or self._known.get(name)
                case model.Attribute(value=value, name=name):
                    inner = self._inner(value, chosen)
                    node = _entry(inner, name) if isinstance(inner, model.Record) else None
                case model.Call(callee=model.Attribute(value=value, name="entries" | "trim")):
                    node = value
                case _:
                    return node
        return None

    def _inner(self, node: "Expression", chosen: Mapping[str, "Expression"]) -> "Expression | None":
        """What a name stands for whose entry is asked for; one of an entry's own entries cannot be told."""
        return (chosen.get(node.id) or self._known.get(node.id)) if isinstance(node, model.Name) else node


def _is_sql(text: str) -> bool:
    at = 0
    while (before := _BEFORE.match(text, at)) is not None:
        at = before.end()
    return _BEGINS.match(text, at) is not None


def _pieces(node: "Expression") -> tuple["Expression", ...]:
    """What a text is put together of; empty where it is not."""
    if isinstance(node, model.Template):
        return node.parts
    found: list[Expression] = []
    pending: list[Expression] = [node] if isinstance(node, model.Operation) and node.operator == "+" else []
    while pending:
        each = pending.pop()
        if isinstance(each, model.Operation) and each.operator == "+":
            pending += reversed(each.operands)
        else:
            found.append(each)
    return tuple(found)


def _entry(record: "Expression", name: str) -> "Expression | None":
    return next((each.value for each in record.entries if each.key == name), None) if isinstance(record, model.Record) else None


def _part(item: "Expression", path: Sequence[str]) -> "Expression":
    """What a target takes of an item: ``{ name }`` of a record, the second of a pair."""
    for step in path:
        if isinstance(item, model.Sequence) and step[1:-1].isdigit() and int(step[1:-1]) < len(item.items):
            item = item.items[int(step[1:-1])]
        elif (found := _entry(item, step)) is not None:
            item = found
        else:
            return model.Unknown(item.span, "part")
    return item
