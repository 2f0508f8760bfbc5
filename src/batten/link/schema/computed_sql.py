"""What reaches the text that a function runs as SQL, or the address that it sends requests to, without being quoted or checked."""

import re
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from batten.facts.database import DatabaseFunction
from batten.finding import Step
from batten.link.schema.function_bodies import Bodies
from batten.link.schema.state import Routine
from batten.parse.postgres.expressions import (
    Case,
    Cast,
    Constant,
    Expression,
    Invocation,
    Operation,
    Parameter,
    Query,
    Reference,
    Sequence,
    Subquery,
    walk,
)
from batten.parse.postgres.routine_body import Body, calls_in
from batten.regex import regex
from batten.text import Place, Span

_ROUNDS = 4
_DEEPEST = 40
_QUOTING = frozenset({"quote_literal", "quote_ident", "quote_nullable"})
# Functions whose result says nothing that a caller could shape.
_SHAPELESS = frozenset(
    {"length", "char_length", "count", "now", "to_regclass", "to_regtype", "md5", "encode", "extract", "date_part", "array_length", "jsonb_array_length", "position", "strpos", "to_number",
     "gen_random_uuid", "uuid_generate_v4", "floor", "ceil", "round", "abs", "greatest_id", "current_database", "current_schema", "pg_backend_pid", "uid", "age", "date_trunc", "clock_timestamp"}
)  # fmt: skip
_PASSING = frozenset(
    {"coalesce", "lower", "upper", "trim", "btrim", "ltrim", "rtrim", "concat", "concat_ws", "array_to_string", "string_agg", "substring", "substr", "left", "right", "initcap", "nullif", "unnest",
     "string_to_array", "jsonb_extract_path_text", "json_extract_path_text", "array_agg", "repeat", "lpad", "rpad", "replace", "split_part", "jsonb_array_elements_text", "json_array_elements_text",
     "jsonb_array_elements", "text", "varchar", "reverse", "translate", "regexp_replace", "jsonb_each_text", "json_each_text", "jsonb_each", "jsonb_object_keys", "format"}
)  # fmt: skip
_TEXTUAL = regex(
    r"^(?:text|varchar|character varying|character|char|bpchar|citext|\w+\.citext|name|json|jsonb|anyelement|anyarray|record|variadic)\b"
)
_RUNS = regex("execute", re.IGNORECASE)
_SHORT = regex(r"%(?:(\d+)\$)?(-?\d*)([sIL%])")
_CATALOGUE = regex(r"^(?:pg_|information_schema)")
_FETCHERS = {
    "http_get": 0,
    "http_post": 0,
    "http_delete": 0,
    "http_put": 0,
    "http_head": 0,
    "http_patch": 0,
    "dblink": 0,
    "dblink_exec": 0,
    "dblink_connect": 1,
}
_HOST = regex(r"^\s*(?:https?|ftp)://[^/\s]+/", re.IGNORECASE)
_HARMLESS_TESTS = frozenset({"is null", "is not null"})

Roots = frozenset[str]
"""Where a value comes from: ``parameter:name``, ``table:name.column``; ``?`` can't tell. Empty: nothing of it is anyone's to choose."""

_Inner = Callable[[Expression], Roots]
_NOTHING: Roots = frozenset()
_UNCLEAR: Roots = frozenset({"?"})


class _Danger(Struct, frozen=True):
    roots: Roots
    at: Span
    whole: bool


def with_inputs(bodies: Bodies, facts: list[DatabaseFunction]) -> list[DatabaseFunction]:
    """The functions, with what of their callers' text they run or send requests to."""
    by_name = {
        f"{routine.full}({', '.join(routine.types)})": routine for routines in bodies.database.routines.values() for routine in routines
    }
    return [_judged(fact, by_name[fact.signature], bodies) for fact in facts]


def _judged(fact: DatabaseFunction, routine: Routine, bodies: Bodies) -> DatabaseFunction:
    text = routine.made.body or ""
    asks = any(name in text for name in ("http", "dblink", "program"))
    if not asks and _RUNS.search(text) is None:
        return fact
    body = bodies.body(routine)
    if not body.computed and not asks:
        return fact
    flow = _Flow(routine, body)
    dangers = [danger for each in body.computed if (danger := flow.runs(each.text, each.at)) is not None]
    dangers.sort(key=lambda danger: not any(root.startswith("parameter:") for root in danger.roots))
    fetched = flow.fetches()
    if dangers:
        worst = dangers[0]
        from_caller = any(root.startswith("parameter:") for root in worst.roots)
        kind = "parameter" if from_caller else "table"
        names = tuple(sorted(root.partition(":")[2] for root in worst.roots if root.startswith(kind)))
        fact = replace(
            fact,
            injects=kind,
            injected=names,
            runs_any=worst.whole and from_caller,
            trail=(*fact.trail, Step(_place(fact, routine, worst.at), f"{_listed(names)} becomes part of the SQL that runs here")),
        )
    if fetched is not None:
        name, at = fetched
        acts = None if fact.acts == "request" else fact.acts  # to ask an address of the caller's is the worse half of it
        fact = replace(
            fact, fetches=name, acts=acts, trail=(*fact.trail, Step(_place(fact, routine, at), f"the address in {name} is asked here"))
        )
    return fact


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _place(fact: DatabaseFunction, routine: Routine, at: Span) -> Place:
    body, text = fact.body, routine.made.body or ""
    if body is None or body.span.end - body.span.start != len(text.encode()):
        return fact.place
    return Place(body.path, Span(body.span.start + at.start, body.span.start + at.end))


class _Flow:
    """The variables of one function and where their text comes from."""

    def __init__(self, routine: Routine, body: Body) -> None:
        self.body = body
        self.known: dict[str, Roots] = {}
        self.numbered: list[Roots] = []
        checked = self._checked()
        for argument in routine.made.parameters:
            free = _TEXTUAL.match(argument.type) is not None and argument.name not in checked
            roots = frozenset({f"parameter:{argument.name or '$' + str(len(self.numbered) + 1)}"}) if free else _NOTHING
            self.numbered.append(roots)
            if argument.name is not None:
                self.known[argument.name] = roots
        self.function = routine.name
        for _ in range(_ROUNDS):
            before = dict(self.known)
            for each in body.assigned:
                if each.name not in checked:
                    self.known[each.name] = self.known.get(each.name, _NOTHING) | self.roots(each.value)
            for reading in body.readings:
                self._filled(reading.into, reading.query, checked)
            if before == self.known:
                break

    def _checked(self) -> set[str]:
        """The names whose values a test looks at before the function goes on: which values pass is not told apart."""
        found: set[str] = set()
        for test in self.body.tests:
            for each in walk(test.condition):
                match each:
                    case Operation(operator, _) if operator in _HARMLESS_TESTS:
                        continue
                    case Operation("=" | "<>", operands) if any(isinstance(one, Constant) and one.value in ("", None) for one in operands):
                        continue
                    case Operation("and" | "or" | "not", _):
                        continue
                    case Operation(_, operands) | Invocation(_, operands):
                        found |= {one.parts[-1] for operand in operands for one in walk(operand) if isinstance(one, Reference)}
                    case Subquery(_, query):
                        inner = (part for part in (query.where,) if part is not None)
                        found |= {one.parts[-1] for part in inner for one in walk(part) if isinstance(one, Reference)}
                    case _:
                        pass
        return found

    def _filled(self, names: Iterable[str], query: Query, checked: set[str]) -> None:
        columns = self._columns(query)
        listed = list(names)
        for at, name in enumerate(listed):
            if name in checked:
                continue
            if len(listed) == 1 and len(query.targets) != 1:
                self.known[name] = self.known.get(name, _NOTHING).union(*(self._with(columns, target.value) for target in query.targets))
            elif at < len(query.targets):
                self.known[name] = self.known.get(name, _NOTHING) | self._with(columns, query.targets[at].value)

    def _columns(self, query: Query) -> dict[str, Roots]:
        """What the sources of a query give: a table its own values, a function what it is called with."""
        found: dict[str, Roots] = {}
        for source in query.sources:
            if source.name is not None:
                catalogue = _CATALOGUE.match(source.name.schema or source.name.name) is not None
                found[source.alias or source.name.name] = _NOTHING if catalogue else frozenset({f"table:{source.name.name}"})
            elif source.function is not None:
                roots = _NOTHING.union(*(self.roots(each) for each in source.function.arguments))
                for label in (source.alias, *source.columns, "value", "unnest"):
                    if label is not None:
                        found.setdefault(label, roots)
            elif source.query is not None and source.alias is not None:
                inner = self._columns(source.query)
                found[source.alias] = _NOTHING.union(*(self._with(inner, target.value) for target in source.query.targets))
        return found

    def _with(self, columns: Mapping[str, Roots], value: Expression) -> Roots:
        before = self.known
        self.known = {**before, **columns}
        try:
            return self.roots(value, tables=columns)
        finally:
            self.known = before

    def roots(self, value: Expression, depth: int = 0, tables: Mapping[str, Roots] | None = None) -> Roots:
        """Where the text of a value comes from, as far as nothing quotes it."""
        if depth > _DEEPEST:
            return _UNCLEAR

        def inner(each: Expression) -> Roots:
            return self.roots(each, depth + 1, tables)

        def all_of(values: Iterable[Expression]) -> Roots:
            return _NOTHING.union(*(inner(each) for each in values))

        match value:
            case Constant():
                return _NOTHING
            case Parameter(number):
                return self.numbered[number - 1] if 0 < number <= len(self.numbered) else _UNCLEAR
            case Reference(parts):
                return self._named(parts, tables)
            case Cast(operand, type_):
                return inner(operand) if _TEXTUAL.match(type_) else _NOTHING
            case Case(_, branches, otherwise):
                return all_of([*(then for _, then in branches), otherwise])
            case Operation("||" | "->>" | "->" | "#>>" | "#>" | "[]" | ".", operands):
                return all_of(operands)
            case Operation():
                return _NOTHING  # arithmetic, comparisons
            case Sequence(items):
                return all_of(items)
            case Invocation(name, arguments):
                return self._call(name.name, arguments, inner)
            case Subquery("exists" | "in" | "not in", _):
                return _NOTHING
            case Subquery(_, query):
                columns = self._columns(query)
                return _NOTHING.union(*(self._with(columns, target.value) for target in query.targets))
            case _:
                return _UNCLEAR

    def _named(self, parts: tuple[str, ...], tables: Mapping[str, Roots] | None) -> Roots:
        if len(parts) > 1 and parts[0] == self.function and parts[1] in self.known:
            return self.known[parts[1]]
        found = self.known.get(parts[0])
        if found is not None:
            return found
        if tables and parts[0] != "new":
            return _NOTHING.union(*tables.values())  # a column of one of them
        return _NOTHING

    def _call(self, name: str, arguments: tuple[Expression, ...], inner: _Inner) -> Roots:
        if name in _QUOTING or name in _SHAPELESS or not arguments:
            return _NOTHING
        if name == "format":
            return self._formatted(arguments, inner)
        if name == "replace" and isinstance(arguments[-1], Constant) and arguments[-1].value in ("''", '""'):
            return _NOTHING
        if name == "regexp_replace" and arguments[1:] and isinstance(arguments[1], Constant) and str(arguments[1].value).startswith("[^"):
            return _NOTHING
        found = _NOTHING.union(*(inner(each) for each in arguments))
        return found if name in _PASSING or not found else found | _UNCLEAR

    def _formatted(self, arguments: tuple[Expression, ...], inner: _Inner) -> Roots:
        pattern = arguments[0]
        if not isinstance(pattern, Constant):
            return inner(pattern).union(*(inner(each) for each in arguments[1:]))
        found = _NOTHING
        at = 0
        for match in _SHORT.finditer(str(pattern.value)):
            if match[3] == "%":
                continue
            at = int(match[1]) if match[1] else at + 1
            if match[3] == "s" and at < len(arguments):
                found |= inner(arguments[at])
        return found

    def runs(self, text: Expression, at: Span) -> _Danger | None:
        """The dangerous part of a text that is run, or None: also where it can't be told."""
        roots = self.roots(text)
        if not roots or "?" in roots:
            return None
        whole = isinstance(text, Reference | Parameter) and not any(
            each.name == getattr(text, "parts", ("",))[0] for each in self.body.assigned
        )
        return _Danger(roots, at, whole)

    def fetches(self) -> tuple[str, Span] | None:
        """The parameter that says which host is asked, and where."""
        values: list[tuple[Expression | Query, Span]] = [(reading.query, reading.at) for reading in self.body.readings]
        values += [(each.value, Span(0, 0)) for each in self.body.assigned] + [(each, Span(0, 0)) for each in self.body.answers]
        for value, at in values:
            for call in calls_in(value):
                position = _FETCHERS.get(call.name.name)
                if (
                    position is None
                    or call.name.schema not in (None, "net", "extensions", "public", "http")
                    or position >= len(call.arguments)
                ):
                    continue
                address = call.arguments[position]
                if _HOST.match(_start(address)):
                    continue
                roots = self.roots(address)
                names = sorted(root.partition(":")[2] for root in roots if root.startswith("parameter:"))
                if names and "?" not in roots:
                    return names[0], at
        return None


def _start(value: Expression) -> str:
    """The constant text that a value begins with."""
    for _ in range(_DEEPEST):
        match value:
            case Constant(str(text)):
                return text
            case Operation("||", (first, *_)):
                value = first
            case Invocation(name, (first, *_)) if name.name in ("format", "concat"):
                value = first
            case Cast(operand, _):
                value = operand
            case _:
                return ""
    return ""
