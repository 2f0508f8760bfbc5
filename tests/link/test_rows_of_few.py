"""A table that only few have a row in says who may do something, where who has none is refused."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["login-only-privileged-operation", "client-supplied-identity"])
APP = """
import os
import sqlite3
from flask import Flask, redirect, request, session
app = Flask(__name__)
app.secret_key = os.environ["KEY"]
@app.post("/signup")
def signup():
    with sqlite3.connect("d.db") as connection:
        connection.execute("INSERT INTO users (email, hash) VALUES (?, ?)", (request.form["email"], "x"))
        {filled}
    return redirect("/")
@app.post("/desk/edit/<string:whom>")
def edit(whom):
    email = session.get("email")
    if not email:
        return redirect("/login")
    with sqlite3.connect("d.db") as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT email FROM {table} WHERE email = ?", ({asked},))
        if not cursor.fetchone():
            return "not for you", {status}
        cursor.execute("UPDATE users SET email = ? WHERE email = ?", (request.form["email"], whom))
        connection.commit()
    return redirect("/")
"""
TOLD = ["login-only-privileged-operation"]


@pytest.mark.parametrize(
    ("table", "asked", "status", "filled", "expected"),
    [
        ("operators", "email", 403, "pass", []),
        ("users", "email", 403, "pass", TOLD),
        ("operators", "whom", 403, "pass", TOLD),
        ("operators", "email", 404, "pass", TOLD),
        # whoever signs up has a row in it
        ("operators", "email", 403, "connection.execute('INSERT INTO operators (email) VALUES (?)', (request.form['email'],))", TOLD),
    ],
)
def test_a_row_of_few_is_a_right(table: str, asked: str, status: int, filled: str, expected: list[str]) -> None:
    source = APP.format(table=table, asked=asked, status=status, filled=filled)
    assert [finding.rule for finding in scan_files({"app.py": source.encode()}, RULES).findings] == expected
