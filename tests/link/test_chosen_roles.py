"""Roles that people give themselves by a way that looks closed: all but one are left, or a trigger copies them to where policies look."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

BASE = """
create type public.app_role as enum ('admin', 'inspector', 'client', 'seller');
create table public.user_roles (id uuid primary key default gen_random_uuid(), user_id uuid references auth.users, role public.app_role not null);
alter table public.user_roles enable row level security;
create policy see on public.user_roles for select using (user_id = auth.uid());
create function public.has_role(_user uuid, _role public.app_role) returns boolean language sql stable security definer set search_path = public
  as $$ select exists (select 1 from user_roles where user_id = _user and role = _role) $$;
create table public.profiles (id uuid primary key references auth.users, role text not null default 'client', full_name text);
alter table public.profiles enable row level security;
create policy own on public.profiles for select using (auth.uid() = id);
create table public.cases (id uuid primary key, body text);
alter table public.cases enable row level security;
"""
FOR_INSPECTORS = "create policy staff on public.cases for all using (public.has_role(auth.uid(), 'inspector'));"
FOR_ADMINS = "create policy staff on public.cases for all using (public.has_role(auth.uid(), 'admin'));"
FOR_SELLERS = "create policy sell on public.cases for all using (public.has_role(auth.uid(), 'seller'));"


def told(*statements: str) -> list[str]:
    sql = "\n".join((BASE, *statements)).encode()
    found = scan_files({"supabase/migrations/20250101000000_a.sql": sql}, RULES).findings
    return [finding.rule for finding in found if finding.severity in ("critical", "high")]


def adds(check: str) -> str:
    return f"create policy add_own on public.user_roles for insert with check (user_id = auth.uid() and {check});"


@pytest.mark.parametrize(
    ("policy", "others", "expected"),
    [
        (adds("role <> 'admin'"), FOR_INSPECTORS, ["self-writable-role-table"]),
        (adds("role <> 'admin'::app_role"), FOR_INSPECTORS, ["self-writable-role-table"]),
        (adds("role not in ('admin', 'seller')"), FOR_INSPECTORS, ["self-writable-role-table"]),
        (adds("not (role = 'admin')"), FOR_INSPECTORS, ["self-writable-role-table"]),
        # Nothing is left that any policy asks for, or what one comes to a market as.
        (adds("role <> 'admin'"), FOR_ADMINS, []),
        (adds("role <> 'admin'"), FOR_SELLERS, []),
        (adds("role not in ('admin', 'inspector')"), FOR_INSPECTORS, []),
        (adds("role in ('client', 'inspector')"), FOR_INSPECTORS, []),
        (adds("role = 'client'"), FOR_INSPECTORS, []),
    ],
)
def test_a_role_that_is_kept_out_leaves_the_others(policy: str, others: str, expected: list[str]) -> None:
    assert told(policy, others) == expected


UPDATE = "create policy change_own on public.profiles for update using (auth.uid() = id);"


def copying(body: str, when: str = "after insert or update of role") -> str:
    return (
        f"create function public.sync() returns trigger language plpgsql security definer set search_path = public as $$ begin {body} return new; end $$;\n"
        f"create trigger sync {when} on public.profiles for each row execute function public.sync();"
    )


TO_ROLES = "insert into public.user_roles (user_id, role) values (new.id, new.role::app_role);"


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        (copying(TO_ROLES), ["self-editable-privilege-column"]),
        (copying("update public.user_roles set role = coalesce(new.role, 'client')::app_role where user_id = new.id;"), ["self-editable-privilege-column"]),
        (copying(f"if new.role = 'admin' then raise exception 'no'; end if; {TO_ROLES}"), []),
        (copying("new.role := old.role;", "before update of role"), []),
    ],
)  # fmt: skip
def test_a_trigger_carries_a_role_to_where_policies_look(trigger: str, expected: list[str]) -> None:
    assert told(UPDATE, FOR_ADMINS, trigger) == expected


@pytest.mark.parametrize(("column", "expected"), [("user_type", ["self-editable-privilege-column"]), ("full_name", [])])
def test_only_what_is_copied_decides(column: str, expected: list[str]) -> None:
    trigger = copying(TO_ROLES.replace("new.role", f"new.{column}"), "after update")
    assert told("alter table public.profiles drop column role, add column user_type text;", UPDATE, FOR_ADMINS, trigger) == expected


def looking(body: str, when: str) -> str:
    return (
        f"create function public.look() returns trigger language plpgsql security definer set search_path = public as $$ begin {body} return new; end $$;\n"
        f"create trigger look {when} on public.user_roles for each row execute function public.look();"
    )


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        # it looks at the role, and leaves it as it is
        (looking("if new.role = 'client' then insert into public.cases (body) values ('new'); end if;", "after insert"), ["self-writable-role-table"]),
        (looking("if new.role = 'client' then insert into public.cases (body) values ('new'); end if;", "before insert"), ["self-writable-role-table"]),
        # what is written already stays
        (looking("new.role := 'client';", "after insert"), ["self-writable-role-table"]),
        (looking("new.role := 'client';", "before insert"), []),
        (looking("new.role = 'client';", "before insert"), []),
        (looking("if new.id is not null then new.role = 'client'; end if;", "before insert"), []),
        (looking("if new.role = 'admin' then raise exception 'no'; end if;", "after insert"), []),
    ],
)  # fmt: skip
def test_only_a_trigger_that_sets_or_refuses_a_role_looks_after_it(trigger: str, expected: list[str]) -> None:
    assert told("create policy add_own on public.user_roles for insert with check (user_id = auth.uid());", FOR_ADMINS, trigger) == expected


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("", ["self-writable-role-table"]),
        ("drop function public.has_role;", []),
        # what it answers is no yes or no; it has no more rights than who asks
        ("drop function public.has_role; create function public.role_of(_user uuid) returns text language sql stable security definer set search_path = public as $$ select role::text from user_roles where user_id = _user $$;", []),
        ("alter function public.has_role security invoker;", []),
    ],
)  # fmt: skip
def test_a_function_that_says_who_has_a_role_decides_where_no_policy_here_asks_it(function: str, expected: list[str]) -> None:
    """Policies made by hand ask it, or the server does: nobody writes it for nothing."""
    assert told("create policy add_own on public.user_roles for insert with check (user_id = auth.uid());", function) == expected
