"""Work on policies and functions that somebody wrote to be slow stays small."""

import pytest

from batten.extract.migrations import migration_facts
from batten.facts.project import FileFacts
from batten.link.schema import schema

PATH = "supabase/migrations/20250101000000_first.sql"
TABLES = """
create table public.profiles (id uuid primary key references auth.users, user_id uuid, role text default 'user');
alter table public.profiles enable row level security;
create table public.members (user_id uuid, team_id uuid);
"""
TRIGGER = "create trigger t after insert on auth.users for each row execute function public.f(); create trigger u before update on public.profiles for each row execute function public.f();"


def function(body: str) -> str:
    return f"create function public.f() returns trigger language plpgsql as $$ {body} $$; {TRIGGER}"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "create policy p on public.profiles for all using ("
            + " and ".join(["exists (select 1 from members m where m.team_id = user_id)"] * 400)
            + ");",
            [],
        ),
        (
            "create policy p on public.profiles for all using (" + " or ".join(["user_id is null", "auth.uid() = user_id"] * 500) + ");",
            ["ownerless", "privileges", "flagged"],
        ),
        (function("x = raw_user_meta_data " * 2000), []),
        (function("if " * 15_000), []),
        (function("/*" * 15_000), []),
        (function("insert into public.profiles (id, role) values (" + "(" * 15_000), []),
        (function("'role' " + " " * 30_000 + "in"), []),
        (function("new.role" + " " * 30_000 + "x"), []),
    ],
    ids=["and", "or", "variables", "if", "comments", "brackets", "blanks", "assignment"],
)
def test_what_is_made_to_be_slow_comes_to_an_end(sql: str, expected: list[str]) -> None:
    blocks, dialect, notes = migration_facts(PATH, (TABLES + sql).encode())
    file = FileFacts(path=PATH, language=None, parsed=False, statements=blocks, dialect=dialect, notes=notes)
    assert [flaw.flaw.value for flaw in schema([file], (), ()).objects.policy_flaws] == expected


def test_views_on_views_without_end() -> None:
    """Each is looked at once for whether it leads back to itself; what lies too deep can't be told."""
    chain = "".join(f"create view v{number} as select * from {f'v{number - 1}' if number else 't'};" for number in range(400))
    statements, dialect, _ = migration_facts(PATH, f"create table t (id int); {chain}".encode())
    file = FileFacts(path=PATH, language=None, parsed=False, statements=statements, dialect=dialect)
    found = schema([file], (), ()).objects.views
    told = {view.name: next(cell.effect for cell in view.access if (cell.role, cell.verb) == ("anon", "select")) for view in found}
    assert (len(told), told["public.v0"], told["public.v3"], told["public.v399"]) == (400, "all", "all", None)
