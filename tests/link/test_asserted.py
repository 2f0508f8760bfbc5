"""Values that the app's own functions look at: what they hold of a parameter, or of what stands under a key of it, holds for whoever calls them."""

from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["sql-injection"])
DAYS = r"""
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
export function parse(text) { const found = text.match(DAY); if (!found) return null; return { year: Number(found[1]) }; }
export const fits = (text) => DAY.test(text);
export const misfits = (text) => !DAY.test(text);
export function often(text, lax) { if (lax) return true; return DAY.test(text); }
export function assertDay(text) { if (!fits(text)) throw new Error("no day"); }
export function assertSecond(label, text) { if (!DAY.test(text)) throw new Error("no day"); }
export function assertRange(range) { const from = range.from?.trim() || undefined; if (from) { if (!parse(from)) throw new Error("no day"); } }
export function assertSome(range) { if (range.kind) { if (!parse(range.from)) throw new Error("no day"); } }
export function assertUnlogged(text) { if (!DAY.test(text)) console.warn("no day"); }
export function assertInCase(text) { try { assertDay(text); } catch { return; } }
export function looks(text) { DAY.test(text); }
"""
QUIET = {
    "by-yes": "if (!fits(day)) return res.end();",
    "by-result": "if (!parse(day)) return res.end();",
    "by-end": "assertDay(day);",
    "by-place": "assertSecond('from', day);",
    "under-a-key": "assertRange({ from: day });",
    "twice-removed": "const range = { from: day }; assertRange(range);",
}
TOLD = {
    "by-no": "if (!misfits(day)) return res.end();",
    "by-another": "if (!often(day, req.query.lax)) return res.end();",
    "other-place": "assertSecond(day, '2024-01-01');",
    "other-key": "assertRange({ until: day });",
    "in-some-cases": "assertSome({ kind: req.query.kind, from: day });",
    "goes-on": "assertUnlogged(day);",
    "caught": "try { assertDay(day); } catch { console.warn('no day'); }",
    "caught-within": "assertInCase(day);",
    "not-tested": "looks(day);",
    "other-value": "assertDay(req.query.until);",
    "later": "res.on('finish', () => assertDay(day));",
}
APP = """import express from "express";
import { Pool } from "pg";
import { assertDay, assertInCase, assertRange, assertSecond, assertSome, assertUnlogged, fits, looks, misfits, often, parse } from "./days.js";
const app = express();
const pool = new Pool();
"""


def test_what_functions_of_the_app_hold_of_what_they_are_handed() -> None:
    routes = [
        f"app.get('/{name}', async (req, res) => {{ const day = req.query.from; {body} res.json(await pool.query(`select * from sales where day > '${{day}}'`)); }});"
        for name, body in (QUIET | TOLD).items()
    ]
    app = f"{APP}{chr(10).join(routes)}\napp.listen(3000);\n"
    files = {"package.json": b'{"dependencies": {"express": "5.0.0", "pg": "8.0.0"}}', "days.js": DAYS.encode(), "server.js": app.encode()}
    told = [
        app[: finding.place.span.start].rpartition("app.get('/")[2].partition("'")[0]
        for finding in scan_files(files, RULES).findings
        if finding.confidence.value != "low"
    ]
    assert sorted(told) == sorted(TOLD)


def test_the_same_in_python() -> None:
    app = r"""import re
import sqlite3
from flask import Flask, request
app = Flask(__name__)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
def fits(text):
    return DAY.fullmatch(text) is not None
def parse(text):
    found = DAY.fullmatch(text)
    if not found:
        return None
    return {"year": found[1]}
def require_day(text):
    if not parse(text):
        raise ValueError(text)
def require_something(text):
    if not text:
        raise ValueError(text)
def sales(day):
    return sqlite3.connect("sales.db").execute(f"select * from sales where day > '{day}'").fetchall()
@app.get("/parsed")
def parsed():
    day = request.args["day"]
    if not parse(day):
        return "", 400
    return sales(day)
@app.get("/required")
def required():
    day = request.args["day"]
    require_day(day)
    return sales(day)
@app.get("/there")
def there():
    day = request.args["day"]
    require_something(day)
    return sqlite3.connect("sales.db").execute(f"select * from sales where day < '{day}'").fetchall()
"""
    findings = scan_files({"app.py": app.encode(), "requirements.txt": b"flask\n"}, RULES).findings
    assert ["day <" in app[finding.place.span.start : finding.place.span.end] for finding in findings] == [True]
