"""Remedies of code do what they say: what they leave is run, with what an attacker sends and with what honest callers send."""

import json
import os
import runpy
import socket
import ssl
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import mypy.api
import pytest
from fixing import fix, fixed, lay_out

from batten.extract.code import unit_of


def run(folder: Path, *command: str, **environment: str) -> tuple[int, str]:
    """Exit code and output of a command; Python where it is a file of Python, else Node."""
    words = [sys.executable if command[0].endswith(".py") else "node", *command]
    done = subprocess.run(
        words, cwd=folder, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout


MODULES = '{"type": "module", "dependencies": {"express": "5"}}'

# Secrets that stand in the code

CLOSED = {
    "js, in a variable": ("app.mjs", "const jwtSecret = process.env.JWT_SECRET || 'shop-2024'\nconsole.log(jwtSecret.length)\n", "JWT_SECRET"),
    "js, with ??": ("app.mjs", "const jwtSecret =\n  process.env.JWT_SECRET ??\n  'shop-2024'\nconsole.log(jwtSecret.length)\n", "JWT_SECRET"),
    "js, of several": (
        "app.mjs",
        "const jwtSecret = process.env.JWT_SECRET || process.env.AUTH_SECRET || 'shop-2024'\nconsole.log(jwtSecret.length)\n",
        "AUTH_SECRET",
    ),
    "js, in a record": ("app.mjs", "const keys = { sessionSecret: 'shop-2024' }\nconsole.log(keys.sessionSecret.length)\n", "SESSION_SECRET"),
    "python": ("app.py", 'import os\n\nSECRET_KEY = os.getenv("SECRET_KEY", "shop-2024")\nprint(len(SECRET_KEY))\n', "SECRET_KEY"),
    "python, or": ("app.py", 'import os\n\nSECRET_KEY = os.environ.get("SECRET_KEY") or "shop-2024"\nprint(len(SECRET_KEY))\n', "SECRET_KEY"),
    "python, stored": ("app.py", '"""Settings."""\n\nSECRET_KEY = "q7Lm2Vx9Tz"\nprint(len(SECRET_KEY))\n', "SECRET_KEY"),
    "python, settings": (
        "app.py",
        """from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    secret_key: str = "q7Lm2Vx9Tz"  # of sessions
    name: str = "shop"


print(len(Settings().secret_key))
""",
        "SECRET_KEY",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CLOSED)
def test_nothing_starts_without_the_secret_and_all_is_as_before_with_it(tmp_path: Path, case: str) -> None:
    file, text, name = CLOSED[case]
    lay_out(tmp_path, {file: text, "package.json": '{"dependencies": {"express": "5"}}'})
    assert run(tmp_path, file)[0] == 0
    with_it = run(tmp_path, file, **{name: "a-new-one"})
    assert [done for _, done in fix(tmp_path, "hardcoded-fallback-secret")] == [True]
    assert run(tmp_path, file)[0] != 0
    assert run(tmp_path, file, **{name: ""})[0] != 0 or file.endswith(".py")
    assert run(tmp_path, file, **{name: "a-new-one"}) == (0, "9\n")
    assert with_it[0] == 0
    assert unit_of(file, (tmp_path / file).read_bytes()).broken == ()


def test_a_comparison_lets_nobody_through_who_sends_nothing(tmp_path: Path) -> None:
    """``undefined`` would equal ``undefined``."""
    text = """export default function handler(request) {
  const cronSecret = request.headers['x-cron-secret']
  if (cronSecret !== 'nightly-7f3k') return 401
  return 200
}
"""
    ask = "import handler from './api/cron.js'\nlet said\ntry { said = handler({ headers: {} }) } catch { said = 500 }\nconsole.log(said)\n"
    changed = fixed(tmp_path, "hardcoded-fallback-secret", {"api/cron.js": text, "package.json": MODULES})
    assert changed["api/cron.js"].splitlines()[2] == (
        "  if (cronSecret !== (process.env.CRON_SECRET || (() => { throw new Error('CRON_SECRET is not set') })())) return 401"
    )
    lay_out(tmp_path, {"ask.mjs": ask})
    assert (run(tmp_path, "ask.mjs"), run(tmp_path, "ask.mjs", CRON_SECRET="another")) == ((0, "500\n"), (0, "401\n"))


def test_one_variable_does_not_stand_for_two_values(tmp_path: Path) -> None:
    text = "ADMIN_TOKEN = 'shop-2024'\n"
    assert fixed(tmp_path, "hardcoded-fallback-secret", {"a.py": text, "b.py": text.replace("2024", "2025")}) == {}


# Statements of databases

ASKS = """import sqlite3

from flask import Flask, request

app = Flask(__name__)


@app.get("/users")
def users():
    name = request.args.get("name", "")
    with sqlite3.connect("app.db") as connection:
        ASKED
"""
SHAPES = {
    "f-string": """return {"rows": connection.execute(f"SELECT id FROM users WHERE name = '{name}'").fetchall()}""",
    "f-string, with other quotes": """return {"rows": connection.execute(f\"\"\"SELECT id FROM users
            WHERE name LIKE '%{name}%' AND id > 0\"\"\").fetchall()}""",
    "concatenation": """return {"rows": connection.execute("SELECT id FROM users WHERE name = '" + name + "'").fetchall()}""",
    "concatenation over lines": """return {
            "rows": connection.execute(
                "SELECT id FROM users WHERE name = '" +
                name +
                "' AND id > 0",
            ).fetchall()
        }""",
    "percent": """return {"rows": connection.execute("SELECT id FROM users WHERE name = '%s' AND 1 = %d" % (name, 1)).fetchall()}""",
    "percent, one": """return {"rows": connection.execute("SELECT id FROM users WHERE name = '%s'" % name).fetchall()}""",
    "percent, named": """return {"rows": connection.execute("SELECT id FROM users WHERE name = '%(n)s'" % {"n": name}).fetchall()}""",
    "format": """return {"rows": connection.execute("SELECT id FROM users WHERE name = '{}'".format(name)).fetchall()}""",
    "format, named": """return {"rows": connection.execute("SELECT id FROM users WHERE name = '{n}'".format(n=name)).fetchall()}""",
    "in a variable": """query = f"SELECT id FROM users WHERE name = '{name}'"
        print(query)
        return {"rows": connection.execute(query).fetchall()}""",
}
REST = """
import json, sys
with sqlite3.connect("app.db") as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS users (id INTEGER, name TEXT)")
    connection.execute("DELETE FROM users")
    connection.executemany("INSERT INTO users VALUES (?, ?)", [(1, "ana"), (2, "bo")])
answers = [app.test_client().get("/users", query_string={"name": name}).get_json()["rows"] for name in ("ana", "nobody", "' OR '1'='1")]
print(json.dumps(answers))
"""


def answers(folder: Path, text: str) -> object:
    (folder / "asked.py").write_text(text + REST)
    code, said = run(folder, "asked.py")
    assert code == 0
    return json.loads(said.splitlines()[-1])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_value_is_no_part_of_the_statement_any_more(tmp_path: Path, shape: str, ends: str) -> None:
    text = ASKS.replace("ASKED", SHAPES[shape])
    assert answers(tmp_path, text) == [[[1]], [], [[1], [2]]]
    after = fixed(tmp_path / "app", "sql-injection", {"app.py": text}, ends)["app.py"]
    assert answers(tmp_path, after) == [[[1]], [], []]
    assert unit_of("app.py", after.encode()).broken == ()
    assert fixed(tmp_path / "app", "sql-injection", {"app.py": after}) == {}


STATEMENTS = {
    # what is no value, or may be more than one
    'connection.execute(f"SELECT id FROM {name}")': None,
    'connection.execute(f"SELECT id FROM users ORDER BY {name}")': None,
    'connection.execute(f"SELECT id FROM users WHERE {name}")': None,
    "connection.execute(f\"SELECT id FROM users WHERE id > 0 AND {name} = '1'\")": None,
    'connection.execute(f"SELECT id FROM users WHERE id IN ({name})")': None,
    "connection.execute(f'SELECT \"{name}\" FROM users')": None,
    'connection.execute(f"SELECT id FROM users WHERE name = {name}.id")': None,
    "connection.execute(f\"SELECT id FROM users WHERE name = '{name!r}'\")": None,
    # what has values already
    "connection.execute(f\"SELECT id FROM users WHERE id = ? AND name = '{name}'\", (1,))": None,
    # a statement that is sent twice
    "query = f\"SELECT id FROM users WHERE name = '{name}'\"\n        connection.execute(query)\n        connection.execute(query)": None,
    # a name that means something else by then
    "query = f\"SELECT id FROM users WHERE name = '{name}'\"\n        name = 1\n        connection.execute(query)": None,
    # a number, as a word of its own
    'connection.execute(f"SELECT id FROM users WHERE id = {name}AND 1=1")': None,
    'connection.execute(f"SELECT id FROM users WHERE id = {name} AND 1=1")': 'connection.execute("SELECT id FROM users WHERE id = ? AND 1=1", (name,))',
    "connection.execute(f\"SELECT * FROM (VALUES ({name}, '{name}'))\")": 'connection.execute("SELECT * FROM (VALUES (?, ?))", (name, name))',
    "connection.execute(f\"SELECT id FROM users WHERE name LIKE '{name}%'\")": 'connection.execute("SELECT id FROM users WHERE name LIKE ?", (f"{name}%",))',
}


@pytest.mark.parametrize("written", STATEMENTS)
def test_only_values_become_values(tmp_path: Path, written: str) -> None:
    text = ASKS.replace("ASKED", written)
    wanted = STATEMENTS[written]
    assert fixed(tmp_path, "sql-injection", {"app.py": text}) == ({"app.py": ASKS.replace("ASKED", wanted)} if wanted else {})


DRIVERS = {
    "pg": (
        "import pg from 'pg'\nconst db = new pg.Pool()",
        "await db.query(`SELECT id FROM users WHERE name = '${req.query.name}' AND role = '${req.query.role}'`)",
        "await db.query(`SELECT id FROM users WHERE name = $1 AND role = $2`, [req.query.name, req.query.role])",
    ),
    "mysql, with a callback": (
        "import mysql from 'mysql'\nconst db = mysql.createPool({})",
        'db.query("SELECT id FROM users WHERE name = \'" + req.query.name + "\'AND id > 0", (error, rows) => res.json(rows))',
        'db.query("SELECT id FROM users WHERE name = ? AND id > 0", [String(req.query.name)], (error, rows) => res.json(rows))',
    ),
    "sequelize": (
        "import { Sequelize } from 'sequelize'\nconst db = new Sequelize('')",
        "await db.query(`SELECT id FROM users WHERE name LIKE '%${req.query.name}%'`, { plain: true })",
        "await db.query(`SELECT id FROM users WHERE name LIKE ?`, { replacements: [`%${req.query.name}%`], plain: true })",
    ),
    "postgres": (
        "import postgres from 'postgres'\nconst sql = postgres()",
        "await sql.unsafe(`SELECT id FROM users WHERE id = ${req.query.id}`)",
        "await sql.unsafe(`SELECT id FROM users WHERE id = $1`, [req.query.id])",
    ),
    "knex": (
        "import knex from 'knex'\nconst db = knex({})",
        "await db.raw(`SELECT id FROM users WHERE name = '${req.query.name}'`)",
        "await db.raw(`SELECT id FROM users WHERE name = ?`, [req.query.name])",
    ),
}
SERVER = "import express from 'express'\nIMPORTS\nconst app = express()\napp.get('/users', async (req, res) => {\n  // all of them\n  ASKED\n})\n"


@pytest.mark.parametrize("driver", DRIVERS)
def test_each_driver_gets_the_values_its_own_way(tmp_path: Path, driver: str) -> None:
    imports, before, after = DRIVERS[driver]
    text = SERVER.replace("IMPORTS", imports)
    changed = fixed(tmp_path, "sql-injection", {"app.js": text.replace("ASKED", before), "package.json": MODULES})
    assert changed == {"app.js": text.replace("ASKED", after)}


def test_sqlalchemy_binds_by_name(tmp_path: Path) -> None:
    text = """from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
engine = create_engine("sqlite://")


@app.get("/items/{name}")
def items(name: str):
    with engine.connect() as connection:
        return connection.execute(ASKED).all()
"""
    before = text.replace("ASKED", "text(f\"SELECT * FROM items WHERE name = '{name}'\")")
    after = text.replace("ASKED", 'text("SELECT * FROM items WHERE name = :name").bindparams(name=name)')
    assert fixed(tmp_path, "sql-injection", {"main.py": before}) == {"main.py": after}


# Arguments of calls

CORS = """from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.testclient import TestClient

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"],  # all of them
    allow_credentials=True,
)


@app.get("/")
def root():
    return "ok"


for origin in ("https://shop.example", "https://evil.example"):
    answer = TestClient(app).get("/", headers={"Origin": origin, "Cookie": "session=1"})
    print(answer.headers.get("access-control-allow-origin"))
"""


def test_pages_of_strangers_may_not_read_answers_any_more(tmp_path: Path) -> None:
    lay_out(tmp_path, {"app.py": CORS})
    assert run(tmp_path, "app.py") == (0, "https://shop.example\nhttps://evil.example\n")
    assert [done for _, done in fix(tmp_path, "any-origin-with-credentials")] == [True]
    assert run(tmp_path, "app.py", ALLOWED_ORIGINS="https://shop.example") == (0, "https://shop.example\nNone\n")
    assert run(tmp_path, "app.py") == (0, "None\nNone\n")


EVALUATED = """from flask import Flask, request

app = Flask(__name__)


@app.post("/read")
def read():
    return {"value": eval(request.form["value"])}


client = app.test_client()
for value in ("[1, 2]", "__import__('os').getcwd()"):
    print(client.post("/read", data={"value": value}).status_code)
"""


def test_a_value_is_read_and_code_is_an_error(tmp_path: Path) -> None:
    lay_out(tmp_path, {"app.py": EVALUATED})
    assert run(tmp_path, "app.py") == (0, "200\n200\n")
    assert [done for _, done in fix(tmp_path, "code-injection")] == [True]
    assert run(tmp_path, "app.py") == (0, "200\n500\n")


ARGUMENTS = {
    "any-origin-with-credentials": {
        "import cors from 'cors'\nimport express from 'express'\nconst app = express()\napp.use(cors({ origin: true, credentials: true }))\n": (
            "import cors from 'cors'\nimport express from 'express'\nconst app = express()\n"
            'app.use(cors({ origin: (process.env.ALLOWED_ORIGINS ?? "").split(","), credentials: true }))\n'
        ),
    },
    "code-injection": {
        "import express from 'express'\nconst app = express()\napp.post('/', (req, res) => res.json(eval(req.body.value)))\n": (
            "import express from 'express'\nconst app = express()\napp.post('/', (req, res) => res.json(JSON.parse(req.body.value)))\n"
        ),
    },
    "uncapped-model-call": {
        "import OpenAI from 'openai'\nimport express from 'express'\nconst openai = new OpenAI()\nconst app = express()\n"
        "app.post('/', async (req, res) => res.json(await openai.responses.create({\n  model: 'gpt-5-mini',\n  input: req.body.question,\n})))\n": (
            "import OpenAI from 'openai'\nimport express from 'express'\nconst openai = new OpenAI()\nconst app = express()\n"
            "app.post('/', async (req, res) => res.json(await openai.responses.create({\n"
            "  max_output_tokens: 1000,\n  model: 'gpt-5-mini',\n  input: req.body.question,\n})))\n"
        ),
    },
}


@pytest.mark.parametrize("rule", ARGUMENTS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_calls_of_javascript_get_the_argument_that_they_lack(tmp_path: Path, rule: str, ends: str) -> None:
    for text, wanted in ARGUMENTS[rule].items():
        assert fixed(tmp_path, rule, {"app.js": text, "package.json": MODULES}, ends) == {"app.js": wanted.replace("\n", ends)}


def test_a_limit_has_the_name_that_the_model_knows(tmp_path: Path) -> None:
    text = """from fastapi import FastAPI
from openai import OpenAI

app = FastAPI()
client = OpenAI()


@app.post("/ask")
def ask(question: str):
    return client.chat.completions.create(model="MODEL", messages=[{"role": "user", "content": question}])
"""
    for model, name in (("gpt-4o-mini", "max_tokens"), ("gpt-5-mini", "max_completion_tokens")):
        changed = fixed(tmp_path / model, "uncapped-model-call", {"app.py": text.replace("MODEL", model)})
        assert changed == {"app.py": text.replace("MODEL", model).replace("question}])", f"question}}], {name}=1000)")}


def test_a_cookie_is_sent_over_encrypted_connections_alone(tmp_path: Path) -> None:
    text = """from flask import Flask, make_response

app = Flask(__name__)


@app.get("/")
def start():
    answer = make_response("ok")
    answer.set_cookie("session", "1", secure=False, samesite="Lax")
    return answer


print(app.test_client().get("/").headers["Set-Cookie"])
"""
    lay_out(tmp_path, {"app.py": text})
    assert [done for _, done in fix(tmp_path, "insecure-session-cookie")] == [True]
    assert run(tmp_path, "app.py") == (0, "session=1; Secure; HttpOnly; Path=/; SameSite=Lax\n")


# Certificates

PAYS = """import httpx
from flask import Flask

app = Flask(__name__)


@app.post("/pay")
def pay():
    return httpx.post("https://pay.invalid:PORT/", verify=False).text
"""


class _Shop(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"paid")

    def log_message(self, *_: object) -> None:
        pass


def test_who_shows_a_certificate_that_nobody_signed_is_not_talked_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = ["-subj", "/CN=pay.invalid", "-addext", "subjectAltName=DNS:pay.invalid", "-days", "2", "-nodes"]
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", "key.pem", "-out", "own.pem"]
    subprocess.run([*made, *signed], cwd=tmp_path, capture_output=True, check=True)
    server = HTTPServer(("127.0.0.1", 0), _Shop)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.pem", tmp_path / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    real, said = socket.getaddrinfo, []
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1" if host == "pay.invalid" else host, *rest, **more)
    )
    try:
        for folder in (tmp_path / "before", tmp_path / "after"):
            lay_out(folder, {"app.py": PAYS.replace("PORT", str(server.server_port))})
            if folder.name == "after":
                assert [done for _, done in fix(folder, "disabled-certificate-verification")] == [True]
            for trusted in ("", str(tmp_path / "own.pem")):
                with monkeypatch.context() as patched:
                    if trusted:
                        patched.setenv("SSL_CERT_FILE", trusted)
                    said.append(runpy.run_path(str(folder / "app.py"))["app"].test_client().post("/pay").text)
    finally:
        server.shutdown()
        server.server_close()
    assert [each if each == "paid" else "refused" for each in said] == ["paid", "paid", "refused", "paid"]


# Types


def test_a_fix_of_python_brings_no_type_error(tmp_path: Path) -> None:
    """Fields of settings without a default, values beside statements, what the environment gives."""
    written = {
        **{
            name.replace(",", "").replace(" ", "_"): ("hardcoded-fallback-secret", text)
            for name, (file, text, _) in CLOSED.items()
            if file == "app.py"
        },
        **{
            shape.replace(",", "").replace(" ", "_"): ("sql-injection", ASKS.replace("ASKED", SHAPES[shape]))
            for shape in ("f-string", "percent, named", "in a variable")
        },
        "origins": ("any-origin-with-credentials", CORS),
        "evaluated": ("code-injection", EVALUATED),
    }
    for name, (rule, text) in written.items():
        folder = lay_out(tmp_path / "apps" / name, {"app.py": text})
        assert any(done for _, done in fix(folder, rule)), name
        for when, of_it in (("before", text), ("after", (folder / "app.py").read_text())):
            lay_out(tmp_path, {f"{when}_{name.replace('-', '_')}.py": of_it})
    lay_out(
        tmp_path,
        {
            "mypy.ini": "[mypy]\nignore_missing_imports = true\ncheck_untyped_defs = true\n[mypy-flask.*,fastapi.*,starlette.*]\nfollow_imports = skip\n"
        },
    )
    files = sorted(str(path) for path in tmp_path.glob("*.py"))
    said, trouble, _ = mypy.api.run(["--config-file", str(tmp_path / "mypy.ini"), "--no-incremental", "--cache-dir", os.devnull, *files])
    assert trouble == ""
    assert [line.rpartition("/")[2] for line in said.splitlines() if ": error:" in line] == []
