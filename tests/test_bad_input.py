"""Apps that are broken, odd or made to do harm: the rest is found all the same, and what was not followed is told."""

import json

import pytest
from own_rules import RULES

from batten.finding import NoteKind
from batten.scan import Scan, scan_files

PRISMA = 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'
ROUTE = "app/api/x/route.ts"
FOUND = [("unauthenticated-write-route", ROUTE)]
WRITES = "export async function POST() { await prisma.user.update({}) }\n"


def scanned(files: dict[str, str | bytes]) -> Scan:
    app: dict[str, str | bytes] = {"package.json": '{"dependencies": {"next": "15"}}', "lib/prisma.ts": PRISMA, **files}
    return scan_files({path: text if isinstance(text, bytes) else text.encode() for path, text in app.items()}, RULES)


def told(found: Scan) -> list[tuple[str, str]]:
    return sorted((finding.rule, finding.place.path) for finding in found.findings)


def noted(found: Scan) -> list[tuple[NoteKind, str]]:
    return [(note.kind, note.place.path if note.place else "") for note in found.notes]


# --- settings


@pytest.mark.parametrize(
    "settings",
    [
        {"tsconfig.json": '// ours\n{"compilerOptions": {/* a */ "paths": {"db": ["./lib/prisma",],},},}'},
        {"tsconfig.json": '\ufeff{"compilerOptions": {"baseUrl": ".", "paths": {"db": ["lib/prisma"]}}}'},
        {"jsconfig.json": '{"compilerOptions": {"paths": {"db": ["./lib/prisma"]}}}'},
        {"tsconfig.json": '{"extends": ["./tsconfig.a.json", "./tsconfig.b.json"]}', "tsconfig.a.json": "{}", "tsconfig.b.json": '{"compilerOptions": {"paths": {"db": ["./lib/prisma"]}}}'},
        {
            "tsconfig.json": '{"extends": "./tsconfig.a.json", "compilerOptions": {"paths": {"db": ["./lib/prisma"]}}}',
            "tsconfig.a.json": '{"extends": "./tsconfig.b.json"}',
            "tsconfig.b.json": '{"extends": ["./tsconfig.json", "./tsconfig.b.json"]}',
        },
        {"tsconfig.json": '{"extends": "@nowhere/tsconfig/base.json", "compilerOptions": {"paths": {"db": ["./lib/prisma"]}}}'},
    ],
    ids=["comments and commas", "byte order mark", "jsconfig", "several", "a circle", "a missing package"],
)  # fmt: skip
def test_settings_of_the_compiler(settings: dict[str, str]) -> None:
    found = scanned({**settings, ROUTE: f"import {{ prisma }} from 'db'\n{WRITES}"})
    assert told(found) == FOUND
    assert noted(found) == []


# --- circles


@pytest.mark.parametrize(
    "files",
    [
        {"lib/a.ts": "export * from './b'", "lib/b.ts": "export * from './a'\nexport * from './prisma'"},
        {"lib/a.ts": "export { prisma } from './b'", "lib/b.ts": "import { prisma } from './prisma'\nimport * as a from './a'\nexport { prisma, a }"},
        {"lib/a.ts": "export * from './a'\nexport { prisma } from './prisma'"},
        {"lib/a.ts": "const b = require('./b')\nmodule.exports = { prisma: b.prisma, b }", "lib/b.ts": "const a = require('./a')\nexports.prisma = require('./prisma').prisma\nexports.a = a"},
    ],
    ids=["stars", "names", "itself", "require"],
)  # fmt: skip
def test_modules_in_a_circle(files: dict[str, str]) -> None:
    assert told(scanned({**files, ROUTE: f"import {{ prisma }} from '../../../lib/a'\n{WRITES}"})) == FOUND


def test_names_that_go_round_and_round() -> None:
    files = {f"lib/m{at}.ts": f"export {{ prisma }} from './m{(at + 1) % 50}'" for at in range(50)}
    found = scanned({**files, ROUTE: f"import {{ prisma }} from '../../../lib/m0'\n{WRITES}"})
    assert [kind for kind, _ in noted(found) if kind is not NoteKind.LIMIT] == []


def test_modules_of_python_in_a_circle() -> None:
    files = {
        "requirements.txt": "fastapi\nopenai\n",
        "app/__init__.py": "from .main import app\nfrom .ai import *\n",
        "app/ai.py": "from . import main\nfrom .main import *\nimport openai\nclient = openai.OpenAI()\ndef ask(text): return client.chat.completions.create(messages=[text])\n",
        "app/main.py": "from fastapi import FastAPI\nfrom app import ask\napp = FastAPI()\n@app.post('/ask')\ndef post(text: str): return ask(text)\n",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES)
    assert ("app/main.py" in {path for _, path in told(found)}, noted(found)) == (True, [])


# --- files


def test_packages_that_are_not_there() -> None:
    source = (
        f"import {{ prisma }} from '../../../lib/prisma'\nimport {{ gone }} from './gone'\nimport lost from 'lost'\nlost(gone)\n{WRITES}"
    )
    found = scanned({ROUTE: source})
    assert (told(found), noted(found)) == (FOUND, [])


@pytest.mark.parametrize(
    "ending", ["const x = ", "if (a) {", "foo(bar, {", "return <div className=", "`${", "/* never closed", "export const {"]
)
def test_what_is_half_typed_hides_nothing_before_it(ending: str) -> None:
    found = scanned({ROUTE: f"import {{ prisma }} from '../../../lib/prisma'\n{WRITES}{ending}"})
    assert told(found) == FOUND
    assert set(noted(found)) <= {(NoteKind.NOT_PARSED, ROUTE)}


@pytest.mark.parametrize("ending", [b"// caf\xe9\n", b"const s = '\xff\xfe\x80'\n", b"\x00", b"// \xf0\x9f\x98\n", b"\r\rconst x = 1\r"])
def test_bytes_that_are_no_text_of_one_encoding(ending: bytes) -> None:
    source = f"import {{ prisma }} from '../../../lib/prisma'\n{WRITES}".encode()
    assert told(scanned({ROUTE: source + ending})) == FOUND


def test_a_large_generated_file_says_that_it_is_cut_off() -> None:
    body = "".join(f"f{number}(g({number}))\n" for number in range(40_000))
    found = scanned(
        {
            ROUTE: f"import {{ prisma }} from '../../../lib/prisma'\n{WRITES}",
            "app/api/y/route.ts": f"import '../../../lib/prisma'\nexport async function GET() {{\n{body}}}\n",
        }
    )
    assert told(found) == FOUND
    assert (NoteKind.LIMIT, "app/api/y/route.ts") in noted(found)


@pytest.mark.parametrize(
    "code",
    [
        "eval('prisma.user.delete' + 'Many()')",
        "new Function('return process')()",
        "require(['p', 'risma'].join(''))",
        "await import(`./${name}`)",
        "globalThis['ev' + 'al'](name)",
    ],
)
def test_code_that_is_built_when_it_runs(code: str) -> None:
    found = scanned(
        {
            ROUTE: f"import {{ prisma }} from '../../../lib/prisma'\nexport async function POST() {{ {code}; await prisma.user.update({{}}) }}\n"
        }
    )
    assert FOUND[0] in told(found)
    assert noted(found) == []


# --- notebooks


def notebook(*cells: dict[str, object]) -> str:
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_code_of_notebooks_is_not_followed_and_that_is_told() -> None:
    cell = {"cell_type": "code", "source": ["import openai\n", "openai.OpenAI()\n"], "outputs": []}
    text = {"cell_type": "markdown", "source": ["# Hello\n"]}
    found = scanned({"work.ipynb": notebook(text, cell), "notes.ipynb": notebook(text), "broken.ipynb": notebook(cell)[:90]})
    assert noted(found) == [(NoteKind.SKIPPED, "broken.ipynb"), (NoteKind.SKIPPED, "work.ipynb")]


def test_pictures_in_notebooks_are_no_keys() -> None:
    picture = "iVBORw0KGgoAAAANSUhEUgAA" + "Zm9vYmFyQUJDREVG0123456789" * 4_000
    cell = {"cell_type": "code", "source": ["plot()\n"], "outputs": [{"data": {"image/png": picture}, "output_type": "display_data"}]}
    assert told(scanned({"work.ipynb": notebook(cell)})) == []


def test_routes_that_are_only_known_when_the_app_runs_are_told_with_the_reason() -> None:
    app = "import express from 'express'\nimport * as users from './users.js'\nconst app = express()\nfor (const name in users) app.post(`/users/${name}`, users[name])\n"
    work = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\nexport const wipe = async (req, res) => { await prisma.user.deleteMany(); res.end() }\n"
    files = {"package.json": b'{"dependencies": {"express": "5"}}', "app.js": app.encode(), "users.js": work.encode()}
    found = scan_files(files, RULES)
    (route,) = found.project.routes
    reason = "its address, or what answers there, is only known when the app runs"
    assert (route.title, route.auth, route.reason, found.findings) == ("POST /users/{computed}", None, reason, ())


def test_they_hide_nothing_of_an_app_that_asks_nobody() -> None:
    head = "import express from 'express'\nimport { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\nconst app = express()\n"
    open_routes = "".join(
        f"app.delete('/{name}/:id', async (req, res) => {{ await prisma.{name}.delete({{ where: {{ id: req.params.id }} }}); res.end() }})\n"
        for name in ("order", "invoice", "payment", "booking", "ticket", "account")
    )
    made = "for (const name of ['a', 'b']) app.get(`/files/${name}`, (req, res) => res.end())\n"
    found = scan_files({"package.json": b'{"dependencies": {"express": "5"}}', "app.js": (head + open_routes + made).encode()}, RULES)
    assert [finding.rule for finding in found.findings] == ["app-without-authentication"]


def test_values_within_values_of_functions_that_call_each_other_deep_within_them() -> None:
    steps = []
    for number in range(45):
        value = f"step{number + 1}(text)" if number < 44 else "text"
        for _ in range(7):
            value = f"`b${{(text ? {value} : 'a')}}`"
        steps.append(f"function step{number}(text) {{ return {value} }}")
    route = (
        "const { exec } = require('child_process')\nconst app = require('express')()\napp.get('/x', (req, res) => exec(step0(req.query.q)))"
    )
    found = scan_files({"package.json": b'{"dependencies": {"express": "4"}}', "a.js": "\n".join([*steps, route]).encode()}, RULES)
    assert told(found) == [("unauthenticated-write-route", "a.js")]
