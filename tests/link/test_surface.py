"""What routes do behind their guards, and which guards were seen: only where that is asked for."""

import pytest
from own_rules import RULES

from batten.config import Config
from batten.facts.surface import Reach
from batten.scan import scan_files

NEXT = '{"dependencies": {"next": "15"}}'
PRISMA = 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'
TOP = 'import { getServerSession } from "next-auth"\nimport { prisma } from "../../../lib/prisma"\n'
GUARD = "const session = await getServerSession()\nif (!session) return new Response('', { status: 401 })\n"


def reaches(files: dict[str, str], config: Config | None = None) -> dict[str, Reach]:
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES, surface=True, config=config)
    titles = {route.key: route.title for route in found.project.routes}
    return {titles[reach.route]: reach for reach in found.reaches}


def handler(body: str, top: str = TOP, config: Config | None = None, **files: str) -> Reach:
    source = f"{top}export async function POST(req) {{ {body} }}"
    app = {"package.json": NEXT, "lib/prisma.ts": PRISMA, **{f"lib/{name}.ts": text for name, text in files.items()}}
    return reaches({**app, "app/api/x/route.ts": source}, config)["POST /api/x"]


def deeds(reach: Reach) -> list[tuple[str, str | None, str | None]]:
    return [(deed.kind.value, deed.detail, deed.auth.value if deed.auth is not None else None) for deed in reach.deeds]


def guards(reach: Reach) -> list[tuple[str, bool | None, str]]:
    return [(guard.name, guard.counts, guard.why) for guard in reach.guards]


def test_what_lies_behind_a_guard_is_told_with_its_table() -> None:
    assert deeds(handler(f"{GUARD} await prisma.invoice.delete({{ where: {{}} }})")) == [("database-delete", "invoice", "authenticated")]


def test_also_in_a_function_of_another_file_and_before_the_guard() -> None:
    service = 'import { prisma } from "./prisma"\nexport async function remove(id) { await prisma.invoice.delete({ where: { id } }) }\n'
    found = handler(
        f"await prisma.visit.create({{}}); {GUARD} await remove('1')",
        TOP + 'import { remove } from "../../../lib/service"\n',
        service=service,
    )
    assert deeds(found) == [("database-write", "visit", "unauthenticated"), ("database-delete", "invoice", "authenticated")]
    assert [step.note for step in found.deeds[1].trail] == ["`remove` is called here", "deletes from the database here"]


def test_the_function_that_finds_out_who_calls_is_no_deed_but_one_that_does_so_besides_is_followed() -> None:
    library = """
import { getServerSession } from "next-auth"
import { prisma } from "./prisma"
export async function requireUser() {
  const session = await getServerSession()
  if (!session) throw new Error("no")
  await prisma.login.create({})
  return session.user
}
export async function listInvoices() {
  const session = await getServerSession()
  if (!session) return null
  return prisma.invoice.findMany()
}
"""
    top = 'import { requireUser, listInvoices } from "../../../lib/auth"\n'
    assert deeds(handler("await requireUser()", top, auth=library)) == []
    found = handler("const rows = await listInvoices(); if (!rows) return new Response('', { status: 401 })", top, auth=library)
    assert deeds(found) == [("database-read", "invoice", "authenticated")]


@pytest.mark.parametrize(
    ("call", "top", "expected"),
    [
        ("await fetch('https://rates.example.com/v1')", "", ("outgoing-request", "rates.example.com")),
        ("await fetch(req.url)", "", ("outgoing-request", None)),
        ("await axios.post('https://hooks.example.com/x', {})", "import axios from 'axios'\n", ("outgoing-request", "hooks.example.com")),
        ("const api = axios.create()", "import axios from 'axios'\n", None),
    ],
)
def test_requests_to_other_servers_and_code_are_told_here_alone(call: str, top: str, expected: tuple[str, str | None] | None) -> None:
    assert [(kind, detail) for kind, detail, _ in deeds(handler(call, top))] == ([expected] if expected is not None else [])
    files = {"package.json": NEXT, "app/api/x/route.ts": f"{top}export async function POST(req) {{ {call} }}"}
    plain = scan_files({path: text.encode() for path, text in files.items()}, RULES)
    assert plain.reaches == ()
    assert [effect.kind.value for route in plain.project.routes for effect in route.effects] == []


def test_asking_changes_nothing_else() -> None:
    service = 'import { prisma } from "./prisma"\nexport async function remove(id) { await prisma.invoice.delete({ where: { id } }) }\n'
    files = {
        "package.json": NEXT,
        "lib/prisma.ts": PRISMA,
        "lib/service.ts": service,
        "app/api/x/route.ts": f'{TOP}import {{ remove }} from "../../../lib/service"\nexport async function POST() {{ {GUARD} await remove("1") }}',
        "app/api/y/route.ts": f"{TOP}export async function DELETE(req) {{ await prisma.user.deleteMany() }}",
    }
    texts = {path: text.encode() for path, text in files.items()}
    asked, plain = scan_files(texts, RULES, surface=True), scan_files(texts, RULES)
    assert (asked.project.routes, asked.findings) == (plain.project.routes, plain.findings)


SURE = "it verifies who calls, and lets nobody else through"
UNTESTED = "it tells who calls, and its answer is not tested here"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"{GUARD} await prisma.post.delete({{}})", [("getServerSession", True, SURE)]),
        ("const session = await getServerSession(); await prisma.post.delete({})", [("getServerSession", False, UNTESTED)]),
        (
            f"await prisma.post.delete({{}}); {GUARD}",
            [("getServerSession", False, "`@prisma.client.PrismaClient.post.delete` runs before it, beside it or where it fails")],
        ),
        (
            "if (!req.headers.get('authorization')) return new Response('', { status: 401 }); await prisma.post.delete({})",
            [("req.headers.get", False, "it only looks whether a credential is there, and verifies nothing")],
        ),
    ],
)
def test_tests_in_a_handler(body: str, expected: list[tuple[str, bool | None, str]]) -> None:
    assert [
        (name, counts, why.replace("@prisma/client", "@prisma.client").replace("`client.", "`@prisma.client."))
        for name, counts, why in guards(handler(body))
    ] == expected


EXPRESS = {"package.json": '{"dependencies": {"express": "4"}}'}


def test_what_stands_before_an_express_route() -> None:
    app = """
import express from "express"
import helmet from "helmet"
import jwt from "jsonwebtoken"
import { checkAccess, checkAuth } from "@acme/access"
const app = express()
function requireUser(req, res, next) {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET) } catch { return res.status(401).end() }
  next()
}
function attachUser(req, res, next) {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET) } catch {}
  next()
}
app.use(helmet())
app.get("/one", requireUser, (req, res) => res.json({}))
app.get("/two", attachUser, (req, res) => res.json({}))
app.get("/three", checkAccess, (req, res) => res.json({}))
app.get("/four", checkAuth, (req, res) => res.json({}))
"""
    found = reaches({**EXPRESS, "server.js": app})
    helmet = ("helmet", False, "it guards nothing")
    assert guards(found["GET /one"]) == [helmet, ("requireUser", True, SURE)]
    assert guards(found["GET /two"])[1][:2] == ("attachUser", False)
    assert guards(found["GET /three"]) == [
        helmet,
        ("checkAccess", False, "it is not known to ask who calls"),
    ]
    assert guards(found["GET /four"]) == [
        helmet,
        ("checkAuth", None, "its code is not here, so whether it keeps strangers out can't be told"),
    ]


def test_what_the_configuration_says_of_a_guard_counts_and_is_said() -> None:
    row = {"call": "@acme/access.checkAccess", "means": "guard-wrapper"}
    config = Config(vocabulary={"rows": [row, {"call": "server.js#own", "means": "not-a-guard"}]})
    app = """
import express from "express"
import { checkAccess } from "@acme/access"
const app = express()
function own(req, res, next) { next() }
app.get("/one", checkAccess, (req, res) => res.json({}))
app.get("/two", own, (req, res) => res.json({}))
"""
    found = reaches({**EXPRESS, "server.js": app}, config)
    assert guards(found["GET /one"]) == [("checkAccess", True, "the configuration says that it lets only the signed-in through")]
    assert guards(found["GET /two"]) == [("own", False, "the configuration says that it guards nothing")]
    assert found["GET /one"].guards[0].vocabulary == "configuration"


def test_the_middleware_of_a_next_app_is_seen_with_what_its_matcher_leaves_out() -> None:
    middleware = """
import { getToken } from "next-auth/jwt"
export async function middleware(req) {
  const token = await getToken({ req })
  if (!token) return new Response('', { status: 401 })
}
export const config = { matcher: ["/admin/:path*"] }
"""
    route = f"{TOP}export async function POST(req) {{ await prisma.post.create({{}}) }}"
    found = reaches(
        {
            "package.json": NEXT,
            "lib/prisma.ts": PRISMA,
            "middleware.ts": middleware,
            "app/api/x/route.ts": route,
            "app/admin/x/route.ts": route,
        }
    )
    assert guards(found["POST /api/x"]) == [("middleware.ts", False, "its matcher leaves this path out")]
    assert [(name, counts) for name, counts, _ in guards(found["POST /admin/x"])] == [("middleware.ts", None)]


def test_fastapi_and_django() -> None:
    fastapi = """
from fastapi import Depends, FastAPI, HTTPException
import jwt
app = FastAPI()
def current_user(token: str):
    try:
        return jwt.decode(token, KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401)
@app.delete("/orders/{number}")
def remove(number: int, user=Depends(current_user)):
    db.orders.delete_one({"number": number})
from pymongo import MongoClient
db = MongoClient().shop
"""
    found = reaches({"pyproject.toml": '[project]\nname = "shop"\ndependencies = ["fastapi"]\n', "main.py": fastapi})[
        "DELETE /orders/{number}"
    ]
    assert guards(found) == [("current_user", True, SURE)]
    assert [(kind, auth) for kind, _, auth in deeds(found)] == [("database-delete", "authenticated")]
    views = """
from django.contrib.auth.decorators import login_required
from .models import Order
@login_required
def remove(request, number):
    Order.objects.filter(number=number).delete()
"""
    files = {
        "shop/models.py": "from django.db import models\nclass Order(models.Model):\n    number = models.IntegerField()\n",
        "shop/views.py": views,
        "shop/urls.py": "from django.urls import path\nfrom . import views\nurlpatterns = [path('orders/<int:number>/', views.remove)]\n",
    }
    (found,) = reaches({"requirements.txt": "django\n", **files}).values()
    assert guards(found) == [("login_required", True, SURE)]
    assert deeds(found) == [("database-delete", "Order", "authenticated")]
