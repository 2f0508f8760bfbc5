"""What a stranger reaches through a route: directly, through helpers, round guards; and what does not count."""

import pytest
from own_rules import RULES

from batten.facts.routes import Effect, Route, RouteAuth
from batten.rules.registry import load
from batten.scan import scan_files

NEXT = '{"dependencies": {"next": "15"}}'
PRISMA = 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'
SESSION = 'import { getServerSession } from "next-auth"\n'


def routes(files: dict[str, str]) -> dict[str, Route]:
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    return {route.title: route for route in found}


def handler(body: str, imports: str = "", **library: str) -> Route:
    """The route of a Next.js handler whose libraries are given by name."""
    names = "".join(f'import * as {name} from "../../../lib/{name}"\n' for name in library)
    files = {f"lib/{name}.ts": text for name, text in library.items()}
    source = f"{imports}{names}export async function POST(req) {{ {body} }}"
    return routes({"package.json": NEXT, "lib/prisma.ts": PRISMA, **files, "app/api/x/route.ts": source})["POST /api/x"]


def kinds(route: Route) -> list[str]:
    return [effect.kind.value for effect in route.effects]


S3 = (
    "import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'\n"
    "import { getSignedUrl } from '@aws-sdk/s3-request-presigner'\nconst s3 = new S3Client({})\n"
)
DYNAMO = (
    "import { DynamoDBClient } from '@aws-sdk/client-dynamodb'\n"
    "import { DeleteCommand, DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb'\n"
    "const db = DynamoDBDocumentClient.from(new DynamoDBClient({}))\n"
)
LONG = ", ".join(f"column_{number} = ?" for number in range(30))
PRISMA_IMPORT = 'import { prisma } from "../../../lib/prisma"\n'


@pytest.mark.parametrize(
    ("body", "imports", "expected"),
    [
        ("await prisma.post.create({ data: {} })", PRISMA_IMPORT, ["database-write"]),
        ("await prisma.post.findMany()", PRISMA_IMPORT, ["database-read"]),
        ("await prisma.post.delete({ where: {} })", PRISMA_IMPORT, ["database-delete"]),
        # what makes the client is not among the files: what it is asked says what it is
        ("await db.post.create({ data: {} })", "import { db } from '@/lib/nowhere'\n", ["database-write"]),
        ("await db.post.findFirst()", "import { db } from '@acme/db'\n", ["database-read"]),
        ("await db.post.deleteMany()", "import { prisma as db } from '@acme/db'\n", ["database-delete"]),
        ("await shop.post.create({ data: {} })", "import { shop } from '@acme/shop'\n", []),
        ("await openai.chat.completions.create({ model: 'm' })", "import OpenAI from 'openai'\nconst openai = new OpenAI()\n", ["paid-model-call"]),
        ("await generateText({ model: openai('m'), prompt })", "import { generateText } from 'ai'\nimport { openai } from '@ai-sdk/openai'\n", ["paid-model-call"]),
        ("await generateText({ model: ollama('m'), prompt })", "import { generateText } from 'ai'\nimport { ollama } from 'ollama-ai-provider'\n", ["local-model-call"]),
        ("await generateText({ model: process.env.LOCAL ? ollama('m') : openai('m'), prompt })", "import { generateText } from 'ai'\nimport { openai } from '@ai-sdk/openai'\nimport { ollama } from 'ollama-ai-provider'\n", ["paid-model-call", "local-model-call"]),
        ("const own = ollama('m')\n  await generateText({ model: own, prompt })", "import { generateText } from 'ai'\nimport { ollama } from 'ollama-ai-provider'\n", ["local-model-call"]),
        ("await streamText({ model: made('m'), prompt })", "import { streamText } from 'ai'\nimport { createOllama } from 'ollama-ai-provider-v2'\nconst made = createOllama()\n", ["local-model-call"]),
        ("await fetch('https://api.openai.com/v1/chat/completions', { body })", "", ["paid-model-call"]),
        ("await fetch(`https://api.anthropic.com/v1/messages`, {})", "", ["paid-model-call"]),
        ("await fetch('https://api.openai.com/v1/models')", "", []),
        ("await fetch(`https://generativelanguage.googleapis.com/${version}/models?key=${process.env.KEY}`, { method: 'GET' })", "", []),
        ("await fetch(`https://generativelanguage.googleapis.com/${version}/models/${model}:generateContent?key=${process.env.KEY}`, {})", "", ["paid-model-call"]),
        ("await fetch('https://example.com/api')", "", []),
        ("await fetch('https://api.resend.com/emails', { method: 'POST', body })", "", ["mail"]),
        ("await axios.post('https://API.brevo.com/v3/smtp/email', body)", "import axios from 'axios'\n", ["mail"]),
        ("await fetch('https://api.resend.com/emails')", "", []),
        ("await axios.get('https://api.resend.com/emails/1', { headers: {} })", "import axios from 'axios'\n", []),
        ("await fetch(`${process.env.WA_URL}/message/sendText/main`, { method: 'POST', headers: { apikey: process.env.WA_KEY }, body })", "", ["mail"]),
        ("await fetch(`${process.env.WA_URL}/message/sendText/main`, { method: 'POST', headers: { apikey: req.key }, body })", "", []),
        ("await fetch(`${process.env.SITE}/message/sendings`, { method: 'POST', headers: { apikey: process.env.WA_KEY }, body })", "", []),
        ("await fetch(`https://api.telegram.org/bot${process.env.BOT}/sendMessage`, { method: 'POST', body })", "", ["mail"]),
        ("await fetch(`https://api.telegram.org/bot${process.env.BOT}/getUpdates`, { method: 'POST', body })", "", []),
        ("await fetch(`https://graph.facebook.com/v20.0/${id}/messages`, { method: 'POST', body })", "", ["mail"]),
        ("await fetch(`https://graph.facebook.com/v20.0/${id}/media`, { method: 'POST', body })", "", []),
        ("await fetch(`https://graph.facebook.com/v20.0/${id}/feed`, { method: 'POST', body })", "", ["mail"]),
        ("await fetch('https://api.x.com/2/tweets', { method: 'POST', body })", "", ["mail"]),
        ("await fetch('https://api.x.com/2/tweets')", "", []),
        ("await fetch(`https://api.twilio.com/2010-04-01/Accounts/${sid}/Messages.json`, { method: 'POST', body })", "", ["mail"]),
        ("await resend.emails.send({})", "import { Resend } from 'resend'\nconst resend = new Resend('')\n", ["mail"]),
        ("await stripe.refunds.create({})", "import Stripe from 'stripe'\nconst stripe = new Stripe('')\n", ["payment"]),
        ("await stripe.checkout.sessions.create({})", "import Stripe from 'stripe'\nconst stripe = new Stripe('')\n", []),
        ("await writeFile('a', 'b')", "import { writeFile } from 'node:fs/promises'\n", ["file-write"]),
        ("await s3.send(new GetObjectCommand({ Key: 'k' }))", S3, ["file-read"]),
        ("const put = new PutObjectCommand({ Key: 'k' }); await s3.send(put)", S3, ["file-write"]),
        ("await getSignedUrl(s3, new GetObjectCommand({ Key: 'k' }))", S3, ["file-read"]),
        ("await db.send(new DeleteCommand({ Key: {} }))", DYNAMO, ["database-delete"]),
        ("await db.send(new QueryCommand({}))", DYNAMO, ["database-read"]),
        ("execSync('ls')", "import { execSync } from 'child_process'\n", ["command"]),
        ("return Response.json({})", "", []),
    ],
)  # fmt: skip
def test_kinds(body: str, imports: str, expected: list[str]) -> None:
    assert kinds(handler(body, imports)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("db.add(x)\n    db.commit()", ["database-write", "database-write"]),
        ("db.query(User).all()", ["database-read"]),
        ("db.delete(x)", ["database-delete"]),
        ("open('a', 'w')", ["file-write"]),
        ("open('a')", ["file-read"]),
        ("subprocess.run(['ls'])", ["command"]),
        ("requests.post('https://api.openai.com/v1/chat/completions', json=x)", ["paid-model-call"]),
        ("client.chat.completions.create(model='m')", ["paid-model-call"]),
        ("local.chat.completions.create(model='m')", []),
        ("return 1", []),
    ],
)
def test_kinds_of_python(body: str, expected: list[str]) -> None:
    source = f"""
import requests, subprocess
from fastapi import FastAPI, Depends
from openai import OpenAI
from sqlalchemy.orm import Session
from .db import get_db
client = OpenAI()
local = OpenAI(base_url="http://localhost:11434/v1")
app = FastAPI()
@app.post("/x")
def f(db: Session = Depends(get_db)):
    {body}
"""
    files = {"requirements.txt": "fastapi\n", "app/__init__.py": "", "app/db.py": "def get_db(): yield 1\n", "app/main.py": source}
    assert kinds(routes(files)["POST /x"]) == expected


VECTORS = """
import chromadb
from fastapi import FastAPI
from langchain_chroma import Chroma
from llama_index.core import VectorStoreIndex
from pinecone import Pinecone
from qdrant_client import QdrantClient
app = FastAPI()
notes = Chroma(collection_name="notes")
index = Pinecone().Index("notes")
points = QdrantClient("db")
tree = VectorStoreIndex.from_vector_store(notes)
class Store:
    @staticmethod
    def collection():
        try:
            return chromadb.PersistentClient(path="kept").get_or_create_collection(name="notes")
        except Exception:
            return None
def kept():
    return Store.collection()
"""
ASKED_OF_VECTORS = {
    "Store.collection().delete(where={'file': name})": ["database-delete"],
    "kept().add(documents=[name])": ["database-write"],
    "notes.add_documents([name])": ["database-write"],
    "notes.delete(ids=[name])": ["database-delete"],
    "index.upsert(vectors=[name])": ["database-write"],
    "index.delete(ids=[name])": ["database-delete"],
    "points.upsert('notes', points=[name])": ["database-write"],
    "points.delete_collection('notes')": ["database-delete"],
    "tree.delete_ref_doc(name)": ["database-delete"],
    "points.get_collections()": [],
}


def test_a_store_of_vectors_is_a_database() -> None:
    asked = enumerate(ASKED_OF_VECTORS)
    source = VECTORS + "".join(f"@app.post('/{number}')\ndef f{number}(name: str):\n    {call}\n" for number, call in asked)
    found = routes({"requirements.txt": "fastapi\n", "main.py": source})
    assert {call: kinds(found[f"POST /{number}"]) for number, call in enumerate(ASKED_OF_VECTORS)} == ASKED_OF_VECTORS


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("connection.execute(placed('INSERT INTO alerts (place) VALUES (?)'), (x,))", ["database-write"]),
        ("connection.execute(placed(named('DELETE FROM alerts WHERE id = ?')), (x,))", ["database-delete"]),
        ("query = placed('UPDATE alerts SET seen = 1')\n    connection.execute(query)", ["database-write"]),
        ("connection.execute('INSERT INTO {} (place) VALUES (?)'.format(table), (x,))", ["database-write"]),
        ("connection.execute(text('delete from alerts'))", ["database-delete"]),
        ("connection.execute(placed('SELECT * FROM alerts'))", ["database-read"]),
        ("connection.execute(placed('alerts'))", ["database-read"]),
        # Longer than texts are kept, and with something in it that could be a key.
        (f"connection.execute('UPDATE alerts SET {LONG}', x)", ["database-write"]),
        (f"query = 'DELETE FROM alerts WHERE {LONG}'\n    connection.execute(query, x)", ["database-delete"]),
        ("connection.execute('UPDATE alerts SET ref_a1b2c3d4e5f6a7b8c9d0e1 = ?', x)", ["database-write"]),
    ],
)
def test_a_query_that_goes_through_a_call_is_what_it_was(body: str, expected: list[str]) -> None:
    source = f"""
import sqlite3
from flask import Flask
app = Flask(__name__)
connection = sqlite3.connect("alerts.db")
def placed(query):
    return query.replace("?", "%s") if POSTGRES else query
@app.post("/x")
def f():
    {body}
"""
    assert kinds(routes({"requirements.txt": "flask\n", "main.py": source})["POST /x"]) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("await prisma.post.update({ where: { id }, data: { views: { increment: 1 } } })", []),
        ("await prisma.post.update({ where: { id }, data: { views: { increment: 1 }, title: 'x' } })", ["database-write"]),
        ("await prisma.post.update({ where: { id }, data: body })", ["database-write"]),
        ("await posts.updateOne({ _id: id }, { $inc: { downloadCount: 1 } })", []),
        ("await posts.updateOne({ _id: id }, { $inc: { balance: 1 } })", ["database-write"]),
        ("await db.from('posts').update({ views_count: post.views_count + 1 }).eq('id', id)", []),
        ("await db.from('posts').update({ votes: post.votes + 1 }).eq('id', id)", ["database-write"]),
        ("await pool.query('UPDATE links SET clicks = clicks + 1 WHERE id = $1', [id])", []),
        ("await db.rpc('increment_post_views', { id })", []),
        ("await db.rpc('check_rate_limit', { address })", []),
        ("await db.rpc('increment_credits', { id })", ["database-read"]),
        ("await pool.query('UPDATE links SET clicks = clicks + 1, target = $2 WHERE id = $1', [id, to])", ["database-write"]),
        ("await pool.query('INSERT INTO visits DEFAULT VALUES')", []),
        ("await pool.query('INSERT INTO page_views (path, referrer, ip_hash) VALUES ($1, $2, $3)', [path, from, hash])", []),
        ("await pool.query('INSERT INTO visits VALUES ($1, $2)', [patient, reason])", ["database-write"]),
        ("await pool.query('INSERT INTO visits (patient, reason) VALUES ($1, $2)', [patient, reason])", ["database-write"]),
    ],
)
def test_a_count_of_visits_is_nothing_that_a_stranger_changes(body: str, expected: list[str]) -> None:
    imports = (
        "import { createClient } from '@supabase/supabase-js'\nimport { Pool } from 'pg'\nimport { MongoClient } from 'mongodb'\n"
        "const db = createClient(process.env.URL, process.env.SUPABASE_SERVICE_ROLE_KEY)\nconst pool = new Pool()\n"
        "const posts = new MongoClient(process.env.MONGO).db('x').collection('posts')\n"
    )
    assert kinds(handler(f"const body = await req.json(); {body}", PRISMA_IMPORT + imports)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("connection.execute(text('UPDATE posts SET views = views + 1 WHERE id = :id'), {'id': x})", False),
        (
            "connection.execute(text('UPDATE posts SET views = views + 1')); connection.execute(text('UPDATE posts SET title = :x'), x)",
            True,
        ),
        ("connection.execute(text('SELECT 1'))", True),
    ],
)
def test_what_is_committed_is_what_was_changed_before(body: str, expected: bool) -> None:
    source = f"""
from flask import Flask
from sqlalchemy import create_engine, text
app = Flask(__name__)
engine = create_engine("sqlite:///posts.db")
@app.post("/x")
def f():
    with engine.connect() as connection:
        {body}
        connection.commit()
"""
    assert ("database-write" in kinds(routes({"requirements.txt": "flask\n", "main.py": source})["POST /x"])) is expected


def test_through_helpers_and_classes() -> None:
    service = "import { prisma } from './prisma'\nexport class Posts { async create(data) { return this.store(data) } async store(data) { await prisma.post.create({ data }) } }\nexport const posts = new Posts()\n"
    assert kinds(handler("await service.posts.create(await req.json())", service=service)) == ["database-write"]
    helper = "import { prisma } from './prisma'\nconst save = async (data) => prisma.post.create({ data })\nexport const store = async (data) => { await save(data) }\n"
    assert kinds(handler("await helper.store(1)", helper=helper)) == ["database-write"]


def test_in_functions_written_in_place() -> None:
    assert kinds(handler("await Promise.all(rows.map(async (row) => { await prisma.post.create({ data: row }) }))", PRISMA_IMPORT)) == [
        "database-write"
    ]
    assert kinds(handler("await prisma.$transaction(async (tx) => { await tx.post.create({}) })", PRISMA_IMPORT))[:1] != []
    assert kinds(handler("const save = async () => { await prisma.post.create({}) }; await save()", PRISMA_IMPORT)) == ["database-write"]
    assert kinds(handler("const save = async () => { await prisma.post.create({}) }; return 1", PRISMA_IMPORT)) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("const s = await getServerSession(); await prisma.post.findMany(); if (!s) return Response.json({}); await prisma.post.create({})", ["database-read"]),
        ("const s = await getServerSession(); if (s) { await prisma.post.create({}) } await prisma.post.findMany()", ["database-read"]),
        ("const s = await getServerSession(); if (s) { await prisma.post.create({}) } else { await prisma.post.findMany() }", ["database-read"]),
        ("const s = await getServerSession(); try { if (!s) throw new Error(); await prisma.post.create({}) } catch { await prisma.log.create({}); return Response.json({}) }", ["database-write"]),
        ("const s = await getServerSession(); s && (await prisma.post.create({})); await prisma.post.findMany()", ["database-read"]),
        ("const s = await getServerSession(); const rows = s ? await prisma.post.findMany() : []; return Response.json(rows)", ["database-read"]),
    ],
)  # fmt: skip
def test_the_weakest_way_counts(body: str, expected: list[str]) -> None:
    assert kinds(handler(body, SESSION + PRISMA_IMPORT)) == expected


def test_what_a_check_writes_is_no_effect() -> None:
    check = f"""{SESSION}import {{ prisma }} from './prisma'
export async function who(req) {{
  const session = await getServerSession()
  await prisma.user.update({{ data: {{ seen: new Date() }} }})
  if (!session) return null
  return session.user
}}
export async function demand(req) {{
  const key = await prisma.apiKey.findUnique({{ where: {{ key: req.headers.get('x') }} }})
  const session = await getServerSession()
  if (!session) throw new Error('no')
}}
"""
    guarded = handler(
        "const user = await check.who(req); if (!user) return Response.json({}); await prisma.post.create({})", PRISMA_IMPORT, check=check
    )
    assert (guarded.auth, kinds(guarded)) == ("authenticated", ["database-write"])
    demanded = handler("await check.demand(req); await prisma.post.create({})", PRISMA_IMPORT, check=check)
    assert (demanded.auth, kinds(demanded)) == ("authenticated", ["database-write"])
    ignored = handler("await check.who(req)", PRISMA_IMPORT, check=check)
    assert (ignored.auth, kinds(ignored)) == ("unauthenticated", ["database-write"])


@pytest.mark.parametrize(
    ("body", "controlled"),
    [
        ("const { prompt } = await req.json(); await openai.responses.create({ model: 'm', input: prompt })", True),
        ("await openai.responses.create({ model: 'm', input: 'hello' })", False),
        ("const text = `say ${(await req.json()).text}`; await openai.responses.create({ input: text })", True),
        ("await lib.ask('hello')", False),
        ("await lib.ask((await req.json()).text)", True),
    ],
)
def test_who_shapes_the_arguments(body: str, controlled: bool) -> None:
    openai = "import OpenAI from 'openai'\nconst openai = new OpenAI()\n"
    lib = f"{openai}export async function ask(input) {{ return openai.responses.create({{ model: 'm', input }}) }}\n"
    found = handler(body, openai, lib=lib)
    assert (kinds(found), found.model_input_controlled) == (["paid-model-call"], controlled)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("const { key } = await req.json(); const ai = new OpenAI({ apiKey: key }); await ai.responses.create({})", []),
        ("const { key } = await req.json(); const ai = new OpenAI({ apiKey: key || process.env.OPENAI_API_KEY }); await ai.responses.create({})", ["paid-model-call"]),
        ("const ai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY }); await ai.responses.create({})", ["paid-model-call"]),
    ],
)  # fmt: skip
def test_a_key_that_the_caller_brings(body: str, expected: list[str]) -> None:
    assert kinds(handler(body, "import OpenAI from 'openai'\n")) == expected


def test_the_story_leads_there_step_by_step() -> None:
    one = "import { two } from './two'\nexport async function one(data) { await two(data) }\n"
    two = "import { prisma } from './prisma'\nexport async function two(data) { await prisma.post.create({ data }) }\n"
    found = handler("await one.one(1)", one=one, two=two)
    effect: Effect = found.effects[0]
    assert [(step.place.path, step.note) for step in effect.trail] == [
        ("app/api/x/route.ts", "`one` is called here"),
        ("lib/one.ts", "`two` is called here"),
        ("lib/two.ts", "writes to the database here"),
    ]
    assert effect.place.path == "lib/two.ts"


def test_circles_end() -> None:
    one = "import { two } from './two'\nimport { prisma } from './prisma'\nexport async function one(n) { await two(n); await prisma.post.create({}) }\n"
    two = "import { one } from './one'\nimport { prisma } from './prisma'\nexport async function two(n) { if (n) await one(n - 1); await prisma.post.deleteMany({}) }\n"
    assert sorted(kinds(handler("await one.one(3)", one=one, two=two))) == ["database-delete", "database-write"]
    assert sorted(kinds(handler("await two.two(3)", one=one, two=two))) == ["database-delete", "database-write"]


def test_a_route_that_is_far_away_hides_nothing_of_one_that_is_near() -> None:
    chain = "import { prisma } from './prisma'\nexport async function h9() { await prisma.post.create({}) }\n"
    chain += "".join(f"export async function h{number}() {{ await h{number + 1}() }}\n" for number in range(9))
    files = {"package.json": NEXT, "lib/prisma.ts": PRISMA, "lib/h.ts": chain}
    for name, start in (("a", 0), ("b", 4), ("c", 9)):
        source = f"import {{ h{start} }} from '../../../lib/h'\nexport async function POST() {{ await h{start}() }}"
        files[f"app/api/{name}/route.ts"] = source
    found = routes(files)
    assert [kinds(found[f"POST /api/{name}"]) for name in "abc"] == [[], ["database-write"], ["database-write"]]


@pytest.mark.parametrize("body", ["if (process.env.TRACE === 'true') { console.log(text) }", "if (isOn) console.log(text)"])
def test_a_helper_that_only_logs_where_a_setting_is_on_asks_nobody(body: str) -> None:
    trace = f"const isOn = process.env.TRACE === 'true'\nexport function trace(text) {{ {body} }}\n"
    found = handler("trace.trace('x'); await prisma.post.create({ data: {} })", PRISMA_IMPORT, trace=trace)
    assert (found.auth, kinds(found)) == (RouteAuth.UNAUTHENTICATED, ["database-write"])


@pytest.mark.parametrize(
    ("call", "expected"),
    [("db.notes.insert_one({})", ["database-write"]), ("db.notes.find_one({})", ["database-read"]), ("db.notes.tidy()", [])],
)
def test_an_object_that_stands_for_a_database(call: str, expected: list[str]) -> None:
    files = {
        "requirements.txt": "fastapi\nmotor\n",
        "store.py": "from motor.motor_asyncio import AsyncIOMotorClient\n\nclass Lazy:\n    def __getattr__(self, name):\n        return getattr(AsyncIOMotorClient()['notes'], name)\n\ndb = Lazy()\n",
        "main.py": f"from fastapi import FastAPI\nfrom store import db\n\napp = FastAPI()\n\n@app.post('/x')\nasync def add():\n    await {call}\n",
    }
    assert kinds(routes(files)["POST /x"]) == expected


def test_a_session_whose_annotation_says_how_it_is_made_is_a_session() -> None:
    deps = """
from typing import Annotated
from fastapi import Depends
from sqlmodel import Session
def get_session():
    with Session(engine) as session:
        yield session
SessionDep = Annotated[Session, Depends(get_session)]
"""
    main = """
from fastapi import FastAPI
from app.deps import SessionDep
from app.models import Item
app = FastAPI()
@app.delete("/items/{number}")
def remove(session: SessionDep, number: int):
    item = session.get(Item, number)
    session.delete(item)
    session.commit()
"""
    models = "from sqlmodel import SQLModel\nclass Item(SQLModel, table=True):\n    number: int\n"
    manifest = '[project]\nname = "shop"\ndependencies = ["fastapi", "sqlmodel"]\n'
    files = {"pyproject.toml": manifest, "app/__init__.py": "", "app/deps.py": deps, "app/main.py": main, "app/models.py": models}
    assert kinds(routes(files)["DELETE /items/{number}"]) == ["database-read", "database-delete", "database-write"]
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES, surface=True)
    assert [(deed.kind.value, deed.detail) for deed in found.reaches[0].deeds] == [("database-read", "Item"), ("database-delete", "Item")]


MODEL = "from openai import OpenAI\n\nclient = OpenAI()\n\n\ndef answer(model, prompt: str):\n    return client.chat.completions.create(model=model)\n"
PROGRAM = "import importlib\nfrom functools import partial\nfrom fastapi import FastAPI\nfrom openai import OpenAI\n\nclient = OpenAI()\napp = FastAPI()\n"


@pytest.mark.parametrize(
    "text",
    [
        'ask = partial(client.chat.completions.create, model="m")\n\n@app.post("/x")\ndef x(prompt: str):\n    return ask(messages=[])\n',
        'def ask(model, prompt: str):\n    return client.chat.completions.create(model=model)\n\napp.add_api_route("/x", partial(ask, "m"), methods=["POST"])\n',
        'model = importlib.import_module("shop.model")\n\n@app.post("/x")\ndef x(prompt: str):\n    return model.answer("m", prompt)\n',
        'model = importlib.import_module(".model", package="shop")\n\n@app.post("/x")\ndef x(prompt: str):\n    return model.answer("m", prompt)\n',
        'answer = importlib.import_module(".model", __package__).answer\n\n@app.post("/x")\ndef x(prompt: str):\n    return answer("m", prompt)\n',
    ],
)
def test_functions_with_arguments_given_and_modules_imported_by_a_call(text: str) -> None:
    files = {"requirements.txt": "fastapi\nopenai\n", "shop/__init__.py": "", "shop/model.py": MODEL, "shop/main.py": PROGRAM + text}
    assert kinds(routes(files)["POST /x"]) == ["paid-model-call"]


def test_a_router_of_a_module_that_a_call_imports_has_its_prefix() -> None:
    files = {
        "requirements.txt": "fastapi\n",
        "shop/__init__.py": "",
        "shop/orders.py": 'from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n@router.post("/x")\ndef x():\n    pass\n',
        "shop/main.py": PROGRAM + 'orders = importlib.import_module("shop.orders")\napp.include_router(orders.router, prefix="/orders")\n',
    }
    assert list(routes(files)) == ["POST /orders/x"]


@pytest.mark.parametrize("given", ["openai.chat.completions.create.bind(openai.chat.completions)", "openai.chat.completions.create"])
def test_a_method_under_a_name_of_its_own(given: str) -> None:
    body = f"const create = {given}; await create({{ model: 'm' }})"
    assert kinds(handler(body, "import OpenAI from 'openai'\nconst openai = new OpenAI()\n")) == ["paid-model-call"]


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        ("export function login() { return async (req, res) => { await prisma.user.update({}) } }", ["database-write"]),
        ("export const login = () => async (req, res) => { await prisma.user.update({}) }", ["database-write"]),
        (
            "export function login() { const answer = async (req, res) => { await prisma.user.update({}) }; return answer }",
            ["database-write"],
        ),
        ("export function login() { if (off) return null; return async (req, res) => { await prisma.user.update({}) } }", []),
        ("export function login() { return new Login() }", []),
    ],
)
def test_a_handler_that_a_function_makes(library: str, expected: list[str]) -> None:
    server = 'import express from "express"\nimport { login } from "./login"\nconst app = express()\napp.post("/login", login())\n'
    files = {
        "package.json": '{"dependencies": {"express": "4"}}',
        "prisma.ts": PRISMA,
        "login.ts": f'import {{ prisma }} from "./prisma"\n{library}\n',
        "server.ts": server,
    }
    assert kinds(routes(files)["POST /login"]) == expected


KEPT = {
    "held back in development": "let db: PrismaClient\ndeclare global { var __db: PrismaClient | undefined }\nif (process.env.NODE_ENV === 'production') { db = new PrismaClient() } else { if (!global.__db) { global.__db = new PrismaClient() } db = global.__db }\nexport { db }\n",
    "held back first": "let db: PrismaClient\nif (process.env.NODE_ENV !== 'production') { db = globalThis.__db } else { db = new PrismaClient() }\nexport { db }\n",
    "remembered": "import { remember } from '@epic-web/remember'\nexport const db = remember('db', () => new PrismaClient())\n",
    "made once": "import { singleton } from './singleton'\nexport const db = singleton('db', () => { return new PrismaClient({ log: [] }) })\n",
}


@pytest.mark.parametrize("made", KEPT.values(), ids=KEPT)
@pytest.mark.parametrize("deed", ["await db.shelf.delete({ where: { id } })", "await db.$transaction(async (db) => { await db.shelf.delete({ where: { id } }) })"])  # fmt: skip
def test_a_client_that_is_kept_over_loads_is_that_client(made: str, deed: str) -> None:
    files = {
        "package.json": b'{"dependencies": {"@remix-run/node": "2.0.0", "@prisma/client": "6.0.0"}}',
        "app/db.server.ts": f"import {{ PrismaClient }} from '@prisma/client'\n{made}".encode(),
        "app/routes/api.shelves.ts": f"import {{ db }} from '../db.server'\nexport const action = async ({{ request }}) => {{\n  const id = (await request.formData()).get('id')\n  {deed}\n  return null\n}}\n".encode(),
    }
    found = [(finding.rule, finding.place.path) for finding in scan_files(files, RULES).findings]
    assert found == [("unauthenticated-write-route", "app/routes/api.shelves.ts")]


@pytest.mark.parametrize("made", ["remember('db', (name) => new PrismaClient())", "wrap('db', () => new PrismaClient())", "global.__db"])
def test_what_is_made_otherwise_is_no_client(made: str) -> None:
    files = {
        "package.json": b'{"dependencies": {"@remix-run/node": "2.0.0", "@prisma/client": "6.0.0"}}',
        "app/db.server.ts": f"import {{ PrismaClient }} from '@prisma/client'\nexport const store = {made}\n".encode(),
        "app/routes/api.shelves.ts": b"import { store } from '../db.server'\nexport const action = async ({ request }) => { await store.shelf.delete({ where: { id: 1 } }); return null }\n",
    }
    assert [finding.rule for finding in scan_files(files, RULES).findings] == []


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (
            "return NextAuth(req, res, { callbacks: { async signIn({ user }) { await prisma.account.create({ data: { userId: user.id } }); } } });",
            0,
        ),
        ("await prisma.account.deleteMany({ where: { id: req.query.id } }); return NextAuth(req, res, { callbacks: {} });", 1),
        (
            "return later(req, res, { callbacks: { async signIn({ user }) { await prisma.account.create({ data: { userId: user.id } }); } } });",
            1,
        ),
    ],
)
def test_what_a_library_calls_that_signs_people_in_is_not_for_strangers(handler: str, told: int) -> None:
    text = f"""import NextAuth from "next-auth";
import {{ later }} from "later";
import {{ PrismaClient }} from "@prisma/client";
const prisma = new PrismaClient();
export default async function auth(req, res) {{ {handler} }}
"""
    files = {"pages/api/auth/[...nextauth].ts": text.encode(), "package.json": b'{"dependencies": {"next": "14", "next-auth": "4"}}'}
    found = scan_files(files, load(with_plugins=False).select(["unauthenticated-write-route"])).findings
    assert len(found) == told
