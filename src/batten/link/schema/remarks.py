"""Gathers what is the same of several objects of a database and worth a line, though nothing need be wrong with any of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from batten.facts.database import DatabaseFunction, Extension, View
from batten.facts.exposures import Remark
from batten.facts.schema import Verdict
from batten.finding import Note, NoteKind, Step
from batten.link.schema import wording
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH
from batten.link.schema.privileges import VERBS
from batten.link.schema.settings import Setting, common
from batten.link.schema.state import CLIENTS, PolicyState, Relation
from batten.link.schema.supabase import SYSTEM
from batten.parse.postgres.expressions import Expression, Invocation, Name, Query, Subquery, operands_of
from batten.text import Place

_FEW = 5
# Their tables are nobody's to lock but Supabase's and the extension's.
_NOT_OWN = SYSTEM | {"pgmq"}
_ASKING = frozenset(Name("auth", name) for name in ("uid", "jwt", "role", "email")) | {
    Name(None, "current_setting"),
    Name("pg_catalog", "current_setting"),
}

_Object = tuple[str, Place]


def remarks(
    model: AccessModel,
    setting: Setting,
    views: Sequence[View],
    functions: Sequence[DatabaseFunction],
    extensions: Sequence[Extension],
) -> list[Remark]:
    """One for each kind that there is something of; none where clients do not reach the database."""
    if not setting.exposed or setting.doubtful:
        return []
    read = [view for view in views if view.exposed and view.readable]
    harmless = [view for view in read if not view.hides or view.asks_caller is not False]
    named = [function for function in functions if not _is_system(function.name) and not function.atomic]
    called = [function for function in functions if function.definer]
    gathered = {
        "closed": _tables(relation for relation in _own(model) if relation.rls and not relation.policies),
        "owner-view": [(view.name, view.place) for view in harmless if view.kind == "view" and not view.invoker],
        "copy": [(view.name, view.place) for view in read if view.kind == "matview" and not view.hides],
        "search-path": [(each.name, each.place) for each in named if each.search_path is None and not each.definer],
        "strangers-call": [(each.name, each.place) for each in called if each.anon_calls],
        "accounts-call": [(each.name, each.place) for each in called if _accounts_call(each)],
        "per-row": _tables(relation for relation in _own(model) if relation.rls and any(map(_asks_each_row, _sure(relation)))),
        "several-policies": _tables(relation for relation in _own(model) if _several(model, relation)),
    }
    found = [_remark(setting, kind, objects) for kind, objects in gathered.items() if objects]
    if any(extension.name == "pg_graphql" for extension in extensions):
        found += _graphql(model, setting)
    return found


def misunderstood(setting: Setting, notes: Sequence[Note]) -> list[Remark]:
    """What its replay did not understand, as one; none where clients do not reach the database."""
    if not setting.exposed or setting.doubtful:
        return []
    unread = [(note.message, note.place) for note in notes if note.kind is NoteKind.NOT_UNDERSTOOD and note.place is not None]
    if not unread:
        return []
    count = len({place for _, place in unread})
    many = (
        "1 statement of the migrations is not understood or fails"
        if count == 1
        else f"{count} statements of the migrations are not understood or fail"
    )
    return [_remark(setting, "undetermined", unread, f"{many} on a new server")]


def _remark(setting: Setting, kind: str, objects: Sequence[_Object], shown: str | None = None) -> Remark:
    ordered = sorted(dict.fromkeys(objects), key=lambda each: (each[1], each[0]))
    names = tuple(dict.fromkeys(name for name, _ in ordered))
    return Remark(
        kind=kind,
        objects=names,
        shown=few(names) if shown is None else shown,
        places=tuple(Step(place, name) for name, place in ordered if place.path),
        **common(setting, "remark", kind, next((place for _, place in ordered if place.path), None)),
    )


def few(names: Sequence[str]) -> str:
    """The first of several names, as words."""
    few = names if len(names) <= _FEW else [*names[: _FEW - 1], f"{len(names) - _FEW + 1} more"]
    return wording.listed(few)


def _tables(relations: Iterable[Relation]) -> list[_Object]:
    return [(relation.full, relation.place) for relation in relations]


def _own(model: AccessModel) -> Iterator[Relation]:
    """The ordinary tables that the app makes."""
    for relation in model.database.tables():
        if relation.kind == "table" and not relation.ghost and not relation.platform and relation.schema not in _NOT_OWN:
            yield relation


def _is_system(name: str) -> bool:
    return name.split(".", 1)[0] in _NOT_OWN


def _accounts_call(function: DatabaseFunction) -> bool:
    cell = next((cell for cell in function.access if cell.role == FRESH.role), None)
    return function.exposed and not function.trigger and cell is not None and cell.verdict is Verdict.ALL


def _sure(relation: Relation) -> list[PolicyState]:
    return [policy for policy in relation.policies.values() if policy.sure]


def _asks_each_row(policy: PolicyState) -> bool:
    """Whether a policy asks who calls anywhere but in ``(select auth.uid())``, which PostgreSQL works out once."""
    stack: list[Expression] = [clause for clause in (policy.using, policy.check) if clause is not None]
    while stack:
        each = stack.pop()
        if isinstance(each, Invocation) and each.name in _ASKING:
            return True
        stack.extend(operands_of(each))
        if isinstance(each, Subquery) and not _is_constant(each.query):
            stack.extend(_within(each.query))
    return False


def _is_constant(query: Query) -> bool:
    return not (query.sources or query.others or query.named or query.where) and query.plain


def _within(query: Query) -> Iterator[Expression]:
    queries = [query]
    while queries:
        one = queries.pop()
        yield from (target.value for target in one.targets)
        if one.where is not None:
            yield one.where
        yield from (source.function for source in one.sources if source.function is not None)
        queries += [*one.others, *(inner for _, inner in one.named), *(source.query for source in one.sources if source.query)]


def _several(model: AccessModel, relation: Relation) -> bool:
    """Whether more than one permissive policy is for the same command and role."""
    counted: Counter[tuple[str, str]] = Counter()
    for policy in _sure(relation):
        if policy.permissive:
            roles = [role for role in CLIENTS if model.database.applies(policy, role)]
            counted.update((role, verb) for role in roles for verb in (VERBS if policy.command == "all" else (policy.command,)))
    return max(counted.values(), default=0) > 1


def _graphql(model: AccessModel, setting: Setting) -> Iterator[Remark]:
    """What the extension tells the names and columns of: whatever a role may select a column of, partitioned tables apart."""
    by_role: dict[str, list[_Object]] = {}
    for caller in (ANON, FRESH):
        by_role[caller.role] = [
            (relation.full, relation.place)
            for relation in model.database.relations.values()
            if relation.kind in ("table", "view", "matview", "foreign")
            and not (relation.ghost or relation.platform or relation.schema in _NOT_OWN)
            if model.rights.granted(relation, caller.role, "select")[0]
        ]
    strangers, accounts = by_role[ANON.role], [each for each in by_role[FRESH.role] if each not in by_role[ANON.role]]
    told = [f"strangers the columns of {few(sorted(name for name, _ in strangers))}"] if strangers else []
    told += [f"every account those of {few(sorted(name for name, _ in accounts))}"] if accounts else []
    if told:
        yield _remark(setting, "graphql", [*strangers, *accounts], " and ".join(told))
