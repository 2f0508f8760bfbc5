"""What functions with their owner's rights do for whoever calls them, and whether they find out who that is."""

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from batten.facts.database import DatabaseFunction
from batten.facts.schema import Verdict
from batten.finding import Step
from batten.link.schema import wording
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH, Caller
from batten.link.schema.function_bodies import Bodies, Gate
from batten.link.schema.intakes import takes_in
from batten.link.schema.lookups import asked_by_code
from batten.link.schema.privileges import VERBS
from batten.link.schema.sensitivity import is_content, owner_columns, sensitive
from batten.link.schema.state import CLIENTS, Relation, Routine
from batten.parse.postgres.expressions import Constant, Expression, Invocation, Name, Operation, Query, Reference, walk
from batten.parse.postgres.routine_body import Change, Reading, calls_in
from batten.regex import regex
from batten.text import Place, Span

_DEEPEST = 3
_ACCOUNTS = frozenset({"auth", "vault"})
_LOGS = regex(
    r"log(?:s|ging)?$|audit|history|attempts?$|rate_?limit|metric|stat(?:s|istics)$|view(?:s|_counts?)$|usage|cache", re.IGNORECASE
)
_COUNTERS = regex(
    r"count|views?$|clicks?$|hits?$|downloads?$|likes?$|visits?|shares?$|plays?$|last_|updated_at|seen_at|accessed", re.IGNORECASE
)
_GETS_OR_MAKES = regex(r"(?:get|find|fetch)_or_(?:create|insert|make)_")
_CLOCK = frozenset({"now", "current_date", "current_timestamp", "localtimestamp", "clock_timestamp", "statement_timestamp"})
_KNOWS = regex(
    r"token|secret|signature|(?:^|_)hash(?:$|_)|api_?key|password|passcode|(?:^|_)pin(?:$|_)|(?:invite|invitation|access|join|share|reset|verification)_?code|(?:^|_)otp(?:$|_)",
    re.IGNORECASE,
)
_WHOSE = regex(
    r"^(?:_|p_|in_|v_|arg_|param_|target_|input_)*(?:user_?id|uid|owner(?:_id)?|userid|user_uuid|customer_id|profile_id|account_id|member_id|auth_id|auth_user_id|author_id|buyer_id|seller_id|student_id|patient_id|employee_id|sender_id)$",
    re.IGNORECASE,
)
_SINGLE = regex(
    r"^(?:boolean|bool|void|integer|int|int4|int8|bigint|smallint|numeric|decimal|double precision|real|float8?|timestamp.*|date|interval|trigger|event_trigger)$"
)
_ONE_VALUE = regex(r"^(?:text|varchar|character varying|uuid|name|citext|public\.\w+|\w+_(?:role|type|status|enum)|role|app_role)$")
_VERBS = {"insert": "adds to", "update": "changes", "delete": "deletes from", "truncate": "empties"}
_NETWORK = frozenset({"http_get", "http_post", "http_delete", "http_put", "http", "dblink", "dblink_exec", "http_collect_response"})
_RANKS = ("accounts", "code", "write", "request", "read")


class _Deed(Struct, frozen=True):
    """One thing a function does with its owner's rights that its caller may not do."""

    kind: str
    words: str
    at: Span
    change: Change | None = None
    reading: Reading | None = None


_Shared = dict[tuple[str, int, int], tuple[list[_Deed], bool]]
"""What functions do that others call: by the caller's role, the function, and how much further is looked."""


def with_deeds(model: AccessModel, bodies: Bodies, facts: list[DatabaseFunction]) -> list[DatabaseFunction]:
    """The functions, with what they do."""
    by_name = {
        f"{routine.full}({', '.join(routine.types)})": routine for routines in model.database.routines.values() for routine in routines
    }
    shared: _Shared = {}
    return [_judged(_Reader(model, bodies, fact, by_name[fact.signature], shared)) for fact in facts]


def _judged(reader: "_Reader") -> DatabaseFunction:
    fact, routine = reader.fact, reader.routine
    text = (routine.made.body or "").lstrip().lower()
    creates = any(
        "create" in model_schema.held.get(role, ())
        for name, model_schema in reader.model.database.schemas.items()
        if name in ("public", routine.schema)
        for role in ("public", *CLIENTS)
    )
    fact = replace(fact, clients_create=creates, atomic=fact.language == "sql" and text.startswith(("begin atomic", "return ")))
    if not fact.definer or fact.trigger or fact.clients_call is False or routine.made.body is None:
        return fact
    gate = reader.bodies.gate(routine)
    deeds, doubted = reader.deeds(routine)
    if gate is not Gate.NONE:
        asks: bool | None = None if gate is Gate.UNKNOWN else True
        deeds, acting = [], deeds
    else:
        asks, acting = (None if doubted else True) if not deeds else False, deeds
    trusted = reader.trusted(acting) if gate in (Gate.NONE, Gate.LOGIN) else None
    for_accounts = reader.for_accounts(acting) if gate is Gate.LOGIN and trusted is None else []
    shown = sorted(deeds, key=lambda deed: _RANKS.index(deed.kind))
    return replace(
        fact,
        asks_caller=asks,
        acts=shown[0].kind if shown else None,
        deeds=_words(shown),
        reads_accounts=any(deed.words.startswith("reads auth.") for deed in deeds),
        mild=reader.mild(deeds) if deeds else None,
        serves_callers=bool(deeds) and reader.serves(),
        trusts=trusted[0] if trusted else None,
        trusted_deeds=_words(trusted[1]) if trusted else "",
        account_deeds=_words(for_accounts),
        trail=(*fact.trail, *reader.story(shown or (trusted[1] if trusted else for_accounts))),
    )


def _words(deeds: list[_Deed]) -> str:
    words = list(dict.fromkeys(deed.words for deed in deeds))
    return wording.listed(words[:3] if len(words) < 4 else [*words[:2], "more"])  # noqa: PLR2004 - as many as a reader takes in


class _Reader:
    """One function being looked at, as its most powerless caller."""

    def __init__(self, model: AccessModel, bodies: Bodies, fact: DatabaseFunction, routine: Routine, shared: "_Shared") -> None:
        self.model = model
        self.bodies = bodies
        self.fact = fact
        self.routine = routine
        self.shared = shared
        self.caller: Caller = ANON if fact.anon_calls else FRESH

    def deeds(self, routine: Routine, depth: int = _DEEPEST) -> tuple[list[_Deed], bool]:
        """What it does that is not for the caller alone, and whether some of it can't be told."""
        body = self.bodies.body(routine)
        found: list[_Deed] = []
        doubted = False
        for change in body.changes:
            deed = self._changed(change, routine)
            bound = self.bodies.bound(change, routine) if deed is not None else True
            doubted = doubted or bound is None
            if deed is not None and bound is False:
                found.append(deed)
        for reading in body.readings:
            bound = self.bodies.reading_bound(reading, routine)
            doubted = doubted or bound is None
            if bound is False and routine is self.routine and self._returned(reading, routine):
                found += self._read(reading)
        for computed in body.computed:
            if any(isinstance(each, Reference) for each in walk(computed.text)):
                found.append(_Deed("code", "runs SQL that it puts together", computed.at))
        inner, unclear = self._called(routine, depth)
        return found + inner, doubted or unclear

    def serves(self) -> bool:
        """Whether accounts may do by themselves all that it does, with rows that policies let through. What another function does for it, or SQL that it puts together, can't be told."""
        body = self.bodies.body(self.routine)
        if not self.fact.plain or body.computed or self._called(self.routine, 1)[0]:
            return False
        asked: list[tuple[Relation | None, str]] = [(self._relation(change.table), change.verb) for change in body.changes]
        asked += [(relation, "select") for relation, verb in asked if verb in ("update", "delete")]
        asked += [(relation, "select") for reading in body.readings for _, relation, _ in _tables(reading.query, self.model)]
        return all(
            relation is not None
            and not relation.ghost
            and verb in VERBS
            and self.model.judge(relation, FRESH, verb).verdict in (Verdict.ROWS, Verdict.ALL)
            for relation, verb in asked
        )

    def _called(self, routine: Routine, depth: int) -> tuple[list[_Deed], bool]:
        body = self.bodies.body(routine)
        found: list[_Deed] = []
        doubted = False
        values: list[tuple[Expression | Query, Span]] = [(reading.query, reading.at) for reading in body.readings]
        values += [(each.value, Span(0, 0)) for each in body.assigned] + [(each, Span(0, 0)) for each in body.answers]
        sure, perhaps = self.bodies.callers(routine)
        for value, at in values:
            for call in calls_in(value):
                if call.name.name in _NETWORK and call.name.schema in (None, "net", "extensions", "public"):
                    found.append(_Deed("request", "sends requests over the network", at))
                for other in self.model.database.routines_named(call.name) if depth else ():
                    if other is routine or not other.made.body:
                        continue
                    if self.bodies.gate(other) is not Gate.NONE or any(self.bodies.asks(each, sure, perhaps) for each in call.arguments):
                        continue
                    key = (self.caller.role, id(other), depth)
                    known = self.shared.get(key)
                    if known is None:
                        self.shared[key] = ([], False)  # a circle adds nothing
                        known = self.shared[key] = self.deeds(other, depth - 1)
                    inner, unclear = known
                    doubted = doubted or unclear
                    found += [replace(deed, at=at) for deed in inner if deed.kind != "read"]
        return found, doubted

    def _changed(self, change: Change, routine: Routine) -> _Deed | None:
        relation = self._relation(change.table)
        schema = change.table.schema or (relation.schema if relation is not None else "public")
        if schema.startswith("pg_") or change.table.name.startswith(("pg_", "tmp_", "temp_")) or not change.table.name:
            return None
        if relation is None and change.table.schema is None and _made_inside(routine, change.table.name):
            return None
        name = relation.full if relation is not None else f"{schema}.{change.table.name}"
        words = f"{_VERBS[change.verb]} {name}"
        if schema in _ACCOUNTS:
            return _Deed("accounts", words, change.at, change)
        if relation is not None and change.verb in VERBS and self.model.judge(relation, self.caller, change.verb).verdict is Verdict.ALL:
            return None  # the caller may do as much without it
        return _Deed("write", words, change.at, change)

    def _relation(self, name: Name) -> Relation | None:
        return self.model.database.relation(name)

    def _returned(self, reading: Reading, routine: Routine) -> bool:
        """Whether what a query finds is what the function answers, and more than a number."""
        if _SINGLE.match(routine.made.returns.removeprefix("pg_catalog.")):
            return False
        if reading.answers:
            return True
        body = self.bodies.body(routine)
        names = set(reading.into)
        for _ in range(_DEEPEST):
            names |= {each.name for each in body.assigned if _names(each.value) & names}
        return any(_names(answer) & names for answer in body.answers)

    def _read(self, reading: Reading) -> Iterator[_Deed]:
        for name, relation, query in _tables(reading.query, self.model):
            if name.schema in _ACCOUNTS:
                if not _only_counts(query):
                    yield _Deed("accounts", f"reads {name}", reading.at, reading=reading)
                continue
            if relation is None or relation.kind not in ("table", "partitioned") or relation.ghost:
                continue
            kinds, whose = sensitive(relation), owner_columns(relation)
            verdict = self.model.judge(relation, self.caller, "select").verdict
            if verdict in (None, Verdict.ALL) or not (kinds or whose) or (is_content(relation) and not kinds):
                continue
            if not _only_counts(query):
                yield _Deed("read", f"reads {relation.full}", reading.at, reading=reading)

    def mild(self, deeds: list[_Deed]) -> str | None:
        """Why all of it is of little use to a stranger, or None."""
        changes = [deed.change for deed in deeds if deed.change is not None]
        kinds = {deed.kind for deed in deeds}
        if any(argument.name and _KNOWS.search(argument.name) for argument in self.fact.arguments):
            return "token"
        if kinds == {"read"}:
            if self.fact.used_by_policies:
                return "helper"
            asked = {argument.name for argument in self.fact.arguments if argument.name}
            behind = all(deed.reading and asked_by_code(deed.reading.query, asked, self.routine.made.columns) for deed in deeds)
            return "scalar" if behind or _ONE_VALUE.match(self.fact.returns) else None
        if kinds - {"write", "read"}:
            return None
        if all(takes_in(change, self.fact.arguments) for change in changes):
            return "intake"
        if all(_LOGS.search(change.table.name) and (change.verb in ("insert", "update") or _by_the_clock(change)) for change in changes):
            return "log"
        if kinds == {"write"} and _GETS_OR_MAKES.match(self.routine.name) and all(change.verb == "insert" for change in changes):
            return "first"
        if all(change.verb in ("update", "insert") and (_counts(change) or _LOGS.search(change.table.name)) for change in changes):
            return "counter"
        if not self.fact.arguments and (all(_by_the_clock(change) for change in changes) or self._goes_by_the_clock()):
            return "upkeep"
        return None

    def _goes_by_the_clock(self) -> bool:
        """What it works on is picked by time: ``for each in select … where due_at <= now()``."""
        found = (query.where for reading in self.bodies.body(self.routine).readings for query in _queries(reading.query))
        return any(_is_clock(where) for where in found if where is not None)

    def trusted(self, deeds: list[_Deed]) -> tuple[str, list[_Deed]] | None:
        """The parameter that says whose rows it works on, and what it does with them."""
        if self.fact.answers_boolean:
            return None
        owners = {label for deed in deeds for label in _beside_owners(deed)}
        labels = {
            argument.name for argument in self.fact.arguments if argument.name and (_WHOSE.match(argument.name) or argument.name in owners)
        }
        body = self.bodies.body(self.routine)
        sure, perhaps = self.bodies.callers(self.routine)
        for label in sorted(labels, key=lambda label: (_WHOSE.match(label) is None, label)):
            compared = any(
                any(isinstance(each, Reference) and each.parts[-1] == label for each in walk(test.condition))
                and self.bodies.asks(test.condition, sure, perhaps) is not False
                for test in body.tests
            )
            used = [deed for deed in deeds if deed.kind in ("write", "read", "accounts") and label in _used(deed)]
            if used and not compared:
                return label, used
        return None

    def for_accounts(self, deeds: list[_Deed]) -> list[_Deed]:
        """What it changes of rows that are somebody's and that its caller picks by a parameter, and that no policy lets any account change."""
        labels = {argument.name for argument in self.fact.arguments if argument.name}
        found = [
            deed
            for deed in deeds
            if deed.change is not None and deed.change.verb in ("update", "delete") and self._is_of_others(deed.change)
        ]
        found = [deed for deed in found if any(_names(part) & labels for part in _conditions(deed))]
        # What is taken in the caller's name (a seat, a coupon) is changed with the row that says so.
        if any(change.verb == "insert" and self.bodies.bound(change, self.routine) for change in self.bodies.body(self.routine).changes):
            found = [deed for deed in found if deed.change is not None and deed.change.verb == "delete"]
        return found if found and self.mild(found) is None else []

    def _is_of_others(self, change: Change) -> bool:
        relation = self._relation(change.table)
        if relation is None or relation.ghost or not (owner_columns(relation) or sensitive(relation)):
            return False
        return self.model.judge(relation, FRESH, change.verb).verdict in (Verdict.NONE, Verdict.ROWS)

    def story(self, deeds: list[_Deed]) -> Iterator[Step]:
        """Where it does what it does."""
        body, text = self.fact.body, self.routine.made.body or ""
        for deed in deeds[:3]:
            exact = body is not None and body.span.end - body.span.start == len(text.encode()) and deed.at.end
            place = (
                Place(self.fact.place.path, Span(body.span.start + deed.at.start, body.span.start + deed.at.end))
                if exact and body
                else self.fact.place
            )
            yield Step(place, f"it {deed.words} here, whoever calls")


def _made_inside(routine: Routine, label: str) -> bool:
    return (
        re.search(
            rf"create\s+(?:global\s+|local\s+)?temp(?:orary)?\s+table\s+(?:if\s+not\s+exists\s+)?{re.escape(label)}\b",
            routine.made.body or "",
            re.IGNORECASE,
        )
        is not None
    )


def _names(value: Expression) -> set[str]:
    return {part for each in walk(value) if isinstance(each, Reference) for part in (each.parts[0], each.parts[-1])}


def _beside_owners(deed: _Deed) -> Iterator[str]:
    """The names that its conditions compare with columns that say whose a row is."""
    for each in (inner for part in _conditions(deed) for inner in walk(part)):
        match each:
            case Operation("=", (Reference(one), Reference(two))):
                yield from (other[0] for column, other in ((one, two), (two, one)) if len(other) == 1 and _WHOSE.match(column[-1]))
            case _:
                pass


def _conditions(deed: _Deed) -> list[Expression]:
    found = list(deed.change.conditions) if deed.change is not None else []
    if deed.reading is not None:
        found += [query.where for query in _queries(deed.reading.query) if query.where is not None]
    return found


def _used(deed: _Deed) -> set[str]:
    parts = _conditions(deed)
    if deed.change is not None:
        parts += [value for label, value in deed.change.values if deed.change.verb == "insert" or _WHOSE.match(label)]
    return set().union(*(_names(part) for part in parts)) if parts else set()


def _queries(query: Query) -> Iterator[Query]:
    stack = [query]
    while stack:
        each = stack.pop()
        yield each
        stack.extend(
            [*each.others, *(inner for _, inner in each.named), *(source.query for source in each.sources if source.query is not None)]
        )


def _tables(query: Query, model: AccessModel) -> Iterator[tuple[Name, Relation | None, Query]]:
    """The tables whose rows a query gives, with the query that reads each."""
    labels = {label for each in _queries(query) for label, _ in each.named}
    for each in _queries(query):
        for source in each.sources:
            if source.name is not None and not (source.name.schema is None and source.name.name in labels):
                yield source.name, model.database.relation(source.name), each


_AGGREGATES = frozenset({"count", "sum", "avg", "min", "max", "bool_or", "bool_and", "exists"})


def _only_counts(query: Query) -> bool:
    return bool(query.targets) and all(
        any(isinstance(each, Invocation) and each.name.name in _AGGREGATES for each in walk(target.value))
        or isinstance(target.value, Constant)
        for target in query.targets
    )


def _counts(change: Change) -> bool:
    """``set views = views + 1``."""
    if change.verb != "update" or not change.values:
        return False
    return all(_COUNTERS.search(label) and _is_step(label, value) for label, value in change.values)


def _is_step(label: str, value: Expression) -> bool:
    match value:
        case Operation("+" | "-", operands):
            return all(isinstance(each, Constant) or label in _names(each) for each in operands)
        case Invocation(name, _):
            return name.name in _CLOCK
        case _:
            return False


def _by_the_clock(change: Change) -> bool:
    return any(_is_clock(part) for part in change.conditions)


def _is_clock(part: Expression) -> bool:
    return any(isinstance(each, Invocation) and each.name.name in _CLOCK for each in walk(part))
