"""Names followed across files: imports, barrels, CommonJS, packages of Python, what functions return."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_rules import RULES

from batten.extract.file import Reader
from batten.extract.secrets.providers import from_document
from batten.facts.project import FileFacts
from batten.link.callgraph import Code, Target
from batten.link.modules import modules
from batten.scan import SECRETS

READER = Reader(RULES.vocabulary, from_document(RULES.documents[SECRETS]), prefilter=False)


def code(files: dict[str, str], unread: frozenset[str] = frozenset()) -> Code:
    facts = [READER.look(path, text.encode(), code=path not in unread) for path, text in sorted(files.items())]
    return Code(facts, modules(facts).names.resolve)


def told(target: Target) -> str:
    """``lib/a.ts find`` for one of the app's own, ``prisma.user`` for an outside name; ``?`` where nothing is known of it."""
    mark = "" if target.known else "?"
    return mark + (target.name if target.path is None else f"{target.path} {target.name}{f' + {target.rest}' if target.rest else ''}")


def called(files: dict[str, str]) -> str:
    """What the one call of ``main`` that has a name of another file in it denotes."""
    main = next(path for path in files if "main." in path)
    found = code(files)
    calls = [call.callee for function in found.files[main].functions for call in function.calls if "#" in call.callee]
    return told(found.target(main, max(calls, key=len)))


HELPER = "export function find() { return 1 }\nexport default function other() {}\nexport const api = { find, list: () => 2 }\n"


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("import { find } from './lib/a'; find()", "lib/a.ts find"),
        ("import { find as get } from './lib/a'; get()", "lib/a.ts find"),
        ("import anything from './lib/a'; anything()", "lib/a.ts other"),
        ("import * as a from './lib/a'; a.find()", "lib/a.ts find"),
        ("import { api } from './lib/a'; api.list()", "lib/a.ts api.list"),
        ("const { find } = require('./lib/a'); find()", "lib/a.ts find"),
        ("const a = require('./lib/a'); a.find()", "lib/a.ts find"),
        ("import { find } from '@/lib/a'; find()", "lib/a.ts find"),
        ("import { find } from './lib'; find()", "lib/a.ts find"),
        ("import { renamed } from './lib'; renamed()", "lib/a.ts find"),
        ("import { space } from './lib'; space.find()", "lib/a.ts find"),
        ("import { again } from './lib'; again()", "lib/a.ts find"),
        ("import { find } from './lib/star'; find()", "lib/a.ts find"),
        ("const { find } = await import('./lib/a'); find()", "lib/a.ts find"),
        ("import { missing } from './lib/a'; missing()", "lib/a.ts other + missing"),
        ("import { find } from './nowhere'; find()", "?./nowhere.find"),
        ("import { find } from 'package'; find()", "package.find"),
        ("import pkg from 'package'; pkg.find()", "package.default.find"),
        ("import { find } from 'npm:package@2'; find()", "package.find"),
    ],
)
def test_javascript(main: str, expected: str) -> None:
    barrel = """
        export { find } from './a'
        export { find as renamed } from './a'
        export * as space from './a'
        import { find as again } from './a'
        export { again }
    """
    settings = '{"compilerOptions": {"paths": {"@/*": ["./*"]}}}'
    files = {
        "lib/a.ts": HELPER,
        "lib/index.ts": barrel,
        "lib/star.ts": "export * from './b'\nexport * from './a'",
        "lib/b.ts": "export const x = 1",
    }
    assert called({**files, "tsconfig.json": settings, "package.json": "{}", "main.ts": main}) == expected


@pytest.mark.parametrize(
    ("module", "main", "expected"),
    [
        ("function find() {}\nmodule.exports = { find }", "const { find } = require('./a'); find()", "a.js find"),
        ("function find() {}\nmodule.exports = { get: find }", "const a = require('./a'); a.get()", "a.js find"),
        ("exports.find = () => {}", "const { find } = require('./a'); find()", "a.js find"),
        ("module.exports.find = async function () {}", "const a = require('./a'); a.find()", "a.js find"),
        ("module.exports = function find() {}", "const find = require('./a'); find()", "a.js default"),
        ("module.exports = (req, res) => {}", "require('./a')()", "a.js default"),
        ("const find = () => {}\nexports.find = find", "require('./a').find()", "a.js find"),
        ("class Store { static find() {} }\nmodule.exports = Store", "const Store = require('./a'); Store.find()", "a.js Store.find"),
        ("const b = require('./b')\nmodule.exports = { get: b.find }", "const { get } = require('./a'); get()", "b.js find"),
        ("exports.get = require('./b').find", "require('./a').get()", "b.js find"),
        ("const pg = require('pg')\nexports.db = new pg.Pool()", "const { db } = require('./a'); db.query('q')", "pg.Pool.query"),
        ("module.exports = require('./b')", "const { find } = require('./a'); find()", "b.js find"),
    ],
)
def test_commonjs(module: str, main: str, expected: str) -> None:
    assert called({"package.json": "{}", "a.js": module, "b.js": "exports.find = () => {}", "main.js": main}) == expected


PYTHON = {
    "app/__init__.py": "",
    "app/lib/__init__.py": "from .a import find\nfrom .a import find as renamed\nfrom . import b\n",
    "app/lib/a.py": "def find(): pass\nclass Store:\n    def save(self): pass\nstore = Store()\n",
    "app/lib/c.py": "__all__ = ['listed', '_listed']\ndef listed(): pass\ndef _listed(): pass\ndef unlisted(): pass\n",
    "app/lib/b.py": "from app.lib.a import *\ndef other(): pass\n",
    "app/staff/__init__.py": "from .worker import worker\nfrom . import helper\nimport app.staff.helper\n",
    "app/staff/worker.py": "class Worker:\n    def run(self): pass\nworker = Worker()\n",
    "app/staff/helper.py": "def helper(): pass\n",
}


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("from .lib.a import find\nfind()", "app/lib/a.py find"),
        ("from .lib import a\na.find()", "app/lib/a.py find"),
        ("from app.lib import find\nfind()", "app/lib/a.py find"),
        ("from app.lib import renamed\nrenamed()", "app/lib/a.py find"),
        ("from app.lib.b import find\nfind()", "app/lib/a.py find"),
        ("from app.lib.b import other\nother()", "app/lib/b.py other"),
        ("from app import lib\nlib.find()", "app/lib/a.py find"),
        ("from app import lib\nlib.b.other()", "app/lib/b.py other"),
        ("import app.lib.a\napp.lib.a.find()", "app/lib/a.py find"),
        ("import app.lib.a as a\na.find()", "app/lib/a.py find"),
        ("from . import lib\nlib.a.find()", "app/lib/a.py find"),
        ("from .lib.a import Store\nStore.save()", "app/lib/a.py Store.save"),
        ("from .lib.a import store\nstore.save()", "app/lib/a.py Store.save"),
        ("def f():\n  from .lib.a import find\n  find()", "app/lib/a.py find"),
        ("from .lib.a import missing\nmissing()", "?app/lib/a.py missing"),
        ("from app.staff import worker\nworker.run()", "app/staff/worker.py Worker.run"),
        ("from app import staff\nstaff.worker.run()", "app/staff/worker.py Worker.run"),
        ("import app.staff as staff\nstaff.worker.run()", "app/staff/worker.py Worker.run"),
        ("from app.staff.worker import Worker\nWorker.run()", "app/staff/worker.py Worker.run"),
        ("from app.staff import helper\nhelper.helper()", "app/staff/helper.py helper"),
        ("from package import find\nfind()", "package.find"),
        ("import package.inner\npackage.inner.find()", "package.inner.find"),
    ],
)
def test_python(main: str, expected: str) -> None:
    assert called({"requirements.txt": "", **PYTHON, "app/main.py": main}) == expected


@pytest.mark.parametrize(
    ("module", "main", "expected"),
    [
        ("import { PrismaClient } from '@prisma/client'\nexport const db = new PrismaClient()", "import { db } from './a'; db.user.create()",
         "@prisma/client.PrismaClient.user.create"),
        # The client that is made of the schema is code of the app's, and no part of its repository.
        ("import { PrismaClient } from './generated/prisma/client'\nexport const db = new PrismaClient()",
         "import { db } from './a'; db.user.create()", "@prisma/client.PrismaClient.user.create"),
        ("const { PrismaClient } = require('@/generated/prisma')\nexport const db = new PrismaClient()",
         "import { db } from './a'; db.user.create()", "@prisma/client.PrismaClient.user.create"),
        ("import { Client } from './generated/client'\nexport const db = new Client()", "import { db } from './a'; db.user.create()",
         "a.ts db + user.create"),
        ("import OpenAI from 'openai'\nlet client\nexport function ai() { if (!client) client = new OpenAI(); return client }",
         "import { ai } from './a'; ai().chat.completions.create()", "openai.default.chat.completions.create"),
        ("import { createClient } from '@supabase/supabase-js'\nexport const make = () => createClient(u, k)",
         "import { make } from './a'; const sb = make(); sb.from('t')", "@supabase/supabase-js.createClient.from"),
        ("import { createClient } from '@supabase/supabase-js'\nexport async function make() { return createClient(u, k) }",
         "import { make } from './a'; const sb = await make(); sb.from('t')", "@supabase/supabase-js.createClient.from"),
        ("import Stripe from 'stripe'\nexport default new Stripe(k)", "import s from './a'; s.refunds.create()", "stripe.default.refunds.create"),
        ("export const make = () => make()", "import { make } from './a'; make().from('t')", "a.ts make + from"),
        ("import { MongoClient } from 'mongodb'\nconst client = new MongoClient(u)\nexport async function open() { return { client, db: client.db('x') } }",
         "import { open } from './a'; const { db } = await open(); db.collection('t')", "mongodb.MongoClient.db.collection"),
        ("import { MongoClient } from 'mongodb'\nlet kept = null\nexport async function open() { const client = await new MongoClient(u).connect(); if (kept) return { client, db: kept }; const db = client.db(); kept = db; return { client, db } }",
         "import { open } from './a'; (await open()).db.collection('t')", "mongodb.MongoClient.connect.db.collection"),
        ("import OpenAI from 'openai'\nexport const pair = () => [1, new OpenAI()]",
         "import { pair } from './a'; const [first, ai] = pair(); ai.responses.create()", "openai.default.responses.create"),
        ("export function store() { async function drop() {} return { drop, wipe: () => 1 } }", "import { store } from './a'; store().drop()", "a.ts store.drop"),
        ("export function store() { return { wipe: () => 1 } }", "import { store } from './a'; const { wipe } = store(); wipe()", "a.ts store.@1"),
        ("export function store() { return { other: make() } }", "import { store } from './a'; store().wipe()", "a.ts store + wipe"),
    ],
)  # fmt: skip
def test_what_functions_and_bindings_stand_for(module: str, main: str, expected: str) -> None:
    assert called({"package.json": "{}", "a.ts": module, "main.ts": main}) == expected


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"a.ts": "export { x } from './b'", "b.ts": "export { x } from './a'"}, "./a#x"),
        ({"a.ts": "export * from './b'", "b.ts": "export * from './a'"}, "./a#x"),
        ({"a.ts": "export * from './a'"}, "./a#x"),
        ({"a.ts": "import { x } from './b'\nexport { x }", "b.ts": "import { x } from './a'\nexport { x }"}, "./a#x.y"),
        ({"a.ts": "export const x = y\nexport const y = x"}, "./a#x.z"),
        ({"a.ts": "export function x() { return y() }\nexport function y() { return x() }"}, "./a#x.then"),
    ],
)
def test_circles_end(files: dict[str, str], name: str) -> None:
    found = code({"package.json": "{}", **files, "main.ts": ""})
    assert found.target("main.ts", name).function is None or found.target("main.ts", name).rest
    found.home("main.ts", name)


def test_circles_of_python_end() -> None:
    files = {"a/__init__.py": "from .b import x", "a/b.py": "from . import x", "main.py": ""}
    found = code(files)
    assert found.target("main.py", "a#x").function is None
    found.home("main.py", "a#x")


@given(st.integers(1, 30))
def test_barrels_of_barrels(length: int) -> None:
    files = {f"b{number}.ts": f"export {{ x }} from './b{number - 1}'" for number in range(1, length + 1)}
    found = code({"package.json": "{}", "b0.ts": "export function x() {}", **files, "main.ts": ""})
    target = found.target("main.ts", f"./b{length}#x")
    assert told(target) == "b0.ts x" if length < 12 else not target.known


def test_files_that_names_lead_into_are_asked_for() -> None:
    files = {
        "package.json": "{}",
        "lib/index.ts": "export { find } from './a'",
        "lib/a.ts": HELPER,
        "lib/unused.ts": HELPER,
        "main.ts": "import './lib/unused'",
    }
    found = code(files, unread=frozenset(files))
    assert told(found.target("main.ts", "./lib#find")) == "?lib/a.ts find"
    assert set(found.needs) == {"lib/a.ts"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("./lib#db", ("lib/db.ts", "db")),
        ("./lib#other", ("lib/db.ts", "db")),
        ("./lib/db#db", ("lib/db.ts", "db")),
        ("#local", ("main.ts", "local")),
        ("package#db", None),
        ("@req", None),
    ],
)
def test_homes(name: str, expected: tuple[str, str] | None) -> None:
    files = {
        "lib/index.ts": "export { db } from './db'\nimport { db as other } from './db'\nexport { other }",
        "lib/db.ts": "export const db = open()",
    }
    assert code({"package.json": "{}", **files, "main.ts": "const local = 1"}).home("main.ts", name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("listed", "app/lib/c.py listed"),
        ("_listed", "app/lib/c.py _listed"),
        ("unlisted", "unlisted"),
        ("find", "app/lib/a.py find"),
        ("_hidden", "_hidden"),
        ("public", "app/lib/d.py public"),
    ],
)
def test_what_a_star_import_binds(name: str, expected: str) -> None:
    hidden = {"app/lib/d.py": "def _hidden(): pass\ndef public(): pass"}
    main = {"app/main.py": "from .lib.a import *\nfrom .lib.c import *\nfrom .lib.d import *\n"}
    assert told(code({"requirements.txt": "", **PYTHON, **hidden, **main}).target("app/main.py", name)) == expected


SERVICE = "export class Service { find() { return 1 } }\n"


@pytest.mark.parametrize(
    ("module", "main", "expected"),
    [
        ("export const service = new Service()", "import { service } from './s'; service.find()", "s.ts Service.find"),
        ("export default new Service()", "import service from './s'; service.find()", "s.ts Service.find"),
        ("", "import { Service } from './s'; const s = new Service(); s.find()", "s.ts Service.find"),
        ("", "import { Service } from './s'; class A { s = new Service(); go() { this.s.find() } }", "s.ts Service.find"),
        ("", "import { Service } from './s'; class A { constructor(private s: Service) {} go() { this.s.find() } }", "s.ts Service.find"),
        (
            "",
            "import { Service } from './s'; class A { constructor(s: Service) { this.s = s } go() { this.s.find() } }",
            "s.ts Service.find",
        ),
        ("", "import { Service } from './s'; function go(s: Service) { s.find() }", "s.ts Service.find"),
        ("", "import { Service } from './s'; function go(s?: Readonly<Service> | null) { s.find() }", "s.ts Service.find"),
        ("", "import { Service } from './s'; class Child extends Service { go() { this.find() } }", "s.ts Service.find"),
        ("export class Child extends Service {}", "import { Child } from './s'; new Child().find()", "s.ts Service.find"),
        ("export function get() { return new Service() }", "import { get } from './s'; get().find()", "s.ts Service.find"),
        ("export class K { static one = new Service() }", "import { K } from './s'; K.one.find()", "s.ts Service.find"),
        ("export class K { static get() { return new Service() } }", "import { K } from './s'; K.get().find()", "s.ts Service.find"),
        ("export const db = { users: { find() {} } }", "import { db } from './s'; db.users.find()", "s.ts db.users.find"),
        ("export const find = () => 1", "const load = () => import('./s'); (await load()).find()", "s.ts find"),
        ("export const find = () => 1", "import * as s from './s'; const { find: f } = s; f()", "s.ts find"),
        ("export const find = () => 1", "import { find } from '#/s'; find()", "s.ts find"),
        ("export const find = () => 1", "import { find } from '#own'; find()", "s.ts find"),
        ("export class K { #in() {} static go() {} }", "import { K } from './s'; K.go()", "s.ts K.go"),
    ],
)
def test_objects_made_in_the_project(module: str, main: str, expected: str) -> None:
    settings = {
        "package.json": '{"imports": {"#own": "./s.ts"}}',
        "tsconfig.json": '{"compilerOptions": {"paths": {"#/*": ["./*"]}}}',
    }
    assert called({**settings, "s.ts": SERVICE + module, "main.ts": main}) == expected


@pytest.mark.parametrize(
    ("module", "main", "expected"),
    [
        ("service = Service()", "from .s import service\nservice.find()", "app/s.py Service.find"),
        ("", "from .s import Service\nclass A:\n  def __init__(self): self.s = Service()\n  def go(self): self.s.find()", "app/s.py Service.find"),
        ("", "from .s import Service\nclass A:\n  def __init__(self, s: Service): self.s = s\n  def go(self): self.s.find()", "app/s.py Service.find"),
        ("", "from .s import Service\ndef go(s: Service): s.find()", "app/s.py Service.find"),
        ("", "from .s import Service\ndef go(s: 'Service'): s.find()", "app/s.py Service.find"),
        ("", "from .s import Service\ndef go(s: Service | None = None): s.find()", "app/s.py Service.find"),
        ("", "from .s import Service\ndef go(s: Optional[Service] = None): s.find()", "app/s.py Service.find"),
        ("", "from .s import Service\ndef go(s: Annotated[Service, Depends(x)]): s.find()", "app/s.py Service.find"),
        ("", "from .s import Service\nclass C(Service):\n  def go(self): self.find()", "app/s.py Service.find"),
        ("class C(Service): pass", "from .s import C\nC().find()", "app/s.py Service.find"),
        ("def get(): return Service()", "from .s import get\nget().find()", "app/s.py Service.find"),
        ("  @classmethod\n  def make(cls): return cls()", "from .s import Service\nService.make().find()", "app/s.py Service.find"),
    ],
)  # fmt: skip
def test_objects_made_in_a_project_of_python(module: str, main: str, expected: str) -> None:
    service = f"class Service:\n  def find(self): pass\n{module}"
    assert called({"requirements.txt": "", "app/__init__.py": "", "app/s.py": service, "app/main.py": main}) == expected


CONSTANTS = """
export const TABLES = { users: 'app_users', inner: { notes: `app_notes` } } as const
export enum Kind { Wood = 'wood' }
export const ROOT = '/api'
export const BASE = `${ROOT}/v1`
export const HOST = process.env.HOST || 'https://x.test'
let changed = 'a'
changed = 'b'
export { changed }
export default 'whole'
"""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ROOT", "/api"),
        ("`${BASE}/users`", "/api/v1/users"),
        ("BASE + '/users/' + 1", "/api/v1/users/1"),
        ("'a' + `b` + 1", "ab1"),
        ("1 + 2", None),
        ("TABLES.users", "app_users"),
        ("TABLES['inner'].notes", "app_notes"),
        ("TABLES.nothing", None),
        ("all.TABLES.users", "app_users"),
        ("Kind.Wood", "wood"),
        ("Kind.Steel", None),
        ("whole", "whole"),
        ("again", "/api/v1"),
        ("mine.users", "/api/mine"),
        ("own.users", "own"),
        ("HOST", None),
        ("changed", None),
        ("request.path", None),
        ("`${request.path}/${ROOT}`", None),
        ("ROOT(1)", None),
    ],
)
def test_texts_are_put_together_across_files(value: str, expected: str | None) -> None:
    main = (
        "import whole, { TABLES, Kind, ROOT, BASE, HOST, changed } from './constants'\nimport * as all from './constants'\n"
        "import { again, mine } from './more'\nconst own = { users: 'own' }\nexport function f(request) { tell(" + value + ") }\n"
    )
    more = "import { BASE, ROOT } from './constants'\nexport const again = BASE\nexport const mine = { users: '/api/mine' }\n"
    found = code({"package.json": "{}", "constants.ts": CONSTANTS, "more.ts": more, "main.ts": main})
    [call] = [call for function in found.files["main.ts"].functions for call in function.calls if call.callee == "tell"]
    assert found.text("main.ts", call.arguments[0]) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ROOT", "/api"),
        ("f'{BASE}/users'", "/api/v1/users"),
        ("BASE + '/users'", "/api/v1/users"),
        ("constants.BASE", "/api/v1"),
        ("TABLES['users']", "app_users"),
        ("Tables.USERS", "app_users"),
        ("HOST", None),
        ("text", None),
    ],
)
def test_texts_of_python_are_put_together_across_files(value: str, expected: str | None) -> None:
    constants = (
        "import os\nROOT = '/api'\nBASE = f'{ROOT}/v1'\nTABLES = {'users': 'app_users'}\nHOST = os.getenv('HOST', 'x.test')\n"
        "class Tables:\n    USERS = 'app_users'\n"
    )
    main = f"from app import constants\nfrom .constants import *\nfrom .constants import ROOT, BASE, TABLES, Tables, HOST\ndef f(text):\n    tell({value})\n"
    found = code({"requirements.txt": "", "app/__init__.py": "", "app/constants.py": constants, "app/main.py": main})
    [call] = [call for function in found.files["app/main.py"].functions for call in function.calls if call.callee == "tell"]
    assert found.text("app/main.py", call.arguments[0]) == expected


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "fixtures" / "code").glob("shelf.*")), ids=lambda path: path.suffix)
def test_what_is_known_of_a_file_can_be_written_and_read_again(path: Path) -> None:
    facts = READER.look(path.name, path.read_bytes())
    assert len(facts.functions) > 1
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=FileFacts) == facts
    assert msgspec.json.decode(msgspec.json.encode(facts), type=FileFacts) == facts
