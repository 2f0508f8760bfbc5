"""Tables that somebody made by hand: policies are written for them in migrations, and types that are generated from the database tell their columns."""

import pytest
from own_rules import RULES

from batten.extract.migrations import generated
from batten.parse.postgres.table_statements import CreateTable
from batten.scan import scan_files

PACKAGE = '{"dependencies": {"@supabase/supabase-js": "2"}}'
TYPES = """export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  __InternalSupabase: {
    PostgrestVersion: "14.1"
  }
  public: {
    Tables: {
      riders: {
        Row: {
          badge: number | null
          id: string
          phone: string | null
          stable_id: string | null
          user_id: string
        }
        Insert: {
          phone_of_insert?: string
        }
        Relationships: [
          {
            foreignKeyName: "riders_stable_id_fkey"
            columns: ["stable_id"]
            isOneToOne: false
            referencedRelation: "stables"
            referencedColumns: ["id"]
          },
        ]
      }
      stables: {
        Row: {
          id: string
        }
        Relationships: []
      }
    }
    Views: {
      [_ in never]: never
    }
  }
}
"""
COMPACT = (
    "export interface Database {\n  public: {\n    Tables: {\n      riders: {\n"
    "        Row: { id: string; phone: string | null; user_id: string };\n        Insert: { id?: string };\n      };\n    };\n  };\n}\n"
)
WITH_SEMICOLONS = TYPES.replace('"riders_stable', "'riders_stable").replace("phone: string | null\n", '"phone": string | null;\n')


def described(types: str) -> list[tuple[str, list[tuple[str, str]], list[tuple[tuple[str, ...], str]]]]:
    tables = [each for each in generated.read(types.encode())[0] if isinstance(each, CreateTable)]
    return [
        (str(each.name), [(column.name, column.type) for column in each.columns], [(key.columns, str(key.to)) for key in each.keys])
        for each in tables
    ]


@pytest.mark.parametrize("types", [TYPES, WITH_SEMICOLONS])
def test_types_tell_columns_and_keys(types: str) -> None:
    columns = [("badge", "numeric"), ("id", ""), ("phone", ""), ("stable_id", ""), ("user_id", "")]
    assert described(types) == [("public.riders", columns, [(("stable_id",), "public.stables")]), ("public.stables", [("id", "")], [])]


def test_a_row_may_stand_on_one_line() -> None:
    assert described(COMPACT) == [("public.riders", [("id", ""), ("phone", ""), ("user_id", "")], [])]


@pytest.mark.parametrize(
    "types", ["Tables: {\n" * 3_000 + "Row: {\n" * 3_000, "Tables: {\nRow: {\n" + "}\n" * 3_000, "Tables: {" + "[" * 9_000]
)
def test_types_that_are_none_tell_nothing(types: str) -> None:
    assert described(types) == []


def told(policy: str, types: str = TYPES, before: str = "") -> list[str]:
    files = {
        "package.json": PACKAGE,
        "src/integrations/supabase/types.ts": types,
        "supabase/migrations/20250101000000_a.sql": f"{before}\ncreate policy p on public.riders {policy};",
    }
    return [
        finding.rule
        for finding in scan_files({name: text.encode() for name, text in files.items()}, RULES).findings
        if finding.severity != "info"
    ]


OWN = "for select using (user_id = auth.uid())"


@pytest.mark.parametrize(
    ("policy", "types", "before", "expected"),
    [
        ("for select using (true)", TYPES, "", ["sensitive-table-publicly-readable"]),
        ("for select to authenticated using (true)", TYPES, "", ["policy-open-to-any-user"]),
        ("for select using (true)", TYPES.replace("phone: string", "color: string"), "", []),
        ("for select using (true)", "", "", []),
        (OWN, TYPES, "", []),
        ("for all using (true)", "", "", ["policy-open-to-writes"]),
        # Whatever migrations make is told by them alone.
        (OWN, TYPES, "create table public.riders (id uuid primary key, user_id uuid); alter table public.riders enable row level security;", []),
        ("for select using (true)", TYPES, "create table public.riders (id uuid primary key, user_id uuid); alter table public.riders enable row level security;", []),
    ],
)  # fmt: skip
def test_policies_of_tables_that_no_migration_makes(policy: str, types: str, before: str, expected: list[str]) -> None:
    assert told(policy, types, before) == expected


def test_an_id_is_no_role_that_one_gives_oneself() -> None:
    chosen = "for insert with check (user_id = auth.uid());\ncreate policy q on public.rides for select using (rider_id = (select id from public.riders where user_id = auth.uid()))"
    assert told(chosen) == []


STATISTICS = "create table public.{0} (id uuid primary key, user_id uuid{1}, page text); alter table public.{0} enable row level security;\ncreate policy i on public.{0} for insert with check (true);"


@pytest.mark.parametrize(("name", "required", "severity"), [("analytics_events", "", "info"), ("page_views", "", "info"), ("analytics_events", " not null", "high"), ("audit_events", "", "high")])  # fmt: skip
def test_pages_may_report_visits(name: str, required: str, severity: str) -> None:
    sql = STATISTICS.format(name, required).encode()
    found = scan_files({"supabase/migrations/20250101000000_a.sql": sql}, RULES).findings
    assert [finding.severity for finding in found if finding.rule == "policy-open-to-writes"] == [severity]
