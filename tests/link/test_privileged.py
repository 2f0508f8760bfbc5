"""What may ask a caller for more than an account: all cases of a language stand in one app, whose routes of the administration are told where nothing does."""

import pytest
from own_rules import RULES as ALL

from batten.rules.registry import load
from batten.scan import scan_files

RULES = ALL.select(["login-only-privileged-operation"])
TOLD, QUIET = True, False
EXPRESS = """import express from "express";
import jwt from "jsonwebtoken";
import { PrismaClient } from "@prisma/client";
import { createMongoAbility } from "@casl/ability";
import { newEnforcer } from "casbin";
import { boss } from "company-guards";
import rateLimit from "express-rate-limit";
import { listed, asked, plain } from "./helpers.js";

const app = express();
const prisma = new PrismaClient();
const limiter = rateLimit({ max: 5 });

function signedIn(req, res, next) {
  try {
    req.user = jwt.verify(req.headers.authorization ?? "", process.env.JWT_SECRET);
  } catch {
    return res.sendStatus(401);
  }
  next();
}
async function authenticate(req, res, next) {
  const claims = jwt.verify(req.headers.authorization ?? "", process.env.JWT_SECRET);
  const user = await prisma.user.findUnique({ where: { id: claims.sub }, select: { id: true, role: true } });
  if (!user || !user.isActive) return res.status(401).end();
  req.user = { id: user.id, role: user.role };
  next();
}
async function ofStaff(req, res, next) {
  const claims = jwt.verify(req.headers.authorization ?? "", process.env.STAFF_SECRET);
  if (!claims) return res.status(401).end();
  next();
}
async function known(req, res, next) {
  const claims = jwt.verify(req.headers.authorization ?? "", process.env.JWT_SECRET);
  const found = await prisma.admin.findUnique({ where: { id: claims.sub } });
  if (!found) return res.status(401).end();
  next();
}
const needs = (right) => (req, res, next) => (req.user.rights.includes(right) ? next() : res.sendStatus(403));
const auth = (kind) => (req, res, next) => {
  try {
    req.user = jwt.verify(req.headers.authorization ?? "", process.env.JWT_SECRET);
  } catch {
    return res.sendStatus(401);
  }
  next();
};
app.post("/signup", async (req, res) => res.json(await prisma.user.create({ data: { email: req.body.email } })));
"""
HELPERS = """export const listed = (user) => ["one@example.com"].includes(user.email);
export async function asked(prisma, user) {
  const row = await prisma.member.findFirst({ where: { userId: user.id, kind: "board" } });
  if (!row) throw new Error("no");
}
export function plain(text) {
  return text.trim();
}
"""
# What stands before the handler, what the handler does first, and whether the route is told.
GUARDED = [
    ("signedIn", "", TOLD),
    ("authenticate", "", TOLD),
    ("signedIn, limiter", "", TOLD),
    ("signedIn, express.json()", "", TOLD),
    ("signedIn", "const { page } = req.query; if (!page) return res.sendStatus(400);", TOLD),
    ("signedIn", "if (!['a', 'b'].includes(req.body.role)) return res.sendStatus(400);", TOLD),
    ("signedIn", "if (!req.user) return res.sendStatus(401);", TOLD),
    ("signedIn", "const name = plain(req.body.name);", TOLD),
    ("ofStaff", "", QUIET),
    ("known", "", QUIET),
    ("signedIn, needs('orders')", "", QUIET),
    ("auth('orders')", "", QUIET),
    ("signedIn, boss", "", QUIET),
    ("signedIn, boss.can('orders')", "", QUIET),
    ("signedIn", "if (!req.user.isAdmin) return res.sendStatus(403);", QUIET),
    ("signedIn", "if (req.user.kind !== 'board') return res.sendStatus(403);", QUIET),
    ("signedIn", "if (req.user.role === 'guest') throw new Error('no');", QUIET),
    ("signedIn", "if (req.user.id !== process.env.OWNER_ID) return res.sendStatus(403);", QUIET),
    ("signedIn", "const me = await prisma.user.findUnique({ where: { id: req.user.id } }); if (me.kind !== 'board') return res.sendStatus(403);", QUIET),
    ("signedIn", "const me = await prisma.boardMember.findFirst({ where: { userId: req.user.id } }); if (!me) return res.sendStatus(403);", QUIET),
    ("signedIn", "if (!listed(req.user)) return res.sendStatus(403);", QUIET),
    ("signedIn", "await asked(prisma, req.user);", QUIET),
    ("signedIn", "const ability = createMongoAbility(req.user.rules); if (ability.cannot('read', 'Order')) return res.sendStatus(403);", QUIET),
    ("signedIn", "const e = await newEnforcer('m', 'p'); if (!(await e.enforce(req.user.id, 'orders', 'read'))) return res.sendStatus(403);", QUIET),
    ("signedIn", "if ((await prisma.$queryRaw`select is_admin(${req.user.id})`)[0].is_admin !== true) return res.sendStatus(403);", QUIET),
]  # fmt: skip
DJANGO = """from django.contrib.auth.decorators import login_required, permission_required, user_passes_test
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpResponseForbidden, JsonResponse
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAdminUser, IsAuthenticated

from .models import Order


@login_required
def first(request):
    return JsonResponse(list(Order.objects.all()))


@api_view(["GET"])
@permission_classes([IsAuthenticated])
def second(request):
    return JsonResponse(list(Order.objects.all()))


@login_required
@permission_required("shop.view_order")
def third(request):
    return JsonResponse(list(Order.objects.all()))


@user_passes_test(lambda user: user.is_staff)
def fourth(request):
    return JsonResponse(list(Order.objects.all()))


@staff_member_required
def fifth(request):
    return JsonResponse(list(Order.objects.all()))


@api_view(["GET"])
@permission_classes([IsAdminUser])
def sixth(request):
    return JsonResponse(list(Order.objects.all()))


@login_required
def seventh(request):
    if not request.user.is_superuser:
        return HttpResponseForbidden()
    return JsonResponse(list(Order.objects.all()))


@login_required
def eighth(request):
    if not request.user.groups.filter(name="board").exists():
        return HttpResponseForbidden()
    return JsonResponse(list(Order.objects.all()))
"""
NEST = """import { Controller, Get, UseGuards } from "@nestjs/common";
import { AuthGuard } from "@nestjs/passport";
import { Prisma } from "./prisma";
import { Roles, RolesGuard } from "./roles";

@Controller("admin")
@UseGuards(AuthGuard("jwt"))
export class AdminController {
  constructor(private readonly prisma: Prisma) {}

  @Get("open")
  open() {
    return this.prisma.order.findMany();
  }

  @Roles("board")
  @UseGuards(RolesGuard)
  @Get("closed")
  closed() {
    return this.prisma.order.findMany();
  }
}
"""


def told(files: dict[str, str]) -> set[str]:
    """The routes that are told, as they are called."""
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.privileged_deeds
    return {name for each in found for name in each.names}


def test_what_express_asks() -> None:
    rows = "".join(
        f'app.get("/admin/{number}", {chain}, async (req, res) => {{ {body} res.json(await prisma.order.findMany()); }});\n'
        for number, (chain, body, _) in enumerate(GUARDED)
    )
    package = '{ "dependencies": { "express": "5", "@prisma/client": "6", "jsonwebtoken": "9" } }'
    found = told({"package.json": package, "helpers.js": HELPERS, "server.js": EXPRESS + rows})
    assert {case: f"GET /admin/{number}" in found for number, case in enumerate(GUARDED)} == {case: case[2] for case in GUARDED}


def test_the_routes_of_one_file_are_one_fact_and_their_rows_are_told_with_it() -> None:
    routes = (
        'app.get("/admin/orders", signedIn, async (req, res) => res.json(await prisma.order.findMany()));\n'
        'app.post("/register", async (req, res) => res.json(await prisma.user.create({ data: { email: req.body.email } })));\n'
        'app.get("/me", signedIn, async (req, res) => res.json(await prisma.user.findUnique({ where: { id: req.user.id } })));\n'
        'app.delete("/users/:id", signedIn, async (req, res) => res.json(await prisma.user.delete({ where: { id: req.params.id } })));\n'
        'app.put("/users/:id", signedIn, async (req, res) => res.json(await prisma.user.update({ where: { id: req.params.id }, data: { role: req.body.role } })));\n'
    )
    package = '{ "dependencies": { "express": "5", "@prisma/client": "6", "jsonwebtoken": "9" } }'
    files = {"package.json": package, "helpers.js": HELPERS, "server.js": EXPRESS + routes}
    rules = load(with_plugins=False).select(["login-only-privileged-operation", "object-without-owner-check"])
    found = scan_files({path: text.encode() for path, text in files.items()}, rules)
    (deed,) = found.project.privileged_deeds
    assert (deed.route, deed.others) == ("DELETE /users/:id", " (and 2 more)")
    assert deed.names == ("DELETE /users/:id", "PUT /users/:id", "GET /admin/orders")
    assert [step.note for step in deed.places] == [
        "DELETE /users/:id removes the user that the request names, for any account",
        "PUT /users/:id sets `role` of the user that the request names, for any account",
        "GET /admin/orders shows rows of order, for any account",
    ]
    assert [finding.rule for finding in found.findings] == ["login-only-privileged-operation"]


def test_what_django_asks() -> None:
    names = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
    paths = "".join(f'    path("admin-area/admin/{name}", views.{name}),\n' for name in names)
    files = {
        "shop/urls.py": f"from django.urls import path\nfrom . import views\n\nurlpatterns = [\n{paths}]\n",
        "shop/models.py": "from django.db import models\n\n\nclass Order(models.Model):\n    total = models.IntegerField()\n",
        "shop/views.py": DJANGO,
    }
    assert told(files) == {"GET /admin-area/admin/first", "GET /admin-area/admin/second"}


def test_what_nest_asks() -> None:
    files = {
        "package.json": '{ "dependencies": { "@nestjs/common": "11", "@nestjs/core": "11", "@prisma/client": "6" } }',
        "src/prisma.ts": 'import { PrismaClient } from "@prisma/client";\nimport { Injectable } from "@nestjs/common";\n\n@Injectable()\nexport class Prisma extends PrismaClient {}\n',
        "src/roles.ts": 'import { CanActivate, Injectable, SetMetadata } from "@nestjs/common";\nexport const Roles = (...kinds: string[]) => SetMetadata("kinds", kinds);\n\n@Injectable()\nexport class RolesGuard implements CanActivate {\n  canActivate(context) {\n    return context.switchToHttp().getRequest().user.kinds.length > 0;\n  }\n}\n',
        "src/admin.controller.ts": NEST,
    }
    assert told(files) == {"GET /admin/open"}


MARKED = """import { Controller, Get, UseGuards } from "@nestjs/common";
import { JwtGuard } from "./jwt";
import { Prisma } from "./prisma";
import { Kinds, KindsGuard } from "./kinds";

@Controller("admin/whole")
@UseGuards(JwtGuard, KindsGuard)
@Kinds("board")
export class WholeController {
  constructor(private readonly prisma: Prisma) {}

  @Get("inherited")
  inherited() {
    return this.prisma.order.findMany();
  }

  @Kinds("board")
  @Get("own")
  own() {
    return this.prisma.order.findMany();
  }
}

@Controller("admin/parts")
@UseGuards(JwtGuard, KindsGuard)
export class PartsController {
  constructor(private readonly prisma: Prisma) {}

  @Get("unmarked")
  unmarked() {
    return this.prisma.order.findMany();
  }
}
"""
KINDS = """import { CanActivate, Injectable, SetMetadata } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
export const Kinds = (...kinds: string[]) => SetMetadata("kinds", kinds);

@Injectable()
export class KindsGuard implements CanActivate {
  constructor(private reflector: Reflector) {}
  canActivate(context) {
    const kinds = READ;
    if (!kinds) UNMARKED;
    return kinds.includes(context.switchToHttp().getRequest().user.role);
  }
}
"""
JWT = """import { CanActivate, Injectable, UnauthorizedException } from "@nestjs/common";
import { JwtService } from "@nestjs/jwt";

@Injectable()
export class JwtGuard implements CanActivate {
  constructor(private jwt: JwtService) {}
  async canActivate(context) {
    const request = context.switchToHttp().getRequest();
    try {
      request.user = await this.jwt.verifyAsync(request.headers.authorization);
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }
}
"""
OF_METHOD = 'this.reflector.get("kinds", context.getHandler())'
OF_BOTH = 'this.reflector.getAllAndOverride("kinds", [context.getHandler(), context.getClass()])'
PARTS, WHOLE = "GET /admin/parts/unmarked", "GET /admin/whole/inherited"


@pytest.mark.parametrize(
    ("read", "unmarked", "expected"),
    [
        (OF_METHOD, "return true", {PARTS, WHOLE}),
        (OF_BOTH, "return true", {PARTS}),
        (OF_METHOD, "return false", set()),
        (OF_METHOD, "return context.switchToHttp().getRequest().user.role === 'board'", set()),
    ],
)
def test_guards_of_nest_that_let_on_whoever_comes_to_a_route_without_a_mark(read: str, unmarked: str, expected: set[str]) -> None:
    files = {
        "package.json": '{ "dependencies": { "@nestjs/common": "11", "@nestjs/core": "11", "@nestjs/jwt": "11", "@prisma/client": "6" } }',
        "src/prisma.ts": 'import { PrismaClient } from "@prisma/client";\nexport class Prisma extends PrismaClient {}\n',
        "src/jwt.ts": JWT,
        "src/kinds.ts": KINDS.replace("READ", read).replace("UNMARKED", unmarked),
        "src/admin.controller.ts": MARKED,
    }
    assert told(files) == expected


BASE = """import { Injectable } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import { AuthGuard } from "@nestjs/passport";

@Injectable()
export class JwtGuard extends AuthGuard("jwt") {
  BODY
}
"""
OPENS = """constructor(private reflector: Reflector) {
    super();
  }
  canActivate(context) {
    if (this.reflector.getAllAndOverride("open", [context.getHandler(), context.getClass()])) return true;
    return super.canActivate(context);
  }"""
OF_BOARD = """async canActivate(context) {
    await super.canActivate(context);
    return context.switchToHttp().getRequest().user.role === "board";
  }"""
LISTED = """import { Controller, Delete, Get, Param, UseGuards } from "@nestjs/common";
import { InjectRepository } from "@nestjs/typeorm";
import { Repository } from "typeorm";
import { JwtGuard } from "./jwt";
import { Usuario } from "./usuario.entity";

@Controller("usuarios")
@UseGuards(JwtGuard)
export class UsuariosController {
  constructor(@InjectRepository(Usuario) private readonly usuarios: Repository<Usuario>) {}

  @Delete(":id")
  remove(@Param("id") id: string) {
    return this.usuarios.delete(id);
  }
}
"""
USUARIO = """import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";

@Entity()
export class Usuario {
  @PrimaryGeneratedColumn() id: number;
  @Column() rolId: number;
}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", {"DELETE /usuarios/:id"}),
        ("handleRequest(error, user) {\n    if (error || !user) throw error;\n    return user;\n  }", {"DELETE /usuarios/:id"}),
        (OPENS, {"DELETE /usuarios/:id"}),
        (OF_BOARD, set()),
    ],
)
def test_guards_of_nest_that_ask_what_their_base_asks(body: str, expected: set[str]) -> None:
    files = {
        "package.json": '{ "dependencies": { "@nestjs/common": "11", "@nestjs/core": "11", "@nestjs/passport": "11", "@nestjs/typeorm": "11", "typeorm": "0.3" } }',
        "src/jwt.ts": BASE.replace("BODY", body),
        "src/usuario.entity.ts": USUARIO,
        "src/usuarios.controller.ts": LISTED,
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project
    assert {name for each in found.privileged_deeds for name in each.names} == expected
    assert {each.roles for each in found.privileged_deeds} <= {True}
    assert {each.deed for each in found.privileged_deeds} <= {"removes the usuario that the request names"}


LAYERED = """import express from "express";
import jwt from "jsonwebtoken";
import { PrismaClient } from "@prisma/client";
const app = express();
const prisma = new PrismaClient();
SIGNED_IN
const isAdmin = (req, res, next) => {
  signedIn(req, res, ASKS);
};
app.post("/signup", async (req, res) => res.json(await prisma.user.create({ data: { email: req.body.email } })));
app.delete("/users/:id", isAdmin, async (req, res) => res.json(await prisma.user.delete({ where: { id: req.params.id } })));
"""
SIGNED_IN = """const signedIn = (PARAMETERS) => {
  try {
    req.user = jwt.verify(req.headers.authorization ?? "", process.env.JWT_SECRET);
  } catch {
    return res.sendStatus(401);
  }
  GOES_ON;
};"""
ASKS = '() => (req.user.role === "admin" ? next() : res.sendStatus(403))'


@pytest.mark.parametrize(
    ("parameters", "goes_on", "asks", "expected"),
    [
        ("req, res, next", "next()", f"next, {ASKS}", {"DELETE /users/:id"}),
        ("req, res, next", "next()", ASKS, set()),
        ("req, res, next, then", "then()", f"next, {ASKS}", set()),
        ("req, res, ...more", "more[1]()", f"next, {ASKS}", set()),
        ("req, res, next", "arguments[3]()", f"next, {ASKS}", set()),
    ],
)
def test_a_check_that_is_handed_to_what_takes_fewer_is_never_made(parameters: str, goes_on: str, asks: str, expected: set[str]) -> None:
    signed_in = SIGNED_IN.replace("PARAMETERS", parameters).replace("GOES_ON", goes_on)
    package = '{ "dependencies": { "express": "5", "@prisma/client": "6", "jsonwebtoken": "9" } }'
    assert told({"package.json": package, "server.js": LAYERED.replace("SIGNED_IN", signed_in).replace("ASKS", asks)}) == expected


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ('"SELECT * FROM user WHERE id = ? AND role_id = 1", [req.user.id]', False),
        ("`SELECT * FROM user WHERE id = ${req.user.id} AND is_admin`, []", False),
        ("`SELECT id FROM user WHERE id = ${req.user.id} and user.role = 'admin'`", False),
        ("\"SELECT id FROM user WHERE `role` in ('admin', 'owner') and id = ?\", [req.user.id]", False),
        ("\"SELECT id FROM user WHERE id = ? AND role = 'customer'\", [req.user.id]", True),
        ('"SELECT id, role FROM user WHERE id = ? AND status = 1", [req.user.id]', True),
        ('"SELECT role_id = 1 FROM user WHERE id = ?", [req.user.id]', True),
    ],
)
def test_a_right_that_a_query_asks_for(query: str, told: bool) -> None:
    text = f"""const express = require("express");
const mysql = require("mysql2/promise");
const jwt = require("jsonwebtoken");
const app = express();
const pool = mysql.createPool({{}});
function signedIn(req, res, next) {{
  req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET);
  next();
}}
async function known(req, res, next) {{
  const [found] = await pool.query({query});
  if (found.length === 0) return res.status(401).end();
  next();
}}
app.post("/decline", signedIn, known, async (req, res) => {{
  await pool.query("DELETE FROM user WHERE id = ?", [req.body.seller_id]);
  res.end();
}});
"""
    files = {"package.json": b'{ "dependencies": { "express": "5", "mysql2": "3", "jsonwebtoken": "9" } }', "server.js": text.encode()}
    found = scan_files(files, ALL.select(["login-only-privileged-operation", "object-without-owner-check"])).findings
    assert [each.rule for each in found] == ["login-only-privileged-operation"] * told


@pytest.mark.parametrize(
    ("above", "mark", "told"),
    [
        ("", "@Roles('admin')", False),
        ("", "@Roles('admin', 'user')", True),
        ("", "@Roles(Role.CUSTOMER, Role.ADMIN)", True),
        ("@Roles('admin', 'user')", "@Roles('admin')", False),
        ("@Roles('admin', 'customer')", "", True),
        ("@Roles('admin')", "@Roles('user')", True),
    ],
)
def test_a_mark_that_names_the_role_of_everybody_asks_for_no_right(above: str, mark: str, told: bool) -> None:
    controller = f"""import {{ Controller, Delete, Param, SetMetadata, UseGuards, Injectable }} from "@nestjs/common";
import {{ Reflector }} from "@nestjs/core";
import {{ AuthGuard }} from "@nestjs/passport";
import {{ PrismaClient }} from "@prisma/client";
export enum Role {{ CUSTOMER = "customer", ADMIN = "admin" }}
const Roles = (...roles: string[]) => SetMetadata("roles", roles);
@Injectable()
class RolesGuard {{
  constructor(private reflector: Reflector) {{}}
  canActivate(context) {{
    const roles = this.reflector.getAllAndOverride<string[]>("roles", [context.getHandler(), context.getClass()]);
    if (!roles) return true;
    const {{ user }} = context.switchToHttp().getRequest();
    return roles.some((role) => user.roles.includes(role));
  }}
}}
const prisma = new PrismaClient();
{above}
@UseGuards(AuthGuard("jwt"), RolesGuard)
@Controller("messages")
export class MessagesController {{
  {mark}
  @Delete(":id")
  async remove(@Param("id") id: string) {{
    return prisma.message.delete({{ where: {{ id }} }});
  }}
}}
"""
    package = b'{ "dependencies": { "@nestjs/common": "10", "@nestjs/core": "10", "@nestjs/passport": "10", "@prisma/client": "6" } }'
    files = {"package.json": package, "src/messages.controller.ts": controller.encode()}
    found = scan_files(files, ALL.select(["object-without-owner-check"])).findings
    assert [each.rule for each in found] == ["object-without-owner-check"] * told
