"""Policies that ask for a row which a trigger adds for everybody who signs up: they open a table to any account."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

BASE = """
create table public.people (id uuid primary key references auth.users(id), role text not null default 'member', is_active boolean not null default true, is_staff boolean not null default false, team uuid);
alter table public.people enable row level security;
create policy own on public.people for select using (id = auth.uid());
create function public.my_role() returns text language sql stable security definer set search_path = public as $$
  select role from public.people where id = (select auth.uid()) and is_active = true limit 1 $$;
create function public.is_member() returns boolean language sql stable security definer set search_path = public as $$
  select exists (select 1 from public.people where id = auth.uid() and role in ('member', 'admin')) $$;
create function public.is_boss() returns boolean language sql stable security definer set search_path = public as $$
  select exists (select 1 from public.people where id = auth.uid() and role = 'admin') $$;
create table public.patients (id uuid primary key, full_name text, date_of_birth date, medical_history text, role text, team uuid);
alter table public.patients enable row level security;
"""
GIVES = "insert into public.people (id, role) values (new.id, 'member');"


def added(body: str) -> str:
    return (
        f"create function public.welcome() returns trigger language plpgsql security definer set search_path = public as $$ begin {body} return new; end $$;\n"
        "create trigger welcome after insert on auth.users for each row execute function public.welcome();"
    )


def told(condition: str, *statements: str, config: str = "") -> list[str]:
    policy = f"create policy seen on public.patients for select to authenticated using ({condition});"
    files = {"supabase/migrations/20250101000000_a.sql": "\n".join((BASE, *statements, policy))}
    files |= {"supabase/config.toml": config} if config else {}
    found = scan_files({name: text.encode() for name, text in files.items()}, RULES).findings
    return [finding.severity.value for finding in found if finding.rule == "policy-open-to-any-user"]


OWN = "select 1 from public.people p where p.id = auth.uid()"


@pytest.mark.parametrize(
    "condition",
    [
        "(select public.my_role()) is not null",
        "public.my_role() = 'member'",
        "public.my_role() in ('member', 'admin')",
        "public.is_member()",
        f"exists ({OWN})",
        f"exists ({OWN} and p.role in ('member', 'admin') and p.is_active)",
        f"exists ({OWN} and is_active = true)",
        "auth.uid() in (select id from public.people where role = any (array['member', 'admin']))",
        "(select role from public.people where id = auth.uid()) = 'member'",
        f"public.is_boss() or exists ({OWN})",
    ],
)
def test_what_everybody_is_keeps_nobody_out(condition: str) -> None:
    assert told(condition, added(GIVES)) == ["high"]


@pytest.mark.parametrize(
    ("condition", "gives"),
    [
        # another role, or one that has to be switched on
        ("public.is_boss()", GIVES),
        (f"exists ({OWN} and p.role = 'admin')", GIVES),
        (f"exists ({OWN} and p.is_staff)", GIVES),
        (f"exists ({OWN}) and public.is_boss()", GIVES),
        # which rows depends on the row
        (f"exists ({OWN} and p.team = patients.team)", GIVES),
        (f"exists ({OWN} and patients.role = 'member')", GIVES),
        ("exists (select 1 from public.people p where p.role = 'member')", GIVES),
        # not everybody gets one, or what it holds depends on who it is
        (f"exists ({OWN})", ""),
        (f"exists ({OWN})", "if new.email like '%@clinic.example' then insert into public.people (id) values (new.id); end if;"),
        (f"exists ({OWN} and p.role = 'member')", "insert into public.people (id, role) values (new.id, case when new.email = 'a' then 'member' else 'new' end);"),
        ("public.my_role() = 'member'", "insert into public.people (id, role) values (new.id, 'waiting');"),
        ("public.my_role() is not null", "insert into public.people (id, role, is_active) values (new.id, 'member', false);"),
    ],
)  # fmt: skip
def test_what_not_everybody_is_keeps_others_out(condition: str, gives: str) -> None:
    assert told(condition, added(gives)) == []


def test_where_nobody_can_sign_up_it_is_less() -> None:
    closed = 'project_id = "x"\n[auth]\nenable_signup = false\n'
    assert told(f"exists ({OWN})", added(GIVES), config=closed) == ["low"]


def test_functions_that_ask_each_other_end_in_an_answer() -> None:
    calls = " or ".join(f"public.f{n}()" for n in range(30))
    circle = [f"create function public.f{n}() returns boolean language sql stable as $$ select {calls} $$;" for n in range(30)]
    assert told(calls, added(GIVES), *circle) == []
