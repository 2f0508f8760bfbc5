"""Routes of apps on Fastify as they stand: plugins with prefixes, hooks, and options of routes."""

import pytest
from own_rules import RULES

from batten.facts.routes import Route, RouteAuth
from batten.scan import scan_files

PACKAGE = '{"dependencies": {"fastify": "5", "@fastify/jwt": "9"}}'
NOTES = (
    "import { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';\nimport { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();\n"
    "async function verified(request) { if (request.cookies.token) { await request.jwtVerify({ onlyCookie: true }); return; } await request.jwtVerify(); }\n"
    "async function noted(request) { request.log.info('x'); }\n"
    "export async function notes(fastify: FastifyInstance) {\n  HOOK\n"
    "  fastify.delete('/:id', OPTIONS async (request) => prisma.note.delete({ where: { id: request.params.id } }));\n}\n"
)
APP = "import Fastify from 'fastify';\nimport { notes } from './notes';\nconst app = Fastify();\nSETUP\napp.register(notes, { prefix: '/api/notes' });\n"
VERIFY = "async (request, reply) => { try { await request.jwtVerify(); } catch (error) { reply.code(401).send(error); } }"


def remove(*, setup: str = "", hook: str = "", options: str = "") -> Route:
    files = {
        "package.json": PACKAGE,
        "src/app.ts": APP.replace("SETUP", setup),
        "src/notes.ts": NOTES.replace("HOOK", hook).replace("OPTIONS", options),
    }
    (found,) = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    return found


def test_a_plugin_without_a_guard() -> None:
    found = remove()
    assert (found.framework, found.title, found.auth) == ("fastify", "DELETE /api/notes/:id", RouteAuth.UNAUTHENTICATED)
    assert [effect.kind.value for effect in found.effects] == ["database-delete"]


@pytest.mark.parametrize(
    ("setup", "hook", "options", "auth"),
    [
        ("", "fastify.addHook('onRequest', async (request) => { await request.jwtVerify(); });", "", RouteAuth.AUTHENTICATED),
        ("app.addHook('preHandler', async (request) => { await request.jwtVerify(); });", "", "", RouteAuth.AUTHENTICATED),
        ("", "", "{ onRequest: async (request) => { await request.jwtVerify(); } },", RouteAuth.AUTHENTICATED),
        # Nothing runs behind a hook that has sent the reply, though it goes on itself.
        ("", f"fastify.addHook('onRequest', {VERIFY});", "", RouteAuth.AUTHENTICATED),
        ("", f"fastify.addHook('onRequest', {VERIFY.replace('(request, reply)', '(request: FastifyRequest, reply: FastifyReply)')});", "",
         RouteAuth.AUTHENTICATED),
        ("", f"fastify.addHook('onRequest', {VERIFY.replace('request.jwtVerify()', 'verified(request)')});", "", RouteAuth.AUTHENTICATED),
        ("", f"fastify.addHook('onRequest', {VERIFY.replace('reply.code(401).send(error)', 'request.log.info(error)')});", "",
         RouteAuth.UNAUTHENTICATED),
        ("", f"fastify.addHook('onRequest', {VERIFY.replace('code(401)', 'code(200)')});", "", None),
        ("", f"fastify.addHook('onRequest', {VERIFY.replace('request.jwtVerify()', 'noted(request)')});", "", RouteAuth.UNAUTHENTICATED),
        ("", "", "{ preHandler: [fastify.authenticate] },", None),
        ("app.addHook('onRequest', async (request) => { request.log.info('x'); });", "", "", RouteAuth.UNAUTHENTICATED),
        ("app.register(async (other) => { other.addHook('onRequest', async (request) => { await request.jwtVerify(); }); });", "", "",
         RouteAuth.UNAUTHENTICATED),
        ("app.addHook('onRequest', async (request) => { if (request.url === '/open') return; await request.jwtVerify(); });", "", "", None),
        (("app.addHook('onRequest', async (request, reply) => { if (!request.headers.authorization) return;"
         " try { await request.jwtVerify(); } catch { return reply.code(401).send(); } });"), "", "", RouteAuth.UNAUTHENTICATED),
    ],
)  # fmt: skip
def test_hooks(setup: str, hook: str, options: str, auth: RouteAuth | None) -> None:
    assert remove(setup=setup, hook=hook, options=options).auth == auth


def test_a_handler_goes_on_after_a_reply() -> None:
    # What ends a request in a hook ends nothing in a handler that calls the same function.
    body = "async (request, reply) => { await verify(request, reply); return prisma.note.delete({ where: { id: request.params.id } }); }"
    source = NOTES.replace("async (request) => prisma.note.delete({ where: { id: request.params.id } })", body)
    source = source.replace("export async function notes", f"const verify = {VERIFY};\nexport async function notes")
    files = {
        "package.json": PACKAGE,
        "src/app.ts": APP.replace("SETUP", ""),
        "src/notes.ts": source.replace("HOOK", "").replace("OPTIONS", ""),
    }
    (found,) = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert found.auth is RouteAuth.UNAUTHENTICATED


DECORATED = """import fp from 'fastify-plugin'
import jwt from '@fastify/jwt'
export default fp(async (fastify) => {
  await fastify.register(jwt, { secret: process.env.JWT_SECRET })
  fastify.decorate('known', async (request, reply) => { try { await request.jwtVerify() } catch { return reply.code(401).send() } })
  fastify.decorate('noted', async (request, reply) => { request.log.info('x') })
})
"""


@pytest.mark.parametrize(
    ("gate", "auth"),
    [
        ("fastify.known", RouteAuth.AUTHENTICATED),
        ("[fastify.known]", RouteAuth.AUTHENTICATED),
        ("[fastify.noted, fastify.known]", RouteAuth.AUTHENTICATED),
        ("fastify.noted", RouteAuth.UNAUTHENTICATED),
        # Nothing says what it is.
        ("fastify.authenticate", None),
    ],
)
@pytest.mark.parametrize("declares", ["async (fastify)", "async (fastify: FastifyInstance)"])
def test_what_an_instance_is_decorated_with(gate: str, auth: RouteAuth | None, declares: str) -> None:
    plugin = (
        "import { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'\n"
        "async function drop(request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply) { await request.server.prisma.note.delete({ where: { id: request.params.id } }) }\n"
        f"export const notes = {declares} => {{ fastify.delete('/:id', {{ preHandler: {gate} }}, drop) }}\n"
    )
    files = {
        "package.json": PACKAGE,
        "src/app.ts": APP.replace("SETUP", "app.register(auth);"),
        "src/notes.ts": plugin,
        "src/auth.ts": DECORATED,
    }
    files["src/app.ts"] = "import auth from './auth';\n" + files["src/app.ts"]
    (found,) = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert found.auth is auth
    if auth is RouteAuth.UNAUTHENTICATED:
        assert [effect.kind.value for effect in found.effects] == ["database-delete"]


SHELF = "import { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();\nexport class Shelf { async clear(id) { await prisma.note.delete({ where: { id } }); } }\n"


@pytest.mark.parametrize(
    ("handler", "typed", "kinds"),
    [
        ("async function (request) { await this.shelf.clear(request.params.id) }", False, ["database-delete"]),
        ("async (request) => { await fastify.shelf.clear(request.params.id) }", False, ["database-delete"]),
        ("async (request) => { await fastify.shelf.clear(request.params.id) }", True, ["database-delete"]),
        ("async (request) => { await request.server.shelf.clear(request.params.id) }", False, ["database-delete"]),
        ("async (request) => { await fastify.bookcase.clear(request.params.id) }", False, []),
    ],
)
@pytest.mark.parametrize("given", ["new Shelf()", "shelf"])
def test_what_an_instance_is_given_that_handlers_call_methods_of(handler: str, kinds: list[str], given: str, *, typed: bool) -> None:
    instance = "fastify: FastifyInstance" if typed else "fastify"
    files = {
        "package.json": PACKAGE,
        "src/shelf.ts": SHELF,
        "src/plugin.ts": f"import fp from 'fastify-plugin';\nimport {{ Shelf }} from './shelf';\nexport default fp(async (fastify) => {{ const shelf = new Shelf(); fastify.decorate('shelf', {given}); }});\n",
        "src/notes.ts": f"import type {{ FastifyInstance }} from 'fastify';\nexport async function notes({instance}) {{ fastify.delete('/:id', {handler}); }}\n",
        "src/app.ts": APP.replace("SETUP", "app.register(plugin);").replace("import F", "import plugin from './plugin';\nimport F", 1),
    }
    (found,) = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert [effect.kind.value for effect in found.effects] == kinds
