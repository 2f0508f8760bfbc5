"""Routes that look a row up by a secret of the caller's: who has the token of an invitation, or the key of an account, was given it."""

import pytest
from own_rules import RULES

from batten.facts.routes import Route
from batten.scan import scan_files

EXPRESS = """
const express = require("express");
const jwt = require("jsonwebtoken");
const mongoose = require("mongoose");
const { Pool } = require("pg");
const { PrismaClient } = require("@prisma/client");
const pool = new Pool();
const prisma = new PrismaClient();
const Invite = mongoose.model("Invite", new mongoose.Schema({ token: String }));
const ApiKey = mongoose.model("ApiKey", new mongoose.Schema({ key: String }));
const Project = mongoose.model("Project", new mongoose.Schema({ name: String }));
const app = express();
const byToken = (token) => Invite.findOne({ token });
const { kept } = require("./kept");
app.post("/x/:id", async (req, res) => { BODY });
app.listen(3000);
"""
OPEN = "await Project.deleteOne({ _id: req.params.id }); res.json({});"
FASTAPI = """
from fastapi import Depends, FastAPI, Header, HTTPException
from sqlalchemy.orm import Session
from models import ApiKey, Invite, Project, get_db

app = FastAPI()

@app.post("/x/{id}")
def x(id: str, given: str, token: str, x_api_key: str = Header(...), db: Session = Depends(get_db)):
    BODY
    db.delete(Project(id=id))
"""
MODELS = """
from sqlalchemy import Column, String
from sqlalchemy.orm import declarative_base
Base = declarative_base()
class ApiKey(Base):
    __tablename__ = "api_keys"
    id = Column(String, primary_key=True); key = Column(String); owner = Column(String)
class Invite(Base):
    __tablename__ = "invites"
    id = Column(String, primary_key=True); token = Column(String); owner = Column(String)
class Project(Base):
    __tablename__ = "projects"
    id = Column(String, primary_key=True)
def get_db():
    yield None
"""


def status(files: dict[str, str]) -> str:
    """Of the one route of an app."""
    (route,) = _routes(files)
    return "can't tell" if route.auth is None else route.auth.value


def _routes(files: dict[str, str]) -> tuple[Route, ...]:
    return scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("const row = await Invite.findOne({ token: req.body.token }); if (!row) return res.status(404).json({});", "secret"),
        ("const row = await Invite.findOne({ token: req.body.token }); if (row == null) { return res.status(400).end(); }", "secret"),
        ("const row = await Invite.findOne({ inviteToken: req.query.t }); if (!row) return res.status(404).json({});", "secret"),
        ('const row = await ApiKey.findOne({ key: req.get("x-api-key") }); if (!row) return res.sendStatus(403);', "secret"),
        ("const row = await prisma.invite.findUnique({ where: { token: req.body.token } }); if (!row) return res.sendStatus(404);", "secret"),
        ('const { rows } = await pool.query("select * from invites where token = $1", [req.body.token]); if (!rows[0]) return res.sendStatus(404);', "secret"),
        ("const row = await byToken(req.body.token); if (!row) return res.sendStatus(404);", "secret"),
        # A code that was sent to somebody, by the row of such codes; that of anything else may be known to all.
        ("const row = await prisma.otpCode.findFirst({ where: { code: req.body.code, phone: req.body.phone } }); if (!row) return res.sendStatus(400);", "secret"),
        ('const { rows } = await pool.query("select * from email_verifications where email = $1 and code = $2", [req.body.email, req.body.code]); if (!rows[0]) return res.sendStatus(400);', "secret"),
        ("const row = await prisma.otpCode.findFirst({ where: { phone: req.body.phone } }); if (!row) return res.sendStatus(400);", "unauthenticated"),
        ("const row = await prisma.coupon.findFirst({ where: { code: req.body.code } }); if (!row) return res.sendStatus(400);", "unauthenticated"),
        # The key of a row is no secret, nor is what an account or a device is called.
        ("const row = await Project.findOne({ _id: req.params.id }); if (!row) return res.status(404).json({});", "unauthenticated"),
        ("const row = await Invite.findOne({ email: req.body.email }); if (!row) return res.status(404).json({});", "unauthenticated"),
        ("const row = await Invite.findOne({ pushToken: req.body.pushToken }); if (!row) return res.status(404).json({});", "unauthenticated"),
        # Anybody writes a token that nobody verifies.
        ("const row = await Project.findOne({ _id: jwt.decode(req.body.token).id }); if (!row) return res.status(404).json({});", "unauthenticated"),
        ("const row = jwt.decode(req.body.token); if (!row) return res.status(404).json({});", "presence"),
        # Who has put a session there can't be told; of what is kept under anything else it says nothing.
        ("const row = kept.get(req.cookies.token); if (!row) return res.status(404).json({});", "can't tell"),
        ("const row = kept.get(req.params.id); if (!row) return res.status(404).json({});", "unauthenticated"),
        ("const row = kept.get(req.cookies.token);", "unauthenticated"),
        # Nobody asks whether it was there, or the test is about something else.
        ("const row = await Invite.findOne({ token: req.body.token });", "unauthenticated"),
        ("const row = await Invite.findOne({ token: req.body.token }); if (row) console.log(row.id);", "unauthenticated"),
        (
            "const row = await Invite.findOne({ token: req.body.token }); const other = await Invite.findOne({ _id: req.params.id }); if (!other) return res.sendStatus(404);",
            "unauthenticated",
        ),
        # A token that is kept is no condition.
        ("await Invite.create({ token: req.body.token });", "unauthenticated"),
        ("await Project.updateOne({ _id: req.params.id }, { token: req.body.token });", "unauthenticated"),
        ("await prisma.project.update({ where: { id: req.params.id }, data: { token: req.body.token } });", "unauthenticated"),
        # What the server itself knows is no secret of the caller's.
        ('const row = await Invite.findOne({ token: "welcome" }); if (!row) return res.status(404).json({});', "unauthenticated"),
    ],
)  # fmt: skip
def test_a_row_that_has_to_be_there(body: str, expected: str) -> None:
    dependencies = '{"dependencies": {"express": "5", "mongoose": "8", "pg": "8", "jsonwebtoken": "9", "@prisma/client": "6"}}'
    assert status({"package.json": dependencies, "server.js": EXPRESS.replace("BODY", f"{body} {OPEN}")}) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("row = db.query(Invite).filter(Invite.token == given).first()\n    if row is None:\n        raise HTTPException(404)", "secret"),
        ("row = db.query(Invite).filter_by(token=given).first()\n    if not row:\n        raise HTTPException(404)", "secret"),
        ("row = db.query(ApiKey).filter(ApiKey.key == x_api_key).first()\n    if row is None:\n        raise HTTPException(401)", "secret"),
        ("row = db.query(Project).filter(Project.id == id).first()\n    if row is None:\n        raise HTTPException(404)", "unauthenticated"),
        ("row = db.query(Invite).filter(Invite.token == given).first()", "unauthenticated"),
        ("db.query(Project).filter(Project.id == id).update({'token': token})", "unauthenticated"),
        ("row = db.query(Invite).filter(Invite.owner == given).first()\n    if row is None:\n        raise HTTPException(404)", "unauthenticated"),
    ],
)  # fmt: skip
def test_a_row_that_has_to_be_there_in_python(body: str, expected: str) -> None:
    assert status({"requirements.txt": "fastapi\nsqlalchemy\n", "main.py": FASTAPI.replace("BODY", body), "models.py": MODELS}) == expected


SHARED = {
    "package.json": '{"dependencies": {"next": "15", "@prisma/client": "6"}}',
    "lib/prisma.ts": 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n',
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "const row = await prisma.invite.findUnique({ where: { token } }); if (!row) return new Response(null, { status: 404 });",
            "secret",
        ),
        (
            "const row = await prisma.invite.findFirst({ where: { id, token } }); if (!row) return new Response(null, { status: 404 });",
            "secret",
        ),
        (
            "const row = await prisma.invite.findUnique({ where: { id } }); if (!row) return new Response(null, { status: 404 });",
            "unauthenticated",
        ),
        ("await prisma.invite.create({ data: { token } });", "unauthenticated"),
        ("await prisma.invite.update({ data: { token }, where: { id } });", "unauthenticated"),
    ],
)
def test_a_client_of_the_apps_own(body: str, expected: str) -> None:
    text = f'import {{ prisma }} from "@/lib/prisma"\nexport async function POST(req) {{ const {{ token, id }} = await req.json(); {body} await prisma.trip.delete({{ where: {{ id }} }}) }}'
    assert status({**SHARED, "tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./*"]}}}', "app/api/x/route.ts": text}) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("const row = await tx.invites.consume({ tokenHash: digest(token) }); if (!row) throw new Error('gone');", "can't tell"),
        ("const row = await tx.invites.create({ tokenHash: digest(token) }); if (!row) throw new Error('gone');", "unauthenticated"),
        ("const row = await tx.robots.solve({ token }); if (!row) throw new Error('gone');", "unauthenticated"),
        ("const row = await tx.files.find({ contentHash: digest(token) }); if (!row) throw new Error('gone');", "unauthenticated"),
        ("const row = await tx.invites.consume({ tokenHash: FIXED }); if (!row) throw new Error('gone');", "unauthenticated"),
        ("await tx.invites.consume({ tokenHash: digest(token) });", "unauthenticated"),
    ],
)
def test_what_can_not_be_followed_is_asked_by_the_hash_of_a_secret(body: str, expected: str) -> None:
    text = f'import {{ prisma }} from "@/lib/prisma"\nimport {{ work }} from "@/lib/work"\nexport async function POST(req) {{ const {{ token, id }} = await req.json(); await work(async (tx) => {{ {body} await prisma.trip.delete({{ where: {{ id }} }}) }}) }}'
    assert status({**SHARED, "tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./*"]}}}', "app/api/x/route.ts": text}) == expected


EDGE = """
import { createClient } from "https://esm.sh/@supabase/supabase-js@2";
Deno.serve(async (req) => {
  const { token, id } = await req.json();
  const db = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!);
  const { data: link, error } = await db.from("links").select("id, person").eq("COLUMN", VALUE).maybeSingle();
  if (error || !link) return new Response("no", { status: 404 });
  const { data: person } = await db.from("people").select("id").eq("id", link.person).maybeSingle();
  if (!person) return new Response("no", { status: 404 });
  await db.from("people").update({ seen: true }).eq("id", person.id);
  return new Response("ok");
});
"""


@pytest.mark.parametrize(
    ("column", "value", "expected"), [("token", "token", "secret"), ("id", "id", "unauthenticated"), ("id", "token", "secret")]
)
def test_an_edge_function_for_whoever_has_the_link(column: str, value: str, expected: str) -> None:
    files = {
        "supabase/config.toml": 'project_id = "x"\n[functions.open]\nverify_jwt = false\n',
        "supabase/functions/open/index.ts": EDGE.replace("COLUMN", column).replace("VALUE", value),
    }
    assert status(files) == expected


KEPT = [
    "await db.from('devices').update({ token }).eq('id', id);",
    "await db.from('devices').update({ seen: true, token }).eq('id', id);",
    "await db.from('devices').insert({ token });",
    "await db.from('devices').upsert({ id, token });",
]


@pytest.mark.parametrize("kept", KEPT)
def test_a_token_that_is_kept_lets_nobody_in(kept: str) -> None:
    """All that the function does is open."""
    text = """import { createClient } from "https://esm.sh/@supabase/supabase-js@2";
Deno.serve(async (req) => {
  const { token, id } = await req.json();
  const db = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!);
  KEPT
  return new Response("ok");
});
"""
    config = 'project_id = "x"\n[functions.open]\nverify_jwt = false\n'
    assert status({"supabase/config.toml": config, "supabase/functions/open/index.ts": text.replace("KEPT", kept)}) == "unauthenticated"


@pytest.mark.parametrize(
    "kept",
    ["update({ token }, { where: { id: req.params.id } })", "create({ token })", "findOrCreate({ where: { token } })", "upsert({ token })"],
)
def test_a_token_that_sequelize_keeps_lets_nobody_in(kept: str) -> None:
    text = f"""const express = require("express");
const {{ Sequelize, DataTypes }} = require("sequelize");
const sequelize = new Sequelize("sqlite::memory:");
const Device = sequelize.define("Device", {{ token: DataTypes.STRING }});
const app = express();
app.post("/x/:id", async (req, res) => {{ const {{ token }} = req.body; await Device.{kept}; res.end(); }});
"""
    assert status({"package.json": '{"dependencies": {"express": "5", "sequelize": "6"}}', "server.js": text}) == "unauthenticated"


@pytest.mark.parametrize(
    "kept",
    ["Device.objects.filter(pk=1).update(token=token)", "Device.objects.get_or_create(token=token)", "Device.objects.create(token=token)"],
)
def test_a_token_that_django_keeps_lets_nobody_in(kept: str) -> None:
    files = {
        "requirements.txt": "django\n",
        "app/models.py": "from django.db import models\n\nclass Device(models.Model):\n    token = models.CharField(max_length=9)\n",
        "app/views.py": f"import json\nfrom django.http import JsonResponse\nfrom .models import Device\n\ndef keep(request):\n    token = json.loads(request.body)['token']\n    {kept}\n    return JsonResponse({{}})\n",
        "app/urls.py": "from django.urls import path\nfrom . import views\n\nurlpatterns = [path('keep/', views.keep)]\n",
    }
    assert status(files) == "unauthenticated"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('await pool.query("DELETE FROM invites WHERE token = $1", [req.body.token]);', "secret"),
        ('await pool.query("INSERT INTO devices (token) VALUES ($1)", [req.body.token]);', "unauthenticated"),
        ('await pool.query("UPDATE devices SET token = $1 WHERE id = $2", [req.body.token, req.params.id]);', "unauthenticated"),
        ('await pool.query("DELETE FROM devices WHERE token = $1 OR id = $2", [req.body.token, req.params.id]);', "unauthenticated"),
        ("await prisma.device.deleteMany({ where: { token: req.body.token } });", "secret"),
        ("await prisma.device.deleteMany({ where: { OR: [{ token: req.body.token }, { id: req.params.id }] } });", "unauthenticated"),
        ("await prisma.device.upsert({ where: { id: req.params.id }, create: { token: req.body.token }, update: {} });", "unauthenticated"),
    ],
)
def test_a_request_for_what_belongs_to_a_secret_alone(body: str, expected: str) -> None:
    """All that the route does is this one request."""
    dependencies = '{"dependencies": {"express": "5", "mongoose": "8", "pg": "8", "jsonwebtoken": "9", "@prisma/client": "6"}}'
    assert status({"package.json": dependencies, "server.js": EXPRESS.replace("BODY", f"{body} res.end();")}) == expected


CODES = {
    "unique_code": True,
    "share_code": True,
    "invite_code": True,
    "access_code": True,
    "postal_code": False,
    "country_code": False,
    "promo_code": False,
}


@pytest.mark.parametrize("column", CODES)
def test_codes_that_are_made_to_be_handed_out(column: str) -> None:
    files = {
        "requirements.txt": "flask\nflask-sqlalchemy\n",
        "main.py": f"""from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class Party(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    {column} = db.Column(db.String)


@app.post("/party/<{column}>")
def leave({column}):
    party = Party.query.filter_by({column}={column}).first_or_404()
    db.session.delete(party)
    db.session.commit()
    return {{}}
""",
    }
    assert (status(files) == "secret") is CODES[column]


def test_an_account_or_the_key_of_one() -> None:
    text = (
        "import asyncio\nimport jwt\nfrom fastapi import Depends, FastAPI, Header, HTTPException\nfrom supabase import create_client\napp = FastAPI()\n"
        "def store():\n    return create_client('u', 'k')\n"
        "def owner_of(key):\n    rows = store().table('user_api_keys').select('user_id').eq('key_hash', digest(key)).execute()\n"
        "    if not rows.data:\n        return None\n    return rows.data[0]['user_id']\n"
        "async def either(authorization: str = Header(None), x_api_key: str = Header(None)):\n"
        "    if x_api_key:\n        found = await asyncio.to_thread(owner_of, x_api_key)\n        if found:\n            return found\n"
        "    user = store().auth.get_user(authorization)\n    if not user:\n        raise HTTPException(status_code=401)\n    return user.id\n"
        "def by_key(x_api_key: str = Header(None)):\n    found = owner_of(x_api_key)\n    if not found:\n        raise HTTPException(status_code=401)\n    return found\n"
        "@app.delete('/notes/{id}')\ndef drop(id: str, who=Depends(either)):\n    store().table('notes').delete().eq('id', id).execute()\n"
        "@app.delete('/drafts/{id}')\ndef forget(id: str, who=Depends(by_key)):\n    store().table('drafts').delete().eq('id', id).execute()\n"
    )
    found = scan_files({"requirements.txt": b"fastapi\nsupabase\n", "main.py": text.encode()}, RULES).project.routes
    assert [(route.path, route.auth) for route in sorted(found, key=lambda each: each.place)] == [
        ("/notes/{id}", "authenticated"),
        ("/drafts/{id}", "secret"),
    ]


ACTION = """'use server'
import { PrismaClient } from '@prisma/client'
import { auth } from '@clerk/nextjs/server'
import { createServerClient } from '@supabase/ssr'
import { eq, or } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import { boards, users } from './schema'
import { account, anyAccount } from './accounts'
const prisma = new PrismaClient()
const db = drizzle(process.env.DATABASE_URL)
export async function removeBoard(id: string, handle: string) {
  const { userId } = await auth()
  LOOKUP
  if (!user) REFUSAL
  await prisma.board.delete({ where: { id } })
}
"""
ACCOUNTS = """import { PrismaClient } from '@prisma/client'
import { auth } from '@clerk/nextjs/server'
const prisma = new PrismaClient()
export async function account() {
  const { userId } = await auth()
  return prisma.user.findUnique({ where: { clerkId: userId } })
}
export async function anyAccount() {
  const { userId } = await auth()
  return prisma.user.findFirst({ where: { clerkId: userId } })
}
"""


@pytest.mark.parametrize("refusal", ["throw new Error('no')", "return { error: 'no' }"])
@pytest.mark.parametrize(
    ("lookup", "auth"),
    [
        ("const user = await prisma.user.findUnique({ where: { clerkId: userId } })", "authenticated"),
        ("const user = await prisma.user.findUniqueOrThrow({ where: { clerkId: userId } })", "authenticated"),
        ("const user = await db.query.users.findFirst({ where: eq(users.clerkId, userId) })", "authenticated"),
        ("const user = await account()", "authenticated"),
        # Where there is no id, this client gives whoever is first.
        ("const user = await prisma.user.findFirst({ where: { clerkId: userId } })", "unauthenticated"),
        ("const user = await anyAccount()", "unauthenticated"),
        # Nobody is asked who calls, or one may be anybody else as well.
        ("const user = await prisma.user.findUnique({ where: { handle } })", "unauthenticated"),
        ("const user = await db.query.users.findFirst({ where: or(eq(users.clerkId, userId), eq(users.handle, handle)) })", "unauthenticated"),
        ("const user = await prisma.user.create({ data: { clerkId: userId } })", "unauthenticated"),
    ],
)  # fmt: skip
def test_who_has_a_row_found_by_who_they_are_is_known(lookup: str, auth: str, refusal: str) -> None:
    files = {
        "package.json": b'{"dependencies": {"next": "16.0.1", "@clerk/nextjs": "6.0.0", "@prisma/client": "6.0.0", "drizzle-orm": "0.44.0"}}',
        "schema.ts": b"import { pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { clerkId: text(), handle: text() })\nexport const boards = pgTable('boards', { id: text() })\n",
        "accounts.ts": ACCOUNTS.encode(),
        "actions.ts": ACTION.replace("LOOKUP", lookup).replace("REFUSAL", refusal).encode(),
    }
    found = {route.path: route.auth for route in scan_files(files, RULES).project.routes}
    assert found == {"removeBoard": auth}
