"""However a file is written, a remedy changes its own line and brings an import along: all else stays as it is, byte for byte, and parses."""

import tempfile
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

import pytest
from fixing import fixer_of, lay_out, settle
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.extract.code import unit_of
from batten.testing_keys import expand


class Shape(NamedTuple):
    """How somebody writes: what has no meaning for the code, and some that has none for the remedy."""

    indent: str
    ends: str
    quote: str
    comment: str
    comma: str
    hint: bool
    is_async: bool
    wrapped: bool
    last: str


SHAPES = st.builds(
    Shape,
    indent=st.sampled_from(["    ", "  ", "\t"]),
    ends=st.sampled_from(["\n", "\r\n"]),
    quote=st.sampled_from(["'", '"']),
    comment=st.sampled_from(["", "caf\u00e9 \u2603", 'it\'s "quoted" `here`', "{braces} ${too}", "import os", "def work(): pass"]),
    comma=st.sampled_from(["", ","]),
    hint=st.booleans(),
    is_async=st.booleans(),
    wrapped=st.booleans(),
    last=st.sampled_from(["", "\n"]),
)
PYTHON = {
    "sql-injection": ("import sqlite3", "sqlite3.connect(QaQ).execute(f\"SELECT id FROM t WHERE n = '{value}'\"COMMA)"),
    "command-injection": ("import subprocess", 'subprocess.run(f"convert {value} out.png", shell=TrueCOMMA)'),
    "unsafe-deserialization": ("import yaml", "yaml.load(value, Loader=yaml.LoaderCOMMA)"),
    "code-injection": ("import math", "print(eval(value))"),
    "request-data-in-html": ("from flask import Response", 'return f"<p>{value}</p>"'),
    "hardcoded-fallback-secret": ("import os", "SECRET_KEY = os.getenv(QSECRET_KEYQ, Qshop-2024QCOMMA)"),
    "disabled-certificate-verification": ("import requests", "requests.post(Qhttps://pay.invalidQ, data=value, verify=FalseCOMMA)"),
    "obsolete-cryptography": ("import hashlib", "print(hashlib.md5(value.encode()COMMA).hexdigest())"),
    "ai-key-in-source": ("import openai", "openai.OpenAI(api_key=Q{{key:openai}}QCOMMA)"),
    "any-origin-with-credentials": ("from flask_cors import CORS", "CORS(app, supports_credentials=TrueCOMMA)"),
    "insecure-session-cookie": ("from flask import Response", "Response().set_cookie(QsessionQ, value, secure=FalseCOMMA)"),
    "uncapped-model-call": ("import openai", "openai.OpenAI().responses.create(model=Qgpt-5Q, input=valueCOMMA)"),
    "unsafe-secret-comparison": ("import os", "if request.headers.get(QX-KeyQCOMMA) != os.environ[QAPI_KEYQ]: return {QokQ: False}"),
    "unverified-token": (
        "import os\nimport jwt",
        "who = jwt.decode(value, options={Qverify_signatureQ: False}COMMA)[QsubQ] + jwt.encode({}, os.environ[QKEYQ], algorithm=QHS256Q)",
    ),
}
JAVASCRIPT = {
    "sql-injection": ("import pg from QpgQ", "await new pg.Pool().query(`SELECT id FROM t WHERE n = '${value}'`COMMA)"),
    "code-injection": ("import fs from Qnode:fsQ", "console.log(eval(value))"),
    "command-injection": ("import cp from Qnode:child_processQ", "cp.execSync(`echo ${value}`, { timeout: 5COMMA })"),
    "auth-fails-open": ("import { rm } from Qnode:fs/promisesQ", "if (!req.user) { res.sendStatus(401COMMA) } // HERE\n  await rm(value)"),
    "disabled-certificate-verification": (
        "import https from QhttpsQ",
        "const agent = new https.Agent({ rejectUnauthorized: falseCOMMA })",
    ),
    "hardcoded-fallback-secret": (
        "import jwt from QjsonwebtokenQ",
        "const token = jwt.sign({ value }, process.env.JWT_SECRET || Qshop-2024QCOMMA)",
    ),
    "obsolete-cryptography": (
        "import { createHash } from Qnode:cryptoQ",
        "console.log(createHash(Qmd5QCOMMA).update(value).digest(QhexQ))",
    ),
    "postgrest-filter-injection": (
        "import { createClient } from Q@supabase/supabase-jsQ",
        "await createClient(process.env.URL, process.env.SERVICE_ROLE_KEY).from(QtQ).select().or(`n.eq.${value}`COMMA)",
    ),
    "any-origin-with-credentials": ("import cors from QcorsQ", "app.use(cors({ origin: true, credentials: trueCOMMA }))"),
    "ai-key-in-source": ("import OpenAI from QopenaiQ", "const models = new OpenAI({ apiKey: Q{{key:openai}}QCOMMA })"),
    "unverified-token": (
        "import jwt from QjsonwebtokenQ",
        "jwt.sign({ value }, process.env.JWT_SECRET); console.log(jwt.decode(valueCOMMA)?.sub)",
    ),
    "uncapped-model-call": ("import OpenAI from QopenaiQ", "await new OpenAI().responses.create({ model: Qgpt-5Q, input: valueCOMMA })"),
}
MANIFEST = '{"type": "module", "dependencies": {"express": "5"}}'


def python(shape: Shape, imports: str, core: str) -> str:
    hint, result = (": str | None", " -> dict[str, bool]") if shape.hint else ("", "")
    lines = [
        f"# {shape.comment}" if shape.comment else "",
        imports,
        "from functools import wraps",
        "from flask import Flask, request",
        "",
        "app = Flask(__name__)",
        "",
        "def plain(view):",
        f"{shape.indent}return view",
        "",
        "@app.post(QworkQ)",
        *(["@plain"] if shape.wrapped else []),
        f"{'async ' if shape.is_async else ''}def work(more{hint} = None){result}:",
        f"{shape.indent}value = request.form[QvalueQ]  # {shape.comment}",
        f"{shape.indent}{core}  # HERE",
        f"{shape.indent}return {{QokQ: True}}",
    ]
    text = "\n".join(lines).replace("COMMA", shape.comma).replace("Q", shape.quote)
    return (text.replace(f"{shape.quote}work{shape.quote}", f"{shape.quote}/work{shape.quote}") + shape.last).replace("\n", shape.ends)


def javascript(shape: Shape, imports: str, core: str) -> str:
    lines = [
        f"// {shape.comment}" if shape.comment else "",
        imports,
        "import express from QexpressQ",
        "const app = express()",
        f"app.post(Q/workQ, {'async ' if shape.is_async or 'await' in core else ''}(req, res) => {{",
        f"{shape.indent}const {{ value }} = req.body // {shape.comment}",
        f"{shape.indent}{core} // HERE",
        f"{shape.indent}res.json({{ ok: true{shape.comma} }})",
        "})",
    ]
    return ("\n".join(lines).replace("COMMA", shape.comma).replace("Q", shape.quote) + shape.last).replace("\n", shape.ends)


def only_its_own_line(before: str, after: str, ends: str, added: str) -> None:
    was, now = before.split(ends), after.split(ends)
    for kind, one, other, first, last in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind != "equal":
            gone, new = was[one:other], now[first:last]
            assert all("HERE" in line for line in gone), gone
            assert all("HERE" in line or line.startswith(("import ", "from ")) or line in ("", added) for line in new), new


def holds(rule: str, file: str, text: str, ends: str, added: str = "") -> None:
    text = expand(text)
    with tempfile.TemporaryDirectory() as place:
        folder = lay_out(Path(place), {"package.json": MANIFEST})
        (folder / file).write_bytes(text.encode())
        fixer = fixer_of(folder)
        done = [fixed for finding, fixed in settle(fixer, rule) if finding.place.path == file]
        after = {change.path: change.after for change in fixer.changes()}[file].decode()
        assert done == [True], text
        assert unit_of(file, after.encode()).broken == ()
        if file.endswith(".py"):
            compile(after, file, "exec")
        only_its_own_line(text, after, ends, added)
        settle(fixer, rule)
        assert {change.path: change.after for change in fixer.changes()}[file].decode() == after


@pytest.mark.parametrize("rule", PYTHON)
@settings(max_examples=8)
@given(shape=SHAPES)
def test_python(rule: str, shape: Shape) -> None:
    imports, core = PYTHON[rule]
    holds(rule, "app.py", python(shape, imports, core), shape.ends)


@pytest.mark.parametrize("rule", JAVASCRIPT)
@settings(max_examples=8)
@given(shape=SHAPES)
def test_javascript(rule: str, shape: Shape) -> None:
    imports, core = JAVASCRIPT[rule]
    holds(rule, "app.js", javascript(shape, imports, core), shape.ends)


GUARDED = {
    "app.py": (
        """from functools import wraps
from flask import abort, session

def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if Quser_idQ not in session:
            abort(401)
        return view(*args, **kwargs)
    return inner
""",
        "open(QmarksQ, QaQ).write(value)",
        "@app.delete(Q/otherQ)\n@signed_in\ndef other():\n    open(QmarksQ, QaQ).write(QxQ)\n    return {}\n",
        "@app.post(",
    ),
    "app.js": (
        "import { appendFileSync } from Qnode:fsQ\nconst signedIn = (req, res, next) => (req.session.user ? next() : res.sendStatus(401))",
        "appendFileSync(QmarksQ, value)",
        "app.delete(Q/otherQ, signedIn, (req, res) => { appendFileSync(QmarksQ, QxQ); res.end() })\n",
        "app.post(",
    ),
}


@pytest.mark.parametrize("file", GUARDED)
@settings(max_examples=8)
@given(shape=SHAPES)
def test_checks(file: str, shape: Shape) -> None:
    imports, core, other, route = GUARDED[file]
    made = python(shape, imports, core) if file.endswith(".py") else javascript(shape, imports, core)
    other = other.replace("Q", shape.quote).replace("\n", shape.ends)
    first, found, rest = made.partition(route)
    line, end, rest = rest.partition(shape.ends)
    remark = "# HERE" if file.endswith(".py") else "// HERE"
    holds("unauthenticated-write-route", file, f"{first}{other}{found}{line} {remark}{end}{rest}", shape.ends, added="@signed_in")
