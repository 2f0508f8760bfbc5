"""Functions of the owner that answer what stands behind a code, and those that answer more."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

BASE = """
create table public.sellers (id uuid primary key references auth.users(id), name text, code text, email text, phone text, active boolean);
alter table public.sellers enable row level security;
create policy own on public.sellers for select using (id = auth.uid());
"""


def told(answers: str, query: str, argument: str = "p_code text") -> list[str]:
    sql = f"{BASE} create function public.look({argument}) returns {answers} language sql security definer set search_path = public as $$ {query} $$;"
    found = scan_files({"supabase/migrations/20250101000000_a.sql": sql.encode()}, RULES).findings
    return [finding.severity.value for finding in found if finding.rule == "unchecked-privileged-function"]


@pytest.mark.parametrize(
    ("answers", "query", "expected"),
    [
        ("table(code text, name text)", "select s.code, s.name from sellers s where upper(s.code) = upper(trim(p_code)) and s.active limit 1", ["low"]),
        ("table(name text)", "select name from sellers where code = p_code", ["low"]),
        # more than the code stands for
        ("table(code text, email text)", "select s.code, s.email from sellers s where s.code = p_code", ["high"]),
        ("setof public.sellers", "select * from sellers where code = p_code", ["high"]),
        # not only the row of that code
        ("table(code text, name text)", "select s.code, s.name from sellers s where s.code = p_code or p_code is null", ["high"]),
        ("table(code text, name text)", "select s.code, s.name from sellers s where s.code like p_code", ["high"]),
        ("table(code text, name text)", "select s.code, s.name from sellers s where s.name = p_code", ["high"]),
        ("table(code text, name text)", "select s.code, s.name from sellers s where s.code = p_code union select s.code, s.name from sellers s", ["high"]),
    ],
)  # fmt: skip
def test_what_a_code_stands_for(answers: str, query: str, expected: list[str]) -> None:
    assert told(answers, query) == expected
