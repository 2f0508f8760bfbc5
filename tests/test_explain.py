"""``batten explain KEY``: the story of one finding, which guards were seen on the way, and why each did or did not count."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SERVER = """
import express from "express"
import helmet from "helmet"
import jwt from "jsonwebtoken"
import { PrismaClient } from "@prisma/client"
import { checkAccess } from "@acme/access"
const app = express()
const prisma = new PrismaClient()
function requireUser(req, res, next) {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET) } catch { return res.status(401).end() }
  next()
}
function attachUser(req, res, next) {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET) } catch {}
  next()
}
app.use(helmet())
app.post("/orders", attachUser, async (req, res) => res.json(await prisma.order.create({ data: req.body })))
app.delete("/drafts/:id", async (req, res) => res.json(await prisma.draft.delete({ where: { id: req.params.id } })))
app.put("/notes/:id", checkAccess, async (req, res) => res.json(await prisma.note.update({ where: { id: req.params.id }, data: req.body })))
app.use(requireUser)
app.post("/invoices", async (req, res) => res.json(await prisma.invoice.create({ data: req.body })))
"""
MANIFEST = '{"name": "shop", "dependencies": {"express": "4", "@prisma/client": "5"}}'
ROW = '[[vocabulary.rows]]\ncall = "%s"\nmeans = "guard-wrapper"\n'


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "package.json").write_text(MANIFEST)
    (tmp_path / "server.js").write_text(SERVER)
    return tmp_path


def batten(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "batten", *words], cwd=cwd, check=False, capture_output=True, text=True, timeout=60)


def explained(key: str, app: Path, *words: str) -> str:
    done = batten("explain", key, *words, cwd=app)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_finding_is_told_with_its_guards(app: Path) -> None:
    assert explained("auth-middleware-misses-route||route|POST /orders|", app) == (
        "HIGH  Check that is written beside the route and does not run before it\n"
        "rule auth-middleware-misses-route · high confidence · server.js:18\n"
        "\n"
        "POST /orders runs without `requireUser`, which is registered after it\n"
        "\n"
        "How it comes about\n"
        "  1. anyone can call POST /orders here server.js:18\n"
        "  2. writes to the database here server.js:18\n"
        "  3. `requireUser` is registered here, after the route server.js:21\n"
        "\n"
        "POST /orders server.js:18\n"
        "  Who may call it: anyone; nothing checks who calls it.\n"
        "  - helmet does not count\n"
        "    nothing in it asks who calls\n"
        "  - attachUser does not count server.js:18\n"
        "    it asks who calls, and goes on whatever the answer is\n"
        "  - requireUser does not count server.js:21\n"
        "    it is registered after this route, so it does not run before it\n"
        "  Strangers reach: writes order.\n"
        "\n"
        "The app's own guards: requireUser (before 1 other route).\n"
        "\n"
        "Does attachUser let only those through who have shown who they are? Then say so in batten.toml:\n"
        "  [[vocabulary.rows]]\n"
        '  call = "server.js#attachUser"\n'
        '  means = "guard-wrapper"   # or "identity", "identity-raises": see docs/configuration.md#vocabulary\n'
        "\n"
        "See for yourself (batten asks nothing)\n"
        '  curl -si -X POST "$HOST/orders" -H "Content-Type: application/json" -d "{}" | head -1\n'
        "  As long as it is open: any status but 401 and 403 (400, 404 and 422 come from behind the door);\n"
        "  against a deployment for tests: it may do its work even for an empty request.\n"
        "  Once it is closed: 401 or 403.\n"
        "\n"
        "The rule itself: batten explain auth-middleware-misses-route\n"
    )


def keys(app: Path) -> list[str]:
    found = json.loads(batten("check", "--output-format", "json", cwd=app).stdout)["findings"]
    return [finding["key"].partition("|route|")[2] for finding in found]


def test_what_it_advises_to_write_counts_from_then_on(app: Path) -> None:
    """The row is taken from the output as it stands."""
    assert "POST /orders|" in keys(app)
    lines = explained("auth-middleware-misses-route||route|POST /orders|", app).splitlines()
    at = lines.index("  [[vocabulary.rows]]")
    (app / "batten.toml").write_text("".join(f"{line.strip()}\n" for line in lines[at : at + 3]))
    assert "POST /orders|" not in keys(app)
    shown = explained("|route|POST /orders|", app)
    assert "  - attachUser counts server.js:18\n    the configuration says that it lets only the signed-in through\n" in shown
    assert "Who may call it: the signed-in; it verifies who calls." in shown
    assert "Behind a guard: writes order." in shown


def test_a_row_that_says_that_it_is_no_guard_is_honoured_too(app: Path) -> None:
    (app / "batten.toml").write_text(ROW.replace("guard-wrapper", "not-a-guard") % "server.js#requireUser")
    assert "POST /invoices|" in keys(app)
    shown = explained("unauthenticated-write-route||route|POST /invoices|", app)
    assert "  - requireUser does not count server.js:21\n    the configuration says that it guards nothing\n" in shown


def test_a_route_is_told_by_its_own_key(app: Path) -> None:
    shown = explained("|route|PUT /notes/:id|", app)
    assert shown.startswith("PUT /notes/:id server.js:20\n")
    assert "checkAccess" in shown
    assert 'call = "@acme/access.checkAccess"' in shown


def test_a_finding_that_is_not_shown_says_why(app: Path) -> None:
    key = "auth-middleware-misses-route||route|DELETE /drafts/:id|"
    (app / "batten.toml").write_text(
        '[[ignores]]\nrules = ["auth-middleware-misses-route"]\npaths = ["server.js"]\nreason = "behind the firewall"\n'
    )
    assert "\naccepted (config): behind the firewall\n" in explained(key, app)


def test_a_key_that_nothing_has(app: Path) -> None:
    done = batten("explain", "auth-middleware-misses-route||route|POST /order|", cwd=app)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: nothing here has the key 'auth-middleware-misses-route||route|POST /order|'\n"
        "  help: Did you mean 'auth-middleware-misses-route||route|POST /orders|'?\n"
    )
    assert "run it where they were made" in batten("explain", "x|y", cwd=app).stderr


def test_a_finding_about_a_table_has_no_guards(tmp_path: Path) -> None:
    (tmp_path / "supabase/migrations").mkdir(parents=True)
    (tmp_path / "supabase/migrations/20250101000000_a.sql").write_text("create table public.orders (id uuid primary key, email text);\n")
    found = json.loads(batten("check", "--output-format", "json", cwd=tmp_path).stdout)["findings"]
    shown = explained(found[0]["key"], tmp_path)
    assert shown.startswith("CRITICAL  ")
    assert "guard" not in shown.partition("How it comes about")[2]
