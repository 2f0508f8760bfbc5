"""Statements that functions of the app's own are handed and run: what a route does is told by the statement, and whose rows they are about by what it is handed."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["unauthenticated-write-route", "unauthenticated-read-route", "object-without-owner-check"])
HELPERS = """
import sqlite3
def query_db(sql, args=(), one=False):
    rows = sqlite3.connect("shelf.db").execute(sql, args).fetchall()
    return rows[0] if one else rows
def on(connection, statement, params):
    cursor = connection.cursor()
    cursor.execute(statement, params)
    return cursor.fetchone()
def again(sql, args):
    return query_db(sql, args)
def note(sql, args):
    print(sql, args)
class Database:
    def __init__(self):
        self.connection = sqlite3.connect("shelf.db")
    def run(self, sql, params=None):
        return self.connection.cursor().execute(sql, params or ())
"""
APP = """
from flask import Flask, redirect, session
from helpers import Database, again, note, on, query_db
app = Flask(__name__)
store = Database()
connection = store.connection
@app.get("/invoices")
def mine():
    if "user_id" not in session:
        return redirect("/login")
    return query_db("SELECT * FROM invoices WHERE user_id = ?", (session["user_id"],))
@app.post("/invoices/<int:key>")
def one(key):
    {body}
"""
ASKS = "if 'user_id' not in session:\n        return redirect('/login')\n    "
SCRIPT = {
    "package.json": '{ "dependencies": { "express": "5.0.0", "pg": "8.0.0", "@clerk/express": "1.0.0" } }',
    "db.js": 'const { Pool } = require("pg");\nconst pool = new Pool();\nasync function query(text, params) { return (await pool.query(text, params)).rows; }\nmodule.exports = { query };\n',
    "server.js": """
const express = require("express");
const { requireAuth } = require("@clerk/express");
const db = require("./db");
const app = express();
app.get("/invoices", requireAuth(), async (req, res) => { res.json(await db.query("SELECT * FROM invoices WHERE user_id = $1", [req.auth.userId])); });
app.delete("/invoices/:id", requireAuth(), async (req, res) => { res.json(await db.query("DELETE FROM invoices WHERE id = $1", [req.params.id])); });
app.delete("/old/:id", async (req, res) => { res.json(await db.query("DELETE FROM invoices WHERE id = $1", [req.params.id])); });
""",
}


def told(files: dict[str, str]) -> list[str]:
    return sorted(finding.rule for finding in scan_files({path: text.encode() for path, text in files.items()}, RULES).findings)


@pytest.mark.parametrize(
    "call",
    [
        'query_db("DELETE FROM invoices WHERE id = ?", (key,))',
        'query_db(sql="UPDATE invoices SET paid = 1 WHERE id = ?", args=(key,))',
        'again("DELETE FROM invoices WHERE id = ?", (key,))',
        'on(connection, "DELETE FROM invoices WHERE id = ?", (key,))',
        'store.run("DELETE FROM invoices WHERE id = ?", (key,))',
    ],
)
def test_a_function_runs_what_it_is_handed(call: str) -> None:
    files = {"requirements.txt": "flask\n", "helpers.py": HELPERS}
    assert told({**files, "app.py": APP.format(body=f"{call}\n    return 'ok'")}) == ["unauthenticated-write-route"]
    assert told({**files, "app.py": APP.format(body=f"{ASKS}{call}\n    return 'ok'")}) == ["object-without-owner-check"]


def test_a_statement_names_the_caller_or_is_not_run() -> None:
    files = {"requirements.txt": "flask\n", "helpers.py": HELPERS}
    own = 'query_db("DELETE FROM invoices WHERE id = ? AND user_id = ?", (key, session["user_id"]))\n    return "ok"'
    assert told({**files, "app.py": APP.format(body=ASKS + own)}) == []
    compared = 'row = query_db("SELECT * FROM invoices WHERE id = ?", (key,), one=True)\n    if row["user_id"] != session["user_id"]:\n        return "no", 403\n    query_db("DELETE FROM invoices WHERE id = ?", (key,))\n    return "ok"'
    assert told({**files, "app.py": APP.format(body=ASKS + compared)}) == []
    noted = 'note("DELETE FROM invoices WHERE id = ?", (key,))\n    return "ok"'
    assert told({**files, "app.py": APP.format(body=noted)}) == []


def test_a_script_runs_what_it_is_handed() -> None:
    assert told(SCRIPT) == ["object-without-owner-check", "unauthenticated-write-route"]
