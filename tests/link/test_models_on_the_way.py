"""What is known of what text passes through: each row is met by code that is made of its name as apps write it, and says something else without the row."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from own_rules import RULES

from batten.facts.vocabulary import Meaning, Row, Vocabulary
from batten.rules.vocabulary import load_vocabulary
from batten.scan import scan_files

if TYPE_CHECKING:
    from batten.facts.flows import Flow

PASSING = Path(__file__).parents[2] / "rulepacks/web/vocabulary/passing.yml"


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OF_PYTHON = words(
    "base64 urllib json codecs binascii copy io os pathlib textwrap unicodedata re string functools itertools flask quart markdown markdown2 mistune uuid decimal datetime hashlib hmac secrets "
    "bcrypt html markupsafe cgi xml bleach nh3 django jinja2 orjson ujson shlex pipes werkzeug sqlalchemy psycopg2 psycopg ldap3 ldap ast "
    "str repr bytes bytearray next max min list tuple sorted reversed enumerate zip iter map filter int float bool complex len hash id abs round ord hex oct bin isinstance issubclass callable "
    "type range sum any all tempfile tarfile"
)
METHODS_OF_PYTHON = words(
    "format format_map translate zfill ljust rjust getvalue isdigit isalnum isalpha isnumeric startswith endswith find_index hexdigest digest status_code rfind get_full_path"
)
GLOBAL = words(
    "String JSON decodeURIComponent decodeURI unescape atob btoa Buffer Promise structuredClone Object Array URLSearchParams URL parseInt parseFloat Number Boolean BigInt Math Date "
    "encodeURIComponent encodeURI escape"
)
ALL = "*"
HARM = {
    True: {
        "html": "return '<b>' + {}", "markup": "return '<b>' + {}", "path": "open({})", "redirect": "return flask.redirect({})", "address": "requests.get({})",
        "command": "os.system({})", "sql": "sqlite3.connect('a').execute({})", "ldap": "ldap3.Connection('a').search('b', {})", "nosql": "pymongo.MongoClient().db.notes.find_one({{'a': {}}})",
        "xpath": "lxml.etree.XPath({})", "regex": "re.search({}, 'a')", ALL: "eval({})",
    },
    False: {
        "html": "res.send('<b>' + {})", "markup": "res.send('<b>' + {})", "path": "fs.readFileSync({})", "redirect": "res.redirect({})", "address": "await fetch({})", "command": "cp.exec({})",
        "sql": "new pg.Pool().query({})", "nosql": "new MongoClient('').db().collection('a').findOne({{ a: {} }})",
        "regex": "new RegExp({})", "prototype": "lodash.merge({{}}, {})", "argument": "cp.execFileSync('git', ['clone', {}])", ALL: "eval({})",
    },
}  # fmt: skip
SHOWN = {ALL: "code", "markup": "html"}
# What is said of a value in another way than by a call with it; ``link`` is what a link brings to a page in the browser.
FORMS = {
    "next": "next(iter([given]))", "functools.reduce": "reduce(given, [given])", "map": "list(map(str, given))[0]", "filter": "list(filter(None, given))[0]",
    "re.split": "split('a', given)[0]", "re.findall": "findall('a', given)[0]", "Promise.all": "(await Promise.all(given))[0]", "Promise.allSettled": "(await Promise.allSettled(given))[0].value",
    "Object.assign": "Object.assign({}, given).a", "Object.entries": "Object.entries(given)[0][1]", "Object.fromEntries": "Object.fromEntries(given).a", "Array.of": "Array.of(given)[0]",
    "Promise": "await new Promise((done) => done(given))", "showdown.default.Converter.makeHtml": "new called.Converter().makeHtml(given)", "$derived.by": "$derived.by(() => link)",
    "URLSearchParams": "new URLSearchParams(given).get('a')", "URL": "new URL(given).search", "URL as argument": "new URL(given)",
    **{f"tempfile.{made}": "{}(prefix=given)" for made in ("NamedTemporaryFile", "TemporaryFile", "mkstemp", "mkdtemp", "TemporaryDirectory")},
}  # fmt: skip
KINDS = {"list": "{}(given)[0]", "state": "{}(given)[0]", "callback": "{}(() => link, [])"}
CALLBACKS = {
    "computed": "{}(() => link).value",
    "useQuery": "{}({{ queryFn: () => link }}).data",
    "useSuspenseQuery": "{}({{ queryFn: () => link }}).data",
    "swr": "{}('a', () => link).data",
}


def is_python(row: Row) -> bool:
    first, _, last = row.pattern.partition(".")
    return first in OF_PYTHON or (first == "**" and last in METHODS_OF_PYTHON)


def named(pattern: str, *, python: bool) -> tuple[str, str]:
    """An import, and what is called by the name of a row."""
    module, *steps = [{"**": "", "*": "floor"}.get(step, step) for step in pattern.split(".")]
    steps = [step for step in steps if step]
    if not module:
        return "", f"given.{steps[0]}"
    if python:
        *before, last = module, *steps
        last = "called" if pattern.endswith("**") else last
        return (
            f"from {'.'.join((module, *steps) if pattern.endswith('**') else before)} import {last}"
            if before or pattern.endswith("**")
            else ""
        ), last
    if module in GLOBAL:
        return "", ".".join([module, *steps])
    below = [*steps, ""][1:]
    made = [
        f"(new {step}())" if re.match("[A-Z]", step) and re.match("[a-z]", after) else step
        for step, after in zip(steps, below, strict=True)
    ]
    if not steps:
        return f"const called = require('{module}');", "called"
    if steps[0] == "default":
        return f"import called from '{module}';", ".".join([made[0].replace("default", "called"), *made[1:]])
    return f"import {{ {steps[0]} }} from '{module}';", ".".join(made)


def file_of(row: Row, kind: str) -> str:
    python = is_python(row)
    imports, called = named(row.pattern, python=python)
    form = FORMS.get(f"{row.pattern} as {kind}", FORMS.get(row.pattern))
    if form is None and row.pattern.startswith("**.") and row.means is not Meaning.OPAQUE:
        form = f"things{row.pattern[2:]}(given)"
    if form is None and row.kind == "callback":
        form = next((form for word, form in CALLBACKS.items() if word in row.pattern), KINDS["callback"])
    if form is None:
        form = KINDS.get(row.kind or "", "{}(given)") if row.means is Meaning.PASSES else "{}(given)"
    value = (form.format(called) if "{}(" in form else form).replace("link", "location.hash")
    harm = HARM[python][kind].format(value)
    if python:
        return f"import flask, ldap3, lxml.etree, os, pymongo, re, requests, sqlite3\n{imports}\n\napp = flask.Flask(__name__)\n\n\n@app.get('/run')\ndef handler():\n    given = flask.request.json['given']\n    {harm}\n    return {{}}\n"
    return (
        "import express from 'express';\nimport fs from 'fs';\nimport cp from 'child_process';\nimport pg from 'pg';\nimport { MongoClient } from 'mongodb';\nimport lodash from 'lodash';\n"
        f"{imports}\nconst app = express();\napp.post('/run', async (req, res) => {{\n  const given = req.body.given;\n  {harm};\n}});\n"
    )


def of_all(row: Row) -> tuple[str, ...]:
    """The kinds of sinks to look at."""
    return tuple((row.kind or ALL).split("|")) if row.means is Meaning.SANITIZER else (ALL,)


ROWS = load_vocabulary(PASSING.read_text(), str(PASSING))
# What a schema of a table in another file lets through: the page on mass assignment has its cases.
OF_TABLES = ".of-rights."
CASES = [(row, kind) for row in ROWS if isinstance(row, Row) and OF_TABLES not in row.pattern for kind in of_all(row)]
# A package that takes this in has all its queries cleaned, whatever it calls.
FILTERS = "mongo-sanitize"


def path_of(number: int) -> str:
    row, _ = CASES[number]
    name = f"m{number}.{'py' if is_python(row) else 'js'}"
    return f"{'filtered' if FILTERS in row.pattern else 'app'}/{name}"


def told(vocabulary: Vocabulary) -> list[set[bool | None]]:
    """Whether the values of each case come to harm, as the flows say: for certain, or perhaps."""
    files = {path_of(number): file_of(row, kind).encode() for number, (row, kind) in enumerate(CASES)}
    found = scan_files(
        {**files, "app/package.json": b"{}", "filtered/package.json": b"{}"}, replace(RULES, vocabulary=vocabulary)
    ).project.flows
    by_path: dict[str, list[Flow]] = {}
    for flow in found:
        by_path.setdefault(flow.place.path, []).append(flow)
    return [
        {
            flow.certain
            for flow in by_path.get(path_of(number), ())
            if flow.kind.removesuffix("-probe") == SHOWN.get(kind, kind) and flow.sink != row.pattern
        }
        for number, (row, kind) in enumerate(CASES)
    ]


def instead(of: tuple[Meaning, ...], means: Meaning) -> Vocabulary:
    """The vocabulary with rows that say something else."""
    return Vocabulary(
        [replace(row, means=means, kind=None, arg=None, provider=None) if row.means in of else row for row in RULES.vocabulary.rows]
    )


def test_each_row_says_what_becomes_of_text() -> None:
    said = told(RULES.vocabulary)
    if_passed = told(instead((Meaning.SANITIZER, Meaning.OPAQUE), Meaning.PASSES))
    if_stopped = told(instead((Meaning.PASSES,), Meaning.OPAQUE))
    wrong = []
    for (row, kind), now, passed, stopped in zip(CASES, said, if_passed, if_stopped, strict=True):
        harmless = not now and (bool(passed) or FILTERS in row.pattern)
        right = now == {True} and not stopped if row.means is Meaning.PASSES else harmless
        wrong += [] if right else [(row.means.value, row.pattern, kind, now, passed, stopped)]
    assert wrong == []
