"""Remedies of what comes from outside (commands, tags, tokens, events) hold when the code runs: what attacks is refused, what is honest is answered as before."""

import hashlib
import hmac
import json
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from fixing import fixed

EXPRESS = '{"type": "module", "dependencies": {"express": "5", "stripe": "18"}}'


class Case(NamedTuple):
    """An app of one file, what becomes of it, and calls of its handler: what is sent, and what is answered before and after."""

    rule: str
    before: str
    after: str
    asked: tuple[tuple[dict[str, object], object, object], ...]


def app(imports: str, body: str, head: str = "") -> str:
    return f"import express from 'express'\n{imports}\nconst app = express()\n{head}app.post('/work', async (req, res) => {{\n{body}\n}})\n"


EVENT = json.dumps({"type": "paid", "account": "1"})
SIGNED = {"stripe-signature": hmac.new(b"s", EVENT.encode(), hashlib.sha256).hexdigest()}
MD5 = "  const hash = (text) => createHash('md5').update(text, 'hex').digest('hex')\n"
# A pair by Marc Stevens: https://marc-stevens.nl/research/md5-1block-collision/
COLLIDES = (
    "4dc968ff0ee35c209572d4777b721587d36fa7b21bdc56b74a3dc0783e7b9518afbfa2{}a8284bf36e8e4b55b35f427593d849676da0d1{}5d8360fb5f07fea2"
)
CASES = {
    "a command in a template": Case(
        "command-injection",
        app("import { exec } from 'node:child_process'", "  exec(`echo ${req.body.name} done`, (error, out) => res.json(out))"),
        app(
            "import { execFile } from 'node:child_process'",
            '  execFile("echo", [`${req.body.name}`, "done"], (error, out) => res.json(out))',
        ),
        (
            ({"body": {"name": "$(echo stolen)"}}, "stolen done\n", "$(echo stolen) done\n"),
            ({"body": {"name": "work"}}, "work done\n", "work done\n"),
        ),
    ),
    "a command that another one stands beside": Case(
        "command-injection",
        app(
            "import { exec, execSync } from 'node:child_process'",
            "  exec('true')\n  res.json(execSync('echo ' + req.body.name, { encoding: 'utf8' }))",
        ),
        app(
            "import { exec, execFileSync } from 'node:child_process'",
            "  exec('true')\n  res.json(execFileSync(\"echo\", [`${req.body.name}`], { encoding: 'utf8' }))",
        ),
        (({"body": {"name": "a; echo b"}}, "a\nb\n", "a; echo b\n"), ({"body": {"name": "a"}}, "a\n", "a\n")),
    ),
    "text between tags": Case(
        "request-data-in-html",
        app("import escapeHtml from 'escape-html'", "  const list = '<ul></ul>'\n  res.send(`<p>${req.body.q}</p>${list}`)"),
        app(
            "import escapeHtml from 'escape-html'",
            "  const list = '<ul></ul>'\n  res.send(`<p>${escapeHtml(String(req.body.q))}</p>${list}`)",
        ),
        (
            ({"body": {"q": "<script>"}}, "<p><script></p><ul></ul>", "<p>&lt;script&gt;</p><ul></ul>"),
            ({"body": {"q": "fence"}}, "<p>fence</p><ul></ul>", "<p>fence</p><ul></ul>"),
        ),
    ),
    "a hash that can be forged": Case(
        "obsolete-cryptography",
        app("import { createHash } from 'node:crypto'", "  res.json(createHash('md5').update(req.body.name).digest('hex').length)"),
        app("import { createHash } from 'node:crypto'", "  res.json(createHash('sha256').update(req.body.name).digest('hex').length)"),
        (({"body": {"name": "work"}}, 32, 64),),
    ),
    "two contents that have one hash": Case(
        "obsolete-cryptography",
        app("import { createHash } from 'node:crypto'", f"{MD5}  res.json(hash(req.body.a) === hash(req.body.b))"),
        app("import { createHash } from 'node:crypto'", f"{MD5.replace('md5', 'sha256')}  res.json(hash(req.body.a) === hash(req.body.b))"),
        (
            ({"body": {"a": COLLIDES.format("00", "55"), "b": COLLIDES.format("02", "d5")}}, True, False),
            ({"body": {"a": "00", "b": "00"}}, True, True),
        ),
    ),
    "a model that writes without end": Case(
        "uncapped-model-call",
        app(
            "import OpenAI from 'openai'\nconst models = new OpenAI()",
            "  res.json(await models.responses.create({ model: 'gpt-5-mini', input: req.body.q }))",
        ),
        app(
            "import OpenAI from 'openai'\nconst models = new OpenAI()",
            "  res.json(await models.responses.create({ max_output_tokens: 1000, model: 'gpt-5-mini', input: req.body.q }))",
        ),
        (({"body": {"q": "all numbers"}}, 5000, 1000), ({"body": {"q": "hello"}}, 5, 5)),
    ),
    "a search with conditions in it": Case(
        "postgrest-filter-injection",
        app(
            "import { createClient } from '@supabase/supabase-js'\nconst db = createClient(process.env.URL, process.env.SERVICE_ROLE_KEY)",
            "  const { data } = await db.from('posts').select('id').or(`title.ilike.%${req.body.q}%,text.ilike.%${req.body.q}%`)\n  res.json(data)",
        ),
        app(
            "import { createClient } from '@supabase/supabase-js'\nconst db = createClient(process.env.URL, process.env.SERVICE_ROLE_KEY)",
            "  const { data } = await db.from('posts').select('id').or(`title.ilike.\"%${QUOTED}%\",text.ilike.\"%${QUOTED}%\"`)\n  res.json(data)".replace(
                "QUOTED", 'String(req.body.q).replace(/["\\\\]/g, "\\\\$&")'
            ),
        ),
        (
            (
                {"body": {"q": 'x%",id.gt.0'}},
                'title.ilike.%x%",id.gt.0%,text.ilike.%x%",id.gt.0%',
                'title.ilike."%x%\\",id.gt.0%",text.ilike."%x%\\",id.gt.0%"',
            ),
            (
                {"body": {"q": "a.b@café.invalid 11:30"}},
                "title.ilike.%a.b@café.invalid 11:30%,text.ilike.%a.b@café.invalid 11:30%",
                'title.ilike."%a.b@café.invalid 11:30%",text.ilike."%a.b@café.invalid 11:30%"',
            ),
        ),
    ),
    "a token that is only read": Case(
        "unverified-token",
        app(
            "import jwt from 'jsonwebtoken'",
            "  const who = jwt.decode(req.headers.authorization)\n  if (!who) return res.sendStatus(401)\n  res.json(who.sub)",
            "app.post('/login', (req, res) => res.json(jwt.sign({ sub: '1' }, process.env.JWT_SECRET)))\n",
        ),
        app(
            "import jwt from 'jsonwebtoken'",
            "  const who = (() => { try { return jwt.verify(req.headers.authorization, process.env.JWT_SECRET); } catch { return null; } })()\n"
            "  if (!who) return res.sendStatus(401)\n  res.json(who.sub)",
            "app.post('/login', (req, res) => res.json(jwt.sign({ sub: '1' }, process.env.JWT_SECRET)))\n",
        ),
        (
            ({"headers": {"authorization": "forged:7"}}, "7", 401),
            ({"headers": {"authorization": "signed:1"}}, "1", "1"),
            ({"headers": {"authorization": "nonsense"}}, 401, 401),
        ),
    ),
    "an event that anyone sends": Case(
        "unverified-webhook",
        app(
            "import Stripe from 'stripe'\nimport { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()",
            "  await prisma.user.update({ where: { id: req.body.account }, data: { plan: 'pro' } })\n  res.json(req.body.type)",
            "const stripe = new Stripe(process.env.STRIPE_KEY)\n",
        ).replace("'/work', async", "'/api/stripe/webhook', express.json(), async"),
        app(
            "import Stripe from 'stripe'\nimport { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()",
            "  let verified;\n  try {\n"
            '    verified = stripe.webhooks.constructEvent(req.body, req.headers["stripe-signature"], process.env.STRIPE_WEBHOOK_SECRET);\n'
            "  } catch {\n    return res.sendStatus(400);\n  }\n"
            "  await prisma.user.update({ where: { id: verified.account }, data: { plan: 'pro' } })\n  res.json(verified.type)",
            "const stripe = new Stripe(process.env.STRIPE_KEY)\n",
        ).replace("'/work', async", "'/api/stripe/webhook', express.raw({ type: \"application/json\" }), async"),
        (
            ({"headers": {}, "raw": EVENT}, "paid", 400),
            ({"headers": {"stripe-signature": "made-up"}, "raw": EVENT}, "paid", 400),
            ({"headers": SIGNED, "raw": EVENT}, "paid", "paid"),
        ),
    ),
}
STAND_INS = {
    "express": "const parse = (kind) => () => Object.assign(() => {}, { kind }); const app = { post(...given) { globalThis.handlers.push(given) } };"
    "export default Object.assign(() => app, { json: parse('json'), raw: parse('raw') })",
    "jsonwebtoken": "const read = (text) => { const [how, sub] = (text ?? '').split(':'); return sub ? { how, sub } : null }; export default { decode: read, sign() {},"
    " verify(text) { const found = read(text); if (found?.how !== 'signed') throw new Error('invalid signature'); return { sub: found.sub } } }",
    "openai": "export default class { responses = { create: async ({ input, max_output_tokens }) => Math.min(input === 'hello' ? 5 : 5000, max_output_tokens ?? Infinity) } }",
    "escape-html": "export default (text) => text.replace(/</g, '&lt;').replace(/>/g, '&gt;')",
    "stripe": "import { createHmac } from 'node:crypto'; export default class { webhooks = { constructEvent(raw, given, secret) {"
    " if (createHmac('sha256', secret).update(raw).digest('hex') !== given) throw new Error('no signatures found'); return JSON.parse(raw) } } }",
    "@supabase/supabase-js": "export const createClient = () => ({ from: () => ({ select: () => ({ or: async (data) => ({ data }) }) }) })",
    "@prisma/client": "export class PrismaClient { user = { update: async () => {} } }",
}
ASK = """
import { readFileSync } from 'node:fs'
const cases = JSON.parse(readFileSync('cases.json', 'utf8')), found = []
for (const { file, asked } of cases) {
  globalThis.handlers = []
  await import(file)
  const [, ...steps] = globalThis.handlers.at(-1)
  const kind = steps.length > 1 ? steps[0].kind : ''
  const answers = []
  for (const sent of asked) {
    const req = { headers: {}, ...sent }
    if (sent.raw) req.body = kind === 'raw' ? Buffer.from(sent.raw) : JSON.parse(sent.raw)
    answers.push(await new Promise((done) => steps.at(-1)(req, { json: done, send: done, sendStatus: done })))
  }
  found.push(answers)
}
console.log(JSON.stringify(found))
"""


def manifest(case: Case) -> str:
    return EXPRESS.replace('"express"', '"escape-html": "1", "@prisma/client": "6", "express"') if case.rule else EXPRESS


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_only_what_is_unsafe_changes(tmp_path: Path, name: str, ends: str) -> None:
    case = CASES[name]
    changed = fixed(tmp_path, case.rule, {"package.json": manifest(case), "app.js": case.before}, ends)
    assert changed.pop(".env.example", "") in ("", "STRIPE_WEBHOOK_SECRET=\n")
    assert changed == {"app.js": case.after.replace("\n", ends)}


def test_what_attacks_is_refused_and_what_is_honest_is_answered_as_before(tmp_path: Path) -> None:
    for package, text in STAND_INS.items():
        folder = tmp_path / "node_modules" / package
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"type": "module", "exports": "./index.js"}')
        (folder / "index.js").write_text(text)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    told, wanted = [], []
    for number, case in enumerate(CASES.values()):
        for text, which in ((case.before, 1), (case.after, 2)):
            (tmp_path / f"{number}-{which}.js").write_text(text)
            told.append({"file": f"./{number}-{which}.js", "asked": [each[0] for each in case.asked]})
            wanted.append([each[which] for each in case.asked])
    (tmp_path / "cases.json").write_text(json.dumps(told))
    (tmp_path / "ask.js").write_text(ASK)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "JWT_SECRET": "s", "STRIPE_KEY": "k", "STRIPE_WEBHOOK_SECRET": "s"}
    done = subprocess.run(["node", "ask.js"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == wanted


# Where it is not certain


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("command-injection", app("import { exec } from 'node:child_process'", "  exec(`cat ${req.body.name} | wc`, () => res.end())")),
        ("command-injection", app("import { exec } from 'node:child_process'", "  exec(`sh -c ${req.body.name}`, () => res.end())")),
        ("command-injection", app("import { exec } from 'node:child_process'", "  exec(`echo ${req.body.name}`, { shell: '/bin/bash' })")),
        ("command-injection", app("import { exec } from 'node:child_process'", "  exec(`echo ${req.body.name}`, options())")),
        ("request-data-in-html", app("", "  res.send(`<a href=${req.body.q}>x</a>`)")),
        ("request-data-in-html", app("", "  res.send(`<script>const q = ${req.body.q}</script>`)")),
        (
            "unverified-token",
            app("import jwt from 'jsonwebtoken'", "  res.json(jwt.decode(req.headers.authorization).sub)"),
        ),  # no key is known
        (
            "unverified-token",
            app(
                "import jwt from 'jsonwebtoken'",
                "  res.json(jwt.decode(req.headers.authorization).sub)",
                "const made = (one) => one ? jwt.sign({}, process.env.ONE) : jwt.sign({}, process.env.TWO)\n",
            ),
        ),
        (
            "unverified-webhook",
            app(
                "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()",
                "  await prisma.user.update({ where: { id: req.body.account } })\n  res.end()",
            ).replace("'/work', async", "'/webhooks/acme', express.json(), async"),
        ),
    ],
)
def test_what_is_not_certain_stays(tmp_path: Path, rule: str, text: str) -> None:
    assert fixed(tmp_path, rule, {"package.json": EXPRESS, "app.js": text}) == {}


# Pages

PREVIEW = "import { useSearchParams } from 'react-router-dom'\nexport function Preview() {\n  const [params] = useSearchParams()\n  return <p dangerouslySetInnerHTML={{ __html: VALUE }} />\n}\n"


@pytest.mark.parametrize(
    ("manifest", "brought"),
    [
        ('{"dependencies": {"react": "19"}}', ("dompurify", "DOMPurify", "DOMPurify.sanitize")),
        ('{"dependencies": {"react": "19", "next": "16"}}', ("isomorphic-dompurify", "DOMPurify", "DOMPurify.sanitize")),
        ('{"dependencies": {"react": "19", "sanitize-html": "2"}}', ("sanitize-html", "sanitizeHtml", "sanitizeHtml")),
    ],
    ids=["in browsers", "on servers, too", "what the app has"],
)
def test_html_of_others_is_cleaned(tmp_path: Path, manifest: str, brought: tuple[str, str, str]) -> None:
    package, local, function = brought
    files = {"package.json": manifest, "src/Preview.tsx": PREVIEW.replace("VALUE", "params.get('html')")}
    changed = fixed(tmp_path, "untrusted-html", files)
    assert package in json.loads(changed.pop("package.json", manifest))["dependencies"]
    assert changed == {
        "src/Preview.tsx": f"import {local} from '{package}'\n" + PREVIEW.replace("VALUE", f"{function}(params.get('html'))")
    }


def test_what_has_no_tags_is_shown_as_text(tmp_path: Path) -> None:
    script = 'const name = new URLSearchParams(location.search).get("q");\ndocument.getElementById("asked").innerHTML = `You asked for ${name}`;\n'
    assert fixed(tmp_path / "text", "untrusted-html", {"greet.js": script}) == {"greet.js": script.replace("innerHTML", "textContent")}
    assert fixed(tmp_path / "tags", "untrusted-html", {"greet.js": script.replace("You", "<b>You</b>")}) == {}


# Events in Next.js

ROUTE = "const prisma = {PRISMA}\nexport async function POST(req: Request) {\n  VERIFYconst { type, data } = EVENT\n  await prisma.user.create({ data: { email: data.email } })\n  return Response.json({ ok: type })\n}\n"


@pytest.mark.parametrize(
    ("package", "path", "imports", "lines"),
    [
        (
            "svix",
            "clerk",
            'import { Webhook } from "svix";\n',
            [
                (
                    'verified = new Webhook(process.env.WEBHOOK_SECRET!).verify(payload, { "svix-id": req.headers.get("svix-id")!,'
                    ' "svix-timestamp": req.headers.get("svix-timestamp")!, "svix-signature": req.headers.get("svix-signature")! });'
                )
            ],
        ),
        (
            "@octokit/webhooks-methods",
            "github",
            'import { verify } from "@octokit/webhooks-methods";\n',
            [
                'if (!(await verify(process.env.GITHUB_WEBHOOK_SECRET!, payload, req.headers.get("x-hub-signature-256")!))) throw new Error("Invalid signature");',
                "verified = JSON.parse(payload);",
            ],
        ),
    ],
)
def test_events_of_others_are_verified_by_their_sdk(tmp_path: Path, package: str, path: str, imports: str, lines: list[str]) -> None:
    head = 'import { PrismaClient } from "@prisma/client";\n'
    text = head + ROUTE.replace("{PRISMA}", "new PrismaClient()")
    files = {
        "package.json": json.dumps({"dependencies": {"next": "16", "@prisma/client": "6", package: "1"}}),
        f"app/api/webhooks/{path}/route.ts": text.replace("VERIFY", "").replace("EVENT", "await req.json()"),
    }
    changed = fixed(tmp_path, "unverified-webhook", files)
    changed.pop(".env.example")
    verified = ["const payload = await req.text();", "let verified: any;", "try {", *(f"  {line}" for line in lines), "} catch {"]
    verified += ['  return new Response("Invalid signature", { status: 400 });', "}", ""]
    wanted = imports + text.replace("VERIFY", "\n  ".join(verified)).replace("EVENT", "verified")
    assert changed == {f"app/api/webhooks/{path}/route.ts": wanted}
