"""The database that is read out of migrations against a real server: hundreds of histories, every verdict equal."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from postgres_histories import PREPARED, SCHEMAS, History, histories, reduced, script
from postgres_server import Server, started
from postgres_state import HARNESS, ROLES, VERBS, State

from batten.extract.migrations import migration_facts
from batten.facts.project import FileFacts
from batten.link.schema import SchemaResult, schema

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
    found = {table.name: table for table in model.tables if table.name.split(".")[0] in PLACES}
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
    found = {view.name: view for view in model.objects.views if view.name.split(".")[0] in PLACES}
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
            if truth is not None and said_to_be_partitioned(found, name, real_tables):
                continue  # without partitions a plan says nothing
            said = cell.verdict.value if cell.verdict is not None else "untold"
            if truth is None and said == "none" and cell.verb in ("insert", "update") and "policies" not in cell.reason:
                yield f"view {name}: {cell.role} {cell.verb}: model {said} ({cell.reason}), server allows it"
            seen[f"view {truth}"] += truth is not None
            if real[name]["kind"] == "m":  # what its query left out when it was filled is in no plan
                truth = (
                    said
                    if truth == "all" and said in ("rows", "none") and "lacks" not in cell.reason and "schema" not in cell.reason
                    else truth
                )
            if (said, truth) == ("none", "rows") and any(
                "(select auth." in (policy.using_text or "") for policy in model.objects.row_policies
            ):
                continue  # the plan of a view shows what stands round ``auth.uid()``
            if truth is not None and said != truth:
                yield f"view {name}: {cell.role} {cell.verb}: model {said} ({cell.reason}), server {truth}"


def said_to_be_partitioned(views: dict[str, Any], name: str, tables: dict[str, Any]) -> bool:
    return any(each in tables and tables[each]["kind"] == "p" for each in views[name].reads_below)


def _functions(state: State, model: SchemaResult, seen: Counter[str]) -> Iterator[str]:
    found = {(one.name, len(one.arguments)): one for one in model.objects.database_functions if one.name.split(".")[0] in PLACES}
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


def run(admin: Any, examples: int, number: int = 0) -> tuple[Counter[str], Counter[str]]:
    """Compares so many histories; raises AssertionError, with the shortest history, where one differs."""
    seen: Counter[str] = Counter()
    ran: Counter[str] = Counter()

    @seed(number)
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate])
    @given(histories)
    def differ(history: History) -> None:
        ran["histories"] += 1
        if compare(admin, history, seen, ran):
            short = reduced(history, lambda fewer: bool(compare(admin, fewer, Counter(), Counter())))
            raise AssertionError("\n".join([*compare(admin, short, Counter(), Counter()), "", script(short)]))

    differ()
    return seen, ran


def test_histories_come_to_what_the_server_makes_of_them(admin: Any) -> None:
    seen, ran = run(admin, 500)
    assert ran["histories"] >= 500
    assert VERBS
    print(dict(seen), dict(ran))
