"""Workers: what the host binds is of a type that the app writes down, and the router is handed to functions that add to it."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

MANIFEST = '{"name": "shop", "dependencies": {"itty-router": "5", "hono": "4", "drizzle-orm": "1"}}'
ITTY = """import { Router } from "itty-router";
import type { Env } from "./env";
const router = Router();
router.post("/clear", async (request: Request, env: Env) => { BODY return new Response("ok"); });
export default { fetch: (request: Request, env: Env) => router.fetch(request, env) };
"""
CLEARS = 'await env.DB.prepare("DELETE FROM users").run();'
ASKS = 'const answer = await env.AI.run("@cf/meta/llama-3", { prompt: (await request.json()).text }); return Response.json(answer);'
BOUND = "export interface Env { DB: D1Database; AI: Ai; }"
LISTED = """import { drizzle } from "drizzle-orm/d1";
import { eq } from "drizzle-orm";
import { keys } from "./schema";
import type { Env } from "./env";
export const addKeys = (router: any) => {
  router.delete("/keys/:id", async (request: any, env: Env) => { await drizzle(env.DB).delete(keys).where(eq(keys.id, request.params.id)); return new Response("ok"); });
};
"""
MOUNTED = """import { Router } from "itty-router";
import { addKeys } from "./keys";
const router = Router();
addKeys(router);
export default { fetch: (request: Request, env: any) => router.fetch(request, env) };
"""
SCHEMA = 'import { sqliteTable, text } from "drizzle-orm/sqlite-core"; export const keys = sqliteTable("keys", { id: text("id").primaryKey(), hash: text("hash") });'


@pytest.mark.parametrize(
    ("files", "rules"),
    [
        ({"src/index.ts": ITTY.replace("BODY", CLEARS), "src/env.ts": BOUND}, {"unauthenticated-write-route"}),
        (
            {"src/index.ts": ITTY.replace("BODY", CLEARS), "src/env.ts": BOUND.replace("interface Env", "type Env =")},
            {"unauthenticated-write-route"},
        ),
        ({"src/index.ts": ITTY.replace("BODY", ASKS), "src/env.ts": BOUND}, {"unauthenticated-llm-route"}),
        ({"src/index.ts": ITTY.replace("BODY", 'await env.CACHE.get("x");'), "src/env.ts": BOUND}, set()),
        ({"src/index.ts": MOUNTED, "src/keys.ts": LISTED, "src/schema.ts": SCHEMA, "src/env.ts": BOUND}, {"unauthenticated-write-route"}),
    ],
)
def test_open_routes_are_told(files: dict[str, str], rules: set[str]) -> None:
    found = scan_files({path: text.encode() for path, text in {**files, "package.json": MANIFEST}.items()}, RULES).findings
    assert {each.rule for each in found if each.rule.startswith("unauthenticated-")} == rules
