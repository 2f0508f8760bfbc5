"""Routes as they stand in the whole app, and what is derived of them for rules."""

import pytest
from own_rules import RULES

from batten.facts.routes import Route, RouteAuth
from batten.scan import scan_files

NEXT = '{"dependencies": {"next": "15"}}'
EXPRESS = '{"dependencies": {"express": "5"}}'
PRISMA = 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'


def routes(files: dict[str, str]) -> tuple[Route, ...]:
    return scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes


def in_next(path: str, body: str, imports: str = "", method: str = "POST") -> Route:
    source = f'{imports}import {{ prisma }} from "@/lib/prisma"\nexport async function {method}(req) {{ {body} }}'
    settings = '{"compilerOptions": {"paths": {"@/*": ["./*"]}}}'
    files = {"package.json": NEXT, "tsconfig.json": settings, "lib/prisma.ts": PRISMA, f"app/{path}/route.ts": source}
    (found,) = routes(files)
    return found


def in_express(source: str) -> tuple[Route, ...]:
    start = f'import express from "express"\n{PRISMA}const app = express()\n'
    return routes({"package.json": EXPRESS, "src/app.js": start + source})


REMOVE = "await prisma.user.deleteMany()"


# --- which are routes ---


@pytest.mark.parametrize(
    ("source", "titles"),
    [
        ("app.get('/a', (req, res) => {})", ["GET /a"]),
        ("const api = express.Router(); api.get('/a', (req, res) => {})", ["GET /a"]),
        ("function add(app) { app.get('/a', (req, res) => {}) }", ["GET /a"]),
        ("function add(app) { const r = require('express').Router(); r.get('/a', (req, res) => {}); app.use('/api', r) }", ["GET /api/a"]),
        ("import axios from 'axios'; axios.get('/a', h)", []),
        ("import { http } from './client'; http.get('/a', () => {})", []),
        ("const cache = new Map(); cache.get('/a', () => {})", []),
        ("import { rest } from 'msw'; rest.get('/a', (req, res) => {})", []),
        ("import Fastify from 'fastify'; const f = Fastify(); f.get('/a', async () => {})", ["GET /a"]),
    ],
)
def test_receivers(source: str, titles: list[str]) -> None:
    files = {"src/client.js": "export const http = { get() {} }\n"}
    assert [
        route.title
        for route in routes(
            {"package.json": EXPRESS, **files, "src/app.js": f"import express from 'express'\nconst app = express()\n{source}"}
        )
    ] == titles


def test_a_parameter_that_looks_like_a_server_needs_one_in_the_package() -> None:
    source = "export function add(client) { client.get('/a', () => {}) }\nconst x = 1; app.use(x)\n"
    assert routes({"package.json": '{"dependencies": {"react": "19"}}', "src/a.js": source}) == ()


@pytest.mark.parametrize(
    ("shared", "title"),
    [
        ("export const api = { orders: { remove: { method: 'DELETE', path: '/api/orders/:id' } } }", "DELETE /api/orders/:id"),
        ("export const api = { orders: { remove: { path: '/api/orders/:id' as const } } } as const", "DELETE /api/orders/:id"),
        ("export const api = { orders: { remove: { path: base + '/orders' } } }", "DELETE /{api.orders.remove.path}"),
        ("export const api = load()", "DELETE /{api.orders.remove.path}"),
    ],
)
def test_paths_that_stand_in_a_table(shared: str, title: str) -> None:
    source = "import express from 'express'\nimport { api } from './shared'\nconst app = express()\napp.delete(api.orders.remove.path, (req, res) => {})\n"
    (found,) = routes({"package.json": EXPRESS, "src/shared.ts": shared, "src/app.ts": source})
    assert found.title == title


def test_what_stands_before_a_handler() -> None:
    (found,) = in_express("app.use(first); const guard = require('./guard'); app.post('/a', guard, limit(3), (req, res) => {})")
    assert found.guards == ("first", "guard", "limit")


def test_tests_have_no_routes() -> None:
    source = "import express from 'express'\nconst app = express()\napp.get('/a', (req, res) => {})\n"
    assert routes({"package.json": EXPRESS, "src/app.test.js": source, "tests/app.js": source}) == ()


def test_a_tutorials_routes() -> None:
    """What is exported beside a bare `require` is the file's own."""
    files = {
        "package.json": EXPRESS,
        "server.js": "const express = require('express')\nconst app = express()\nrequire('./routes/all.js')(app)\n",
        "routes/all.js": (
            "module.exports = (app) => {\n  const people = require('../people.js')\n  const token = require('../token.js')\n"
            "  const router = require('express').Router()\n  router.get('/people', token.check, people.list)\n"
            "  router.get('/all', people.list)\n  app.use('/api', router)\n}\n"
        ),
        "people.js": "const { PrismaClient } = require('@prisma/client')\nconst prisma = new PrismaClient()\n"
        "exports.list = async (req, res) => { res.json(await prisma.user.findMany()) }\n",
        "token.js": (
            "const jwt = require('jsonwebtoken')\nrequire('dotenv').config()\nexports.check = (req, res, next) => {\n"
            "  jwt.verify(req.headers.authorization, process.env.SECRET, (err, decoded) => {\n"
            "    if (err) { return res.status(401).json({ message: 'Invalid' }) }\n    req.user = decoded.user\n    next()\n  })\n}\n"
        ),
    }
    assert [(route.title, route.auth) for route in routes(files)] == [
        ("GET /api/people", RouteAuth.AUTHENTICATED),
        ("GET /api/all", RouteAuth.UNAUTHENTICATED),
    ]


MODEL = """
const { PrismaClient } = require('@prisma/client')
const prisma = new PrismaClient()
const Person = function (given) { this.name = given.name }
Person.drop = async () => { await prisma.user.deleteMany() }
Person.prototype.keep = async function () { await prisma.user.create({ data: { name: this.name } }) }
module.exports = Person
"""


@pytest.mark.parametrize(
    ("handler", "auth", "effects"),
    [
        ("async (req, res) => { await Person.drop(); res.end() }", "unauthenticated", ["database-delete"]),
        ("async (req, res) => { const made = new Person(req.body); await made.keep(); res.end() }", "unauthenticated", ["database-write"]),
        ("[upload.single('image'), async (req, res) => { await Person.drop(); res.end() }]", "unauthenticated", ["database-delete"]),
        ("[check, async (req, res) => { await Person.drop(); res.end() }]", "authenticated", []),
        ("[check, upload.single('image'), async (req, res) => { await Person.drop(); res.end() }]", "authenticated", []),
    ],
)
def test_methods_put_on_a_function_and_handlers_in_a_list(handler: str, auth: str, effects: list[str]) -> None:
    files = {
        "package.json": EXPRESS,
        "app.js": "const express = require('express')\nconst people = require('./people')\nconst app = express()\napp.post('/people', people.change)\n",
        "people.js": (
            "const Person = require('./person')\nconst multer = require('multer')\nconst upload = multer()\nconst jwt = require('jsonwebtoken')\n"
            "const check = (req, res, next) => { jwt.verify(req.headers.authorization, process.env.SECRET); next() }\n"
            f"exports.change = {handler}\n"
        ),
        "person.js": MODEL,
    }
    (route,) = routes(files)
    assert (route.auth, [effect.kind for effect in route.effects]) == (auth, effects)


SIGN_IN = "const user = await prisma.user.findUnique({ where: { email: req.body.email } })\n"


@pytest.mark.parametrize(
    ("body", "auth"),
    [
        (
            f"{SIGN_IN}if (!await bcrypt.compare(req.body.password, user.hash)) return res.status(401).end()\nres.json({{ user }})",
            "authenticated",
        ),
        (
            f"{SIGN_IN}if (!await bcrypt.compare(req.body.password, user.hash)) return res.sendStatus(401)\nreturn res.send(user)",
            "authenticated",
        ),
        (
            f"{SIGN_IN}res.json({{ user }})\nif (!await bcrypt.compare(req.body.password, user.hash)) return res.status(401).end()",
            "unauthenticated",
        ),
        (f"{SIGN_IN}if (!await bcrypt.compare(req.body.password, user.hash)) return res.json({{ user }})\nres.end()", "unauthenticated"),
        (f"{SIGN_IN}const same = await bcrypt.compare(req.body.password, user.hash)\nres.json({{ user, same }})", "unauthenticated"),
    ],
)
def test_what_was_read_counts_where_it_is_answered(body: str, auth: str) -> None:
    """Whoever proves a password may have the row that it was compared with."""
    (route,) = in_express(f"import bcrypt from 'bcrypt'\napp.post('/open-up', async (req, res) => {{ {body} }})")
    assert route.auth == auth


def test_what_was_read_counts_where_it_is_returned() -> None:
    source = (
        "from flask import Flask, request\nfrom flask_sqlalchemy import SQLAlchemy\nfrom werkzeug.security import check_password_hash\n"
        "app = Flask(__name__)\ndb = SQLAlchemy(app)\nclass User(db.Model):\n    pass\n\n"
        "@app.post('/token-user')\ndef token_user():\n    user = User.query.filter_by(mobile=request.json['mobile']).first()\n"
        "    if not user or not check_password_hash(user.password_hash, request.json['password']):\n"
        "        return {'message': 'Bad credentials'}, 401\n    return {'token': make(user)}\n\n"
        "@app.post('/who')\ndef who():\n    user = User.query.filter_by(mobile=request.json['mobile']).first()\n"
        "    if not user:\n        return {'message': 'nobody'}, 404\n    return {'name': user.name}\n"
    )
    found = {route.path: route.auth for route in routes({"requirements.txt": "flask", "app.py": source})}
    assert found == {"/token-user": RouteAuth.AUTHENTICATED, "/who": RouteAuth.UNAUTHENTICATED}


@pytest.mark.parametrize(
    ("method", "body", "writes"),
    [
        ("get", "await prisma.policy.create({ data: { days: 15 } })", False),
        ("get", "await prisma.policy.create({ data: { days: req.query.days } })", True),
        ("get", "await prisma.policy.deleteMany({})", True),
        ("post", "await prisma.policy.create({ data: { days: 15 } })", True),
        ("get", "require('fs').writeFileSync('policies.json', '[]')", False),
        ("get", "require('fs').writeFileSync('policies.json', req.query.days)", True),
        ("post", "require('fs').writeFileSync('policies.json', '[]')", True),
    ],
)
def test_what_reading_writes_counts_where_the_caller_shapes_it(method: str, body: str, writes: bool) -> None:
    (route,) = in_express(f"app.{method}('/policy', async (req, res) => {{ {body}; res.end() }})")
    assert route.writes is writes


@pytest.mark.parametrize(
    ("method", "path", "scheduled"),
    [
        ("GET", "inspections/scheduled", False),
        ("POST", "inspections/scheduled", True),
        ("GET", "jobs/scheduled", True),
        ("GET", "cron/scheduled", True),
        ("GET", "scheduled", True),
        ("GET", "posts/scheduled/publish", True),
    ],
)
def test_rows_that_are_scheduled_are_no_work(method: str, path: str, scheduled: bool) -> None:
    assert in_next(path, "return Response.json(await prisma.visit.findMany())", method=method).scheduled is scheduled


@pytest.mark.parametrize(
    ("method", "path", "public"),
    [
        ("POST", "loginStudent", True),
        ("POST", "sign_in_parent", True),
        ("POST", "register-company", True),
        ("POST", "reset-new-password", True),
        ("POST", "forgot-password-mobile", True),
        ("POST", "reset-password-with-otp", True),
        ("POST", "reset-password-users", False),
        ("POST", "send-password-reset-email", True),
        ("POST", "sendMagicLinkEmail", True),
        ("POST", "track-visit", True),
        ("POST", "track-parcel", False),
        ("POST", "send-reset-invoice", False),
        ("POST", "register-admin", False),
        ("DELETE", "login-user", False),
        ("POST", "logins", False),
        ("POST", "registered-people", False),
    ],
)
def test_ways_in_are_for_everybody(method: str, path: str, public: bool) -> None:
    assert in_next(path, "await prisma.user.create({ data: await req.json() })", method=method).public_by_design is public


@pytest.mark.parametrize(
    ("path", "public"),
    [("src/routes/login.js", True), ("src/login/index.js", True), ("src/routes/people.js", False), ("src/index.js", False)],
)
def test_a_router_whose_place_is_not_understood_is_about_what_its_file_is_called(path: str, public: bool) -> None:
    source = (
        f"import express from 'express'\n{PRISMA}const router = express.Router()\n"
        "router.post('/', async (req, res) => { await prisma.thing.create({ data: req.body }); res.end() })\nexport default router\n"
    )
    (route,) = routes({"package.json": EXPRESS, path: source})
    assert (route.title, route.public_by_design) == ("POST /", public)


def test_the_front_page_is_that_of_the_app() -> None:
    """Where a router is mounted may not be understood: then its root is a place like any other."""
    (hello,) = in_express("app.get('/', (req, res) => res.send('hi'))")
    orders, add = in_express(
        "const api = express.Router(); for (const [path, router] of [['/orders', api]]) app.use(path, router)\n"
        "api.get('/', async (req, res) => res.json(await prisma.order.findMany()))\n"
        "api.post('/', async (req, res) => { await prisma.order.create({ data: req.body }); res.end() })"
    )
    assert [route.public_by_design for route in (hello, orders, add)] == [True, False, False]
    shows = "app.get('/', async (req, res) => res.json({}))"
    rows = ("prisma.order.findMany()", "prisma.order.count()", "prisma.order.findFirst()", "prisma.fruit.findMany()")
    found = [in_express(shows.format(f"await {each}"))[0] for each in rows]
    assert [route.public_by_design for route in found] == [False, True, True, True]


@pytest.mark.parametrize(
    ("path", "public"),
    [
        ("book/[linkId]", True),
        ("invite/[inviteCode]", True),
        ("invitations/[code]", True),
        ("share/[slug]", True),
        ("book/[bookId]", False),
        ("book/[slug]/notes", False),
        ("invite/[id]", False),
        ("invites/all/[code]", False),
    ],
)
def test_who_has_the_link_may(path: str, public: bool) -> None:
    route = in_next(path, "return Response.json(await prisma.order.findMany())", method="GET")
    assert route.public_by_design is public


ACTION = '"use server"\nimport { prisma } from "../lib/prisma"\nexport async function drop() { await prisma.user.deleteMany() }\n'


@pytest.mark.parametrize(
    ("importer", "found"),
    [
        ({"app/page.tsx": "import { drop } from './actions'\nexport default function Page() { return <form action={drop} /> }"}, True),
        (
            {
                "components/b.tsx": "'use client'\nimport { drop } from '../app/actions'\nexport const B = () => <button onClick={() => drop()} />"
            },
            True,
        ),
        ({"lib/job.ts": "import { drop } from '../app/actions'\nexport const job = () => drop()"}, False),
        ({}, True),
    ],
)
def test_actions_that_only_server_code_imports_are_not_served(importer: dict[str, str], found: bool) -> None:
    titles = [route.title for route in routes({"package.json": NEXT, "lib/prisma.ts": PRISMA, "app/actions.ts": ACTION, **importer})]
    assert titles == (["server action drop"] if found else [])


# --- names ---


def test_keys_know_no_lines() -> None:
    (route,) = in_express("app.delete('/users/:id', async (req, res) => { await prisma.user.deleteMany() })")
    assert (route.key, route.subject) == ("|route|DELETE /users/:id|", "route|src/app.js|DELETE /users/:id")


def test_files_whose_mounts_are_not_understood_may_have_routes_of_one_name() -> None:
    router = "import { Router } from 'express'\nconst router = Router()\nrouter.get('/', (req, res) => {})\nexport default router\n"
    found = routes({"package.json": EXPRESS, "src/users.js": router, "src/posts.js": router, "src/app.js": "load(glob('./*.js'))"})
    assert [(route.place.path, route.key) for route in found] == [
        ("src/posts.js", "|route|GET /|"),
        ("src/users.js", "|route|GET /|src/users.js"),
    ]


def test_one_file_has_a_route_once() -> None:
    assert len(in_express("app.get('/a', one)\napp.get('/a', two)")) == 1


def test_packages() -> None:
    files = {"apps/web/package.json": NEXT, "apps/web/app/api/x/route.ts": "export async function GET() {}"}
    (route,) = routes({"package.json": "{}", **files})
    assert (route.package, route.path, route.key) == ("apps/web", "/api/x", "apps/web|route|GET /api/x|")


# --- what is derived ---


@pytest.mark.parametrize(
    ("path", "body", "method", "public"),
    [
        ("api/auth/login", REMOVE, "POST", True),
        ("api/webhooks/stripe", REMOVE, "POST", True),
        ("api/health", "await prisma.user.findMany()", "GET", True),
        ("api/health", REMOVE, "DELETE", False),
        ("api/orders/[id]/status", "await prisma.order.findFirst({ where })", "GET", True),
        ("api/orders/[id]/status", "await prisma.order.update({ where, data })", "PATCH", False),
        ("api/leads", "await prisma.lead.create({ data: await req.json() })", "POST", True),
        ("api/leads", "await prisma.lead.findMany()", "GET", False),
        ("api/leads/[id]", "await prisma.lead.delete({ where })", "DELETE", False),
        ("api/products", "await prisma.product.findMany()", "GET", True),
        ("api/products", "await prisma.product.create({})", "POST", False),
        ("api/invite/[token]", REMOVE, "POST", True),
        ("api/users", REMOVE, "POST", False),
        ("api/availability", "await prisma.slot.findMany()", "GET", True),
        ("api/availability/delete", REMOVE, "POST", False),
        ("api/analytics/export", "await prisma.order.findMany()", "GET", False),
        ("api/analytics", "await prisma.visit.create({ data: await req.json() })", "POST", True),
        ("api/users", "await prisma.user.findMany()", "GET", False),
        ("api/customer-service", "await prisma.request.create({ data: await req.json() })", "POST", True),
        ("api/customer-service", REMOVE, "POST", False),
        ("api/riders/apply", "await prisma.application.create({ data: await req.json() })", "POST", True),
        ("api/coupons/apply", "await prisma.coupon.update({ data: await req.json() })", "POST", False),
        ("api/leave", "await prisma.inquiry.create({ data: await req.json() })", "POST", False),
        ("api/leave", "await service.from('inquiries').insert(await req.json())", "POST", True),
        (
            "api/leave",
            "await pool.query('INSERT INTO proposals (name, email, budget, message) VALUES ($1, $2, $3, $4)', given)",
            "POST",
            True,
        ),
        (
            "api/leave",
            "const { fullName, email, projectDetails } = await req.json(); await prisma.proposal.create({ data: { fullName, email, projectDetails } })",
            "POST",
            True,
        ),
        # Whom it is from, what it is about, or what the app itself decides, stands in none of these.
        ("api/leave", "await pool.query('INSERT INTO clients (name, email, phone, notes) VALUES ($1, $2, $3, $4)', given)", "POST", False),
        (
            "api/leave",
            "const { name, email, message, room_id } = await req.json(); await prisma.message.create({ data: { name, email, message, room_id } })",
            "POST",
            False,
        ),
        (
            "api/leave",
            "const { name, email, message } = await req.json(); await prisma.message.update({ where, data: { name, email, message } })",
            "POST",
            False,
        ),
    ],
)
def test_public_by_design(path: str, body: str, method: str, public: bool) -> None:
    client = "import { Pool } from 'pg'\nimport { createClient } from '@supabase/supabase-js'\nconst service = createClient(process.env.URL, process.env.SUPABASE_SERVICE_ROLE_KEY)\nconst pool = new Pool()\n"
    assert in_next(path, body, client, method=method).public_by_design is public


@pytest.mark.parametrize(
    ("path", "method", "public"),
    [
        ("api/public/enquiries", "POST", True),
        ("api/public/enquiries", "DELETE", False),
        ("api/notes/public", "POST", False),
        ("api/republic/notes", "POST", False),
    ],
)
def test_what_is_left_in_a_part_of_the_app_that_is_for_everybody(path: str, method: str, public: bool) -> None:
    assert in_next(path, "await prisma.thing.create({ data: await req.json() })", method=method).public_by_design is public


@pytest.mark.parametrize(("path", "public"), [("api/chat/public", False), ("api/contact", True), ("api/status", False)])
def test_what_costs_money_is_public_by_design_only_where_strangers_must_reach_it(path: str, public: bool) -> None:
    openai = "import OpenAI from 'openai'\nconst openai = new OpenAI()\n"
    body = f"await openai.responses.create({{}}); {REMOVE}"
    assert in_next(path, body, openai).public_by_design is public


@pytest.mark.parametrize(
    ("path", "body", "admin", "destructive"),
    [
        ("api/admin/users", "await prisma.user.findMany()", True, False),
        ("api/internal/sync", "await prisma.user.update({})", True, False),
        ("api/admin/login", "await prisma.user.findMany()", False, False),
        ("api/administration", "await prisma.user.findMany()", False, False),
        ("api/users", REMOVE, True, True),
        ("api/users", "await prisma.user.delete({ where: { id: 1 } })", False, False),
        ("api/admin/users", "return Response.json({})", False, False),
    ],
)
def test_admin_and_destructive(path: str, body: str, admin: bool, destructive: bool) -> None:
    found = in_next(path, body)
    assert (found.admin, found.destructive) == (admin, destructive)


@pytest.mark.parametrize(
    ("path", "body", "private"),
    [
        ("api/x", "await prisma.user.findMany()", True),
        ("api/orders", "await prisma.thing.findMany()", True),
        ("api/x", "await prisma.weather.findMany()", False),
        ("api/x", "await prisma.user.count()", False),
        ("api/users/cities", "await prisma.city.findMany()", False),  # from where it names the rows
        ("api/users/[id]/cities", "await prisma.city.findMany()", True),
        ("api/users/export", "await prisma.city.findMany()", True),
    ],
)
def test_private_reads(path: str, body: str, private: bool) -> None:
    assert in_next(path, body, method="GET").reads_private is private


@pytest.mark.parametrize(
    ("body", "flags"),
    [
        ("await prisma.post.create({})", (True, False, False, True)),
        ("await prisma.post.findMany()", (False, False, False, False)),
        ("await openai.responses.create({})", (False, True, False, True)),
        ("await admin.from('t').select()", (False, False, True, True)),
        ("await sb.from('t').insert({})", (False, False, False, False)),
        ("return Response.json({})", (False, False, False, False)),
    ],
)
def test_effects_in_short(body: str, flags: tuple[bool, bool, bool, bool]) -> None:
    imports = """import OpenAI from 'openai'
import { createClient } from '@supabase/supabase-js'
const openai = new OpenAI()
const admin = createClient(process.env.URL, process.env.SUPABASE_SERVICE_ROLE_KEY)
const sb = createClient(process.env.URL, process.env.SUPABASE_ANON_KEY)
"""
    found = in_next("api/x", body, imports)
    if "sb.from" in body:
        assert found.auth == "database"
    else:
        assert (found.writes, found.calls_model, found.uses_admin_client, found.protected_effect) == flags


def test_whether_the_app_knows_its_users_at_all() -> None:
    guarded = "import { getServerSession } from 'next-auth'\nexport async function POST() { const s = await getServerSession(); if (!s) throw new Error(); save() }"
    opened = "import { prisma } from '../../../lib/prisma'\nexport async function POST() { await prisma.user.deleteMany() }"
    files = {"one/package.json": NEXT, "one/lib/prisma.ts": PRISMA, "one/app/api/a/route.ts": guarded, "one/app/api/b/route.ts": opened}
    files |= {"two/package.json": NEXT, "two/lib/prisma.ts": PRISMA, "two/app/api/b/route.ts": opened}
    assert [(route.package, route.path, route.app_has_auth) for route in routes(files)] == [
        ("one", "/api/a", True),
        ("one", "/api/b", True),
        ("two", "/api/b", False),
    ]


@pytest.mark.parametrize(
    ("config", "checked"),
    [
        ("", True),
        ("[functions.notify]\nverify_jwt = false\n", False),
        ("[functions.notify]\nverify_jwt = true\n", True),
        ("[functions.other]\nverify_jwt = false\n", True),
    ],
)
def test_the_gateway_of_edge_functions(config: str, checked: bool) -> None:
    files = {
        "supabase/config.toml": f'project_id = "x"\n{config}',
        "supabase/functions/notify/index.ts": "Deno.serve(async (req) => new Response(''))",
    }
    (route,) = routes(files)
    assert (route.kind, route.title, route.gateway_jwt) == ("edge-function", "POST /functions/v1/notify", checked)


def test_the_gateway_speaks_for_edge_functions_only() -> None:
    assert in_next("api/x", REMOVE).gateway_jwt is None


def test_the_story_begins_where_it_is_served() -> None:
    found = in_next("api/x", REMOVE)
    assert [step.note for step in found.trail] == ["anyone can call POST /api/x here", "deletes from the database here"]
    assert found.reason == "nothing checks who calls it"


def test_requests_that_are_handed_on_whole() -> None:
    source = "import { createProxyMiddleware } from 'http-proxy-middleware'\napp.use('/ai', createProxyMiddleware({ target: 'https://api.openai.com' }))"
    (route,) = in_express(source)
    assert (route.title, route.calls_model, route.auth) == ("ANY /ai", True, "unauthenticated")


def by_token(name: str) -> Route:
    body = f"async function {name}(token) {{ await prisma.trip.update({{ where: {{ id: idIn(token) }}, data: {{ done: true }} }}) }}\n"
    (found,) = in_express(
        body + f"app.post('/trips/:id/done', async (req, res) => {{ await prisma.trip.findMany(); await {name}(req.body.t); }})"
    )
    return found


def test_who_has_the_token_may() -> None:
    assert [by_token(name).public_by_design for name in ("completeWithToken", "finishByInviteToken", "completeTrip")] == [True, True, False]


def test_some_rows_are_not_the_whole_table() -> None:
    def destructive(call: str) -> bool:
        (found,) = in_express(f"app.post('/clean', async (req, res) => {{ await prisma.note.{call} }})")
        return found.destructive

    whole = ["deleteMany()", "deleteMany({})", "deleteMany({ where: {} })", "updateMany({ data: { done: true } })"]
    some = ["deleteMany({ where: { id: req.body.id } })", "updateMany({ where: { id: 1 }, data: { done: true } })", "deleteMany(req.body)"]
    assert [destructive(call) for call in (*whole, *some)] == [True] * len(whole) + [False] * len(some)


# Forms of visitors on the server's own key: whom the form is for is looked up, and a row is left.
@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("desk/booking", "const { data } = await db.from('shops').select('id').eq('slug', given.slug).single(); await db.from('leads').insert({ shop: data.id })", True),
        ("desk/booking", "const { data } = await db.from('customers').select('id').eq('slug', given.slug).single(); await db.from('leads').insert({ shop: data.id })", False),
        ("desk/booking", "const { data } = await db.from('shops').select('id').eq('slug', given.slug).single(); await db.from('prices').insert({ shop: data.id })", False),
        ("desk/booking", "await db.from('leads').update({ seen: true }).eq('id', given.id)", False),
        ("desk/request-otp", "await db.from('otp_codes').insert({ phone: given.phone, code: '1' })", True),
        ("desk/stop", "await db.from('otp_codes').insert({ phone: given.phone, code: '1' })", False),
    ],
)  # fmt: skip
def test_forms_of_visitors_on_the_service_key(path: str, body: str, expected: bool) -> None:
    (route,) = routes(
        {
            "package.json": '{"dependencies": {"next": "15", "@supabase/supabase-js": "2"}}',
            f"app/api/{path}/route.ts": (
                "import { createClient } from '@supabase/supabase-js'\n"
                "const db = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_ROLE_KEY!)\n"
                f"export async function POST(request: Request) {{ const given = await request.json(); {body}; return Response.json({{}}) }}\n"
            ),
        }
    )
    assert route.public_by_design is expected
