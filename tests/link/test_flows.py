"""What flows where: by value, through functions and files, and in no other way than it does."""

import random
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_rules import RULES

from batten.config import Config
from batten.facts.flows import Flow
from batten.finding import Confidence, NoteKind
from batten.link.flows import roots
from batten.scan import scan_files

HEAD = "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/run')\ndef handler():\n"


def flows(files: Mapping[str, str]) -> tuple[Flow, ...]:
    return scan_files({path: text.encode() for path, text in files.items()}, RULES).project.flows


def kinds(body: str, before: str = "") -> list[tuple[str, bool | None]]:
    """The kinds of flows of a handler of Flask with this body, where ``given`` is text of the request."""
    lines = ["given = request.args['given']", *body.strip().splitlines(), "return {'ok': True}"]
    found = flows({"app.py": before + HEAD + "".join(f"    {line}\n" for line in lines)})
    return [(flow.kind, flow.certain) for flow in found]


CODE = [("code", True)]
DOUBTED = [("code", None)]
SQL = [("sql", True)]
LONG = ", ".join(f"column_with_a_long_name_{number}" for number in range(40))
QUOTED = "if not given.startswith('\\'') or not given.endswith('\\'') or '\\'' in given[1:-1]:\n    return {}\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("eval(given)", CODE),
        ("given = 'constant'\neval(given)", []),
        ("kept = {'one': 'constant', 'other': given}\neval(kept['one'])", []),
        ("kept = {'one': 'constant', 'other': given}\neval(kept['other'])", CODE),
        ("items = ['constant']\nitems.append(given)\nitems.append('x')\nitems.pop(0)\neval(items[0])", CODE),
        ("items = ['constant']\nitems.append(given)\nitems.append('x')\nitems.pop(0)\neval(items[1])", []),
        ("first, second = 'constant', given\neval(first)", []),
        ("first, second = 'constant', given\neval(second)", CODE),
        ("text = 'a'\ntext += given\ntext += 'b'\neval(text[1:-1])", CODE),
        ("eval('%s + %s' % ('1', given))", CODE),
        ("eval('{} + 1'.format(given))", CODE),
        ("eval('{} + 1'.format(1, given))", []),
        ("eval('{1} + 1'.format(1, given))", CODE),
        ("eval('{name} {0.real}'.format(1, name=given))", CODE),
        ("eval('{name}'.format(name=1, other=given))", []),
        ("eval('{name}'.format(**{'name': given}))", CODE),
        ("eval('{'.format(given))", CODE),
        ("eval(''.join(['1 + ', given]))", CODE),
        ("store().query('select name from t where id = {}'.format(given))", SQL),
        (f"store().query('select {LONG} from t where id = {{}}'.format(given))", SQL),
        (f"store().query(f'select {LONG} from t where id = {{given}}')", SQL),
        (f"store().query('select {LONG}' + ' from t where id = ' + given)", SQL),
        (f"store().query(f'please {LONG} find {{given}}')", []),
        ("if given[:3] == 'abc':\n    eval(given)", DOUBTED),
        ("if given[:1] in ('a', 'b'):\n    eval(given[1:])", DOUBTED),
        ("text = 'a' + given\nif text[0] == 'a':\n    eval(text)", DOUBTED),
        ("kept = []\nif given[:3] == 'abc':\n    kept.append(given[3:])\neval(kept[0])", DOUBTED),
        ("rows = [given]\nif rows[0] == 'a':\n    eval(rows[0])", []),
        (QUOTED + "eval(given)", []),
        (QUOTED + "eval(given + '()')", DOUBTED),
        (QUOTED + "subprocess.run(given, shell=True)", [("command", None)]),
        (QUOTED.replace("'\\''", "'a'") + "eval(given)", CODE),
        (QUOTED.replace("[1:-1]", "[1:-2]") + "eval(given)", DOUBTED),
        (QUOTED.replace("not given.endswith('\\'') or ", "") + "eval(given)", DOUBTED),
        ("number = 86\nchosen = 'constant' if 7 * 42 - number > 200 else given\neval(chosen)", []),
        ("number = 106\nchosen = 'constant' if 7 * 42 - number > 200 else given\neval(chosen)", CODE),
        ("match 'ABC'[1]:\n    case 'A':\n        chosen = given\n    case _:\n        chosen = 'constant'\neval(chosen)", []),
        ("match 'ABC'[0]:\n    case 'A' | 'D':\n        chosen = given\n    case _:\n        chosen = 'constant'\neval(chosen)", CODE),
        ("chosen = ''\nfor letter in given:\n    chosen += letter\neval(chosen)", CODE),
        ("chosen = ''\nfor letter in given:\n    if letter.isalnum() or letter in ('-', '_'):\n        chosen += letter\neval(chosen)", []),
        ("try:\n    chosen = given\nexcept ValueError:\n    chosen = 'constant'\neval(chosen)", CODE),
        ("if given not in ('a', 'b'):\n    return {}\neval(given)", []),
        # what is kept after a test is kept as it was found then
        ("kept = []\nif given in ('a', 'b'):\n    kept.append(given)\neval(kept[0])", []),
        ("kept = []\nkept.append(given)\nif given in ('a', 'b'):\n    print(given)\neval(kept[0])", CODE),
        # a name that holds the answer of a test, and one that is given another answer as well
        ("known = given in ('a', 'b')\nif not known:\n    return {}\neval(given)", []),
        ("known = given in ('a', 'b')\nif known:\n    return {}\neval(given)", CODE),
        ("known = given in ('a', 'b')\nif other:\n    known = True\nif known:\n    eval(given)", CODE),
        ("known = True\nif other:\n    known = given in ('a', 'b')\nif known:\n    eval(given)", CODE),
        ("known = given in ('a', 'b')\ngiven = request.args['other']\nif known:\n    eval(given)", CODE),
        ("place = ['a', 'b'].index(given)\nif place:\n    eval(given)", CODE),
        ("if given not in ('a', 'b'):\n    print('no')\neval(given)", CODE),
        ("if given not in ('a', 'b'):\n    given = 'a'\neval(given)", []),
        ("eval(str(int(given)))", []),
        ("eval(given if given.isdigit() else '0')", []),
        ("if not is_safe(given):\n    return {}\neval(given)", [("code", None)]),
        ("settings = ConfigParser()\nsettings.set('a', 'one', 'x')\nsettings.set('a', 'other', given)\neval(settings.get('a', 'one'))", []),
        (
            "settings = ConfigParser()\nsettings.set('a', 'one', 'x')\nsettings.set('a', 'other', given)\neval(settings.get('a', 'other'))",
            CODE,
        ),
        ("out = StringIO()\nout.write('1 + ')\nout.write(given)\neval(out.getvalue())", CODE),
        ("[eval(item) for item in [given]]", CODE),
        ("eval([item for item in given.split() if item in ('a', 'b')][0])", []),
    ],
)
def test_values_are_followed_as_they_are(body: str, expected: list[tuple[str, bool | None]]) -> None:
    before = "import subprocess\nfrom configparser import ConfigParser\nfrom io import StringIO\nfrom somewhere import is_safe\n"
    assert kinds(body, before) == expected


ADDRESS = "from urllib.parse import urlparse\nimport requests\nfrom somewhere import check_path, is_private_host, log_url, validate_public_host, validate_url\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("requests.get(given)", [("address", True)]),
        ("validate_url(given)\nrequests.get(given)", [("address", None)]),
        ("log_url(given)\nrequests.get(given)", [("address", True)]),
        ("check_path(given)\nrequests.get(given)", [("address", True)]),
        ("host = urlparse(given).hostname\nvalidate_public_host(host.lower() if host else '')\nrequests.get(given)", [("address", None)]),
        ("if is_private_host(urlparse(given).hostname):\n    return {}\nrequests.get(given)", [("address", None)]),
        ("if is_private_host(urlparse(given).hostname):\n    requests.get(given)", [("address", True)]),
        ("for turn in range(3):\n    validate_url(given)\n    given = requests.get(given).headers['location']", [("address", None)]),
        ("validate_url(given)\neval(given)", CODE),
        ("requests.get(request.url)", []),
        ("eval('1 + %s' % request.url)", CODE),
        ("eval(given.startswith('1'))", []),
        ("check_path(given)\nopen(given)", [("path", None)]),
    ],
)
def test_functions_that_refuse_by_their_name_leave_a_doubt_for_what_they_name(body: str, expected: list[tuple[str, bool | None]]) -> None:
    assert kinds(body, ADDRESS) == expected


SCHEMA = """
import os
from fastapi import FastAPI
from pydantic import BaseModel, field_validator

app = FastAPI()

class Ping(BaseModel):
    host: str
    name: str

    @field_validator("host")
    @classmethod
    def known(cls, value):
        return value

@app.post("/ping")
def ping(sent: Ping):
    os.system(f"ping {sent.PART}")
"""


@pytest.mark.parametrize(("part", "expected"), [("host", [("command", None)]), ("name", [("command", True)])])
def test_fields_that_a_schema_looks_at_leave_a_doubt(part: str, expected: list[tuple[str, bool | None]]) -> None:
    assert [(flow.kind, flow.certain) for flow in flows({"main.py": SCHEMA.replace("PART", part)})] == expected


RUNS = """
import asyncio, functools, threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

pool = ThreadPoolExecutor()


def run(code, other=None):
    return eval(code)


def same(text):
    return text


def apply(function, text):
    return function(text)


class Runner:
    def __init__(self, text=""):
        self.text = text

    @property
    def code(self):
        return self.text

    def run(self, code):
        eval(code)

    def later(self, code):
        return asyncio.to_thread(self.run, code)

    def __call__(self, code):
        eval(code)


class Faster(Runner):
    def __init__(self, text):
        super().__init__(text)


@queue.task(bind=True, max_retries=3)
def kept(self, name, code):
    eval(code)


TABLE = {"run": run, "same": same}
runner = Runner()
"""


# What is called later, or by something else, is called with what was handed over for it.
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("asyncio.to_thread(run, given)", CODE),
        ("asyncio.to_thread(run, 'constant', given)", []),
        ("asyncio.to_thread(eval, given)", CODE),
        ("eval(asyncio.to_thread(same, given))", CODE),
        ("loop.run_in_executor(None, run, given)", CODE),
        ("loop.run_in_executor(None, functools.partial(run, given))", CODE),
        ("eval(pool.submit(same, given).result())", CODE),
        ("list(pool.map(run, [given]))", CODE),
        ("list(map(run, [given]))", CODE),
        ("eval(list(map(same, ['constant']))[0])", []),
        ("threading.Thread(target=run, args=(given,)).start()", CODE),
        ("threading.Thread(target=run, args=('constant', given)).start()", []),
        ("threading.Thread(target=run, kwargs={'code': given}).start()", CODE),
        ("threading.Timer(5, run, args=[given]).start()", CODE),
        ("tasks.add_task(run, given)", CODE),
        ("scheduler.add_job(run, 'interval', args=[given])", CODE),
        ("run.delay(given)", CODE),
        ("run.apply_async(args=[given])", CODE),
        ("run.apply_async((given,), countdown=5)", CODE),
        ("run.apply_async(kwargs={'code': given})", CODE),
        ("run.apply_async(args=['constant'], headers=given)", []),
        ("kept.delay('constant', given)", CODE),
        ("kept.delay(given, 'constant')", []),
        ("kept.apply_async(args=['constant', given])", CODE),
        ("kept.apply_async(args=[given, 'constant'])", []),
        ("Runner().later(given)", CODE),
        ("asyncio.to_thread(Runner().run, given)", CODE),
        ("apply(run, given)", CODE),
        ("apply(run, 'constant')", []),
        ("apply(same, given)", []),
        ("first, second = asyncio.gather(same(given), same('constant'))\neval(first)", CODE),
        ("first, second = asyncio.gather(same(given), same('constant'))\neval(second)", []),
        ("TABLE['run'](given)", CODE),
        ("TABLE['same'](given)", []),
        ("TABLE[request.args['name']](given)", CODE),
        ("TABLE.get(request.args['name'])(given)", CODE),
        ("chosen = TABLE[request.args['name']]\nchosen(given)", CODE),
        ("getattr(Runner(), 'run')(given)", CODE),
        ("kept = Runner()\nsetattr(kept, 'other', given)\neval(getattr(kept, 'other'))", CODE),
        ("kept = Runner()\nsetattr(kept, 'other', given)\neval(getattr(kept, 'text'))", []),
        ("eval(Runner(given).code)", CODE),
        ("eval(Runner('constant').code)", []),
        ("eval(Faster(given).code)", CODE),
        ("eval(Faster(given).text)", CODE),
        ("runner(given)", CODE),
        ("found = []\ndef put(name, text):\n    found.append(name + text)\nput('a', given)\neval(''.join(found))", CODE),
        ("found = []\ndef put(name, text):\n    found.append(name)\nput('a', given)\neval(''.join(found))", []),
        ("found = []\ndef put(text):\n    found = []\n    found.append(text)\nput(given)\neval(''.join(found))", []),
        ("class Kept:\n    value = eval(given)", CODE),
    ],
)
def test_functions_that_are_handed_over_are_called(body: str, expected: list[tuple[str, bool | None]]) -> None:
    assert kinds(body, RUNS) == expected


TOOLS = """
class Holder:
    def __init__(self, text):
        self.text = text
        self.other = "constant"

    def get(self):
        return self.text

    def get_other(self):
        return self.other


def same(text, other=""):
    return text


def put(holder, key, value):
    holder[key] = value


def apply(function, text):
    return function(text)


def deep(text, count):
    return deep(text, count - 1) if count else text


def one(text):
    return two(text)


def two(text):
    return one(text) or text
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("eval(same(given))", CODE),
        ("eval(same('constant', given))", []),
        ("eval(same(other=given, text='constant'))", []),
        ("eval(Holder(given).get())", CODE),
        ("eval(Holder(given).get_other())", []),
        ("kept = {}\nput(kept, 'a', given)\neval(kept['a'])", CODE),
        ("eval(deep(given, 3))", CODE),
        ("eval(one(given))", CODE),
    ],
)
def test_values_are_followed_through_functions_of_other_files(body: str, expected: list[tuple[str, bool | None]]) -> None:
    lines = ["given = request.args['given']", *body.splitlines(), "return {'ok': True}"]
    text = "from tools import Holder, apply, deep, one, put, same\n" + HEAD + "".join(f"    {line}\n" for line in lines)
    assert [(flow.kind, flow.certain) for flow in flows({"app.py": text, "tools.py": TOOLS})] == expected


EXPRESS = 'import express from "express";\n\nconst app = express();\n\n'
FUNCTIONS = """
import { spawn } from "child_process";
import other from "./other";
const same = (text) => text;
const run = (text) => eval(text);
const TABLE = { run, same };
class First { constructor(text) { this.text = text; } get code() { return this.text; } }
class Second extends First { constructor(text) { super(text); } }
class Link { constructor() { this.text = '1'; this.next = null; } put(text) { this.text = text; } tie(next) { this.next = next; } told() { return this.text; } }
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("eval(req.query.a);", CODE),
        ("const { a, ...rest } = req.body; eval(rest.b);", CODE),
        ("const { a = '1' } = req.body; eval(a);", CODE),
        ("const m = new Map(); m.set('a', req.body.a); m.set('b', '1'); eval(m.get('b'));", []),
        ("const m = new Map(); m.set('a', req.body.a); m.set('b', '1'); eval(m.get('a'));", CODE),
        ("[req.body.a].map((each) => eval(each));", CODE),
        ("const o = { a: '1' }; o.b = req.body.b; eval(o.a);", []),
        ("const o = { ...req.body, a: '1' }; eval(o.a);", []),
        ("const o = { a: '1', ...req.body }; eval(o.b);", CODE),
        ("const f = (x) => eval(x); f(req.params.id);", CODE),
        ("const f = (x) => eval(y); const y = req.params.id; f('1');", CODE),
        ("let x = req.body.x; x = '1'; eval(x);", []),
        ("if (typeof req.body.x !== 'number') return res.json({}); eval(req.body.x);", []),
        ("Promise.resolve(req.body.x).then((x) => eval(x));", CODE),
        ("new Promise((done) => done(req.body.x)).then((x) => eval(x));", CODE),
        ("new Promise((done, fail) => { done('1'); fail(req.body.x); }).then((x) => eval(x));", []),
        ("new Promise((done) => { setTimeout(() => done(req.body.x), 10); }).then((x) => eval(x));", CODE),
        ("eval(same.call(null, req.body.x));", CODE),
        ("eval(same.call(req.body.x, '1'));", []),
        ("eval(same.apply(null, [req.body.x]));", CODE),
        ("eval(same.apply(null, ['1', req.body.x]));", []),
        ("setTimeout(run, 10, req.body.x);", CODE),
        ("const u = new URL(req.body.u); fetch(u);", [("address", True)]),
        ("const u = new URL(req.body.u); u.hostname = 'eu.example.com'; fetch(u);", []),
        ("const u = new URL('https://example.com/a'); u.hostname = req.body.u; fetch(u);", [("address", True)]),
        ("const u = new URL(req.url); res.redirect(u.pathname.replace('a', 'b'));", [("redirect", None)]),
        ("const u = new URL(req.url); res.redirect(u.searchParams.get('next'));", [("redirect", True)]),
        ("TABLE[req.params.id](req.body.x);", CODE),
        ("TABLE.same(req.body.x);", []),
        ("eval(new Second(req.body.x).code);", CODE),
        ("eval(new Second('1', req.body.x).code);", []),
        ("class Kept { static { eval(req.body.x); } }", CODE),
        ("class Kept { static { eval('1'); } }", []),
        ("const list = req.get('x-list') ? req.get('x-list').split(',') : []; list.forEach((each) => eval(each.trim()));", CODE),
        # a shell reads every argument, however the list of them came about; whether there is one may depend on the machine
        ("const all = ['-l']; all.push(req.body.x); spawn('ls', all, { shell: true });", [("command", True)]),
        ("const all = ['-l']; all.push('-a'); spawn('ls', all, { shell: true, cwd: req.body.x });", []),
        ("const how = { shell: true }; spawn('ls', ['-l', req.body.x], how);", [("command", True)]),
        ("spawn('ls', ['-l', req.body.x], { shell: process.platform === 'win32' });", [("command", None)]),
        # what is done to one of several, and to what another one keeps
        ("const a = new Link(), b = new Link(); const c = req.ip ? a : b; c.put(req.body.x); eval(a.told());", CODE),
        ("const a = new Link(), b = new Link(); const c = req.ip ? a : a; c.put(req.body.x); eval(b.told());", []),
        ("const a = new Link(), b = new Link(); a.tie(b); b.put(req.body.x); eval(a.next.told());", CODE),
        ("const a = new Link(), b = new Link(); a.tie(b); b.put(req.body.x); eval(a.told());", []),
        ("const a = new Link(), b = new Link(); a.tie(b); b.put(req.body.x); b.put('1'); eval(a.next.text);", []),
        ("const a = new Link(), b = new Link(); b.put(req.body.x); a.tie(b); let c = a; while (c) { eval(c.told()); c = c.next; }", CODE),
        ("res.send(`<i>${req.protocol}</i>`);", [("html", None)]),
        # what a chain says of the type, before the answer and after it
        ("res.type('text/plain').send(`<i>${req.body.x}</i>`);", []),
        ("res.status(400).set('Content-Type', 'application/json').send(`<i>${req.body.x}</i>`);", []),
        ("res.attachment('a.html').send(`<i>${req.body.x}</i>`);", []),
        ("res.type('html').send(`<i>${req.body.x}</i>`);", [("html", True)]),
        ("res.send(`<i>${req.body.x}</i>`).type('text/plain');", [("html", True)]),
        # the keys of what was sent, those of a record that is written out, and what is under them
        ("for (const key in req.body) eval(key);", CODE),
        ("for (const key in { a: req.body.x }) eval(key);", []),
        ("const o = { a: req.body.x, b: '1' }; for (const key in o) eval(o[key]);", CODE),
        ("const o = {}; o[req.body.x] = '1'; for (const key of Object.values(o)) eval(key);", []),
        ("res.redirect(`${req.protocol}://example.com/a`);", []),
        ("res.redirect(req.cookies.back);", []),
        ("res.redirect(req.query.back || req.cookies.back);", [("redirect", True)]),
        ("res.send(`<b>${req.cookies.back}</b>`);", [("html", True)]),
        ("let all = ''; req.on('data', (part) => { all += part; }); req.on('end', () => eval(all));", CODE),
        ("let all = ''; req.on('data', (part) => { all = '1'; }); req.on('end', () => eval(all));", []),
        ("let all = ''; other.on('data', (part) => { all += part; }); req.on('end', () => eval(all));", []),
        # what functions that are written inside give to names around them
        ("let all = ''; req.body.x.forEach((each) => { all += each.y; }); eval(all);", CODE),
        ("let all = ''; req.body.x.forEach((each) => { all += Number(each.y); }); eval(all);", []),
        ("let all = ''; ['1'].forEach((each) => { all += each; }); eval(all);", []),
        ("let all = ''; req.body.x.forEach((each) => { let all = ''; all += each.y; }); eval(all);", []),
        ("let all = ''; eval(all); req.body.x.forEach((each) => { all += each.y; });", []),
        ("let all = ''; req.body.x.forEach((each) => { all += each.y; }); all = ''; eval(all);", []),
        ("const all = []; Object.keys(req.body).forEach((key) => { if (key) { all.push(`${key} = 1`); } }); eval(all.join(','));", CODE),
        ("const all = []; req.body.x.forEach((each) => { all.push(parseInt(each)); }); eval(all.join(','));", []),
        ("const all = []; req.body.x.forEach((each) => { each.y.forEach((inner) => { all.push(inner); }); }); eval(all[0]);", CODE),
        ("const all = []; const put = (name, given) => { all.push(name + given); }; put('a', req.body.x); eval(all.join(''));", CODE),
        ("const all = []; const put = (name, given) => { all.push(name); }; put('a', req.body.x); eval(all.join(''));", []),
        ("const all = []; const other = []; req.body.x.forEach((each) => { other.push(each); }); eval(all.join(''));", []),
        (
            "new Promise((done) => { let all = ''; req.on('data', (part) => { all += part; }); req.on('end', () => done(all)); }).then((x) => eval(x));",
            CODE,
        ),
    ],
)
def test_values_are_followed_in_javascript(body: str, expected: list[tuple[str, bool | None]]) -> None:
    text = EXPRESS + FUNCTIONS + "app.post('/run/:id', (req, res) => {\n  " + body + "\n  res.json({});\n});\n"
    assert [(flow.kind, flow.certain) for flow in flows({"server.js": text})] == expected


def test_a_handler_that_asks_for_headers_alone_is_read() -> None:
    text = "module.exports = function (req, res) { const name = req.get('x-name'); res.send('<b>' + name + '</b>'); };\n"
    assert [(flow.kind, flow.source) for flow in flows({"handler.js": text})] == [("html", "request")]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("<p dangerouslySetInnerHTML={{ __html: answer.output_text }} />", [("markup", True)]),
        ("<p dangerouslySetInnerHTML={{ __html: '<b>x</b>' }}>{answer.output_text}</p>", []),
        ("<p title={answer.output_text}>{answer.output_text}</p>", []),
        ("<p dangerouslySetInnerHTML={{ __html: DOMPurify.sanitize(answer.output_text) }} />", []),
    ],
)
def test_what_react_takes_as_html(shown: str, expected: list[tuple[str, bool | None]]) -> None:
    before = "import OpenAI from 'openai'\nimport DOMPurify from 'dompurify'\nconst client = new OpenAI()\n"
    text = f"{before}export default async function Page() {{\n  const answer = await client.responses.create({{ input: 'x' }})\n  return {shown}\n}}\n"
    assert [(flow.kind, flow.certain) for flow in flows({"app/page.tsx": text})] == expected


BROWSER = """
import { useMemo, useState, useEffect } from 'react';
import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router-dom';
import { createClient } from '@supabase/supabase-js';
import axios from 'axios';
const db = createClient('https://abc.supabase.co', 'public');
async function rows() { const { data } = await db.from('notes').select('title'); return data }
function Shown({ text }) { return <p dangerouslySetInnerHTML={{ __html: text }} /> }
function Around({ inner, ...rest }) { return <Shown text={inner} {...rest} /> }
export function Page() {
  const [kept, setKept] = useState('');
  const [other, setOther] = useState('');
  const [params] = useSearchParams();
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("setKept(params.get('q')); return <Shown text={kept} />", [("browser", True)]),
        ("setKept(params.get('q')); return <Shown text={other} />", []),
        ("const put = (given) => setKept(given); put(params.get('q')); return <Shown text={kept} />", [("browser", True)]),
        ("useEffect(() => { rows().then(setKept) }, []); return <Shown text={kept[0].title} />", [("stored", True)]),
        ("useEffect(() => { rows().then((all) => setKept(all[0])) }, []); return <Shown text={kept.title} />", [("stored", True)]),
        (
            "useEffect(() => { const load = async () => { setKept(await rows()) }; load() }, []); return <Shown text={kept} />",
            [("stored", True)],
        ),
        ("setKept((before) => before + location.hash); return <Shown text={kept} />", [("browser", True)]),
        (
            "const { data } = useQuery({ queryKey: ['a'], queryFn: () => rows() }); return <Shown text={data[0].title} />",
            [("stored", True)],
        ),
        ("const { error } = useQuery({ queryKey: ['a'], queryFn: () => rows() }); return <Shown text={error.message} />", []),
        ("const shown = useMemo(() => `<b>${params.get('q')}</b>`, []); return <Shown text={shown} />", [("browser", True)]),
        ("axios.get('/api/notes').then((answer) => setKept(answer.data)); return <Shown text={kept} />", [("answer", True)]),
        ("return <Around inner={params.get('q')} />", [("browser", True)]),
        ("return <Around inner='x' text={params.get('q')} />", [("browser", True)]),
        ("return <Around inner='x' title={params.get('q')} />", []),
        ("return ['a'].map((each) => <Shown key={each} text={params.get(each)} />)", [("browser", True)]),
        ("return <Shown text={escapeHtml(params.get('q'))} />", [("browser", None)]),
        ("return <Shown text={params.get('q').replace(/</g, '&lt;')} />", []),
    ],
)
def test_what_components_keep_and_hand_on(body: str, expected: list[tuple[str, bool | None]]) -> None:
    found = flows({"src/page.tsx": BROWSER + f"  {body};\n}}\n"})
    assert [(flow.source, flow.certain) for flow in found if flow.kind == "markup"] == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "app/p/page.tsx",
            "export default async function Page({ searchParams }) { const { q } = await searchParams; eval(q) }",
            ["request"],
        ),
        ("app/p/[id]/page.tsx", "export default function Page({ params }) { eval(params.id) }", ["request"]),
        ("app/p/parts.tsx", "export default function Parts({ searchParams }) { eval(searchParams.q) }", []),
        ("pages/p.tsx", "export async function getServerSideProps({ query, req }) { eval(query.q); eval(req.url) }", ["request"]),
        ("app/routes/p.tsx", "export async function loader({ request }) { eval(new URL(request.url).searchParams.get('q')) }", ["request"]),
        (
            "src/routes/api/+server.ts",
            "export async function POST({ request }) { const { q } = await request.json(); eval(q) }",
            ["request"],
        ),
        (
            "server/api/p.ts",
            "import { getQuery } from 'h3';\nexport default defineEventHandler((event) => { eval(getQuery(event).q) })",
            ["request"],
        ),
        (
            "src/routes/+page.server.ts",
            "export async function load({ url, params, locals }) { eval(url.searchParams.get('q')); eval(locals.user) }",
            ["request"],
        ),
    ],
)
def test_pages_are_given_what_their_address_says(path: str, text: str, expected: list[str]) -> None:
    shown = "import { exec } from 'child_process';\nexport const html = (x) => { document.body.innerHTML = x };\n"
    assert [flow.source for flow in flows({path: shown + text}) if flow.kind == "code"] == expected


FRAMEWORKS = {
    "fastapi": {
        "main.py": """
from fastapi import FastAPI, Request

app = FastAPI()


@app.get("/run")
async def run(request: Request, number: int, text: str):
    eval(request.query_params["a"])
    eval(text)
    eval(str(number))
    eval(request.app.state.code)
"""
    },
    "django": {
        "urls.py": "from django.urls import path\n\nfrom views import run\n\nurlpatterns = [path('run', run)]\n",
        "views.py": "def run(request):\n    eval(request.GET.get('a'))\n    eval(request.POST['b'])\n    eval(request.user.code)\n",
    },
    "next": {
        "package.json": '{ "dependencies": { "next": "15.0.0" } }',
        "app/api/run/route.ts": """
export async function POST(request: Request) {
  const { code } = await request.json();
  eval(code);
  eval(new URL(request.url).searchParams.get("a"));
  eval("1");
  return Response.json({});
}
""",
    },
    "hono": {
        "server.ts": """
import { Hono } from "hono";

const app = new Hono();

app.get("/run", (c) => {
  eval(c.req.query("a"));
  eval(c.env.CODE);
  return c.html(`<p>${c.req.param("b")}</p>`);
});
"""
    },
    "fastify": {
        "server.js": """
import Fastify from "fastify";

const app = Fastify();

app.get("/run", async (request, reply) => {
  eval(request.query.a);
  return { ok: true };
});
"""
    },
    "lambda": {
        "run.py": """
import json


def lambda_handler(event, context):
    eval(event["queryStringParameters"]["a"])
    eval(json.loads(event["body"])["b"])
    eval(event["requestContext"]["authorizer"]["code"])


def handler(event, item):
    eval(event["body"])
""",
        "run.js": """
exports.handler = async (event) => {
  eval(event.pathParameters.a);
  return { statusCode: 200 };
};
""",
    },
    # whoever mounts them: what comes before a handler leaves the answer to it
    "middleware": {
        "checks.js": "const preload = async (req, res, next) => { req.found = await fetch(req.query.url); next(); };\nmodule.exports = { preload };\n",
        "typed.ts": """
import type { NextFunction, Request, Response } from "express";

export const first = () => async ({ body }: Request, answer: Response, next: NextFunction) => { await fetch(body.url); next(); };
export const second = (asked: Request, answer: Response, next: NextFunction) => { eval(asked.params.a); eval(asked.app.locals.code); next(); };
""",
        "none.ts": """
import type { Job, Report } from "./jobs";

export const first = (req: Job, res: Report) => { eval(req.body); };
export const second = (request, options) => { eval(request.body); };
export const third = (req, res) => { eval(req.code); };
export const fourth = (req, next) => { eval(req.body); next(); };
""",
    },
    # the request is handed to some methods, and kept by the object; the address gives text where its pattern does not ask for a number
    "django-classes": {
        "urls.py": """
from django.urls import include, path
from rest_framework import routers

from views import Detail, Items, Listed, Run, named

router = routers.DefaultRouter()
router.register("items", Items)
urlpatterns = [
    path("run", Run.as_view()),
    path("listed", Listed.as_view()),
    path("detail/<name>/<int:number>", Detail.as_view()),
    path("named/<str:name>/<int:number>/<slug:slug>", named),
    path("", include(router.urls)),
]
""",
        "bases.py": """
class Base:
    def patch(self, request):
        eval(request.data["code"])

    def post(self, request):
        eval(request.data["code"])
""",
        "views.py": """
from django.views.generic import DetailView, ListView
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.views import APIView

from bases import Base


class Run(Base, APIView):
    def get(self, req, format=None):
        eval(req.query_params["code"])

    def post(self, request):
        return None


class Listed(ListView):
    def get_queryset(self):
        eval(self.request.GET.get("code"))
        eval(self.request.user.name)
        eval(self.model.code)


class Detail(DetailView):
    def get_object(self):
        open("/kept/" + self.kwargs["name"])
        eval(self.kwargs["name"])
        eval(self.kwargs["number"])


class Items(viewsets.ModelViewSet):
    @action(detail=True, methods=["post"])
    def run(self, request, pk=None):
        self.go(request.data["code"], {"data": "1"})

    def go(self, code, more):
        eval(code)
        eval(more["data"])


class Unused(APIView):
    def get(self, request):
        eval(request.data["code"])


def named(request, name, number, slug):
    eval(name)
    eval(number)
    eval(slug)
""",
    },
    # fields of forms and serializers: text as it came, what is made of it, and what can't be told
    "forms": {
        "urls.py": "from django.urls import path\n\nfrom views import Kept, found\n\nurlpatterns = [path('found', found), path('kept', Kept.as_view())]\n",
        "views.py": """
from django import forms
from rest_framework import serializers
from rest_framework.views import APIView

from checks import is_harmless


class Found(forms.Form):
    text = forms.CharField(max_length=20)
    number = forms.IntegerField()
    chosen = forms.ChoiceField(choices=["a"])


class Wider(Found):
    more = forms.CharField(widget=forms.Textarea())


class Sent(serializers.ModelSerializer):
    text = serializers.CharField()
    day = serializers.DateField()


def found(request):
    form = Wider(request.POST)
    if form.is_valid():
        eval(form.cleaned_data["text"])
        eval(form.cleaned_data["number"])
        eval(form.cleaned_data["chosen"])
        eval(form.cleaned_data["more"])


class Kept(APIView):
    def post(self, request):
        sent = Sent(data=request.data)
        sent.is_valid(raise_exception=True)
        eval(sent.validated_data["text"])
        eval(sent.validated_data["day"])
""",
    },
    "wtforms": {
        "app.py": """
from flask import Flask
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, Length

app = Flask(__name__)


class Asked(FlaskForm):
    text = StringField("text", validators=[DataRequired(), Length(max=20)])
    number = IntegerField("number")
    chosen = SelectField("chosen", choices=["a"])


@app.post("/asked")
def asked():
    form = Asked()
    if form.validate_on_submit():
        eval(form.text.data)
        eval(form.number.data)
        eval(form.chosen.data)
        eval(form.text.label)
    return {}
""",
    },
    # options that are written out are the same where something was tested before
    "options": {
        "xml.js": """
const libxmljs = require("libxmljs");
const axios = require("axios");

module.exports.load = async (req, res) => {
  if (req.files.list.mimetype === "text/xml") libxmljs.parseXml(req.files.list.data, { noent: true });
  if (["https://a.example", "https://b.example"].includes(req.body.url)) await axios({ url: req.body.url });
  res.end();
};
"""
    },
    "node": {
        "server.js": """
import http from "http";
import fs from "fs";

http.createServer((req, res) => { fs.readFile("public" + req.url, (error, data) => res.end(data)); }).listen(1);
"""
    },
    "trpc": {
        "server.ts": """
import { z } from "zod";
import { publicProcedure, router } from "./trpc";

export const app = router({
  run: publicProcedure.input(z.object({ code: z.string() })).mutation(async ({ input, ctx }) => { eval(input.code); eval(ctx.code); }),
});
"""
    },
    "sockets": {
        "ws.js": """
import { WebSocketServer } from "ws";

new WebSocketServer({ port: 1 }).on("connection", (socket) => {
  socket.on("message", (data) => { eval(JSON.parse(data).code); });
});
""",
        "timers.js": """
import { Server } from "socket.io";

class Store {
  static read() { setInterval(() => { Store.clean(); }, 10); }
  static put(key, value) { Store[key] = value; }
}
new Server(1).on("connection", (socket) => { socket.on("put", (key, value) => { Store.read(); Store.put(key, value); }); });
""",
        "io.js": """
import { Server } from "socket.io";

new Server(1).on("connection", (socket) => { socket.on("run", (room, code) => { eval(code); eval(socket.code); }); });
""",
    },
    "firebase": {
        "package.json": '{ "dependencies": { "firebase-functions": "6.0.0" } }',
        "index.js": """
const { onCall, onRequest } = require("firebase-functions/v2/https");

exports.one = onRequest((req, res) => { eval(req.query.code); res.end(); });
exports.two = onCall((request) => { eval(request.data.code); eval(request.auth.uid); return {}; });
""",
    },
    "workers": {
        "worker.js": """
export default {
  async fetch(request, env) {
    const { code } = await request.json();
    eval(code);
    eval(env.CODE);
    return new Response("");
  },
};
"""
    },
    "chalice": {
        "app.py": """
from chalice import Chalice

app = Chalice(app_name="shelf")


@app.route("/run/{code}", methods=["POST"])
def run(code):
    eval(code)
    request = app.current_request
    eval(request.query_params.get("code"))
    eval(request.json_body["code"])
    eval(app.current_request.raw_body.decode())
    eval(request.context["stage"])
    eval(app.app_name)
    return {}
"""
    },
    # FastAPI keeps each function that a decorator was given, whatever is called by the same name later
    "fastapi-twice": {
        "main.py": """
from fastapi import FastAPI

app = FastAPI()


@app.get("/one/{code}")
def run(code: str):
    eval(code)


@app.get("/other")
def run():
    return {}
"""
    },
}


@pytest.mark.parametrize(
    ("framework", "expected"),
    [
        ("fastapi", ["code", "code"]),
        ("chalice", ["code", "code", "code", "code"]),
        ("django", ["code", "code"]),
        ("forms", ["code", "code", "code"]),
        ("wtforms", ["code"]),
        ("django-classes", ["code", "code", "code", "code", "code", "code"]),
        ("next", ["code", "code"]),
        ("hono", ["code", "html"]),
        ("fastify", ["code"]),
        ("lambda", ["code", "code", "code"]),
        ("middleware", ["address", "address", "code"]),
        ("options", ["xml"]),
        ("node", ["path"]),
        ("trpc", ["code"]),
        ("sockets", ["code", "code"]),
        ("firebase", ["code", "code"]),
        ("workers", ["code"]),
        ("fastapi-twice", ["code"]),
    ],
)
def test_what_strangers_send_is_known_in_each_framework(framework: str, expected: list[str]) -> None:
    assert [flow.kind for flow in flows(FRAMEWORKS[framework])] == expected


# What nobody calls is somebody else's to call, who may hand over anything: told only to those who ask for what is unsure.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import requests\n\n\ndef load(host):\n    return requests.get(f'https://{host}/status')\n", [("address", "caller")]),
        ("import requests\n\n\ndef load(name):\n    return requests.get(f'https://example.com/{name}')\n", []),
        ("def load(code: int):\n    return eval(code)\n", []),
        ("def _load(code):\n    return eval(code)\n", []),
        ("def load(code):\n    return eval(code)\n\n\nload('1')\n", []),
        (
            "def load(code):\n    return eval(code)\n\n\nHANDLERS = {'load': load}\n\n\ndef run(name):\n    return HANDLERS[name]\n",
            [("code", "caller")],
        ),
        ("class Loader:\n    def load(self, code):\n        return eval(code)\n", [("code", "caller")]),
        ("def ask(cursor, query, given):\n    cursor.execute(query, {'id': given})\n", [("sql", "caller")]),
        ("def ask(cursor, given):\n    cursor.execute('SELECT 1 WHERE id = %s', (given,))\n", []),
        ("def ask(plan, query):\n    plan.execute(query)\n", []),
        ("class _Loader:\n    def load(self, code):\n        return eval(code)\n", []),
        # and so is what a program is started with
        ("import sys\n\n\ndef _run():\n    return eval(sys.argv[1])\n\n\n_run()\n", [("code", "operator")]),
        ("import os\n\n_CODE = os.environ['CODE']\n\n\ndef _run():\n    return eval(_CODE)\n\n\n_run()\n", [("code", "operator")]),
        ("import sys\n\n\ndef _run():\n    return open(sys.argv[1])\n\n\n_run()\n", []),
        # and so is what a name stands for that nothing defines, or what a library gives that is handed nothing
        ("import os\n\n\ndef _run():\n    return os.system(f'ls {folder}')\n\n\n_run()\n", [("command", "unknown")]),
        ("import os\n\n\ndef _run():\n    return os.system('ls ' + asked.get('folder'))\n\n\n_run()\n", [("command", "unknown")]),
        ("import os\nfrom somewhere import ask\n\n\ndef _run():\n    return os.system(ask())\n\n\n_run()\n", [("command", "unknown")]),
        ("import os\nfrom somewhere import ask\n\n\ndef _run():\n    return os.system(ask('ls'))\n\n\n_run()\n", []),
        ("import os\nfrom tempfile import mkdtemp\n\n\ndef _run():\n    return os.system(mkdtemp())\n\n\n_run()\n", []),
        ("import os\n\n\ndef _run():\n    return os.system(f'ls {__file__} {len(folder)}')\n\n\n_run()\n", []),
        ("def _run():\n    return open(folder)\n\n\n_run()\n", []),
        # which a framework calls, whatever else has that name
        (
            "from django.views import View\n\n\nclass Run(View):\n    def get(self, req):\n        return eval(req.GET.get('code'))\n",
            [("code", "caller")],
        ),
        ("class Run(Plain):\n    def get(self, req):\n        return eval(req.GET.get('code'))\n", []),
        ("from django.shortcuts import redirect\n\n\ndef again(request):\n    return redirect(request.get_full_path())\n", []),
        (
            "from django.shortcuts import redirect\n\n\ndef again(request):\n    return redirect(request.GET.get('next'))\n",
            [("redirect", "caller")],
        ),
        # which AWS calls with what it likes
        ("def lambda_handler(event, context):\n    return eval(event['code'])\n", [("code", "caller")]),
    ],
)
def test_what_is_given_to_functions_that_nothing_calls(text: str, expected: list[tuple[str, str]]) -> None:
    for asked, told in ((Config(), []), (Config(min_confidence=Confidence.LOW), expected)):
        scan = scan_files({"library.py": text.encode()}, RULES, config=asked)
        assert [(flow.kind, flow.source) for flow in scan.project.flows] == told
        assert {finding.confidence for finding in scan.findings} == ({Confidence.LOW} if told else set())


@pytest.mark.parametrize(
    ("field", "read", "expected"),
    [
        ("StringField('a')", "form.a.data", True),
        ("StringField('a', validators=[Regexp('^[a-z]+$')])", "form.a.data", None),
        ("OwnField('a')", "form.a.data", None),
        ("StringField('a')", "form.b.data", None),
        ("StringField('a')", "checked(form.a.data)", None),
    ],
)
def test_fields_that_may_refuse_text_leave_a_doubt(field: str, read: str, expected: bool | None) -> None:
    imports = "from flask import Flask\nfrom flask_wtf import FlaskForm\nfrom wtforms import StringField\nfrom wtforms.validators import Regexp\nfrom fields import OwnField, checked\n"
    form = f"class Asked(FlaskForm):\n    a = {field}\n"
    body = f"app = Flask(__name__)\n@app.post('/a')\ndef asked():\n    form = Asked()\n    if form.validate_on_submit():\n        eval({read})\n    return {{}}\n"
    assert [(flow.kind, flow.certain) for flow in flows({"app.py": imports + form + body})] == [("code", expected)]


def test_exports_that_nothing_imports_are_called_by_others() -> None:
    text = "export function run(code: string) { return eval(code); }\nfunction own(code: string) { return eval(code); }\n"
    scan = scan_files({"library.ts": text.encode()}, RULES, config=Config(min_confidence=Confidence.LOW))
    (found,) = scan.findings
    assert (found.rule, found.message) == (
        "code-injection",
        "text of whoever calls this function is run as code by eval: a stranger does in this process whatever he likes",
    )
    assert found.reason == "nothing here calls the function: it is so where those who do hand over text of strangers"
    # another file has a function of its own by this name, and calls that
    other = {"library.ts": text.encode(), "app.ts": b"function run() { return 1; }\nrun();\n"}
    assert [each.rule for each in scan_files(other, RULES, config=Config(min_confidence=Confidence.LOW)).findings] == ["code-injection"]
    # and this one is no script of a page that could call what another script has
    other = {
        "library.ts": text.encode(),
        "app.ts": b"import { ask } from 'elsewhere';\nfunction all() { function run() { return 1; }\nrun(ask); }\nall();\n",
    }
    assert [each.rule for each in scan_files(other, RULES, config=Config(min_confidence=Confidence.LOW)).findings] == ["code-injection"]
    used = {"library.ts": text.encode(), "app.ts": b"import { run } from './library';\nrun('1');\n"}
    assert scan_files(used, RULES, config=Config(min_confidence=Confidence.LOW)).findings == ()


def test_the_trail_names_each_hop() -> None:
    text = "from tools import same\n" + HEAD + "    return {'x': eval(same(request.args['a']))}\n"
    (flow,) = flows({"app.py": text, "tools.py": TOOLS})
    assert [step.note for step in flow.trail] == ["comes from the request here", "goes through `same` here", "is run as code here"]
    assert (flow.kind, flow.source, flow.sink, flow.function) == ("code", "request", "eval", "handler")


APP = {
    "app.py": "from tools import Holder, same\n"
    + HEAD
    + "    holder = Holder(same(request.args['a']))\n    return {'x': eval(holder.get())}\n",
    "tools.py": TOOLS,
}


def summary(files: Mapping[str, str]) -> list[tuple[str, str, bool | None, list[str]]]:
    return [(flow.kind, flow.sink, flow.certain, [step.place.path for step in flow.trail]) for flow in flows(files)]


def test_a_helper_that_is_handed_all_that_it_runs_is_told_of_where_it_is_called() -> None:
    """Through as many helpers as there are; and where a helper adds to the text, at the helper."""
    files = {
        "run.py": "import os\n\n\ndef run(line):\n    os.system(line)\n\n\ndef once(line):\n    run(line)\n\n\ndef listed(name):\n    os.system('ls ' + name)\n\n\ndef filled(line):\n    os.system(line.replace('?', '1'))\n",
        "app.py": "from flask import Flask, request\n\nfrom run import filled, listed, once, run\n\napp = Flask(__name__)\n\n\n@app.get('/run')\n"
        "def handler():\n    given = request.args['given']\n    run('ls ' + given)\n    once('df ' + given)\n    listed(given)\n    filled('ls ' + given)\n    return {}\n",
    }
    places = [
        (flow.place.path, files[flow.place.path].encode()[flow.place.span.start : flow.place.span.end].decode(), flow.in_helper)
        for flow in flows(files)
    ]
    assert places == [
        ("app.py", "run('ls ' + given)", True),
        ("app.py", "once('df ' + given)", True),
        ("run.py", "os.system('ls ' + name)", False),
        ("run.py", "os.system(line.replace('?', '1'))", False),
    ]


@given(st.permutations(["Holder", "same", "handler", "holder", "text", "get"]), st.integers(0, 99))
@settings(max_examples=15)
def test_names_of_the_app_do_not_matter(order: list[str], seed: int) -> None:
    """Every name that the app gives is another; ``get`` is one that containers have, too."""
    renamed = {name: f"n{seed}_{number}" for number, name in enumerate(order)}
    pattern = re.compile(r"\b(" + "|".join(renamed) + r")\b(?!\()|\b(" + "|".join(renamed) + r")\b(?=\()")
    changed = {
        path: pattern.sub(
            lambda found: (
                renamed[found[0]] if not (found[0] == "get" and found.string[found.start() - 4 : found.start()] == "app.") else found[0]
            ),
            text,
        )
        for path, text in APP.items()
    }
    assert summary(changed) == summary(APP)


@given(st.integers(0, 2**16))
@settings(max_examples=15)
def test_code_that_has_nothing_to_do_with_it_does_not_matter(seed: int) -> None:
    chance = random.Random(seed)
    fillers = [
        "unrelated = 1 + 2",
        "for number in range(3):\n        print(number)",
        "if app.debug:\n        print('x')",
        "try:\n        pass\n    finally:\n        print()",
    ]
    lines = APP["app.py"].splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("    "))
    for _ in range(chance.randint(1, 4)):
        lines.insert(at, "    " + chance.choice(fillers))
    assert summary({**APP, "app.py": "\n".join(lines) + "\n"}) == summary(APP)


@given(st.integers(0, 2**16), st.sampled_from(["cut", "shuffle"]))
@settings(max_examples=40, deadline=None)
def test_broken_files_do_not_stop_it(seed: int, how: str) -> None:
    chance = random.Random(seed)
    broken = {}
    for path, text in {
        **APP,
        "server.js": EXPRESS + "app.post('/x', (req, res) => { let x = [req.body]; while (x) { x = x[0]; } eval(x); });\n",
    }.items():
        lines = text.splitlines(keepends=True)
        if how == "shuffle":
            chance.shuffle(lines)
        broken[path] = "".join(lines)[: chance.randint(0, len(text))]
    notes = scan_files({path: text.encode() for path, text in broken.items()}, RULES).notes
    assert [note for note in notes if "could not be read" in note.message] == []


HERE = Path(__file__).parents[2]
REAL = sorted(
    path
    for folder in (HERE / "src" / "batten", HERE / "fixtures")
    for path in folder.rglob("*")
    if path.suffix in (".py", ".js", ".jsx", ".ts", ".tsx") and path.stat().st_size < 6_000
)


@given(
    st.lists(st.sampled_from(REAL), min_size=1, max_size=3, unique=True),
    st.integers(0, 2**16),
    st.sampled_from(["cut", "shuffle", "turn", "bytes"]),
)
@settings(max_examples=15, deadline=None)
def test_real_files_that_are_cut_and_shuffled_do_not_stop_it(paths: list[Path], seed: int, how: str) -> None:
    """All code is lowered and followed, whatever words are left in it."""
    chance = random.Random(seed)
    broken = {}
    for path in paths:
        data = path.read_bytes()
        lines = data.splitlines(keepends=True)
        at = chance.randint(0, len(lines))
        match how:
            case "cut":
                data = data[: chance.randint(0, len(data))]
            case "shuffle":
                chance.shuffle(lines)
                data = b"".join(lines)
            case "turn":
                data = b"".join(lines[at:] + lines[:at])
            case _:
                spoilt = bytearray(data)
                for place in [chance.randrange(len(data)) for _ in range(20)] if data else []:
                    spoilt[place] = chance.randrange(256)
                data = bytes(spoilt)
        broken[path.name] = data
    notes = scan_files(broken, RULES, config=Config(min_confidence=Confidence.LOW)).notes
    assert [note for note in notes if "could not be read" in note.message] == []


def test_deep_and_long_code_is_bounded() -> None:
    chain = "".join(f"def f{n}(x):\n    return f{n + 1}(x)\n\n\n" for n in range(300)) + "def f300(x):\n    return eval(x)\n\n\n"
    long = "".join(f"    a{n} = [a{n - 1}, {{'k': a{n - 1}}}]\n" for n in range(1, 3000))
    text = chain + HEAD + "    a0 = request.args['a']\n" + long + "    f0(a0)\n    return {}\n"
    found = scan_files({"app.py": text.encode()}, RULES)
    assert [note for note in found.notes if "could not be read" in note.message] == []


# With each value looked at once for each that holds it, either would take longer than there is time.
@pytest.mark.parametrize(
    "step", ["a{n} = f'{{a{before}}}-{{a{before}}}'", "a{n} = a{before} if request.args else [a{before}, a{before}][0] + a{before}"]
)
def test_values_that_share_what_is_in_them_are_settled_once(step: str) -> None:
    steps = [step.format(n=n, before=n - 1) for n in range(1, 60)]
    assert kinds("\n".join(["a0 = {'a': given}", "a0['b'] = given", *steps, "eval(a59)"])) == CODE


def test_objects_that_keep_each_other_are_settled_within_bounds() -> None:
    names = [f"l{n}" for n in range(120)]
    made = "".join(f"const {name} = new Link();\n" for name in names)
    tied = "".join(f"{one}.tie({other}); {other}.tie({one});\n" for one, other in pairwise(names))
    text = (
        EXPRESS
        + FUNCTIONS
        + "app.get('/', (req, res) => {\n"
        + made
        + tied * 8
        + "eval(l0.next.next.text); eval(req.query.x); res.json({});\n});\n"
    )
    assert [flow.kind for flow in flows({"server.js": text})] == ["code"]


def test_functions_that_fill_records_by_keys_of_what_they_give_end() -> None:
    """One that hands itself what it has found by a key, and puts by a key what it gives."""
    copy = """
const settings = {};
function copy(into, from, depth) {
  for (const key of Object.keys(from)) {
    if (typeof from[key] === 'object') into[key] = copy(into[key] || {}, copy(from[key], from, depth), depth);
    else into[key] = copy(from[key], into[key], depth + 1) || from[key];
  }
  return into;
}
"""
    text = f"{EXPRESS}{copy}app.post('/', (req, res) => {{ copy(settings, req.body, 0); res.json({{}}); }});\n"
    found = scan_files({"server.js": text.encode()}, RULES)
    assert [(flow.kind, flow.certain) for flow in found.project.flows] == [("prototype-key", True)]
    assert [note for note in found.notes if note.kind is NoteKind.LIMIT] == []


def test_functions_that_build_records_of_what_they_give_themselves_are_soon_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roots, "_MOST_WALKS", 400)
    read = """
function read(json, depth) {
  if (typeof json === 'string') return depth < 3 ? read(JSON.parse(json), depth + 1) : json;
  if (Array.isArray(json)) {
    for (let at = 0; at < json.length; at++) json[at] = read(json[at], depth + 1);
  } else {
    for (const key in json) {
      if (Object.prototype.hasOwnProperty.call(json, key)) json[key] = read(json[key], depth + 1);
    }
  }
  return json;
}
"""
    calls = "eval(read(req.body, 0).a.b.c); eval(read({ a: '1' }, 0).a);"
    found = scan_files({"server.js": f"{EXPRESS}{read}app.post('/', (req, res) => {{ {calls} res.json({{}}); }});\n".encode()}, RULES)
    assert [flow.kind for flow in found.project.flows] == ["code"]
    assert [note for note in found.notes if note.kind is NoteKind.LIMIT] == []


def test_functions_that_build_records_of_what_each_other_give_end_with_a_note() -> None:
    """Each asks the next for what is under other keys: there are more ways than anybody follows."""
    fields = [", ".join(f"k{key}: f{(each + 1 + key) % 3}(x.k{(key + 1) % 4}, d - 1)" for key in range(4)) for each in range(3)]
    functions = [
        f"function f{each}(x, d) {{ if (!d) return x; x.k{each} = f{(each + 1) % 3}(x.k{(each + 2) % 4}); const r = {{ {inner} }}; return r; }}"
        for each, inner in enumerate(fields)
    ]
    handler = "app.post('/run', (req, res) => { const made = f0(req.body, 9); eval(made.k1.k2.k0.k1); res.json(made); });"
    found = scan_files({"server.js": (EXPRESS + "\n".join([*functions, handler])).encode()}, RULES)
    assert [note.kind for note in found.notes if note.kind is NoteKind.LIMIT] == [NoteKind.LIMIT]


def test_a_file_that_is_asked_without_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roots, "_MOST_WALKS", 1)
    body = "    given = request.args['given']\n    kept = pass_on(given)\n    eval(kept)\n    return {}\n"
    found = scan_files({"app.py": ("def pass_on(value):\n    return value\n\n\n" + HEAD + body).encode()}, RULES)
    assert [note.place.path for note in found.notes if note.kind is NoteKind.LIMIT and note.place is not None] == ["app.py"]


# What a property gives back may be another one of the same object, and that the first one again.
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("eval(Pair(given).left)", CODE),
        ("eval(Pair(given).straight)", CODE),
        ("eval(Pair('constant').left)", []),
        ("eval(Calls(given).plain())", CODE),
        ("eval(Calls(given).itself())", []),
    ],
)
def test_methods_of_an_object_that_lead_to_each_other_come_to_an_end(body: str, expected: list[tuple[str, bool | None]]) -> None:
    before = """
class Pair:
    def __init__(self, text):
        self.text = text

    @property
    def left(self):
        return self.right if self.text == "a" else self.text

    @property
    def right(self):
        return self.left

    @property
    def straight(self):
        return self.text


class Calls:
    def __init__(self, text):
        self.text = text

    def plain(self):
        return self.text

    def itself(self):
        return self.itself()
"""
    assert kinds(body, before) == expected


TYPED = """
import re
from collections.abc import Sequence
from typing import Annotated

from annotated_types import Len, Predicate
from fastapi import FastAPI, Query
from pydantic import AfterValidator, BaseModel, Field, StringConstraints, constr

from shared import Bound, Checked, Given, Long

app = FastAPI()
Column = Annotated[str, Len(min_length=1), Predicate(is_column)]
Formed = Annotated[str, StringConstraints(pattern="^[a-z_]+$")]
Plain = Annotated[str, Len(min_length=1)]
Amount = Annotated[int, Field(gt=0)]


class Body(BaseModel):
    checked: Column
    elsewhere: Checked
    formed: str = Field(pattern="^[a-z]+$")
    long: Long
    amount: Amount
    free: str


@app.post("/")
def handler(PARAMETER):
    eval(VALUE)
"""
SHARED = """
from typing import Annotated

from annotated_types import Predicate
from fastapi import Depends
from pydantic import Field

Checked = Annotated[str, Predicate(is_column)]
Long = Annotated[str, Field(max_length=100)]
Given = Annotated[str, Depends(settings)]
Bound = Annotated[str, Field(pattern="^[a-z]+$")]
"""


# What a type says of a value may be that the app looks at it, or what form it has: more than how long it is.
@pytest.mark.parametrize(
    ("parameter", "value", "expected"),
    [
        ("sent: str", "sent", CODE),
        ("sent: Annotated[str, Field(description='what to run')]", "sent", CODE),
        ("sent: Annotated[str, AfterValidator(known)]", "sent", DOUBTED),
        ("sent: Plain", "sent", CODE),
        ("sent: Column", "sent", DOUBTED),
        ("sent: Sequence[Column] = Query(default=())", "sent[0]", DOUBTED),
        ("sent: Sequence[Plain] = Query(default=())", "sent[0]", CODE),
        ("sent: Column | None = None", "sent", DOUBTED),
        ("sent: Formed", "sent", []),
        ("sent: Long", "sent", CODE),
        ("sent: Checked", "sent", DOUBTED),
        ("sent: Bound", "sent", []),
        ("sent: Given", "sent", []),
        ("sent: Body", "sent.checked", DOUBTED),
        ("sent: Body", "sent.elsewhere", DOUBTED),
        ("sent: Body", "sent.formed", []),
        ("sent: Body", "sent.long", CODE),
        ("sent: Body", "sent.amount", []),
        ("sent: Body", "sent.free", CODE),
    ],
)
def test_types_that_look_at_what_is_sent(parameter: str, value: str, expected: list[tuple[str, bool | None]]) -> None:
    source = TYPED.replace("PARAMETER", parameter).replace("VALUE", value)
    found = flows({"requirements.txt": "fastapi\n", "app.py": source, "shared.py": SHARED})
    assert [(flow.kind, flow.certain) for flow in found] == expected


# Who asks a function of the app where a file is asks it of the file that is opened then, by whatever spelling of its name.
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("fs.readFileSync(file)", [("path", True)]),
        ("if (!isWithin(root, file)) throw new Error(); fs.readFileSync(file)", [("path", None)]),
        ("if (!isWithin(path.resolve(root), path.resolve(file))) throw new Error(); fs.readFileSync(file)", [("path", None)]),
        ("if (!insideRoot(path.normalize(file))) throw new Error(); fs.readFileSync(file)", [("path", None)]),
        ("if (escapesRoot(path.resolve(file))) throw new Error(); fs.readFileSync(file)", [("path", None)]),
        ("if (!escapesRoot(path.resolve(file))) throw new Error(); fs.readFileSync(file)", [("path", True)]),
        ("if (!isWithin(root, path.resolve(other))) throw new Error(); fs.readFileSync(file)", [("path", True)]),
        ("if (!isWithin(root, [file].join('/'))) throw new Error(); fs.readFileSync(file)", [("path", True)]),
        ("if (isWithin(root, path.resolve(file))) log('yes'); fs.readFileSync(file)", [("path", True)]),
    ],
)
def test_functions_that_look_at_where_a_file_is(body: str, expected: list[tuple[str, bool | None]]) -> None:
    source = f"""
const express = require("express"), fs = require("fs"), path = require("path");
const {{ isWithin, insideRoot, escapesRoot }} = require("./places");
const app = express();
app.get("/file", (req, res) => {{
  const other = path.join(root, req.query.other);
  const file = path.join(root, req.query.name);
  {body};
  res.end();
}});
"""
    found = flows({"package.json": '{ "dependencies": { "express": "5.0.0" } }', "app.js": source})
    assert [(flow.kind, flow.certain) for flow in found] == expected


# 60 records of 60 records of 60 records: more parts than any memory holds, in a file of a few lines.
def test_options_that_name_each_other_many_times_are_not_known() -> None:
    records = "".join(f"const L{depth + 1} = {{ {', '.join(f'k{number}: L{depth}' for number in range(60))} }};\n" for depth in range(5))
    source = f"""
const https = require("https");
const L0 = {{ rejectUnauthorized: false }};
{records}
const SETTINGS = {{ rejectUnauthorized: false }};
module.exports = [new https.Agent(L5), new https.Agent(SETTINGS)];
"""
    found = scan_files({"agents.js": source.encode()}, RULES).findings
    assert [(finding.rule, source[finding.place.span.start : finding.place.span.end]) for finding in found] == [
        ("disabled-certificate-verification", "new https.Agent(SETTINGS)")
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("if (!at.startsWith(ROOT + path.sep)) return res.end(); res.json(names.map((name) => fs.readFileSync(at)));", False),
        ("if (!at.startsWith(ROOT + path.sep)) return res.end(); names.forEach((name) => { later(() => fs.readFileSync(at)); });", False),
        ("if (!at.startsWith(ROOT + path.sep)) return res.end(); names.map(function (name) { return fs.readFileSync(at); });", False),
        ("names.map((name) => fs.readFileSync(at)); if (!at.startsWith(ROOT + path.sep)) return res.end();", True),
        ("if (at.startsWith(ROOT + path.sep)) log(at); names.map((name) => fs.readFileSync(at));", True),
        ("if (!at.startsWith(ROOT + path.sep)) return res.end(); names.map((name) => fs.readFileSync(at)); at = req.query.at;", True),
        ("read(); if (!at.startsWith(ROOT + path.sep)) return res.end(); function read() { return fs.readFileSync(at); }", True),
        ("if (!other.startsWith(ROOT + path.sep)) return res.end(); names.map((name) => fs.readFileSync(at));", True),
    ],
)
def test_a_function_without_a_name_finds_what_was_tested_before_it_was_made(body: str, *, told: bool) -> None:
    text = f"""import express from "express";
import fs from "node:fs";
import path from "node:path";
const app = express();
const ROOT = "/srv/files";
app.get("/", (req, res) => {{
  let at = path.resolve(ROOT, req.query.at);
  const other = path.resolve(ROOT, req.query.other);
  const names = ["a"];
  {body}
}});
"""
    found = flows({"app.js": text, "package.json": "{}"})
    assert bool([flow for flow in found if flow.kind == "path"]) == told


REACHING = """
import subprocess

from flask import Flask, request

app = Flask(__name__)


@app.get("/reach")
def reach():
    CALL
    return {}
"""


@pytest.mark.parametrize(
    ("call", "certain"),
    [
        ('subprocess.run("ping -c 1 " + request.args["host"])', None),
        ("subprocess.Popen(args=f\"ping -c 1 {request.args['host']}\", shell=False)", None),
        ('subprocess.run("ping -c 1 " + request.args["host"], shell=app.config["SHELL"])', True),
        ('subprocess.run("ping -c 1 " + request.args["host"], **options)', True),
        ('subprocess.getoutput("ping -c 1 " + request.args["host"])', True),
        ('subprocess.run("tools/" + request.args["tool"])', True),
        ('subprocess.run(request.args["program"])', True),
    ],
)
def test_a_text_that_no_shell_reads_names_no_program(call: str, certain: bool | None) -> None:
    found = flows({"app.py": REACHING.replace("CALL", call)})
    assert [(flow.kind, flow.certain) for flow in found] == [("command", certain)]
