"""Servers without a framework, functions that hosts serve, sockets and GraphQL: which routes there are, and who may call them."""

import pytest
from own_rules import RULES

from batten.facts.routes import RouteAuth
from batten.scan import scan_files

OPEN, KNOWN, KEY = RouteAuth.UNAUTHENTICATED, RouteAuth.AUTHENTICATED, RouteAuth.SECRET
PRISMA = 'import { PrismaClient } from "@prisma/client";\nconst prisma = new PrismaClient();\nconst work = (data) => prisma.note.create({ data });\n'


def routes(files: dict[str, str]) -> list[tuple[str, RouteAuth | None, bool]]:
    """Each route by its title, with who may call it and whether it writes."""
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    return sorted(((route.title, route.auth, route.writes) for route in found), key=lambda each: each[0])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("await work(req);", [("ANY /*", OPEN, True)]),
        ('if (req.url === "/a") { await work(req); }', [("ANY /*", OPEN, False), ("ANY /a", OPEN, True)]),
        ('if (req.url === "/a" && req.method === "POST") { await work(req); }', [("ANY /*", OPEN, False), ("POST /a", OPEN, True)]),
        ('if (req.method === "PUT") { if (req.url === "/a") { await work(req); } }', [("ANY /*", OPEN, False), ("PUT /a", OPEN, True)]),
        ('if (req.url === "/a") { return res.end(); }\nawait work(req);', [("ANY /*", OPEN, True), ("ANY /a", OPEN, False)]),
        ('if (req.url !== "/a") { return res.end(); }\nawait work(req);', [("ANY /*", OPEN, False), ("ANY /a", OPEN, True)]),
        ('if (req.url === "/a" || req.url === "/b") { await work(req); }', [("ANY /*", OPEN, False), ("ANY /a", OPEN, True), ("ANY /b", OPEN, True)]),
        ('if (req.url.startsWith("/a/")) { await work(req); }', [("ANY /*", OPEN, False), ("ANY /a/*", OPEN, True)]),
        ('const url = new URL(req.url, "http://x");\nswitch (url.pathname) {\n case "/a": await work(req); break;\n case "/b": res.end(); break;\n default: await work(1);\n}', [("ANY /*", OPEN, True), ("ANY /a", OPEN, True), ("ANY /b", OPEN, False)]),
        ('if (req.url === "/a" && req.headers.x) { return res.end(); }\nawait work(req);', [("ANY /*", OPEN, True), ("ANY /a", OPEN, True)]),
    ],
)  # fmt: skip
def test_addresses_that_a_handler_compares(body: str, expected: list[tuple[str, RouteAuth, bool]]) -> None:
    text = f'import http from "node:http";\n{PRISMA}http.createServer(async (req, res) => {{\n{body}\n}}).listen(1);\n'
    assert routes({"server.js": text}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bun.serve({ async fetch(req) { await work(req); } });", ["ANY /*"]),
        ('Bun.serve({ routes: { "/a": async (req) => { await work(req); } } });', ["ANY /a"]),
        ("Deno.serve({ port: 1 }, async (req) => { await work(req); });", ["ANY /*"]),
        ("Deno.serve(handle);\nasync function handle(req) { await work(req); }", ["ANY /*"]),
        ("export default { async fetch(request, env) { await work(request); } };", ["ANY /*"]),
        ("const app = { async fetch(request) { await work(request); } };\nexport default app;", ["ANY /*"]),
        ('import { createServer } from "http";\ncreateServer({}, async (req, res) => { await work(req); });', ["ANY /*"]),
        ('import http from "http";\nconst server = http.createServer();\nserver.on("request", async (req, res) => { await work(req); });', ["ANY /*"]),
        ('import { createServer } from "http";\nimport express from "express";\nconst app = express();\ncreateServer(app).listen(1);', []),
        ("const createServer = (f) => f;\ncreateServer(async (req) => { await work(req); });", []),
    ],
)  # fmt: skip
def test_ways_to_serve(text: str, expected: list[str]) -> None:
    assert routes({"main.ts": PRISMA + text}) == [(title, OPEN, True) for title in expected]


def test_http_server_of_python() -> None:
    text = """import os
from http.server import BaseHTTPRequestHandler
from db import session, Note

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        if self.path == "/notes":
            session.add(Note())
            session.commit()
    def do_GET(self):
        pass
class Other:
    def do_POST(self):
        session.commit()
"""
    assert [(title, auth) for title, auth, _ in routes({"main.py": text})] == [
        ("GET /*", OPEN), ("POST /*", OPEN), ("POST /notes", OPEN),
    ]  # fmt: skip


def test_files_that_hosts_serve() -> None:
    files = {
        "package.json": "{}",
        "api/notes.js": f"{PRISMA}export default async function handler(req, res) {{ await work(req.body); res.json({{}}); }}\n",
        "api/users/[id].ts": f"{PRISMA}export async function POST(request) {{ await work(await request.json()); }}\nexport const config = {{}};\n",
        "api/_lib/db.js": f"{PRISMA}export default async function handler(req, res) {{ await work(req.body); }}\n",
        "src/api/notes.js": f"{PRISMA}export default async function save(note) {{ await work(note); }}\n",
        "tools/api/notes.js": f"{PRISMA}export default async function save(note, options) {{ await work(note); }}\n",
        "netlify/functions/ask.js": f"{PRISMA}export const handler = async (event) => {{ await work(event.body); return {{ statusCode: 200 }}; }};\n",
        "netlify/functions/send/index.mts": f"{PRISMA}export default async (req) => {{ await work(await req.json()); return new Response(); }};\n",
    }
    assert routes(files) == [
        ("ANY /.netlify/functions/ask", OPEN, True), ("ANY /.netlify/functions/send", OPEN, True), ("ANY /api/notes", OPEN, True), ("POST /api/users/[id]", OPEN, True),
    ]  # fmt: skip


CHECKS = "import { jwtVerify } from 'jose'\nconst known = async (request) => (await jwtVerify(request.headers.get('authorization'), KEY)).payload\n"


@pytest.mark.parametrize(
    ("middleware", "auth"),
    [
        (None, OPEN),
        ("export const onRequest = async ({ next }) => { const answer = await next(); answer.headers.set('x-frame-options', 'DENY'); return answer }\n", OPEN),
        (f"{CHECKS}export const onRequest = async ({{ request, next }}) => {{ const user = await known(request).catch(() => null); if (!user) return new Response('', {{ status: 401 }}); return next() }}\n", None),
    ],
)  # fmt: skip
def test_functions_of_cloudflare_pages(middleware: str | None, auth: RouteAuth | None) -> None:
    files = {
        "package.json": "{}",
        "functions/api/notes.js": f"{PRISMA}export const onRequestPost = async ({{ request }}) => {{ await work(await request.json()); return new Response() }}\n",
        "functions/[[path]].ts": f"{PRISMA}export const onRequest = async (context) => {{ await work(context.params.path); return new Response() }}\n",
        "functions/api/helper.ts": f"{PRISMA}export const save = async (note) => {{ await work(note) }}\n",
        **({"functions/_middleware.js": middleware} if middleware is not None else {}),
    }
    assert [(title, found) for title, found, _ in routes(files)] == [("ANY /[[path]]", auth), ("POST /api/notes", auth)]


SERVERLESS = """service: notes
provider: { name: aws, runtime: nodejs20.x }
functions:
  create:
    handler: src/notes.create
    events:
      - http: POST notes
      - httpApi: { path: /v2/notes, method: post, authorizer: { name: jwt } }
      - http: { path: keyed, method: post, private: true }
      - sqs: arn:of:queue
  link:
    handler: src/notes.create
    url: true
  inner:
    handler: src/notes.create
    url: { authorizer: aws_iam }
  later:
    handler: ${file(x)}.create
    events: [{ http: "GET /x" }]
"""
SAM = """Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Runtime: python3.12 } }
Resources:
  Ask:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: app/
      Handler: main.handler
      Events:
        Open: { Type: Api, Properties: { Path: /open, Method: post } }
        Asked: { Type: HttpApi, Properties: { Path: /asked, Method: post, Auth: { Authorizer: Cognito } } }
        Queue: { Type: SQS, Properties: { Queue: !Ref Q } }
      FunctionUrlConfig: { AuthType: NONE }
"""


def test_documents_of_lambda_functions() -> None:
    handler = f"{PRISMA}export const create = async (event) => {{ await work(event.body); return {{ statusCode: 200 }}; }};\n"
    python = "import boto3\ntable = boto3.resource('dynamodb').Table('notes')\n\ndef handler(event, context):\n    table.put_item(Item=event['body'])\n"
    assert routes({"serverless.yml": SERVERLESS, "package.json": "{}", "src/notes.js": handler}) == [
        ("ANY /inner", KNOWN, False), ("ANY /link", OPEN, True), ("POST /keyed", KEY, False), ("POST /notes", OPEN, True), ("POST /v2/notes", KNOWN, False),
    ]  # fmt: skip
    assert routes({"infra/template.yaml": SAM, "infra/app/main.py": python}) == [
        ("ANY /Ask", OPEN, True), ("POST /asked", KNOWN, False), ("POST /open", OPEN, True),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["functions:\n  - 1\n", "functions: { a: { handler: 1 } }", "functions: { a: { handler: ../../x.y, url: true } }", "{", "functions:\n  a:\n    handler: b.c\n    events: [{http: }]"])  # fmt: skip
def test_half_written_documents_are_no_routes(text: str) -> None:
    assert routes({"serverless.yml": text}) in ([], [("ANY /", None, False)])


def test_sockets() -> None:
    files = {
        "package.json": '{"dependencies": {"socket.io": "4"}}',
        "io.js": f"""{PRISMA}import {{ Server }} from "socket.io";
const io = new Server(1);
io.on("connection", (socket) => {{
  socket.on("save", async (data) => {{ await work(data); }});
  socket.on("disconnect", async () => {{ await work(1); }});
}});
""",
        "typed.ts": f"""{PRISMA}import {{ Server }} from "socket.io";
import type {{ Known }} from "./types";
const io = new Server(1);
io.on("connection", (socket: Known) => {{ if (socket.user) {{ socket.on("tell", async (data) => {{ await work(data); }}); }} }});
""",
        "handlers.js": f"{PRISMA}export function listen(io) {{ io.on('connection', (socket) => {{ socket.on('keep', async (data) => {{ await work(data); }}); }}); }}\n",
        "emitter.js": f"{PRISMA}const bus = make();\nbus.on('connection', (socket) => {{ socket.on('other', async (data) => {{ await work(data); }}); }});\n",
    }
    assert routes(files) == [("socket keep", OPEN, True), ("socket save", OPEN, True), ("socket tell", KNOWN, False)]


def test_resolvers() -> None:
    files = {
        "package.json": '{"dependencies": {"@apollo/server": "4"}}',
        "resolvers.js": f"""{PRISMA}export const resolvers = {{
  Query: {{ notes: () => prisma.note.findMany() }},
  Mutation: {{
    open: async (_, args) => work(args),
    asked: async (_, args, {{ user }}) => {{ if (!user) throw new Error("who?"); await work(args); }},
    trusting: async (_, {{ user }}) => {{ if (!user) throw new Error("who?"); await work(user); }},
  }},
  Note: {{ author: (note) => prisma.user.findUnique({{ where: {{ id: note.authorId }} }}) }},
}};
""",
    }
    assert routes(files) == [
        ("procedure Mutation.asked", KNOWN, False), ("procedure Mutation.open", OPEN, True), ("procedure Mutation.trusting", OPEN, True), ("procedure Query.notes", OPEN, False),
    ]  # fmt: skip
    assert routes({**files, "package.json": "{}"}) == []


def test_resolvers_of_python() -> None:
    text = """import graphene
import strawberry
from graphql_jwt.decorators import login_required
from strawberry.permission import BasePermission
from models import Note

class IsAuthenticated(BasePermission):
    def has_permission(self, source, info, **kwargs):
        return info.context["request"].user.is_authenticated

class Anybody(BasePermission):
    def has_permission(self, source, info, **kwargs):
        return True

@strawberry.type
class Mutation:
    @strawberry.mutation
    def open(self, id: int) -> bool:
        Note.objects.filter(id=id).delete()
    @strawberry.mutation(permission_classes=[IsAuthenticated])
    def asked(self, id: int) -> bool:
        Note.objects.filter(id=id).delete()
    @strawberry.mutation(permission_classes=[Anybody])
    def anybody(self, id: int) -> bool:
        Note.objects.filter(id=id).delete()

class Remove(graphene.Mutation):
    def mutate(root, info, id):
        Note.objects.filter(id=id).delete()

class Erase(graphene.Mutation):
    @login_required
    def mutate(root, info, id):
        Note.objects.filter(id=id).delete()
"""
    assert [(title, auth) for title, auth, _ in routes({"schema.py": text})] == [
        ("procedure Mutation.Erase", KNOWN), ("procedure Mutation.Remove", OPEN), ("procedure Mutation.anybody", OPEN), ("procedure Mutation.asked", KNOWN), ("procedure Mutation.open", OPEN),
    ]  # fmt: skip
