"""What is kept from one join to the next saves work and changes nothing: after every edit of an app the joins say what fresh ones say."""

from functools import cache
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from own_rules import RULES

from batten.discover import PathClass
from batten.discover.classes import Classes
from batten.extract.file import Reader, merged
from batten.extract.secrets.providers import from_document
from batten.facts.project import FileFacts
from batten.link import Linked, Origin, link
from batten.link.kept import Kept
from batten.link.modules import ModuleGraph, modules
from batten.link.routers import Routers
from batten.scan import SECRETS

READER = Reader(RULES.vocabulary, from_document(RULES.documents[SECRETS]))

NEXT = '{"name": "web", "dependencies": {"next": "15", "@supabase/supabase-js": "2", "@prisma/client": "6", "next-auth": "4"}}'
PRISMA = 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'
ROUTE = 'import { save } from "@/lib"\nexport async function POST(request: Request) { await save(request) }\n'
GUARD = 'import { getServerSession } from "next-auth"\nexport async function guard() { const s = await getServerSession(); if (!s) throw new Error("no"); return s }\n'
SAVE = 'import { prisma } from "./prisma"\nimport { guard } from "./guard"\nexport async function save(request) { await prisma.user.update(request) }\n'
EXPRESS = "import express from 'express'\nimport { register } from './register'\nconst app = express()\nregister(app)\n"
REGISTER = "import { prisma } from '../web/lib/prisma'\nexport function register(router) { router.post('/notes', async (q, r) => { await prisma.note.create(q.body) }) }\n"
API = "from fastapi import FastAPI, Depends\nfrom .security import current_user\nfrom .store import wipe\napp = FastAPI()\n\n@app.post('/wipe')\ndef wipe_all(user=Depends(current_user)):\n    wipe()\n"
SECURITY = "from fastapi import HTTPException\nimport jwt\n\ndef current_user(token: str):\n    claims = jwt.decode(token, 'k', algorithms=['HS256'])\n    if not claims:\n        raise HTTPException(401)\n    return claims\n"
STORE = "from sqlalchemy.orm import Session\n\ndef wipe():\n    import os\n    os.system('rm data')\n"
TABLE = "create table public.notes (id int primary key, owner uuid, body text);\n"
FIRST = "web/supabase/migrations/20250101000000_notes.sql"
SECOND = "web/supabase/migrations/20250102000000_more.sql"
ACTION = '"use server"\nimport { save } from "../lib"\nexport async function store(data) { await save(data) }\n'
FORM = '"use client"\nimport { store } from "./actions"\nimport { sb } from "../lib/sb"\nexport default function Form() { sb.from("notes").select(); return store }\n'
CLIENT = 'import { createClient } from "@supabase/supabase-js"\nexport const sb = createClient(process.env.NEXT_PUBLIC_URL, process.env.NEXT_PUBLIC_ANON_KEY)\n'
SCHEMA = "model User {\n  id Int @id\n  password String\n}\n"
USERS = 'import { prisma } from "../../../lib/prisma"\nexport async function GET() { return Response.json(await prisma.user.findMany()) }\n'
ONE = 'import { two } from "./two"\nexport async function one(n) { if (n) { await two(n) } }\n'
TWO = 'import { one } from "./one"\nimport { guard } from "./guard"\nexport async function two(n) { await one(n - 1) }\n'

PORT = "export interface Shelf {\n  burn(id: string): Promise<void>\n}\n"
BURN = (
    PRISMA.replace("export ", "")
    + 'import { Shelf } from "./shelf"\nexport class Kept implements Shelf {\n  async burn(id) { await prisma.book.delete({ where: { id } }) }\n}\n'
)
LIBRARY = 'import { Shelf } from "./shelf"\nexport class Library {\n  constructor(private readonly shelf: Shelf) {}\n  async drop(id) { return this.shelf.burn(id) }\n}\n'
TOLD = 'import { container } from "tsyringe"\nimport { Kept } from "./kept"\ncontainer.register("Shelf", { useClass: Kept })\n'
ASKS = "import express from 'express'\nimport { Library } from './library'\nconst desk = express()\ndesk.delete('/books/:id', async (q, r) => { const held = container.resolve(Library); await held.drop(q.params.id) })\n"

OPEN = "export const isOpen = (path: string) => path === '/api/a'\n"
ASK = "import { getServerSession } from 'next-auth'\nexport default defineEventHandler(async (event) => { if (isOpen(event.path)) return; const s = await getServerSession(); if (!s) throw new Error('no') })\n"
BUY = "export default defineEventHandler(async (event) => { await prisma.order.create(await readBody(event)) })\n"

VARIANTS: dict[str, tuple[str | None, ...]] = {
    "web/package.json": (NEXT, NEXT.replace('"next-auth"', '"next-auth-x"'), '{"name": "web"}', None),
    "web/tsconfig.json": ('{"compilerOptions": {"paths": {"@/*": ["./*"]}}}', '{"compilerOptions": {"paths": {"@/*": ["./other/*"]}}}', None),
    "web/lib/prisma.ts": (PRISMA, "\n" + PRISMA, None),
    "web/lib/index.ts": (
        'export * from "./save"\nexport * from "./guard"\n',
        'export { save } from "./save"\nexport { default as Form } from "../app/form"\n',
        'export * from "./guard"\nexport * from "./index"\nexport * from "./save"\n',
        'import { save as kept } from "./save"\nexport const save = kept\n',
        "",
    ),
    "web/lib/guard.ts": (GUARD, GUARD.replace("if (!s) throw new Error('no'); ", ""), GUARD + "export type Guard = string\n", None),
    "web/lib/save.ts": (
        SAVE,
        SAVE.replace("{ await prisma", "{ await guard(); await prisma"),
        "// first\n" + SAVE,
        SAVE + 'import { one } from "./one"\nexport async function twice(n) { await one(n); await save(n) }\n',
        SAVE.replace("update(request)", "deleteMany({})") + "export default save\n",
        "module.exports = { save() {} }\n",
    ),
    "web/lib/one.ts": (
        ONE,
        ONE.replace("await two", "await prisma.user.deleteMany({}); await two").replace("import", PRISMA + "import", 1),
        ONE.replace("if (n) { await two(n) }", "return prisma.user.findMany()").replace("import", PRISMA + "import", 1),
        None,
    ),
    "web/lib/two.ts": (TWO, TWO.replace("await one", "await guard(); await one"), 'export * from "./one"\nexport { one as two } from "./one"\n'),
    "web/lib/sb.ts": (CLIENT, CLIENT.replace("NEXT_PUBLIC_ANON_KEY", "SUPABASE_SERVICE_ROLE_KEY"), "export const sb = 1\n"),
    "web/app/api/save/route.ts": (
        ROUTE,
        ROUTE.replace('"@/lib"', '"../../../lib/one"').replace("save", "one"),
        ROUTE.replace('"@/lib"', '"../../../lib/two"').replace("save", "two"),
        ROUTE + "// a remark\n",
        "export async function GET() { return 1 }\n",
    ),
    "web/prisma/schema.prisma": (SCHEMA, SCHEMA.replace("password", "label"), "\n" + SCHEMA, None),
    "web/app/api/users/route.ts": (
        USERS,
        USERS.replace("await prisma.user.findMany()", "await all(1)").replace("import", 'import { one as all } from "../../../lib/one"\nimport', 1),
        USERS.replace("findMany()", "findMany({ omit: { password: true } })"),
    ),
    "web/app/actions.ts": (ACTION, ACTION.replace('"use server"\n', ""), "// first\n" + ACTION, None),
    "web/app/form.tsx": (FORM, FORM.replace('"use client"\n', ""), FORM.replace("sb.from", "// sb.from"), "\n\n" + FORM),
    "web/app/page.tsx": ('import Form from "./form"\nexport default () => <Form />\n', 'import type { Form } from "./form"\nexport default () => 1\n'),
    "web/middleware.ts": (None, GUARD.replace("guard", "middleware") + "export const config = { matcher: ['/api/:path*'] }\n"),
    FIRST: (TABLE, TABLE + "alter table public.notes enable row level security;\n", "\n" + TABLE, None),
    SECOND: (None, "create policy p on public.notes for select using (true);\n", "drop table public.notes;\n"),
    "web/supabase/config.toml": ('project_id = "x"\n', '[api]\nschemas = ["other"]\n', None),
    "api/package.json": ('{"dependencies": {"express": "4"}}', None),
    "api/server.ts": (EXPRESS, EXPRESS.replace("register(app)", "app.use('/v1', express.Router())"), EXPRESS.replace("(app)\n", "(app)\nregister(express.Router())\n"), None),
    "api/register.ts": (REGISTER, "\n" + REGISTER, REGISTER.replace("router.post", "router.use('/in', router); router.get"), None),
    "api/shelf.ts": (PORT, PORT.replace("interface", "abstract class").replace("burn", "abstract burn"), PORT + "export type Mark = string\n", None),
    "api/kept.ts": (BURN, BURN.replace(" implements Shelf", ""), BURN.replace("implements", "extends"), BURN + "export default Kept\n", None),
    "api/other_shelf.ts": (None, BURN.replace("prisma.book", "prisma.user").replace("Kept", "Remote"), BURN.replace("Kept", "InMemoryShelf")),
    "api/told.ts": (None, TOLD, TOLD.replace("kept", "other_shelf").replace("Kept", "Remote"), TOLD.replace('"tsyringe"', '"./tsyringe"')),
    "api/library.ts": (LIBRARY, LIBRARY.replace("{ Shelf }", "{ Kept as Shelf }").replace("./shelf", "./kept"), LIBRARY + "export const shelves = 2\n"),
    "api/desk.ts": (ASKS, "import { container } from 'tsyringe'\n" + ASKS, ASKS.replace("resolve(Library)", "resolve('Shelf')").replace("drop", "burn")),
    "shop/nuxt.config.ts": ("export default {}\n", None),
    "shop/server/utils/paths.ts": (OPEN, OPEN.replace("/api/a", "/api/b"), OPEN.replace("isOpen", "isClosed"), OPEN + GUARD.replace("guard", "needUser"), None),
    "shop/server/utils/store.ts": (PRISMA, PRISMA.replace("prisma =", "store ="), PRISMA + OPEN, None),
    "shop/server/middleware/ask.ts": (ASK, ASK.replace("isOpen(event.path)", "isClosed(event.path)"), ASK.replace("if (isOpen(event.path)) return;", ""), None),
    "shop/server/api/a.post.ts": (BUY, BUY.replace("prisma.", "await needUser(event); await store."), None),
    "py/main.py": (API, API.replace("user=Depends(current_user)", ""), "# first\n" + API),
    "py/security.py": (SECURITY, SECURITY.replace("if not claims", "if 0"), "from .store import wipe as current_user\n"),
    "py/store.py": (STORE, STORE.replace("os.system('rm data')", "pass"), "from .main import wipe_all as wipe\n"),
    "py/__init__.py": ("", None),
    ".env": ("NEXT_PUBLIC_URL=https://x.example\n", "DATABASE_URL=postgres://db.example.net/x\n", None),
}  # fmt: skip
PATHS = tuple(VARIANTS)
CLASSES = Classes(frozenset(), frozenset())
ORIGINS = {path: Origin(None, CLASSES.of(path)) for path in PATHS if CLASSES.of(path) is not PathClass.GENERATED}

Edit = tuple[str, int]
edits = st.lists(st.sampled_from(PATHS).flatmap(lambda path: st.tuples(st.just(path), st.integers(0, len(VARIANTS[path]) - 1))), max_size=6)


@cache
def facts(path: str, text: str, *, code: bool) -> FileFacts:
    """One and the same object for the same text, as whoever keeps facts has it."""
    looked = READER.look(path, text.encode())
    return merged(looked, READER.parse(path, text.encode())) if code and not looked.parsed else looked


class Answers(NamedTuple):
    """All that joins say."""

    linked: Linked
    rounds: list[tuple[str, ...]]
    sides: list[tuple[object, ...]]


def answers(texts: dict[str, str], kept: Kept | None = None, before: ModuleGraph | None = None) -> tuple[Answers, ModuleGraph]:
    """What the rounds of a scan come to."""
    found = {path: facts(path, text, code=False) for path, text in texts.items()}
    graph = modules(list(found.values()), before)
    rounds = []
    while True:
        linked = link(list(found.values()), graph, ORIGINS, RULES.vocabulary, kept=kept)
        rounds.append((*linked.needs, *linked.migrations))
        if not rounds[-1]:
            break
        found |= {path: facts(path, texts[path], code=True) for path in rounds[-1]}
    sides = [(graph.side(path), graph.reach(path), graph.in_browser(path, 20), graph.package_of(path)) for path in sorted(texts)]
    return Answers(linked, rounds, [*sides, graph.modules, graph.packages, graph.apps]), graph


@cache
def fresh(texts: tuple[tuple[str, str], ...]) -> Answers:
    """What who remembers nothing says of the same files: it is the same each time."""
    return answers(dict(texts))[0]


START = {path: variants[0] for path, variants in VARIANTS.items() if variants[0] is not None}


def test_the_app_shows_something() -> None:
    project = answers(START)[0].linked.project
    assert [(route.title, route.auth) for route in project.routes] == [
        ("DELETE /books/:id", "unauthenticated"),
        ("POST /notes", "unauthenticated"),
        ("POST /wipe", "authenticated"),
        ("POST /api/a", "unauthenticated"),
        ("server action store", "unauthenticated"),
        ("POST /api/save", "unauthenticated"),
        ("GET /api/users", "unauthenticated"),
    ]
    assert [(row.model, row.fields) for row in project.revealed_rows] == [("User", ("password",))]
    assert [(table.name, table.rls, table.used_in_browser) for table in project.tables] == [
        ("public.User", False, False),
        ("public.notes", False, True),
    ]


@settings(max_examples=150)
@given(edits)
@example([("web/lib/guard.ts", 1), ("web/lib/save.ts", 1)])
@example([("web/app/api/save/route.ts", 1), ("web/lib/two.ts", 1), ("web/app/api/save/route.ts", 2)])
@example([(FIRST, 1), (FIRST, 0), (SECOND, 1)])
@example([("web/prisma/schema.prisma", 1), ("web/prisma/schema.prisma", 0), ("web/app/api/users/route.ts", 1), ("web/lib/one.ts", 2)])
@example([("api/other_shelf.ts", 1), ("api/told.ts", 1), ("api/told.ts", 2), ("api/told.ts", 0), ("api/kept.ts", 1)])
@example([("api/kept.ts", 1), ("api/kept.ts", 0), ("api/shelf.ts", 1), ("api/other_shelf.ts", 2), ("api/library.ts", 1)])
@example([("api/desk.ts", 2), ("api/told.ts", 1), ("api/told.ts", 3), ("api/other_shelf.ts", 1), ("api/shelf.ts", 3)])
@example(
    [
        ("shop/server/utils/paths.ts", 1),
        ("shop/nuxt.config.ts", 1),
        ("shop/nuxt.config.ts", 0),
        ("shop/server/api/a.post.ts", 1),
        ("shop/server/utils/paths.ts", 3),
    ]
)
@example([("web/lib/index.ts", 2), ("web/lib/guard.ts", 3), ("web/lib/guard.ts", 0)])
def test_after_edits_joins_say_what_fresh_ones_say(made: list[Edit]) -> None:
    texts, kept = dict(START), Kept()
    _, graph = answers(texts, kept)
    for path, variant in made:
        text = VARIANTS[path][variant]
        texts.pop(path, None)
        if text is not None:
            texts[path] = text
        found, graph = answers(texts, kept, graph)
        assert found == fresh(tuple(sorted(texts.items())))


@settings(max_examples=30)
@given(edits, st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(made: list[Edit], chosen: object) -> None:
    texts = dict(START) | {path: text for path, variant in made if (text := VARIANTS[path][variant]) is not None}
    shuffled = list(texts.items())
    chosen.shuffle(shuffled)  # type: ignore[attr-defined]
    assert answers(dict(shuffled))[0] == answers(texts)[0]


@pytest.mark.parametrize("path", ["web/lib/save.ts", "web/app/form.tsx", FIRST, "py/main.py"])
def test_what_is_kept_does_not_grow_with_edits(path: str) -> None:
    texts, kept, graph = dict(START), Kept(), None
    sizes = []
    for number in range(12):
        remark = "#" if path.endswith(".py") else "--" if path.endswith(".sql") else "//"
        texts[path] = f"{START[path]}{remark} {'x' * number}\n"
        _, graph = answers(texts, kept, graph)
        sizes.append(len(kept.memo))
    assert sizes[2:] == sizes[1:-1]


def test_a_route_is_not_placed_anew_for_what_calls_something_of_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    other = "import express from 'express'\nimport { register } from 'elsewhere'\nregister(express())\n"
    texts, kept = {**START, "api/other.ts": other}, Kept()
    _, graph = answers(texts, kept)
    placed: list[str] = []
    place = Routers._place
    monkeypatch.setattr(Routers, "_place", lambda self, file, endpoint: placed.append(file) or place(self, file, endpoint))
    texts["api/other.ts"] = other + "register(2)\n"
    found, graph = answers(texts, kept, graph)
    assert placed == []
    assert found.linked.project.routes == answers(texts)[0].linked.project.routes
