"""The access verdicts of the schema model against a real server: what a role can do is tried out, row by row."""

import functools
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from postgres_server import Server, started

from batten.extract.migrations import migration_facts
from batten.facts.project import FileFacts
from batten.facts.schema import Table
from batten.link.schema import schema
from batten.parse.postgres.split import pieces

PAGES = Path(__file__).parents[2] / "rulepacks" / "supabase"
ME, OTHER, THIRD = "00000000-0000-4000-8000-0000000000aa", "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
CLAIMS = {
    "anon": {"role": "anon"},
    "authenticated": {
        "role": "authenticated", "aud": "authenticated", "sub": ME, "email": "someone@example.test", "aal": "aal1", "is_anonymous": False, "app_metadata": {}, "user_metadata": {},
    },
}  # fmt: skip
VERBS = ("select", "insert", "update", "delete")
# One call tries one thing and undoes it: null where it fails for a reason that has nothing to do with access.
TRIED = """
create function public.tried(fill text, who text, claims text, action text) returns boolean language plpgsql as $f$
declare touched int; filled boolean := false; outcome boolean;
begin
  begin
    execute fill;
    filled := true;
    perform set_config('request.jwt.claims', claims, true);
    perform set_config('role', who, true);
    execute action;
    get diagnostics touched = row_count;
    outcome := touched = 1;
    raise exception 'undo' using errcode = 'UNDO1';
  exception
    when sqlstate 'UNDO1' then null;
    -- 42P17: policies that read one another without end.
    when insufficient_privilege or invalid_object_definition or statement_too_complex then outcome := case when filled then false end;
    when others then outcome := null;
  end;
  return outcome;
end $f$;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    yield from started(TRIED)


# What is really so


def apply(admin: Any, statements: Sequence[str]) -> None:
    """Statement by statement as the migrating role; one that fails changes nothing. What only Supabase's platform allows it runs as superuser."""
    import psycopg

    admin.execute("set local check_function_bodies = off")
    for statement in statements:
        for user in ("postgres", "default"):
            admin.execute(f"set local session authorization {user}")
            try:
                with admin.transaction():
                    admin.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                if "event trigger" in statement.lower():
                    continue
            except psycopg.Error:
                pass
            break
    admin.execute("set local session authorization default")


class Real:
    """The tables of a real database, and what a role can do with each."""

    def __init__(self, admin: Any) -> None:
        self.admin = admin
        admin.execute("set local session_replication_role = replica")
        self.tables: dict[str, tuple[bool, bool]] = {
            f"{schema}.{name}": (rls, partition)
            for schema, name, rls, partition in admin.execute(
                "select n.nspname, c.relname, c.relrowsecurity, c.relispartition from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                "where c.relkind in ('r', 'p') and n.nspname in ('public', 'private', 'api')"
            ).fetchall()
        }
        self.columns = {name: self._columns(name) for name in self.tables}

    def _columns(self, table: str) -> list[tuple[str, str, bool, bool]]:
        schema, name = table.split(".", 1)
        return self.admin.execute(
            "select a.attname, format_type(a.atttypid, null), a.attnotnull, a.attidentity = 'a' or a.attgenerated <> '' from pg_attribute a join pg_class c on c.oid = a.attrelid "
            "join pg_namespace n on n.oid = c.relnamespace where n.nspname = %s and c.relname = %s and a.attnum > 0 and not a.attisdropped order by a.attnum",
            [schema, name],
        ).fetchall()

    def values(self, table: str, kind: int) -> dict[str, str]:
        """A row of the caller's (0), of another's (1) and of nobody's (2), as SQL literals."""
        found: dict[str, str] = {}
        for name, type_, required, computed in self.columns[table]:
            if computed:
                continue
            key = (ME, OTHER, THIRD)[kind]
            if kind == 2 and not required:
                found[name] = "null"
            elif type_ == "uuid":
                found[name] = f"'{key}'"
            elif type_ == "boolean":
                found[name] = "true" if kind == 0 else "false"
            elif type_ in ("integer", "bigint", "smallint", "numeric"):
                found[name] = str(kind + 1)
            elif type_.startswith("timestamp") or type_ == "date":
                found[name] = f"'200{kind}-01-01'"
            elif type_.startswith("json") or type_.endswith("[]"):
                found[name] = "'{}'"
            else:
                found[name] = f"'{key}'"
        return found

    def insert(self, table: str, values: dict[str, str]) -> str:
        return f"insert into {_quoted(table)} ({', '.join(map(_quoted, values))}) values ({', '.join(values.values())})"

    def fill(self) -> None:
        """Rows of everyone's in every table, for the conditions that read them."""
        import psycopg

        for table in self.tables:
            for kind in (0, 1):
                with suppress(psycopg.Error), self.admin.transaction():
                    self.admin.execute(self.insert(table, self.values(table, kind)))

    def verdict(self, table: str, role: str, verb: str, columns: tuple[str, ...]) -> str | None:
        """none, rows or all; None where it cannot be tried. ``columns``: the only ones that the role may write."""
        results = [self._attempt(table, role, verb, kind, columns) for kind in range(3)]
        if None in results:
            return None
        return "all" if all(results) else "rows" if any(results) else "none"

    def _attempt(self, table: str, role: str, verb: str, kind: int, columns: tuple[str, ...]) -> bool | None:
        """Whether the role can use the verb on one row, which is the only one of the table."""
        values = self.values(table, kind)
        plain = [
            name
            for name, type_, _, computed in self.columns[table]
            if type_ == "text" and not computed and name in ("note", "title", "body", "name") and (not columns or name in columns)
        ]
        action = {
            "select": f"select 1 from {_quoted(table)}",
            "insert": self.insert(table, {name: value for name, value in values.items() if not columns or name in columns}),
            "update": f"update {_quoted(table)} set {plain[0]} = 'x'" if plain else "",
            "delete": f"delete from {_quoted(table)}",
        }[verb]
        if not action:
            return None
        fill = f"delete from {_quoted(table)}" + ("" if verb == "insert" else f"; {self.insert(table, values)}")
        return self.admin.execute("select public.tried(%s, %s, %s, %s)", [fill, role, json.dumps(CLAIMS[role]), action]).fetchone()[0]


def _quoted(name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


# What the model says


def modelled(statements: Sequence[str]) -> tuple[Table, ...]:
    text = ";\n".join(statements) + ";\n"
    path = "supabase/migrations/20250101000000_all.sql"
    blocks, dialect, _ = migration_facts(path, text.encode())
    return schema([FileFacts(path=path, language=None, parsed=False, statements=blocks, dialect=dialect)], (), ()).tables


def compared(server: Server, statements: Sequence[str], exact: bool) -> Counter[str]:
    """Counts of equal, vague and untold verdicts; raises AssertionError where the model contradicts the server."""
    with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
        apply(admin, statements)
        real = Real(admin)
        real.fill()
        # What a foreign table gives is for the other server to say.
        ours = (table for table in modelled(statements) if table.kind != "foreign")
        found = {table.name: table for table in ours if table.name.split(".")[0] in ("public", "private", "api")}
        counts: Counter[str] = Counter()
        assert found.keys() == real.tables.keys(), statements
        told = {table: facts.rls for table, facts in found.items() if facts.rls is not None}
        assert told == {table: real.tables[table][0] for table in told}, statements
        for table, facts in found.items():
            if table in FURNITURE:
                continue
            for cell in facts.access:
                truth = real.verdict(table, cell.role, cell.verb, cell.columns)
                if truth is None:
                    counts["not tried"] += 1
                    continue
                said = cell.effect.value if cell.effect is not None else None
                vague = said == "rows" and truth != "rows"
                counts["untold" if said is None else "vague" if vague else "equal"] += 1
                # Two conditions that hold for some rows each may hold for none together.
                if said is not None and said != truth and not (vague and (not exact or truth == "none")):
                    raise AssertionError(
                        f"{table}: {cell.role} {cell.verb}: model {said} ({cell.reason}), server {truth}\n" + ";\n".join(statements)
                    )
        return counts


# Histories

TABLES = ("public.notes", "public.files", "private.notes", "api.notes")
SHAPE = "(id uuid primary key, user_id uuid, open boolean, note text)"
# Conditions whose verdict does not depend on the rows of another table.
PLAIN = (
    "true", "false", "1 = 1", "not false", "null", "auth.uid() = user_id", "(select auth.uid()) = user_id", "auth.uid()::text = user_id::text", "user_id in (auth.uid())", "user_id = any (array[auth.uid()])",
    "auth.uid() is not null", "auth.role() = 'authenticated'", "(select auth.role()) = 'authenticated'", "auth.role() = 'anon'", "auth.role() in ('anon', 'authenticated')", "auth.role() = 'service_role'",
    "auth.jwt() ->> 'role' = 'authenticated'", "(auth.jwt() -> 'app_metadata' ->> 'role') = 'admin'", "coalesce((auth.jwt() -> 'app_metadata' ->> 'admin')::boolean, false)", "auth.jwt() ->> 'email' is not null",
    "current_setting('request.jwt.claims', true)::jsonb ->> 'role' = 'authenticated'", "open", "open = true", "open is true", "open or auth.uid() = user_id", "open and auth.uid() is not null",
    "auth.uid() = user_id and open", "user_id is null", "user_id is null or auth.uid() = user_id", "auth.uid() is not distinct from user_id", "coalesce(auth.uid() = user_id, true)", "id = id", "auth.uid() = auth.uid()",
    "case when auth.uid() is null then false else auth.uid() = user_id end", "case auth.role() when 'authenticated' then true else false end", "current_user = 'anon'", "auth.uid() <> user_id", "exists (select 1)", "(select true)",
    "auth.uid() in (user_id, id)", "auth.uid() not in (user_id, id)", "auth.role() in ('anon', note)", "user_id in (auth.uid(), id)", "auth.uid() = (select auth.uid())", "nullif(auth.role(), 'anon') is not null", "auth.role() || '' = 'anon'", "mine(user_id)", "signed_in()", "not (auth.role() = 'anon')",
)  # fmt: skip
# Conditions that read rows: the model says "rows" and the server what they come to.
READING = (
    "exists (select 1 from members m where m.user_id = auth.uid())", "user_id in (select m.user_id from members m)", "user_id in (select m.user_id from members m where m.user_id = auth.uid())", "is_member()",
    "exists (select 1 from public.files f where f.user_id = auth.uid())", "exists (select 1 from public.notes n where n.id = user_id)", "(select count(*) from members) > 0", "(select m.note from members m where m.user_id = auth.uid() limit 1) = 'x'",
    "exists (select 1 from auth.users u where u.id = auth.uid())", "auth.uid() in (select user_id from hidden)",
)  # fmt: skip
FURNITURE = ("public.members", "public.hidden")
PREPARED = (
    "create schema private", "create schema api",
    f"create table public.members {SHAPE}", "alter table public.members enable row level security", "create policy all_members on public.members for select using (true)",
    f"create table public.hidden {SHAPE}", "alter table public.hidden enable row level security",
    "create function mine(owner uuid) returns boolean language sql stable as $$ select owner = auth.uid() $$",
    "create function signed_in() returns boolean language plpgsql stable as $$ begin if auth.uid() is null then return false; end if; return true; end $$",
    "create function is_member() returns boolean language sql stable security definer as $$ select exists (select 1 from public.members where user_id = auth.uid()) $$",
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn, conditions: Sequence[str]) -> list[str]:
    steps = [f"create table {table} {SHAPE}" for table in TABLES]
    steps += draw(
        st.sampled_from(
            (
                [
                    "grant usage on schema private, api to anon, authenticated",
                    "grant all on api.notes, private.notes to anon, authenticated",
                ],
                [],
            )
        )
    )
    condition = st.sampled_from(conditions)
    for table in TABLES[:3]:
        steps += draw(st.sampled_from(([f"alter table {table} enable row level security"],) * 4 + ([],)))
        for number in range(draw(st.integers(1, 3))):
            steps.append(draw(_step("policy", st.just(table), condition, number)))
    for number in range(draw(st.integers(0, 6))):
        steps.append(draw(_step(draw(st.sampled_from(_KINDS)), st.sampled_from(TABLES), condition, number)))
    return [*PREPARED, *steps]


_KINDS = (
    "policy", "enable", "disable", "drop policy", "alter policy", "grant", "revoke", "column grant", "whole schema", "usage", "defaults",
    "drop table", "create table", "rename", "set schema", "loop", "names", "copy", "replace", "rename column", "force", "guarded", "rename policy",
)  # fmt: skip
_ROLES = ("", "", "to public", "to anon", "to authenticated", "to anon, authenticated", "to service_role")


def _step(kind: str, table: st.SearchStrategy[str], condition: st.SearchStrategy[str], number: int) -> st.SearchStrategy[str]:
    role, verb = st.sampled_from(("anon", "authenticated", "public")), st.sampled_from((*VERBS, "all"))
    command = st.sampled_from(("", "for all", "for select", "for insert", "for update", "for delete"))

    @st.composite
    def policy(draw: st.DrawFn) -> str:
        words = draw(command)
        using = "" if words == "for insert" else f"using ({draw(condition)})"
        check = (
            f"with check ({draw(condition)})"
            if words in ("for insert", "for all", "", "for update") and (words == "for insert" or draw(st.booleans()))
            else ""
        )
        restrictive = "as restrictive" if draw(st.integers(0, 5)) == 0 else ""
        return f"create policy p{number % 4} on {draw(table)} {restrictive} {words} {draw(st.sampled_from(_ROLES))} {using} {check}"

    def text(template: str, **parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.builds(template.format, **parts)

    name = st.sampled_from(("p0", "p1", "p2", "p3"))
    other = st.sampled_from(("notes", "files", "archive"))
    match kind:
        case "policy":
            return policy()
        case "enable" | "disable":
            return text(f"alter table {{table}} {kind} row level security", table=table)
        case "force":
            return text("alter table {table} force row level security", table=table)
        case "drop policy":
            return text("drop policy if exists {name} on {table}", name=name, table=table)
        case "rename policy":
            return text("alter policy {name} on {table} rename to {to}", name=name, table=table, to=name)
        case "alter policy":
            return text("alter policy {name} on {table} using ({condition})", name=name, table=table, condition=condition)
        case "grant" | "revoke":
            return text(f"{kind} {{verb}} on {{table}} {'to' if kind == 'grant' else 'from'} {{role}}", verb=verb, table=table, role=role)
        case "column grant":
            return text("grant {verb} (id, note) on {table} to {role}", verb=st.sampled_from(("select", "update")), table=table, role=role)
        case "whole schema":
            return text(
                "{word} all on all tables in schema {schema} {way} {role}",
                word=st.just("revoke"),
                way=st.just("from"),
                schema=st.sampled_from(("public", "api")),
                role=role,
            ) | text("grant select on all tables in schema {schema} to {role}", schema=st.sampled_from(("public", "api")), role=role)
        case "usage":
            return text("grant usage on schema {schema} to {role}", schema=st.sampled_from(("private", "api")), role=role)
        case "defaults":
            return text(
                "alter default privileges {where} {what}",
                where=st.sampled_from(("in schema public", "in schema api", "", "for role postgres in schema public")),
                what=st.sampled_from(
                    (
                        "revoke all on tables from anon",
                        "revoke all on tables from anon, authenticated",
                        "grant select on tables to anon",
                        "revoke execute on functions from public",
                    )
                ),
            )
        case "drop table":
            return text("drop table if exists {table} cascade", table=table)
        case "create table":
            return text("create table if not exists {table} " + SHAPE, table=table)
        case "rename":
            return text("alter table {table} rename to {to}", table=table, to=other)
        case "set schema":
            return text("alter table {table} set schema {to}", table=table, to=st.sampled_from(("public", "private", "api")))
        case "loop":
            return text(
                "do $$ declare r record; begin for r in select schemaname, tablename from pg_tables where schemaname = '{schema}' loop "
                "execute format('alter table %I.%I {way} row level security', r.schemaname, r.tablename); end loop; end $$",
                schema=st.sampled_from(("public", "private", "api")), way=st.sampled_from(("enable", "disable")),
            )  # fmt: skip
        case "names":
            return text(
                "do $$ declare t text; begin foreach t in array array['notes', 'files'] loop "
                "if exists (select 1 from information_schema.tables where table_schema = 'public' and table_name = t) then execute 'alter table public.' || quote_ident(t) || ' enable row level security'; end if; "
                "end loop; end $$"
            )
        case "guarded":
            return text(
                "do $$ begin if not exists (select 1 from pg_policies where tablename = 'notes' and schemaname = 'public' and policyname = '{name}') then "
                "create policy {name} on public.notes for select using ({condition}); end if; exception when others then null; end $$",
                name=name, condition=condition.filter(lambda each: "'" not in each),
            )  # fmt: skip
        case "copy":
            return text("create table public.archive (like {table} including all)", table=table) | text(
                "create table public.archive as select * from {table}", table=table
            )
        case "replace":
            return text("drop table {table}", table=table)
        case _:
            return text("alter table {table} rename column open to visible", table=table)


def _run(server: Server, strategy: st.SearchStrategy[list[str]], examples: int, exact: bool) -> Counter[str]:
    total: Counter[str] = Counter()

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
    )
    @given(strategy)
    def compare(history: list[str]) -> None:
        total.update(compared(server, history, exact))

    compare()
    return total


def test_verdicts_of_histories_are_the_servers(server: Server) -> None:
    total = _run(server, histories(PLAIN), 45, exact=True)
    assert total["untold"] * 50 <= total["equal"], total


def test_verdicts_of_conditions_that_read_tables_do_not_contradict_the_server(server: Server) -> None:
    total = _run(server, histories(READING + PLAIN[:12]), 25, exact=False)
    assert total["untold"] * 20 <= total["equal"], total


@pytest.mark.parametrize("condition", PLAIN)
def test_verdicts_of_one_condition(server: Server, condition: str) -> None:
    statements = [
        *PREPARED, f"create table public.notes {SHAPE}", "alter table public.notes enable row level security", f"create policy p on public.notes using ({condition})",
        f"create table public.files {SHAPE}", "alter table public.files enable row level security", f"create policy p on public.files for insert to authenticated with check ({condition})",
    ]  # fmt: skip
    assert compared(server, statements, exact=True)["untold"] == 0


@functools.cache
def _examples() -> list[tuple[str, list[str]]]:
    from batten.rules.page import load_page

    found = []
    for path in sorted(PAGES.glob("*.md")):
        page = load_page(path.read_text(), str(path))
        for example in page.examples:
            texts = [text for name, text in sorted(example.files) if name.endswith(".sql") and "/migrations/" in name]
            statements = [text.encode()[piece.span.start : piece.span.end].decode() for text in texts for piece in pieces(text.encode())]
            if statements and all("supabase" in name or not name.endswith(".sql") for name, _ in example.files):
                found.append((f"{page.id}: {example.title}", statements))
    return found


def test_verdicts_of_the_rule_pages_examples_are_the_servers(server: Server) -> None:
    found = _examples()
    total: Counter[str] = Counter()
    for _, statements in found:
        total.update(compared(server, statements, exact=False))
    assert found
    assert total["untold"] * 20 <= total["equal"], total
