"""Who is let through: helpers, middleware, decorators and dependencies, in other files, in all their styles.

Every app has one route that deletes accounts; what is asked is who may call it.
"""

import pytest
from own_rules import RULES

from batten.facts.routes import Route
from batten.scan import scan_files

NEXT = '{"dependencies": {"next": "15"}}'
EXPRESS = '{"dependencies": {"express": "5"}}'
PRISMA = 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'


def route(files: dict[str, str]) -> Route:
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert [one.title for one in found] == [found[0].title]
    return found[0]


def in_next(handler: str, library: str) -> str | None:
    """The auth of a route handler that may use what ``lib/auth.ts`` exports."""
    imports = 'import { prisma } from "../../../lib/db"\nimport * as auth from "../../../lib/auth"\n'
    files = {"package.json": NEXT, "lib/db.ts": PRISMA, "lib/auth.ts": library}
    return route(
        {**files, "app/api/x/route.ts": f"{imports}export async function POST(req) {{ {handler} await prisma.user.deleteMany() }}"}
    ).auth


# --- helpers of a route handler ---

SESSION = 'import { getServerSession } from "next-auth"\n'
TOKEN = 'import { jwtVerify } from "jose"\n'
IGNORED = "await auth.who(req);"
CHECKED = "const user = await auth.who(req); if (!user) return new Response('', { status: 401 });"
RECORD = "async function inner() { const s = await getServerSession(); if (!s) return { success: false, error: 'no' }; return { success: true, user: s.user } }\n"
RETURNS_NULL = "export async function who(req) { const session = await getServerSession(); if (!session) return null; return session.user }"


@pytest.mark.parametrize(
    ("handler", "library", "expected"),
    [
        # It throws by itself.
        (IGNORED, TOKEN + "export async function who(req) { const { payload } = await jwtVerify(req.token, key); return payload }", "authenticated"),
        (IGNORED, SESSION + "export async function who() { const s = await getServerSession(); if (!s) throw new Error('no'); return s }", "authenticated"),
        (IGNORED, SESSION + "import { redirect } from 'next/navigation'\nexport async function who() { const s = await getServerSession(); if (!s) redirect('/'); return s }", "authenticated"),
        (IGNORED, SESSION + "const inner = async () => { const s = await getServerSession(); if (!s) throw new Error(); }\nexport const who = async () => { await inner() }", "authenticated"),
        # It says so, and nobody listens.
        (IGNORED, SESSION + RETURNS_NULL, "unauthenticated"),
        (IGNORED, SESSION + "export async function who() { const s = await getServerSession(); if (!s) return new Response('', { status: 401 }); return null }", "unauthenticated"),
        (IGNORED, SESSION + "export async function who() { const s = await getServerSession(); if (s?.user?.role !== 'admin') return null; return s }", "unauthenticated"),
        (IGNORED, TOKEN + "export async function who(req) { try { return await jwtVerify(req.token, key) } catch { return null } }", "unauthenticated"),
        (IGNORED, "import { sb } from './sb'\nexport async function who() { const { data: { user }, error } = await sb.auth.getUser(); if (error || !user) return null; return user }", "unauthenticated"),
        ("await auth.who(req).catch(() => null);", TOKEN + "export async function who(req) { return await jwtVerify(req.token, key) }", "unauthenticated"),
        # It says so in a record that is made of another one, and nobody listens.
        (IGNORED, SESSION + RECORD + "export async function who() { const r = await inner(); if (!r.success) return { isAuthenticated: false, answer: Response.json({}, { status: 401 }) }; return { isAuthenticated: true, user: r.user } }", "unauthenticated"),
        ("const a = await auth.who(req); if (!a.isAuthenticated) return a.answer;", SESSION + RECORD + "export async function who() { const r = await inner(); if (!r.success) return { isAuthenticated: false, answer: Response.json({}, { status: 401 }) }; return { isAuthenticated: true, user: r.user } }", "authenticated"),
        ("const a = await auth.who(req); if (a.error) return a.error;", SESSION + RECORD + "export async function who() { const r = await inner(); if (r.error) return { error: Response.json({}, { status: 401 }) }; return { user: r.user } }", "authenticated"),
        # It says so, and the handler leaves.
        (CHECKED, SESSION + RETURNS_NULL, "authenticated"),
        (CHECKED, SESSION + "export async function who() { const s = await getServerSession(); if (s?.user?.role !== 'admin') return null; return s }", "authenticated"),
        # A condition goes by a name, and the way past the check needs a secret.
        ("const known = (await auth.who(req)) !== null; if (!known) return new Response('', { status: 401 });", SESSION + RETURNS_NULL, "authenticated"),
        ("const inner = req.headers.get('x') === process.env.INNER; if (!inner) { const user = await auth.who(req); if (!user) return new Response('', { status: 401 }); }", SESSION + RETURNS_NULL, "secret"),
        ("const inner = req.headers.get('x') === 'yes'; if (!inner) { const user = await auth.who(req); if (!user) return new Response('', { status: 401 }); }", SESSION + RETURNS_NULL, "presence"),
        # A record that tells it, made of what a row says.
        ("const { ok, role } = await auth.who(); if (!ok || role !== 'admin') return Response.json({});", SESSION + "import { sb } from './sb'\nexport async function who() { const s = await getServerSession(); if (!s) return { ok: false, role: null }; const { data } = await sb.from('staff').select('role').eq('id', s.user.id).single(); const ok = data?.role === 'admin'; return { ok, role: data.role } }", "authenticated"),
        ("const { user } = await auth.who(); if (!user) return Response.json({});", SESSION + "export async function who() { const s = await getServerSession(); if (!s) return { user: null }; const user = await prisma.user.findUnique({ where: { id: s.user.id } }); return { user } }", "authenticated"),
        # A function that is called where it is written.
        ("const user = (() => { try { return auth.who(req) } catch { return null } })(); if (!user) return new Response('', { status: 401 });", SESSION + "export const who = () => getServerSession()", "authenticated"),
        ("const user = (() => { try { return req.headers.get('x') } catch { return null } })(); if (!user) return new Response('', { status: 400 });", SESSION + "export const who = () => getServerSession()", "presence"),
        # A word of the caller's does as well as a check; a secret does too, and a flag that only the check sets is the check.
        ("let ok = new URL(req.url).searchParams.get('admin') === 'true'; if (!ok) { ok = (await auth.who(req)) !== null } if (!ok) return new Response('', { status: 401 });", SESSION + RETURNS_NULL, "presence"),
        ("const asks = new URL(req.url).searchParams.get('admin') === 'true'; let ok = asks; if (!ok) { ok = (await auth.who(req)) !== null } if (!ok) return new Response('', { status: 401 });", SESSION + RETURNS_NULL, "presence"),
        ("const ok = req.headers.get('x-admin') === 'true' || (await auth.who(req)); if (!ok) return new Response('', { status: 401 });", SESSION + RETURNS_NULL, "presence"),
        ("if (req.headers.get('x-admin') !== 'true' && !(await auth.who(req))) return new Response('', { status: 401 });", SESSION + RETURNS_NULL, "presence"),
        ("if (req.headers.get('x-admin') === 'true' || !(await auth.who(req))) return new Response('', { status: 401 });", SESSION + RETURNS_NULL, "authenticated"),
        ("let ok = req.headers.get('x-key') === process.env.KEY; if (!ok) { ok = (await auth.who(req)) !== null } if (!ok) return new Response('', { status: 401 });", SESSION + RETURNS_NULL, "authenticated"),
        ("let ok = false; if (req.headers.get('x')) { ok = (await auth.who(req)) !== null } if (!ok) return new Response('', { status: 401 });", SESSION + RETURNS_NULL, "authenticated"),
        ("let ok = req.headers.get('x') === 'true'; ok = (await auth.who(req)) !== null; if (!ok) return new Response('', { status: 401 });", SESSION + RETURNS_NULL, "authenticated"),
        ("let ok = req.headers.get('x-key') === 'k-7c1'; if (!ok) { ok = (await auth.who(req)) !== null } if (!ok) return new Response('', { status: 401 });", SESSION + RETURNS_NULL, "authenticated"),
        ("if (req.body.check) { const user = await auth.who(req); if (!user) return new Response('', { status: 401 }); }", SESSION + RETURNS_NULL, "unauthenticated"),
        # It answers with a record of what went wrong, of a client that it was handed.
        ("const said = await auth.who(client); if ('error' in said) return said;", "export async function who(client) { const { data: { user } } = await client.auth.getUser(); if (!user) return { error: 'no' }; return { id: user.id } }", "authenticated"),
        ("const said = await auth.who(client); if ('id' in said) return said;", "export async function who(client) { const { data: { user } } = await client.auth.getUser(); if (!user) return { error: 'no' }; return { id: user.id } }", "unauthenticated"),
        ("const said = await auth.who(client); if ('error' in said) return said;", "export async function who(client) { const { data: { user } } = await client.auth.getUser(); if (!user) return { error: 'no' }; if (client.old) return { id: 0 }; return { id: user.id } }", "authenticated"),
        ("const said = await auth.who(client); if ('error' in said) return said;", "export async function who(client) { const { data: { user } } = await client.auth.getUser(); return { id: user?.id } }", "unauthenticated"),
        (CHECKED, TOKEN + "export async function who(req) { try { return await jwtVerify(req.token, key) } catch { return null } }", "authenticated"),
        (CHECKED, SESSION + "export async function who() { const s = await getServerSession(); return s?.user ?? null }", "authenticated"),
        (CHECKED, SESSION + "export async function who() { const s = await getServerSession(); return s ? s.user : undefined }", "authenticated"),
        (CHECKED, SESSION + "export const who = () => getServerSession()", "authenticated"),
        (CHECKED, SESSION + "export async function who() { return (await getServerSession())?.user }", "authenticated"),
        ("const { user, error } = await auth.who(); if (error) return error;", SESSION + "export async function who() { const s = await getServerSession(); if (!s) return { user: null, error: new Response('', { status: 401 }) }; return { user: s.user, error: null } }", "authenticated"),
        ("const denied = await auth.who(); if (denied) return denied;", SESSION + "export async function who() { const s = await getServerSession(); if (!s) return new Response('', { status: 401 }); return null }", "authenticated"),
        ("if (!(await auth.who())) return new Response('', { status: 403 });", SESSION + "export async function who() { const s = await getServerSession(); return s?.user.role === 'admin' }", "authenticated"),
        # A helper that lets everyone be somebody.
        ("const user = await auth.who(); if (!user) return Response.json({});", SESSION + "export async function who() { const s = await getServerSession(); return s?.user ?? { id: 'guest' } }", "unauthenticated"),
        ("if (!(await auth.who())) return Response.json({});", SESSION + "export async function who() { const s = await getServerSession(); return !s }", "unauthenticated"),
        # Somebody is somebody only where the test stands before.
        ("const user = await auth.who(); if (user) { log() }", SESSION + RETURNS_NULL, "unauthenticated"),
        ("const user = await auth.who(); if (!user) { log() }", SESSION + RETURNS_NULL, "unauthenticated"),
        ("try { const user = await auth.who(); if (!user) throw new Error() } catch (error) { log(error) }", SESSION + RETURNS_NULL, "unauthenticated"),
        ("try { const user = await auth.who(); if (!user) throw new Error() } catch (error) { return Response.json({}) }", SESSION + RETURNS_NULL, "authenticated"),
        ("if (req.kind) { if (!(await auth.who())) return Response.json({}) } else { if (!(await auth.who())) return Response.json({}) }", SESSION + RETURNS_NULL, "authenticated"),
        ("if (req.kind) { if (!(await auth.who())) return Response.json({}) }", SESSION + RETURNS_NULL, "unauthenticated"),
    ],
)  # fmt: skip
def test_helpers(handler: str, library: str, expected: str) -> None:
    assert in_next(handler, library) == expected


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("const t = req.headers.get('authorization'); if (!t) return new Response('', { status: 401 });", "presence"),
        ("if (req.headers.get('x-key') !== process.env.CRON_SECRET) return new Response('', { status: 401 });", "secret"),
        (
            "if (req.headers.get('authorization') !== `Bearer ${process.env.CRON_SECRET}`) return new Response('', { status: 401 });",
            "secret",
        ),
        (
            "const key = process.env.CRON_SECRET; if (key && req.headers.get('x-key') !== key) return new Response('', { status: 401 });",
            None,
        ),
        ("stripe.webhooks.constructEvent(await req.text(), req.headers.get('stripe-signature'), process.env.WEBHOOK);", "signed"),
        ("await requireUser(req);", None),
        ("if (!process.env.KEY) return new Response('', { status: 500 }); if (req.headers.get('x')) { await auth(); }", "unauthenticated"),
        # A helper insists on what it is handed.
        ("insist(req.auth);", "authenticated"),
        ("const { auth } = req; insist(auth, 'sign in');", "authenticated"),
        ("insist(req.headers.get('authorization'));", "unauthenticated"),
        ("const { name } = await req.json(); insist(name);", "unauthenticated"),
        # Only some machines leave the check out; but not those where something is forgotten.
        (
            "if (process.env.KEY) { if (req.headers.get('x-key') !== process.env.KEY) return new Response('', { status: 401 }); }",
            "unauthenticated",
        ),
        ("if (!process.env.LOCAL) { if (req.headers.get('x-key') !== process.env.KEY) return new Response('', { status: 401 }); }", None),
        (
            "if (!req.headers.get('x-local')) { if (req.headers.get('x-key') !== process.env.KEY) return new Response('', { status: 401 }); }",
            "presence",
        ),
        ("const user = await acme.currentUser(req); if (!user) return new Response('', { status: 401 });", None),
        ("const post = await req.json(); if (!post.title) return new Response('', { status: 400 });", "unauthenticated"),
        ("const user = req.user; if (!user) return new Response('', { status: 401 });", "authenticated"),
        ("const { user } = await req.json(); if (!user) return Response.json({});", "unauthenticated"),
        ("if (process.env.NODE_ENV === 'production') return new Response('', { status: 404 });", None),
        ("if (!process.env.ENABLE_TEST_FIXTURES) return new Response('', { status: 404 });", None),
        ("if (!process.env.CHECKOUT_ENABLED) return new Response('', { status: 404 });", "unauthenticated"),
    ],
)
def test_checks_in_the_handler(handler: str, expected: str | None) -> None:
    imports = "import Stripe from 'stripe'\nimport acme from '@acme/auth'\nimport { requireUser } from '@acme/users'\nconst stripe = new Stripe('')\n"
    imports += "function insist(value, message) { if (!value) throw new Error(message) }\n"
    source = f'{imports}import {{ prisma }} from "../../../lib/db"\nexport async function POST(req) {{ {handler} await prisma.user.deleteMany() }}'
    assert route({"package.json": NEXT, "lib/db.ts": PRISMA, "app/api/x/route.ts": source}).auth == expected


STAGED = """from fastapi import FastAPI, HTTPException
from openai import OpenAI
from config import settings
app = FastAPI()
client = OpenAI()
@app.post("/chat/test")
def ask(q: str):
    if {}:
        raise HTTPException(404)
    return client.responses.create(model="m", input=q)
"""


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('settings.app_env != "test"', None),
        # Open wherever nobody says that this is production, and a switch that is not the stage.
        ('settings.app_env == "production"', "unauthenticated"),
        ('settings.provider != "openai"', "unauthenticated"),
        ("not settings.chat_enabled", "unauthenticated"),
    ],
)
def test_routes_that_one_stage_alone_has(test: str, expected: str | None) -> None:
    config = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    app_env: str = 'development'\n    provider: str = 'openai'\n    chat_enabled: bool = True\nsettings = Settings()\n"
    assert route({"config.py": config, "main.py": STAGED.format(test)}).auth == expected


FAILED = "await prisma.job.update({ where: { id: 1 }, data: { failed: true } })"
DROPS = "await prisma.user.deleteMany();"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # What failed may be the check, or what comes after it.
        (f"try {{ {CHECKED} {DROPS} }} catch (error) {{ {FAILED}; throw error }}", None),
        (f"try {{ await auth.insist(req); {DROPS} }} catch (error) {{ {FAILED}; return new Response('', {{ status: 500 }}) }}", None),
        # It can only be the check, or what comes before it.
        (f"try {{ await auth.insist(req) }} catch (error) {{ {DROPS} }}", "unauthenticated"),
        (f"try {{ const body = await req.json(); await auth.insist(req) }} catch (error) {{ {DROPS} }}", "unauthenticated"),
        # Nobody is asked for anything, or only after that.
        (f"try {{ const body = await req.json(); {DROPS} }} catch (error) {{ {FAILED} }}", "unauthenticated"),
        (f"try {{ {DROPS} await auth.insist(req); {DROPS} }} catch (error) {{ {FAILED} }}", "unauthenticated"),
        # What comes after both runs for everybody.
        (f"try {{ await auth.insist(req); {FAILED} }} catch (error) {{ {FAILED} }} {DROPS}", "unauthenticated"),
        # Who is asked before it all is known there as well.
        (f"{CHECKED} try {{ {DROPS} }} catch (error) {{ {FAILED} }}", "authenticated"),
    ],
)  # fmt: skip
def test_where_failures_are_handled(body: str, expected: str | None) -> None:
    library = f"{SESSION}{RETURNS_NULL}\nexport async function insist(req) {{ if (!(await who(req))) throw new Error('who?') }}"
    imports = 'import { prisma } from "../../../lib/db"\nimport * as auth from "../../../lib/auth"\n'
    handler = f"{imports}export async function POST(req) {{ {body} }}"
    files = {"package.json": NEXT, "lib/db.ts": PRISMA, "lib/auth.ts": library, "app/api/x/route.ts": handler}
    assert route(files).auth == expected


# --- middleware of Express ---

JWT = 'import jwt from "jsonwebtoken"\n'


def in_express(middleware: str, use: str = 'app.post("/x", auth, remove)') -> str | None:
    app = 'import express from "express"\nimport { auth } from "./auth.js"\nimport { prisma } from "./db.js"\nconst app = express()\n'
    remove = "async function remove(req, res) { await prisma.user.deleteMany() }\n"
    return route({"package.json": EXPRESS, "src/db.js": PRISMA, "src/auth.js": JWT + middleware, "src/app.js": app + remove + use}).auth


@pytest.mark.parametrize(
    ("middleware", "expected"),
    [
        ("export function auth(req, res, next) { req.user = jwt.verify(req.headers.authorization, key); next() }", "authenticated"),
        ("export function auth(req, res, next) { try { req.user = jwt.verify(req.headers.authorization, key); next() } catch (e) { return res.status(401).end() } }", "authenticated"),
        ("export function auth(req, res, next) { try { req.user = jwt.verify(req.headers.authorization, key) } catch (e) { return res.status(401).end() } next() }", "authenticated"),
        ("export const auth = async (req, res, next) => { const t = req.headers.authorization; if (!t) return res.sendStatus(401); jwt.verify(t, key); return next() }", "authenticated"),
        ("export function auth(req, res, next) { jwt.verify(req.headers.authorization, key, (error, user) => { if (error) return res.sendStatus(403); req.user = user; next() }) }", "authenticated"),
        ("export function auth(req, res, next) { if (req.isAuthenticated()) return next(); res.redirect('/login') }", "authenticated"),
        ("export function auth(req, res, next) { if (!req.session.user) return res.redirect('/login'); next() }", "authenticated"),
        ("export function auth(req, res, next) { if (req.headers['x-key'] !== process.env.KEY) return res.status(401).end(); next() }", "secret"),
        # Optional: it reads who calls, and goes on whatever comes.
        ("export function auth(req, res, next) { try { req.user = known[req.headers.authorization].id; next() } catch (e) { return res.status(401).end() } }", None),
        ("export function auth(req, res, next) { try { req.user = held.get(req.headers.authorization).id; next() } catch (e) { res.status(401).end() } }", None),
        ("export function auth(req, res, next) { try { req.user = req.get('authorization').trim(); next() } catch (e) { res.status(401).end() } }", "unauthenticated"),
        ("export function auth(req, res, next) { try { req.user = jwt.decode(req.headers.authorization).id; next() } catch (e) { res.status(401).end() } }", "unauthenticated"),
        ("export function auth(req, res, next) { try { req.user = known[req.headers.authorization].id } catch (e) { res.status(500).end() } next() }", "unauthenticated"),
        ("export function auth(req, res, next) { try { req.user = jwt.verify(req.headers.authorization, key); next() } catch (e) { next() } }", "unauthenticated"),
        ("export function auth(req, res, next) { try { req.user = jwt.verify(req.headers.authorization, key); return next() } catch (e) { return next() } }", "unauthenticated"),
        ("export function auth(req, res, next) { const t = req.headers.authorization; if (!t) return next(); jwt.verify(t, key); next() }", "unauthenticated"),
        ("export function auth(req, res, next) { jwt.verify(req.headers.authorization, key, (error, user) => { req.user = user; next() }) }", "unauthenticated"),
        # It only looks whether something is there.
        ("import Refusal from './refusal'; export const auth = async (req, res, next) => { const t = req.headers.authorization; if (!t) return next(new Refusal('who?', 401)); jwt.verify(t, key); return next() }", "authenticated"),
        ("const Refusal = require('../utils/apiError'); export const auth = async (req, res, next) => { const t = req.headers.authorization; if (!t) return next(new Refusal('who?', 401)); jwt.verify(t, key); return next() }", "authenticated"),
        ("import { errorHandler } from '../utils/error'; export const auth = async (req, res, next) => { const t = req.headers.authorization; if (!t) return next(errorHandler(401, 'who?')); jwt.verify(t, key); return next() }", "authenticated"),
        ("const fail = require('../utils/createError'); export const auth = async (req, res, next) => { const t = req.headers.authorization; if (!t) return next(fail(401)); jwt.verify(t, key); return next() }", "authenticated"),
        ("export const auth = async (req, res, next) => { const t = req.headers.authorization; if (!t) return next({ status: 401, message: 'who?' }); jwt.verify(t, key); return next() }", "authenticated"),
        ("export const auth = async (req, res, next) => { const t = req.headers.authorization; if (!t) return next(new Request(req.url)); jwt.verify(t, key); return next() }", "unauthenticated"),
        ("import { found } from './found'; export const auth = async (req, res, next) => { const t = req.headers.authorization; if (!t) return next(found(req)); jwt.verify(t, key); return next() }", "unauthenticated"),
        ("export function auth(req, res, next) { if (!req.headers.authorization) return res.status(401).end(); next() }", "presence"),
        ("export function auth(req, res, next) { const user = jwt.decode(req.headers.authorization); if (!user) return res.status(401).end(); next() }", "presence"),
        ("export function auth(req, res, next) { console.log(req.url); next() }", "unauthenticated"),
        # By a setting of the machine, or by the address.
        ("export function auth(req, res, next) { if (process.env.NODE_ENV === 'development') return next(); jwt.verify(req.headers.authorization, key); next() }", "authenticated"),
        ("export function auth(req, res, next) { if (process.env.NODE_ENV === 'test') { next(); return } jwt.verify(req.headers.authorization, key); next() }", "authenticated"),
        ("export function auth(req, res, next) { if (OPEN.includes(req.path)) return next(); jwt.verify(req.headers.authorization, key); next() }", None),
        ("export function auth(req, res, next) { if (req.method === 'OPTIONS') return next(); jwt.verify(req.headers.authorization, key); next() }", None),
    ],
)  # fmt: skip
def test_middleware(middleware: str, expected: str | None) -> None:
    assert in_express(middleware) == expected


@pytest.mark.parametrize(
    ("factory", "expected"),
    [
        ("export const auth = (role) => (req, res, next) => { const user = jwt.verify(req.token, key); if (user.role !== role) return res.sendStatus(403); next() }", "authenticated"),
        ("export function auth(role) { return function (req, res, next) { jwt.verify(req.token, key); next() } }", "authenticated"),
        ("export function auth(role) { return async (req, res, next) => { if (!req.user) return res.sendStatus(401); next() } }", "authenticated"),
        ("export function auth(role) { return (req, res, next) => next() }", "unauthenticated"),
    ],
)  # fmt: skip
def test_factories_of_middleware(factory: str, expected: str) -> None:
    assert in_express(factory, 'app.post("/x", auth("admin"), remove)') == expected


@pytest.mark.parametrize(
    ("imports", "guard", "expected"),
    [
        ("import passport from 'passport'", "passport.authenticate('jwt', { session: false })", "authenticated"),
        ("import passport from 'passport'", "passport.authenticate('jwt', {}, (error, user) => {})", None),
        ("import { expressjwt } from 'express-jwt'", "expressjwt({ secret, algorithms })", "authenticated"),
        ("import { expressjwt } from 'express-jwt'", "expressjwt({ secret, credentialsRequired: false })", "optional"),
        ("import { requireAuth } from '@clerk/express'", "requireAuth()", "authenticated"),
        ("import { clerkMiddleware } from '@clerk/express'", "clerkMiddleware()", "unauthenticated"),
        ("import cors from 'cors'", "cors()", "unauthenticated"),
        ("import rateLimit from 'express-rate-limit'", "rateLimit({ max: 5 })", "unauthenticated"),
        ("import { guard } from '@acme/auth'", "guard()", None),
        ("import { trace } from '@acme/trace'", "trace()", "unauthenticated"),
    ],
)
def test_guards_of_packages(imports: str, guard: str, expected: str | None) -> None:
    app = f'{imports}\nimport express from "express"\nimport {{ prisma }} from "./db.js"\nconst app = express()\n'
    source = f'{app}app.post("/x", {guard}, async (req, res) => {{ await prisma.user.deleteMany() }})'
    assert route({"package.json": EXPRESS, "src/db.js": PRISMA, "src/app.js": source}).auth == expected


# --- wrappers of Next.js handlers ---


@pytest.mark.parametrize(
    ("wrapper", "expected"),
    [
        ("(handler) => async (req) => { const s = await getServerSession(); if (!s) return new Response('', { status: 401 }); return handler(req, s) }", "authenticated"),
        ("(handler) => async (req) => { const s = await getServerSession(); return handler(req, s) }", "unauthenticated"),
        ("(handler) => async (req) => { try { return await handler(req) } catch (e) { return Response.json({}) } }", "unauthenticated"),
        ("(handler, role) => (req) => { console.log(req.url); return handler(req) }", "unauthenticated"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("export", ["const POST = wrap(async (req) => { await prisma.user.deleteMany() })", "const POST = wrap(remove)"])
def test_wrappers(wrapper: str, export: str, expected: str) -> None:
    imports = 'import { prisma } from "../../../lib/db"\nimport { wrap } from "../../../lib/wrap"\n'
    remove = "async function remove(req) { await prisma.user.deleteMany() }\n"
    files = {"package.json": NEXT, "lib/db.ts": PRISMA, "lib/wrap.ts": f"{SESSION}export const wrap = {wrapper}\n"}
    assert route({**files, "app/api/x/route.ts": f"{imports}{remove}export {export}"}).auth == expected


# --- FastAPI ---

DATABASE = "from sqlalchemy.orm import Session, sessionmaker\nLocal = sessionmaker()\ndef get_db():\n    db = Local()\n    yield db\n"
WHO = """from fastapi import Depends, HTTPException, Header
from fastapi.security import OAuth2PasswordBearer
from jose import JWTError, jwt
scheme = OAuth2PasswordBearer(tokenUrl="t")
def who(token: str = Depends(scheme)):
    try:
        payload = jwt.decode(token, KEY)
    except JWTError:
        FAIL
    return payload
"""
RAISES = WHO.replace("FAIL", "raise HTTPException(status_code=401)")
GIVES_NONE = WHO.replace("FAIL", "return None")


def in_fastapi(auth: str, parameter: str = "", decorator: str = "", body: str = "pass", app: str = "", more: str = "") -> str | None:
    """The auth of a route of ``app/main.py`` that may use what ``app/auth.py`` has."""
    source = f"""
import os
from typing import Annotated
from fastapi import FastAPI, Depends, HTTPException, Header, Request, Security
from sqlalchemy.orm import Session
from .auth import *
from . import auth
from .db import get_db
{more}
app = FastAPI({app})
@app.post("/x"{decorator})
def remove(request: Request, db: Session = Depends(get_db){parameter}):
    {body}
    db.delete(everyone)
"""
    files = {
        "requirements.txt": "fastapi\nsqlalchemy\n",
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/auth.py": auth,
        "app/main.py": source,
    }
    return route(files).auth


ABOVE = """
class Above:
    async def __call__(self, request):
        return who(request.headers.get("x"))
class Plain:
    async def __call__(self, request):
        return request
class Depending:
    async def __call__(self, user=Depends(who)):
        return user
""" + "".join(
    f"""
class Below{name.replace("Above", "")}({name}):
    async def __call__(self, request: Request):
        return await super().__call__(request)
"""
    for name in ("Above", "Plain", "Depending")
)
INSIDE = """
class Role:
    def __init__(self, name):
        self.name = name
    async def __call__(self, user):
        if user.role != self.name:
            raise HTTPException(403)
        return user
def made(name):
    class Signed(Role):
        @with_signature(signature_of(name))
        async def __call__(self, user):
            return await super().__call__(user)
    return Signed(name)
def plainly_made():
    class Signed:
        async def __call__(self, request: Request):
            return request.url
    return Signed()
"""


@pytest.mark.parametrize(
    ("auth", "change", "expected"),
    [
        (RAISES, {}, "unauthenticated"),
        (RAISES, {"parameter": ", user=Depends(auth.who)"}, "authenticated"),
        (RAISES, {"parameter": ", user: Annotated[dict, Depends(auth.who)] = None"}, "authenticated"),
        (RAISES, {"parameter": ", user=Security(auth.who, scopes=['x'])"}, "authenticated"),
        (RAISES, {"decorator": ", dependencies=[Depends(auth.who)]"}, "authenticated"),
        (RAISES, {"app": "dependencies=[Depends(auth.who)]"}, "authenticated"),
        (RAISES, {"body": "auth.who(request.headers['x'])"}, "authenticated"),
        (RAISES + "User = Annotated[dict, Depends(who)]\n", {"more": "from .auth import User", "parameter": ", user: User = None"}, "authenticated"),
        (RAISES + "def admin(user=Depends(who)):\n    if not user.admin:\n        raise HTTPException(403)\n    return user\n", {"parameter": ", user=Depends(auth.admin)"}, "authenticated"),
        (RAISES + "def plain(user=Depends(who)):\n    return user\n", {"parameter": ", user=Depends(auth.plain)"}, "authenticated"),
        (GIVES_NONE, {"parameter": ", user=Depends(auth.who)"}, "optional"),
        (GIVES_NONE, {"parameter": ", user=Depends(auth.who)", "body": "if user is None: raise HTTPException(401)"}, "authenticated"),
        (GIVES_NONE, {"parameter": ", user=Depends(auth.who)", "body": "if not user: print('nobody')"}, "optional"),
        (RAISES, {"parameter": ", token=Depends(auth.scheme)"}, "presence"),
        (RAISES, {"parameter": ", x: str = Header(...)"}, "unauthenticated"),
        ("import os\nfrom fastapi import Header, HTTPException\ndef key(x: str = Header(...)):\n    if x != os.environ['KEY']:\n        raise HTTPException(401)\n", {"decorator": ", dependencies=[Depends(auth.key)]"}, "secret"),
        ("import secrets\nfrom fastapi import Header, HTTPException\ndef key(x: str = Header(...)):\n    if not secrets.compare_digest(x, settings.key):\n        raise HTTPException(401)\n", {"decorator": ", dependencies=[Depends(auth.key)]"}, "secret"),
        ("", {"more": "from acme_auth import require_user", "parameter": ", user=Depends(require_user)"}, None),
        ("", {"more": "from acme_paging import Page", "parameter": ", page=Depends(Page)"}, "unauthenticated"),
        (RAISES + "class Role:\n    def __init__(self, name): self.name = name\n    def __call__(self, user=Depends(who)):\n        if user.role != self.name:\n            raise HTTPException(403)\n", {"parameter": ", ok=Depends(auth.Role('admin'))"}, "authenticated"),
        (RAISES + "def role(name):\n    def check(user=Depends(who)):\n        if user.role != name:\n            raise HTTPException(403)\n    return check\n", {"parameter": ", ok=Depends(auth.role('admin'))"}, "authenticated"),
        (RAISES + ABOVE, {"parameter": ", ok=Depends(auth.Below())"}, "authenticated"),
        (RAISES + ABOVE, {"parameter": ", ok=Depends(auth.BelowPlain())"}, "unauthenticated"),
        (RAISES + ABOVE, {"parameter": ", ok=Depends(auth.BelowDepending())"}, "unauthenticated"),
        (RAISES + INSIDE, {"parameter": ", ok=Depends(auth.made('admin'))"}, None),
        (RAISES + INSIDE + "made_before = made('admin')\nMade = Annotated[dict, Depends(made_before)]\n", {"more": "from .auth import Made", "parameter": ", ok: Made = None"}, None),
        (RAISES + INSIDE, {"parameter": ", ok=Depends(auth.plainly_made())"}, "unauthenticated"),
    ],
)  # fmt: skip
def test_dependencies(auth: str, change: dict[str, str], expected: str | None) -> None:
    assert in_fastapi("from typing import Annotated\n" + auth, **change) == expected


HTTP_MIDDLEWARE = """from starlette.middleware.base import BaseHTTPMiddleware
from fastapi.responses import JSONResponse
from jose import jwt
class Checked(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        BODY
        return await call_next(request)
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("request.state.user = jwt.decode(request.headers.get('x'), KEY)", "authenticated"),
        ("try:\n            jwt.decode(request.headers.get('x'), KEY)\n        except Exception:\n            return JSONResponse({}, status_code=401)", "authenticated"),
        ("try:\n            jwt.decode(request.headers.get('x'), KEY)\n        except Exception:\n            pass", "unauthenticated"),
        ("if request.url.path in OPEN:\n            return await call_next(request)\n        jwt.decode(request.headers.get('x'), KEY)", None),
        ("print(request.url)", "unauthenticated"),
    ],
)  # fmt: skip
def test_middleware_that_is_a_class(body: str, expected: str | None) -> None:
    auth = HTTP_MIDDLEWARE.replace("BODY", body)
    assert in_fastapi(auth, more="", app="middleware=[]", body="pass") == "unauthenticated"
    source = "from fastapi import FastAPI, Depends\nfrom .auth import Checked\nfrom .db import get_db, Session\napp = FastAPI()\napp.add_middleware(Checked)\n"
    source += "@app.post('/x')\ndef remove(db: Session = Depends(get_db)):\n    db.delete(everyone)\n"
    files = {"requirements.txt": "fastapi\n", "app/__init__.py": "", "app/db.py": DATABASE, "app/auth.py": auth, "app/main.py": source}
    assert route(files).auth == expected


# --- decorators ---

DECORATOR = """from functools import wraps
from flask import abort, current_app, g, redirect, request, session
import jwt
def checked(f):
    @wraps(f)
    def inner(*args, **kwargs):
        BODY
        return f(*args, **kwargs)
    return inner
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("jwt.decode(request.headers['x'], KEY, algorithms=['HS256'])", "authenticated"),
        ("jwt.decode(request.headers['x'], options={'verify_signature': False})", "unauthenticated"),
        ("if 'user_id' not in session:\n            abort(401)", "authenticated"),
        ("if not session.get('user'):\n            return redirect('/login')", "authenticated"),
        ("if not request.headers.get('x'):\n            abort(401)", "presence"),
        ("if request.headers.get('x') != current_app.config['API_KEY']:\n            abort(401)", "secret"),
        ("g.started = now()", "unauthenticated"),
        (
            "try:\n            jwt.decode(request.headers['x'], KEY)\n        except Exception:\n            g.user = None",
            "unauthenticated",
        ),
    ],
)
def test_decorators_of_another_file(body: str, expected: str) -> None:
    app = "from flask import Flask\nfrom notes.guards import checked\nfrom notes.models import db\napp = Flask(__name__)\n"
    remove = "@app.delete('/x')\n@checked\ndef remove():\n    db.session.delete(everyone)\n    db.session.commit()\n"
    models = "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"
    files = {
        "requirements.txt": "flask\n",
        "notes/__init__.py": "",
        "notes/models.py": models,
        "notes/guards.py": DECORATOR.replace("BODY", body),
    }
    assert route({**files, "notes/app.py": app + remove}).auth == expected


@pytest.mark.parametrize(
    ("decorators", "expected"),
    [
        ("@app.delete('/x')\n@login_required", "authenticated"),
        ("@login_required\n@app.delete('/x')", "unauthenticated"),
        ("@app.delete('/x')\n@jwt_required()", "authenticated"),
        ("@app.delete('/x')\n@jwt_required(optional=True)", "presence"),
        ("@app.delete('/x')\n@limiter.limit('1/day')", "unauthenticated"),
        ("@app.delete('/x')\n@acme_login", None),
    ],
)
def test_decorators_of_packages(decorators: str, expected: str | None) -> None:
    imports = "from flask import Flask\nfrom flask_login import login_required\nfrom flask_jwt_extended import jwt_required\n"
    imports += "from flask_limiter import Limiter\nfrom acme import acme_login\nfrom flask_sqlalchemy import SQLAlchemy\n"
    app = "app = Flask(__name__)\nlimiter = Limiter(app)\ndb = SQLAlchemy(app)\n"
    source = f"{imports}{app}{decorators}\ndef remove():\n    db.session.delete(everyone)\n"
    assert route({"requirements.txt": "flask\n", "app.py": source}).auth == expected


# --- what never ends, ends ---


def test_helpers_that_call_each_other() -> None:
    one = "import { two } from './two'\nexport async function one(req) { return two(req) }\n"
    two = "import { one } from './one'\nexport async function two(req) { return one(req) }\n"
    handler = "import { prisma } from '../../../lib/db'\nimport { one } from '../../../lib/one'\n"
    handler += "export async function POST(req) { const user = await one(req); if (!user) return Response.json({}); await prisma.user.deleteMany() }"
    files = {"package.json": NEXT, "lib/db.ts": PRISMA, "lib/one.ts": one, "lib/two.ts": two, "app/api/x/route.ts": handler}
    assert route(files).auth == "unauthenticated"


@pytest.mark.parametrize(("length", "expected"), [(10, "authenticated"), (39, None)])
def test_long_chains_of_helpers(length: int, expected: str | None) -> None:
    helpers = "".join(f"export async function h{number}() {{ await h{number - 1}() }}\n" for number in range(1, 40))
    helpers += "async function h0() { const s = await getServerSession(); if (!s) throw new Error() }"
    handler = f"import {{ prisma }} from '../../../lib/db'\nimport {{ h{length} }} from '../../../lib/h'\n"
    handler += f"export async function POST() {{ await h{length}(); await prisma.user.deleteMany() }}"
    assert route({"package.json": NEXT, "lib/db.ts": PRISMA, "lib/h.ts": SESSION + helpers, "app/api/x/route.ts": handler}).auth == expected


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        (
            "export async function guarded(req, run) { const s = await getServerSession(); if (!s) return new Response('', { status: 401 }); return run(s.user) }",
            "authenticated",
        ),
        ("export async function guarded(req, run) { const s = await getServerSession(); return run(s?.user) }", "unauthenticated"),
        (
            "export async function guarded(req, run) { try { return await run() } catch { return new Response('', { status: 500 }) } }",
            "unauthenticated",
        ),
    ],
)
def test_a_callback_runs_where_the_function_that_it_is_handed_to_calls_it(library: str, expected: str) -> None:
    source = f'{"import { prisma } from "}"../../../lib/db"\nimport {{ guarded }} from "../../../lib/auth"\nexport async function POST(req) {{ return guarded(req, async (user) => {{ await prisma.user.deleteMany(); return Response.json({{}}) }}) }}'
    files = {"package.json": NEXT, "lib/db.ts": PRISMA, "lib/auth.ts": SESSION + library, "app/api/x/route.ts": source}
    assert route(files).auth == expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("const { userId } = req.body; if (!userId) return res.status(401).json({ error: 'who are you?' });", "unauthenticated"),
        ("if (!req.body.email || !req.query.name) throw new UnauthorizedError();", "unauthenticated"),
        ("if (req.body.role !== 'admin') return res.status(403).end();", "unauthenticated"),
        ("if (!req.body.token) return res.status(401).end();", None),
        ("if (req.body.pin !== PIN) return res.status(401).end();", None),
        ("const row = await find(req.body.userId); if (!row) return res.status(401).end();", None),
    ],
)
def test_a_refusal_of_who_sends_nothing_is_no_check(test: str, expected: str | None) -> None:
    source = "import express from 'express'\nimport { PIN, find, UnauthorizedError } from 'elsewhere'\nconst app = express()\napp.post('/x', async (req, res) => { %s await prisma.user.deleteMany(); res.end() })\n"
    assert route({"package.json": EXPRESS, "app.ts": PRISMA + source % test}).auth == expected


# --- what says nothing of who calls: the form of a request, and keys that browsers have ---


def behind(test: str, status: int = 401) -> str | None:
    """The auth of a route of Express behind a middleware that leaves where a test of the request holds."""
    app = (
        'import express from "express"\nimport { prisma } from "./db.js"\nconst app = express()\n'
        f"const gate = (req, res, next) => {{ {test} return res.status({status}).end(); next() }}\n"
        'app.delete("/users", gate, async (req, res) => { await prisma.user.deleteMany() })\n'
    )
    return route({"package.json": EXPRESS, "db.js": PRISMA, "app.js": app}).auth


@pytest.mark.parametrize(
    "test",
    [
        'if (!req.headers["content-type"])',
        'if (req.headers["content-type"] !== "application/json")',
        'if (!req.is("application/json"))',
        'if (!req.get("Content-Type")?.includes("json"))',
        'const type = req.headers["content-type"] || ""; if (!type.startsWith("application/json"))',
        'if (!req.headers["user-agent"])',
        'if (req.header("accept") !== "application/json")',
    ],
)
def test_the_form_of_a_request_says_nothing_of_who_calls(test: str) -> None:
    assert behind(test, 415) == "unauthenticated"


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("if (req.headers.apikey !== process.env.SUPABASE_ANON_KEY)", "presence"),
        ("if (req.headers.authorization !== `Bearer ${process.env.VITE_SUPABASE_PUBLISHABLE_KEY}`)", "presence"),
        ("if (req.headers['x-key'] !== process.env.NEXT_PUBLIC_API_SECRET)", "presence"),
        ("if (req.headers['x-key'] !== process.env.ADMIN_KEY)", "secret"),
        ("if (req.headers['x-key'] !== process.env.CANON_SIGNING_SECRET)", "secret"),
        ('if (!req.headers["content-type"] || req.headers["x-key"] !== process.env.ADMIN_KEY)', "secret"),
        ('if (!req.headers["content-type"] || !req.headers.authorization)', "presence"),
    ],
)
def test_keys_that_every_browser_has_prove_nothing(test: str, expected: str) -> None:
    assert behind(test) == expected
