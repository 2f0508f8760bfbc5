"""Changes that open something, each in two frameworks, and changes of the same files that open nothing."""

from typing import NamedTuple

Files = dict[str, str]


class Regression(NamedTuple):
    """``rules`` (a word each) are told at ``path:line`` of what ``opens`` changes; ``refactors`` is a look-alike that opens nothing."""

    app: Files
    opens: Files
    rules: str
    path: str
    line: int
    refactors: Files


SQL = "supabase/migrations/20250101000000_start.sql"
NEXT_SQL = "supabase/migrations/20250201000000_next.sql"
NOTES = """create table public.notes (id uuid primary key, user_id uuid references auth.users (id), body text);
alter table public.notes enable row level security;
"""
OWN = "using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id)"
OPEN_BUT_OWN = f"{NOTES}create policy anyone on public.notes for all using (true) with check (true);\ncreate policy own on public.notes as restrictive for all {OWN};\n"
PRISMA = {
    "package.json": '{"dependencies": {"prisma": "6", "@prisma/client": "6", "@supabase/supabase-js": "2"}}',
    "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n',
    "lib/client.ts": "import { createClient } from '@supabase/supabase-js'\n"
    "export const db = createClient('https://abcdefghijklmnopqrst.supabase.co', process.env.NEXT_PUBLIC_SUPABASE_ANON_KEY!)\n"
    "export const notes = () => db.from('notes').select('*')\n",
}
PRISMA_SQL, PRISMA_NEXT = (f"prisma/migrations/{name}/migration.sql" for name in ("20250101000000_start", "20250201000000_next"))
FIRESTORE = """rules_version = '2';
service cloud.firestore {
  match /databases/{database}/documents {
    match /notes/{note} {
      allow read, write: if request.auth != null && request.auth.uid == resource.data.owner;
    }
  }
}
"""

EXPRESS = """const express = require('express')
const jwt = require('jsonwebtoken')
const { Pool } = require('pg')
const db = new Pool()
const app = express()
const signedIn = (req, res, next) => {
  try {
    req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET)
  } catch {
    return res.status(401).end()
  }
  next()
}
app.post('/notes', signedIn, async (req, res) => {
  await db.query('insert into notes (owner, body) values ($1, $2)', [req.user.sub, req.body.text])
  res.status(201).end()
})
app.listen(3000)
"""
EXPRESS_PACKAGE = (
    '{"dependencies": {"express": "5", "jsonwebtoken": "9", "pg": "8", "express-jwt": "8", "openai": "6", "express-rate-limit": "8"}}'
)
CLEAR = """app.delete('/notes', GUARDasync (req, res) => {
  await db.query('delete from notes where owner = $1', [OWNER])
  res.status(204).end()
})
app.listen(3000)
"""
FASTAPI = """import os

import jwt
import psycopg
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer

app = FastAPI()
bearer = HTTPBearer()
db = psycopg.connect(os.environ["DATABASE_URL"])


def signed_in(token=Depends(bearer)) -> str:
    try:
        return jwt.decode(token.credentials, os.environ["JWT_SECRET"], algorithms=["HS256"])["sub"]
    except jwt.PyJWTError:
        raise HTTPException(401)


@app.post("/notes")
def add(text: str, user: str = Depends(signed_in)) -> None:
    db.execute("insert into notes (owner, body) values (%s, %s)", (user, text))
"""
REMOVE = """

@app.delete("/notes")
def clear(user: strGUARD) -> None:
    db.execute("delete from notes where owner = %s", (user,))
"""
EXPRESS_JWT = """import express from 'express'
import { expressjwt } from 'express-jwt'
import pg from 'pg'

const db = new pg.Pool()
const app = express()
app.use(expressjwt({ secret: process.env.JWT_SECRET, algorithms: ['HS256'] }))
app.delete('/notes', async (req, res) => {
  await db.query('delete from notes where owner = $1', [req.auth.sub])
  res.status(204).end()
})
app.listen(3000)
"""
OPTIONAL_USER = FASTAPI.replace(
    "    except jwt.PyJWTError:\n        raise HTTPException(401)\n", '    except jwt.PyJWTError:\n        return "nobody"\n'
)

NEXT_PACKAGE = '{"dependencies": {"next": "16.0.0", "react": "19.0.0", "openai": "6", "@supabase/supabase-js": "2"}}'
VITE_PACKAGE = '{"dependencies": {"vite": "7.0.0", "react": "19.0.0", "openai": "6", "@supabase/supabase-js": "2"}}'
VITE_PAGE = {"package.json": VITE_PACKAGE, "index.html": '<script type="module" src="/src/main.tsx"></script>\n'}
ASK_NEXT = """'use client'
import { useState } from 'react'

export default function Ask() {
  const [answer, show] = useState('')
  const ask = async () => {
    const got = await fetch('/api/ask', { headers: { 'x-app': process.env.NEXT_PUBLIC_APP_NAME! } })
    show(await got.text())
  }
  return <button onClick={ask}>{answer}</button>
}
"""
ASK_VITE = ASK_NEXT.replace("'use client'\n", "").replace("process.env.NEXT_PUBLIC_APP_NAME!", "import.meta.env.VITE_APP_NAME")
ADMIN = """import { createClient } from '@supabase/supabase-js'
export const admin = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_ROLE_KEY!)
export const people = () => admin.auth.admin.listUsers()
"""
LIST = """'use client'
import { useState } from 'react'

export function List() {
  const [names] = useState<string[]>([])
  return <p>{names.join(', ')}</p>
}
"""
ADMIN_VITE = ADMIN.replace("process.env.SUPABASE_URL!", "import.meta.env.VITE_SUPABASE_URL").replace(
    "process.env.SUPABASE_SERVICE_ROLE_KEY!", "process.env.SUPABASE_SERVICE_ROLE_KEY!"
)
COMPOSE = """services:
  web:
    build: .
    ports: ["80:3000"]
  STORE
"""
REDIS = "cache:\n    image: redis:7\n    PORTS\n    restart: always"
MONGO = "store:\n    image: mongo:8\n    restart: always\n    PORTS"
EDGE = """import { createClient } from '@supabase/supabase-js'
const admin = createClient(Deno.env.get('SUPABASE_URL')!, Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')!)
Deno.serve(async (req) => {
  const { address } = await req.json()
  const { error } = await admin.auth.admin.inviteUserByEmail(address)
  return Response.json({ error })
})
"""
CHAT_EXPRESS = """import express from 'express'
import { rateLimit } from 'express-rate-limit'
import jwt from 'jsonwebtoken'
import OpenAI from 'openai'

const app = express()
const openai = new OpenAI()
const signedIn = (req, res, next) => {
  try {
    req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET)
  } catch {
    return res.status(401).end()
  }
  next()
}
app.use(rateLimit({ windowMs: 60_000, limit: 20 }))
app.post('/chat', signedIn, async (req, res) => {
  const answer = await openai.chat.completions.create({ model: 'gpt-5-mini', max_completion_tokens: 800, messages: req.body.messages })
  res.json(answer.choices[0].message)
})
app.listen(3000)
"""
CHAT_FASTAPI = """import os

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPBearer
from openai import OpenAI
from slowapi import Limiter
from slowapi.util import get_remote_address

app = FastAPI()
bearer = HTTPBearer()
limiter = Limiter(key_func=get_remote_address)
app.state.limiter = limiter
client = OpenAI()


def signed_in(token=Depends(bearer)) -> str:
    try:
        return jwt.decode(token.credentials, os.environ["JWT_SECRET"], algorithms=["HS256"])["sub"]
    except jwt.PyJWTError:
        raise HTTPException(401)


@app.post("/chat")
@limiter.limit("10/minute")
def chat(request: Request, text: str, user: str = Depends(signed_in)):
    return client.chat.completions.create(model="gpt-5-mini", max_completion_tokens=800, messages=[{"role": "user", "content": text}])
"""
NO_LIMIT = "".join(line for line in CHAT_FASTAPI.splitlines(keepends=True) if "imiter" not in line and "slowapi" not in line)
AGENT = """from fastapi import FastAPI
from langchain.agents import create_agent
from langchain_community.tools import WikipediaQueryRun

app = FastAPI()
tools = [WikipediaQueryRun()]
agent = create_agent("openai:gpt-5-mini", tools)


@app.post("/ask")
def ask(question: str):
    return agent.invoke({"messages": [{"role": "user", "content": question}]})
"""
AGENTS_SDK = """from agents import Agent, Runner, WebSearchTool
from fastapi import FastAPI

app = FastAPI()
agent = Agent(
    name="helper",
    instructions="Answer questions about plants.",
    tools=[WebSearchTool()],
)


@app.post("/ask")
async def ask(question: str):
    return (await Runner.run(agent, question)).final_output
"""
HOME = {"app/page.tsx": "import { List } from '../components/list'\nexport default () => <List />\n"}
DEPLOY = """on: push
jobs:
  deploy:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: supabase functions deploy invite
"""

REGRESSIONS = {
    "a policy is dropped (Supabase)": Regression(
        {SQL: OPEN_BUT_OWN},
        {NEXT_SQL: "-- the app filters by itself\ndrop policy own on public.notes;\n"},
        "policy-open-to-writes", NEXT_SQL, 2,
        {NEXT_SQL: f"drop policy own on public.notes;\ncreate policy owned on public.notes as restrictive for all {OWN};\n"},
    ),
    "a policy is dropped (Firebase)": Regression(
        {"firebase.json": '{"firestore": {"rules": "firestore.rules"}}', "firestore.rules": FIRESTORE},
        {"firestore.rules": FIRESTORE.replace(": if request.auth != null && request.auth.uid == resource.data.owner", "")},
        "firebase-open-to-everyone", "firestore.rules", 5,
        {
            "firestore.rules": FIRESTORE.replace("    match /notes", "    function owns() {\n      return request.auth != null && request.auth.uid == resource.data.owner;\n    }\n    match /notes")
            .replace("if request.auth != null && request.auth.uid == resource.data.owner", "if owns()")
        },
    ),
    "strangers are given rights (Supabase)": Regression(
        {SQL: "create table public.notes (id uuid primary key, body text);\nrevoke all on public.notes from anon, authenticated;\n"},
        {NEXT_SQL: "grant select, insert, update, delete on public.notes to anon;\n"},
        "table-without-rls broad-client-grant", NEXT_SQL, 1,
        {NEXT_SQL: "grant select, insert, update, delete on public.notes to service_role;\n"},
    ),
    "strangers are given rights (Prisma)": Regression(
        {**PRISMA, PRISMA_SQL: "create table notes (id uuid primary key, body text);\nrevoke all on notes from anon, authenticated;\n"},
        {PRISMA_NEXT: "grant all on notes to anon;\n"},
        "orm-table-without-rls", PRISMA_NEXT, 1,
        {PRISMA_NEXT: "grant all on notes to service_role;\n"},
    ),
    "a route is new, without a guard (Express)": Regression(
        {"package.json": EXPRESS_PACKAGE, "server.js": EXPRESS},
        {"server.js": EXPRESS.replace("app.listen(3000)\n", CLEAR.replace("GUARD", "").replace("OWNER", "req.query.owner"))},
        "unauthenticated-write-route", "server.js", 18,
        {"server.js": EXPRESS.replace("app.listen(3000)\n", CLEAR.replace("GUARD", "signedIn, ").replace("OWNER", "req.user.sub"))},
    ),
    "a route is new, without a guard (FastAPI)": Regression(
        {"requirements.txt": "fastapi\npyjwt\npsycopg\n", "main.py": FASTAPI},
        {"main.py": FASTAPI + REMOVE.replace("GUARD", "")},
        "unauthenticated-write-route", "main.py", 25,
        {"main.py": FASTAPI + REMOVE.replace("GUARD", " = Depends(signed_in)")},
    ),
    "a guard lets everybody through (Express)": Regression(
        {"package.json": EXPRESS_PACKAGE, "server.js": EXPRESS_JWT},
        {"server.js": EXPRESS_JWT.replace("algorithms: ['HS256'] }", "algorithms: ['HS256'], credentialsRequired: false }")},
        "optional-or-unused-auth", "server.js", 7,
        {"server.js": EXPRESS_JWT.replace("algorithms: ['HS256'] }", "algorithms: ['HS256'], credentialsRequired: true }")},
    ),
    "a guard lets everybody through (FastAPI)": Regression(
        {"requirements.txt": "fastapi\npyjwt\npsycopg\n", "main.py": FASTAPI},
        {"main.py": OPTIONAL_USER},
        "optional-or-unused-auth", "main.py", 17,
        {"main.py": FASTAPI.replace("    except jwt.PyJWTError:\n        raise HTTPException(401)\n", "    except jwt.PyJWTError as error:\n        raise HTTPException(status_code=401) from error\n")},
    ),
    "a secret gets a public name (Next.js)": Regression(
        {"package.json": NEXT_PACKAGE, "app/page.tsx": ASK_NEXT},
        {"app/page.tsx": ASK_NEXT.replace("{ 'x-app': process.env.NEXT_PUBLIC_APP_NAME! }", "{ authorization: `Bearer ${process.env.NEXT_PUBLIC_OPENAI_API_KEY}` }")},
        "secret-in-public-variable", "app/page.tsx", 7,
        {"app/page.tsx": ASK_NEXT.replace("NEXT_PUBLIC_APP_NAME", "NEXT_PUBLIC_APP_VERSION")},
    ),
    "a secret gets a public name (Vite)": Regression(
        {**VITE_PAGE, "src/main.tsx": ASK_VITE},
        {"src/main.tsx": ASK_VITE.replace("{ 'x-app': import.meta.env.VITE_APP_NAME }", "{ authorization: `Bearer ${import.meta.env.VITE_OPENAI_API_KEY}` }")},
        "secret-in-public-variable", "src/main.tsx", 6,
        {"src/main.tsx": ASK_VITE.replace("VITE_APP_NAME", "VITE_APP_VERSION")},
    ),
    "pages import what is for admins (Next.js)": Regression(
        {"package.json": NEXT_PACKAGE, "lib/admin.ts": ADMIN, "components/list.tsx": LIST, **HOME},
        {"components/list.tsx": LIST.replace("react'\n", "react'\nimport { people } from '../lib/admin'\n").replace("useState<string[]>([])", "useState(people)")},
        "admin-client-in-browser", "components/list.tsx", 3,
        {"components/list.tsx": LIST.replace("react'\n", "react'\nimport type { people } from '../lib/admin'\n").replace("useState<string[]>([])", "useState<Awaited<ReturnType<typeof people>>[]>([])")},
    ),
    "pages import what is for admins (Vite)": Regression(
        {**VITE_PAGE, "src/main.tsx": LIST.replace("'use client'\n", ""), "src/admin.ts": ADMIN_VITE},
        {"src/main.tsx": LIST.replace("'use client'\n", "").replace("react'\n", "react'\nimport { people } from './admin'\n").replace("useState<string[]>([])", "useState(people)")},
        "admin-client-in-browser", "src/main.tsx", 2,
        {"src/main.tsx": LIST.replace("'use client'\n", "").replace("List()", "Names()")},
    ),
    "a port is opened (Redis)": Regression(
        {"compose.yaml": COMPOSE.replace("STORE", REDIS.replace("PORTS", 'ports: ["127.0.0.1:6379:6379"]'))},
        {"compose.yaml": COMPOSE.replace("STORE", REDIS.replace("PORTS", 'ports: ["6379:6379"]'))},
        "published-internal-service", "compose.yaml", 7,
        {"compose.yaml": COMPOSE.replace("STORE", REDIS.replace("PORTS", 'expose: ["6379"]'))},
    ),
    "a port is opened (MongoDB)": Regression(
        {"docker-compose.yml": COMPOSE.replace("STORE", MONGO.replace("    PORTS", ""))},
        {"docker-compose.yml": COMPOSE.replace("STORE", MONGO.replace("PORTS", "ports:\n      - 27017:27017"))},
        "published-internal-service", "docker-compose.yml", 9,
        {"docker-compose.yml": COMPOSE.replace("STORE", MONGO.replace("PORTS", "ports:\n      - 127.0.0.1:27017:27017"))},
    ),
    "the gateway asks nobody (its settings)": Regression(
        {"supabase/functions/invite/index.ts": EDGE, "supabase/config.toml": "[api]\nport = 54321\n\n[functions.invite]\nverify_jwt = true\n"},
        {"supabase/config.toml": "[api]\nport = 54321\n\n[functions.invite]\nverify_jwt = false\n"},
        "edge-function-open", "supabase/config.toml", 5,
        {"supabase/config.toml": "[functions.invite]\nverify_jwt = true\n\n[api]\nport = 54321\n"},
    ),
    "the gateway asks nobody (a deployment)": Regression(
        {"supabase/functions/invite/index.ts": EDGE, ".github/workflows/deploy.yml": DEPLOY},
        {".github/workflows/deploy.yml": DEPLOY.replace("deploy invite", "deploy invite --no-verify-jwt")},
        "edge-function-open", ".github/workflows/deploy.yml", 7,
        {".github/workflows/deploy.yml": DEPLOY.replace("deploy invite", "deploy invite --debug")},
    ),
    "nobody looks at the signature (FastAPI)": Regression(
        {"requirements.txt": "fastapi\npyjwt\npsycopg\n", "main.py": FASTAPI},
        {"main.py": FASTAPI.replace('algorithms=["HS256"])', 'options={"verify_signature": False})')},
        "unverified-token", "main.py", 15,
        {"main.py": FASTAPI.replace('algorithms=["HS256"])', 'algorithms=["HS256"], options={"verify_exp": True})')},
    ),
    "a limit is gone (Express)": Regression(
        {"package.json": EXPRESS_PACKAGE, "server.js": CHAT_EXPRESS},
        {"package.json": EXPRESS_PACKAGE.replace(', "express-rate-limit": "8"', ""), "server.js": CHAT_EXPRESS.replace("import { rateLimit } from 'express-rate-limit'\n", "").replace("app.use(rateLimit({ windowMs: 60_000, limit: 20 }))\n", "")},
        "ai-route-without-rate-limit", "server.js", 15,
        {"server.js": CHAT_EXPRESS.replace("app.use(rateLimit({ windowMs: 60_000, limit: 20 }))\n", "const limit = rateLimit({ windowMs: 60_000, limit: 20 })\n").replace("signedIn, async", "limit, signedIn, async")},
    ),
    "a limit is gone (FastAPI)": Regression(
        {"requirements.txt": "fastapi\npyjwt\nopenai\nslowapi\n", "main.py": CHAT_FASTAPI},
        {"requirements.txt": "fastapi\npyjwt\nopenai\n", "main.py": NO_LIMIT},
        "ai-route-without-rate-limit", "main.py", 21,
        {"main.py": CHAT_FASTAPI.replace('"10/minute"', '"5/minute"')},
    ),
    "an agent is given a shell (LangChain)": Regression(
        {"requirements.txt": "fastapi\nlangchain\n", "main.py": AGENT},
        {"main.py": AGENT.replace("import WikipediaQueryRun", "import ShellTool, WikipediaQueryRun").replace("tools = [", "tools = [ShellTool(), ")},
        "unsandboxed-agent-execution", "main.py", 6,
        {"main.py": AGENT.replace("import WikipediaQueryRun", "import ArxivQueryRun, WikipediaQueryRun").replace("tools = [", "tools = [ArxivQueryRun(), ")},
    ),
    "an agent is given a shell (OpenAI)": Regression(
        {"requirements.txt": "fastapi\nopenai-agents\n", "main.py": AGENTS_SDK},
        {"main.py": AGENTS_SDK.replace("Agent, Runner", "Agent, LocalShellTool, Runner").replace("[WebSearchTool()]", "[WebSearchTool(), LocalShellTool(executor=run)]")},
        "unsandboxed-agent-execution", "main.py", 8,
        {"main.py": AGENTS_SDK.replace("Agent, Runner", "Agent, FileSearchTool, Runner").replace("[WebSearchTool()]", "[WebSearchTool(), FileSearchTool()]")},
    ),
}  # fmt: skip
