"""Remedies of settings and code hold: what they leave parses, the rest stays byte for byte, and a second run writes nothing."""

import runpy
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fixing import PAGES, fix, fixed, fixer_of, lay_out
from werkzeug.debug import DebuggedApplication
from werkzeug.test import Client

from batten.extract.code import unit_of
from batten.finding import Safety
from batten.parse.documents import Table, read_yaml
from batten.testing_keys import expand

HOLD = {
    "ai-key-in-source": (21, 0),
    "service-key-in-source": (5, 3),
    "third-party-credential-in-source": (26, 7),
    "database-password-in-source": (10, 2),
    "public-source-maps": (4, 0),
    "agent-prompts-disabled": (9, 19),
    "postgrest-filter-injection": (1, 2),
    "obsolete-cryptography": (5, 19),
    "unsafe-deserialization": (2, 2),
    "debug-mode-deployed": (9, 2),
    "command-injection": (9, 13),
    "exposed-model-server": (14, 14),
    "unignored-env-file": (7, 2),
    "published-internal-service": (35, 11),
    "weak-supabase-auth-config": (7, 0),
    "internal-schema-exposed": (2, 0),
    "secret-in-supabase-config": (4, 1),
    "hardcoded-fallback-secret": (17, 11),
    "default-admin-credentials": (11, 7),
    "firebase-open-to-everyone": (9, 8),
    "firebase-open-to-any-user": (2, 7),
    "unprotected-ai-gateway": (9, 8),
    "untrusted-mcp-source": (1, 10),
    "server-module-in-client": (1, 5),
    "auth-fails-open": (6, 3),
    "disabled-certificate-verification": (10, 13),
    "unsafe-secret-comparison": (5, 1),
    "public-ai-demo": (3, 5),
    "needless-admin-client": (2, 0),
    "unauthenticated-mcp-server": (7, 9),
}
"""Of each page's flagged examples: the findings that are fixed, and those that have no fix that holds."""


@pytest.mark.parametrize("page", HOLD)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_fixes_of_examples_hold_and_a_second_run_writes_nothing(tmp_path: Path, page: str, ends: str) -> None:
    count: Counter[bool] = Counter()
    for number, example in enumerate(each for each in PAGES[page].examples if each.kind == "flagged"):
        folder = tmp_path / str(number)
        lay_out(folder, {path: expand(text) for path, text in example.files}, ends)
        count.update(done for _, done in fix(folder, page))
        once = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        lone = [path for path, _ in example.files if ends == "\r\n" and b"\n" in once[folder / path].replace(b"\r\n", b"")]
        assert lone == []
        fix(folder, page)
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == once, example.title
    assert (count[True], count[False]) == HOLD[page]


# Compose files

PORTS = {
    '"5432:5432"': '"127.0.0.1:5432:5432"',
    "'5432:5432/tcp'": "'127.0.0.1:5432:5432/tcp'",
    "15432:5432": "127.0.0.1:15432:5432",
    "5432": '"127.0.0.1::5432"',
    '"0.0.0.0:5432:5432"': '"127.0.0.1:5432:5432"',
    '"[::]:5432:5432"': '"127.0.0.1:5432:5432"',
    '"${DB_PORT:-5432}:5432"': '"127.0.0.1:${DB_PORT:-5432}:5432"',
    '"8.8.8.8:5432:5432"': '"8.8.8.8:5432:5432"',
    '"${BIND}:5432:5432"': '"${BIND}:5432:5432"',
    "{ target: 5432, published: 5432 }": "{ host_ip: 127.0.0.1, target: 5432, published: 5432 }",
    "{ target: 5432, published: 5432, host_ip: 0.0.0.0 }": "{ target: 5432, published: 5432, host_ip: 127.0.0.1 }",
    "target: 5432\n        published: 5432": "host_ip: 127.0.0.1\n        target: 5432\n        published: 5432",
}
COMPOSE = """# of the shop
services:
  web:
    image: acme/shop:1
    ports: ["80:3000",]
  db:
    image: postgres:17
    restart: always
    environment: { POSTGRES_PASSWORD: postgres }
    ports:
      - PORT  # for the reports
      - "127.0.0.1:5433:5432"
"""


@pytest.mark.parametrize("written", PORTS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_port_gets_the_address_of_the_machine_itself_and_nothing_else_changes(tmp_path: Path, written: str, ends: str) -> None:
    before, after = (COMPOSE.replace("PORT ", f"{text} ").replace("\n", ends) for text in (written, PORTS[written]))
    changed = fixed(tmp_path, "published-internal-service", {"compose.yaml": COMPOSE.replace("PORT ", f"{written} ")}, ends)
    assert changed.get("compose.yaml", before) == after
    document = read_yaml(after.encode())
    assert (document.whole, isinstance(document.table, Table)) == (True, True)


def test_ports_that_another_service_shares_stay(tmp_path: Path) -> None:
    shared = COMPOSE.replace('["80:3000",]', "&all\n      - 5432:5432").replace(
        'ports:\n      - PORT  # for the reports\n      - "127.0.0.1:5433:5432"', "ports: *all"
    )
    assert fixed(tmp_path, "published-internal-service", {"compose.yaml": shared}) == {}


# Ignore files

LOADS = {"package.json": '{ "dependencies": { "dotenv": "17.0.0" } }\n', "server.js": 'import "dotenv/config";\n'}
RULES_OF_ENV = ".env\n.env.*\n!.env.example\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_rules_come_at_the_end_of_the_ignore_file(tmp_path: Path, ends: str, last: str) -> None:
    files = {**LOADS, ".gitignore": f"# ours\ndist{last}"}
    wanted = f"# ours\ndist\n{RULES_OF_ENV}".replace("\n", ends)
    assert fixed(tmp_path, "unignored-env-file", files, ends) == {".gitignore": wanted}


def test_an_ignore_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    files = {**LOADS, ".env.template": "PORT=\n"}
    assert fixed(tmp_path, "unignored-env-file", files) == {".gitignore": RULES_OF_ENV + "!.env.template\n"}


def test_an_env_file_that_is_in_the_repository_on_purpose_is_not_ignored_with_others(tmp_path: Path) -> None:
    files = {**LOADS, "web/.env.development": "VITE_API_URL=https://api.shop.dev\n"}
    assert fixed(tmp_path, "unignored-env-file", files) == {".gitignore": ".env\n"}


def test_git_agrees(tmp_path: Path) -> None:
    lay_out(tmp_path, {**LOADS, ".gitignore": ".env*\n!.env\n"})
    fix(tmp_path, "unignored-env-file")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    names = [".env", ".env.local", "deep/.env", ".env.example", "server.js"]
    done = subprocess.run(["git", "-C", tmp_path, "check-ignore", *names], capture_output=True, text=True, check=False)
    assert done.stdout.split() == [".env", ".env.local", "deep/.env"]


def test_an_image_that_is_given_the_env_file_by_name_is_left_alone(tmp_path: Path) -> None:
    files = {**LOADS, ".gitignore": ".env\n", "Dockerfile": "FROM node:24\nCOPY dist ./dist\nCOPY .env ./\n"}
    assert fixed(tmp_path, "unignored-env-file", files) == {}


def test_an_image_that_copies_everything_gets_an_ignore_file_beside_its_recipe(tmp_path: Path) -> None:
    files = {**LOADS, ".gitignore": ".env\n", "Dockerfile": "FROM node:24\nCOPY . .\n"}
    assert fixed(tmp_path, "unignored-env-file", files) == {".dockerignore": "**/.env\n**/.env.*\n!**/.env.example\n"}


# Commands

COMMAND = """import subprocess

from flask import Flask, request

app = Flask(__name__)


@app.post("/convert")
def convert():
    name = request.form["name"]
    folder = "out"
    CALL
    return {"ok": True}
"""
WITHOUT_SHELL = {
    'subprocess.run(f"convert {name} out.png", shell=True)': 'subprocess.run(["convert", str(name), "out.png"], shell=False)',
    "subprocess.check_output( # why\n        'convert ' + name + ' out.png',\n        shell=True,\n    )": 'subprocess.check_output( # why\n        ["convert", name, "out.png"],\n        shell=False,\n    )',
    "subprocess.Popen(shell=True, args=f\"tar -C {folder} --file='{name}.tar' x\")": 'subprocess.Popen(shell=False, args=["tar", "-C", str(folder), f"--file={name}.tar", "x"])',
    "subprocess.run(f'convert {request.form[\"name\"]}.png a', shell=True)": 'subprocess.run(["convert", f\'{request.form["name"]}.png\', "a"], shell=False)',
    'line = f"convert {name} out.png"\n    subprocess.run(line, shell=True, check=True)': 'line = ["convert", str(name), "out.png"]\n    subprocess.run(line, shell=False, check=True)',
}
OF_A_SHELL = [
    'subprocess.run(f"convert {name} out.png | tee log", shell=True)',
    'subprocess.run(f"convert {name} > out.png", shell=True)',
    'subprocess.run(f"cd {name} && ls", shell=True)',
    'subprocess.run(f"sh -c {name}", shell=True)',
    'subprocess.run(f"{name} out.png", shell=True)',
    'subprocess.run(f"convert {name!r} out.png", shell=True)',
    'subprocess.run(f"convert {name} *.png", shell=True)',
    'subprocess.run(f"convert {name} $HOME", shell=True)',
    'subprocess.run(f"A=1 convert {name}", shell=True)',
    'subprocess.run(f"python3 -c {name}", shell=True)',
    'subprocess.run(f"convert {name}", shell=True, executable="/bin/bash")',
    'line = f"convert {name}"\n    print(line)\n    subprocess.run(line, shell=True)',
    'line = f"convert {name}"\n    line += " -v"\n    subprocess.run(line, shell=True)',
]


@pytest.mark.parametrize("written", WITHOUT_SHELL)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_command_becomes_a_list_where_its_words_are_certain(tmp_path: Path, written: str, ends: str) -> None:
    after = COMMAND.replace("CALL", WITHOUT_SHELL[written]).replace("\n", ends)
    compile(after, "app.py", "exec")
    assert fixed(tmp_path, "command-injection", {"app.py": COMMAND.replace("CALL", written)}, ends) == {"app.py": after}


@pytest.mark.parametrize("written", OF_A_SHELL)
def test_a_command_that_needs_a_shell_stays(tmp_path: Path, written: str) -> None:
    lay_out(tmp_path, {"app.py": COMMAND.replace("CALL", written)})
    assert [done for _, done in fix(tmp_path, "command-injection")] == [False]


def test_what_a_caller_sends_is_one_argument_afterwards(tmp_path: Path) -> None:
    call = 'sent.append(subprocess.run(f"echo {name} done", shell=True, capture_output=True).stdout)'
    text = COMMAND.replace("CALL", call).replace("app = Flask", "sent = []\napp = Flask")
    attack = {"name": "a; echo stolen"}
    said = []
    for folder in ("before", "after"):
        lay_out(tmp_path / folder, {"app.py": text})
        if folder == "after":
            fix(tmp_path / folder, "command-injection")
        module = runpy.run_path(str(tmp_path / folder / "app.py"))
        client = module["app"].test_client()
        client.post("/convert", data=attack)
        client.post("/convert", data={"name": "mine"})
        said.append(module["sent"])
    assert said == [[b"a\nstolen done\n", b"mine done\n"], [b"a; echo stolen done\n", b"mine done\n"]]


# Loaders

LOADER = """import yaml
from yaml import FullLoader as Full
from flask import Flask, request

app = Flask(__name__)


@app.post("/settings")
def settings():
    return CALL  # as it comes
"""
LOADERS = {
    "yaml.load(request.data)": "yaml.safe_load(request.data)",
    "yaml.load(request.data, Loader=yaml.Loader)": "yaml.safe_load(request.data)",
    "yaml.load(request.data, yaml.UnsafeLoader,)": "yaml.safe_load(request.data,)",
    "yaml.load(\n        request.data,\n        Loader=Full,\n    )": "yaml.safe_load(\n        request.data,\n    )",
    "list(yaml.load_all(request.data, Loader=yaml.CLoader))": "list(yaml.safe_load_all(request.data))",
    "yaml.unsafe_load(request.data)": "yaml.safe_load(request.data)",
    "yaml.load(request.data, Loader=request.loader)": None,
    "yaml.load(Loader=yaml.Loader, stream=request.data)": None,
}


@pytest.mark.parametrize("written", LOADERS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_yaml_is_read_without_objects(tmp_path: Path, written: str, ends: str) -> None:
    wanted = LOADERS[written]
    after = {} if wanted is None else {"app.py": LOADER.replace("CALL", wanted).replace("\n", ends)}
    assert fixed(tmp_path, "unsafe-deserialization", {"app.py": LOADER.replace("CALL", written)}, ends) == after


def test_a_document_makes_no_object_any_more(tmp_path: Path) -> None:
    said = []
    for folder in (tmp_path / "before", tmp_path / "after"):
        lay_out(folder, {"app.py": LOADER.replace("CALL", "str(yaml.load(request.data, Loader=yaml.UnsafeLoader))")})
        if folder.name == "after":
            fix(folder, "unsafe-deserialization")
        client = runpy.run_path(str(folder / "app.py"))["app"].test_client()
        asked = [client.post("/settings", data=text) for text in ("!!python/object/apply:os.getcwd []", "[1, 2]")]
        said.append([answer.get_data(as_text=True) if answer.status_code == 200 else answer.status_code for answer in asked])
    assert said == [[str(Path.cwd()), "[1, 2]"], [500, "[1, 2]"]]


def test_a_loader_that_knows_objects_of_the_app_stays(tmp_path: Path) -> None:
    text = LOADER.replace("CALL", "yaml.load(request.data, Loader=yaml.Loader)") + "\n\nyaml.add_constructor('!money', len)\n"
    assert fixed(tmp_path, "unsafe-deserialization", {"app.py": text}) == {}


# Debuggers

STARTED = {"Procfile": "web: python app.py\n"}
FLASK = "HEADfrom flask import Flask\n\napp = Flask(__name__)\napp.run(host='0.0.0.0', WHAT)  # all\n"
DJANGO = "HEADDEBUG = WHAT  # for now\nALLOWED_HOSTS = ['shop.example']\nINSTALLED_APPS = []\nROOT_URLCONF = 'shop.urls'\n"
DEBUGGERS = {
    "flask": ("app.py", FLASK, ("", "debug=True,"), ("import os\n", 'debug=os.getenv("FLASK_DEBUG") == "1",')),
    "flask with os": ("app.py", FLASK, ("import os\n", "debug=True, port=80"), ("import os\n", 'debug=os.getenv("FLASK_DEBUG") == "1", port=80')),
    "flask, from the future": (
        "app.py", FLASK, ('"""Shop."""\nfrom __future__ import annotations\n', "debug=True"),
        ('"""Shop."""\nfrom __future__ import annotations\nimport os\n', 'debug=os.getenv("FLASK_DEBUG") == "1"'),
    ),
    "another os": ("app.py", FLASK, ("from shop import os\n", "debug=True"), ("from shop import os\n", "debug=False")),
    "django without imports": ("shop/settings.py", DJANGO, ("", "True"), ("import os\n\n", 'os.getenv("DEBUG") == "1"')),
    "django": ("shop/settings.py", DJANGO, ("import os\n", "True"), ("import os\n", 'os.getenv("DEBUG") == "1"')),
    "django, a default": (
        "shop/settings.py", DJANGO, ("import os\n", "os.environ.get('DEBUG', 'True') == 'True'"), ("import os\n", "os.environ.get('DEBUG', 'False') == 'True'"),
    ),
    "django, decouple": (
        "shop/settings.py", DJANGO, ("from decouple import config\n", "config('DEBUG', default=True, cast=bool)"),
        ("from decouple import config\n", "config('DEBUG', default=False, cast=bool)"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DEBUGGERS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_the_environment_switches_the_debugger_on(tmp_path: Path, case: str, ends: str) -> None:
    path, text, before, after = DEBUGGERS[case]
    written, wanted = (text.replace("HEAD", head).replace("WHAT", what) for head, what in (before, after))
    compile(wanted, path, "exec")
    assert fixed(tmp_path, "debug-mode-deployed", {**STARTED, path: written}, ends) == {path: wanted.replace("\n", ends)}


def test_nobody_gets_the_debugger_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is stood in for: it wraps the app in the debugger, as Werkzeug's does, where it is told to."""
    served: list[object] = []

    def serve(_host: str, _port: int, app: Any, *, use_debugger: bool = False, **_: object) -> None:
        served.append(DebuggedApplication(app, evalex=True) if use_debugger else app)

    monkeypatch.setattr("werkzeug.serving.run_simple", serve)
    monkeypatch.delenv("FLASK_DEBUG", raising=False)
    text = (
        FLASK.replace("HEAD", "").replace("WHAT", "debug=True").replace("app.run", "app.add_url_rule('/', 'fails', lambda: 1 / 0)\napp.run")
    )
    for folder in (tmp_path / "before", tmp_path / "after"):
        lay_out(folder, {**STARTED, "app.py": text})
        if folder.name == "after":
            fix(folder, "debug-mode-deployed")
        runpy.run_path(str(folder / "app.py"))
    before, after = (Client(app).get("/") for app in served)
    assert (before.status_code, after.status_code) == (500, 500)
    assert ("EVALEX = true" in before.text, "ZeroDivisionError" in before.text, "ZeroDivisionError" in after.text) == (True, True, False)


@pytest.mark.parametrize(
    ("before", "after"),
    [("FLASK_DEBUG: 1", "FLASK_DEBUG: 0"), ('FLASK_DEBUG: "true"', 'FLASK_DEBUG: "0"'), ("- FLASK_DEBUG=1", "- FLASK_DEBUG=0")],
)
def test_the_switch_of_a_compose_file_is_off(tmp_path: Path, before: str, after: str) -> None:
    text = "services:\n  web:\n    image: acme/shop\n    restart: always\n    ports: ['80:80']\n    environment:\n      SWITCH  # on\n"
    files = {"compose.yaml": text.replace("SWITCH", before)}
    assert fixed(tmp_path, "debug-mode-deployed", files) == {"compose.yaml": text.replace("SWITCH", after)}


# Keys

SERVER = '{"dependencies": {"express": "5", "openai": "5"}}\n'
EXPRESS = "import express from 'express'\nimport OpenAI from 'openai'\nWRITTEN\nexpress().listen(3000)\n"
KEYS = {
    "python, a constant": (
        "app.py", '"""Shop."""\n# What it needs.\nOPENAI_KEY = "{{key:openai}}"  # mine\n',
        '"""Shop."""\n# What it needs.\nimport os\n\nOPENAI_KEY = os.environ["OPENAI_KEY"]  # mine\n', "OPENAI_KEY",
    ),
    "python, an argument": (
        "app.py", "import os\nfrom openai import OpenAI\nclient = OpenAI(\n    api_key='{{key:openai}}',\n)\n",
        'import os\nfrom openai import OpenAI\nclient = OpenAI(\n    api_key=os.environ["OPENAI_API_KEY"],\n)\n', "OPENAI_API_KEY",
    ),
    "python, a header": (
        "app.py", 'import requests\nHEADERS = {"Authorization": "Bearer {{key:openai}}",}\n',
        "import os\nimport requests\nHEADERS = {\"Authorization\": f'Bearer {os.environ[\"OPENAI_API_KEY\"]}',}\n", "OPENAI_API_KEY",
    ),
    "python, a default": (
        "app.py", 'import os\nkey = os.getenv("CHAT_KEY", "{{key:openai}}")\n', 'import os\nkey = os.environ["CHAT_KEY"]\n', "CHAT_KEY",
    ),
    "python, another default": (
        "app.py", 'import os as o\nkey = o.environ.get("CHAT_KEY") or "{{key:openai}}"\n', 'import os as o\nkey = o.environ["CHAT_KEY"]\n', "CHAT_KEY",
    ),
    "javascript": (
        "server.js", EXPRESS.replace("WRITTEN", "const openai = new OpenAI({ apiKey: '{{key:openai}}', })"),
        EXPRESS.replace("WRITTEN", "const openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY, })"), "OPENAI_API_KEY",
    ),
    "typescript, a constant": (
        "server.ts", EXPRESS.replace("WRITTEN", 'const chatApiKey = "{{key:openai}}";'),
        EXPRESS.replace("WRITTEN", "const chatApiKey = process.env.CHAT_API_KEY!;"), "CHAT_API_KEY",
    ),
    "typescript, a default": (
        "server.ts", EXPRESS.replace("WRITTEN", "const key = process.env.CHAT_KEY ?? '{{key:openai}}'"),
        EXPRESS.replace("WRITTEN", "const key = process.env.CHAT_KEY!"), "CHAT_KEY",
    ),
    "javascript, a header": (
        "server.js", EXPRESS.replace("WRITTEN", "export const headers = { Authorization: 'Bearer {{key:openai}}' }"),
        EXPRESS.replace("WRITTEN", "export const headers = { Authorization: `Bearer ${process.env.OPENAI_API_KEY}` }"), "OPENAI_API_KEY",
    ),
    "deno": (
        "supabase/functions/chat/index.ts", "const key = '{{key:openai}}'\nDeno.serve(() => fetch('https://api.openai.com/v1/models', { headers: { key } }))\n",
        "const key = Deno.env.get(\"OPENAI_KEY\")!\nDeno.serve(() => fetch('https://api.openai.com/v1/models', { headers: { key } }))\n", "OPENAI_KEY",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", KEYS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_the_environment_gives_the_key_and_nobody_writes_it_down(tmp_path: Path, case: str, ends: str) -> None:
    path, before, after, name = KEYS[case]
    wanted = {path: after.replace("\n", ends), ".env.example": f"{name}=\n"}
    assert fixed(tmp_path, "ai-key-in-source", {"package.json": SERVER, path: expand(before)}, ends) == wanted
    assert unit_of(path, wanted[path].encode()).broken == ()


def test_the_example_keeps_what_it_has(tmp_path: Path) -> None:
    files = {"app.py": expand('import os\nOPENAI_KEY = "{{key:openai}}"\nGROQ_KEY = "{{key:groq}}"\n'), ".env.sample": "# all\nOPENAI_KEY="}
    assert fixed(tmp_path, "ai-key-in-source", files)[".env.sample"] == "# all\nOPENAI_KEY=\nGROQ_KEY=\n"


@pytest.mark.parametrize(
    "text",
    [
        'from openai import OpenAI\na = OpenAI(api_key="{{key:openai}}")\nb = OpenAI(api_key="{{key:openai-legacy}}")\n',  # one name for two
        'key = f"{{key:openai}}{1}"\n',
        'import shop\nkey = shop.key or "{{key:openai}}"\n',
        '# key = "{{key:openai}}"\n',
        'key = "{{key:openai}}" "{{key:openai}}"\n',
    ],
)
def test_a_key_stays_where_its_place_is_not_certain(tmp_path: Path, text: str) -> None:
    assert fixed(tmp_path, "ai-key-in-source", {"app.py": expand(text)}) == {}


def test_a_key_in_what_browsers_get_stays(tmp_path: Path) -> None:
    files = {
        "package.json": '{"dependencies": {"vite": "6", "react": "19", "openai": "5"}}\n',
        "index.html": '<script type="module" src="/src/main.js"></script>\n',
        "src/main.js": expand("import OpenAI from 'openai'\nconst openai = new OpenAI({ apiKey: '{{key:openai}}' })\n"),
    }
    assert fixed(tmp_path, "ai-key-in-source", files) == {}


def test_who_runs_it_is_told_to_revoke_the_key(tmp_path: Path) -> None:
    lay_out(tmp_path, {"app.py": expand('OPENAI_KEY = "{{key:openai}}"\n')})
    fixer = fixer_of(tmp_path)
    (found,) = [fixer.propose(each).fix for each in fixer.findings if each.rule == "ai-key-in-source"]
    assert found is not None
    assert (found.safety, [step.note for step in found.stops]) == (
        Safety.UNSAFE,
        ["works only where `OPENAI_KEY` is set; what stood here is in the history: revoke that key and make a new one"],
    )
    assert [edit.text for edit in found.edits] == ["import os\n\n", 'os.environ["OPENAI_KEY"]', "OPENAI_KEY=\n"]


# What browsers get

SHOP = {
    "package.json": '{"dependencies": {"vite": "6", "@supabase/supabase-js": "2"}}\n',
    "index.html": '<script type="module" src="/src/main.ts"></script>\n',
}
CLIENT = """import { createClient } from '@supabase/supabase-js'
KEY
export const db = createClient(import.meta.env.VITE_SUPABASE_URL, GIVEN) // for all
await db.from('orders').select('*')
"""


@pytest.mark.parametrize("known", [True, False])
def test_a_client_of_browsers_asks_with_the_public_key(tmp_path: Path, known: bool) -> None:
    read = "import.meta.env.VITE_SUPABASE_SERVICE_ROLE_KEY!"
    text = CLIENT.replace("KEY\n", f"const key = {read}\n", 1).replace("GIVEN", "key")
    name = "VITE_SUPABASE_PUBLISHABLE_KEY" if known else "VITE_SUPABASE_ANON_KEY"
    files = {**SHOP, "src/main.ts": text}
    files |= {"src/other.ts": f"export const other = import.meta.env.{name}\n"} if known else {}
    wanted = {"src/main.ts": text.replace("VITE_SUPABASE_SERVICE_ROLE_KEY", name)} | ({} if known else {".env.example": f"{name}=\n"})
    assert fixed(tmp_path, "admin-client-in-browser", files) == wanted


def test_a_variable_that_no_page_reads_loses_its_public_name(tmp_path: Path) -> None:
    route = "export const GET = () => Response.json(process.env.NEXT_PUBLIC_SIGNING_SECRET.length)\n"
    env = "# of the server\nNEXT_PUBLIC_SIGNING_SECRET=q7Lm2Vx9TzB4nK8sW3pR6yH1dF5gJ0aC\n"
    files = {
        "package.json": '{"dependencies": {"next": "16.1.0"}}',
        ".gitignore": ".env\n",
        ".env": env,
        "app/api/work/route.js": route,
    }
    # What git ignores is not scanned, and stays: who runs it is told to set the variable by its new name.
    assert fixed(tmp_path, "secret-in-public-variable", files) == {"app/api/work/route.js": route.replace("NEXT_PUBLIC_", "")}


def test_a_variable_that_a_page_reads_keeps_its_name(tmp_path: Path) -> None:
    files = {**SHOP, "src/main.ts": "console.log(import.meta.env.VITE_SUPABASE_SERVICE_ROLE_KEY)\n"}
    assert fixed(tmp_path, "secret-in-public-variable", files) == {}


@pytest.mark.parametrize(("version", "wanted"), [("15.3.2", "15.3.6"), ("15.2.1", "15.2.6"), ("16.0.1", "16.0.7"), ("v15.4.0", "v15.4.8")])
def test_a_version_is_raised_to_the_first_of_its_line_that_has_no_hole(tmp_path: Path, version: str, wanted: str) -> None:
    files = {
        "package.json": f'{{ "dependencies": {{ "next": "{version}", "react": "19.0.0" }} }}\n',
        "app/page.tsx": "export default () => <p>hi</p>\n",
    }
    files["app/api/work/route.ts"] = "export const GET = () => Response.json({})\n"
    assert fixed(tmp_path, "framework-version-bypasses-auth", files) == {"package.json": files["package.json"].replace(version, wanted)}
