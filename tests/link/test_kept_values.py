"""What middleware keeps for handlers is no text of a request, unless the app keeps one so."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

ROUTES = """import { back, install } from "./install";
import { Hono } from "hono";
export function create(config) {
  const app = new Hono();
  app.use("*", async (c, next) => { c.set("config", config); KEPT; await next(); });
  app.get("/install", install);
  app.get("/inline", (c) => c.redirect(c.get("config").home));
  return app;
}
"""
INSTALL = """import type { Context } from "hono";
export async function install(c: Context) {
  const config = c.get("config");
  return c.redirect(`${config.home}/settings`);
}
"""


@pytest.mark.parametrize(
    ("kept", "asked", "told"),
    [
        ("", "", 0),
        ("c.set('user', { id: 1 })", "", 0),
        ("c.set('back', c.req.query('back'))", "", 2),
        ("c.set('body', await c.req.json())", "", 2),
        ("", "export const back = (c: Context) => c.redirect(c.req.query('to'));", 1),
    ],
)
def test_what_is_kept_beside_a_request_is_nobodys_text(kept: str, asked: str, told: int) -> None:
    routes = ROUTES.replace("KEPT", kept) + ("create({}).get('/back', back);" if asked else "")
    files = {"src/routes.ts": routes, "src/install.ts": INSTALL + asked, "package.json": '{"dependencies": {"hono": "4"}}'}
    flows = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.flows
    assert [flow.kind for flow in flows] == ["redirect"] * told


def test_express_asks_for_headers_by_the_same_name() -> None:
    text = "import express from 'express';\nconst app = express();\napp.get('/', (req, res) => res.redirect(req.get('next')));\n"
    flows = scan_files({"src/app.js": text.encode(), "package.json": b"{}"}, RULES).project.flows
    assert [flow.kind for flow in flows] == ["redirect"]
