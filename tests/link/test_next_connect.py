"""Routes of next-connect as they stand: routers without paths in files that Next.js serves, what they use, and where routers are made."""

import pytest
from own_rules import RULES

from batten.facts.routes import RouteAuth
from batten.scan import scan_files

KNOWN = """import jwt from 'jsonwebtoken';
export const known = (req, res, next) => {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET); } catch { return res.status(401).end(); }
  next();
};
"""
MAKES = """import nextConnect, { createRouter } from 'next-connect'; import { known } from './known';
export const base = createRouter().use(known);
export const chained = () => nextConnect({ onError: (e, req, res) => res.status(500).end() }).use(known);
export function named() { const made = nextConnect(); made.use(known); return made; }
export const open = () => nextConnect();
"""
START = (
    "import nextConnect, { createRouter } from 'next-connect'; import { PrismaClient } from '@prisma/client';\n"
    "import { known } from '../../src/known'; import { base, chained, named, open } from '../../src/makes';\n"
    "const prisma = new PrismaClient(); const drop = async (req, res) => { await prisma.note.deleteMany(); res.end(); };\n"
)
ANYONE, ACCOUNT = RouteAuth.UNAUTHENTICATED, RouteAuth.AUTHENTICATED


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("const router = createRouter(); router.delete(drop); export default router.handler();", {"DELETE": ANYONE}),
        ("const router = createRouter(); router.use(known).delete(drop); export default router.handler();", {"DELETE": ACCOUNT}),
        ("const router = createRouter(); router.delete(known, drop).post(drop); export default router.handler();", {"DELETE": ACCOUNT, "POST": ANYONE}),
        ("const router = createRouter(); router.get(drop).use(known).post(drop); export default router.handler();", {"GET": ANYONE, "POST": ACCOUNT}),
        ("const handler = nextConnect(); handler.use(known); handler.all(drop); export default handler;", {"ANY": ACCOUNT}),
        ("export default nextConnect().get(drop).use(known).put(drop);", {"GET": ANYONE, "PUT": ACCOUNT}),
        ("export default base.clone().delete(drop).handler();", {"DELETE": ACCOUNT}),
        ("const handler = chained(); handler.post((req, res) => drop(req, res)); export default handler;", {"POST": ACCOUNT}),
        ("const handler = named(); handler.post((req, res) => drop(req, res)); export default handler;", {"POST": ACCOUNT}),
        ("const handler = open(); handler.post((req, res) => drop(req, res)); export default handler;", {"POST": ANYONE}),
        # A function that is served as it is calls what it likes.
        ("export default async function handler(req, res) { cache.get((req, res) => 1); await drop(req, res); }", {"ANY": ANYONE}),
        ("const run = async (req, res) => drop(req, res); cache.get((key) => 1); export default run;", {"ANY": ANYONE}),
    ],
)  # fmt: skip
def test_routes(source: str, found: dict[str, RouteAuth]) -> None:
    files = {
        "package.json": '{"dependencies": {"next": "15.5.7", "next-connect": "1", "jsonwebtoken": "9"}}',
        "src/known.js": KNOWN,
        "src/makes.js": MAKES,
        "pages/api/notes.js": START + source,
    }
    routes = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert {route.method: route.auth for route in routes} == found
    assert {route.path for route in routes} == {"/api/notes"}
