"""Checks that functions of the app are handed: those that ask them first guard what comes after, and all others do not."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["unauthenticated-read-route"])
AUTH = """
import { betterAuth } from "better-auth";
const made = betterAuth({});
export const auth = async (headers) => made.api.getSession({ headers });
export async function timed(step, operation) {
  const started = Date.now();
  try { return await operation(); } finally { console.log(step, Date.now() - started); }
}
export async function counted(step, operation) {
  await operation();
  return { user: step };
}
"""
CHECKS = """
import { auth } from "./auth";
import { inContext } from "./context";
export async function signedIn(req) {
  const session = await auth(req.headers);
  if (!session?.user) return Response.json({ error: "Unauthorized" }, { status: 401 });
  req.user = session.user;
  return req;
}
export async function noted(req) {
  const session = await auth(req.headers);
  req.user = session?.user;
  return req;
}
function run(handler, check, options) {
  return async (req, context) => inContext(async () => {
    let asked = req;
    if (check) {
      const result = await check(req, options);
      if (result instanceof Response) return result;
      asked = result;
    }
    return handler(asked, context);
  });
}
function late(handler, check) {
  return async (req, context) => {
    const answer = await handler(req, context);
    const result = await check(req);
    if (result instanceof Response) return result;
    return answer;
  };
}
function careless(handler, check) {
  return async (req, context) => { await check(req); return handler(req, context); };
}
function sometimes(handler, check, options) {
  return async (req, context) => {
    if (options.strict) {
      const result = await check(req);
      if (result instanceof Response) return result;
    }
    return handler(req, context);
  };
}
export function reading(name, read) {
  return withEither(name, async (req) => read(req));
}
export function readingOpenly(name, read) {
  return withSome(name, async (req) => read(req));
}
export function readingTwice(name, read) {
  withEither(name, async (req) => read(req));
  return async (req) => read(req);
}
export const withUser = (handler, options) => run(handler, signedIn, options);
export function withEither(scope, handler) {
  if (typeof scope === "string") return run(handler, signedIn);
  return run(scope, signedIn);
}
export function withSome(scope, handler) {
  if (typeof scope === "string") return run(handler, signedIn);
  return run(scope, undefined);
}
export const withNote = (handler) => run(handler, noted);
export const withNothing = (handler) => run(handler, undefined);
export const withLate = (handler) => late(handler, signedIn);
export const withCareless = (handler) => careless(handler, signedIn);
export const withSometimes = (handler, options) => sometimes(handler, signedIn, options);
"""
READS = "Response.json(await db.message.findMany({ where: { text: req.headers.get('x') } }))"


def told(route: str) -> bool:
    head = """import { PrismaClient } from "@prisma/client";
import { reading, readingOpenly, readingTwice, withCareless, withEither, withLate, withNote, withNothing, withSome, withSometimes, withUser } from "../../../lib/checks";
import { auth, counted, timed } from "../../../lib/auth";
const db = new PrismaClient();
"""
    files = {
        "lib/auth.js": AUTH,
        "lib/checks.js": CHECKS,
        "app/api/notes/route.js": head + route,
        "package.json": '{"dependencies": {"next": "15"}}',
    }
    return bool(scan_files({path: text.encode() for path, text in files.items()}, RULES).findings)


@pytest.mark.parametrize(
    ("wrapper", "open_"),
    [
        ("withUser(%s)", False),
        ("withEither('notes', %s)", False),
        ("reading('notes', %s)", False),
        ("readingOpenly('notes', %s)", True),
        ("readingTwice('notes', %s)", True),
        ("withSome('notes', %s)", True),
        ("withNote(%s)", True),
        ("withNothing(%s)", True),
        ("withLate(%s)", True),
        ("withCareless(%s)", True),
        ("withSometimes(%s, {})", True),
    ],
)
def test_a_wrapper_demands_what_it_is_handed_to_ask_first(wrapper: str, *, open_: bool) -> None:
    assert told(f"export const GET = {wrapper % f'async (req) => {READS}'};") == open_


@pytest.mark.parametrize(
    ("asked", "open_"),
    [
        ("const session = await timed('auth', () => auth(req.headers));", False),
        ("const session = await timed('auth', async () => { return auth(req.headers); });", False),
        ("const session = await timed('flag', () => db.flag.findFirst());", True),
        ("const session = await counted('auth', () => auth(req.headers));", True),
        ("await timed('auth', () => auth(req.headers)); const session = await timed('flag', () => db.flag.findFirst());", True),
    ],
)
def test_what_a_helper_gives_back_is_what_it_was_handed(asked: str, *, open_: bool) -> None:
    body = f"{asked} if (!session?.user) return Response.json({{}}, {{ status: 404 }}); return {READS};"
    assert told(f"export async function GET(req) {{ {body} }}") == open_


@pytest.mark.parametrize(
    ("made", "open_"),
    [
        ("every(key, paid)", False),
        ("every(lax, key)", False),
        ("some(key, other)", False),
        ("every(lax)", True),
        ("some(key, lax)", True),
        ("every()", True),
    ],
)
def test_middleware_made_of_others_demands_what_they_do(made: str, *, open_: bool) -> None:
    middleware = f"""import {{ bearerAuth }} from "hono/bearer-auth";
import {{ every, some }} from "hono/combine";
import {{ createMiddleware }} from "hono/factory";
const key = bearerAuth({{ token: process.env.KEY }});
const other = bearerAuth({{ token: process.env.OTHER }});
const paid = createMiddleware(async (c, next) => {{ if (c.get("tier") !== "pro") return c.json({{}}, 403); await next(); }});
const lax = createMiddleware(async (c, next) => {{ await next(); }});
export const made = {made};
"""
    app = """import { PrismaClient } from "@prisma/client";
import { Hono } from "hono";
import { made } from "./made";
const db = new PrismaClient();
const app = new Hono();
app.get("/notes", made, async (c) => c.json(await db.message.findMany()));
export default app;
"""
    files = {"src/app.ts": app, "src/made.ts": middleware, "package.json": '{"dependencies": {"hono": "4"}}'}
    assert bool(scan_files({path: each.encode() for path, each in files.items()}, RULES).findings) == open_
