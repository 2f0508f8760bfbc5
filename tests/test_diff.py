"""What a change opens is told once, at the change, and by the rules of what was there before."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from changes import batten, commit, differs, git, lay_out, rules
from regressions import REGRESSIONS as REGRESSIONS_IN_FRAMEWORKS

from batten.diff import changed_lines, compared
from batten.options import Options

ROOT = Path(__file__).parents[1]
EXPRESS = {
    "package.json": '{"dependencies": {"express": "4", "jsonwebtoken": "9", "openai": "4"}}',
    "server.js": """const express = require('express')
const { signedIn } = require('./auth')
const notes = require('./notes')
const app = express()
app.use(express.json())
app.use('/notes', signedIn)
app.use('/notes', notes)
app.listen(3000)
""",
    "auth.js": """const jwt = require('jsonwebtoken')
exports.signedIn = (req, res, next) => {
  try {
    req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET)
  } catch {
    return res.status(401).end()
  }
  next()
}
""",
    "notes.js": """const { Router } = require('express')
const db = require('./db')
const router = Router()
router.delete('/:id', async (req, res) => {
  await db.query('delete from notes where id = $1 and owner = $2', [req.params.id, req.user.sub])
  res.status(204).end()
})
module.exports = router
""",
    "db.js": "const { Pool } = require('pg')\nmodule.exports = new Pool()\n",
}
FASTAPI = {
    "requirements.txt": "fastapi\npyjwt\nopenai\n",
    "main.py": """from fastapi import Depends, FastAPI

from auth import signed_in
from chat import router

app = FastAPI()
app.include_router(router, prefix="/chat", dependencies=[Depends(signed_in)])
""",
    "auth.py": """import os

import jwt
from fastapi import Header, HTTPException


def signed_in(authorization: str = Header("")) -> dict:
    try:
        return jwt.decode(authorization, os.environ["JWT_SECRET"], algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401)
""",
    "chat.py": """from fastapi import APIRouter
from openai import OpenAI

router = APIRouter()
client = OpenAI()


@router.post("/")
def chat(text: str):
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
""",
}
NEXT = {
    "package.json": '{"dependencies": {"next": "15", "react": "19", "@supabase/supabase-js": "2", "server-only": "0"}}',
    "lib/admin.ts": "import 'server-only'\nimport { createClient } from '@supabase/supabase-js'\n"
    "export const admin = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_ROLE_KEY!)\n"
    "export const people = () => admin.auth.admin.listUsers()\n",
    "app/page.tsx": "import { admin } from '../lib/admin'\nexport default async function Page() {\n"
    "  const { count } = await admin.from('notes').select('*', { count: 'exact', head: true })\n  return <p>{count}</p>\n}\n",
    "supabase/migrations/20250101000000_notes.sql": "create table public.notes (id uuid primary key, user_id uuid references auth.users (id), body text);\n"
    "alter table public.notes enable row level security;\n"
    "create policy own on public.notes for all to authenticated using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);\n",
}
ALL = {f"{folder}/{path}": text for folder, files in (("api", EXPRESS), ("ai", FASTAPI), ("web", NEXT)) for path, text in files.items()}
REGRESSIONS: dict[str, tuple[dict[str, str], str, str, int]] = {
    "a mount of the guard is gone": (
        {"api/server.js": EXPRESS["server.js"].replace("app.use('/notes', signedIn)\n", "")},
        "unauthenticated-write-route", "api/server.js", 6,
    ),
    "a dependency of a router is gone": (
        {"ai/main.py": FASTAPI["main.py"].replace(", dependencies=[Depends(signed_in)]", "")},
        "unauthenticated-llm-route", "ai/main.py", 7,
    ),
    "a helper no longer refuses": (
        {"api/auth.js": EXPRESS["auth.js"].replace("return res.status(401).end()", "req.user = null")},
        "unauthenticated-write-route", "api/auth.js", 6,
    ),
    "browser code imports what was for servers": (
        {
            "web/lib/admin.ts": NEXT["lib/admin.ts"].replace("import 'server-only'\n", ""),
            "web/app/page.tsx": "'use client'\n" + NEXT["app/page.tsx"],
        },
        "admin-client-in-browser", "web/app/page.tsx", 1,
    ),
    "a table is opened": (
        {"web/supabase/migrations/20250201000000_open.sql": "alter table public.notes disable row level security;\n"},
        "protection-removed-later", "web/supabase/migrations/20250201000000_open.sql", 1,
    ),
}  # fmt: skip


def test_five_regressions_are_five_findings_and_none_in_reverse(tmp_path: Path) -> None:
    base = commit(tmp_path, ALL)
    changes = {path: text for files, *_ in REGRESSIONS.values() for path, text in files.items()}
    head = commit(tmp_path, changes)
    found = differs(tmp_path, base, head)
    assert sorted(each["rule"] for each in found["new"]) == [
        "admin-client-in-browser", "browser-uses-open-table", "unauthenticated-llm-route", "unauthenticated-write-route",
    ]  # fmt: skip
    git(tmp_path, "checkout", "-q", "-b", "back", head)
    back = commit(tmp_path, {path: ALL.get(path) for path in changes})
    assert rules(differs(tmp_path, head, back)) == []


@pytest.mark.parametrize("name", REGRESSIONS)
def test_a_regression_is_told_at_the_change(tmp_path: Path, name: str) -> None:
    files, rule, path, line = REGRESSIONS[name]
    commit(tmp_path, ALL)
    lay_out(tmp_path, files)
    found = differs(tmp_path)
    assert [(each["rule"], each["anchor"]["path"], each["anchor"]["line"]) for each in found["new"]] == [(rule, path, line)]


def test_each_format_tells_it_where_its_readers_look(tmp_path: Path) -> None:
    files, rule, path, line = REGRESSIONS["a helper no longer refuses"]
    app, out = tmp_path / "app", tmp_path / "out"
    base = commit(app, EXPRESS)
    head = commit(app, {name.removeprefix("api/"): text for name, text in files.items()})
    path, formats = path.removeprefix("api/"), ("concise", "sarif", "github", "gitlab", "junit", "rdjson", "markdown")
    out.mkdir()
    done = batten(app, base, head, *(word for name in formats for word in ("--output-format", f"{name}={out / name}")))
    told = {name: (out / name).read_text() for name in formats}
    (result,) = json.loads(told["sarif"])["runs"][0]["results"]
    (quality,) = json.loads(told["gitlab"])
    (diagnostic,) = json.loads(told["rdjson"])["diagnostics"]
    assert (done.returncode, result["ruleId"], quality["check_name"], diagnostic["code"]["value"]) == (1, rule, rule, rule)
    assert (quality["location"]["path"], quality["location"]["lines"]["begin"]) == (path, line)
    assert (diagnostic["location"]["path"], diagnostic["location"]["range"]["start"]["line"]) == (path, line)
    assert told["github"].startswith(f"::error file={path},line={line}")
    assert ('failures="1"' in told["junit"], rule in told["junit"], rule in told["concise"], f"[`{rule}`]" in told["markdown"]) == (
        True,
        True,
        True,
        True,
    )


REFACTORED = {
    "a mount of the guard is gone": {
        "api/server.js": EXPRESS["server.js"].replace("app.use('/notes', signedIn)\napp.use('/notes', notes)", "app.use('/notes', signedIn, notes)")
    },
    "a dependency of a router is gone": {
        "ai/main.py": FASTAPI["main.py"].replace(", dependencies=[Depends(signed_in)]", ""),
        "ai/chat.py": FASTAPI["chat.py"].replace("APIRouter()", "APIRouter(dependencies=[Depends(signed_in)])").replace("import APIRouter\n", "import APIRouter, Depends\n").replace("import OpenAI\n", "import OpenAI\n\nfrom auth import signed_in\n"),
    },
    "a helper no longer refuses": {
        "api/auth.js": EXPRESS["auth.js"].replace("return res.status(401).end()", "res.status(401).json({ error: 'sign in' })\n    return")
    },
    "browser code imports what was for servers": {
        "web/lib/admin.ts": NEXT["lib/admin.ts"].replace("import 'server-only'\n", ""),
    },
    "a table is opened": {
        "web/supabase/migrations/20250201000000_closed.sql": "alter table public.notes disable row level security;\nalter table public.notes enable row level security;\n"
    },
}  # fmt: skip


@pytest.mark.parametrize("name", REFACTORED)
def test_a_change_of_the_same_files_that_opens_nothing_is_silent(tmp_path: Path, name: str) -> None:
    commit(tmp_path, ALL)
    lay_out(tmp_path, REFACTORED[name])
    found = differs(tmp_path)
    assert (found["new"], [each["text"] for each in found["surface"] if each["direction"] == "wider"]) == ([], [])


def test_a_file_that_is_gone_is_told_as_the_cause(tmp_path: Path) -> None:
    gate = """import { NextResponse } from 'next/server'
import { jwtVerify } from 'jose'
export async function middleware(request) {
  try {
    await jwtVerify(request.cookies.get('session')?.value, new TextEncoder().encode(process.env.JWT_SECRET))
  } catch {
    return new NextResponse(null, { status: 401 })
  }
}
"""
    remove = """import { db } from '../../../lib/db'
export async function DELETE(request) {
  await db.query('delete from notes where id = $1', [new URL(request.url).searchParams.get('id')])
  return new Response(null, { status: 204 })
}
"""
    app = {"package.json": NEXT["package.json"], "middleware.ts": gate, "app/api/notes/route.ts": remove, "lib/db.ts": EXPRESS["db.js"]}
    commit(tmp_path, app)
    lay_out(tmp_path, {"middleware.ts": None})
    found = differs(tmp_path)
    assert [(each["rule"], each["anchor"]["path"], each["anchor"]["line"]) for each in found["new"]] == [
        ("unauthenticated-write-route", "middleware.ts", None),
    ]  # fmt: skip


def test_what_can_be_reached_is_told_in_words(tmp_path: Path) -> None:
    commit(tmp_path, ALL)
    for files, *_ in REGRESSIONS.values():
        lay_out(tmp_path, files)
    assert [(each["direction"], each["kind"], each["text"]) for each in differs(tmp_path)["surface"]] == [
        ("wider", "module", "web/app/page.tsx was server code alone, and is sent to browsers now"),
        ("wider", "module", "web/lib/admin.ts was server code alone, and is sent to browsers now"),
        ("wider", "route", "DELETE /notes/:id was for signed-in users, and is for anyone now (database delete)"),
        ("wider", "route", "POST /chat/ was for signed-in users, and is for anyone now (paid model call)"),
        (
            "wider", "table",
            "notes: strangers and signed-in users can select, insert, update and delete every row",
        ),
    ]  # fmt: skip


NOBODY_ASKED = """from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("postgresql:///shop")
""" + "".join(
    f"""

@app.delete("/{name}/{{id}}")
def delete_{name}(id: int):
    with Session(engine) as db:
        db.query({name.title()}).filter_by(id=id).delete()
"""
    for name in ("orders", "carts", "prices", "stocks", "customers", "invoices")
)


def test_one_more_route_of_an_app_without_sign_in_is_told(tmp_path: Path) -> None:
    commit(tmp_path, {"main.py": NOBODY_ASKED})
    lay_out(
        tmp_path,
        {
            "main.py": NOBODY_ASKED
            + NOBODY_ASKED[NOBODY_ASKED.rindex("\n\n@app") :].replace("invoice", "refund").replace("Invoice", "Refund")
        },
    )
    (new,) = differs(tmp_path)["new"]
    assert (new["rule"], new["message"], new["anchor"]["line"]) == (
        "app-without-authentication", "DELETE /refunds/{id} changes something, and asks nobody who they are", new["place"]["start"]["line"],
    )  # fmt: skip
    git(tmp_path, "commit", "-qam", "more")
    lay_out(tmp_path, {"main.py": NOBODY_ASKED})
    assert differs(tmp_path)["new"] == []


def test_old_findings_are_not_told_again_wherever_they_move(tmp_path: Path) -> None:
    path = "supabase/migrations/20250101000000_notes.sql"
    text = "create table public.notes (id uuid primary key, body text);\n"
    commit(tmp_path, {path: text})
    lay_out(tmp_path, {path: "-- a remark\n\n\n" + text})
    found = differs(tmp_path)
    assert (found["new"], found["fixed"], found["surface"]) == ([], [], [])


@pytest.mark.parametrize(("word", "code"), [("new", 1), ("critical", 0), ("never", 0)])
def test_any_new_finding_can_fail_the_run(tmp_path: Path, word: str, code: int) -> None:
    case = REGRESSIONS_IN_FRAMEWORKS["a limit is gone (FastAPI)"]
    base = commit(tmp_path, case.app)
    head = commit(tmp_path, case.opens)
    assert batten(tmp_path, base, head, "--fail-on", word).returncode == code
    assert batten(tmp_path, base, base, "--fail-on", word).returncode == 0


def test_what_is_fixed_is_told(tmp_path: Path) -> None:
    path = "supabase/migrations/20250101000000_notes.sql"
    commit(tmp_path, {path: "create table public.notes (id uuid primary key, body text);\n"})
    lay_out(tmp_path, {path.replace("0101", "0102"): "alter table public.notes enable row level security;\n"})
    found = differs(tmp_path)
    assert ([each["rule"] for each in found["fixed"]], rules(found)) == (["table-without-rls"], [])


def test_what_can_t_be_told_any_more_is_neither_fixed_nor_closed(tmp_path: Path) -> None:
    base = commit(tmp_path, ALL)
    opened = commit(tmp_path, REGRESSIONS["a mount of the guard is gone"][0])
    unknown = EXPRESS["server.js"].replace("./auth", "@acme/door").replace("signedIn", "requireAuth")
    head = commit(tmp_path, {"api/server.js": unknown})
    found = differs(tmp_path, opened, head)
    assert (found["fixed"], found["surface"]) == ([], [])
    assert [(each["direction"], each["text"]) for each in differs(tmp_path, base, head)["surface"]] == [
        ("wider", "DELETE /notes/:id was for signed-in users, and who may call it now can't be told"),
    ]  # fmt: skip
    back = commit(tmp_path, {"api/server.js": EXPRESS["server.js"]})
    assert [each["rule"] for each in differs(tmp_path, opened, back)["fixed"]] == ["unauthenticated-write-route"]


OPENED = {"supabase/migrations/20250102000000_letters.sql": "create table public.letters (id uuid primary key, body text);\n"}


@pytest.mark.parametrize(
    "silencer",
    [
        {"batten.toml": 'ignore = ["supabase"]\n'},
        {"batten.toml": 'exclude = ["supabase"]\n'},
        {"pyproject.toml": '[tool.batten]\nselect = ["secrets"]\n'},
        {"batten.toml": '[[ignores]]\nrules = ["table-without-rls"]\npaths = ["supabase/"]\nreason = "said so"\n'},
    ],
)
def test_a_change_does_not_silence_itself(tmp_path: Path, silencer: dict[str, str]) -> None:
    commit(tmp_path, {"README.md": "an app\n"})
    lay_out(tmp_path, {**OPENED, **silencer})
    assert rules(differs(tmp_path)) == ["table-without-rls"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {"batten.toml": 'ignore = ["supabase"]\n'}, [("wider", "ignore of the settings gets supabase: it counts from the next change on")]),
        ({"batten.toml": 'ignore = ["supabase"]\n'}, {"batten.toml": ""}, [("narrower", "ignore of the settings loses supabase: it counts from the next change on")]),
        ({"batten.toml": ""}, {"batten.toml": 'fail-on = "never"\n'}, [("wider", "fail-on of the settings was high, and is nothing: it counts from the next change on")]),
        ({}, {"pyproject.toml": '[tool.batten]\nmin-severity = "critical"\n'}, [("wider", "min-severity of the settings was nothing, and is critical: it counts from the next change on")]),
        ({}, {"batten.toml": '[[ignores]]\nrules = ["x"]\npaths = ["a/"]\nreason = "r"\n'}, [("wider", "ignores of the settings gets x in a/: it counts from the next change on")]),
        ({}, {"batten.toml": "ignore = 7\n"}, [("wider", "the settings of batten can't be read any more as they are now")]),
        ({}, {"batten-baseline.json": '{"findings": {"a": 2, "b": 1}}'}, [("wider", "the baseline batten-baseline.json accepts 3 findings more")]),
        ({"batten-baseline.json": '{"findings": {"a": 2}}'}, {"batten-baseline.json": '{"findings": {"b": 1}}'},
         [("wider", "the baseline batten-baseline.json accepts 1 finding more"), ("narrower", "the baseline batten-baseline.json accepts 2 findings fewer")]),
        ({"batten.toml": 'ignore = ["supabase"]\n'}, {"README.md": "more\n"}, []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("committed", [False, True])
def test_a_change_of_the_settings_is_told(
    tmp_path: Path, before: dict[str, str], after: dict[str, str], told: list[tuple[str, str]], committed: bool
) -> None:
    base = commit(tmp_path, {"README.md": "an app\n", **before})
    if committed:
        found = differs(tmp_path, base, commit(tmp_path, after))
    else:
        lay_out(tmp_path, after)
        found = differs(tmp_path)
    assert [(each["direction"], each["text"]) for each in found["surface"]] == told


LIBRARY = "/*! charts v3.2.1 | MIT License */\n"
SERVED = EXPRESS["server.js"] + "// a remark, as this is a long file\n" * 20
IN_SIGHT = {
    "package.json": EXPRESS["package.json"],
    "public/app.js": SERVED,
    "api/notes.ts": "export const notes = [1, 2, 3]\n" * 400,
    "api/orders.ts": "export const orders = () => 1\nexport const more = () => 2\n",
    "api/large.json": "{}\n",
    "api/broken.py": "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef one():\n    return 1\n",
    "api/binary.cfg": "a = 1\n",
    "api/linked.py": "one = 1\n",
    "lib/folder/inner.py": "one = 1\n",
    "other/build/server.py": "one = 1\n",
    "static/known.min.js": "var a=1\n",
    "helpers.py": "one = 1\n",
}
HIDDEN = [
    "api/binary.cfg was read, and is not any more: it counts as a file that is not text",
    "api/broken.py was understood whole, and is not any more",
    "api/large.json was read, and is not any more: it counts as a file of more than 1 MB",
    "api/linked.py was read, and is not any more: it counts as a symbolic link",
    "api/notes.ts is api/notes.min.js now, which counts as a minified bundle",
    "api/orders.ts is api/orders.gen.ts now, which counts as generated code",
    "help\\xff.py is new and counts as a file whose name can't be used: not read",
    "lib/folder/inner.py was read, and is not any more: lib/folder is a symbolic link",
    "other/build/server.py was read, and is not any more: it counts as a file of other/build/",
    "public/app.js was read, and is not any more: it counts as a file of copied libraries",
    "static/one.min.js, static/two.min.js are new and count each as a minified bundle: not read",
]


def hide(app: Path) -> None:
    lay_out(
        app,
        {
            "public/app.js": LIBRARY + SERVED,
            "api/notes.min.js": IN_SIGHT["api/notes.ts"],
            "api/notes.ts": None,
            "api/orders.gen.ts": IN_SIGHT["api/orders.ts"] + "// more\n",
            "api/orders.ts": None,
            "api/large.json": "{}\n" * 400_000,
            "api/broken.py": IN_SIGHT["api/broken.py"] + "def (:\n",
            "api/binary.cfg": "a = 1\0\n",
            "api/linked.py": None,
            "lib/folder/inner.py": None,
            "other/package.json": "{}",
            "static/one.min.js": "var a=1\n",
            "static/two.min.js": "var a=1\n",
        },
    )
    (app / "api/linked.py").symlink_to("broken.py")
    (app / "lib/folder").rmdir()
    (app / "lib/folder").symlink_to("../api")
    (app / "helpers.py").rename(os.fsdecode(os.fsencode(app) + b"/help\xff.py"))


def hide_nothing(app: Path) -> None:
    lay_out(
        app,
        {
            "api/notes.ts": "// less\n",
            "api/orders.ts": None,
            "api/broken.py": "one = 1\n",
            "public/logo.svg": "<svg/>",
            "new.json": "{}",
            "static/known.min.js": "var a=2\n",
            ".gitignore": "api/\n",
            ".gitattributes": "api/* linguist-generated\n",
        },
    )


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize(("change", "told"), [(hide, HIDDEN), (hide_nothing, [])])
def test_a_change_that_takes_code_out_of_sight_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], told: list[str], committed: bool
) -> None:
    base = commit(tmp_path, IN_SIGHT)
    change(tmp_path)
    if committed:
        commit(tmp_path, {})
    monkeypatch.chdir(tmp_path)
    shifts = compared(Options(jobs=1, progress=False), base, "HEAD" if committed else None).difference.shifts
    assert sorted((each.text, each.direction) for each in shifts if each.kind == "file") == [(text, "wider") for text in told]


def test_what_is_out_of_sight_is_not_fixed_and_closes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_app = EXPRESS["server.js"].replace("app.use('/notes', signedIn)\n", "") + "// a remark, as this is a long file\n" * 20
    base = commit(tmp_path, {**EXPRESS, "server.js": "require('./public/server')\n", "public/server.js": open_app, "public/notes.js": EXPRESS["notes.js"].replace("./db", "../db")})  # fmt: skip
    lay_out(tmp_path, {"public/server.js": LIBRARY + open_app})
    monkeypatch.chdir(tmp_path)
    hidden = compared(Options(jobs=1, progress=False), base, None).difference
    assert ([each.rule for each in hidden.fixed], [each.text for each in hidden.shifts if each.direction == "narrower"]) == ([], [])
    lay_out(tmp_path, {"public/server.js": "// nothing\n"})
    gone = compared(Options(jobs=1, progress=False), base, None).difference
    assert len(gone.fixed) >= 1


PACK = {
    "batten.toml": 'rulepacks = ["security"]\n',
    "security/pack.yml": "name: security\ntitle: Ours\nsummary: What our own names mean.\n",
    "security/vocabulary/guards.yml": "- { call: guards.nothing, means: identity-raises }\n",
}
UNASKED = {
    "requirements.txt": "fastapi\nsqlalchemy\n",
    "guards.py": "def seen(request):\n    print(request)\n",
    "main.py": NOBODY_ASKED.replace("(id: int):\n", "(id: int, request: Request):\n    seen(request)\n")
    .replace("import FastAPI\n", "import FastAPI, Request\n")
    .replace("\napp =", "\nfrom guards import seen\n\napp ="),
}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"security/vocabulary/guards.yml": "- { call: guards.py#seen, means: identity-raises }\n"}, "the rules in security change, 1 of its files is another: it counts from the next change on"),
        ({"batten.toml": PACK["batten.toml"] + '[vocabulary]\nrows = [{ call = "guards.py#seen", means = "identity-raises" }]\n'}, "vocabulary of the settings gets call guards.py#seen means identity-raises: it counts from the next change on"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("committed", [False, True])
def test_what_a_change_teaches_counts_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], told: str, committed: bool
) -> None:
    base = commit(tmp_path, PACK)
    lay_out(tmp_path, {**UNASKED, **files})
    if committed:
        commit(tmp_path, {})
    monkeypatch.chdir(tmp_path)
    found = compared(Options(jobs=1, progress=False), base, "HEAD" if committed else None).difference
    assert [each.text for each in found.shifts if each.kind == "setting"] == [told]
    assert [each.finding.rule for each in found.new] != []
    learned = commit(tmp_path, {})
    assert [
        each.finding.rule
        for each in compared(Options(jobs=1, progress=False, config=tmp_path / "batten.toml"), base, learned).difference.new
    ] == []


def test_settings_that_were_there_before_count(tmp_path: Path) -> None:
    commit(tmp_path, {"batten.toml": 'ignore = ["supabase"]\n'})
    lay_out(tmp_path, {**OPENED, "batten.toml": ""})
    assert rules(differs(tmp_path)) == []


def test_a_comment_of_the_change_does_not_silence_its_findings(tmp_path: Path) -> None:
    commit(tmp_path, {"README.md": "an app\n"})
    ((path, text),) = OPENED.items()
    lay_out(tmp_path, {path: "-- batten: ignore[table-without-rls] said so\n" + text})
    assert [(each["rule"], each["silenced"]) for each in differs(tmp_path)["new"]] == [("table-without-rls", True)]


def test_comments_that_silence_what_was_there_are_told(tmp_path: Path) -> None:
    ((path, text),) = OPENED.items()
    commit(tmp_path, OPENED)
    lay_out(tmp_path, {path: "-- batten: ignore[table-without-rls] said so\n" + text})
    found = differs(tmp_path)
    assert (found["new"], found["fixed"], [(each["rule"], each["reason"]) for each in found["silenced"]]) == (
        [], [], [("table-without-rls", "said so")],
    )  # fmt: skip
    assert "read, add, change and delete every row`: `said so`" in batten(tmp_path, "--output-format", "markdown").stdout


def test_a_branch_is_compared_with_where_it_left(tmp_path: Path) -> None:
    commit(tmp_path, {"README.md": "an app\n"})
    git(tmp_path, "checkout", "-q", "-b", "feature")
    commit(tmp_path, {"NOTES.md": "nothing\n"})
    git(tmp_path, "checkout", "-q", "main")
    commit(tmp_path, OPENED)
    git(tmp_path, "checkout", "-q", "feature")
    found = differs(tmp_path)
    assert (found["new"], found["fixed"], found["surface"]) == ([], [], [])


def test_only_the_folder_that_it_is_run_in_counts(tmp_path: Path) -> None:
    commit(tmp_path, {"one/README.md": "", "two/README.md": ""})
    lay_out(tmp_path, {f"two/{path}": text for path, text in OPENED.items()})
    assert (rules(differs(tmp_path / "one")), rules(differs(tmp_path / "two"))) == ([], ["table-without-rls"])


def test_nothing_that_a_repository_sets_up_is_run(tmp_path: Path) -> None:
    commit(tmp_path, {**ALL, ".gitattributes": "* filter=evil diff=evil\n"})
    marker = tmp_path.parent / f"{tmp_path.name}-marker"
    script = f"touch {marker}"
    for key in (
        "filter.evil.clean",
        "filter.evil.smudge",
        "diff.evil.textconv",
        "diff.evil.command",
        "diff.external",
        "core.fsmonitor",
        "core.pager",
    ):
        git(tmp_path, "config", key, script)
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        (tmp_path / ".git" / "hooks" / hook).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / ".git" / "hooks" / hook).chmod(0o755)
    lay_out(tmp_path, OPENED)
    assert rules(differs(tmp_path)) == ["table-without-rls"]
    assert not marker.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no-such-branch"], "error: there is no commit 'no-such-branch' here"),
        (["main", "no-such-branch"], "error: there is no commit 'no-such-branch' here"),
        (["--", "--output=/tmp/x"], "error: '--output=/tmp/x' is not a revision"),
        (["--output-format", "nonsense"], "error: 'nonsense' is not an output format"),
    ],
)
def test_bad_input_says_what_to_do(tmp_path: Path, words: list[str], message: str) -> None:
    commit(tmp_path, {"README.md": ""})
    done = batten(tmp_path, *words)
    assert (done.returncode, done.stderr.splitlines()[0], done.stderr.splitlines()[1].startswith("  help: ")) == (2, message, True)


def test_paths_that_lead_elsewhere_are_not_followed(tmp_path: Path) -> None:
    app = tmp_path / "app"
    commit(app, {"README.md": "an app\n"})

    def written(kind: str, text: str) -> str:
        words = ["git", "hash-object", "-w", "--stdin"] if kind == "blob" else ["git", "mktree"]
        return subprocess.run(words, cwd=app, input=text, capture_output=True, text=True, check=True).stdout.strip()

    blob = written("blob", 'ignore = ["supabase"]\n')
    inner = written("tree", f"100644 blob {blob}\tbatten.toml\n")
    outer = written("tree", f"040000 tree {inner}\t..\n040000 tree {inner}\t.git\n040000 tree {inner}\tinner\n")
    head = git(app, "commit-tree", outer, "-m", "elsewhere")
    done = batten(app, head, head, "--output-format", "json")
    told = [note["message"] for note in json.loads(done.stdout)["notes"]]
    assert told == [f"{path}/batten.toml is not read: its name can't be used" for path in ("..", ".git")]
    places = [path for path in Path(tempfile.gettempdir()).iterdir() if path.name == "batten.toml"]
    assert (done.returncode, places) == (0, [])


def test_objects_of_another_repository_are_not_read(tmp_path: Path) -> None:
    other, app = tmp_path / "other", tmp_path / "app"
    commit(other, OPENED)
    commit(app, {"README.md": "an app\n"})
    (app / ".git/objects/info/alternates").write_text(f"{other}/.git/objects\n")
    done = batten(app)
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "error: the history is not read: the repository borrows objects of another one",
    )


def test_what_is_missing_from_the_picture_is_told(tmp_path: Path) -> None:
    commit(tmp_path, {"README.md": "an app\n"})
    (tmp_path / "data.py").write_bytes(b"x = 1\0\n")
    head = commit(tmp_path, {"main.py": "app = FastAPI(\n@app.get('/'\n"})
    found = differs(tmp_path, "HEAD~1", head)
    assert ([(note["place"]["path"], note["kind"]) for note in found["notes"]], found["complete"]) == (
        [("main.py", "not-parsed"), ("data.py", "skipped")], False,
    )  # fmt: skip
    assert batten(tmp_path, "HEAD~1", head, "--output-format", "markdown").stdout.splitlines() == [
        "**batten:** 0 new findings, 0 fixed.",
        "",
        "1 file not parsed: findings may be missing (--verbose names them).",
        "",
        "<details open><summary>What it opens (1)</summary>",
        "",
        "- `data.py is new and counts as a file that is not text: not read`",
        "",
        "</details>",
    ]


def test_outside_a_repository_there_is_nothing_to_compare(tmp_path: Path) -> None:
    done = batten(tmp_path)
    assert (done.returncode, done.stderr) == (
        2, "error: this is no git repository, so there is nothing to compare with\n  help: Run batten check\n",
    )  # fmt: skip


def test_text_of_the_app_stays_text_in_markdown(tmp_path: Path) -> None:
    commit(tmp_path, {"README.md": ""})
    name = "`@someone` <img src=x> | [x](http://example.test)"
    quoted = name.replace('"', '""')
    lay_out(tmp_path, {"supabase/migrations/20250102000000_x.sql": f'create table public."{quoted}" (id uuid primary key, body text);\n'})
    shown = batten(tmp_path, "--output-format", "markdown").stdout
    (row,) = [line for line in shown.splitlines() if line.startswith("| high")]
    assert row == (
        "| high | `` table 'public.`@someone` <img src=x> \\| [x](http://example.test)' has no row level security: "
        "anyone who has the public key can read, add, change and delete every row `` [`table-without-rls`] | "
        "`supabase/migrations/20250102000000_x.sql:1` |"
    )


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n", {2}),
        (b"a\nb\nc\n", b"a\nc\n", {2}),
        (b"a\n", b"a\nb\nc\n", {2, 3}),
        (b"a\nb\n", b"", {1}),
        (None, b"a\nb", {1, 2}),
        (b"same\n", b"same\n", set()),
    ],
)
def test_the_lines_of_a_change(before: bytes | None, after: bytes, lines: set[int]) -> None:
    assert changed_lines(before, after) == lines
