"""Sign-ins that ask for no proof: each case is a route of one app."""

from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["sign-in-without-proof"])
EXPRESS = """import express from "express";
import jwt from "jsonwebtoken";
import bcrypt from "bcrypt";
import { Pool } from "pg";
import { PrismaClient } from "@prisma/client";
import Member from "./member.js";
import { enter, service, storage, verifyOtp, issue, demo, named } from "./helpers.js";
const app = express();
const pool = new Pool();
const prisma = new PrismaClient();
const KEY = process.env.JWT_SECRET;
const members = {};
"""
HELPERS = """import jwt from "jsonwebtoken";
import Member from "./member.js";
export const service = {
  async login(email, password) {
    const member = await Member.findOne({ email });
    if (!password) throw new Error("no password");
    return jwt.sign({ id: member.id }, process.env.JWT_SECRET);
  },
};
export const demo = {
  enter(member, password) {
    return jwt.sign({ email: member.email, sub: member.id }, process.env.JWT_SECRET);
  },
  join(email, password) {
    this.members[email] = { password };
    return jwt.sign({ email }, process.env.JWT_SECRET);
  },
  told(email) {
    return jwt.sign({ email }, process.env.JWT_SECRET);
  },
};
export async function named(email) {
  const member = await Member.findOne({ email });
  return jwt.sign({ id: member.id }, process.env.JWT_SECRET);
}
export async function issue(email) {
  const member = await Member.findOne({ email });
  return jwt.sign({ id: member.id }, process.env.JWT_SECRET);
}
"""
SIGN = "res.json({ token: jwt.sign({ id: member.id }, KEY) });"
FIND = "const member = await Member.findOne({ email: req.body.email });"
TOLD = {
    "mongoose": f"const {{ email, password }} = req.body; if (!password) return res.status(400).end(); const member = await Member.findOne({{ email }}); {SIGN}",
    "prisma": "const member = await prisma.member.findUnique({ where: { username: req.body.username } }); req.session.memberId = member.id; res.json({});",
    "sql": f"const found = await pool.query('SELECT * FROM members WHERE email = $1', [req.body.email]); const member = found.rows[0]; {SIGN}",
    "helper": f"const member = await storage.getMemberByEmail(req.body.email); {SIGN}",
    "by-part": f"const member = await getUser(req.body.email); {SIGN}",
    "or-new": f"let member = await Member.findOne({{ email: req.body.email }}); if (!member) member = await Member.create({{ email: req.body.email }}); {SIGN}",
    "cookie": f"{FIND} res.cookie('session', createToken(member)); res.end();",
    "named": "const { email, password } = req.body; res.json({ token: jwt.sign({ email }, KEY) });",
    "withheld": f"{FIND} const {{ password, ...shown }} = member; res.json({{ shown, token: jwt.sign({{ id: member.id }}, KEY) }});",
}
QUIET = {
    "compared": f"{FIND} if (!(await bcrypt.compare(req.body.password, member.password))) return res.status(401).end(); {SIGN}",
    "plain": f"{FIND} if (member.password !== req.body.password) return res.status(401).end(); {SIGN}",
    "method": f"{FIND} if (!(await member.isRight(req.body.password))) return res.status(401).end(); {SIGN}",
    "asked": f"const member = await Member.findOne({{ email: req.body.email, password: req.body.password }}); {SIGN}",
    "asked-sql": f"const found = await pool.query('SELECT * FROM members WHERE email = $1 AND password = $2', [req.body.email, req.body.password]); const member = found.rows[0]; {SIGN}",
    "registered": "const known = await Member.findOne({ email: req.body.email }); if (known) return res.status(409).end(); const member = await Member.create(req.body); " + SIGN,
    "code": f"{FIND} if (member.otp !== req.body.otp) return res.status(401).end(); {SIGN}",
    "provider": f"const ticket = await google.verifyIdToken({{ idToken: req.body.token }}); const member = await Member.findOne({{ email: ticket.getPayload().email }}); {SIGN}",
    "token": f"const claims = jwt.verify(req.body.token, KEY); const member = await Member.findOne({{ email: claims.email }}); {SIGN}",
    "second-step": f"const member = await Member.findOne({{ email: req.session.pending }}); {SIGN}",
    "asked-session": f"const member = await Member.findOne({{ email: req.session.get('pending') }}); {SIGN}",
    "whoever-asks": f"const member = await getUser(req); {SIGN}",
    "address-token": "const member = await storage.getMemberByEmail(req.body.email); res.json({ token: createEmailToken(member.email) });",
    "guest": f"const member = await Member.findOne({{ email: 'guest@example.com' }}); {SIGN}",
    "mailed": f"{FIND} const link = jwt.sign({{ id: member.id }}, KEY); await sendMail(member.email, link); res.end();",
    "joined": "const { email, password } = req.body; members[email] = { password }; res.json({ token: jwt.sign({ email }, KEY) });",
    "fixed": "const { email, password } = req.body; if (email !== 'a@b.c' || password !== 'open') return res.end(); res.json({ token: jwt.sign({ email }, KEY) });",
    "callback": f"{FIND} bcrypt.compare(req.body.password, member.password, (error, same) => {{ if (!same) return res.status(401).end(); {SIGN} }});",
}  # fmt: skip
FASTAPI = """import jwt
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from database import SessionLocal, Member, verify_password

app = FastAPI()


class Login(BaseModel):
    email: str
    password: str


@app.post("/open")
def opened(data: Login):
    db = SessionLocal()
    member = db.query(Member).filter(Member.email == data.email).first()
    if member is None:
        raise HTTPException(status_code=401)
    return {"token": jwt.encode({"sub": member.id}, "key")}


@app.post("/closed")
def closed(data: Login):
    db = SessionLocal()
    member = db.query(Member).filter(Member.email == data.email).first()
    if member is None or not verify_password(data.password, member.password):
        raise HTTPException(status_code=401)
    return {"token": jwt.encode({"sub": member.id}, "key")}
"""


def _told(files: dict[str, str]) -> list[tuple[str, int]]:
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).findings
    return [(each.place.path, files[each.place.path].encode()[: each.place.span.start].count(b"\n")) for each in found]


def test_sign_ins_that_compare_nothing() -> None:
    cases = {**TOLD, **QUIET}
    routes = "".join(f'app.post("/{name}", async (req, res) => {{ {body} }});\n' for name, body in cases.items())
    proven = f'app.post("/proven", verifyOtp, async (req, res) => {{ {FIND} {SIGN} }});\n'
    others = proven + (
        'app.post("/service", async (req, res) => res.json(await service.login(req.body.email, req.body.password)));\n'
        'app.post("/demo", async (req, res) => res.json(await demo.enter(req.body.member, req.body.password)));\n'
        'app.post("/join", async (req, res) => res.json(await demo.join(req.body.email, req.body.password)));\n'
        'app.post("/told", async (req, res) => res.json(await demo.told(req.body.email)));\n'
        'app.post("/named", async (req, res) => res.json(await named(req.body.email)));\n'
        'app.post("/issued", async (req, res) => { if (!(await verifyOtp(req.body))) return res.end(); res.json(await issue(req.body.email)); });\n'
    )
    package = (
        '{ "dependencies": { "express": "5", "mongoose": "8", "pg": "8", "@prisma/client": "6", "jsonwebtoken": "9", "bcrypt": "5" } }'
    )
    member = 'import mongoose from "mongoose";\nexport default mongoose.model("Member", new mongoose.Schema({ email: String, password: String }));\n'
    found = _told({"package.json": package, "member.js": member, "helpers.js": HELPERS, "server.js": EXPRESS + routes + others})
    first = EXPRESS.count("\n")
    at = {("server.js", first + number): name for number, name in enumerate(cases)}
    assert sorted(at.get(each, str(each)) for each in found if each[0] == "server.js") == sorted(TOLD)
    lines = HELPERS.splitlines()
    told = [
        6,
        lines.index("    return jwt.sign({ email: member.email, sub: member.id }, process.env.JWT_SECRET);"),
        lines.index("export async function named(email) {") + 2,
    ]
    assert [each for each in found if each[0] == "helpers.js"] == [("helpers.js", line) for line in told]


def test_sign_ins_of_fastapi() -> None:
    database = "from sqlalchemy import Column, String\nfrom sqlalchemy.orm import declarative_base\nBase = declarative_base()\nclass Member(Base):\n    __tablename__ = 'members'\n    email = Column(String, primary_key=True)\n"
    found = _told({"requirements.txt": "fastapi\nsqlalchemy\npyjwt\n", "database.py": database, "main.py": FASTAPI})
    assert found == [("main.py", FASTAPI[: FASTAPI.index('return {"token"')].count("\n"))]
