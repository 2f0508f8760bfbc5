"""However a file is written, a remedy changes its own line and brings an import along: all else stays as it is, byte for byte, and parses."""

import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from fixing import fixer_of, lay_out, settle
from hypothesis import given, settings
from shapes import SHAPES, Shape, only_its_own_line

from batten.extract.code import unit_of
from batten.testing_keys import expand

PYTHON = {
    "debug-mode-deployed": ("import math", "app.run(host=Q0.0.0.0Q, debug=TrueCOMMA)"),
    "sql-injection": ("import sqlite3", "sqlite3.connect(QaQ).execute(f\"SELECT id FROM t WHERE n = '{value}'\"COMMA)"),
    "command-injection": ("import subprocess", 'subprocess.run(f"convert {value} out.png", shell=TrueCOMMA)'),
    "unsafe-deserialization": ("import yaml", "yaml.load(value, Loader=yaml.LoaderCOMMA)"),
    "code-injection": ("import math", "print(eval(value))"),
    "request-data-in-html": ("from flask import Response", 'return f"<p>{value}</p>"'),
    "hardcoded-fallback-secret": ("import os", "SECRET_KEY = os.getenv(QSECRET_KEYQ, Qshop-2024QCOMMA)"),
    "disabled-certificate-verification": ("import requests", "requests.post(Qhttps://pay.invalidQ, data=value, verify=FalseCOMMA)"),
    "obsolete-cryptography": ("import hashlib", "print(hashlib.md5(value.encode()COMMA).hexdigest())"),
    "ai-key-in-source": ("import openai", "openai.OpenAI(api_key=Q{{key:openai}}QCOMMA)"),
    "any-origin-with-credentials": ("from flask_cors import CORS", "CORS(app, supports_credentials=TrueCOMMA)"),
    "insecure-session-cookie": ("from flask import Response", "Response().set_cookie(QsessionQ, value, secure=FalseCOMMA)"),
    "uncapped-model-call": ("import openai", "openai.OpenAI().responses.create(model=Qgpt-5Q, input=valueCOMMA)"),
    "unsafe-secret-comparison": ("import os", "if request.headers.get(QX-KeyQCOMMA) != os.environ[QAPI_KEYQ]: return {QokQ: False}"),
    "public-ai-demo": (
        "import gradio as gr",
        "gr.Interface(fn=print, inputs=QtextQ, outputs=QtextQ).launch(server_name=Q0.0.0.0Q, server_port=80COMMA)",
    ),
    "unverified-token": (
        "import os\nimport jwt",
        "who = jwt.decode(value, options={Qverify_signatureQ: False}COMMA)[QsubQ] + jwt.encode({}, os.environ[QKEYQ], algorithm=QHS256Q)",
    ),
}
JAVASCRIPT = {
    "sql-injection": ("import pg from QpgQ", "await new pg.Pool().query(`SELECT id FROM t WHERE n = '${value}'`COMMA)"),
    "code-injection": ("import fs from Qnode:fsQ", "console.log(eval(value))"),
    "command-injection": ("import cp from Qnode:child_processQ", "cp.execSync(`echo ${value}`, { timeout: 5COMMA })"),
    "auth-fails-open": ("import { rm } from Qnode:fs/promisesQ", "if (!req.user) { res.sendStatus(401COMMA) } // HERE\n  await rm(value)"),
    "disabled-certificate-verification": (
        "import https from QhttpsQ",
        "const agent = new https.Agent({ rejectUnauthorized: falseCOMMA })",
    ),
    "hardcoded-fallback-secret": (
        "import jwt from QjsonwebtokenQ",
        "const token = jwt.sign({ value }, process.env.JWT_SECRET || Qshop-2024QCOMMA)",
    ),
    "obsolete-cryptography": (
        "import { createHash } from Qnode:cryptoQ",
        "console.log(createHash(Qmd5QCOMMA).update(value).digest(QhexQ))",
    ),
    "postgrest-filter-injection": (
        "import { createClient } from Q@supabase/supabase-jsQ",
        "await createClient(process.env.URL, process.env.SERVICE_ROLE_KEY).from(QtQ).select().or(`n.eq.${value}`COMMA)",
    ),
    "any-origin-with-credentials": ("import cors from QcorsQ", "app.use(cors({ origin: true, credentials: trueCOMMA }))"),
    "ai-key-in-source": ("import OpenAI from QopenaiQ", "const models = new OpenAI({ apiKey: Q{{key:openai}}QCOMMA })"),
    "unverified-token": (
        "import jwt from QjsonwebtokenQ",
        "jwt.sign({ value }, process.env.JWT_SECRET); console.log(jwt.decode(valueCOMMA)?.sub)",
    ),
    "uncapped-model-call": ("import OpenAI from QopenaiQ", "await new OpenAI().responses.create({ model: Qgpt-5Q, input: valueCOMMA })"),
}
MANIFEST = '{"type": "module", "dependencies": {"express": "5"}}'


def python(shape: Shape, imports: str, core: str) -> str:
    hint, result = (": str | None", " -> dict[str, bool]") if shape.hint else ("", "")
    lines = [
        f"# {shape.comment}" if shape.comment else "",
        imports,
        "from functools import wraps",
        "from flask import Flask, request",
        "",
        "app = Flask(__name__)",
        "",
        "def plain(view):",
        f"{shape.indent}return view",
        "",
        "@app.post(QworkQ)",
        *(["@plain"] if shape.wrapped else []),
        f"{'async ' if shape.is_async else ''}def work(more{hint} = None){result}:",
        f"{shape.indent}value = request.form[QvalueQ]  # {shape.comment}",
        f"{shape.indent}{core}  # HERE",
        f"{shape.indent}return {{QokQ: True}}",
    ]
    text = "\n".join(lines).replace("COMMA", shape.comma).replace("Q", shape.quote)
    return (text.replace(f"{shape.quote}work{shape.quote}", f"{shape.quote}/work{shape.quote}") + shape.last).replace("\n", shape.ends)


def javascript(shape: Shape, imports: str, core: str) -> str:
    lines = [
        f"// {shape.comment}" if shape.comment else "",
        imports,
        "import express from QexpressQ",
        "const app = express()",
        f"app.post(Q/workQ, {'async ' if shape.is_async or 'await' in core else ''}(req, res) => {{",
        f"{shape.indent}const {{ value }} = req.body // {shape.comment}",
        f"{shape.indent}{core} // HERE",
        f"{shape.indent}res.json({{ ok: true{shape.comma} }})",
        "})",
    ]
    return ("\n".join(lines).replace("COMMA", shape.comma).replace("Q", shape.quote) + shape.last).replace("\n", shape.ends)


def holds(rule: str, file: str, text: str, ends: str, added: str = "") -> None:
    text = expand(text)
    with tempfile.TemporaryDirectory() as place:
        folder = lay_out(Path(place), {"package.json": MANIFEST})
        (folder / file).write_bytes(text.encode())
        fixer = fixer_of(folder)
        done = [fixed for finding, fixed in settle(fixer, rule) if finding.place.path == file]
        after = {change.path: change.after for change in fixer.changes()}[file].decode()
        assert done == [True], text
        assert unit_of(file, after.encode()).broken == ()
        if file.endswith(".py"):
            compile(after, file, "exec")
        only_its_own_line(text, after, ends, {added})
        settle(fixer, rule)
        assert {change.path: change.after for change in fixer.changes()}[file].decode() == after


@pytest.mark.parametrize("rule", PYTHON)
@settings(max_examples=8)
@given(shape=SHAPES)
def test_python(rule: str, shape: Shape) -> None:
    imports, core = PYTHON[rule]
    holds(rule, "app.py", python(shape, imports, core), shape.ends)


@pytest.mark.parametrize("rule", JAVASCRIPT)
@settings(max_examples=8)
@given(shape=SHAPES)
def test_javascript(rule: str, shape: Shape) -> None:
    imports, core = JAVASCRIPT[rule]
    holds(rule, "app.js", javascript(shape, imports, core), shape.ends)


GUARDED = {
    "app.py": (
        """from functools import wraps
from flask import abort, session

def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if Quser_idQ not in session:
            abort(401)
        return view(*args, **kwargs)
    return inner
""",
        "open(QmarksQ, QaQ).write(value)",
        "@app.delete(Q/otherQ)\n@signed_in\ndef other():\n    open(QmarksQ, QaQ).write(QxQ)\n    return {}\n",
        "@app.post(",
    ),
    "app.js": (
        "import { appendFileSync } from Qnode:fsQ\nconst signedIn = (req, res, next) => (req.session.user ? next() : res.sendStatus(401))",
        "appendFileSync(QmarksQ, value)",
        "app.delete(Q/otherQ, signedIn, (req, res) => { appendFileSync(QmarksQ, QxQ); res.end() })\n",
        "app.post(",
    ),
}


@pytest.mark.parametrize("file", GUARDED)
@settings(max_examples=8)
@given(shape=SHAPES)
def test_checks(file: str, shape: Shape) -> None:
    imports, core, other, route = GUARDED[file]
    made = python(shape, imports, core) if file.endswith(".py") else javascript(shape, imports, core)
    other = other.replace("Q", shape.quote).replace("\n", shape.ends)
    first, found, rest = made.partition(route)
    line, end, rest = rest.partition(shape.ends)
    remark = "# HERE" if file.endswith(".py") else "// HERE"
    holds("unauthenticated-write-route", file, f"{first}{other}{found}{line} {remark}{end}{rest}", shape.ends, added="@signed_in")


class Written(NamedTuple):
    """An app of several files, the one that a fix of a rule changes, and what comes into it besides imports; in all texts ``Q`` is a quote."""

    rule: str
    path: str
    files: dict[str, str]
    added: frozenset[str] = frozenset()


ROUTE = """// REMARK
import Stripe from QstripeQ;
import { PrismaClient } from Q@prisma/clientQ;
const prisma = new PrismaClient();
const stripe = new Stripe(process.env.STRIPE_KEYHINTCOMMA);
// REMARK
export async function POST(reqTYPED) {
INDENT// REMARK
INDENTconst { type, data } = await req.json(); // HERE
INDENTawait prisma.user.create({ data: { email: data.emailCOMMA }COMMA }); // REMARK
INDENTreturn Response.json({ ok: typeCOMMA });
}
"""
MODEL = """// REMARK
import OpenAI from QopenaiQ;

const openai = new OpenAI({ apiKey: process.env.NEXT_PUBLIC_OPENAI_API_KEY, dangerouslyAllowBrowser: trueCOMMA }); // HERE
// REMARK
export async function ask(questionHINTED) {
INDENT// REMARK
INDENTconst answer = await openai.responses.create({ model: Qgpt-5-miniQ, input: question, max_output_tokens: 500COMMA });
INDENTreturn answer.output_text;
}
"""
SEVERAL = {
    "same-secret": Written(
        "unsafe-secret-comparison",
        "server.ts",
        {
            "package.json": '{"dependencies": {"express": "5"}}',
            "server.ts": "// REMARK\nimport express, { type Request } from QexpressQ;\nimport { rm as gone } from Qnode:fs/promisesQ;\n\nconst app = express();\n"
            "app.post(Q/jobsQ, async (reqTYPED, res) => {\nINDENT// REMARK\nINDENTif (req.get(Qx-keyQCOMMA) !== `Key ${process.env.API_KEY}`) return res.sendStatus(401COMMA); // HERE\n"
            "INDENTawait gone(req.body.nameCOMMA); // REMARK\nINDENTres.end();\n});\n",
        },
        frozenset(
            (
                "/** Whether two secrets are alike; takes the same time for every guess. */",
                "function isSameSecret(sent: unknown, expected: unknown): boolean {",
                *(f"if (typeof sent !== {q}string{q} || typeof expected !== {q}string{q}) return false;" for q in "'\""),
                "const one = Buffer.from(sent);",
                "const other = Buffer.from(expected);",
                "return one.length === other.length && timingSafeEqual(one, other);",
                "}",
            )
        ),
    ),
    "own-client": Written(
        "needless-admin-client",
        "app/api/todos/route.ts",
        {
            "package.json": '{"dependencies": {"next": "16", "@supabase/ssr": "0", "@supabase/supabase-js": "2"}}',
            "lib/supabase.ts": "import { createServerClient } from Q@supabase/ssrQ;\nimport { createClient as create } from Q@supabase/supabase-jsQ;\nimport { cookies } from Qnext/headersQ;\n"
            "export async function ours() {\nINDENTconst store = await cookies();\n"
            "INDENTreturn createServerClient(process.env.NEXT_PUBLIC_SUPABASE_URLHINT, process.env.NEXT_PUBLIC_SUPABASE_ANON_KEYHINT, { cookies: { getAll: () => store.getAll(), setAll: () => {} } });\n}\n"
            "export const admin = create(process.env.NEXT_PUBLIC_SUPABASE_URLHINT, process.env.SUPABASE_SERVICE_ROLE_KEYHINTCOMMA);\n",
            "app/api/todos/route.ts": "// REMARK\nimport { admin, ours } from Q../../../lib/supabaseQ; // HERE\n\nexport async function GET() {\nINDENT// REMARK\nINDENTconst db = await ours();\n"
            "INDENTconst { data: { user } } = await db.auth.getUser();\nINDENTif (!user) return new Response(QQ, { status: 401COMMA });\n"
            "INDENTconst { data } = await admin.from(QtodosQ).select(Q*Q).eq(Quser_idQ, user.idCOMMA); // HERE\nINDENTreturn Response.json(dataCOMMA); // REMARK\n}\n",
            "supabase/migrations/20250101000000_todos.sql": "create table public.todos (id uuid primary key, user_id uuid references auth.users, text text);\nalter table public.todos enable row level security;\n"
            "create policy own on public.todos for all to authenticated using (auth.uid() = user_id);\n",
        },
    ),
    "public-key": Written(
        "admin-client-in-browser",
        "src/main.ts",
        {
            "package.json": '{"dependencies": {"@supabase/supabase-js": "2", "vite": "7"}}',
            "index.html": '<script type="module" src="/src/main.ts"></script>',
            "src/main.ts": "// REMARK\nimport { createClient as made } from Q@supabase/supabase-jsQ;\n// REMARK\nexport const db = made(\nINDENTimport.meta.env.VITE_SUPABASE_URLHINT,\n"
            "INDENTimport.meta.env.VITE_SUPABASE_SERVICE_ROLE_KEYHINTCOMMA // HERE\n);\nawait db.from(QordersQ).select(QidQCOMMA); // REMARK\n",
        },
    ),
    "private-name": Written(
        "secret-in-public-variable",
        "app/api/work/route.ts",
        {
            "package.json": '{"dependencies": {"next": "16.1.0"}}',
            ".gitignore": ".env\n",
            ".env": "NEXT_PUBLIC_SIGNING_SECRET=q7Lm2Vx9TzB4nK8sW3pR6yH1dF5gJ0aC\n",
            "app/api/work/route.ts": "// REMARK\nexport const GET = ASYNC() => {\nINDENT// REMARK\nINDENTreturn Response.json(process.env[QNEXT_PUBLIC_SIGNING_SECRETQ]HINT.lengthCOMMA); // HERE\n};\n",
        },
    ),
    "server-only": Written(
        "server-module-in-client",
        "lib/db.ts",
        {
            "package.json": '{"dependencies": {"next": "16.0.0", "react": "19.0.0"}}',
            "app/page.tsx": 'import { List } from "./list";\nimport { rows } from "../lib/db";\nexport default async function Page() {\n  return <List rows={await rows()} />;\n}\n',
            "app/list.tsx": '"use client";\nimport type { Row } from "../lib/db";\nexport const List = ({ rows }: { rows: Row[] }) => <p>{rows.length}</p>;\n',
            "lib/db.ts": "// REMARK\nimport { key as ours } from Q./keyQ;\n// REMARK\nexport type Row = { id: string };\nexport const rows = ASYNC() =>\n"
            "INDENTfetch(Qhttps://db.shop.invalidQ, { headers: { key: ours + process.env.DB_PASSWORD!COMMA }COMMA }); // REMARK\n",
            "lib/key.ts": "export const key = QkQ;\n",
        },
    ),
    "verified-webhook": Written(
        "unverified-webhook",
        "app/api/webhooks/stripe/route.ts",
        {
            "package.json": '{"dependencies": {"next": "16", "@prisma/client": "6", "stripe": "18"}}',
            "app/api/webhooks/stripe/route.ts": ROUTE,
        },
        frozenset(
            (
                "const payload = await req.text();",
                "let verified: any;",
                "try {",
                'verified = stripe.webhooks.constructEvent(payload, req.headers.get("stripe-signature")!, process.env.STRIPE_WEBHOOK_SECRET!);',
                "} catch {",
                'return new Response("Invalid signature", { status: 400 });',
                "}",
            )
        ),
    ),
    "behind-the-server": Written(
        "ai-sdk-in-browser",
        "lib/ai.ts",
        {
            "package.json": '{"dependencies": {"next": "16.0.0", "react": "19.0.0", "openai": "6.0.0", "@clerk/nextjs": "6"}}',
            ".env.example": "NEXT_PUBLIC_OPENAI_API_KEY=\n",
            "app/page.tsx": '"use client";\nimport { ask } from "../lib/ai";\n\nexport default function Page() {\n  return <button onClick={async () => alert(await ask("hello"))}>ask</button>;\n}\n',
            "lib/ai.ts": MODEL,
            "app/actions.ts": '"use server";\n\nimport { auth } from "@clerk/nextjs/server";\nimport { prisma } from "../lib/db";\n\nexport async function remove(id: string) {\n  const { userId } = await auth();\n'
            '  if (!userId) throw new Error("Unauthorized");\n  await prisma.note.delete({ where: { id, userId } });\n}\n',
            "lib/db.ts": 'import { PrismaClient } from "@prisma/client";\nexport const prisma = new PrismaClient();\n',
        },
        frozenset(
            (
                '"use server";',
                "'use server';",
                "const { userId } = await auth();",
                'if (!userId) throw new Error("Unauthorized");',
            )
        ),
    ),
}


def written(shape: Shape, text: str) -> str:
    words = {
        "REMARK": shape.comment,
        "INDENT": shape.indent,
        "COMMA": shape.comma,
        "HINTED": ": string" if shape.hint else "",
        "HINT": "!" if shape.hint else "",
        "TYPED": ": Request",
        "ASYNC": "async " if shape.is_async else "",
    }
    for word, meant in words.items():
        text = text.replace(word, meant)
    return text.replace("Q", shape.quote)


@pytest.mark.parametrize("remedy", SEVERAL)
@settings(max_examples=8)
@given(shape=SHAPES)
def test_of_several_files(remedy: str, shape: Shape) -> None:
    rule, path, files, added = SEVERAL[remedy]
    files = {name: written(shape, text) if name.endswith(".ts") and "actions" not in name else text for name, text in files.items()}
    files[path] = files[path].removesuffix("\n") + shape.last
    with tempfile.TemporaryDirectory() as place:
        folder = lay_out(Path(place), files, shape.ends)
        fixer = fixer_of(folder)
        assert {done for _, done in settle(fixer, rule)} == {True}, files[path]
        changes = {change.path: change for change in fixer.changes()}
        after = changes.pop(path).after.decode()
        assert {name for name, change in changes.items() if change.before is not None} <= {".env.example"}
        assert unit_of(path, after.encode()).broken == ()
        only_its_own_line(files[path].replace("\n", shape.ends), after, shape.ends, added)
        settle(fixer, rule)
        assert {change.path: change.after for change in fixer.changes()}[path].decode() == after
