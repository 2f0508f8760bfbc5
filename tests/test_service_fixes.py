"""Remedies of what runs beside the app: rules of Firebase, gateways of models, tools of agents; and of modules and checks that stand on the wrong side."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fixing import fix, fixed, fixer_of, lay_out

from batten.finding import Safety, UsageError

# Rules of Firebase


def rules(path: str, allow: str) -> dict[str, str]:
    inner = f"    match {path} {{\n      {allow}\n    }}\n"
    return {
        "firebase.json": '{ "firestore": { "rules": "firestore.rules" } }',
        "firestore.rules": f"service cloud.firestore {{\n  match /databases/{{database}}/documents {{\n{inner}  }}\n}}\n",
    }


@pytest.mark.parametrize(
    ("path", "written", "wanted"),
    [
        ("/{document=**}", "allow read, write: if true;", "allow read, write: if false;"),
        ("/{document=**}", "allow read, write;", "allow read, write: if false;"),
        ("/{document=**}", "allow read,write:if  true ; // for now", "allow read,write:if  false ; // for now"),
        ("/users/{id}", "allow write: if true;", "allow write: if request.auth != null && request.auth.uid == id;"),
        ("/carts/{userId}/items/{item}", "allow write: if true", "allow write: if request.auth != null && request.auth.uid == userId"),
        ("/tasks/{id}", "allow update, delete: if 1 == 1;", "allow update, delete: if false;"),
        ("/orders/{id}", "allow read, write: if request.auth != null;", None),  # whose they are, no path says
        ("/posts/{id}", "allow read: if true;", None),  # published, perhaps
        ("/tasks/{id}", "allow write: if /* ours */ true;", None),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_rules_are_closed_but_for_the_account_that_their_path_names(
    tmp_path: Path, path: str, written: str, wanted: str | None, ends: str
) -> None:
    changed = {} if wanted is None else {"firestore.rules": rules(path, wanted)["firestore.rules"].replace("\n", ends)}
    lay_out(tmp_path, rules(path, written), ends)
    before = {each.name: each.read_bytes().decode() for each in tmp_path.iterdir()}
    fix(tmp_path)
    assert {each.name: text for each in tmp_path.iterdir() if (text := each.read_bytes().decode()) != before[each.name]} == changed


def test_statements_of_one_match_that_say_the_same_are_closed_together(tmp_path: Path) -> None:
    both = "allow read: if true;\n      allow write: if true;\n      allow list: if request.auth.uid == uid;"
    wanted = both.replace("if true", "if request.auth != null && request.auth.uid == uid")
    assert fixed(tmp_path, "firebase-open-to-everyone", rules("/users/{uid}", both)) == {
        "firestore.rules": rules("/users/{uid}", wanted)["firestore.rules"]
    }


# Clients with the service key

TODOS = "create table public.todos (id uuid primary key, user_id uuid references auth.users, text text);\nalter table public.todos enable row level security;\ncreate policy own on public.todos for all to authenticated using (auth.uid() = user_id);\n"
SHARED = """import { createServerClient } from '@supabase/ssr'
import { createClient as create } from '@supabase/supabase-js'
import { cookies } from 'next/headers'

export async function ours() {
  const store = await cookies()
  return createServerClient(process.env.NEXT_PUBLIC_SUPABASE_URL, process.env.NEXT_PUBLIC_SUPABASE_ANON_KEY, { cookies: { getAll: () => store.getAll(), setAll: () => {} } })
}

export const admin = create(process.env.NEXT_PUBLIC_SUPABASE_URL, process.env.SUPABASE_SERVICE_ROLE_KEY)
"""
READS = """import { admin, ours } from '../../../lib/supabase'

export async function GET() {
  const db = await ours()
  const { data: { user } } = await db.auth.getUser()
  if (!user) return new Response('', { status: 401 })
  const { data } = await admin.from('todos').select('*').eq('user_id', user.id)
  return Response.json(data)
}
"""


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("", "", READS.replace("{ admin, ours }", "{ ours }").replace("await admin.", "await db.")),
        ("{ admin, ours }", "{ ours, admin }", READS.replace("{ admin, ours }", "{ ours }").replace("await admin.", "await db.")),
        ("  return Response", "  await admin.rpc('count')\n  return Response", None),
        ("await db.auth.getUser()", "await (await ours()).auth.getUser()", ""),
    ],
    ids=["swapped", "the last name of the import", "still needed", "no name for it"],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_handler_asks_with_the_rights_of_its_caller(tmp_path: Path, old: str, new: str, wanted: str | None, ends: str) -> None:
    text = READS.replace(old, new, 1) if old else READS
    route = "app/api/todos/route.js"
    files = {
        "package.json": '{"dependencies": {"next": "16", "@supabase/ssr": "0", "@supabase/supabase-js": "2"}}',
        "lib/supabase.js": SHARED,
        route: text,
        "supabase/migrations/20250101000000_todos.sql": TODOS,
    }
    after = text.replace("await admin.from", "await db.from") if wanted is None else wanted
    assert fixed(tmp_path, "needless-admin-client", files, ends) == ({route: after.replace("\n", ends)} if after else {})


# Servers that are started by hand

DEMO = "import gradio as gr\n\ndemo = gr.Interface(fn=answer, inputs='text', outputs='text')\ndemo.launch(\n    CALL,  # for the team\n)\n"
SERVED = "import uvicorn\nfrom mcp.server import MCPServer\n\nmcp = MCPServer('db')\nuvicorn.run(mcp.sse_app(), CALL)\n"
BOUND = {
    "a demo": ("public-ai-demo", DEMO, "server_name='0.0.0.0', server_port=80", "server_name='127.0.0.1', server_port=80"),
    "a demo with a public address": (
        "public-ai-demo",
        DEMO,
        'server_name="0.0.0.0", share=True',
        'server_name="127.0.0.1", share=False',
    ),
    "tools": ("unauthenticated-mcp-server", SERVED, "port=8000, host='::'", "port=8000, host='127.0.0.1'"),
}


@pytest.mark.parametrize("name", BOUND)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_only_the_address_changes(tmp_path: Path, name: str, ends: str) -> None:
    rule, text, before, after = BOUND[name]
    assert fixed(tmp_path, rule, {"app.py": text.replace("CALL", before)}, ends) == {
        "app.py": text.replace("CALL", after).replace("\n", ends)
    }


def test_a_server_of_an_image_is_reached_as_before(tmp_path: Path) -> None:
    image = 'FROM python:3.13\nCOPY . .\nCMD ["python", "app.py"]\n'
    files = {"app.py": SERVED.replace("CALL", "host='0.0.0.0'"), "Dockerfile": image}
    assert fixed(tmp_path, "unauthenticated-mcp-server", files) == {}


def test_a_server_that_is_started_by_hand_listens_to_this_machine_alone(tmp_path: Path) -> None:
    """Asked by another address of this machine, which only those reach that listen on every address."""
    served = SERVED.replace("CALL", "host='0.0.0.0', port=PORT")
    after = fixed(tmp_path, "unauthenticated-mcp-server", {"app.py": served.replace("PORT", "8000")})["app.py"]
    texts = (served, after.replace("8000", "PORT"))
    answers = []
    for text in texts:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (tmp_path / "app.py").write_text(text.replace("PORT", str(port)))
        with subprocess.Popen([sys.executable, "app.py"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                own = _reached("127.0.0.1", port, server)
                answers.append((own, _reached("127.0.0.2", port, None)))
            finally:
                server.kill()
    assert answers == [(True, True), (True, False)]


def _reached(host: str, port: int, until: subprocess.Popen[bytes] | None) -> bool:
    """Whether a server takes calls there; one that is being started is waited for."""
    last = time.monotonic() + (60 if until is not None else 0)
    while True:
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            if time.monotonic() > last or until is None or until.poll() is not None:
                return False
            time.sleep(0.1)
        else:
            return True


# Tools of agents


def tools(server: dict[str, object], **more: str) -> dict[str, str]:
    return {".mcp.json": json.dumps({"mcpServers": {"ours": server}}), **more}


@pytest.mark.parametrize(
    ("arguments", "more", "wanted"),
    [
        (["-y", "@acme/mcp@latest"], {"package.json": '{"devDependencies": {"@acme/mcp": "1.4.2"}}'}, ["-y", "@acme/mcp@1.4.2"]),
        (
            ["@acme/mcp"],
            {"package-lock.json": '{"packages": {"node_modules/@acme/mcp": {\n"version": "1.4.2"}}}'},
            ["@acme/mcp@1.4.2"],
        ),
        (["-y", "@acme/mcp"], {"package.json": '{"devDependencies": {"@acme/mcp": "^1.4.2"}}'}, None),
        (["-y", "@acme/mcp"], {"package.json": '{"devDependencies": {"@acme/mcp-two": "1.4.2", "x@acme/mcp": "2.0.0"}}'}, None),
        (
            ["-y", "@supabase/mcp-server-supabase@0.5.5"],
            {"supabase/config.toml": 'project_id = "abcdefghijklmnopqrst"\n'},
            ["-y", "@supabase/mcp-server-supabase@0.5.5", "--read-only", "--project-ref=abcdefghijklmnopqrst"],
        ),
        (["-y", "@supabase/mcp-server-supabase@0.5.5"], {}, None),
    ],
)
def test_a_server_of_tools_is_pinned_to_what_the_repository_knows(
    tmp_path: Path, arguments: list[str], more: dict[str, str], wanted: list[str] | None
) -> None:
    files = tools({"command": "npx", "args": arguments}, **more)
    changed = fixed(tmp_path, "untrusted-mcp-source", files)
    if wanted is None:
        assert changed == {}
    else:
        assert {path: json.loads(text) for path, text in changed.items()} == {
            ".mcp.json": {"mcpServers": {"ours": {"command": "npx", "args": wanted}}}
        }


def test_where_no_file_knows_a_version_there_is_an_outline_and_no_edit(tmp_path: Path) -> None:
    fixer = fixer_of(lay_out(tmp_path, tools({"command": "npx", "args": ["-y", "acme-mcp"]})))
    (proposal,) = [fixer.propose(finding) for finding in fixer.findings]
    assert proposal.fix is None
    assert proposal.outline is not None
    assert (proposal.outline.safety, "acme-mcp@<version>" in proposal.outline.edits[0].text) == (Safety.SHOW, True)


# Modules of the server

NEXT = {
    "package.json": '{ "dependencies": { "next": "16.0.0", "react": "19.0.0" } }',
    "app/page.tsx": 'import { List } from "./list";\nimport { rows } from "../lib/db";\nexport default async function Page() {\n  return <List rows={await rows()} />;\n}\n',
    "app/list.tsx": '"use client";\nimport type { Row } from "../lib/db";\nexport const List = ({ rows }: { rows: Row[] }) => <p>{rows.length}</p>;\n',
    "lib/db.ts": "import { key } from './key'\nexport type Row = { id: string }\nexport const rows = () => fetch('https://db.shop.invalid', { headers: { key: key + process.env.DB_PASSWORD! } })\n",
    "lib/key.ts": "export const key = 'k'\n",
}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"scripts/seed.ts": "import { rows } from '../lib/db'\nrows()\n"},  # which plain Node runs
        {"pages/old.tsx": "export default () => null\n"},  # whose router knows no such module
        {"package.json": '{ "dependencies": { "vite": "7.0.0", "react": "19.0.0" } }'},
    ],
    ids=["Next alone", "a script too", "pages too", "no Next"],
)
def test_a_module_of_the_server_says_so_where_next_alone_loads_it(tmp_path: Path, more: dict[str, str]) -> None:
    wanted = {"lib/db.ts": "import 'server-only'\n" + NEXT["lib/db.ts"]} if not more else {}
    assert fixed(tmp_path, "server-module-in-client", {**NEXT, **more}) == wanted


# Checks that let everybody on


@pytest.mark.parametrize(
    ("refusal", "wanted"),
    [
        ('res.status(401).json({ error: "who?" });', 'return res.status(401).json({ error: "who?" });'),
        ("res.sendStatus(401)", "return res.sendStatus(401)"),
    ],
)
def test_who_is_refused_gets_no_further(tmp_path: Path, refusal: str, wanted: str) -> None:
    body = "async (req, res) => {\n  if (!req.user) {\n    REFUSAL\n  }\n  await prisma.note.delete({ where: { id: req.params.id } });\n  res.json({ ok: true });\n}"
    app = f'import express from "express";\nimport {{ PrismaClient }} from "@prisma/client";\nconst prisma = new PrismaClient();\nconst app = express();\napp.delete("/notes/:id", {body});\n'
    files = {"package.json": '{"type": "module", "dependencies": {"express": "5"}}', "server.js": app.replace("REFUSAL", refusal)}
    assert fixed(tmp_path, "auth-fails-open", files) == {"server.js": app.replace("REFUSAL", wanted)}
    script = """
    const asked = async (handler, user) => {
      const done = [];
      globalThis.prisma = { note: { delete: async ({ where }) => done.push(where.id) } };
      const res = { said: [], status(code) { this.said.push(code); return this; }, sendStatus(code) { this.said.push(code); return this; }, json(body) { this.said.push(body); return this; } };
      await handler({ user, params: { id: "1" } }, res);
      return [res.said[0], done];
    };
    const before = BEFORE, after = AFTER;
    (async () => console.log(JSON.stringify([await asked(before), await asked(after), await asked(before, 1), await asked(after, 1)])))();
    """
    script = script.replace("BEFORE", body.replace("REFUSAL", refusal)).replace("AFTER", body.replace("REFUSAL", wanted))
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[401, ["1"]], [401, []], [{"ok": True}, ["1"]], [{"ok": True}, ["1"]]]


# Files that are not as they should be

OPEN = "create table public.notes (id uuid primary key, user_id uuid references auth.users (id), email text);\n"
SHELL = "import subprocess\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\ndef work():\n    subprocess.run(f\"ffmpeg -i {request.form['n']} out.mp4\", shell=True)\n    return ''\n"


def test_a_file_in_the_middle_of_a_merge_stays(tmp_path: Path) -> None:
    torn = SHELL.replace("    return ''\n", "<<<<<<< HEAD\n    return ''\n=======\n    return 'x'\n>>>>>>> other\n")
    assert fixed(tmp_path / "torn", "command-injection", {"app.py": torn}) == {}
    assert list(fixed(tmp_path / "whole", "command-injection", {"app.py": SHELL})) == ["app.py"]


@pytest.mark.parametrize(
    ("path", "text", "rule", "line"),
    [
        (
            "app.js",
            "import cp from 'node:child_process'\nimport express from 'express'\nconst app = express()\napp.post('/', (req, res) => {\n  cp.execSync(`echo ${req.body.name}`)\n  res.end()\n})\n",
            "command-injection",
            "  res.end()\n",
        ),
        (
            "compose.yml",
            "services:\n  db:\n    image: postgres:17\n    ports:\n      - 5432:5432\n    environment:\n      POSTGRES_PASSWORD: postgres\n",
            "published-internal-service",
            "    environment:\n",
        ),
        (
            "config.toml",
            "[auth]\nenable_signup = true\nminimum_password_length = 4\n",
            "weak-supabase-auth-config",
            "enable_signup = true\n",
        ),
    ],
)
def test_a_file_in_the_middle_of_a_merge_stays_whatever_it_is_written_in(
    tmp_path: Path, path: str, text: str, rule: str, line: str
) -> None:
    path = f"supabase/{path}" if path.endswith(".toml") else path
    more = {"package.json": '{"type": "module", "dependencies": {"express": "5"}}'} if path.endswith(".js") else {}
    torn = text.replace(line, f"<<<<<<< HEAD\n{line}=======\n# theirs\n>>>>>>> other\n")
    assert fixed(tmp_path / "torn", rule, {**more, path: torn}) == {}
    assert list(fixed(tmp_path / "whole", rule, {**more, path: text})) == [path]


def test_of_two_tools_the_one_whose_tables_are_open_gets_the_migration(tmp_path: Path) -> None:
    files = {
        "api/supabase/migrations/20260101000000_notes.sql": OPEN,
        "shop/prisma/migrations/20260101000000_init/migration.sql": OPEN.replace("notes", "orders"),
        "shop/prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n',
        "shop/package.json": '{"dependencies": {"@prisma/client": "6"}}',
    }
    lay_out(tmp_path, files)
    fix(tmp_path, "table-without-rls")
    made = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*.sql")}
    new = {path: [name for name in ("notes", "orders") if name in text] for path, text in made.items() if path not in files}
    # No API serves the tables of the other.
    assert new == {"api/supabase/migrations/20260301000000_enable_row_level_security.sql": ["notes"]}


def test_a_file_that_may_not_be_written_is_named_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path, {"app.py": SHELL})
    monkeypatch.setattr("batten.fix.os.access", lambda *_: False)  # whoever runs the tests may write everything, perhaps
    with pytest.raises(UsageError, match=r"app\.py is read-only"):
        fix(tmp_path, "command-injection")
    assert (tmp_path / "app.py").read_text() == SHELL
