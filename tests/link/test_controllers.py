"""Routes of controllers by decorator, and those that files declare by a call with their path: address, and who may call them."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

DATABASE = 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'
AUTH = """import jwt from "jsonwebtoken"
export function requireUser(req, res, next) {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET) } catch { return res.status(401).end() }
  next()
}
export function log(req, res, next) { console.log(req.path); next() }
"""


def found(files: dict[str, str], *dependencies: str) -> list[tuple[str, str | None]]:
    """Title and status of each route, by title; the package has a database and a guard."""
    manifest = '{ "dependencies": {' + ", ".join(f'"{name}": "1"' for name in dependencies) + "} }"
    texts = {"package.json": manifest, "src/database.ts": DATABASE, "src/auth.ts": AUTH, **files}
    routes = scan_files({path: text.encode() for path, text in texts.items()}, RULES).project.routes
    return sorted((route.title, route.auth) for route in routes)


AWILIX = """import { before, createController, DELETE, GET, HttpVerbs, POST, route, verbs } from "awilix-express"
import { log, requireUser } from "./auth"
import { prisma } from "./database"

@route("/notes")
export default class Notes {
  @GET() async list(req, res) { res.json(await prisma.note.findMany()) }
  @POST() @before([log, requireUser]) async add(req, res) { res.json(await prisma.note.create({ data: req.body })) }
  @route("/:id") @DELETE() @before(log) async remove(req, res) { await prisma.note.delete({ where: { id: req.params.id } }); res.end() }
  @route("/all") @verbs([HttpVerbs.PUT, HttpVerbs.PATCH]) async change(req, res) { await prisma.note.updateMany({ data: req.body }); res.end() }
}
"""
BUILT = """import { createController } from "awilix-express"
import { requireUser } from "./auth"
import { prisma } from "./database"

class Tags { async add(req, res) { res.json(await prisma.tag.create({ data: req.body })) } async wipe(req, res) { await prisma.tag.deleteMany(); res.end() } }

export default createController(Tags).prefix("/tags").post("", "add").delete("/all", "wipe", { before: [requireUser] })
"""


@pytest.mark.parametrize(
    ("server", "prefix", "auth"),
    [
        ('app.use(loadControllers("*.ts"))', "", "unauthenticated"),
        ('app.use("/api", loadControllers("*.ts"))', "/api", "unauthenticated"),
        ('app.use(requireUser); app.use(loadControllers("*.ts"))', "", "authenticated"),
        ('app.use(loadControllers("*.ts")); app.use(requireUser)', "", "unauthenticated"),
    ],
)
def test_awilix(server: str, prefix: str, auth: str) -> None:
    start = 'import express from "express"\nimport { loadControllers } from "awilix-express"\nimport { requireUser } from "./auth"\nconst app = express()\n'
    routes = found({"src/server.ts": start + server, "src/notes.ts": AWILIX, "src/tags.ts": BUILT}, "express", "awilix-express")
    assert routes == [
        (f"DELETE {prefix}/notes/:id", auth),
        (f"DELETE {prefix}/tags/all", "authenticated"),
        (f"GET {prefix}/notes", auth),
        (f"PATCH {prefix}/notes/all", auth),
        (f"POST {prefix}/notes", "authenticated"),
        (f"POST {prefix}/tags", auth),
        (f"PUT {prefix}/notes/all", auth),
    ]


def test_tsoa() -> None:
    controller = """import { Body, Controller, Delete, Get, Middlewares, NoSecurity, Path, Post, Route, Security } from "tsoa"
import { log, requireUser } from "./auth"
import { prisma } from "./database"

@Route("users")
@Security("jwt")
export class Users extends Controller {
  @Get("{id}") public async one(@Path() id: number) { return prisma.user.findUnique({ where: { id } }) }
  @NoSecurity() @Post() public async add(@Body() body: object) { return prisma.user.create({ data: body }) }
}

@Route("tags")
export class Tags extends Controller {
  @Delete("{id}") @Middlewares(log) public async remove(@Path() id: number) { await prisma.tag.delete({ where: { id } }) }
  @Post() @Middlewares([log, requireUser]) public async add(@Body() body: object) { return prisma.tag.create({ data: body }) }
}
"""
    start = 'import express from "express"\nimport { RegisterRoutes } from "../build/routes"\nimport { requireUser } from "./auth"\nconst app = express()\nRegisterRoutes(app)\napp.use(requireUser)\n'
    assert found({"src/app.ts": start, "src/controllers.ts": controller}, "express", "tsoa") == [
        ("DELETE /tags/{id}", "unauthenticated"),
        ("GET /users/{id}", "authenticated"),
        ("POST /tags", "authenticated"),
        ("POST /users", "unauthenticated"),
    ]


@pytest.mark.parametrize(("configured", "auth"), [("app.use(log)", "unauthenticated"), ("app.use(requireUser)", "authenticated")])
def test_inversify(configured: str, auth: str) -> None:
    controller = """import { controller, httpDelete, httpPost, requestParam } from "inversify-express-utils"
import { requireUser } from "./auth"
import { prisma } from "./database"

@controller("/notes")
export class Notes {
  @httpPost("/", requireUser) public async add(req) { return prisma.note.create({ data: req.body }) }
  @httpDelete("/:id") public async remove(@requestParam("id") id: string) { return prisma.note.delete({ where: { id } }) }
}

@controller("/admin", requireUser)
export class Admin {
  @httpDelete("/all") public async wipe() { return prisma.note.deleteMany() }
}
"""
    start = f"""import {{ Container }} from "inversify"
import {{ InversifyExpressServer }} from "inversify-express-utils"
import {{ log, requireUser }} from "./auth"
import "./controllers"
const server = new InversifyExpressServer(new Container(), null, {{ rootPath: "/api" }})
server.setConfig((app) => {{ {configured} }})
server.build().listen(3000)
"""
    assert found({"src/server.ts": start, "src/controllers.ts": controller}, "express", "inversify-express-utils") == [
        ("DELETE /api/admin/all", "authenticated"),
        ("DELETE /api/notes/:id", auth),
        ("POST /api/notes", "authenticated"),
    ]


def test_routing_controllers() -> None:
    controller = """import { Authorized, Body, Delete, JsonController, Param, Post, UseBefore } from "routing-controllers"
import { log, requireUser } from "./auth"
import { prisma } from "./database"

@JsonController("/notes")
export class Notes {
  @Authorized() @Post("/") add(@Body() body: object) { return prisma.note.create({ data: body }) }
  @UseBefore(log) @Delete("/:id") remove(@Param("id") id: string) { return prisma.note.delete({ where: { id } }) }
  @UseBefore(requireUser) @Post("/copy") copy(@Body() body: object) { return prisma.note.create({ data: body }) }
}

@Authorized("admin")
@JsonController()
export class Admin {
  @Delete("/all") wipe() { return prisma.note.deleteMany() }
}
"""
    start = 'import { createExpressServer } from "routing-controllers"\nimport { Notes, Admin } from "./controllers"\ncreateExpressServer({ routePrefix: "/api", controllers: [Notes, Admin] }).listen(3000)\n'
    assert found({"src/server.ts": start, "src/controllers.ts": controller}, "express", "routing-controllers") == [
        ("DELETE /api/all", "authenticated"),
        ("DELETE /api/notes/:id", "unauthenticated"),
        ("POST /api/notes", "authenticated"),
        ("POST /api/notes/copy", "authenticated"),
    ]


ENDPOINT = 'import { prisma } from "../../database"\nexport const GET = async () => Response.json(await prisma.note.findMany())\nexport async function DELETE({ request }) { await prisma.note.delete({ where: await request.json() }); return new Response(null) }\nexport const PUT = async ({ locals }) => { if (!locals.user) return new Response("no", { status: 401 }); return Response.json(await prisma.note.updateMany({})) }\n'
ACTIONS = 'import { ActionError, defineAction } from "astro:actions"\nimport { prisma } from "../database"\nexport const server = { addNote: defineAction({ handler: async (input) => prisma.note.create({ data: input }) }), removeNote: defineAction({ handler: async ({ id }, context) => { if (!context.locals.user) throw new ActionError({ code: "UNAUTHORIZED" }); return prisma.note.delete({ where: { id } }) } }) }\n'
MIDDLEWARE = 'import { defineMiddleware } from "astro:middleware"\nexport const onRequest = defineMiddleware(async (context, next) => { if (!context.locals.user) return new Response("no", { status: 401 }); return next() })\n'


@pytest.mark.parametrize(
    ("dependencies", "middleware", "expected"),
    [
        (("astro", "@astrojs/node"), "", [("DELETE /api/notes", "unauthenticated"), ("GET /api/notes", "unauthenticated"), ("PUT /api/notes", "authenticated"), ("procedure addNote", "unauthenticated"), ("procedure removeNote", "authenticated")]),
        (("astro",), "", [("DELETE /api/notes", "unauthenticated"), ("PUT /api/notes", "authenticated"), ("procedure addNote", "unauthenticated"), ("procedure removeNote", "authenticated")]),
        (("astro",), MIDDLEWARE, [("DELETE /api/notes", None), ("PUT /api/notes", "authenticated"), ("procedure addNote", None), ("procedure removeNote", "authenticated")]),
        (("react",), "", []),
    ],
    ids=["server", "files alone", "middleware", "another framework"],
)  # fmt: skip
def test_astro(dependencies: tuple[str, ...], middleware: str, expected: list[tuple[str, str | None]]) -> None:
    files = {
        "src/pages/api/notes.ts": ENDPOINT,
        "src/actions/index.ts": ACTIONS,
        **({"src/middleware.ts": middleware} if middleware else {}),
    }
    assert found(files, *dependencies) == expected


def test_server_routes_of_tanstack() -> None:
    head = 'import { createFileRoute } from "@tanstack/react-router"\nimport { createMiddleware } from "@tanstack/react-start"\nimport { createServerFileRoute } from "@tanstack/react-start/server"\nimport jwt from "jsonwebtoken"\nimport { prisma } from "../../database"\nconst authed = createMiddleware().server(async ({ next, request }) => { const user = jwt.verify(request.headers.get("authorization"), process.env.JWT_SECRET); if (!user) throw new Error("no"); return next() })\nconst remove = async ({ request }) => { await prisma.note.delete({ where: await request.json() }); return new Response(null) }\n'
    files = {
        "src/routes/api/notes.ts": f'{head}export const Route = createFileRoute("/api/notes")({{ server: {{ handlers: {{ DELETE: remove, POST: {{ middleware: [authed], handler: async () => Response.json(await prisma.note.create({{}})) }} }} }} }})\n',
        "src/routes/api/tags.ts": f'{head}export const ServerRoute = createServerFileRoute("/api/tags").methods({{ POST: async ({{ request }}) => Response.json(await prisma.tag.create({{ data: await request.json() }})) }})\n',
        "src/routes/api/safe.ts": f'{head}export const Route = createFileRoute("/api/safe")({{ server: {{ middleware: [authed], handlers: {{ DELETE: remove }} }} }})\n',
        "src/routes/index.tsx": 'import { createFileRoute } from "@tanstack/react-router"\nexport const Route = createFileRoute("/")({ component: () => null })\n',
    }
    assert found(files, "@tanstack/react-start") == [
        ("DELETE /api/notes", "unauthenticated"),
        ("DELETE /api/safe", "authenticated"),
        ("POST /api/notes", "authenticated"),
        ("POST /api/tags", "unauthenticated"),
    ]


def test_routes_by_a_call_with_their_path() -> None:
    files = {
        "convex/http.ts": 'import { httpRouter } from "convex/server"\nimport { httpAction } from "./_generated/server"\nimport { sync } from "./sync"\nconst http = httpRouter()\nhttp.route({ path: "/wipe", method: "POST", handler: httpAction(async (ctx) => { await ctx.runMutation(internal.notes.wipe, {}) }) })\nhttp.route({ pathPrefix: "/files/", method: "GET", handler: httpAction(async (ctx, request) => new Response(await ctx.storage.get(request.url))) })\nhttp.route({ path: "/sync", method: "POST", handler: sync })\nexport default http\n',
        "convex/sync.ts": 'import { httpAction } from "./_generated/server"\nexport const sync = httpAction(async (ctx, request) => { if (request.headers.get("x-key") !== process.env.SYNC_KEY) return new Response("no", { status: 401 }); await ctx.runMutation(internal.notes.wipe, {}) })\n',
        "app/routes.ts": 'import { index, prefix, route } from "@react-router/dev/routes"\nexport default [index("routes/home.tsx"), route("notes/:id", "routes/note.tsx"), ...prefix("api", [route("tags", "./routes/tags.ts")])]\n',
        "app/routes/home.tsx": "export default function Home() { return null }\n",
        "app/routes/note.tsx": 'import { prisma } from "../../src/database"\nexport async function loader({ params }) { return prisma.note.findUnique({ where: params }) }\nexport async function action({ params }) { await prisma.note.delete({ where: params }) }\nexport default function Note() { return null }\n',
        "app/routes/tags.ts": 'import { prisma } from "../../src/database"\nexport const loader = async () => prisma.tag.findMany()\n',
        "src/routes/notes.remote.ts": 'import { command, query } from "$app/server"\nimport { prisma } from "../database"\nexport const getNotes = query(async () => prisma.note.findMany())\nexport const wipe = command("unchecked", async (id) => { await prisma.note.delete({ where: { id } }) })\n',
        "src/server.ts": 'import { createRoute, OpenAPIHono } from "@hono/zod-openapi"\nimport { jwt } from "hono/jwt"\nimport { prisma } from "./database"\nconst app = new OpenAPIHono()\nconst add = createRoute({ method: "post", path: "/shelves", middleware: [jwt({ secret: process.env.JWT_SECRET })], responses: {} })\napp.openapi(add, async (c) => c.json(await prisma.shelf.create({ data: await c.req.json() })))\napp.openapi(createRoute({ method: "put", path: "/shelves/{id}", responses: {} }), async (c) => c.json(await prisma.shelf.update({ where: { id: c.req.param("id") } })))\n',
    }
    assert found(files, "hono", "convex", "react-router", "@sveltejs/kit") == [
        ("GET /api/tags", "unauthenticated"),
        ("GET /files/*", "unauthenticated"),
        ("POST /notes/:id", "unauthenticated"),
        ("POST /shelves", "authenticated"),
        ("POST /sync", "secret"),
        ("POST /wipe", "unauthenticated"),
        ("PUT /shelves/{id}", "unauthenticated"),
        ("procedure getNotes", "unauthenticated"),
        ("procedure wipe", "unauthenticated"),
    ]


def test_a_procedure_of_the_file_that_is_not_called_one() -> None:
    source = """import { initTRPC, TRPCError } from "@trpc/server"
import { prisma } from "./database"
const t = initTRPC.context().create()
const authed = t.procedure.use(({ ctx, next }) => { if (!ctx.user) throw new TRPCError({ code: "UNAUTHORIZED" }); return next({ ctx }) })
const logged = t.procedure.use(({ next, path }) => { console.log(path); return next() })
export const notes = t.router({ add: authed.mutation(({ input }) => prisma.note.create({ data: input })), remove: logged.mutation(({ input }) => prisma.note.delete({ where: input })) })
"""
    assert found({"src/router.ts": source}, "@trpc/server") == [
        ("procedure notes.add", "authenticated"),
        ("procedure notes.remove", "unauthenticated"),
    ]
