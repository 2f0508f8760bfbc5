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


@pytest.mark.parametrize(
    ("route", "asked"),
    [
        ("@app.route('/notes/<int:note>', methods=['DELETE'])\ndef work(note):\n", '-X DELETE "$HOST/notes/0"'),
        (
            "@app.route('/notes/<note>', methods=['DELETE'])\ndef work(note):\n",
            f'-X DELETE "$HOST/notes/{"0" * 8}-0000-0000-0000-{"0" * 12}"',
        ),
    ],
)
def test_a_request_is_one_that_the_router_takes(tmp_path: Path, route: str, asked: str) -> None:
    text = f"from flask import Flask\napp = Flask(__name__)\n\n\n{route}    open(str(note), 'w').write('x')\n    return {{}}\n"
    lay_out(tmp_path, {"app.py": text})
    assert [asked in each.ask for rule, each in witnesses(tmp_path).items() if rule == "unauthenticated-write-route" and each] == [True]


def test_a_route_for_every_method_is_asked_by_one_that_there_is(tmp_path: Path) -> None:
    page = "import { appendFileSync } from 'node:fs'\nexport default function handler(req, res) {\n  appendFileSync('notes', req.body.text)\n  res.json({})\n}\n"
    lay_out(tmp_path, {"package.json": '{"dependencies": {"next": "16"}}', "pages/api/notes.js": page})
    (found,) = [each for rule, each in witnesses(tmp_path).items() if rule == "unauthenticated-write-route"]
    assert found is not None
    assert found.ask == 'curl -si -X POST "$HOST/api/notes" -H "Content-Type: application/json" -d "{}" | head -1'


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
create table public.members (id uuid primary key, name text, is_admin boolean not null default false);
alter table public.members enable row level security;
grant all on public.members to authenticated;
create policy own on public.members for update to authenticated using (id = (select auth.uid()));
create policy admins on public.rates for delete to authenticated using (exists (select 1 from public.members where id = (select auth.uid()) and is_admin));
create function public.mine() returns bigint language sql security definer as $$ select count(*) from public.notes where user_id = auth.uid() $$;
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
    assert {"self-editable-privilege-column", "unpinned-search-path"} <= set(shown)
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
