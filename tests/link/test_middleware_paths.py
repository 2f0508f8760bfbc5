"""What middleware decides by the path: pages that it asks at, and addresses that it lets through; where it may look at more than that, it can't be told."""

import pytest
from own_rules import RULES

from batten.facts.routes import RouteAuth
from batten.scan import scan_files

OPEN, UNSURE, KNOWN = RouteAuth.UNAUTHENTICATED, None, RouteAuth.AUTHENTICATED
ROUTE = "export async function POST(req) { return Response.json(await save(await req.json())) }\n"
AUTH = "import NextAuth from 'next-auth'\nexport const { auth, handlers } = NextAuth({ providers: [] })\n"

CLERK = "import { clerkMiddleware, createRouteMatcher } from '@clerk/nextjs/server'\n"
NEXT = "import { NextResponse } from 'next/server'\n"
SUPABASE = (
    NEXT + "import { createServerClient } from '@supabase/ssr'\n"
    "export async function middleware(request) {\n"
    "  const response = NextResponse.next({ request })\n"
    "  const supabase = createServerClient(process.env.URL, process.env.KEY, { cookies: {} })\n"
    "  const { data: { user } } = await supabase.auth.getUser()\n"
    "  %s\n  return response\n}\n"
)
TO_LOGIN = "return NextResponse.redirect(new URL('/login', request.url))"


def auth_of(middleware: str, route: str = "notes", **files: str) -> RouteAuth | None:
    """What guards ``POST /api/<route>`` of a Next.js app with this middleware."""
    texts = {"package.json": '{"dependencies": {"next": "15"}}', "middleware.ts": middleware, f"app/api/{route}/route.ts": ROUTE}
    found = scan_files({path: text.encode() for path, text in {**texts, **files}.items()}, RULES).project.routes
    return next(each.auth for each in found if each.path == f"/api/{route}")


def matched(paths: str, test: str) -> str:
    return f"{CLERK}const listed = createRouteMatcher({paths})\nexport default clerkMiddleware(async (auth, req) => {{ {test} }})\n"


@pytest.mark.parametrize(
    ("middleware", "expected"),
    [
        (matched("['/dashboard(.*)']", "if (listed(req)) await auth.protect()"), OPEN),
        (matched("['/dashboard(.*)', '/api(.*)']", "if (listed(req)) await auth.protect()"), KNOWN),
        (matched("['/api/:path*']", "if (listed(req)) await auth.protect()"), KNOWN),
        (matched("['/', '/api/notes']", "if (!listed(req)) { await auth.protect() }"), OPEN),
        (matched("['/', '/sign-in(.*)']", "if (!listed(req)) { await auth.protect() }"), KNOWN),
        (matched("['/']", "await auth.protect()"), KNOWN),
        (matched("['/', '/sign-in(.*)']", "if (listed(req)) return; await auth.protect()"), KNOWN),
        (matched("['/', '/api(.*)']", "if (listed(req)) return; await auth.protect()"), OPEN),
        # Who asks by another way, or sends something else along, may come past it.
        (matched("['/sign-in(.*)']", "if (!listed(req) && req.method !== 'POST') await auth.protect()"), UNSURE),
        (matched("['/']", "if (req.headers.get('x-skip')) return; await auth.protect()"), UNSURE),
        (matched("['/:locale/dashboard']", "if (listed(req)) await auth.protect()"), UNSURE),
        (matched("pages", "if (listed(req)) await auth.protect()"), UNSURE),
        ("import { authMiddleware } from '@clerk/nextjs'\nexport default authMiddleware({ publicRoutes: ['/', '/api/notes'] })", OPEN),
        ("import { authMiddleware } from '@clerk/nextjs'\nexport default authMiddleware({ publicRoutes: ['/', '/blog(.*)'] })", UNSURE),
        ("import { authMiddleware } from '@clerk/nextjs'\nexport default authMiddleware({ publicRoutes: ['/api/notes'], afterAuth(auth) { ask(auth) } })", UNSURE),
    ],
)  # fmt: skip
def test_matchers_of_clerk(middleware: str, expected: RouteAuth | None) -> None:
    assert auth_of(middleware) is expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (f"if (!user && request.nextUrl.pathname.startsWith('/dashboard')) {TO_LOGIN}", OPEN),
        (f"if (!user && request.nextUrl.pathname.startsWith('/api')) {TO_LOGIN}", KNOWN),
        (f"if (!user && !request.nextUrl.pathname.startsWith('/login') && !request.nextUrl.pathname.startsWith('/auth')) {TO_LOGIN}", KNOWN),
        (f"if (!user && !request.nextUrl.pathname.startsWith('/api')) {TO_LOGIN}", OPEN),
        (f"const pages = ['/dashboard', '/settings']; if (!user && pages.some((page) => request.nextUrl.pathname.startsWith(page))) {TO_LOGIN}", OPEN),
        (f"const pages = ['/dashboard', '/api']; if (!user && pages.some((page) => request.nextUrl.pathname.startsWith(page))) {TO_LOGIN}", KNOWN),
        (f"const {{ pathname }} = request.nextUrl; if (!['/', '/login', '/api/notes'].includes(pathname) && !user) {TO_LOGIN}", OPEN),
        (f"const {{ pathname }} = request.nextUrl; if (!['/', '/login'].includes(pathname) && !user) {TO_LOGIN}", KNOWN),
        (f"const open = new Set(['/api/notes']); const {{ pathname }} = request.nextUrl; if (!user && !open.has(pathname)) {TO_LOGIN}", OPEN),
        (f"const open = new Set(['/login']); const {{ pathname }} = request.nextUrl; if (!user && !open.has(pathname)) {TO_LOGIN}", KNOWN),
        (f"const open = new Set(['/api/notes', ...more()]); const {{ pathname }} = request.nextUrl; if (!user && !open.has(pathname)) {TO_LOGIN}", UNSURE),
        (f"if (!user && isPrivate(request)) {TO_LOGIN}", UNSURE),
        (f"if (!user && /^\\/app/.test(request.nextUrl.pathname)) {TO_LOGIN}", UNSURE),
        (f"if (user && request.nextUrl.pathname === '/login') {TO_LOGIN}", OPEN),
        (f"const path = request.nextUrl.pathname.replace('/v1', ''); if (!user && path.startsWith('/dashboard')) {TO_LOGIN}", UNSURE),
        ("", OPEN),
    ],
)  # fmt: skip
def test_redirects_of_those_who_are_not_signed_in(test: str, expected: RouteAuth | None) -> None:
    assert auth_of(SUPABASE % test) is expected


@pytest.mark.parametrize(("pages", "expected"), [("'/dashboard'", OPEN), ("'/api'", KNOWN)])
def test_the_update_of_a_session_in_a_file_of_its_own(pages: str, expected: RouteAuth | None) -> None:
    library = (SUPABASE % f"if (!user && request.nextUrl.pathname.startsWith({pages})) {TO_LOGIN}").replace("middleware", "updateSession")
    middleware = (
        "import { updateSession } from './lib/session'\nexport async function middleware(request) { return await updateSession(request) }\n"
    )
    assert auth_of(middleware, **{"lib/session.ts": library}) is expected


@pytest.mark.parametrize(
    ("middleware", "expected"),
    [
        ("if (pathname.startsWith('/api/notes') || pathname === '/login') return true; return !!token", OPEN),
        ("if (pathname.startsWith('/api/other') || pathname === '/login') return true; return !!token", UNSURE),
        ("return true", OPEN),
        ("return isKnown(token)", UNSURE),
    ],
)
def test_who_is_authorized_by_next_auth(middleware: str, expected: RouteAuth | None) -> None:
    callbacks = f"{{ callbacks: {{ authorized: ({{ token, req }}) => {{ const {{ pathname }} = req.nextUrl; {middleware} }} }} }}"
    text = f"import {{ withAuth }} from 'next-auth/middleware'\nexport default withAuth({callbacks})\n"
    assert auth_of(text) is expected


@pytest.mark.parametrize(("public", "expected"), [("'/', '/api/notes'", OPEN), ("'/', '/login'", UNSURE)])
def test_a_session_that_is_handed_on(public: str, expected: RouteAuth | None) -> None:
    text = (
        f"import {{ auth }} from './auth'\n{NEXT}const open = [{public}]\n"
        "export default auth((req) => {\n  if (open.includes(req.nextUrl.pathname)) return NextResponse.next()\n"
        "  if (!req.auth) return NextResponse.redirect(new URL('/login', req.nextUrl))\n  return NextResponse.next()\n})\n"
    )
    assert auth_of(text, **{"auth.ts": AUTH}) is expected


def test_a_part_of_the_address_that_anything_fits_may_be_the_one_that_is_asked_about() -> None:
    text = SUPABASE % f"if (!user && request.nextUrl.pathname.startsWith('/api/admin')) {TO_LOGIN}"
    assert [auth_of(text, route) for route in ("[name]", "admin", "notes/[id]")] == [UNSURE, KNOWN, OPEN]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("if (event.url.pathname.startsWith('/dashboard')) { if (!user) throw redirect(303, '/login') }", OPEN),
        ("if (event.url.pathname.startsWith('/dashboard') && !user) throw redirect(303, '/login')", OPEN),
        ("if (event.url.pathname.startsWith('/api') && !user) throw redirect(303, '/login')", KNOWN),
        ("if (!user) throw redirect(303, '/login')", KNOWN),
        ("if (!user && event.url.searchParams.get('x')) throw redirect(303, '/login')", UNSURE),
        ("if (event.url.pathname.startsWith(`${base}/api`) && !user) throw redirect(303, '/login')", KNOWN),
        ("if (event.url.pathname === `${base}/dashboard`) { if (!user) throw redirect(303, '/login') }", OPEN),
        ("if (event.url.pathname.startsWith(`${other}/dashboard`) && !user) throw redirect(303, '/login')", UNSURE),
    ],
)
def test_hooks_of_sveltekit(test: str, expected: RouteAuth | None) -> None:
    hooks = (
        "import { redirect } from '@sveltejs/kit'\nimport { base } from '$app/paths'\nimport { other } from './other'\n"
        "export const handle = async ({ event, resolve }) => {\n"
        f"  const {{ data: {{ user }} }} = await event.locals.supabase.auth.getUser()\n  {test}\n  return resolve(event)\n}}\n"
    )
    files = {
        "package.json": '{"devDependencies": {"@sveltejs/kit": "2"}}',
        "src/hooks.server.ts": hooks,
        "src/routes/api/notes/+server.ts": ROUTE,
    }
    (found,) = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert found.auth is expected


ASKS = """import { redirect } from '@sveltejs/kit'
export async function asks({ event, resolve }) {
  return timed(event, async () => {
    const { data: { user } } = await event.locals.supabase.auth.getUser()
    if (TEST) throw redirect(303, '/login')
    return resolve(event)
  })
}
export const looks = async ({ event, resolve }) => { event.locals.started = Date.now(); return resolve(event) }
"""


@pytest.mark.parametrize(
    ("hooks", "test", "expected"),
    [
        ("export const handle = async (input) => asks(input)", "!user", KNOWN),
        ("export const handle = sequence(looks, asks)", "!user", KNOWN),
        ("export const handle = sequence(looks, asks)", "event.url.pathname.startsWith('/dashboard') && !user", OPEN),
        ("export const handle = sequence(looks)", "!user", OPEN),
        ("export const handle = async (input) => looks(input)", "!user", OPEN),
        ("export const handleFetch = sequence(looks, asks)", "!user", OPEN),
    ],
)
def test_hooks_of_sveltekit_in_other_files(hooks: str, test: str, expected: RouteAuth | None) -> None:
    files = {
        "package.json": '{"devDependencies": {"@sveltejs/kit": "2"}}',
        "src/hooks.server.ts": f"import {{ sequence }} from '@sveltejs/kit/hooks'\nimport {{ asks, looks }} from './asks'\n{hooks}\n",
        "src/asks.ts": ASKS.replace("TEST", test),
        "src/routes/api/notes/+server.ts": ROUTE,
    }
    (found,) = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert found.auth is expected


FASTAPI = (
    "from fastapi import FastAPI, Request\nfrom fastapi.responses import JSONResponse\nimport jwt\nfrom .data import save\napp = FastAPI()\n"
    "@app.middleware('http')\nasync def ask(request: Request, call_next):\n"
    "    if request.url.path.startswith(%s):\n        try:\n            jwt.decode(request.headers.get('Authorization', ''), KEY, algorithms=['HS256'])\n"
    "        except jwt.PyJWTError:\n            return JSONResponse({'detail': 'no'}, status_code=401)\n    return await call_next(request)\n"
    "@app.post('/api/notes')\ndef notes(body: dict):\n    return save(body)\n"
)
FLASK = (
    "from flask import Flask, redirect, request, session\nfrom data import save\napp = Flask(__name__)\n"
    "@app.before_request\ndef ask():\n    if request.path.startswith(%s) and not session.get('user_id'):\n        return redirect('/login')\n"
    "@app.post('/api/notes')\ndef notes():\n    return save(request.json)\n"
)
EXPRESS = (
    "import express from 'express'\nimport session from 'express-session'\nimport { save } from './data.js'\nconst app = express()\n"
    "app.use(session({ secret: process.env.SECRET }))\napp.use((req, res, next) => { %s; next() })\n"
    "app.post('/api/notes', async (req, res) => res.json(await save(req.body)))\n"
)
HONO = (
    "import { Hono } from 'hono'\nimport { verify } from 'hono/jwt'\nimport { save } from './data.js'\nconst app = new Hono()\n"
    "app.use('*', async (c, next) => {\n  if (c.req.path.startsWith(%s)) {\n    const who = await verify(c.req.header('Authorization') ?? '', process.env.SECRET)\n"
    "    if (!who) return c.text('no', 401)\n  }\n  await next()\n})\napp.post('/api/notes', async (c) => c.json(await save(await c.req.json())))\nexport default app\n"
)
REFUSE = "return res.status(401).end()"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("app/main.py", FASTAPI % "'/api/admin'", OPEN),
        ("app/main.py", FASTAPI % "'/api'", KNOWN),
        ("main.py", FLASK % "'/admin'", OPEN),
        ("main.py", FLASK % "'/api'", KNOWN),
        ("server.js", EXPRESS % f"if (req.path.startsWith('/admin') && !req.session.user) {REFUSE}", OPEN),
        ("server.js", EXPRESS % f"if (req.path.startsWith('/api') && !req.session.user) {REFUSE}", UNSURE),
        ("server.js", EXPRESS % f"if (['/login', '/api/notes'].includes(req.path)) return next(); if (!req.session.user) {REFUSE}", OPEN),
        ("server.js", EXPRESS % f"if (['/login', '/health'].includes(req.path)) return next(); if (!req.session.user) {REFUSE}", UNSURE),
        ("server.js", EXPRESS % f"if (isPublic(req.path)) return next(); if (!req.session.user) {REFUSE}", UNSURE),
        ("server.ts", HONO % "'/admin'", OPEN),
        ("server.ts", HONO % "'/api'", UNSURE),
    ],
)
def test_middleware_of_servers(path: str, text: str, expected: RouteAuth | None) -> None:
    files = {
        "requirements.txt": "fastapi\nflask\npyjwt\n",
        "package.json": '{"dependencies": {"express": "5", "express-session": "1", "hono": "4"}}',
        "app/__init__.py": "",
        path: text,
    }
    (found,) = scan_files({name: content.encode() for name, content in files.items()}, RULES).project.routes
    assert (found.path, found.auth) == ("/api/notes", expected)
