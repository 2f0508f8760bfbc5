"""The database that is read out of migrations against a real server: hundreds of histories, every verdict equal."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

import pytest
from postgres_histories import KINDS, PREPARED, SCHEMAS, History, history_of, reduced, script
from postgres_server import Server, started
from postgres_state import HARNESS, ROLES, State

from batten.extract.migrations import migration_facts
from batten.facts.database import View
from batten.facts.project import FileFacts
from batten.link.schema import SchemaResult, access, given, relations, removals, routines, schema, view_changes, views
from batten.link.schema.privileges import Privileges
from batten.link.schema.rights import Rights
from batten.link.schema.session import Session
from batten.link.schema.state import Database, Relation
from batten.parse.postgres.statements import CreateFunction, CreateView, Transaction
from batten.parse.postgres.table_statements import CreateTable

PLACES = (*SCHEMAS, "archive")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    yield from started(HARNESS)


@pytest.fixture(scope="module")
def admin(server: Server) -> Iterator[Any]:
    with server.connect("root", "base") as connection:
        prepare(connection)
        yield connection


def prepare(admin: Any) -> None:
    """What all histories start from."""
    with admin.transaction():
        assert set(_run(admin, PREPARED, undone=False)) == {""}


def _read(path: str, text: str) -> FileFacts:
    blocks, dialect, _ = migration_facts(path, text.encode())
    return FileFacts(path=path, language=None, parsed=False, statements=blocks, dialect=dialect)


START = _read("supabase/migrations/20250101000000_start.sql", ";\n".join(PREPARED))


def modelled(text: str) -> SchemaResult:
    return schema([START, _read("supabase/migrations/20250102000000_history.sql", text)], (), ())


def _run(admin: Any, texts: Sequence[str], *, undone: bool) -> list[str]:
    admin.execute("set local session authorization postgres")
    codes = admin.execute("select harness.replayed(%s, %s)", [list(texts), undone]).fetchone()[0]
    admin.execute("set local session authorization default")
    return codes


def replayed(admin: Any, history: History) -> list[list[str]]:
    """Runs a history; the answer is what became of each statement."""
    admin.execute("set local search_path = public, extensions")
    return [_run(admin, [step.text for step in steps], undone=undone) for steps, undone in history]


def differences(state: State, model: SchemaResult, seen: Counter[str]) -> Iterator[str]:
    """Everything that model and server do not agree in; ``seen`` counts verdicts with their reasons."""
    found = {table.name: table for table in model.tables if table.name.split(".")[0] in PLACES and not table.premature}
    real = state.tables()
    for name in sorted(found.keys() ^ real.keys()):
        yield f"table {name}: model {name in found}, server {name in real}"
    for name in sorted(found.keys() & real.keys()):
        if found[name].rls is not None and found[name].rls != real[name]["rls"]:
            yield f"table {name}: model rls {found[name].rls}, server {real[name]['rls']}"
        for cell in found[name].access:
            truth, why = state.verdict(name, cell.role, cell.verb)
            said = cell.verdict.value if cell.verdict is not None else "untold"
            seen[f"{truth} {why}"] += 1
            if said != truth:
                yield f"{name}: {cell.role} {cell.verb}: model {said} ({cell.reason}), server {truth} ({why})"
    yield from _views(state, model, seen)
    yield from _functions(state, model, seen)
    yield from _others(state, model, seen)


def _views(state: State, model: SchemaResult, seen: Counter[str]) -> Iterator[str]:
    found = {view.name: view for view in model.objects.views if view.name.split(".")[0] in PLACES and not view.premature}
    real = state.views()
    real_tables = state.tables()
    for name in sorted(found.keys() ^ real.keys()):
        yield f"view {name}: model {name in found}, server {name in real}"
    for name in sorted(found.keys() & real.keys()):
        options = real[name]["options"] or []
        invoker = any(option in ("security_invoker=true", "security_invoker=on") for option in options)
        if found[name].invoker != invoker:
            yield f"view {name}: model security_invoker {found[name].invoker}, server {invoker}"
        if found[name].owner != real[name]["owner"]:
            yield f"view {name}: model owner {found[name].owner}, server {real[name]['owner']}"
        for cell in found[name].access:
            if real[name]["kind"] == "m" and cell.verb != "select":
                continue
            truth = state.through(name, cell.role, cell.verb)
            if truth is not None and _is_partitioned(found, name, real_tables):
                continue  # without partitions a plan says nothing
            said = cell.verdict.value if cell.verdict is not None else "untold"
            if (
                truth is None
                and said == "none"
                and cell.verb in ("insert", "update")
                and "policies" not in cell.reason
                and not (cell.verb == "insert" and "the setting" in cell.reason and state.fails_in_turn(name, cell.role))
            ):
                yield f"view {name}: {cell.role} {cell.verb}: model {said} ({cell.reason}), server allows it"
            seen[f"view {truth}"] += truth is not None
            if _was_filled(found, name):  # what its query left out when it was filled is in no plan
                truth = (
                    said
                    if truth == "all" and said in ("rows", "none") and "lacks" not in cell.reason and "schema" not in cell.reason
                    else truth
                )
            if truth is not None and said != truth:
                yield f"view {name}: {cell.role} {cell.verb}: model {said} ({cell.reason}), server {truth}"


def _was_filled(views: dict[str, View], name: str) -> bool:
    """Whether a view is materialized, or reads one that is."""
    seen, stack = set(), [name]
    while stack:
        each = stack.pop()
        if each in views and each not in seen:
            seen.add(each)
            stack += views[each].reads
    return any(views[each].kind == "matview" for each in seen)


def _is_partitioned(views: dict[str, View], name: str, tables: dict[str, Any]) -> bool:
    return any(each in tables and tables[each]["kind"] == "p" for each in views[name].reads_below)


def _functions(state: State, model: SchemaResult, seen: Counter[str]) -> Iterator[str]:
    functions = (one for one in model.objects.database_functions if one.name.split(".")[0] in PLACES and not one.premature)
    found = {(one.name, len(one.arguments)): one for one in functions}
    real = {(one["name"], one["arguments"]): one for one in state.functions}
    for key in sorted(found.keys() ^ real.keys()):
        yield f"function {key}: model {key in found}, server {key in real}"
    for key in sorted(found.keys() & real.keys()):
        one, other = found[key], real[key]
        said = {
            "definer": one.definer,
            "public": one.public_execute,
            "pinned": one.search_path is not None,
            "owner": one.owner,
            "may": sorted(cell.role for cell in one.access if cell.verdict == "all"),
        }
        truth = {label: other[label] for label in ("definer", "public", "pinned", "owner")} | {"may": sorted(other["may"] or ())}
        for role in ROLES:
            seen[f"function {'all' if role in truth['may'] else 'none'}"] += 1
        if said != truth:
            yield f"function {key}: model {said}, server {truth}"


def _others(state: State, model: SchemaResult, seen: Counter[str]) -> Iterator[str]:
    buckets = {bucket.name: bucket for bucket in model.objects.buckets}
    public = {name: bucket.public for name, bucket in buckets.items()}
    if public != state.buckets:
        yield f"buckets: model {public}, server {state.buckets}"
    for name in sorted(buckets.keys() & state.buckets.keys()):
        for cell in buckets[name].access:
            truth, why = state.verdict("storage.objects", cell.role, cell.verb, bucket=name)
            seen[f"bucket {truth} {why}"] += 1
            if cell.verdict is None or cell.verdict.value != truth:
                yield f"bucket {name}: {cell.role} {cell.verb}: model {cell.verdict} ({cell.reason}), server {truth} ({why})"
    published = {one.table for one in model.objects.publications if one.realtime and one.table.split(".")[0] in PLACES}
    if published != state.published:
        yield f"published: model {sorted(published)}, server {sorted(state.published)}"
    triggers = {f"{one.table} {one.name}" for one in model.objects.triggers if one.table.split(".")[0] in PLACES}
    if triggers != state.triggers:
        yield f"triggers: model {sorted(triggers)}, server {sorted(state.triggers)}"


def compare(admin: Any, history: History, seen: Counter[str], ran: Counter[str]) -> list[str]:
    """The differences of one history."""
    with admin.transaction(force_rollback=True):
        codes = replayed(admin, history)
        for (steps, _), group in zip(history, codes, strict=True):
            for step, code in zip(steps, group, strict=True):
                ran[step.kind] += not code
        ran["rolled back"] += any(undone for _, undone in history)
        return list(differences(State(admin, PLACES), modelled(script(history)), seen))


def run(admin: Any, examples: int, *, short: bool = True) -> tuple[Counter[str], Counter[str]]:
    """Compares so many histories; raises AssertionError, with the shortest history, where one differs. Counts verdicts with reasons, and statements that ran."""
    seen: Counter[str] = Counter()
    ran: Counter[str] = Counter()
    for number in range(examples):
        history = history_of(number)
        ran["histories"] += 1
        found = compare(admin, history, seen, ran)
        if found and short:
            history = reduced(history, lambda fewer: bool(compare(admin, fewer, Counter(), Counter())))
            found = compare(admin, history, Counter(), Counter())
        assert not found, "\n".join([f"history {number}", *found, "", script(history)])
    return seen, ran


def test_histories_come_to_what_the_server_makes_of_them(admin: Any, record_property: Callable[[str, object], None]) -> None:
    seen, ran = run(admin, 500)
    record_property("verdicts", dict(seen))
    record_property("statements", dict(ran))
    assert ran["histories"] >= 500
    # Nothing is compared too seldom: each kind of statement, where it ran, and each verdict with its reason.
    assert {kind: ran[kind] for kind in (*KINDS, "rolled back") if ran[kind] < 20} == {}
    assert {verdict: seen[verdict] for verdict in VERDICTS if seen[verdict] < 20} == {}


VERDICTS = (
    "none no_schema_usage", "none no_privilege", "none rls_no_policy", "none policy_false", "none policy_error", "rows policy", "all policy_true", "all rls_off",
    "view none", "view rows", "view all", "function none", "function all", "bucket none rls_no_policy", "bucket none policy_false", "bucket rows policy", "bucket all policy_true",
)  # fmt: skip


# The same comparison finds out a model that is wrong in one point.


def _no_public(patch: pytest.MonkeyPatch) -> None:
    closure = Database.closure
    patch.setattr(Database, "closure", lambda self, role: closure(self, role) - {"public"})


def _restrictive_as_permissive(patch: pytest.MonkeyPatch) -> None:
    applicable = Rights.applicable
    patch.setattr(
        Rights,
        "applicable",
        lambda self, relation, role, verb, permissive, made=False: [
            policy for each in (True, False) for policy in (applicable(self, relation, role, verb, each, made) if permissive else ())
        ],
    )


def _no_force(patch: pytest.MonkeyPatch) -> None:
    bypasses = Rights.bypasses

    def without(self: Rights, relation: Relation, role: str) -> bool:
        forced, relation.forced = relation.forced, False
        try:
            return bypasses(self, relation, role)
        finally:
            relation.forced = forced

    patch.setattr(Rights, "bypasses", without)


def _dropped_tables_keep_policies(patch: pytest.MonkeyPatch) -> None:
    create, remove = relations.create_table, removals.remove
    kept: dict[str, Relation] = {}

    def removed(session: Session, relation: Relation) -> None:
        kept[relation.full] = relation
        remove(session, relation)

    def created(session: Session, made: CreateTable) -> None:
        create(session, made)
        relation = session.database.relation(made.name)
        if relation is not None and relation.full in kept and relation is not kept[relation.full]:
            relation.policies, relation.rls = kept[relation.full].policies, kept[relation.full].rls

    patch.setattr(removals, "remove", removed)
    patch.setattr(relations, "create_table", created)


def _renamed_tables_lose_policies(patch: pytest.MonkeyPatch) -> None:
    move = removals.move

    def moved(session: Session, relation: Relation, schema: str, name: str, note: str) -> None:
        before = relation.full
        move(session, relation, schema, name, note)
        if relation.full != before:
            relation.policies = {}

    patch.setattr(removals, "move", moved)


def _no_column_privileges(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Database, "columns_held", lambda *_: ())


def _revoked_columns_count(patch: pytest.MonkeyPatch) -> None:
    take = Privileges.take
    patch.setattr(Privileges, "take", lambda self, role, privileges, columns=(): take(self, role, privileges))


def _defaults_of_schemas_take_away(patch: pytest.MonkeyPatch) -> None:
    given = Database.default_privileges

    def less(self: Database, owner: str, place: str, kind: str) -> Privileges:
        found = given(self, owner, place, kind)
        for role, privilege in self.defaults.get((owner, place, kind), Privileges()).revoked:
            found.held.get(role, set()).discard(privilege)
        return found

    patch.setattr(Database, "default_privileges", less)


def _replaced_views_keep_their_options(patch: pytest.MonkeyPatch) -> None:
    create = view_changes.create_view

    def created(session: Session, made: CreateView) -> None:
        known = session.database.relation(made.name)
        invoker = known.invoker if known is not None else False
        create(session, made)
        if known is not None and invoker:
            known.invoker = True

    patch.setattr(view_changes, "create_view", created)


def _replaced_functions_lose_privileges(patch: pytest.MonkeyPatch) -> None:
    create = routines.create_function

    def created(session: Session, made: CreateFunction) -> None:
        create(session, made)
        for routine in session.database.routines_named(made.name) if made.replace else ():
            routine.privileges = session.database.default_privileges(routine.owner, routine.schema, "function")

    patch.setattr(routines, "create_function", created)


def _rollbacks_are_commits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        import_module("batten.link.schema.replay"),
        "_kept",
        lambda statements: [each for each in statements if not isinstance(each, Transaction)],
    )


def _schemas_are_for_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rights, "usage", lambda *_: True)


def _checks_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(access, "clause_of", lambda policy, _: policy.using if policy.using is not None else policy.check)


def _nobody_bypasses(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rights, "bypasses", lambda *_: False)


def _like_copies_protection(patch: pytest.MonkeyPatch) -> None:
    shape = relations.shape

    def shaped(session: Session, relation: Relation, made: CreateTable) -> None:
        shape(session, relation, made)
        if made.like and (origin := session.database.relation(made.like[0])) is not None:
            relation.rls = origin.rls

    patch.setattr(relations, "shape", shaped)


def _views_have_the_callers_rights(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(views, "below", lambda _, caller: caller)


def _what_nothing_makes_is_there(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(given, "lacks_relation", lambda *_: False)
    patch.setattr(given, "lacks_routine", lambda *_: False)


MUTANTS = (
    _no_public, _restrictive_as_permissive, _no_force, _dropped_tables_keep_policies, _renamed_tables_lose_policies, _no_column_privileges, _revoked_columns_count, _defaults_of_schemas_take_away,
    _replaced_views_keep_their_options, _replaced_functions_lose_privileges, _rollbacks_are_commits, _schemas_are_for_all, _checks_are_not_looked_at, _nobody_bypasses, _like_copies_protection,
    _views_have_the_callers_rights, _what_nothing_makes_is_there,
)  # fmt: skip


@pytest.mark.mutants
@pytest.mark.parametrize("breaks", MUTANTS, ids=lambda breaks: breaks.__name__.lstrip("_"))
def test_a_model_that_is_wrong_in_one_point_is_found_out(
    admin: Any, monkeypatch: pytest.MonkeyPatch, breaks: Callable[[pytest.MonkeyPatch], None]
) -> None:
    breaks(monkeypatch)
    with pytest.raises(AssertionError, match="server"):
        run(admin, 1500, short=False)
