"""What a caller can do through a view: the privileges on it, the rights that count below it, and the rows its query leaves."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from batten.facts.schema import Verdict
from batten.link.schema.callers import NOBODY, Caller
from batten.link.schema.dependencies import queries_in
from batten.link.schema.judgements import PARTS, UNGRANTED, Judgement, verdict_of
from batten.link.schema.predicates import PolicyError, Scope
from batten.link.schema.state import Relation, Routine
from batten.link.schema.values import FALSE, TRUE, UNKNOWN, Known, Open, Value, both, truth
from batten.parse.postgres.expressions import Expression, Invocation, Name, Operation, Query, Reference, walk

if TYPE_CHECKING:
    from batten.link.schema.access import AccessModel

_DEEPEST = 12


def judge(model: "AccessModel", view: Relation, caller: Caller, verb: str) -> Judgement:
    """What a caller can do through a view with a verb."""
    allowed, columns = model.rights.granted(view, caller.holder, verb)
    if allowed is False:
        return Judgement(Verdict.NONE, UNGRANTED)
    if verb != "select" and (view.kind == "matview" or updatable(view) is False):
        return Judgement(Verdict.NONE, "PostgreSQL passes no changes on through it")
    try:
        value = rows(model, view, caller) if verb == "select" else changes(model, view, caller, verb)
    except RecursionError:
        return Judgement(None, "it cannot be told", columns)
    except PolicyError as failure:
        return Judgement(Verdict.NONE, f"its query fails: {failure}", columns, failed=True)
    verdict = verdict_of([value])
    reason = {
        Verdict.ALL: "nothing keeps a row out",
        Verdict.ROWS: "its query or the policies below decide by row",
        Verdict.NONE: "its query or the policies below let no row through",
        None: "it cannot be told",
    }
    return Judgement(verdict if allowed or verdict is Verdict.NONE else None, reason[verdict], columns)


def below(view: Relation, caller: Caller) -> Caller:
    """Who counts for what a view reads: its owner, or with security_invoker whoever asks, also where another view lies between."""
    return replace(caller, rights=None if view.invoker else view.owner)


def rows(model: "AccessModel", view: Relation, caller: Caller) -> Value:
    """Whether a caller who may select from a view sees rows. Raises PolicyError where PostgreSQL would refuse."""
    if view.query is None or not view.query.understood:
        return UNKNOWN
    if view.kind == "matview":
        # It was filled by its owner, for whom nobody is signed in.
        caller = replace(NOBODY, rights=view.owner)
        return united(_branches(model, view, view.query, caller))
    if id(view) in model.endless_views:
        raise PolicyError(f"{view.full} reads itself", endless=True)
    if model.is_deep():
        return UNKNOWN
    with model.entering(view):
        return united(_branches(model, view, view.query, below(view, caller)))


def united(branches: Iterable[Value]) -> Value:
    """What UNION shows: every row where each of its parts that shows any does so."""
    left = [value for value in branches if not (isinstance(value, Known) and not truth(value))]
    if not left:
        return FALSE
    return both(left)


def endless(views: Iterable[Relation]) -> frozenset[int]:
    """The ``id`` of every view that leads back to itself, or to one that does: what is left once those are taken away whose parts all end."""
    known = {id(view): view for view in views}
    readers: dict[int, list[int]] = {}
    open_parts: dict[int, int] = {}
    for view in known.values():
        parts = {id(each) for each in view.reads.values()} & known.keys()
        open_parts[id(view)] = len(parts)
        for part in parts:
            readers.setdefault(part, []).append(id(view))
    ended = [view for view, left in open_parts.items() if left == 0]
    while ended:
        done = ended.pop()
        del open_parts[done]
        for reader in readers.get(done, ()):
            open_parts[reader] -= 1
            if open_parts[reader] == 0:
                ended.append(reader)
    return frozenset(open_parts)


def _branches(model: "AccessModel", view: Relation, query: Query, caller: Caller) -> Iterator[Value]:
    for branch in (query, *query.others):
        yield _branch(model, view, branch, caller)


def _branch(model: "AccessModel", view: Relation, query: Query, caller: Caller) -> Value:
    sight = Sight(model, view)
    evaluation = model.evaluation(caller, sight, Scope())
    found = evaluation.query(without_joins(query))
    if not found.reads:
        return found.condition
    return both([found.visible, _as_rows(found.condition)])


def _as_rows(value: Value) -> Value:
    return Open(value.on, value.can, required=True) if isinstance(value, Open) else value


def without_joins(query: Query) -> Query:
    """The query without the conditions that only say which rows of its tables belong together."""
    if query.where is None or not query.sources[1:]:
        return query
    kept = [each for each in conjuncts(query.where) if not _joins(each)]
    where = None if not kept else kept[0] if len(kept) == 1 else Operation("and", tuple(kept))
    return replace(query, where=where)


def conjuncts(expression: Expression) -> Iterator[Expression]:
    """What AND joins."""
    stack = [expression]
    while stack:
        each = stack.pop()
        if isinstance(each, Operation) and each.operator == "and":
            stack.extend(reversed(each.operands))
        else:
            yield each


def _joins(expression: Expression) -> bool:
    if not isinstance(expression, Operation) or expression.operator != "=":
        return False
    match expression.operands:
        case (Reference(left), Reference(right)):
            return left[:-1] != right[:-1]
        case _:
            return False


def updatable(view: Relation) -> bool | None:
    """Whether changes through a view reach the one table below it; None where a trigger or rule may do it."""
    if any(trigger.timing == "instead of" for trigger in view.triggers.values()):
        return None
    query, seen = view.query, 0
    while query is not None:
        if not query.understood:
            return None
        if not query.plain or query.distinct or query.others or query.named or len(query.sources) != 1 or query.sources[0].name is None:
            return False
        if not any(isinstance(target.value, Reference) for target in query.targets):
            return False
        if any(_sets_apart(target.value) for target in query.targets):
            return False
        base = view.reads.get(query.sources[0].name)
        seen += 1
        if base is None or seen > _DEEPEST:
            return None
        if base.kind not in ("view", "matview"):
            return base.kind in ("table", "partitioned", "foreign")
        if base.kind == "matview":
            return False
        view, query = base, base.query
    return None


_SETS = frozenset({"count", "sum", "max", "min", "bool_or", "bool_and", "every", "array_agg", "avg", "string_agg", "jsonb_agg", "json_agg", "jsonb_object_agg", "json_object_agg", "unnest", "generate_series", "jsonb_array_elements"})  # fmt: skip


def _sets_apart(expression: Expression) -> bool:
    """Whether a result is an aggregate, a window function or a set."""
    return any(isinstance(each, Invocation) and (not each.plain or each.name.name in _SETS) for each in walk(expression))


def changes(model: "AccessModel", view: Relation, caller: Caller, verb: str) -> Value:
    """Which rows of the table below a caller can change who may change the view. Raises PolicyError."""
    if id(view) in model.endless_views:
        raise PolicyError(f"{view.full} reads itself", endless=True)
    if updatable(view) is None or view.query is None or view.query.sources[0].name is None:
        return UNKNOWN
    base = view.reads[view.query.sources[0].name]
    inner = below(view, caller)
    allowed = model.rights.held(base, inner.holder, verb)[0]
    if allowed is False and not base.ghost:
        raise PolicyError(f"{base.full} may not be changed")
    if base.kind == "view":
        value = changes(model, base, inner, verb)
    elif base.rls is False or base.kind == "foreign" or model.rights.bypasses(base, inner.holder):
        value = TRUE
    elif base.rls is None:
        value = UNKNOWN
    else:
        value = both([model.condition(base, inner, verb, part) for part in PARTS[verb]])
    shown: Value = TRUE
    if verb != "insert" and view.query.where is not None:
        scope = Scope(((view.query.sources[0].alias or base.name, base),))
        shown = _as_rows(model.evaluation(inner, Sight(model, view), scope, view.query.where).value(view.query.where))
    return both([value if allowed else UNKNOWN if value != FALSE else value, shown])


class Sight:
    """The names in a view's query mean what they meant when it was made."""

    def __init__(self, model: "AccessModel", view: Relation) -> None:
        self.model = model
        self.view = view

    def rows(self, relation: Relation, caller: Caller) -> Value:
        """Whether the caller sees rows of a table."""
        return self.model.rows(relation, caller, self.view.uses)

    def may_call(self, routine: Routine, caller: Caller) -> bool | None:
        """Whether the caller may execute a function."""
        return self.model.rights.may_call(routine, caller)

    def relation(self, name: Name) -> Relation | None:
        """What a name means to the query."""
        return self.view.reads.get(name) or self.model.database.relation(name)

    def routines(self, name: Name) -> tuple[Routine, ...]:
        """The functions that a name means."""
        return self.model.database.routines_named(name)

    def is_set(self, setting: str) -> bool:
        """Whether a setting may have a value."""
        return self.model.database.is_set(setting)


class Reading(Struct, frozen=True):
    """A relation that a view reads, directly or through other views, and whether its policies count for those who come through."""

    relation: Relation
    direct: bool
    overridden: bool | None


def readings(model: "AccessModel", view: Relation) -> tuple[Reading, ...]:
    """Everything that a view reads."""
    found: dict[int, Reading] = {}
    stack: list[tuple[Relation, str | None, int]] = [(view, None, 0)]
    while stack:
        each, filler, depth = stack.pop()
        if depth > _DEEPEST:
            continue
        filler = each.owner if each.kind == "matview" else filler
        holder = filler if each.invoker else each.owner
        for relation in each.reads.values():
            over = holder is not None and relation.rls is not False and model.rights.bypasses(relation, holder)
            known = found.get(id(relation))
            if known is None or (over and not known.overridden):
                found[id(relation)] = Reading(relation, depth == 0 or (known is not None and known.direct), over)
            if relation.kind in ("view", "matview") and known is None:
                stack.append((relation, filler, depth + 1))
    return tuple(found.values())


_ASKS = frozenset({"uid", "jwt", "email"})


def asks_caller(query: Query | None) -> bool | None:
    """Whether a query asks who calls; None where a part of it is not understood."""
    if query is None:
        return None
    unknown = False
    for each in queries_in(query):
        unknown = unknown or not each.understood
        for part in (each.where, *(target.value for target in each.targets)):
            for inner in walk(part) if part is not None else ():
                if isinstance(inner, Invocation) and (
                    (inner.name.schema == "auth" and inner.name.name in (*_ASKS, "role"))
                    or (inner.name.schema is None and inner.name.name in ("current_setting", "current_user"))
                ):
                    return True
    return None if unknown else False


def filtered(query: Query | None) -> bool | None:
    """Whether a condition that is no join keeps rows out."""
    if query is None or not query.understood:
        return None
    return any(without_joins(branch).where is not None for branch in (query, *query.others))
