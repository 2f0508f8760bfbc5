"""Secrets are compared by the function that takes the same time for every guess, and what is let through is what was, but for those who send nothing where nothing is set."""

import os
import subprocess
import sys
from pathlib import Path

import mypy.api
import pytest
from fixing import fixed, fixer_of, lay_out

from batten.finding import Safety

RULE = "unsafe-secret-comparison"
FLASK = "import os\n\nfrom flask import Flask, abort, request\n\napp = Flask(__name__)\n\n\n@app.post('/jobs')\ndef start():\nBODY    os.makedirs(request.json['name'], exist_ok=True)\n    return {}\n"
FASTAPI = "import os\n\nfrom fastapi import FastAPI, Header, HTTPException\n\napp = FastAPI()\n\n\n@app.post('/jobs')\ndef start(name: str, PARAMETER):\nBODY    os.makedirs(name, exist_ok=True)\n    return {}\n"
REFUSE = "        abort(401)\n"
RAISE = "        raise HTTPException(401)\n"


def flask(test: str, before: str = "") -> str:
    return FLASK.replace("BODY", f"{before}    if {test}:\n{REFUSE}")


def fastapi(parameter: str, test: str) -> str:
    return FASTAPI.replace("PARAMETER", parameter).replace("BODY", f"    if {test}:\n{RAISE}")


PYTHON = {
    "the environment, a header that may be missing": (
        flask("request.headers.get('X-Key') != os.environ['SERVICE_API_KEY']"),
        flask("not hmac.compare_digest((request.headers.get('X-Key') or \"\").encode(), os.environ['SERVICE_API_KEY'].encode())"),
        Safety.SAFE,
    ),
    "a text with the secret in it": (
        flask("request.headers['Authorization'] != f\"Bearer {os.environ['SERVICE_API_KEY']}\""),
        flask("not hmac.compare_digest(request.headers['Authorization'].encode(), f\"Bearer {os.environ['SERVICE_API_KEY']}\".encode())"),
        Safety.SAFE,
    ),
    "what may not be set": (
        flask("request.headers.get('X-Key') != os.getenv('SERVICE_API_KEY')"),
        flask(
            "not os.getenv('SERVICE_API_KEY') or not hmac.compare_digest((request.headers.get('X-Key') or \"\").encode(), os.environ['SERVICE_API_KEY'].encode())"
        ),
        Safety.UNSAFE,
    ),
    "in a variable": (
        flask("sent != expected", "    sent = request.headers.get('X-Key')\n    expected = os.environ['SERVICE_API_KEY']\n"),
        flask(
            'not hmac.compare_digest((sent or "").encode(), expected.encode())',
            "    sent = request.headers.get('X-Key')\n    expected = os.environ['SERVICE_API_KEY']\n",
        ),
        Safety.SAFE,
    ),
    "with brackets": (
        flask("not (os.getenv('SERVICE_API_KEY') == request.headers['X-Key'])"),
        flask(
            "not (os.getenv('SERVICE_API_KEY') and hmac.compare_digest(os.environ['SERVICE_API_KEY'].encode(), request.headers['X-Key'].encode()))"
        ),
        Safety.UNSAFE,
    ),
    "a parameter": (
        fastapi("x_api_key: str = Header()", "x_api_key != os.environ['SERVICE_API_KEY']"),
        fastapi("x_api_key: str = Header()", "not hmac.compare_digest(x_api_key.encode(), os.environ['SERVICE_API_KEY'].encode())"),
        Safety.SAFE,
    ),
    "a parameter that may be missing": (
        fastapi("x_api_key: str | None = Header(None)", "x_api_key != os.environ['SERVICE_API_KEY']"),
        fastapi(
            "x_api_key: str | None = Header(None)",
            "not hmac.compare_digest((x_api_key or \"\").encode(), os.environ['SERVICE_API_KEY'].encode())",
        ),
        Safety.SAFE,
    ),
}


def known(text: str) -> str:
    return text.replace("import os\n", "import hmac\nimport os\n", 1)


@pytest.mark.parametrize("name", PYTHON)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_python_asks_compare_digest(tmp_path: Path, name: str, ends: str) -> None:
    before, after, safety = PYTHON[name]
    lay_out(tmp_path, {"app.py": before}, ends)
    fixer = fixer_of(tmp_path)
    assert [proposal.fix.safety for each in fixer.findings if each.rule == RULE and (proposal := fixer.propose(each)).fix] == [safety]
    assert fixed(tmp_path, RULE, {"app.py": before}, ends) == {"app.py": known(after).replace("\n", ends)}


ASK = """
import importlib, os, sys

for module in sys.argv[1:]:
    app = importlib.import_module(module).app
    if hasattr(app, "test_client"):
        client = app.test_client()
        ask = lambda **headers: client.post("/jobs", json={"name": "made"}, headers=headers).status_code
    else:
        from fastapi.testclient import TestClient
        client = TestClient(app)
        ask = lambda **headers: client.post("/jobs?name=made", headers={name: value.encode() for name, value in headers.items()}).status_code
    names = ("X-Key", "X-Api-Key", "Authorization")
    sent = [{}, *({name: value} for name in names for value in ("", "wrong", "caf\\u00e9", "None", "right", "Bearer right"))]
    print([ask(**each) for each in sent])
"""


def test_who_was_let_through_still_is_and_nobody_else(tmp_path: Path) -> None:
    names = {}
    for number, (name, (before, after, _)) in enumerate(PYTHON.items()):
        lay_out(tmp_path, {f"before{number}.py": before, f"after{number}.py": known(after)})
        names[number] = name
    (tmp_path / "ask.py").write_text(ASK)

    def said(which: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "ask.py", *(f"{which}{number}" for number in names)],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "SERVICE_API_KEY": "right"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    before = said("before")
    assert len(before) == len(names)
    assert all("200" in line and "401" in line for line in before)
    assert said("after") == before


def test_python_brings_no_type_error(tmp_path: Path) -> None:
    lay_out(tmp_path, {f"app{number}.py": known(after) for number, (_, after, _) in enumerate(PYTHON.values())})
    lay_out(tmp_path, {"mypy.ini": "[mypy]\nignore_missing_imports = true\ncheck_untyped_defs = true\n"})
    files = sorted(map(str, tmp_path.glob("*.py")))
    said, trouble, _ = mypy.api.run(["--config-file", str(tmp_path / "mypy.ini"), "--no-incremental", "--cache-dir", os.devnull, *files])
    assert (trouble, [line for line in said.splitlines() if ": error:" in line]) == ("", [])


# Node

MANIFEST = '{"type": "module", "dependencies": {"express": "5"}}'
EXPRESS = "IMPORTSimport express from 'express'\nimport { rm } from 'node:fs/promises'\nconst app = express()\napp.post('/jobs', async (req, res) => {\n  if (TEST) return res.sendStatus(401)\n  await rm(req.body.name)\n  res.json('done')\n})\n"
HELPER = """
/** Whether two secrets are alike; takes the same time for every guess. */
function isSameSecret(sent, expected) {
  if (typeof sent !== 'string' || typeof expected !== 'string') return false
  const one = Buffer.from(sent)
  const other = Buffer.from(expected)
  return one.length === other.length && CALL(one, other)
}
"""


def express(test: str, imports: str = "") -> str:
    return EXPRESS.replace("TEST", test).replace("IMPORTS", imports)


NODE = {
    "nothing of crypto": (
        express("req.get('x-key') !== process.env.SERVICE_API_KEY"),
        express("!isSameSecret(req.get('x-key'), process.env.SERVICE_API_KEY)", "import { timingSafeEqual } from 'node:crypto'\n")
        + HELPER.replace("CALL", "timingSafeEqual"),
        Safety.UNSAFE,
    ),
    "some of crypto": (
        express("req.headers['x-key'] !== `Key ${process.env.SERVICE_API_KEY}`", "import { createHmac } from 'crypto'\n"),
        express(
            "!isSameSecret(req.headers['x-key'], `Key ${process.env.SERVICE_API_KEY}`)",
            "import { createHmac, timingSafeEqual } from 'crypto'\n",
        )
        + HELPER.replace("CALL", "timingSafeEqual"),
        Safety.SAFE,
    ),
    "the whole of crypto": (
        express("req.headers['x-key'] == null || req.headers['x-key'] != process.env.SERVICE_API_KEY", "import crypto from 'crypto'\n"),
        express(
            "req.headers['x-key'] == null || !isSameSecret(req.headers['x-key'], process.env.SERVICE_API_KEY)",
            "import crypto from 'crypto'\n",
        )
        + HELPER.replace("CALL", "crypto.timingSafeEqual"),
        Safety.UNSAFE,
    ),
}


@pytest.mark.parametrize("name", NODE)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_node_asks_timing_safe_equal(tmp_path: Path, name: str, ends: str) -> None:
    before, after, safety = NODE[name]
    lay_out(tmp_path, {"app.js": before, "package.json": MANIFEST}, ends)
    fixer = fixer_of(tmp_path)
    assert [proposal.fix.safety for each in fixer.findings if each.rule == RULE and (proposal := fixer.propose(each)).fix] == [safety]
    assert fixed(tmp_path, RULE, {"app.js": before, "package.json": MANIFEST}, ends) == {"app.js": after.replace("\n", ends)}


def test_two_routes_of_a_file_share_the_function(tmp_path: Path) -> None:
    one = express("req.get('x-key') !== process.env.SERVICE_API_KEY")
    two = "app.delete('/jobs', async (req, res) => {\n  if (req.get('x-key') !== process.env.SERVICE_API_KEY) return res.sendStatus(401)\n  await rm(req.body.name)\n  res.end()\n})\n"
    after = fixed(tmp_path, RULE, {"app.js": one + two, "package.json": MANIFEST})["app.js"]
    assert (after.count("!isSameSecret("), after.count("function isSameSecret("), after.count("import { timingSafeEqual }")) == (2, 1, 1)


ASK_NODE = """
globalThis.handlers = []
const found = []
for (const file of process.argv.slice(2)) {
  await import(file)
  const [, handler] = globalThis.handlers.at(-1)
  const answers = []
  for (const key of [undefined, '', 'wrong', 'righ\\u00e9', 'right', 'Key right', ['right']]) {
    const req = { headers: { 'x-key': key }, get: () => key, body: { name: 'nothing' } }
    answers.push(await new Promise((done) => handler(req, { json: done, sendStatus: done })))
  }
  found.push(answers)
}
console.log(JSON.stringify(found))
"""


@pytest.mark.parametrize("secret", ["right", ""], ids=["set", "not set"])
def test_node_lets_those_through_who_know_the_secret_and_nobody_where_none_is_set(tmp_path: Path, secret: str) -> None:
    for package, text in {
        "express": "const app = { post(...given) { globalThis.handlers.push(given) } }; export default () => app",
    }.items():
        lay_out(tmp_path / "node_modules" / package, {"package.json": '{"type": "module", "exports": "./index.js"}', "index.js": text})
    lay_out(tmp_path, {"package.json": MANIFEST, "ask.js": ASK_NODE})
    files = []
    for number, (_, after, _) in enumerate(NODE.values()):
        (tmp_path / f"{number}.js").write_text(after.replace("import { rm } from 'node:fs/promises'", "const rm = async () => {}"))
        files.append(f"./{number}.js")
    done = subprocess.run(
        ["node", "ask.js", *files],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **({"SERVICE_API_KEY": secret} if secret else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    no = "401"
    plain = f'[{no},{no},{no},{no},"done",{no},{no}]' if secret else f"[{','.join([no] * 7)}]"
    keyed = f'[{no},{no},{no},{no},{no},"done",{no}]' if secret else f"[{','.join([no] * 7)}]"
    assert done.stdout.strip() == f"[{plain},{keyed},{plain}]"


# Where it is not certain


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("app.py", flask("load(request) != os.environ['SERVICE_API_KEY'].encode()")),
        ("app.py", flask("request.json['key'] != settings.api_key", "    settings = load()\n")),
        ("app.js", express("req.body.key != process.env.SERVICE_API_KEY")),  # a number is like its text
        ("app.js", express("req.get('x-key') !== process.env.SERVICE_API_KEY", "import { timingSafeEqual } from './ours.js'\n")),
        (
            "app/api/jobs/route.js",
            (
                "import { rm } from 'node:fs/promises'\nexport const runtime = 'edge'\nexport async function POST(request) {\n"
                "  if (request.headers.get('x-key') !== process.env.SERVICE_API_KEY) return new Response('', { status: 401 })\n  await rm(await request.text())\n  return new Response()\n}\n"
            ),
        ),
    ],
)
def test_what_is_not_certain_stays(tmp_path: Path, file: str, text: str) -> None:
    manifest = MANIFEST.replace('"express"', '"next": "16", "express"')
    assert fixed(tmp_path, RULE, {file: text, "package.json": manifest}) == {}
