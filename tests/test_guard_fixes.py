"""A route gets the check that the others have: strangers came through before, and do not afterwards, on the framework itself; who may call is answered as before."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from asked_three_times import SECRETS, SERVERS, Served, of_node, of_python
from fixing import fix, fixed, fixer_of, lay_out
from npm import installed

from batten.extract.code import unit_of
from batten.finding import Safety

App = dict[str, str]
PACKAGE = '{"type": "module", "dependencies": {"express": "5", "fastify": "5", "hono": "4", "next": "15", "jsonwebtoken": "9"}}'
EXPRESS_GUARD = """import jwt from 'jsonwebtoken'
export const signedIn = (req, res, next) => {
  try {
    req.user = jwt.verify((req.headers.authorization ?? '').slice(7), process.env.JWT_SECRET)
  } catch {
    return res.status(401).end()
  }
  next()
}
"""
EXPRESS = """import express from 'express'
import { appendFileSync } from 'node:fs'
IMPORTS
export const app = express()
app.delete('/api/other', GUARD, (req, res) => { appendFileSync('MARKS', 'x'); res.end() })
app.post('/api/work', (req, res) => { appendFileSync('MARKS', 'x'); res.end('done') })
"""
FASTIFY = """import Fastify from 'fastify'
import jwt from 'jsonwebtoken'
import { appendFileSync } from 'node:fs'
export const app = Fastify()
async function signedIn(request, reply) {
  try {
    jwt.verify((request.headers.authorization ?? '').slice(7), process.env.JWT_SECRET)
  } catch {
    return reply.code(401).send()
  }
}
app.delete('/api/other', { preHandler: signedIn }, async () => { appendFileSync('MARKS', 'x') })
app.post('/api/work', async () => { appendFileSync('MARKS', 'x'); return 'done' })
"""
HONO = """import { Hono } from 'hono'
import { jwt } from 'hono/jwt'
import { appendFileSync } from 'node:fs'
const signedIn = jwt({ secret: process.env.JWT_SECRET, alg: 'HS256' })
export const app = new Hono()
app.delete('/api/other', signedIn, (c) => { appendFileSync('MARKS', 'x'); return c.text('') })
app.post('/api/work', (c) => { appendFileSync('MARKS', 'x'); return c.text('done') })
"""
NEXT_GUARD = """import jwt from 'jsonwebtoken'
export function callerOf(request) {
  try {
    return jwt.verify((request.headers.get('authorization') ?? '').slice(7), process.env.JWT_SECRET)
  } catch {
    return null
  }
}
"""
NEXT_OTHER = """import { appendFileSync } from 'node:fs'
import { callerOf } from '../../../lib/auth.js'

export async function DELETE(request) {
  const user = callerOf(request)
  if (!user) {
    return Response.json({ error: 'Sign in first' }, { status: 401 })
  }
  appendFileSync('MARKS', user.sub)
  return Response.json({})
}
"""
NEXT_WORK = """import { appendFileSync } from 'node:fs'

export async function POST(req) {
  const user = new URL(req.url).pathname
  appendFileSync('MARKS', 'x')
  return Response.json({ user })
}
"""
FASTAPI_GUARD = """import os

import jwt
from fastapi import Header, HTTPException


def signed_in(authorization: str = Header("")) -> dict:
    try:
        return jwt.decode(authorization.removeprefix("Bearer "), os.environ["JWT_SECRET"], algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401)
"""
FASTAPI = """from fastapi import Depends, FastAPI

IMPORTSapp = FastAPI()

@app.delete("/api/other"OTHER)
def other(PARAMETER):
    with open("MARKS", "a") as marks:
        marks.write("x")


@app.post(
    "/api/work",  # for everyone
)
def work():
    with open("MARKS", "a") as marks:
        marks.write("x")
    return "done"
"""
FLASK = """import os
from functools import wraps

import jwt
from flask import Flask, abort, request

app = Flask(__name__)


def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        try:
            jwt.decode(request.headers.get("Authorization", "")[7:], os.environ["JWT_SECRET"], algorithms=["HS256"])
        except jwt.PyJWTError:
            abort(401)
        return view(*args, **kwargs)

    return inner


@app.delete("/api/other")
@signed_in
def other():
    with open("MARKS", "a") as marks:
        marks.write("x")
    return ""


@app.post("/api/work")
def work():
    with open("MARKS", "a") as marks:
        marks.write("x")
    return "done"
"""


def filled(text: str, **words: str) -> str:
    for name, word in words.items():
        text = text.replace(name.upper(), word)
    return text


CASES: dict[str, tuple[str, str, App]] = {
    "express, imported": (
        "express", "app.js",
        {"app.js": filled(EXPRESS, imports="import { signedIn } from './auth.js'", guard="signedIn"), "auth.js": EXPRESS_GUARD},
    ),
    "express, the guard is of another file": (
        "express", "app.js",
        {
            "app.js": "import express from 'express';\nimport { other } from './routes/other.js';\nimport { appendFileSync } from 'node:fs';\nexport const app = express();\napp.use('/api/other', other);\n"
            "app.post('/api/work', (req, res) => { appendFileSync('MARKS', 'x'); res.end('done'); });\n",
            "routes/other.js": "import { Router } from 'express'\nimport { appendFileSync } from 'node:fs'\nimport { signedIn as known } from '../auth.js'\nexport const other = Router()\nother.delete('/', known, (req, res) => { appendFileSync('MARKS', 'x'); res.end() })\n",
            "auth.js": EXPRESS_GUARD,
        },
    ),
    "fastify": ("fastify", "app.js", {"app.js": FASTIFY}),
    "hono": ("hono", "app.js", {"app.js": HONO}),
    "next": (
        "next", "app/api/work/route.js",
        {"app/api/work/route.js": NEXT_WORK, "app/api/other/route.js": NEXT_OTHER, "lib/auth.js": NEXT_GUARD},
    ),
    "fastapi, of a parameter": (
        "fastapi", "main.py",
        {"main.py": filled(FASTAPI, imports="from auth import signed_in\n\n", other="", parameter="user: dict = Depends(signed_in)"), "auth.py": FASTAPI_GUARD},
    ),
    "fastapi, of a decorator": (
        "fastapi", "main.py",
        {"main.py": filled(FASTAPI, imports="from auth import signed_in\n\n", other=", dependencies=[Depends(signed_in)]", parameter=""), "auth.py": FASTAPI_GUARD},
    ),
    "flask": ("flask", "main.py", {"main.py": FLASK}),
}  # fmt: skip


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder with the servers."""
    return installed(SERVERS, "the servers")


def asked(folder: Path, framework: str, file: str, packages: Path) -> list[int]:
    """How often the handler worked for nobody, for a forged token, and for the right one."""
    marks = folder / "marks.txt"
    for path in folder.rglob("*"):
        if path.suffix in (".js", ".py") and not path.is_symlink():
            path.write_text(path.read_text().replace("MARKS", str(marks)))
    app = Served(framework, folder / file, marks)
    return of_python(app) if framework in ("fastapi", "flask") else of_node(folder, packages, [app])[0]


@pytest.mark.parametrize("case", CASES)
def test_strangers_are_turned_away_after_the_fix_and_others_served(
    tmp_path: Path, packages: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    framework, file, app = CASES[case]
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    app = {"package.json": PACKAGE, **app}
    before, after = lay_out(tmp_path / "before", app), lay_out(tmp_path / "after", app)
    fix(after)
    for folder in (before, after):
        (folder / "node_modules").symlink_to(packages / "node_modules")
    assert asked(before, framework, file, packages) == [1, 1, 1]
    assert asked(after, framework, file, packages) == [0, 0, 1]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_is_written_parses_and_a_second_run_writes_nothing(tmp_path: Path, case: str, ends: str) -> None:
    _, file, app = CASES[case]
    folder = lay_out(tmp_path, {"package.json": PACKAGE})
    for path, text in app.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.replace("\n", ends).encode())
    fix(folder)
    once = (folder / file).read_bytes()
    assert (unit_of(file, once).broken, once.count(b"\r\n") if ends == "\n" else once.replace(b"\r\n", b"").count(b"\n")) == ((), 0)
    fix(folder)
    assert (folder / file).read_bytes() == once


def test_the_rest_of_the_file_stays_as_it_is(tmp_path: Path) -> None:
    _, file, app = CASES["next"]
    folder = lay_out(tmp_path, {"package.json": PACKAGE, **app})
    fix(folder)
    assert (
        (folder / file).read_text()
        == """import { callerOf } from '../../../lib/auth.js'
import { appendFileSync } from 'node:fs'

export async function POST(req) {
  const callerUser = callerOf(req)
  if (!callerUser) {
    return Response.json({ error: 'Sign in first' }, { status: 401 })
  }
  const user = new URL(req.url).pathname
  appendFileSync('MARKS', 'x')
  return Response.json({ user })
}
"""
    )


def test_what_is_for_administrators_gets_no_sign_in_alone(tmp_path: Path) -> None:
    admin = "app.delete('/api/admin/users', (req, res) => { appendFileSync('MARKS', 'x'); res.end() })\n"
    text = filled(EXPRESS, imports="import { signedIn } from './auth.js'", guard="signedIn").replace("app.post(", f"{admin}app.post(")
    folder = lay_out(tmp_path, {"package.json": PACKAGE, "app.js": text, "auth.js": EXPRESS_GUARD})
    fix(folder)
    assert admin in (folder / "app.js").read_text()


def test_all_guards_of_a_route_come_along(tmp_path: Path) -> None:
    guards = EXPRESS_GUARD + "export const adminOnly = (req, res, next) => (req.user.admin ? next() : res.status(403).end())\n"
    text = filled(EXPRESS, imports="import { adminOnly, signedIn } from './auth.js'", guard="signedIn, adminOnly")
    text = text.replace("'/api/work'", "'/api/admin/work'")
    folder = lay_out(tmp_path, {"package.json": PACKAGE, "app.js": text, "auth.js": guards})
    fix(folder)
    assert "app.post('/api/admin/work', signedIn, adminOnly, (req, res)" in (folder / "app.js").read_text()


WORK = "import express from 'express'\nimport { appendFileSync } from 'node:fs'\nIMPORTS\nexport const app = express()\napp.post('/api/work', (req, res) => { appendFileSync('MARKS', 'x'); res.end() })\n"
REQUIRED = "const express = require('express')\nconst { appendFileSync } = require('node:fs')\nconst { signedIn } = require('../auth')\nconst other = express.Router()\nother.delete('/', signedIn, (req, res) => { appendFileSync('MARKS', 'x'); res.end() })\nmodule.exports = other\n"
REQUIRED_GUARD = (
    EXPRESS_GUARD.replace("import jwt from 'jsonwebtoken'\n", "const jwt = require('jsonwebtoken')\n").replace("export const", "const")
    + "module.exports = { signedIn }\n"
)
TYPED = "import { Router } from 'express'\nimport { appendFileSync } from 'node:fs'\nimport { signedIn } from '../auth'\nexport const other = Router()\nother.delete('/', signedIn, (req, res) => { appendFileSync('MARKS', 'x'); res.end() })\n"


@pytest.mark.parametrize(
    ("kind", "imports", "files", "written"),
    [
        ("module", "", {"routes/other.js": REQUIRED, "auth.js": REQUIRED_GUARD}, None),
        ("commonjs", "", {"routes/other.js": REQUIRED, "auth.js": REQUIRED_GUARD}, "import { signedIn } from './auth'"),
        ("module", "import './first.js'", {"routes/other.ts": TYPED, "auth.ts": EXPRESS_GUARD, "first.js": ""}, "import { signedIn } from './auth.js'"),
        ("module", "import './first'", {"routes/other.ts": TYPED, "auth.ts": EXPRESS_GUARD, "first.ts": ""}, "import { signedIn } from './auth'"),
        ("module", "", {"routes/other.js": TYPED, "auth.js": EXPRESS_GUARD}, "import { signedIn } from './auth.js'"),
        ("module", "", {"routes/other.js": TYPED, "auth/index.js": EXPRESS_GUARD}, "import { signedIn } from './auth/index.js'"),
    ],
    ids=["of CommonJS where all are modules", "of CommonJS", "with endings", "without endings", "of Node", "of Node, of a folder"],
)  # fmt: skip
def test_a_guard_is_imported_in_a_way_that_can_be_loaded(tmp_path: Path, kind: str, imports: str, files: App, written: str | None) -> None:
    package = PACKAGE.replace('"module"', f'"{kind}"')
    folder = lay_out(tmp_path, {"package.json": package, "server.js": filled(WORK, imports=imports), **files})
    fix(folder)
    found = [line for line in (folder / "server.js").read_text().splitlines() if "signedIn" in line and line.startswith("import")]
    assert found == ([] if written is None else [written])


def test_what_only_looks_for_a_token_is_no_check_and_what_verifies_it_comes_along_whole(tmp_path: Path) -> None:
    lines = """    const header = request.headers.get('authorization')
    const token = header?.replace('Bearer ', '')
    if (!token) {
      return Response.json({ error: 'No token' }, { status: 401 })
    }
    const known = verifyToken(token)
    if (!known) {
      return Response.json({ error: 'Bad token' }, { status: 401 })
    }
"""
    files = {
        "package.json": PACKAGE,
        "lib/token.js": "import jwt from 'jsonwebtoken'\nexport function verifyToken(token) {\n  try {\n    return jwt.verify(token, process.env.JWT_SECRET)\n  } catch {\n    return null\n  }\n}\n",
        "app/api/other/route.js": f"import {{ verifyToken }} from '../../../lib/token.js'\nimport {{ appendFileSync }} from 'node:fs'\n\nexport async function DELETE(request) {{\n  try {{\n{lines}    appendFileSync('MARKS', 'x')\n    return Response.json({{}})\n  }} catch {{\n    return Response.json({{}}, {{ status: 500 }})\n  }}\n}}\n",
        "app/api/work/route.js": "import { appendFileSync } from 'node:fs'\n\nexport async function POST(request) {\n  try {\n    appendFileSync('MARKS', 'x')\n    return Response.json({})\n  } catch {\n    return Response.json({}, { status: 500 })\n  }\n}\n",
    }
    folder = lay_out(tmp_path, files)
    fix(folder)
    assert (folder / "app/api/work/route.js").read_text() == (
        "import { verifyToken } from '../../../lib/token.js'\n"
        + files["app/api/work/route.js"].replace("    appendFileSync", f"{lines}    appendFileSync")
    )


def test_what_machines_and_those_without_an_account_call_gets_no_sign_in(tmp_path: Path) -> None:
    paths = ("cron/digest", "crons/tidy", "account/confirm", "reset-password", "auth/verify/:token", "newsletter", "Feedbacks")
    paths += ("articles/:id/view", "security-question", "user/security_questions/check")
    open_ones = "".join(f"app.post('/api/{path}', (req, res) => {{ appendFileSync('MARKS', 'x'); res.end() }})\n" for path in paths)
    text = filled(EXPRESS, imports="import { signedIn } from './auth.js'", guard="signedIn").replace(
        "app.post('/api/work'", f"{open_ones}app.post('/api/work'"
    )
    folder = lay_out(tmp_path, {"package.json": PACKAGE, "app.js": text, "auth.js": EXPRESS_GUARD})
    fix(folder)
    assert open_ones in (folder / "app.js").read_text()


def test_what_visitors_have_sent_is_not_for_everybody_to_change(tmp_path: Path) -> None:
    text = filled(EXPRESS, imports="import { signedIn } from './auth.js'", guard="signedIn")
    text += "app.delete('/api/impressions', (req, res) => { appendFileSync('MARKS', 'x'); res.end() })\n"
    folder = lay_out(tmp_path, {"package.json": PACKAGE, "app.js": text, "auth.js": EXPRESS_GUARD})
    fix(folder)
    assert "app.delete('/api/impressions', signedIn, (req" in (folder / "app.js").read_text()


HANDING = """import os
from functools import wraps

import jwt
from flask import Flask, jsonify, request

app = Flask(__name__)


def token_required(view):
    @wraps(view)
    def inner(*args, **kwargs):
        try:
            who = jwt.decode(request.headers.get("Authorization", ""), os.environ["KEY"], algorithms=["HS256"])
        except jwt.PyJWTError:
            return jsonify(error="who?"), 401
        return view(who["sub"], *args, **kwargs)
    return inner


@app.post("/notes/<int:note>")
@token_required
def change(current_user, note):
    open("MARKS", "a").write(current_user)
    return {}


@app.delete("/notes/<int:note>")
def delete(note):
    open("MARKS", "a").write("x")
    return {"note": note}


@app.post("/notes")
def add():
    open("MARKS", "a").write("x")
    return {"ok": True}
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_view_takes_what_its_new_decorator_hands_it(tmp_path: Path, ends: str) -> None:
    folder = lay_out(tmp_path, {"app.py": HANDING}, ends)
    fix(folder, "unauthenticated-write-route")
    wanted = HANDING.replace("def delete(note)", "@token_required\ndef delete(current_user, note)").replace(
        "def add()", "@token_required\ndef add(current_user)"
    )
    assert (folder / "app.py").read_bytes().decode() == wanted.replace("\n", ends)
    asked = """
import os
import jwt
from app import app
client = app.test_client()
for headers in ({}, {"Authorization": jwt.encode({"sub": "me"}, os.environ["KEY"], algorithm="HS256")}):
    print([(answer.status_code, answer.json) for answer in (client.delete("/notes/7", headers=headers), client.post("/notes", headers=headers))])
"""
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "KEY": "k" * 32},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "[(401, {'error': 'who?'}), (401, {'error': 'who?'})]",
        "[(200, {'note': 7}), (200, {'ok': True})]",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def delete(note)", "def delete(note, current_user=None)"),  # it may be something else there
        ("def change(current_user, note)", "def change(note, current_user)"),  # what comes first is the note, then
    ],
    ids=["taken", "in another order"],
)
def test_a_view_that_can_not_take_it_gets_no_such_decorator(tmp_path: Path, old: str, new: str) -> None:
    more = HANDING + '\n\n@app.put("/notes")\n@token_required\ndef put(somebody):\n    open("MARKS", "a").write("x")\n    return {}\n'
    text = (HANDING if "delete" in old else more).replace(old, new)
    folder = lay_out(tmp_path, {"app.py": text})
    fix(folder, "unauthenticated-write-route")
    after = (folder / "app.py").read_text()
    assert "@token_required\ndef delete" not in after


def test_what_looks_at_a_body_is_not_taken_over_nor_is_the_check_of_administrators(tmp_path: Path) -> None:
    """Its name says nothing of administrators, and its module does."""
    other = TYPED.replace("'/', signedIn", "'/', signedIn, validateNote").replace(
        "../auth'", "../AUTH'\nimport { validateNote } from '../notes.js'"
    )
    app = filled(WORK, imports="import { other } from './routes/other.js'").replace("app.post(", "app.use('/api/other', other)\napp.post(")
    notes = "export const validateNote = (req, res, next) => (req.body.text ? next() : res.status(400).end())\n"
    for module, wanted in (("auth.js", "app.post('/api/work', signedIn, (req"), ("adminAuth.js", "app.post('/api/work', (req")):
        files = {"app.js": app, "routes/other.js": other.replace("AUTH", module), "notes.js": notes, module: EXPRESS_GUARD}
        folder = lay_out(tmp_path / module, {"package.json": PACKAGE, **files})
        fix(folder)
        assert wanted in (folder / "app.js").read_text()


def test_no_check_is_made_up(tmp_path: Path) -> None:
    app = {"package.json": PACKAGE, "app.js": filled(EXPRESS, imports="", guard="(req, res, next) => next()")}
    folder = lay_out(tmp_path, app)
    fix(folder)
    assert (folder / "app.js").read_text() == app["app.js"]


def test_a_sign_in_that_leaves_an_owner_check_to_be_made_is_put_in_and_tells_what_is_left(tmp_path: Path) -> None:
    """Who has an account may change what is others' from then on; before, everybody could."""
    routes = """import express from 'express'
import { PrismaClient } from '@prisma/client'
import { signedIn } from './auth.js'
const prisma = new PrismaClient()
export const app = express()
app.get('/api/orders', signedIn, async (req, res) => res.json(await prisma.order.findMany({ where: { userId: req.user.sub } })))
app.put('/api/orders/:id', async (req, res) => res.json(await prisma.order.update({ where: { id: req.params.id }, data: { note: 'x' } })))
"""
    dependencies = PACKAGE.replace('"express": "5"', '"express": "5", "@prisma/client": "6"')
    folder = lay_out(tmp_path, {"package.json": dependencies, "app.js": routes, "auth.js": EXPRESS_GUARD})
    fixer = fixer_of(folder)
    (finding,) = fixer.findings
    fix = fixer.propose(finding, keep=lambda _: True).fix
    assert (finding.rule, fix is not None and fix.title) == (
        "unauthenticated-write-route",
        "Put `signedIn` before PUT /api/orders/:id, as other routes do",
    )
    (left,) = fixer.findings
    assert left.rule == "object-without-owner-check"
    assert fix is not None
    assert [(step.place, step.note) for step in fix.left] == [(left.place, f"what is left: {left.message}")]


EDGE = {
    "supabase/functions/mine/index.ts": """import { createClient } from "npm:@supabase/supabase-js@2";
import { headers } from "../_shared/cors.ts";

Deno.serve(async (request) => {
  if (request.method === "OPTIONS") {
    return new Response("ok", { headers });
  }
  const db = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_ANON_KEY")!, {
    global: { headers: { Authorization: request.headers.get("Authorization")! } },
  });
  const { data: { user } } = await db.auth.getUser();
  if (!user) {
    return new Response("Sign in first", { status: 401, headers });
  }
  return new Response(user.id, { headers });
});
""",
    "supabase/functions/_shared/cors.ts": 'export const headers = { "Access-Control-Allow-Origin": "https://shop.example" };\n',
    "supabase/functions/chat/index.ts": """import { headers } from "../_shared/cors.ts";

Deno.serve(async (req) => {
  // what browsers ask first
  if (req.method === "OPTIONS") return new Response("ok", { headers });

  const { question } = await req.json();
  const answer = await fetch("https://api.openai.com/v1/responses", {
    method: "POST",
    headers: { Authorization: `Bearer ${Deno.env.get("OPENAI_API_KEY")}` },
    body: JSON.stringify({ model: "gpt-5-mini", input: question, max_output_tokens: 500 }),
  });
  return new Response(answer.body, { headers });
});
""",
}


def test_an_edge_function_gets_the_check_of_another_behind_its_answer_to_browsers(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, EDGE)
    fix(folder)
    before = EDGE["supabase/functions/chat/index.ts"]
    check = """const db = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_ANON_KEY")!, {
    global: { headers: { Authorization: req.headers.get("Authorization")! } },
  });
  const { data: { user } } = await db.auth.getUser();
  if (!user) {
    return new Response("Sign in first", { status: 401, headers });
  }
  """
    wanted = before.replace("const { question }", check + "const { question }")
    wanted = wanted.replace("import {", 'import { createClient } from "npm:@supabase/supabase-js@2";\nimport {', 1)
    assert (folder / "supabase/functions/chat/index.ts").read_text() == wanted


def test_the_gateway_checks_tokens_again_where_that_is_enough(tmp_path: Path) -> None:
    config = "[functions.invite]\nverify_jwt = false  # for now\n\n[functions.other]\nverify_jwt = false\n"
    reads = """import { createClient } from "npm:@supabase/supabase-js@2";
const admin = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!);
Deno.serve(async (req) => {
  WHO
  const { email } = await req.json();
  await admin.auth.admin.inviteUserByEmail(email);
  return Response.json({ ok: true });
});
"""
    asked = 'if (!req.headers.get("Authorization")) return new Response("no", { status: 401 });'
    for who, wanted in ((asked, config.replace("false", "true", 1)), ("", config)):  # the public key is a token, too
        folder = lay_out(
            tmp_path / str(bool(who)), {"supabase/config.toml": config, "supabase/functions/invite/index.ts": reads.replace("WHO", who)}
        )
        fix(folder, "edge-function-open")
        assert (folder / "supabase/config.toml").read_text() == wanted


NOTES = {
    "package.json": '{ "dependencies": { "next": "16.0.0", "react": "19.0.0", "openai": "6.0.0", "@clerk/nextjs": "6" } }',
    ".env.example": "NEXT_PUBLIC_OPENAI_API_KEY=\n",
    "app/page.tsx": """"use client";
import { useState } from "react";
import { ask } from "../lib/ai";

export default function Page() {
  const [text, setText] = useState("");
  return <button onClick={async () => setText(await ask("hello"))}>{text}</button>;
}
""",
    "lib/ai.ts": """import OpenAI from "openai";

const openai = new OpenAI({ apiKey: process.env.NEXT_PUBLIC_OPENAI_API_KEY, dangerouslyAllowBrowser: true });

export async function ask(question: string) {
  const answer = await openai.responses.create({ model: "gpt-5-mini", input: question, max_output_tokens: 500 });
  return answer.output_text;
}
""",
    "app/actions.ts": """"use server";

import { auth } from "@clerk/nextjs/server";
import { prisma } from "../lib/db";

export async function remove(id: string) {
  const { userId } = await auth();
  if (!userId) throw new Error("Unauthorized");
  await prisma.note.delete({ where: { id, userId } });
}
""",
    "lib/db.ts": 'import { PrismaClient } from "@prisma/client";\nexport const prisma = new PrismaClient();\n',
}
ON_THE_SERVER = """"use server";

import { auth } from "@clerk/nextjs/server";
import OpenAI from "openai";

const openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY, dangerouslyAllowBrowser: false });

export async function ask(question: string) {
  const { userId } = await auth();
  if (!userId) throw new Error("Unauthorized");
  const answer = await openai.responses.create({ model: "gpt-5-mini", input: question, max_output_tokens: 500 });
  return answer.output_text;
}
"""


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("", "", ""),
        ("lib/ai.ts", "export async function ask", "export const model = 'gpt-5';\nexport async function ask"),  # gives more than functions
        (
            "lib/ai.ts",
            "export async function ask(question: string) {",
            "export async function ask(question: string) {\n  console.log(window.location);",
        ),
        ("app/page.tsx", "hello", "hello${process.env.NEXT_PUBLIC_OPENAI_API_KEY}"),  # it is in the page anyway
        ("app/actions.ts", "  if (!userId)", "  if (false)"),  # nothing to take over
        ("package.json", '"next": "16.0.0"', '"vite": "7.0.0"'),
    ],
    ids=["moves", "a constant", "a browser", "read elsewhere", "no check", "no Next"],
)
def test_what_a_page_does_with_a_key_moves_to_the_server_behind_the_check_of_other_actions(
    tmp_path: Path, path: str, old: str, new: str
) -> None:
    files = {name: text.replace(old, new) if name == path else text for name, text in NOTES.items()}
    lay_out(tmp_path, files)
    fix(tmp_path, "ai-sdk-in-browser")
    changed = {name: text for name in files if (text := (tmp_path / name).read_text()) != files[name]}
    assert changed == ({} if path else {"lib/ai.ts": ON_THE_SERVER, ".env.example": "OPENAI_API_KEY=\n"})


def test_an_app_without_any_check_gets_an_outline_and_no_edit(tmp_path: Path) -> None:
    work = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.post('/api/work')\ndef work():\n    open('MARKS', 'a').write('x')\n"
    model = "from openai import OpenAI\n\n\n@app.post('/api/ask')\ndef ask(question: str):\n    return OpenAI().responses.create(model='gpt-5', input=question, max_output_tokens=9)\n"
    folder = lay_out(tmp_path, {"main.py": work + model})
    fixer = fixer_of(folder)
    proposals = [fixer.propose(finding) for finding in fixer.findings if finding.remedy == "require-guard"]
    assert proposals
    for proposal in proposals:
        assert (proposal.fix, proposal.outline is not None and proposal.outline.safety) == (None, Safety.SHOW)
        assert proposal.outline is not None
        assert "Depends(signed_in)" in proposal.outline.edits[0].text
    fix(folder)
    assert (folder / "main.py").read_text() == work + model
    key = proposals[0].finding.key
    said = subprocess.run([sys.executable, "-m", "batten", "explain", key], cwd=folder, capture_output=True, text=True, check=False).stdout
    assert "An outline, for you to complete\n  def signed_in(" in said


ASKING = {
    "slowapi": ("main.py", "from fastapi import FastAPI\nfrom openai import OpenAI\n\napp = FastAPI()\n\n\n@app.post('/ask')\ndef ask(question: str):\n    return OpenAI().responses.create(model='gpt-5', input=question, max_output_tokens=9)\n"),
    "flask_limiter": ("main.py", "from flask import Flask, request\nfrom openai import OpenAI\n\napp = Flask(__name__)\n\n\n@app.post('/ask')\ndef ask():\n    return OpenAI().responses.create(model='gpt-5', input=request.json['q'], max_output_tokens=9).output_text\n"),
    "express-rate-limit": ("main.js", "import express from 'express'\nimport OpenAI from 'openai'\nconst app = express()\napp.post('/ask', async (req, res) => res.json(await new OpenAI().responses.create({ model: 'gpt-5', input: req.body.q, max_output_tokens: 9 })))\n"),
    "@upstash/ratelimit": ("app/api/ask/route.ts", "import OpenAI from 'openai'\nexport async function POST(request: Request) {\n  return Response.json(await new OpenAI().responses.create({ model: 'gpt-5', input: await request.text(), max_output_tokens: 9 }))\n}\n"),
    "count_call": ("supabase/functions/ask/index.ts", "import OpenAI from 'npm:openai'\nDeno.serve(async (req) => Response.json(await new OpenAI().responses.create({ model: 'gpt-5', input: await req.text(), max_output_tokens: 9 })))\n"),
}  # fmt: skip


@pytest.mark.parametrize("library", ASKING)
def test_an_app_without_any_limit_gets_an_outline_for_its_framework_and_no_edit(tmp_path: Path, library: str) -> None:
    path, text = ASKING[library]
    folder = lay_out(tmp_path, {path: text, "package.json": '{"dependencies": {"express": "5", "next": "16", "openai": "6"}}'})
    fixer = fixer_of(folder)
    found = [fixer.propose(finding) for finding in fixer.findings if finding.rule == "ai-route-without-rate-limit"]
    assert [(each.fix, each.outline and each.outline.safety) for each in found] == [(None, Safety.SHOW)]
    assert found[0].outline is not None
    assert library in found[0].outline.edits[0].text
    key = found[0].finding.key
    said = subprocess.run([sys.executable, "-m", "batten", "explain", key], cwd=folder, capture_output=True, text=True, check=False).stdout
    assert "An outline, for you to complete\n" in said
    assert library in said


# How a function says no

ACTIONS = """"use server";

import { auth } from "@clerk/nextjs/server";
import { prisma } from "../lib/db";

export async function remove(id: string) {
  const { userId } = await auth();
  if (!userId) CHECKED;
  await prisma.note.delete({ where: { id, userId } });
}

export async function publish(id: string)TYPE {
  /* The one that is meant,
     whoever wrote it. */
  // There may be none.
  if (!id) ANSWERED;
  await prisma.note.update({ where: { id }, data: { public: true } });
  DONE
}
"""
SAID = [
    ("return null", "return { data: null, error: id || 'none' }", "return { data: id };", 'return { data: null, error: "Unauthorized" }'),
    ('return { error: "Who?" }', 'return { error: "Which?" }', "return { ok: id };", 'return { error: "Who?" }'),
    ("return", "return", "", "return"),
    ('throw new Error("Who?")', "return null", "return id;", 'throw new Error("Who?")'),
    ("return null", "return { left: id.length }", "return { left: 0 };", None),  # nothing says how it fails
    ("return []", "return load(id)", "return load(0);", None),  # what it gives need not be a list
    ("return null", "return { data: load(id), error: 'none' }", "return { data: id };", None),  # more than constants
]


@pytest.mark.parametrize(("checked", "answered", "done", "wanted"), SAID)
def test_a_check_says_no_as_the_function_does_that_it_comes_to(
    tmp_path: Path, checked: str, answered: str, done: str, wanted: str | None
) -> None:
    text = ACTIONS.replace("CHECKED", checked).replace("ANSWERED", answered).replace("DONE", done).replace("TYPE", "")
    files = {
        "package.json": '{"dependencies": {"next": "16.0.0", "@clerk/nextjs": "6.0.0", "@prisma/client": "6.0.0"}}',
        "lib/db.ts": 'import { PrismaClient } from "@prisma/client";\nexport const prisma = new PrismaClient();\n',
        "app/actions.ts": text,
    }
    changed = fixed(tmp_path, "unauthenticated-server-action", files)
    before, name, rest = text.partition("export async function publish(id: string) {\n")
    after = f"{before}{name}  const {{ userId }} = await auth();\n  if (!userId) {wanted};\n{rest}"
    assert changed == ({} if wanted is None else {"app/actions.ts": after})


def test_what_brings_rows_along_is_no_check(tmp_path: Path) -> None:
    """It asks who calls as well; whoever reads the patch would not see that."""
    files = {
        "package.json": '{"dependencies": {"next": "16.0.0", "@clerk/nextjs": "6.0.0", "@prisma/client": "6.0.0"}}',
        "lib/db.ts": 'import { PrismaClient } from "@prisma/client";\nexport const prisma = new PrismaClient();\n',
        "lib/notes.ts": 'import { auth } from "@clerk/nextjs/server";\nimport { prisma } from "./db";\nexport async function allNotes() {\n  const { userId } = await auth();\n'
        "  if (!userId) return null;\n  return prisma.note.findMany({ where: { userId } });\n}\n",
        "app/actions.ts": ACTIONS.replace("@clerk/nextjs/server", "../lib/notes").replace("{ auth }", "{ allNotes }").replace("{ userId } = await auth", "notes = await allNotes")
        .replace("!userId) CHECKED", '!notes) return { error: "none" }').replace(", userId }", " }").replace("ANSWERED", 'return { error: "Which?" }').replace("DONE", "return { ok: id };").replace("TYPE", ""),
    }  # fmt: skip
    assert fixed(tmp_path, "unauthenticated-server-action", files) == {}


def test_each_address_of_a_handler_gets_the_check(tmp_path: Path) -> None:
    text = filled(FASTAPI, imports="from auth import signed_in\n\n", other=", dependencies=[Depends(signed_in)]", parameter="")
    text = text.replace('@app.post(\n    "/api/work",  # for everyone\n)\n', '@app.post("/work")\n@app.post("/api/work")\n')
    folder = lay_out(tmp_path, {"app.py": text, "auth.py": FASTAPI_GUARD})
    fix(folder)
    checked = ", dependencies=[Depends(signed_in)])\n"
    assert (folder / "app.py").read_text() == text.replace('"/work")\n', f'"/work"{checked}').replace(
        '"/api/work")\n', f'"/api/work"{checked}'
    )


INTERNAL = """Deno.serve(async (req) => {
  const key = req.headers.get("x-secret");
  if (!key || key !== Deno.env.get("CRON_SECRET")) {
    return new Response("no", { status: 401 });
  }
  await fetch("https://api.openai.com/v1/responses", { method: "POST", headers: { Authorization: `Bearer ${Deno.env.get("OPENAI_API_KEY")}` } });
  return new Response("ok");
});
"""


def test_what_servers_tell_each_other_is_not_asked_of_people(tmp_path: Path) -> None:
    """Browsers have no such secret: nobody could call the function any more."""
    folder = lay_out(tmp_path, {**EDGE, "supabase/functions/chat_nightly/index.ts": INTERNAL})
    fix(folder)
    chat = (folder / "supabase/functions/chat/index.ts").read_text()
    assert ("CRON_SECRET" in chat, "db.auth.getUser()" in chat) == (False, True)


def test_a_page_gets_no_check_that_answers_as_an_api_does(tmp_path: Path) -> None:
    files = {
        "package.json": '{"dependencies": {"next": "16.1.0", "next-auth": "5.0.0", "@prisma/client": "6.0.0"}}',
        "auth.ts": 'import NextAuth from "next-auth"\nexport const { auth, handlers } = NextAuth({ providers: [] })\n',
        "db.ts": 'import { PrismaClient } from "@prisma/client"\nexport const db = new PrismaClient()\n',
        "app/api/orders/route.ts": """import { auth } from "../../../auth"
import { db } from "../../../db"
export async function GET() {
  if (!(await auth())) return new Response("", { status: 401 })
  return Response.json(await db.order.findMany())
}
""",
        "app/orders/page.tsx": """import { db } from "../../db"
export default async function Page() {
  return <p>{(await db.order.findMany()).length}</p>
}
""",
    }
    lay_out(tmp_path, files)
    assert [(found.place.path, mended) for found, mended in fix(tmp_path, "unauthenticated-read-route")] == [("app/orders/page.tsx", False)]
