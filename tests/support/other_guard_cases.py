"""More servers for test_guards_agree: Litestar, django-ninja, GraphQL, sockets, and servers without a framework."""

from guard_cases import NODE_HEAD, Case

_KNOWN = """const known = (value) => {
  try {
    return jwt.verify(bearer(value), process.env.JWT_SECRET);
  } catch {
    return null;
  }
};
"""
_HTTP = NODE_HEAD % 'import { createServer } from "node:http";' + _KNOWN
_WORKERS = NODE_HEAD % "" + _KNOWN
_WS = (
    NODE_HEAD % 'import { createServer } from "node:http";\nimport { WebSocketServer } from "ws";'
    + _KNOWN
    + "export const app = createServer();\n"
)
_IO = (
    NODE_HEAD % 'import { createServer } from "node:http";\nimport { Server } from "socket.io";'
    + _KNOWN
    + "export const app = createServer();\nconst io = new Server(app);\n"
)
_YOGA = (
    NODE_HEAD % 'import { createSchema, createYoga } from "graphql-yoga";\nimport { GraphQLError } from "graphql";'
    + _KNOWN
    + "const typeDefs = `type Query { ping: String } type Mutation { work: String }`;\n"
)
_LITESTAR = """import os
from pathlib import Path

import jwt
from litestar import Controller, Litestar, Request, Router, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult


def work() -> None:
    with open("MARKS", "a") as marks:
        marks.write("x")


def verified(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    try:
        jwt.decode(connection.headers.get("Authorization", "").removeprefix("Bearer "), os.environ["JWT_SECRET"], algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise NotAuthorizedException from error


def keyed(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    if connection.headers.get("x-key") != os.environ["API_KEY"]:
        raise NotAuthorizedException


def there(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    if not connection.headers.get("x-key"):
        raise NotAuthorizedException


def looks(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    print(connection.headers.get("x-key"))


class Tokens(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        try:
            found = jwt.decode(connection.headers.get("Authorization", "").removeprefix("Bearer "), os.environ["JWT_SECRET"], algorithms=["HS256"])
        except jwt.PyJWTError as error:
            raise NotAuthorizedException from error
        return AuthenticationResult(user=found, auth=None)


"""
_NINJA = """import os
from pathlib import Path

import django
import jwt
from django.conf import settings

if not settings.configured:
    settings.configure(SECRET_KEY="of these tests", ALLOWED_HOSTS=["*"])
    django.setup()

from ninja import NinjaAPI, Router
from ninja.errors import HttpError
from ninja.security import APIKeyHeader, HttpBearer


def work():
    with open("MARKS", "a") as marks:
        marks.write("x")


class Tokens(HttpBearer):
    def authenticate(self, request, token):
        try:
            return jwt.decode(token, os.environ["JWT_SECRET"], algorithms=["HS256"])
        except jwt.PyJWTError:
            return None


class Anything(HttpBearer):
    def authenticate(self, request, token):
        return token


class Keys(APIKeyHeader):
    param_name = "X-Key"

    def authenticate(self, request, key):
        if key == os.environ["API_KEY"]:
            return key


def keyed(request):
    return request.headers.get("x-key") == os.environ["API_KEY"]


"""
_SERVER = """import os
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import jwt


def work():
    with open("MARKS", "a") as marks:
        marks.write("x")


class app(BaseHTTPRequestHandler):
    def done(self):
        self.send_response(200)
        self.end_headers()

    def refuse(self):
        self.send_response(401)
        self.end_headers()

    def do_POST(self):
"""


def _http(shape: str, body: str, *, unsure: bool = False) -> Case:
    return Case("node", shape, f"{_HTTP}export const app = createServer((req, res) => {{\n{body}\n}});\n", unsure)


def _workers(shape: str, body: str, *, unsure: bool = False) -> Case:
    return Case("workers", shape, f"{_WORKERS}export default {{\n  async fetch(request, env) {{\n{body}\n  }},\n}};\n", unsure)


def _ws(shape: str, source: str, *, unsure: bool = False) -> Case:
    return Case("ws", shape, _WS + source, unsure)


def _io(shape: str, source: str, *, unsure: bool = False) -> Case:
    return Case("socket.io", shape, _IO + source, unsure)


def _yoga(shape: str, source: str, *, unsure: bool = False) -> Case:
    served = (
        source
        if "createYoga" in source
        else f"{source}\nexport const app = createYoga({{ schema: createSchema({{ typeDefs, resolvers }}), logging: false }});\n"
    )
    return Case("graphql", shape, _YOGA + served, unsure)


def _litestar(shape: str, source: str, *, unsure: bool = False) -> Case:
    return Case("litestar", shape, _LITESTAR + source, unsure)


def _ninja(shape: str, source: str, *, unsure: bool = False) -> Case:
    return Case("ninja", shape, _NINJA + source, unsure)


def _server(shape: str, body: str, *, unsure: bool = False) -> Case:
    return Case("http.server", shape, _SERVER + "".join(f"        {line}\n" for line in body.splitlines()), unsure)


_AT_WORK = 'if (req.url === "/api/work" && req.method === "POST") { work(); return res.end(); } res.end();'
_AT_WORKERS = 'if (new URL(request.url).pathname === "/api/work") { work(); } return new Response("");'
_ON = 'ws.on("message", () => { work(); ws.send("done"); });'
_ON_IO = 'socket.on("work", (data, done) => { work(); done(); });'
_OF_LITESTAR = '@post("/api/work"%s)\nasync def handler() -> dict:\n    work()\n    return {}\n\n\napp = Litestar([handler]%s)\n'

OTHER_CASES = (
    _http("no guard", _AT_WORK),
    _http("a check before all", "if (!known(req.headers.authorization)) { res.writeHead(401); return res.end(); }\n" + _AT_WORK),
    _http("a check for another address", 'if (req.url === "/api/admin" && !known(req.headers.authorization)) { res.writeHead(401); return res.end(); }\n' + _AT_WORK, unsure=True),
    _http("a check at the address", 'if (req.url === "/api/work") {\n if (!known(req.headers.authorization)) { res.statusCode = 401; return res.end(); }\n work(); }\nres.end();'),
    _http("a switch", 'switch (req.url) {\n case "/api/work": work(); break;\n case "/api/admin": if (!known(req.headers.authorization)) { res.writeHead(401); return res.end(); } break;\n}\nres.end();'),
    _http("a refusal without a return", "if (!known(req.headers.authorization)) { res.writeHead(401); res.end(); }\n" + _AT_WORK),
    _http("a header that is there", "if (!req.headers.authorization) { res.writeHead(401); return res.end(); }\n" + _AT_WORK),
    _http("a key that is compared", 'if (req.headers["x-key"] !== process.env.API_KEY) { res.writeHead(401); return res.end(); }\n' + _AT_WORK),
    _workers("no guard", _AT_WORKERS),
    _workers("a check before all", 'if (!known(request.headers.get("authorization"))) return new Response("", { status: 401 });\n' + _AT_WORKERS),
    _workers("a check in a helper", 'if (!allowed(request)) return new Response("", { status: 401 });\n' + _AT_WORKERS + "\n}, };\nfunction allowed(request) { return request.headers.get('x-key') === process.env.API_KEY; }\nexport const nothing = { async none() {"),
    _workers("a check that is not returned", 'if (!known(request.headers.get("authorization"))) new Response("", { status: 401 });\n' + _AT_WORKERS),
    _ws("no guard", f'new WebSocketServer({{ server: app }}).on("connection", (ws) => {{ {_ON} }});'),
    _ws("a check when it connects", f'new WebSocketServer({{ server: app }}).on("connection", (ws, req) => {{ if (!known(req.headers.authorization)) {{ ws.close(); return; }} {_ON} }});'),
    _ws("a check that only notes it", f'new WebSocketServer({{ server: app }}).on("connection", (ws, req) => {{ if (!known(req.headers.authorization)) console.error("who?"); {_ON} }});'),
    _ws("a check of each message", 'const wss = new WebSocketServer({ server: app });\nwss.on("connection", (ws, req) => { ws.on("message", () => { if (!known(req.headers.authorization)) return ws.close(); work(); ws.send("done"); }); });'),
    _ws("a check before the upgrade", f'const wss = new WebSocketServer({{ noServer: true }});\nwss.on("connection", (ws) => {{ {_ON} }});\napp.on("upgrade", (req, socket, head) => {{ if (!known(req.headers.authorization)) {{ socket.destroy(); return; }} wss.handleUpgrade(req, socket, head, (ws) => wss.emit("connection", ws, req)); }});', unsure=True),
    _io("no guard", f'io.on("connection", (socket) => {{ {_ON_IO} }});'),
    _io("middleware of the server", f'io.use((socket, next) => {{ const user = known(socket.handshake.auth.token); if (!user) return next(new Error("who?")); socket.data.user = user; next(); }});\nio.on("connection", (socket) => {{ {_ON_IO} }});'),
    _io("middleware that lets all in", f'io.use((socket, next) => {{ socket.data.user = known(socket.handshake.auth.token); next(); }});\nio.on("connection", (socket) => {{ {_ON_IO} }});'),
    _io("middleware that is registered later", f'io.on("connection", (socket) => {{ {_ON_IO} }});\nio.use((socket, next) => {{ if (!known(socket.handshake.auth.token)) return next(new Error("who?")); next(); }});'),
    _io("a check when it connects", f'io.on("connection", (socket) => {{ if (!known(socket.handshake.auth.token)) return socket.disconnect(true); {_ON_IO} }});'),
    _io("a token that is there", f'io.on("connection", (socket) => {{ if (!socket.handshake.auth.token) return socket.disconnect(true); {_ON_IO} }});'),
    _yoga("no guard", 'const resolvers = { Query: { ping: () => "" }, Mutation: { work: () => { work(); return ""; } } };'),
    _yoga("a check in the resolver", 'const resolvers = { Mutation: { work: (_, args, context) => { if (!known(context.request.headers.get("authorization"))) throw new GraphQLError("who?"); work(); return ""; } } };'),
    _yoga("a context that knows, and a resolver that asks", 'const resolvers = { Mutation: { work: (_, args, { user }) => { if (!user) throw new GraphQLError("who?"); work(); return ""; } } };\nexport const app = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false, context: ({ request }) => ({ user: known(request.headers.get("authorization")) }) });'),
    _yoga("a context that knows, and a resolver that does not ask", 'const resolvers = { Mutation: { work: (_, args, { user }) => { work(); return ""; } } };\nexport const app = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false, context: ({ request }) => ({ user: known(request.headers.get("authorization")) }) });'),
    _yoga("a context that throws", 'const resolvers = { Mutation: { work: () => { work(); return ""; } } };\nexport const app = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false, context: ({ request }) => { const user = known(request.headers.get("authorization")); if (!user) throw new GraphQLError("who?"); return { user }; } });', unsure=True),
    _litestar("no guard", _OF_LITESTAR % ("", "")),
    _litestar("a guard of the route", _OF_LITESTAR % (", guards=[verified]", "")),
    _litestar("a guard of the application", _OF_LITESTAR % ("", ", guards=[keyed]")),
    _litestar("a guard that only looks", _OF_LITESTAR % ("", ", guards=[looks]")),
    _litestar("a guard that looks whether there is a key", _OF_LITESTAR % (", guards=[there]", "")),
    _litestar("middleware of the application", _OF_LITESTAR % ("", ", middleware=[Tokens]")),
    _litestar("a guard of the router", '@post("/work")\nasync def handler() -> dict:\n    work()\n    return {}\n\n\nrouter = Router(path="/api", route_handlers=[handler], guards=[verified])\napp = Litestar([router])\n'),
    _litestar("a guard of another router", '@post("/work")\nasync def handler() -> dict:\n    work()\n    return {}\n\n\nother = Router(path="/other", route_handlers=[], guards=[verified])\nrouter = Router(path="/api", route_handlers=[handler])\napp = Litestar([other, router])\n'),
    _litestar("a controller without a guard", 'class Work(Controller):\n    path = "/api"\n\n    @post("/work")\n    async def make(self) -> dict:\n        work()\n        return {}\n\n\napp = Litestar([Work])\n'),
    _litestar("a guard of the controller", 'class Work(Controller):\n    path = "/api"\n    guards = [keyed]\n\n    @post("/work")\n    async def make(self) -> dict:\n        work()\n        return {}\n\n\napp = Litestar([Work])\n'),
    _ninja("no guard", 'app = NinjaAPI()\n\n\n@app.post("/work")\ndef handler(request):\n    work()\n'),
    _ninja("auth of the API", 'app = NinjaAPI(auth=Tokens())\n\n\n@app.post("/work")\ndef handler(request):\n    work()\n'),
    _ninja("auth of the operation", 'app = NinjaAPI()\n\n\n@app.post("/work", auth=Keys())\ndef handler(request):\n    work()\n'),
    _ninja("an operation that is left open", 'app = NinjaAPI(auth=Tokens())\n\n\n@app.post("/work", auth=None)\ndef handler(request):\n    work()\n'),
    _ninja("auth that takes anything", 'app = NinjaAPI(auth=Anything())\n\n\n@app.post("/work")\ndef handler(request):\n    work()\n'),
    _ninja("a function", 'app = NinjaAPI()\n\n\n@app.post("/work", auth=keyed)\ndef handler(request):\n    work()\n'),
    _ninja("auth of the router", 'app = NinjaAPI()\nrouter = Router(auth=Tokens())\n\n\n@router.post("/work")\ndef handler(request):\n    work()\n\n\napp.add_router("", router)\n'),
    _ninja("auth where the router is added", 'app = NinjaAPI()\nrouter = Router()\n\n\n@router.post("/work")\ndef handler(request):\n    work()\n\n\napp.add_router("", router, auth=Keys())\n'),
    _ninja("a check in the operation", 'app = NinjaAPI()\n\n\n@app.post("/work")\ndef handler(request):\n    if request.headers.get("x-key") != os.environ["API_KEY"]:\n        raise HttpError(401, "who?")\n    work()\n'),
    _server("no guard", 'if self.path == "/api/work":\n    work()\nself.done()'),
    _server("a key that is compared", 'if self.headers.get("x-key") != os.environ["API_KEY"]:\n    self.refuse()\n    return\nif self.path == "/api/work":\n    work()\nself.done()'),
    _server("a refusal without a return", 'if self.headers.get("x-key") != os.environ["API_KEY"]:\n    self.refuse()\nif self.path == "/api/work":\n    work()\nself.done()'),
    _server("a header that is there", 'if not self.headers.get("x-key"):\n    self.send_response(401)\n    self.end_headers()\n    return\nif self.path == "/api/work":\n    work()\nself.done()'),
    _server("a check for another address", 'if self.path == "/api/admin":\n    if self.headers.get("x-key") != os.environ["API_KEY"]:\n        return self.refuse()\nif self.path == "/api/work":\n    work()\nself.done()'),
)  # fmt: skip
