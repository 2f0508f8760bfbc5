"""Small servers with a guard, or what looks like one, before a handler that writes a file: test_guards_agree runs them."""

from typing import NamedTuple


class Case(NamedTuple):
    """One server. ``unsure``: batten can't tell, whatever the server does; ``unset``: the key of the server is not set."""

    framework: str
    shape: str
    source: str
    unsure: bool = False
    unset: bool = False


NODE_HEAD = """import { appendFileSync } from "node:fs";
import jwt from "jsonwebtoken";
%s
const work = () => appendFileSync("MARKS", "x");
const bearer = (value) => (value ?? "").replace("Bearer ", "");
"""
_EXPRESS = (
    NODE_HEAD % 'import express from "express";'
    + """export const app = express();
const verify = (req, res, next) => {
  try {
    req.user = jwt.verify(bearer(req.headers.authorization), process.env.JWT_SECRET);
  } catch {
    return res.status(401).end();
  }
  next();
};
"""
)
_FASTIFY = (
    NODE_HEAD % 'import Fastify from "fastify";'
    + """export const app = Fastify();
const verify = async (request, reply) => {
  try {
    request.user = jwt.verify(bearer(request.headers.authorization), process.env.JWT_SECRET);
  } catch {
    return reply.code(401).send();
  }
};
"""
)
_HONO = (
    NODE_HEAD % 'import { Hono } from "hono";\nimport { bearerAuth } from "hono/bearer-auth";\nimport { jwt as withJwt } from "hono/jwt";'
    + """export const app = new Hono();
const verify = async (c, next) => {
  try {
    c.set("user", jwt.verify(bearer(c.req.header("authorization")), process.env.JWT_SECRET));
  } catch {
    return c.json({}, 401);
  }
  await next();
};
"""
)
_KOA = (
    NODE_HEAD % 'import Koa from "koa";\nimport Router from "@koa/router";'
    + """export const app = new Koa();
const router = new Router();
const verify = async (ctx, next) => {
  try {
    ctx.state.user = jwt.verify(bearer(ctx.get("authorization")), process.env.JWT_SECRET);
  } catch {
    ctx.status = 401;
    return;
  }
  await next();
};
const handler = async (ctx) => {
  work();
  ctx.body = {};
};
"""
)
_ON_EXPRESS = 'app.post("/api/work", (req, res) => { work(); res.end(); });'
_ON_FASTIFY = 'app.post("/api/work", async () => { work(); return {}; });'
_ON_HONO = 'app.post("/api/work", (c) => { work(); return c.json({}); });'


def _express(shape: str, source: str, *, unsure: bool = False, unset: bool = False) -> Case:
    return Case("express", shape, _EXPRESS + source.replace("ROUTE", _ON_EXPRESS), unsure, unset)


def _koa(shape: str, source: str, *, unsure: bool = False, unset: bool = False) -> Case:
    served = 'router.post("/api/work", handler);\napp.use(router.routes());'
    return Case("koa", shape, _KOA + source.replace("ROUTE", served), unsure, unset)


def _fastify(shape: str, source: str, *, unsure: bool = False) -> Case:
    return Case("fastify", shape, _FASTIFY + source.replace("ROUTE", _ON_FASTIFY), unsure)


def _hono(shape: str, source: str, *, unsure: bool = False) -> Case:
    return Case("hono", shape, _HONO + source.replace("ROUTE", _ON_HONO), unsure)


_FASTAPI = """import os
from pathlib import Path

import jwt
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer, OAuth2PasswordBearer

app = FastAPI()
router = APIRouter(prefix="/api")


def work():
    with open("MARKS", "a") as marks:
        marks.write("x")


def verified(authorization: str = Header("")):
    try:
        return jwt.decode(authorization.removeprefix("Bearer "), os.environ["JWT_SECRET"], algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error


def perhaps(authorization: str = Header("")):
    try:
        return jwt.decode(authorization.removeprefix("Bearer "), os.environ["JWT_SECRET"], algorithms=["HS256"])
    except jwt.PyJWTError:
        return None


"""
_FLASK = """import os
from functools import wraps

import jwt
from flask import Blueprint, Flask, abort, g, request

app = Flask(__name__)


def work():
    with open("MARKS", "a") as marks:
        marks.write("x")


def token():
    return jwt.decode(request.headers.get("Authorization", "").removeprefix("Bearer "), os.environ["JWT_SECRET"], algorithms=["HS256"])


def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        try:
            g.user = token()
        except jwt.PyJWTError:
            abort(401)
        return view(*args, **kwargs)

    return inner


"""


_AIOHTTP = """import os
from functools import wraps

import jwt
from aiohttp import web

routes = web.RouteTableDef()


def work():
    with open("MARKS", "a") as marks:
        marks.write("x")


def token(request):
    return jwt.decode(request.headers.get("Authorization", "").removeprefix("Bearer "), os.environ["JWT_SECRET"], algorithms=["HS256"])


@web.middleware
async def verified(request, handler):
    try:
        token(request)
    except jwt.PyJWTError:
        raise web.HTTPUnauthorized() from None
    return await handler(request)


def signed_in(view):
    @wraps(view)
    async def inner(request):
        try:
            token(request)
        except jwt.PyJWTError:
            return web.json_response({}, status=401)
        return await view(request)

    return inner


async def plain(request):
    work()
    return web.json_response({})


"""


_STARLETTE = """import os
from functools import wraps

import jwt
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, SimpleUser, requires
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route


def work():
    with open("MARKS", "a") as marks:
        marks.write("x")


def token(request):
    return jwt.decode(request.headers.get("Authorization", "").removeprefix("Bearer "), os.environ["JWT_SECRET"], algorithms=["HS256"])


class Check(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.headers.get("x-key") != os.environ["API_KEY"]:
            return JSONResponse({}, 401)
        return await call_next(request)


class Look(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        print(request.headers.get("x-key"))
        return await call_next(request)


class Tokens(AuthenticationBackend):
    async def authenticate(self, conn):
        try:
            claims = token(conn)
        except jwt.PyJWTError:
            return None
        return AuthCredentials(["authenticated"]), SimpleUser(claims["sub"])


def signed_in(view):
    @wraps(view)
    async def inner(request):
        try:
            token(request)
        except jwt.PyJWTError:
            raise HTTPException(401) from None
        return await view(request)

    return inner


async def plain(request):
    work()
    return JSONResponse({})


"""


def _starlette(shape: str, source: str, *, unsure: bool = False) -> Case:
    return Case("starlette", shape, _STARLETTE + source, unsure)


def _aiohttp(shape: str, source: str, *, unsure: bool = False) -> Case:
    made = "" if source.startswith("app = ") else "app = web.Application()\n\n\n"
    return Case("aiohttp", shape, _AIOHTTP + made + source, unsure)


def _fastapi(shape: str, source: str, *, unsure: bool = False, unset: bool = False) -> Case:
    return Case("fastapi", shape, _FASTAPI + source, unsure, unset)


def _flask(shape: str, source: str, *, unsure: bool = False) -> Case:
    return Case("flask", shape, _FLASK + source, unsure)


CASES = (
    _express("no guard", "ROUTE"),
    _express("middleware before the route", "app.use(verify);\nROUTE"),
    _express("middleware after the route", "ROUTE\napp.use(verify);"),
    _express("middleware that hands on to another", "app.use((req, res, next) => { return verify(req, res, next); });\nROUTE"),
    _express("middleware that hands on to another, but for an address", 'app.use("/api", (req, res, next) => { const open = ["/sign-in"]; if (open.includes(req.path)) return next(); return verify(req, res, next); });\nROUTE', unsure=True),
    _express("middleware that hands on to another, which goes on to a third", "const staff = (req, res, next) => { if (!req.user?.sub) return res.status(401).end(); next(); };\nconst both = async (req, res, next) => { await verify(req, res, async () => { await staff(req, res, next); }); };\napp.use(both);\nROUTE"),
    _express("middleware that goes on once another has let it", "app.use((req, res, next) => { verify(req, res, () => { next(); }); });\nROUTE"),
    _express("middleware that goes on once another has, which lets everybody through", "const log = (req, res, done) => { done(); };\napp.use((req, res, next) => { log(req, res, () => { next(); }); });\nROUTE"),
    _express("middleware that goes on without a header, and else once another has let it", "app.use((req, res, next) => { if (!req.headers.authorization) return next(); verify(req, res, () => { next(); }); });\nROUTE"),
    _express("middleware that hands on to another that lets everybody through", "const log = (req, res, next) => { next(); };\napp.use((req, res, next) => log(req, res, next));\nROUTE"),
    _express("middleware on the same prefix", 'app.use("/api", verify);\nROUTE'),
    _express("middleware on another prefix", 'app.use("/admin", verify);\nROUTE'),
    _express("middleware in the route", 'app.post("/api/work", verify, (req, res) => { work(); res.end(); });'),
    _express("a list of middleware", 'app.post("/api/work", [verify], (req, res) => { work(); res.end(); });'),
    _express("a router behind middleware", 'const api = express.Router();\napi.post("/work", (req, res) => { work(); res.end(); });\napp.use("/api", verify, api);'),
    _express("a router with middleware of its own", 'const api = express.Router();\napi.use(verify);\napi.post("/work", (req, res) => { work(); res.end(); });\napp.use("/api", api);'),
    _express("a router before the middleware", 'const api = express.Router();\napi.post("/work", (req, res) => { work(); res.end(); });\napp.use("/api", api);\napp.use(verify);'),
    _express("a router that a function makes, behind middleware", 'function routes(options) { const api = express.Router(); api.post("/work", (req, res) => { work(); res.end(); }); return api; }\napp.use("/api", verify, routes({}));'),
    _express("a router that a function makes", 'function routes(options) { const api = express.Router(); api.post("/work", (req, res) => { work(); res.end(); }); return api; }\nconst made = routes({});\napp.use("/api", made);\napp.use(verify);'),
    _express("a router that is a field of an object, behind middleware that a function makes", 'const guard = (name) => (req, res, next) => verify(req, res, next);\nclass Api { router = express.Router(); constructor() { this.router.post("/work", (req, res) => { work(); res.end(); }); } }\nfunction start() { const made = guard("x"); app.use("/api", made, new Api().router); }\nstart();'),
    _express("methods that are called in another order than they are written", 'class Server { constructor() { this.app = app; this.guards(); this.routes(); } routes() { this.app.post("/api/work", (req, res) => { work(); res.end(); }); } guards() { this.app.use(verify); } }\nnew Server();'),
    _express("functions that are called in another order than they are written", "function guards() { app.use(verify); }\nfunction routes() { ROUTE }\nroutes();\nguards();"),
    _express("middleware of another router", 'const other = express.Router();\nother.use(verify);\napp.use("/other", other);\nROUTE'),
    _express("middleware that never refuses", "app.use((req, res, next) => { try { req.user = jwt.verify(bearer(req.headers.authorization), process.env.JWT_SECRET); } catch {} next(); });\nROUTE"),
    _express("middleware that goes on after it has refused", "app.use((req, res, next) => { if (!req.headers.authorization) res.status(401).end(); next(); });\nROUTE"),
    _express("middleware that looks whether there is a header", "app.use((req, res, next) => { if (!req.headers.authorization) return res.status(401).end(); next(); });\nROUTE"),
    _express("middleware that decodes", "app.use((req, res, next) => { if (!jwt.decode(bearer(req.headers.authorization))) return res.status(401).end(); next(); });\nROUTE"),
    _express("middleware for errors", "app.use((error, req, res, next) => verify(req, res, next));\nROUTE"),
    _express("a check in the handler", 'app.post("/api/work", (req, res) => { try { jwt.verify(bearer(req.headers.authorization), process.env.JWT_SECRET); } catch { return res.status(401).end(); } work(); res.end(); });'),
    _express("a check after the work", 'app.post("/api/work", (req, res) => { work(); try { jwt.verify(bearer(req.headers.authorization), process.env.JWT_SECRET); } catch { return res.status(401).end(); } res.end(); });'),
    _express("a refusal without a return", 'app.post("/api/work", (req, res) => { if (req.headers["x-key"] !== process.env.API_KEY) res.status(401).end(); work(); res.end(); });'),
    _express("a key that is compared", 'app.post("/api/work", (req, res) => { if (req.headers["x-key"] !== process.env.API_KEY) return res.status(401).end(); work(); res.end(); });'),
    _express("a key that is compared where it is set", 'app.post("/api/work", (req, res) => { if (process.env.API_KEY) { if (req.headers["x-key"] !== process.env.API_KEY) return res.status(401).end(); } work(); res.end(); });', unset=True),
    _express("a key that is compared where it is set, and has to be set in production", 'app.post("/api/work", (req, res) => { if (!process.env.API_KEY && process.env.NODE_ENV === "production") return res.status(500).end(); if (process.env.API_KEY) { if (req.headers["x-key"] !== process.env.API_KEY) return res.status(401).end(); } work(); res.end(); });'),
    _express("a flag that only a check sets", 'const known = (req) => { try { jwt.verify(bearer(req.headers.authorization), process.env.JWT_SECRET); return true; } catch { return false; } };\napp.post("/api/work", (req, res) => { let ok = false; if (req.headers.authorization) { ok = known(req); } if (!ok) return res.status(401).end(); work(); res.end(); });'),
    _express("a word of the caller's beside a check", 'const known = (req) => { try { jwt.verify(bearer(req.headers.authorization), process.env.JWT_SECRET); return true; } catch { return false; } };\napp.post("/api/work", (req, res) => { if (req.headers["x-admin"] === "true" || !known(req)) return res.status(401).end(); work(); res.end(); });'),
    _express("an asynchronous check that nobody awaits", 'const known = async (req) => jwt.verify(bearer(req.headers.authorization), process.env.JWT_SECRET);\napp.post("/api/work", (req, res) => { known(req).catch(() => {}); work(); res.end(); });'),
    _fastify("no guard", "ROUTE"),
    _fastify("a hook", 'app.addHook("onRequest", verify);\nROUTE'),
    _fastify("a hook after the route", 'ROUTE\napp.addHook("onRequest", verify);'),
    _fastify("a hook of the route", 'app.post("/api/work", { preHandler: verify }, async () => { work(); return {}; });'),
    _fastify("a hook of a plugin beside it", 'app.register(async (inner) => { inner.addHook("onRequest", verify); });\nROUTE'),
    _fastify("a hook in the plugin of the route", 'app.register(async (inner) => { inner.addHook("preHandler", verify); inner.post("/work", async () => { work(); return {}; }); }, { prefix: "/api" });'),
    _fastify("a hook that looks whether there is a header", 'app.addHook("onRequest", async (request, reply) => { if (!request.headers.authorization) return reply.code(401).send(); });\nROUTE'),
    _hono("no guard", "ROUTE"),
    _hono("middleware before the route", 'app.use("*", verify);\nROUTE'),
    _hono("middleware after the route", 'ROUTE\napp.use("*", verify);'),
    _hono("middleware on a prefix", 'app.use("/api/*", verify);\nROUTE'),
    _hono("middleware on another prefix", 'app.use("/admin/*", verify);\nROUTE'),
    _hono("middleware in the route", 'app.post("/api/work", verify, (c) => { work(); return c.json({}); });'),
    _hono("the framework's own", 'app.use("*", withJwt({ secret: process.env.JWT_SECRET, alg: "HS256" }));\nROUTE'),
    _hono("a refusal that is not returned", 'app.use("*", async (c, next) => { if (!c.req.header("authorization")) c.json({}, 401); await next(); });\nROUTE'),
    _hono("a router behind middleware", 'const api = new Hono();\napi.use("*", verify);\napi.post("/work", (c) => { work(); return c.json({}); });\napp.route("/api", api);'),
    _fastapi("no guard", '@app.post("/api/work")\ndef handler():\n    work()\n'),
    _fastapi("a dependency", '@app.post("/api/work")\ndef handler(user=Depends(verified)):\n    work()\n'),
    _fastapi("a dependency of the decorator", '@app.post("/api/work", dependencies=[Depends(verified)])\ndef handler():\n    work()\n'),
    _fastapi("a dependency of the router", 'guarded = APIRouter(prefix="/api", dependencies=[Depends(verified)])\n\n\n@guarded.post("/work")\ndef handler():\n    work()\n\n\napp.include_router(guarded)\n'),
    _fastapi("a field of a class of views", 'from fastapi_utils.cbv import cbv\n\n\n@cbv(router)\nclass Work:\n    user: dict = Depends(verified)\n\n    @router.post("/work")\n    def handler(self):\n        work()\n\n\napp.include_router(router)\n'),
    _fastapi("a field of a class above the class of views", 'from fastapi_utils.cbv import cbv\n\n\nclass SignedIn:\n    user: dict = Depends(verified)\n\n\n@cbv(router)\nclass Work(SignedIn):\n    @router.post("/work")\n    def handler(self):\n        work()\n\n\napp.include_router(router)\n'),
    _fastapi("what makes an object of a class of views", 'from fastapi_utils.cbv import cbv\n\n\n@cbv(router)\nclass Work:\n    def __init__(self, user: dict = Depends(verified)):\n        self.user = user\n\n    @router.post("/work")\n    def handler(self):\n        work()\n\n\napp.include_router(router)\n'),
    _fastapi("a class of views that asks nobody", 'from fastapi_utils.cbv import cbv\n\n\n@cbv(router)\nclass Work:\n    agent: dict = Depends(lambda: {})\n\n    @router.post("/work")\n    def handler(self):\n        work()\n\n\napp.include_router(router)\n'),
    _fastapi("a field that the class of views replaces", 'from fastapi_utils.cbv import cbv\n\n\nclass SignedIn:\n    user: dict = Depends(verified)\n\n\n@cbv(router)\nclass Work(SignedIn):\n    user: dict = Depends(lambda: {})\n\n    @router.post("/work")\n    def handler(self):\n        work()\n\n\napp.include_router(router)\n'),
    _fastapi("a router of a class of its own", 'class SignedIn(APIRouter):\n    def __init__(self, **options):\n        super().__init__(dependencies=[Depends(verified)], **options)\n\n\nguarded = SignedIn(prefix="/api")\n\n\n@guarded.post("/work")\ndef handler():\n    work()\n\n\napp.include_router(guarded)\n'),
    _fastapi("a router of a class of its own that is told whom to ask", 'class Plain(APIRouter):\n    pass\n\n\nguarded = Plain(prefix="/api", dependencies=[Depends(verified)])\n\n\n@guarded.post("/work")\ndef handler():\n    work()\n\n\napp.include_router(guarded)\n'),
    _fastapi("a router of a class that hands on whom to ask", 'class Plain(APIRouter):\n    def __init__(self, **options):\n        super().__init__(tags=["work"], **options)\n\n\nguarded = Plain(prefix="/api", dependencies=[Depends(verified)])\n\n\n@guarded.post("/work")\ndef handler():\n    work()\n\n\napp.include_router(guarded)\n'),
    _fastapi("a router of a class above the class", 'class SignedIn(APIRouter):\n    def __init__(self, **options):\n        super().__init__(dependencies=[Depends(verified)], **options)\n\n\nclass Kept(SignedIn):\n    pass\n\n\nguarded = Kept(prefix="/api")\n\n\n@guarded.post("/work")\ndef handler():\n    work()\n\n\napp.include_router(guarded)\n'),
    _fastapi("a router of a class of its own that asks nobody", 'class Plain(APIRouter):\n    def __init__(self, **options):\n        super().__init__(tags=["work"], **options)\n\n\nplain = Plain(prefix="/api")\n\n\n@plain.post("/work")\ndef handler():\n    work()\n\n\napp.include_router(plain)\n'),
    _fastapi("a dependency of where the router is included", '@router.post("/work")\ndef handler():\n    work()\n\n\napp.include_router(router, dependencies=[Depends(verified)])\n'),
    _fastapi("a dependency of another router", 'other = APIRouter(prefix="/other", dependencies=[Depends(verified)])\n\n\n@router.post("/work")\ndef handler():\n    work()\n\n\napp.include_router(other)\napp.include_router(router)\n'),
    _fastapi("HTTPBearer alone", '@app.post("/api/work")\ndef handler(credentials: HTTPAuthorizationCredentials = Depends(HTTPBearer())):\n    work()\n'),
    _fastapi("OAuth2PasswordBearer alone", 'scheme = OAuth2PasswordBearer(tokenUrl="token")\n\n\n@app.post("/api/work")\ndef handler(token: str = Depends(scheme)):\n    work()\n'),
    _fastapi("APIKeyHeader alone", 'scheme = APIKeyHeader(name="X-Key")\n\n\n@app.post("/api/work")\ndef handler(key: str = Depends(scheme)):\n    work()\n'),
    _fastapi("a scheme that does not insist", '@app.post("/api/work")\ndef handler(credentials=Depends(HTTPBearer(auto_error=False))):\n    work()\n'),
    _fastapi("a dependency that may give nobody", '@app.post("/api/work")\ndef handler(user=Depends(perhaps)):\n    work()\n'),
    _fastapi("a dependency that may give nobody, and is asked", '@app.post("/api/work")\ndef handler(user=Depends(perhaps)):\n    if user is None:\n        raise HTTPException(401)\n    work()\n'),
    _fastapi("a token that is decoded, not verified", 'def claims(authorization: str = Header(...)):\n    return jwt.decode(authorization.removeprefix("Bearer "), options={"verify_signature": False})\n\n\n@app.post("/api/work")\ndef handler(user=Depends(claims)):\n    work()\n'),
    _fastapi("middleware that refuses", '@app.middleware("http")\nasync def check(request: Request, call_next):\n    if request.headers.get("x-key") != os.environ["API_KEY"]:\n        return JSONResponse({}, 401)\n    return await call_next(request)\n\n\n@app.post("/api/work")\ndef handler():\n    work()\n'),
    _fastapi("middleware that only looks", '@app.middleware("http")\nasync def check(request: Request, call_next):\n    request.state.key = request.headers.get("x-key")\n    return await call_next(request)\n\n\n@app.post("/api/work")\ndef handler():\n    work()\n'),
    _flask("no guard", '@app.post("/api/work")\ndef handler():\n    work()\n    return {}\n'),
    _flask("a decorator below the route's", '@app.post("/api/work")\n@signed_in\ndef handler():\n    work()\n    return {}\n'),
    _flask("a decorator above the route's", '@signed_in\n@app.post("/api/work")\ndef handler():\n    work()\n    return {}\n'),
    _flask("a hook of the app", '@app.before_request\ndef check():\n    try:\n        g.user = token()\n    except jwt.PyJWTError:\n        abort(401)\n\n\n@app.post("/api/work")\ndef handler():\n    work()\n    return {}\n'),
    _flask("a hook that only looks", '@app.before_request\ndef check():\n    g.key = request.headers.get("x-key")\n\n\n@app.post("/api/work")\ndef handler():\n    work()\n    return {}\n'),
    _flask("a hook of the blueprint", 'api = Blueprint("api", __name__, url_prefix="/api")\n\n\n@api.before_request\ndef check():\n    if request.headers.get("x-key") != os.environ["API_KEY"]:\n        abort(401)\n\n\n@api.post("/work")\ndef handler():\n    work()\n    return {}\n\n\napp.register_blueprint(api)\n'),
    _flask("a hook of another blueprint", 'other = Blueprint("other", __name__, url_prefix="/other")\n\n\n@other.before_request\ndef check():\n    abort(401)\n\n\n@app.post("/api/work")\ndef handler():\n    work()\n    return {}\n\n\napp.register_blueprint(other)\n'),
    _flask("a check in the view", '@app.post("/api/work")\ndef handler():\n    if request.headers.get("x-key") != os.environ["API_KEY"]:\n        return {}, 401\n    work()\n    return {}\n'),
    _aiohttp("no guard", 'app.router.add_post("/api/work", plain)\n'),
    _aiohttp("no guard, in a table", 'app.add_routes([web.post("/api/work", plain)])\n'),
    _aiohttp("no guard, by decorator", '@routes.post("/api/work")\nasync def handler(request):\n    work()\n    return web.json_response({})\n\n\napp.add_routes(routes)\n'),
    _aiohttp("no guard, a class", '@routes.view("/api/work")\nclass Work(web.View):\n    async def post(self):\n        work()\n        return web.json_response({})\n\n\napp.add_routes(routes)\n'),
    _aiohttp("middleware of the application", 'app = web.Application(middlewares=[verified])\napp.router.add_route("POST", "/api/work", plain)\n'),
    _aiohttp("middleware that is appended after the route", 'app.router.add_post("/api/work", plain)\napp.middlewares.append(verified)\n'),
    _aiohttp("middleware of the application around", 'app = web.Application(middlewares=[verified])\ninner = web.Application()\ninner.add_routes([web.post("/work", plain)])\napp.add_subapp("/api", inner)\n'),
    _aiohttp("middleware of the application inside", 'inner = web.Application(middlewares=[verified])\ninner.add_routes([web.post("/work", plain)])\napp.add_subapp("/api", inner)\n'),
    _aiohttp("middleware of another application", 'other = web.Application(middlewares=[verified])\napp.add_subapp("/other", other)\napp.router.add_post("/api/work", plain)\n'),
    _aiohttp("middleware that only looks", '@web.middleware\nasync def look(request, handler):\n    print(request.headers.get("x-key"))\n    return await handler(request)\n\n\napp.middlewares.append(look)\napp.router.add_post("/api/work", plain)\n'),
    _aiohttp("middleware that looks whether there is a header", '@web.middleware\nasync def look(request, handler):\n    if "Authorization" not in request.headers:\n        raise web.HTTPUnauthorized()\n    return await handler(request)\n\n\napp.middlewares.append(look)\napp.router.add_post("/api/work", plain)\n'),
    _aiohttp("middleware that never refuses", '@web.middleware\nasync def look(request, handler):\n    try:\n        token(request)\n    except jwt.PyJWTError:\n        pass\n    return await handler(request)\n\n\napp.middlewares.append(look)\napp.router.add_post("/api/work", plain)\n'),
    _aiohttp("middleware that compares a key", '@web.middleware\nasync def check(request, handler):\n    if request.headers.get("x-key") != os.environ["API_KEY"]:\n        return web.json_response({}, status=401)\n    return await handler(request)\n\n\napp.middlewares.append(check)\napp.router.add_post("/api/work", plain)\n'),
    _aiohttp("a decorator below the route's", '@routes.post("/api/work")\n@signed_in\nasync def handler(request):\n    work()\n    return web.json_response({})\n\n\napp.add_routes(routes)\n'),
    _aiohttp("a decorator above the route's", '@signed_in\n@routes.post("/api/work")\nasync def handler(request):\n    work()\n    return web.json_response({})\n\n\napp.add_routes(routes)\n'),
    _aiohttp("a decorator of a handler that a table names", '@signed_in\nasync def handler(request):\n    work()\n    return web.json_response({})\n\n\napp.add_routes([web.post("/api/work", handler)])\n'),
    _aiohttp("a check in the handler", '@routes.post("/api/work")\nasync def handler(request):\n    if request.headers.get("x-key") != os.environ["API_KEY"]:\n        raise web.HTTPForbidden()\n    work()\n    return web.json_response({})\n\n\napp.add_routes(routes)\n'),
    _aiohttp("a refusal that is made, and not raised", '@routes.post("/api/work")\nasync def handler(request):\n    if request.headers.get("x-key") != os.environ["API_KEY"]:\n        web.HTTPForbidden()\n    work()\n    return web.json_response({})\n\n\napp.add_routes(routes)\n'),
    _koa("no guard", "ROUTE"),
    _koa("middleware before the router", "app.use(verify);\nROUTE"),
    _koa("middleware after the router", "ROUTE\napp.use(verify);"),
    _koa("middleware of the router, before the route", "router.use(verify);\nROUTE"),
    _koa("middleware of the router, after the route", 'router.post("/api/work", handler);\nrouter.use(verify);\napp.use(router.routes());'),
    _koa("middleware in the route", 'router.post("/api/work", verify, handler);\napp.use(router.routes());'),
    _koa("a route with a name", 'router.post("work", "/api/work", verify, handler);\napp.use(router.routes());'),
    _koa("a router with a prefix behind middleware", 'const api = new Router({ prefix: "/api" });\napi.post("/work", handler);\napp.use(verify).use(api.routes());'),
    _koa("a router inside another, behind its middleware", 'const api = new Router();\napi.post("/work", handler);\nrouter.use("/api", verify, api.routes());\napp.use(router.routes());'),
    _koa("middleware of the router on another prefix", 'router.use("/admin", verify);\nROUTE'),
    _koa("middleware of another router", 'const other = new Router({ prefix: "/other" });\nother.use(verify);\napp.use(other.routes());\nROUTE'),
    _koa("middleware that throws", 'app.use(async (ctx, next) => { if (ctx.get("x-key") !== process.env.API_KEY) ctx.throw(401); await next(); });\nROUTE'),
    _koa("middleware that never refuses", 'app.use(async (ctx, next) => { try { ctx.state.user = jwt.verify(bearer(ctx.get("authorization")), process.env.JWT_SECRET); } catch {} await next(); });\nROUTE'),
    _koa("middleware that goes on after it has refused", 'app.use(async (ctx, next) => { if (ctx.get("x-key") !== process.env.API_KEY) ctx.status = 401; await next(); });\nROUTE'),
    _koa("middleware that looks whether there is a header", 'app.use(async (ctx, next) => { if (!ctx.get("authorization")) { ctx.status = 401; return; } await next(); });\nROUTE'),
    _koa("a check in the handler", 'router.post("/api/work", async (ctx) => { if (ctx.get("x-key") !== process.env.API_KEY) { ctx.status = 401; return; } work(); ctx.body = {}; });\napp.use(router.routes());'),
    _koa("a check in the handler that throws", 'router.post("/api/work", async (ctx) => { if (ctx.get("x-key") !== process.env.API_KEY) ctx.throw(401); work(); ctx.body = {}; });\napp.use(router.routes());'),
    _koa("a refusal without a return", 'router.post("/api/work", async (ctx) => { if (ctx.get("x-key") !== process.env.API_KEY) ctx.status = 401; work(); ctx.body = {}; });\napp.use(router.routes());'),
    _starlette("no guard", 'app = Starlette(routes=[Route("/api/work", plain, methods=["POST"])])\n'),
    _starlette("no guard, in a mount", 'app = Starlette(routes=[Mount("/api", routes=[Route("/work", plain, methods=["POST"])])])\n'),
    _starlette("no guard, a class", 'class Work(HTTPEndpoint):\n    async def post(self, request):\n        work()\n        return JSONResponse({})\n\n\napp = Starlette(routes=[Route("/api/work", Work)])\n'),
    _starlette("middleware of the application", 'app = Starlette(routes=[Route("/api/work", plain, methods=["POST"])], middleware=[Middleware(Check)])\n'),
    _starlette("middleware that is added", 'app = Starlette()\napp.add_route("/api/work", plain, methods=["POST"])\napp.add_middleware(Check)\n'),
    _starlette("middleware in a list of its own", 'stack = [Middleware(Look), Middleware(Check)]\ntable = [Route("/api/work", plain, methods=["POST"])]\napp = Starlette(routes=table, middleware=stack)\n'),
    _starlette("middleware of the mount", 'app = Starlette(routes=[Mount("/api", routes=[Route("/work", plain, methods=["POST"])], middleware=[Middleware(Check)])])\n'),
    _starlette("middleware of another mount", 'app = Starlette(routes=[Mount("/other", routes=[], middleware=[Middleware(Check)]), Route("/api/work", plain, methods=["POST"])])\n'),
    _starlette("middleware of an application that is mounted", 'inner = Starlette(routes=[Route("/work", plain, methods=["POST"])], middleware=[Middleware(Check)])\napp = Starlette(routes=[Mount("/api", app=inner)])\n'),
    _starlette("middleware of the application around", 'inner = Starlette(routes=[Route("/work", plain, methods=["POST"])])\napp = Starlette(routes=[Mount("/api", app=inner)], middleware=[Middleware(Check)])\n'),
    _starlette("middleware of another application", 'other = Starlette(middleware=[Middleware(Check)])\napp = Starlette(routes=[Mount("/other", app=other), Route("/api/work", plain, methods=["POST"])])\n'),
    _starlette("middleware that only looks", 'app = Starlette(routes=[Route("/api/work", plain, methods=["POST"])], middleware=[Middleware(Look)])\n'),
    _starlette("a backend alone", 'app = Starlette(routes=[Route("/api/work", plain, methods=["POST"])], middleware=[Middleware(AuthenticationMiddleware, backend=Tokens())])\n'),
    _starlette("a backend, and a route that requires", '@requires("authenticated")\nasync def handler(request):\n    work()\n    return JSONResponse({})\n\n\napp = Starlette(routes=[Route("/api/work", handler, methods=["POST"])], middleware=[Middleware(AuthenticationMiddleware, backend=Tokens())])\n'),
    _starlette("a backend, and a route that asks", 'async def handler(request):\n    if not request.user.is_authenticated:\n        return JSONResponse({}, 401)\n    work()\n    return JSONResponse({})\n\n\napp = Starlette(routes=[Route("/api/work", handler, methods=["POST"])], middleware=[Middleware(AuthenticationMiddleware, backend=Tokens())])\n'),
    _starlette("a decorator", '@signed_in\nasync def handler(request):\n    work()\n    return JSONResponse({})\n\n\napp = Starlette(routes=[Route("/api/work", handler, methods=["POST"])])\n'),
    _starlette("a check in the handler", 'async def handler(request):\n    token(request)\n    work()\n    return JSONResponse({})\n\n\napp = Starlette(routes=[Route("/api/work", handler, methods=["POST"])])\n'),
    _starlette("a refusal that is not returned", 'async def handler(request):\n    if request.headers.get("x-key") != os.environ["API_KEY"]:\n        JSONResponse({}, 401)\n    work()\n    return JSONResponse({})\n\n\napp = Starlette(routes=[Route("/api/work", handler, methods=["POST"])])\n'),
)  # fmt: skip
