"""Whose rows handlers of TypeScript work on: requests that have a type, and procedures of tRPC that are handed the database with their caller."""

import pytest
from own_rules import RULES as ALL

from batten.rules.registry import load
from batten.scan import scan_files

RULES = ALL.select(["object-without-owner-check", "unauthenticated-rpc-procedure"])
GUARD = b"""import jwt from 'jsonwebtoken'
export const signedIn = (req, res, next) => {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET) } catch { return res.status(401).end() }
  next()
}
"""
TYPES = b"import { Request } from 'express'\nexport interface KnownRequest extends Request { user: { id: string } }\n"
SERVER = """import express, { Request, Response } from 'express'
import { PrismaClient } from '@prisma/client'
import { signedIn } from './guard'
import { KnownRequest } from './types'
const app = express()
const prisma = new PrismaClient()
app.get('/loans', signedIn, async (req: KnownRequest, res: Response) => res.json(await prisma.loan.findMany({ where: { readerId: req.user.id } })))
app.delete('/loans/:id', signedIn, async (HANDED) => { BODY })
app.listen(3000)
"""
ANYONES = "res.json(await prisma.loan.delete({ where: { id: req.params.id } }))"
MINE = "res.json(await prisma.loan.deleteMany({ where: { id: req.params.id, readerId: (req as any).user.id } }))"


@pytest.mark.parametrize("handed", ["req, res", "req: any, res: any", "req: Request, res: Response", "req: KnownRequest, res: Response"])
@pytest.mark.parametrize(("body", "found"), [(ANYONES, ["DELETE /loans/:id"]), (MINE, [])])
def test_a_type_of_the_request_changes_nothing(handed: str, body: str, found: list[str]) -> None:
    files = {
        "package.json": b'{"dependencies": {"express": "5.0.0", "@prisma/client": "6.0.0", "jsonwebtoken": "9.0.0"}}',
        "src/guard.ts": GUARD,
        "src/types.ts": TYPES,
        "src/server.ts": SERVER.replace("HANDED", handed).replace("BODY", body).encode(),
    }
    assert [row.route for row in scan_files(files, RULES).project.foreign_rows] == found


TRPC = """import { initTRPC, TRPCError } from '@trpc/server'
import { PrismaClient } from '@prisma/client'
import { getServerSession } from 'next-auth'
const db = new PrismaClient()
export const createContext = async () => {
  const session = await getServerSession()
  const account = session ? await db.user.findUnique({ where: { id: session.user.id } }) : null
  return { db, user: account, newcomer: session?.user }
}
const t = initTRPC.context<typeof createContext>().create()
export const router = t.router
export const readerProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { user: ctx.user } })
})
export const joiningProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.newcomer) throw new TRPCError({ code: 'CODE' })
  return next({ ctx: { newcomer: ctx.newcomer } })
})
"""
CARDS = """import { z } from 'zod'
import { router, readerProcedure, joiningProcedure } from './trpc'
export const cards = router({
  add: readerProcedure.input(z.object({ text: z.string() })).mutation(async ({ ctx, input }) =>
    ctx.db.card.create({ data: { text: input.text, author: { connect: { id: ctx.user.id } } } })),
  change: readerProcedure.input(z.object({ id: z.string(), text: z.string() })).mutation(async ({ ctx, input }) => {
    const { id, ...data } = input
    return ctx.db.card.update({ where: { id }, data })
  }),
  remove: readerProcedure.input(z.object({ id: z.string() })).mutation(async ({ ctx, input }) => ctx.db.card.delete({ where: { id: input.id } })),
  drop: readerProcedure.input(z.object({ id: z.string() })).mutation(async ({ ctx, input }) =>
    ctx.db.card.deleteMany({ where: { id: input.id, authorId: ctx.user.id } })),
  keep: readerProcedure.input(z.object({ id: z.string() })).mutation(async ({ ctx, input }) => {
    const card = await ctx.db.card.findUnique({ where: { id: input.id } })
    if (card?.authorId !== ctx.user.id) throw new TRPCError({ code: 'FORBIDDEN' })
    return ctx.db.card.update({ where: { id: input.id }, data: { kept: true } })
  }),
  join: joiningProcedure.input(z.object({ name: z.string() })).mutation(async ({ ctx, input }) => ctx.db.user.create({ data: { name: input.name } })),
})
"""


OF_ACCOUNTS = """import { z } from 'zod'
import { router, readerProcedure } from './trpc'
export const accounts = router({
  mine: readerProcedure.query(async ({ ctx }) => ctx.db.user.findUnique({ where: { id: ctx.user.id } })),
  look: readerProcedure.input(z.object({ id: z.string() })).query(async ({ ctx, input }) => ctx.db.user.findUnique({ where: { id: input.id } })),
  tag: readerProcedure.input(z.object({ id: z.string(), tags: z.array(z.string()) })).mutation(async ({ ctx, input }) => {
    const user = await ctx.db.user.update({ where: { id: input.id }, data: { tags: { connect: input.tags.map((tag) => ({ id: tag })) } } })
    return user
  }),
  rename: readerProcedure.input(z.object({ name: z.string() })).mutation(async ({ ctx, input }) =>
    ctx.db.user.update({ where: { id: ctx.user.id }, data: { name: input.name } })),
  write: readerProcedure.input(z.object({ text: z.string() })).mutation(async ({ ctx, input }) =>
    ctx.db.letter.create({ data: { text: input.text, userId: ctx.user.id } })),
  like: readerProcedure.input(z.object({ letterId: z.string() })).mutation(async ({ ctx, input }) =>
    ctx.db.letter.update({ where: { id: input.letterId }, data: { likeCount: { increment: 1 } } })),
  edit: readerProcedure.input(z.object({ letterId: z.string(), text: z.string() })).mutation(async ({ ctx, input }) =>
    ctx.db.letter.update({ where: { id: input.letterId.trim() }, data: { text: input.text, likeCount: 0 } })),
})
"""


def test_procedures_that_change_the_account_that_they_are_sent_the_id_of() -> None:
    files = {**of_trpc("UNAUTHORIZED"), "server/cards.ts": OF_ACCOUNTS.encode()}
    found = scan_files(files, RULES).project.foreign_rows
    assert [(row.route, row.model) for row in found] == [
        ("procedure accounts.tag", "user"), ("procedure accounts.edit", "letter"),
    ]  # fmt: skip


CONVEX = """import { mutation } from './_generated/server'
import { v } from 'convex/values'
export const change = mutation({
  args: { itemId: v.id('items'), name: v.string() },
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity()
    if (!identity) throw new Error('Not authenticated')
    const item = await ctx.db.get(args.itemId)
    if (!item) throw new Error('Item not found')
    const user = await ctx.db.query('users').withIndex('by_token', (q) => q.eq('token', identity.subject)).first()
    if (!user) throw new Error('User not found')
    if (TEST) throw new Error('Not yours')
    await ctx.db.patch(args.itemId, { name: args.name })
  },
})
export const add = mutation({
  args: { name: v.string() },
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity()
    if (!identity) throw new Error('Not authenticated')
    const user = await ctx.db.query('users').withIndex('by_token', (q) => q.eq('token', identity.subject)).first()
    await ctx.db.insert('items', { name: args.name, userId: user._id })
  },
})
"""


@pytest.mark.parametrize("test", ["item.userId !== user._id", "item.userId !== user._id && user.role !== 'admin'"])
def test_a_row_of_convex_that_is_compared_with_the_account(test: str) -> None:
    files = {
        "package.json": b'{"dependencies": {"convex": "1.20.0"}}',
        "convex/schema.ts": b"import { defineSchema, defineTable } from 'convex/server'\nimport { v } from 'convex/values'\n"
        b"export default defineSchema({ items: defineTable({ name: v.string(), userId: v.id('users') }), users: defineTable({ token: v.string() }) })\n",
        "convex/items.ts": CONVEX.replace("TEST", test).encode(),
    }
    assert scan_files(files, RULES).project.foreign_rows == ()


def of_trpc(code: str) -> dict[str, bytes]:
    return {
        "package.json": b'{"dependencies": {"@trpc/server": "11", "@prisma/client": "6", "next-auth": "4", "zod": "3"}}',
        "server/trpc.ts": TRPC.replace("CODE", code).encode(),
        "server/cards.ts": CARDS.encode(),
    }


def test_procedures_that_take_a_row_by_the_id_that_they_are_sent() -> None:
    found = scan_files(of_trpc("UNAUTHORIZED"), RULES).project.foreign_rows
    assert [(row.route, row.deed) for row in found] == [("procedure cards.change", "changes"), ("procedure cards.remove", "deletes")]


@pytest.mark.parametrize(("code", "found"), [("UNAUTHORIZED", []), ("FORBIDDEN", []), ("BAD_REQUEST", ["unauthenticated-rpc-procedure"])])
def test_what_the_refusal_of_a_procedure_says(code: str, found: list[str]) -> None:
    findings = scan_files(of_trpc(code), RULES).findings
    assert [each.rule for each in findings if each.rule != "object-without-owner-check"] == found


CARDS_OF = """import express, { Request, Response } from 'express'
import { PrismaClient } from '@prisma/client'
import { signedIn, MIDDLE } from './guard'
const app = express()
const prisma = new PrismaClient()
app.use(express.json())
app.get('/cards', signedIn, MIDDLE, async (req: Request, res: Response) => res.json(await prisma.card.findMany({ where: { readerId: req.body.readerId } })))
app.listen(3000)
"""
MIDDLE = b"""export const named = (req, res, next) => { req.body.userId = req.user.id; next() }
export const naming = () => (req, res, next) => { req.body.userId = req.user.id; next() }
export const other = (req, res, next) => { req.body.at = Date.now(); next() }
"""


@pytest.mark.parametrize(("middle", "found"), [("named", []), ("naming()", []), ("other", ["GET /cards"])])
def test_a_body_in_which_the_app_writes_who_calls(middle: str, found: list[str]) -> None:
    files = {
        "package.json": b'{"dependencies": {"express": "5.0.0", "@prisma/client": "6.0.0", "jsonwebtoken": "9.0.0"}}',
        "src/guard.ts": GUARD + MIDDLE,
        "src/server.ts": CARDS_OF.replace("MIDDLE,", f"{middle},")
        .replace("MIDDLE", middle.removesuffix("()"))
        .replace("readerId", "userId")
        .encode(),
    }
    assert [claim.route for claim in scan_files(files, load(with_plugins=False)).project.claimed_identities] == found


@pytest.mark.parametrize(("name", "confidence"), [("getReaders", "medium"), ("checkReaderExists", "low")])
def test_an_action_that_may_only_say_whether_there_is_a_row(name: str, confidence: str) -> None:
    action = f'"use server";\nimport {{ PrismaClient }} from "@prisma/client";\nconst db = new PrismaClient();\nexport async function {name}(email: string) {{ return db.user.findUnique({{ where: {{ email }} }}); }}\n'
    files = {"package.json": b'{"dependencies": {"next": "16", "@prisma/client": "6"}}', "app/readers.ts": action.encode()}
    rules = load(with_plugins=False).select(["unauthenticated-server-action"])
    assert [finding.confidence.value for finding in scan_files(files, rules).findings] == [confidence]


STORE = """function Loans(db) {
  const loansCol = db.collection("loans")
  const shelvesCol = db.collection("shelves")
  this.of = (readerId, done) => loansCol.find({ readerId }).toArray(done)
  this.end = (id, done) => loansCol.update({ _id: id }, { $set: { ended: true } }, done)
  this.dust = (id, done) => shelvesCol.update({ _id: id }, { $set: { dusted: true } }, done)
}
module.exports = { Loans }
"""
OF_STORE = """const express = require("express")
const { MongoClient } = require("mongodb")
const { Loans } = require("./loans")
const { signedIn } = require("./guard")
const app = express()
MongoClient.connect("mongodb://localhost/books", (failed, db) => {
  const loans = new Loans(db)
  app.get("/loans", signedIn, (req, res) => loans.of(req.user.id, (failed, found) => res.json(found)))
  app.post("/loans/:id/end", signedIn, (req, res) => loans.end(req.params.id, () => res.end()))
  app.post("/shelves/:id/dust", signedIn, (req, res) => loans.dust(req.params.id, () => res.end()))
  app.listen(3000)
})
"""


def test_a_database_that_is_handed_to_what_asks_it() -> None:
    files = {
        "package.json": b'{"dependencies": {"express": "4.18.0", "mongodb": "2.2.0", "jsonwebtoken": "9.0.0"}}',
        "guard.js": GUARD,
        "loans.js": STORE.encode(),
        "server.js": OF_STORE.encode(),
    }
    found = scan_files(files, RULES).project.foreign_rows
    assert [(row.route, row.model) for row in found] == [("POST /loans/:id/end", "loan")]


ACTIONS = """"use server";
import { getServerSession } from "next-auth";
import { PrismaClient } from "@prisma/client";
const db = new PrismaClient();
async function requireAdmin() {
  const session = await getServerSession();
  if (!session?.user) throw new Error("Unauthorized");
  if (session.user.role !== "ADMIN") throw new Error("Forbidden");
  return session.user;
}
async function requireAdministrator() { const found = await requireAdmin(); return found.id; }
async function requireUser() {
  const session = await getServerSession();
  if (!session?.user) throw new Error("Unauthorized");
  return session.user;
}
export async function mine() { const user = await requireUser(); return db.user.findUnique({ where: { id: user.id } }); }
export async function move(userId: string, desk: string) { await GUARD(); await db.user.update({ where: { id: userId }, data: { desk } }); }
"""


@pytest.mark.parametrize(("guard", "found"), [("requireAdmin", []), ("requireAdministrator", []), ("requireUser", ["server action move"])])
def test_an_action_that_asks_for_a_right_by_a_call_alone(guard: str, found: list[str]) -> None:
    files = {
        "package.json": b'{"dependencies": {"next": "15", "next-auth": "4", "@prisma/client": "6"}}',
        "app/actions.ts": ACTIONS.replace("GUARD", guard).encode(),
    }
    assert [row.route for row in scan_files(files, RULES).project.foreign_rows] == found


HONO = """import { Hono } from 'hono'
import { jwt } from 'hono/jwt'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
const app = new Hono()
app.use('/loans/*', jwt({ secret: process.env.JWT_SECRET }))
app.get('/loans', async (c) => c.json(await prisma.loan.findMany({ where: { readerId: c.get('jwtPayload').sub } })))
app.METHOD('/loans/ADDRESS', async (c) => { BODY })
export default app
"""
NITRO = """import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export default defineEventHandler(async (event) => { BODY })
"""
WATCH = "export default defineEventHandler(async (event) => { const user = await getUserSession(event); if (!user) throw createError({ statusCode: 401 }); event.context.user = user })"
OWN = "export default defineEventHandler(async (event) => prisma.loan.findMany({ where: { readerId: event.context.user.id } }))"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("const id = c.req.param('id'); return c.json(await prisma.loan.delete({ where: { id } }))", True),
        ("const { id } = c.req.param(); return c.json(await prisma.loan.delete({ where: { id } }))", True),
        ("return c.json(await prisma.loan.delete({ where: { id: Number(c.req.query('loanId')) } }))", True),
        ("return c.json(await prisma.loan.delete({ where: { token: c.req.query('token') } }))", False),
        ("return c.json(await prisma.loan.deleteMany({ where: { id: c.req.param('id'), readerId: c.get('jwtPayload').sub } }))", False),
    ],
)
def test_what_a_handler_of_hono_asks_its_request_for(body: str, found: bool) -> None:
    source = HONO.replace("METHOD", "delete").replace("ADDRESS", ":id").replace("BODY", body)
    files = {"package.json": b'{"dependencies": {"hono": "4.0.0", "@prisma/client": "6.0.0"}}', "src/app.ts": source.encode()}
    assert [row.route for row in scan_files(files, RULES).project.foreign_rows] == (["DELETE /loans/:id"] if found else [])


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("await prisma.loan.delete({ where: { id: getRouterParam(event, 'id') } })", True),
        ("const id = Number(getRouterParam(event, 'id')); await prisma.loan.delete({ where: { id } })", True),
        ("const { id } = await readBody(event); await prisma.loan.delete({ where: { id } })", True),
        ("const query = getQuery(event); await prisma.loan.delete({ where: { id: query.id } })", True),
        ("const { token } = await readBody(event); await prisma.loan.delete({ where: { token } })", False),
        ("await prisma.loan.deleteMany({ where: { id: getRouterParam(event, 'id'), readerId: event.context.user.id } })", False),
    ],
)
def test_what_a_handler_of_nitro_asks_h3_for(body: str, found: bool) -> None:
    files = {
        "package.json": b'{"dependencies": {"nuxt": "3.12.0", "@prisma/client": "6.0.0"}}',
        "server/middleware/watch.ts": WATCH.encode(),
        "server/api/loans/index.get.ts": NITRO.replace("export default defineEventHandler(async (event) => { BODY })", OWN).encode(),
        "server/api/loans/[id].delete.ts": NITRO.replace("BODY", body).encode(),
    }
    assert [row.route for row in scan_files(files, RULES).project.foreign_rows] == (["DELETE /api/loans/[id]"] if found else [])


SHELVES = """import { initTRPC, TRPCError } from '@trpc/server'
import { z } from 'zod'
import { PrismaClient } from '@prisma/client'
import { getServerSession } from 'next-auth'
export const db = new PrismaClient()
export const createContext = async () => ({ db, session: await getServerSession() })
const t = initTRPC.context<typeof createContext>().create()
export const router = t.router
const signedIn = t.middleware(({ ctx, next }) => {
  if (!ctx.session?.user) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { session: ctx.session } })
})
const ofShelf = t.middleware(async ({ ctx, next, input, getRawInput }) => { CHECK; return next() })
export const readerProcedure = t.procedure.use(signedIn)
export const shelfProcedure = readerProcedure.use(ofShelf)
"""
BOOKS = """import { z } from 'zod'
import { db, router, readerProcedure, shelfProcedure } from './trpc'
export const books = router({
  mine: readerProcedure.query(({ ctx }) => db.book.findMany({ where: { userId: ctx.session.user.id } })),
  ofShelf: shelfProcedure.input(z.any()).query(({ input }) => db.book.findMany({ where: { shelfId: input.shelfId } })),
  one: shelfProcedure.input(z.any()).query(({ input }) => db.book.findFirst({ where: { id: input.bookId, shelfId: input.shelfId } })),
  remove: shelfProcedure.input(z.any()).mutation(({ input }) => db.book.delete({ where: { id: input.bookId } })),
  move: shelfProcedure.input(z.any()).mutation(({ input }) => db.book.update({ where: { id: input.bookId }, data: { shelfId: input.shelfId } })),
  unasked: readerProcedure.input(z.any()).query(({ input }) => db.book.findMany({ where: { shelfId: input.shelfId } })),
})
"""
REST = ["books.move", "books.remove", "books.unasked"]
REFUSES = "throw new TRPCError({ code: 'UNAUTHORIZED' })"


@pytest.mark.parametrize(
    ("check", "asked"),
    [
        ("const shelf = ctx.session.user.shelves.find((each) => each.id === input.shelfId); if (!shelf) REFUSES", True),
        (
            (
                "const sent = z.object({ shelfId: z.string() }).parse(await getRawInput()); const shelf = ctx.session.user.clubs"
                ".flatMap((club) => club.shelves).some((each) => each.id === sent.shelfId); if (!shelf) REFUSES"
            ),
            True,
        ),
        ("if (!ctx.session.user.shelfIds.includes(input.shelfId)) REFUSES", True),
        ("if (input.shelfId !== ctx.session.user.shelfId) REFUSES", True),
        (
            "const place = await db.member.findFirst({ where: { userId: ctx.session.user.id, shelfId: input.shelfId } }); if (!place) REFUSES",
            True,
        ),
        # Another field, nobody is refused, nothing of the callers own, or those who have it.
        ("const shelf = ctx.session.user.shelves.find((each) => each.id === input.clubId); if (!shelf) REFUSES", False),
        ("const shelf = ctx.session.user.shelves.find((each) => each.id === input.shelfId); console.log(shelf)", False),
        ("const shelf = await db.shelf.findFirst({ where: { id: input.shelfId } }); if (!shelf) REFUSES", False),
        ("const shelf = ctx.session.user.shelves.find((each) => each.id === input.shelfId); if (shelf) REFUSES", False),
    ],
)
def test_what_stands_before_a_procedure_compares_a_field_of_its_input(check: str, asked: bool) -> None:
    files = {
        "package.json": b'{"dependencies": {"next": "15.0.0", "@trpc/server": "11.0.0", "@prisma/client": "6.0.0", "next-auth": "4.24.0"}}',
        "server/trpc.ts": SHELVES.replace("CHECK", check.replace("REFUSES", REFUSES)).encode(),
        "server/books.ts": BOOKS.encode(),
    }
    told = sorted(row.route.removeprefix("procedure ") for row in scan_files(files, RULES).project.foreign_rows)
    assert told == sorted([*REST, *([] if asked else ["books.ofShelf", "books.one"])])


NOTES = """import { getServerSession } from 'next-auth'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export async function GET() {
  const session = await getServerSession()
  if (!session) return new Response('', { status: 401 })
  return Response.json(await prisma.note.findMany({ where: { userId: session.user.id } }))
}
export async function DELETE(request: Request) {
  const session = await getServerSession()
  if (!session) return new Response('', { status: 401 })
  READ
  await prisma.note.delete({ where: { id: GIVEN } })
  return Response.json({})
}
"""


@pytest.mark.parametrize(
    ("read", "given", "found"),
    [
        ("const { searchParams } = new URL(request.url); const id = searchParams.get('id')", "id!", True),
        ("const url = new URL(request.url)", "Number(url.searchParams.get('noteId'))", True),
        ("const id = request.nextUrl.searchParams.get('id')", "id", True),
        ("const form = await request.formData(); const formData = form; const id = formData.get('id') as string", "id", True),
        ("const { searchParams } = new URL(request.url); const page = searchParams.get('page')", "page", False),
        ("const id = new URL(process.env.HOME_URL!).searchParams.get('id')", "id", False),
        (("const account = await prisma.user.findUnique({ where: { id: session.user.id } }); if (account.role !== 'ADMIN') throw new Error('no')"
         "; const id = new URL(request.url).searchParams.get('id')"), "id", False),
        (("const account = await prisma.reader.findUnique({ where: { id: new URL(request.url).searchParams.get('userId') } }); "
         "if (account.role !== 'ADMIN') throw new Error('no'); const id = new URL(request.url).searchParams.get('id')"), "id", True),
    ],
)  # fmt: skip
def test_ids_that_are_asked_for_by_their_names(read: str, given: str, found: bool) -> None:
    files = {
        "package.json": b'{"dependencies": {"next": "15.0.0", "@prisma/client": "6.0.0", "next-auth": "4.24.0"}}',
        "app/api/notes/route.ts": NOTES.replace("READ", read).replace("GIVEN", given).encode(),
    }
    assert [row.route for row in scan_files(files, RULES).project.foreign_rows] == (["DELETE /api/notes"] if found else [])
