"""What shows a hole to its owner: it only reads, names of the app mean nothing to a shell or a server, and it tells open from closed on a real one."""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixing import fix, fixer_of, lay_out
from postgres_server import Server, started

from batten.parse.postgres.split import pieces
from batten.witness import Witness, witness


def witnesses(folder: Path) -> dict[str, Witness | None]:
    fixer = fixer_of(folder)
    return {finding.rule: witness(fixer.project, finding) for finding in fixer.findings}


def test_a_request_names_no_row_and_brings_no_credential(tmp_path: Path) -> None:
    server = """import express from 'express'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export const app = express()
app.put('/api/orders/:id/notes', async (req, res) => res.json(await prisma.order.update({ where: { id: req.params.id }, data: req.body })))
"""
    lay_out(tmp_path, {"package.json": '{"dependencies": {"express": "5", "@prisma/client": "6"}}', "app.js": server})
    found = [each for each in witnesses(tmp_path).values() if each is not None]
    assert [each.ask for each in found] == [
        'curl -si -X PUT "$HOST/api/orders/00000000-0000-0000-0000-000000000000/notes" -H "Content-Type: application/json" -d "{}" | head -1'
    ]
    assert found[0].closed == "401 or 403"


EVIL = 'no"; touch hacked; "$(touch hacked)`touch hacked`'


def test_names_of_the_app_are_no_words_of_a_shell(tmp_path: Path) -> None:
    edge = f"supabase/functions/{EVIL.replace('/', '')}/index.ts"
    model = "Deno.serve(async () => fetch('https://api.openai.com/v1/chat/completions', { headers: { Authorization: `Bearer ${Deno.env.get('OPENAI_API_KEY')}` } }))\n"
    table = 'create table public."no""; drop table x; --" (id uuid primary key, email text);\n'
    lay_out(
        tmp_path, {edge: model, "supabase/migrations/20250101000000_a.sql": table, f"{EVIL}/.env": "A_SECRET=q7Lm2Vx9TzB4nK8sW3pR6yH1\n"}
    )
    found = [each for each in witnesses(tmp_path).values() if each is not None]
    assert len(found) >= 2
    (tmp_path / "bin").mkdir()
    for name in ("curl", "git", "nc"):
        (tmp_path / "bin" / name).write_text("#!/bin/sh\ntrue\n")
        (tmp_path / "bin" / name).chmod(0o755)
    for each in found:
        if each.language == "sh":
            subprocess.run(["/bin/sh", "-c", each.ask], cwd=tmp_path, env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}, check=False)
            assert shlex.split(each.ask)
        else:
            assert len(list(pieces(each.ask.encode()))) == 1
    assert list(tmp_path.rglob("hacked")) == []


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    yield from started()


TABLES = """create table public.notes (id uuid primary key, user_id uuid references auth.users (id), body text);
create schema private;
create table public.rates (id uuid primary key, user_id uuid references auth.users (id));
alter table public.rates enable row level security;
create policy "it's open" on public.rates for update to authenticated using (true) with check (true);
create function public.total() returns bigint language sql security definer as $$ select count(*) from public.notes $$;
"""


def test_a_server_answers_otherwise_once_the_hole_is_closed(tmp_path: Path, server: Server) -> None:
    lay_out(tmp_path, {"supabase/migrations/20250101000000_a.sql": TABLES})
    shown = {rule: each for rule, each in witnesses(tmp_path).items() if each is not None and each.language == "sql"}
    fix(tmp_path)
    (new,) = [path for path in (tmp_path / "supabase" / "migrations").iterdir() if "20250101" not in path.name]
    with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
        admin.execute(TABLES)
        before = {rule: admin.execute(each.ask).fetchall() for rule, each in shown.items()}
        admin.execute(new.read_text())
        after = {rule: admin.execute(each.ask).fetchall() for rule, each in shown.items()}
    assert shown
    assert {rule for rule in shown if before[rule] == after[rule]} == set()


def test_explain_prints_it(tmp_path: Path) -> None:
    lay_out(tmp_path, {"supabase/migrations/20250101000000_a.sql": TABLES})
    key = next(finding.key for finding in fixer_of(tmp_path).findings if finding.rule == "table-without-rls")
    done = subprocess.run([sys.executable, "-m", "batten", "explain", key], cwd=tmp_path, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    at = lines.index("See for yourself (batten asks nothing)")
    assert lines[at + 1] == '  curl -s "$SUPABASE_URL/rest/v1/notes?select=*&limit=1" -H "apikey: $SUPABASE_ANON_KEY"'
    assert lines[at + 2 : at + 4] == [
        "  As long as it is open: a row, where there is one.",
        "  Once it is closed: [] or an error with the code 42501.",
    ]
