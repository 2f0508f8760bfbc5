"""The map of an app: the riskiest first, by package, in each format, with nothing of the app's text that could mean something there."""

import importlib.util
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from own_rules import RULES

from batten.facts.routes import EffectKind
from batten.report.map import mermaid
from batten.report.map.model import ACTS, Map, Package, Risk, Route
from batten.scan import scan_files
from batten.surface import _WEIGHTS, surface
from batten.text import Place, Span

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs/schema/map.schema.json"
SHOP = {
    "package.json": '{"name": "shop", "dependencies": {"next": "15", "@supabase/supabase-js": "2", "openai": "4"}}',
    "supabase/migrations/20250101000000_shop.sql": (
        "create table public.orders (id uuid primary key, user_id uuid references auth.users (id), email text);\n"
        "alter table public.orders enable row level security;\n"
        'create policy "own" on public.orders for all to authenticated using (user_id = auth.uid());\n'
        "create table public.leaks (id uuid primary key, phone text);\n"
    ),
    "lib/admin.ts": (
        'import { createClient } from "@supabase/supabase-js"\n'
        "export const admin = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_ROLE_KEY!)\n"
    ),
    "app/api/purge/route.ts": (
        'import { admin } from "../../../lib/admin"\n'
        'export async function POST() { await admin.from("orders").delete().neq("id", ""); return Response.json({}) }\n'
    ),
    "app/api/chat/route.ts": (
        'import { getServerSession } from "next-auth"\nimport OpenAI from "openai"\nconst openai = new OpenAI()\n'
        "export async function POST(req) {\n"
        "  const session = await getServerSession()\n  if (!session) return new Response('', { status: 401 })\n"
        "  return Response.json(await openai.chat.completions.create(await req.json()))\n}\n"
    ),
    "app/api/hello/route.ts": "export async function GET() { return Response.json({}) }\n",
}


def mapped(files: dict[str, str]) -> Map:
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES, surface=True)
    return surface(found.project, found.reaches, found.findings)


def test_routes_come_by_risk_with_what_they_touch() -> None:
    found = mapped(SHOP)
    assert [(route.title, route.risk.value, route.status) for route in found.routes] == [
        ("POST /api/purge", "critical", "unauthenticated"),
        ("GET /api/hello", "low", "unauthenticated"),
        ("POST /api/chat", "none", "authenticated"),
    ]
    purge, _, chat = found.routes
    assert [(row.name, row.verbs, row.sensitivity) for row in purge.touched] == [("orders", ("delete",), "contact")]
    assert [(act.kind, act.open, act.admin) for act in purge.acts] == [("database-delete", True, True)]
    assert [told.rule for told in purge.findings] == ["unauthenticated-service-role-route"]
    assert [(act.text, act.open) for act in chat.acts] == [("calls a paid model", False)]


def test_tables_say_who_reaches_them_round_the_app() -> None:
    rows = {table.name: (table.strangers, table.users, table.open) for table in mapped(SHOP).tables}
    assert rows == {
        "orders": ("nothing", "select, insert, update, delete: some rows", False),
        "leaks": ("select, insert, update, delete: every row", "select, insert, update, delete: every row", True),
    }


def test_links_lead_from_routes_to_tables_keys_and_services() -> None:
    found = mapped(SHOP)
    names = {route.id: route.title for route in found.routes} | {each.id: each.name for each in (*found.tables, *found.keys)}
    links = {(names.get(link.source, link.source), link.kind, names.get(link.target, link.target)) for link in found.links}
    assert {
        ("POST /api/purge", "delete", "orders"),
        ("POST /api/purge", "uses", "supabase service key"),
        ("POST /api/chat", "paid-model-call", "service:paid model"),
        ("module:app/api/chat/route.ts", "serves", "POST /api/chat"),
        ("module:lib/admin.ts", "holds", "supabase service key"),
    } <= links
    known = {*names, *(module.id for module in found.modules), *(f"service:{name}" for name in found.services)}
    assert [link for link in found.links if link.source not in known or link.target not in known] == []


def test_every_kind_of_effect_has_words_and_a_weight() -> None:
    assert {*ACTS} == {kind.value for kind in EffectKind} == {kind.value for kind in _WEIGHTS}


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def run(*words: str | Path, cwd: Path) -> str:
    command = [sys.executable, "-m", "batten", "map", *map(str, words)]
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, timeout=60).stdout


def test_what_is_published_is_what_the_map_is() -> None:
    found = importlib.util.spec_from_file_location("map_schema", ROOT / "scripts/map_schema.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    assert json.loads(PUBLISHED.read_bytes()) == module.document(), "run scripts/map_schema.py"


def test_json_is_as_the_schema_says(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    written = json.loads(run("--output-format", "json", cwd=tmp_path))
    schema = json.loads(PUBLISHED.read_bytes())
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(written)] == []
    assert [name for name in ("packages", "routes", "tables", "modules", "keys", "services", "links") if not written[name]] == []


def test_every_field_of_the_json_is_explained() -> None:
    text = (ROOT / "docs/map.md").read_text()
    schema = json.loads(PUBLISHED.read_bytes())
    named = [*schema["properties"], *schema["$defs"]["Route"]["properties"], *schema["$defs"]["Table"]["properties"]]
    assert [name for name in named if f"`{name}`" not in text] == []


def test_the_table_on_a_terminal(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    shown = run(cwd=tmp_path)
    lines = [" ".join(line.split()) for line in shown.splitlines() if line.strip()]
    assert lines[2:7] == [
        "critical POST /api/purge none deletes orders (contact)",
        "app/api/purge/route.ts:2 with the service key",
        "critical:",
        "unauthenticated-service-role-route",
        "low GET /api/hello none",
    ]
    assert "3 routes: 1 critical, 1 low, 1 without risk." in shown
    assert "\x1b" not in shown
    leaks = next(line for line in lines if line.startswith("leaks"))
    assert leaks.startswith("leaks (contact) select, insert, update, delete: every row")


def test_each_package_has_a_table_of_its_own(tmp_path: Path) -> None:
    server = 'import express from "express"\nconst app = express()\napp.get("/{0}", (req, res) => res.json({{}}))\n'
    manifest = '{"name": "@acme/%s", "dependencies": {"express": "4"}}'
    write(
        tmp_path,
        {
            "package.json": '{"name": "acme", "workspaces": ["packages/*"]}',
            "packages/one/package.json": manifest % "one",
            "packages/one/server.js": server.format("first"),
            "packages/two/package.json": manifest % "two",
            "packages/two/server.js": server.format("second"),
        },
    )
    shown = run(cwd=tmp_path)
    order = [shown.index(text) for text in ("packages/one: 1 route", "GET /first", "packages/two: 1 route", "GET /second", "2 routes")]
    assert order == sorted(order)
    drawn = run("--output-format", "mermaid", cwd=tmp_path)
    assert [line.strip() for line in drawn.splitlines() if "subgraph" in line] == [
        'subgraph p0["packages/one"]',
        'subgraph p1["packages/two"]',
    ]


def test_a_route_that_cannot_be_told_says_why(tmp_path: Path) -> None:
    app = 'import express from "express"\nimport { checkAuth } from "@acme/access"\nconst app = express()\napp.get("/x", checkAuth, (req, res) => res.json({}))\n'
    write(tmp_path, {"package.json": '{"dependencies": {"express": "4"}}', "server.js": app})
    shown = " ".join(run(cwd=tmp_path).split())
    assert "can't tell for 1." in shown
    (route,) = json.loads(run("--output-format", "json", cwd=tmp_path))["routes"]
    assert (route["status"], route["guards"][0]["name"], route["guards"][0]["counts"]) == (None, "checkAuth", None)


def test_an_app_without_routes_and_an_empty_folder_say_so(tmp_path: Path) -> None:
    assert run(cwd=tmp_path).startswith("There was nothing to scan.")
    write(tmp_path, {"a.py": "x = 1\n"})
    assert run(cwd=tmp_path).startswith("No routes found.")


@pytest.mark.parametrize(
    "title", ['GET /"]; click x "javascript:alert(1)"', "GET /</script><img onerror=x>", "GET /`x` #quot; %% *a*\n  c --> d"]
)
def test_nothing_of_the_app_is_markup_in_mermaid(title: str) -> None:
    place = Place("a.js", Span(0, 1))
    route = Route(
        id="x", title=title, method="GET", path="/", kind="http", framework="express", package="", handler="h", place=place,
        status=None, reason="", risk=Risk.LOW,
    )  # fmt: skip
    out = StringIO()
    mermaid.write(Map(packages=(Package("", ""),), routes=(route,)), out)
    node = out.getvalue().splitlines()[1]
    label = node.removeprefix('  r0["').removesuffix('"]:::low')
    assert node == f'  r0["{label}"]:::low'
    assert set('"<>`*[]{}|\\\n%=') & set(label) == set()
    assert out.getvalue().count("-->") == 1
