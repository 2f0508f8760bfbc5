"""What is wrong with policies that are not simply open, and the judgements it rests on; the pages of the rules have the cases of each."""

import pytest

from batten.extract.migrations import migration_facts
from batten.facts.project import FileFacts
from batten.facts.schema import Flaw, PolicyFlaw
from batten.facts.services import SupabaseConfig
from batten.link.schema import schema
from batten.link.schema.authority import Authority, allowed, authority_columns
from batten.link.schema.replay import replay
from batten.link.schema.session import Session
from batten.link.schema.state import Database
from batten.link.schema.supabase import on_supabase
from batten.parse.postgres import statements
from batten.text import Place, Span

PATH = "supabase/migrations/20250101000000_first.sql"
PROFILES = "create table public.profiles (id uuid primary key references auth.users, role text default 'user'); alter table public.profiles enable row level security;"


def flaws(sql: str, config: SupabaseConfig | None = None) -> list[PolicyFlaw]:
    blocks, dialect, notes = migration_facts(PATH, sql.encode())
    file = FileFacts(path=PATH, language=None, parsed=False, statements=blocks, dialect=dialect, notes=notes)
    return list(schema([file], (config,) if config else (), ()).objects.policy_flaws)


def database(sql: str) -> Database:
    made = on_supabase(legacy=True)
    replay(Session(made), PATH, statements(sql.encode()))
    return made


def test_a_flaw_tells_who_can_do_what_and_why_it_matters() -> None:
    found = flaws(
        PROFILES
        + """
        create policy own on public.profiles for update using (auth.uid() = id);
        create table public.orders (id uuid primary key, total numeric);
        alter table public.orders enable row level security;
        create policy admins on public.orders for select using ((select p.role from public.profiles p where p.id = auth.uid()) = 'admin');
        """
    )
    first = found[0]
    assert [flaw.flaw for flaw in found] == [Flaw.PRIVILEGES, Flaw.ROLES]
    assert (first.table, first.policy, first.columns, first.verbs) == ("public.profiles", "own", ("role",), ("update",))
    assert first.outsiders == "anyone who signs up can set role in the row of their own"
    assert first.decisive is True
    assert [step.note for step in first.trail] == [
        "the table is created here",
        "the policy is written here",
        "a policy on public.orders decides by it here",
    ]
    assert first.subject == "policy|public.profiles|own"


def test_what_config_says_of_sign_up_is_told() -> None:
    config = SupabaseConfig(root="", place=Place("supabase/config.toml", Span(0, 0)), sign_up=False)
    (found,) = flaws(PROFILES + "create policy own on public.profiles for update using (auth.uid() = id);", config)
    assert found.sign_up is False


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("role public.app_role", {"admin", "user", "late"}),
        ("role app_role", {"admin", "user", "late"}),
        ("role text check (role in ('a', 'B'))", {"a", "b"}),
        ("role text check (role = any (array['a', 'b']))", {"a", "b"}),
        ("role text check (role is null or role in ('a'))", {"a"}),
        ("role text check (role = 'a' or role = 'b')", {"a", "b"}),
        ("role text check (length(role) < 9 and role in ('a'))", {"a"}),
        ("role text check (role = 'a' or length(role) > 3)", None),
        ("role text check (length(role) < 9)", None),
        ("role text", None),
        ("role text, constraint known check (role in ('a'))", {"a"}),
    ],
)
def test_which_values_a_column_can_take(definition: str, expected: set[str] | None) -> None:
    made = database(
        f"create type public.app_role as enum ('admin', 'user'); alter type app_role add value 'late'; create table t (id int, {definition});"
    )
    relation = made.relations[("public", "t")]
    assert allowed(made, relation, relation.columns["role"]) == expected


def test_a_constraint_that_is_gone_limits_nothing() -> None:
    made = database(
        "create table t (role text check (role in ('a'))); alter table t drop constraint t_role_check; alter table t add constraint t_role_check check (role in ('b'));"
    )
    relation = made.relations[("public", "t")]
    assert allowed(made, relation, relation.columns["role"]) == {"b"}


@pytest.mark.parametrize(
    ("table", "column", "expected"),
    [
        ("profiles", "is_admin boolean", Authority.ROLE),
        ("profiles", "admin boolean", Authority.ROLE),
        ("profiles", "role text default 'user'", Authority.ROLE),
        ("profiles", "role text check (role in ('admin', 'member'))", Authority.ROLE),
        ("profiles", "role text check (role in ('buyer', 'seller'))", None),
        ("profiles", "role text", None),
        ("chat_messages", "role text default 'user'", None),
        ("profiles", "credits int", Authority.PAID),
        ("courses", "credits int", None),
        ("meals", "plan text", None),
        ("purchases", "payment_status text", Authority.PAID),
        ("shops", "verified boolean", Authority.TRUST),
        ("shops", "status text check (status in ('pending', 'approved', 'rejected'))", Authority.TRUST),
        ("posts", "status text check (status in ('draft', 'published'))", None),
        ("profiles", "user_type text check (user_type in ('admin', 'client'))", Authority.ROLE),
        ("profiles", "user_type text check (user_type in ('private', 'company'))", None),
        ("profiles", "perfil text check (perfil in ('admin', 'operador'))", Authority.ROLE),
        ("profiles", "cargo text", None),
        ("orders", "total_amount numeric", Authority.PAID),
        ("orders", "total_amount text", None),
        ("expenses", "total_amount numeric", None),
        ("customers", "arrears_balance numeric", Authority.PAID),
        ("customers", "name text, arrears_balance numeric", None),
        ("profiles", "verified boolean generated always as (true) stored", None),
    ],
)
def test_which_columns_give_power(table: str, column: str, expected: Authority | None) -> None:
    made = database(f"create table {table} (id uuid primary key, user_id uuid references auth.users, {column});")
    found = authority_columns(made, made.relations[("public", table)], frozenset())
    assert found == ({column.split(maxsplit=1)[0]: expected} if expected else {})


def test_a_role_of_any_name_gives_power_where_policies_decide_by_it() -> None:
    made = database("create table profiles (id uuid primary key, role text);")
    assert authority_columns(made, made.relations[("public", "profiles")], frozenset({"role"})) == {"role": Authority.ROLE}
