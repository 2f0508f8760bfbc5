"""Marks that hooks put on a request: who has one has shown what was asked where it is put there, and anybody has one that is put there for nothing."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

SERVER = """import Fastify from "fastify";
import { auth } from "./auth";
import { routes } from "./routes";
const app = Fastify();
app.register(auth, { secret: process.env.DESK_SECRET });
app.register(routes, { prefix: "/desk" });
app.listen({ port: 3000 });
"""
AUTH = """import fp from "fastify-plugin";
import {{ measured }} from "./measured";
export const auth = fp(async (fastify, opts) => {{
  fastify.decorateRequest("service");
  fastify.addHook("preHandler", async (req) =>
    measured("hook", async () => {{
      const given = req.headers["authorization"];
      {noted}
    }}),
  );
}});
"""
ROUTES = """import { PrismaClient } from "@prisma/client";
const db = new PrismaClient();
export async function routes(fastify) {
  fastify.post("/letters/drop", async (req, res) => {
    if (!req.service) {
      return res.status(404).send();
    }
    await db.letter.deleteMany({ where: { folder: req.body.folder } });
    return res.send({ ok: true });
  });
}
"""


@pytest.mark.parametrize(
    ("noted", "told"),
    [
        ("if (given === `Service ${opts.secret}`) { req.service = true; }", False),
        ('const same = given === `Service ${opts.secret}` && process.env.PRIVATE === "true"; if (same) { req.service = true; }', False),
        ("if (given === process.env.DESK_SECRET) req.service = true; else req.service = false;", False),
        # Anybody sends that, or it is there for nothing.
        ('if (req.headers["x-service"]) { req.service = true; }', True),
        ('req.service = req.headers["x-service"] === "yes";', True),
        ('if (given === "Service") { req.service = true; }', True),
        ('if (given !== `Service ${opts.secret}`) { console.warn("who?"); } req.service = true;', True),
        ("if (given === `Service ${opts.secret}`) { req.service = true; } if (req.query.service) { req.service = true; }", True),
        ("", True),
    ],
)
def test_a_mark_shows_what_was_asked_where_it_is_put(noted: str, told: bool) -> None:
    files = {
        "package.json": '{"dependencies": {"fastify": "5"}}',
        "server.ts": SERVER,
        "auth.ts": AUTH.format(noted=noted),
        "measured.ts": "export const measured = (name, work) => work();\n",
        "routes.ts": ROUTES,
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).findings
    assert [finding.place.path for finding in found if finding.rule == "unauthenticated-write-route" and finding.confidence != "low"] == [
        "routes.ts"
    ] * told
