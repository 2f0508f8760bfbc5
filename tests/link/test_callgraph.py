"""Names followed across files: imports, barrels, CommonJS, packages of Python, what functions return."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.extract.file import Reader
from batten.extract.secrets.providers import from_document
from batten.link.callgraph import Code, Target
from batten.link.modules import modules
from batten.rules.registry import load
from batten.scan import SECRETS

RULES = load(with_plugins=False)
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
        ("module.exports = require('./b')", "const { find } = require('./a'); find()", "b.js find"),
    ],
)
def test_commonjs(module: str, main: str, expected: str) -> None:
    assert called({"package.json": "{}", "a.js": module, "b.js": "exports.find = () => {}", "main.js": main}) == expected


PYTHON = {
    "app/__init__.py": "",
    "app/lib/__init__.py": "from .a import find\nfrom .a import find as renamed\nfrom . import b\n",
    "app/lib/a.py": "def find(): pass\nclass Store:\n    def save(self): pass\nstore = Store()\n",
    "app/lib/b.py": "from app.lib.a import *\ndef other(): pass\n",
}


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("from .lib.a import find\nfind()", "app/lib/a.py find"),
        ("from .lib import a\na.find()", "app/lib/a.py find"),
        ("from app.lib import find\nfind()", "app/lib/a.py find"),
        ("from app.lib import renamed\nrenamed()", "app/lib/a.py find"),
        ("from app import lib\nlib.find()", "app/lib/a.py find"),
        ("from app import lib\nlib.b.other()", "app/lib/b.py other"),
        ("import app.lib.a\napp.lib.a.find()", "app/lib/a.py find"),
        ("import app.lib.a as a\na.find()", "app/lib/a.py find"),
        ("from . import lib\nlib.a.find()", "app/lib/a.py find"),
        ("from .lib.a import Store\nStore.save()", "app/lib/a.py Store.save"),
        ("from .lib.a import store\nstore.save()", "app/lib/a.py Store.save"),
        ("def f():\n  from .lib.a import find\n  find()", "app/lib/a.py find"),
        ("from .lib.a import missing\nmissing()", "?app/lib/a.py missing"),
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
        ("import OpenAI from 'openai'\nlet client\nexport function ai() { if (!client) client = new OpenAI(); return client }",
         "import { ai } from './a'; ai().chat.completions.create()", "openai.default.chat.completions.create"),
        ("import { createClient } from '@supabase/supabase-js'\nexport const make = () => createClient(u, k)",
         "import { make } from './a'; const sb = make(); sb.from('t')", "@supabase/supabase-js.createClient.from"),
        ("import { createClient } from '@supabase/supabase-js'\nexport async function make() { return createClient(u, k) }",
         "import { make } from './a'; const sb = await make(); sb.from('t')", "@supabase/supabase-js.createClient.from"),
        ("import Stripe from 'stripe'\nexport default new Stripe(k)", "import s from './a'; s.refunds.create()", "stripe.default.refunds.create"),
        ("export const make = () => make()", "import { make } from './a'; make().from('t')", "a.ts make + from"),
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
