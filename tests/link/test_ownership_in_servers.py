"""Whose rows handlers of servers work on: what models say of their owners, gates by what they do, and what is put in the place of a row."""

import pytest
from own_rules import RULES as ALL

from batten.rules.registry import load
from batten.scan import scan_files

RULES = ALL.select(["object-without-owner-check"])
GUARD = b"""import jwt from 'jsonwebtoken'
export const signedIn = (req, res, next) => {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET) } catch { return res.status(401).end() }
  next()
}
"""

SIGNED = """import express from 'express'
import { PrismaClient } from '@prisma/client'
import { signedIn } from './guard'
import { Shelf } from './shelf'
const app = express()
app.delete('/shelves/:id', signedIn, async (req, res) => { res.json(await Shelf.findByIdAndDelete(req.params.id)) })
app.listen(3000)
"""
TYPE_ID = "{ type: mongoose.Schema.Types.ObjectId, ref: '%s' }"


@pytest.mark.parametrize(
    ("fields", "tied"),
    [
        (f"reader: {TYPE_ID % 'User'}, name: String", [True]),
        ("createdBy: String", [True]),
        (f"readers: [{TYPE_ID % 'User'}]", []),
        (f"room: {TYPE_ID % 'Room'}", []),
        ("users: Number, username: String", []),
    ],
)
@pytest.mark.parametrize(
    "source",
    [
        "const shelf = new mongoose.Schema({ %s }, { timestamps: true })\nexport const Shelf = mongoose.model('Shelf', shelf)\n",
        "export const Shelf = mongoose.model('Shelf', new mongoose.Schema({ %s }))\n",
        "export const Shelf = mongoose.models.Shelf || mongoose.model('Shelf', new mongoose.Schema({ %s }))\n",
    ],
)
def test_a_schema_of_mongoose_says_whose_its_rows_are(source: str, fields: str, tied: list[bool]) -> None:
    files = {
        "package.json": b'{"dependencies": {"express": "5.0.0", "mongoose": "8.0.0", "jsonwebtoken": "9.0.0"}}',
        "src/guard.ts": GUARD,
        "src/shelf.ts": f"import mongoose from 'mongoose'\n{source % fields}".encode(),
        "src/server.ts": SIGNED.encode(),
    }
    assert [row.tied for row in scan_files(files, RULES).project.foreign_rows] == tied


@pytest.mark.parametrize(
    ("field", "tied"),
    [
        ("@ManyToOne(() => User) reader: User", [True]),
        ("@Column() ownerId: number", [True]),
        ("@ManyToOne(() => Hall) hall: Hall", []),
        ("@ManyToMany(() => User) readers: User[]", []),
    ],
)
def test_an_entity_of_typeorm_says_whose_its_rows_are(field: str, tied: list[bool]) -> None:
    files = {
        "package.json": b'{"dependencies": {"@nestjs/common": "10.0.0", "@nestjs/typeorm": "10.0.0", "typeorm": "0.3.0", "@nestjs/passport": "10.0.0"}}',
        "src/shelf.entity.ts": f"import {{ Entity, Column, ManyToOne, ManyToMany }} from 'typeorm'\nimport {{ User }} from './user.entity'\nimport {{ Hall }} from './hall.entity'\n@Entity()\nexport class Shelf {{ @Column() name: string; {field} }}\n".encode(),
        "src/shelves.controller.ts": b"""import { Controller, Delete, Param, UseGuards } from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import { InjectRepository } from '@nestjs/typeorm'
import { Repository } from 'typeorm'
import { Shelf } from './shelf.entity'
@Controller('shelves')
@UseGuards(AuthGuard('jwt'))
export class ShelvesController {
  constructor(@InjectRepository(Shelf) private readonly shelves: Repository<Shelf>) {}
  @Delete(':id')
  drop(@Param('id') id: string) { return this.shelves.delete(id) }
}
""",
    }
    assert [row.tied for row in scan_files(files, RULES).project.foreign_rows] == tied


GATES = """import jwt from 'jsonwebtoken'
import { PrismaClient } from '@prisma/client'
import { RANKS } from './ranks'
const prisma = new PrismaClient()
export const authorizeUser = async (req, res, next) => {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET) } catch { return res.status(401).end() }
  const found = await prisma.user.findUnique({ where: { id: req.user.id } })
  if (!found) return res.status(401).end()
  next()
}
export const requireAdmin = (req, res, next) => { if (req.user.role !== 'admin') return res.status(403).end(); next() }
export const authorize = (...roles) => (req, res, next) => { if (!roles.includes(req.user.role)) return res.status(403).end(); next() }
export const allowRanked = (req, res, next) => { if (!RANKS.includes(req.user.level)) return res.status(403).end(); next() }
export const loadLoan = async (req, res, next) => {
  const loan = await prisma.loan.findFirst({ where: { id: req.params.id, readerId: req.user.id } })
  if (!loan) return res.status(404).end()
  next()
}
export const isSelf = (req, res, next) => { const id = parseInt(req.params.id); if (req.user.id !== id) return res.status(401).end(); next() }
export class Gates { middleware(req, res, next) { if (!req.user.isAdminOrUp) return res.sendStatus(403); next() } }
export const onlyActive = (req, res, next) => { if (!req.user.isActive) return res.sendStatus(403); next() }
export const requireAdminLater = (req, res, next) => { console.log('admins only, one day'); next() }
"""
GATED = """import express from 'express'
import { PrismaClient } from '@prisma/client'
import { Gates, allowRanked, authorize, authorizeUser, isSelf, onlyActive, loadLoan, requireAdmin, requireAdminLater } from './gates'
import { requireOwner } from 'elsewhere'
const app = express()
const prisma = new PrismaClient()
app.get('/loans', authorizeUser, async (req, res) => res.json(await prisma.loan.findMany({ where: { readerId: req.user.id } })))
app.delete('/loans/:id', HERE, async (req, res) => res.json(await prisma.loan.delete({ where: { id: req.params.id } })))
app.listen(3000)
"""


@pytest.mark.parametrize(
    ("here", "found"),
    [
        ("authorizeUser", True),
        ("authorizeUser, requireAdminLater", True),
        ("authorizeUser, requireAdmin", False),
        ("authorizeUser, authorize('librarian')", False),
        ("authorizeUser, allowRanked", False),
        ("authorizeUser, loadLoan", False),
        ("authorizeUser, requireOwner", False),
        ("authorizeUser, isSelf", False),
        ("authorizeUser, new Gates().middleware.bind(this)", False),
        ("authorizeUser, onlyActive", True),
    ],
)
def test_a_gate_is_what_it_does_and_not_what_it_is_called(here: str, found: bool) -> None:
    files = {
        "package.json": b'{"dependencies": {"express": "5.0.0", "@prisma/client": "6.0.0", "jsonwebtoken": "9.0.0"}}',
        "src/gates.ts": GATES.encode(),
        "src/server.ts": GATED.replace("HERE", here).encode(),
    }
    assert [row.route for row in scan_files(files, RULES).project.foreign_rows] == (["DELETE /loans/:id"] if found else [])


SIGNS = """import express from 'express'
import { PrismaClient } from '@prisma/client'
import { authorize, authorizeUser, requireAdmin } from './gates'
const app = express()
const prisma = new PrismaClient()
app.put('/me', HERE, async (req, res) => res.json(await prisma.user.update({ where: { id: req.user.id }, data: req.body })))
app.listen(3000)
"""


@pytest.mark.parametrize(
    ("here", "caller"),
    [("authorizeUser", "account"), ("authorizeUser, requireAdmin", "privileged"), ("authorizeUser, authorize('librarian')", "privileged")],
)
def test_who_may_call_is_told_by_what_a_gate_does(here: str, caller: str) -> None:
    files = {
        "package.json": b'{"dependencies": {"express": "5.0.0", "@prisma/client": "6.0.0", "jsonwebtoken": "9.0.0"}}',
        "src/gates.ts": GATES.encode(),
        "src/server.ts": SIGNS.replace("HERE", here).encode(),
    }
    flows = scan_files(files, load(with_plugins=False).select(["mass-assignment"])).project.flows
    assert [flow.caller for flow in flows if flow.kind == "assignment"] == [caller]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("prisma.loan.upsert({ where: { id: req.body.id }, update: { title: req.body.title }, create: { title: req.body.title, readerId: 1 } })", True),
        ("prisma.loan.upsert({ where: { id: req.body.id, readerId: req.user.id }, update: { title: 'a' }, create: { title: 'a' } })", False),
        ("prisma.loan.upsert({ where: { readerId: req.user.id }, update: { shelfId: req.body.shelfId }, create: { shelfId: req.body.shelfId } })", False),
        ("prisma.loan.create({ data: { shelfId: req.body.shelfId } })", False),
    ],
)  # fmt: skip
def test_what_is_put_in_the_place_of_a_row_changes_it(body: str, found: bool) -> None:
    server = GATED.replace("HERE", "authorizeUser").replace("prisma.loan.delete({ where: { id: req.params.id } })", body)
    files = {
        "package.json": b'{"dependencies": {"express": "5.0.0", "@prisma/client": "6.0.0", "jsonwebtoken": "9.0.0"}}',
        "src/gates.ts": GATES.encode(),
        "src/server.ts": server.encode(),
    }
    assert [row.route for row in scan_files(files, RULES).project.foreign_rows] == (["DELETE /loans/:id"] if found else [])


TAKEN = """import express from 'express'
import { PrismaClient } from '@prisma/client'
import { signedIn } from './guard'
import { TAKE } from './ids'
const app = express()
const prisma = new PrismaClient()
app.get('/shelves', signedIn, async (req, res) => { res.json(await prisma.shelf.findMany({ where: { userId: req.user.id } })) })
app.delete('/shelves/:id', signedIn, async (req, res) => { const id = TAKE(req); res.json(await prisma.shelf.delete({ where: { id } })) })
app.listen(3000)
"""


@pytest.mark.parametrize(
    ("take", "told"),
    [
        ("parseNumericId", ["DELETE /shelves/:id"]),
        ("getIdParam", ["DELETE /shelves/:id"]),
        # What says who calls, and what is no id.
        ("getUserId", []),
        ("parseOwnerId", []),
        ("parseFilter", []),
    ],
)
def test_an_id_that_a_helper_takes_of_the_request(take: str, told: list[str]) -> None:
    files = {
        "package.json": b'{"dependencies": {"express": "5", "@prisma/client": "6", "jsonwebtoken": "9"}}',
        "src/guard.js": GUARD,
        "src/ids.js": f"export function {take}(req) {{ return Number(req.params.id) }}\n".encode(),
        "src/app.js": TAKEN.replace("TAKE", take).encode(),
    }
    assert [row.route for row in scan_files(files, RULES).project.foreign_rows] == told


MODEL = (
    "import mongoose from 'mongoose'\nconst reader = { type: mongoose.Schema.Types.ObjectId, ref: 'User' }\n"
    "export default mongoose.model('%s', new mongoose.Schema({ title: String, reader }))\n"
)
STORE = (
    "export class Store {\n  constructor(model) { this.model = model }\n  async drop(id) { return this.model.findByIdAndDelete(id) }\n}\n"
)
HEIR = "import { Store } from './store'\nimport %s from './%s'\nexport class %s extends Store { constructor() { super(%s) } }\n"
DROPS = "app.delete('/%s/:id', signedIn, async (req, res) => { res.json(await %s.drop(req.params.id)) })\n"


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ("const a = new Store(Loan)\n", ["loan"]),
        ("const a = new Store(shelf)\n", ["shelf"]),
        ("const a = new Store(Loan)\nconst b = new Store(shelf)\n", ["loan", "shelf"]),
        ("import { Loans } from './loans'\nimport { Walls } from './walls'\nconst a = new Loans()\nconst b = new Walls()\n", ["loan", "shelf"]),
        ("import { a, b } from './made'\n", ["loan", "shelf"]),
    ],
    ids=["one", "named-after-its-file", "several", "heirs", "made-elsewhere"],
)  # fmt: skip
def test_each_object_of_a_class_works_on_the_model_that_it_is_given(made: str, found: list[str]) -> None:
    both = "import Loan from './loan'\nimport shelf from './shelf'\nimport { Store } from './store'\n"
    files = {
        "package.json": '{"dependencies": {"express": "5.0.0", "mongoose": "8.0.0", "jsonwebtoken": "9.0.0"}}',
        "src/guard.ts": GUARD.decode(),
        "src/store.ts": STORE,
        "src/loan.ts": MODEL % "Loan",
        "src/shelf.ts": MODEL % "Shelf",
        "src/loans.ts": HEIR % ("Loan", "loan", "Loans", "Loan"),
        "src/walls.ts": HEIR % ("shelf", "shelf", "Walls", "shelf"),
        "src/made.ts": f"{both}export const a = new Store(Loan)\nexport const b = new Store(shelf)\n",
        "src/server.ts": f"import express from 'express'\nimport {{ signedIn }} from './guard'\n{both}const app = express()\n{made}"
        f"{''.join(DROPS % (name, name) for name in 'ab'[: len(found)])}app.listen(3000)\n",
    }
    rows = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.foreign_rows
    assert [(row.model, row.tied) for row in rows] == [(model, True) for model in found]


WITH_ROLES = (
    GUARD.decode()
    + """export const restrictTo = (...roles) => (req, res, next) => {
  if (!roles.includes(req.user.role)) return res.status(403).end()
  next()
}
"""
)


@pytest.mark.parametrize(
    ("roles", "tied"),
    [
        ("'admin', 'user'", [True]),
        ("'CUSTOMER'", [True]),
        ("Role.Student", [True]),
        # Those who look after all rows.
        ("'admin'", []),
        ("'admin', 'support'", []),
        ("Role.Manager", []),
    ],
)
def test_the_role_that_everybody_has_says_nothing_of_whose_a_row_is(roles: str, tied: list[bool]) -> None:
    server = SIGNED.replace("{ signedIn }", "{ restrictTo, signedIn }").replace("signedIn, async", f"signedIn, restrictTo({roles}), async")
    files = {
        "package.json": b'{"dependencies": {"express": "5.0.0", "mongoose": "8.0.0", "jsonwebtoken": "9.0.0"}}',
        "src/guard.ts": WITH_ROLES.encode(),
        "src/role.ts": b"export enum Role { Student = 'STUDENT', Manager = 'MANAGER' }\n",
        "src/shelf.ts": f"import mongoose from 'mongoose'\nexport const Shelf = mongoose.model('Shelf', new mongoose.Schema({{ reader: {TYPE_ID % 'User'} }}))\n".encode(),
        "src/server.ts": f"import {{ Role }} from './role'\n{server}".encode(),
    }
    assert [row.tied for row in scan_files(files, RULES).project.foreign_rows] == tied


@pytest.mark.parametrize(
    ("gate", "tied"),
    [
        ("idParamValidation", [True]),
        ("validateObjectIdParam", [True]),
        ("validateShelfOwnerParam", []),
        ("loadParam", []),
    ],
)
def test_a_look_at_the_form_of_an_id_asks_nobody(gate: str, tied: list[bool]) -> None:
    server = SIGNED.replace("signedIn, async", f"signedIn, {gate}, async")
    files = {
        "package.json": b'{"dependencies": {"express": "5.0.0", "express-validator": "7.0.0", "mongoose": "8.0.0", "jsonwebtoken": "9.0.0"}}',
        "src/guard.ts": GUARD,
        "src/shelf.ts": f"import mongoose from 'mongoose'\nexport const Shelf = mongoose.model('Shelf', new mongoose.Schema({{ reader: {TYPE_ID % 'User'} }}))\n".encode(),
        "src/forms.ts": f"import {{ param }} from 'express-validator'\nexport const {gate} = [param('id').notEmpty().isMongoId()]\n".encode(),
        "src/server.ts": f"import {{ {gate} }} from './forms'\n{server}".encode(),
    }
    assert [row.tied for row in scan_files(files, RULES).project.foreign_rows] == tied


# A validator looks up the row, and refuses whoever it does not belong to.
@pytest.mark.parametrize(
    ("test", "tied"),
    [
        ("if (req.user._id.toString() !== row.reader.toString()) throw new Error('no')", []),
        ("if (String(row.reader) !== req.user.id) return Promise.reject(new Error('no'))", []),
        ("if (!row) throw new Error('no')", [True]),
        ("if (row.name !== req.body.name) throw new Error('no')", [True]),
        ("if (req.user.role !== 'reader') throw new Error('no')", [True]),
    ],
)
def test_validators_that_compare_rows_with_the_caller(test: str, tied: list[bool]) -> None:
    forms = (
        "import { param } from 'express-validator'\nimport { Shelf } from './shelf'\nexport const shelfForm = [\n"
        f"  param('id').isMongoId().custom(async (id, {{ req }}) => {{ const row = await Shelf.findById(id); {test}; return true }}),\n]\n"
    )
    files = {
        "package.json": b'{"dependencies": {"express": "5.0.0", "express-validator": "7.0.0", "mongoose": "8.0.0", "jsonwebtoken": "9.0.0"}}',
        "src/guard.ts": GUARD,
        "src/shelf.ts": f"import mongoose from 'mongoose'\nexport const Shelf = mongoose.model('Shelf', new mongoose.Schema({{ reader: {TYPE_ID % 'User'}, name: String }}))\n".encode(),
        "src/forms.ts": forms.encode(),
        "src/server.ts": f"import {{ shelfForm }} from './forms'\n{SIGNED.replace('signedIn, async', 'signedIn, shelfForm, async')}".encode(),
    }
    assert [row.tied for row in scan_files(files, RULES).project.foreign_rows] == tied


@pytest.mark.parametrize(("model", "private"), [("Ride", True), ("Expense", True), ("Salary", True), ("Shelf", False)])
def test_rows_of_some_names_are_about_one_person(model: str, private: bool) -> None:
    files = {
        "package.json": b'{"dependencies": {"express": "5.0.0", "mongoose": "8.0.0", "jsonwebtoken": "9.0.0"}}',
        "src/guard.ts": GUARD,
        "src/shelf.ts": f"import mongoose from 'mongoose'\nexport const {model} = mongoose.model('{model}', new mongoose.Schema({{ reader: {TYPE_ID % 'User'} }}))\n".encode(),
        "src/server.ts": SIGNED.replace("Shelf", model).replace("findByIdAndDelete", "findById").replace("app.delete", "app.get").encode(),
    }
    assert [row.private for row in scan_files(files, RULES).project.foreign_rows] == [private]


SHEETS = """import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export const storage = {
  async sheetsOf(userId) { return prisma.sheet.findMany({ where: { userId } }) },
  async allSheets() { return prisma.sheet.findMany() },
  async rename(id, name) { return prisma.sheet.update({ where: { id }, data: { name } }) },
}
"""
RENAMES = """import express from 'express'
import { storage } from './storage'
const app = express()
const signedIn = (req, res, next) => { if (!req.session.userId) return res.status(401).end(); next() }
app.get('/sheets', signedIn, async (req, res) => { res.json(await storage.sheetsOf(req.session.userId)) })
app.patch('/sheets/:id', signedIn, async (req, res) => {
  ASKED
  res.json(await storage.rename(req.params.id, req.body.name))
})
"""


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (
            "const mine = await storage.sheetsOf(req.session.userId); const one = mine.find((s) => s.id === req.params.id); if (!one) return res.status(404).end()",
            False,
        ),
        (
            "const mine = await storage.sheetsOf(req.session.userId); if (!mine.some((s) => s.id === req.params.id)) return res.status(404).end()",
            False,
        ),
        (
            "const { id } = req.params; const mine = await storage.sheetsOf(req.session.userId); const one = mine.find((s) => s.id === id); if (!one) return res.status(404).end()",
            False,
        ),
        # Nothing is done with the answer, the list is everybody's, or it is another field that is compared.
        ("const mine = await storage.sheetsOf(req.session.userId); const one = mine.find((s) => s.id === req.params.id)", True),
        (
            "const all = await storage.allSheets(); const one = all.find((s) => s.id === req.params.id); if (!one) return res.status(404).end()",
            True,
        ),
        (
            "const mine = await storage.sheetsOf(req.session.userId); const one = mine.find((s) => s.name === req.body.name); if (!one) return res.status(404).end()",
            True,
        ),
    ],
)
def test_a_row_that_is_found_among_the_callers_own(asked: str, found: bool) -> None:
    files = {
        "package.json": b'{"dependencies": {"express": "5", "@prisma/client": "6"}}',
        "storage.js": SHEETS.encode(),
        "app.js": RENAMES.replace("ASKED", asked).encode(),
    }
    rows = scan_files(files, RULES).project.foreign_rows
    assert [row.route for row in rows if row.writes] == (["PATCH /sheets/:id"] if found else [])


CARTS = """import express from 'express'
import jwt from 'jsonwebtoken'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
const app = express()
app.use(express.json())
const signedIn = (req, res, next) => {
  try {
    const told = jwt.verify(req.headers.token, process.env.JWT_SECRET)
    SET
    next()
  } catch { return res.status(401).end() }
}
app.get('/orders', signedIn, async (req, res) => { res.json(await prisma.order.findMany({ where: { userId: req.user.id } })) })
app.post('/orders/seen', signedIn, async (req, res) => {
  await prisma.order.updateMany({ where: { userId: req.body.userId }, data: { seen: true } })
  res.end()
})
"""


@pytest.mark.parametrize(
    ("put", "found"),
    [
        ("req.body.userId = told.id", False),
        ("req.body = { ...req.body, userId: told.id }", True),  # not followed
        ("req.body.userId = req.query.userId", True),
        ("req.body.owner = told.id", True),
        ("req.user = told", True),
    ],
)
def test_what_a_gate_puts_into_the_body_is_no_callers(put: str, found: bool) -> None:
    files = {
        "package.json": b'{"dependencies": {"express": "5", "@prisma/client": "6", "jsonwebtoken": "9"}}',
        "app.js": CARTS.replace("SET", put).encode(),
    }
    # What is put there is told by the graphs of values, which other rules ask for.
    rows = scan_files(files, load(with_plugins=False)).project.foreign_rows
    assert [row.route for row in rows if row.writes] == (["POST /orders/seen"] if found else [])


@pytest.mark.parametrize(
    ("helper", "test", "told"),
    [
        ("try { return await requireStaffAccess() } catch { return null }", "if (!who) return null", False),
        ("return requireStaffAccess()", "if (!who) return null", False),
        ("try { return await requireAccount() } catch { return null }", "if (!who) return null", True),
        ("return Math.random() > 0.5 ? requireStaffAccess() : requireAccount()", "if (!who) return null", True),
    ],
)
def test_a_helper_asks_what_the_one_asks_that_it_hands_on(helper: str, test: str, *, told: bool) -> None:
    files = {
        "package.json": '{"dependencies": {"next": "15", "@prisma/client": "6", "next-auth": "5"}}',
        "auth.ts": 'import NextAuth from "next-auth"\nexport const { auth } = NextAuth({ providers: [] })\n',
        "lib/db.ts": 'import { PrismaClient } from "@prisma/client"\nexport const db = new PrismaClient()\n',
        "lib/who.ts": """import { auth } from "../auth"
export async function requireAccount() {
  const session = await auth()
  if (!session?.user?.id) throw new Error("Unauthorized")
  return { id: session.user.id, role: session.user.role }
}
export async function requireStaffAccess() {
  const who = await requireAccount()
  if (!["STAFF"].includes(who.role)) throw new Error("Unauthorized")
  return who
}
""",
        "app/actions.ts": f"""'use server'
import {{ db }} from "../lib/db"
import {{ requireAccount, requireStaffAccess }} from "../lib/who"
async function getWho() {{ {helper} }}
export async function addPledge(text: string) {{
  const who = await requireAccount()
  return db.pledge.create({{ data: {{ text, ownerId: who.id }} }})
}}
export async function removePledge(id: string) {{
  const who = await getWho()
  {test}
  return db.pledge.delete({{ where: {{ id }} }})
}}
""",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).findings
    assert [each.message.split()[2] for each in found] == ["removePledge"] * told


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ('"INSERT INTO user_animals (animal_id) VALUES (?)"', False),
        ('"INSERT INTO user_animals (animal_id) VALUES (?) ON DUPLICATE KEY UPDATE seen = 1"', True),
        ('"INSERT INTO user_animals (animal_id) VALUES ($1) ON CONFLICT (animal_id) DO UPDATE SET seen = 1"', True),
        ('"REPLACE INTO user_animals (animal_id) VALUES (?)"', True),
        ('"UPDATE user_animals SET seen = 1 WHERE animal_id = ?"', True),
    ],
)
def test_a_query_that_adds_a_row_changes_none_of_somebody_else(query: str, told: bool) -> None:
    text = f"""const express = require("express");
const jwt = require("jsonwebtoken");
const mysql = require("mysql2/promise");
const pool = mysql.createPool({{}});
const app = express();
const signedIn = (req, res, next) => {{
  req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET);
  next();
}};
app.put("/pets", signedIn, async (req, res) => {{
  await pool.query("DELETE FROM user_animals WHERE user_id = ?", [req.user.id]);
  await pool.query({query}, [req.body.animal_id]);
  res.end();
}});
"""
    files = {"package.json": b'{ "dependencies": { "express": "5", "mysql2": "3", "jsonwebtoken": "9" } }', "server.js": text.encode()}
    found = scan_files(files, ALL.select(["object-without-owner-check"])).findings
    assert [each.rule for each in found] == ["object-without-owner-check"] * told
