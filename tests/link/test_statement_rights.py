"""Roles that statements of SQL write into the records of accounts, as the request names them."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["untrusted-role-source", "mass-assignment"])
FLASK = """
import sqlite3
from flask import Flask, request
from flask_login import current_user, login_required
from sqlalchemy import create_engine, text
app = Flask(__name__)
engine = create_engine("sqlite:///shop.db")
@app.post("/register")
def register():
    data = request.get_json()
    role = data.get("role", "buyer")
    cursor = sqlite3.connect("shop.db").cursor()
    with engine.connect() as connection:
        STATEMENT
    return {}
"""


def told(text: str) -> list[str]:
    return [finding.rule for finding in scan_files({"requirements.txt": b"flask\n", "app.py": text.encode()}, RULES).findings]


@pytest.mark.parametrize(
    "statement",
    [
        'cursor.execute("INSERT INTO users (name, role) VALUES (?, ?)", (data["name"], role))',
        'cursor.execute("INSERT INTO users (name, secret, role) VALUES (%s, crypt(%s), %s)", [data["name"], data["secret"], role])',
        'cursor.execute("insert or ignore into accounts (name, is_admin) values (?, ?)", (data["name"], data["is_admin"]))',
        'cursor.execute("INSERT INTO users (name, role) VALUES (:name, :role)", {"name": data["name"], "role": role})',
        'cursor.execute("INSERT INTO users (name, role) VALUES (%(name)s, %(r)s)", {"name": data["name"], "r": role})',
        'connection.execute(text("INSERT INTO users (name, role_id) VALUES (:name, :role)"), {"name": data["name"], "role": data["role_id"]})',
        'cursor.execute("UPDATE users SET name = ?, role = ? WHERE name = ?", (data["name"], role, data["name"]))',
        "cursor.execute('''\n            INSERT INTO \"users\" (\"name\", \"role\")\n            VALUES (?, ?)\n        ''', (data['name'], role))",
    ],
)
def test_a_role_that_the_request_names(statement: str) -> None:
    assert told(FLASK.replace("STATEMENT", statement)) == ["untrusted-role-source"]


@pytest.mark.parametrize(
    "statement",
    [
        'cursor.execute("INSERT INTO users (name, role) VALUES (?, ?)", (data["name"], "buyer"))',
        """cursor.execute("INSERT INTO users (name, role) VALUES (?, 'buyer')", (role,))""",
        'cursor.execute("INSERT INTO users (name, shown) VALUES (?, ?)", (data["name"], role))',
        'cursor.execute("INSERT INTO credits (film, role) VALUES (?, ?)", (data["film"], role))',
        'cursor.execute("UPDATE users SET name = ? WHERE role = ?", (data["name"], role))',
        'cursor.execute("SELECT * FROM users WHERE role = ?", (role,))',
        'if role not in ("buyer", "seller"):\n            return {}\n        cursor.execute("INSERT INTO users (name, role) VALUES (?, ?)", (data["name"], role))',
    ],
)
def test_what_the_app_says_itself_and_what_is_no_role_of_an_account(statement: str) -> None:
    assert told(FLASK.replace("STATEMENT", statement)) == []


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ('if session.get("role") != "admin":\n        return jsonify({"error": "no"})', []),
        ('if session["role"] != "admin":\n        return jsonify({"error": "no"}), 403', []),
        ('if session.get("user_id") is None:\n        return jsonify({"error": "no"}), 401', ["mass-assignment"]),
    ],
)
def test_a_role_that_some_may_write(check: str, expected: list[str]) -> None:
    main = FLASK.replace("import Flask, request", "import Flask, jsonify, request, session").replace("/register", "/people")
    statement = 'cursor.execute("INSERT INTO users (name, role) VALUES (?, ?)", (data["name"], role))'
    main = main.replace("    data = request.get_json()", f"    {check}\n    data = request.get_json()").replace("STATEMENT", statement)
    assert told(main) == expected


def test_a_statement_of_a_driver_that_takes_its_values_one_by_one() -> None:
    main = """
import asyncpg
from fastapi import FastAPI
from pydantic import BaseModel
app = FastAPI()
class Joining(BaseModel):
    name: str
    role: str
@app.post("/register")
async def register(given: Joining):
    connection = await asyncpg.connect("postgresql://localhost/shop")
    await connection.execute("INSERT INTO users (name, role) VALUES ($1, $2)", given.name, given.role)
"""
    assert told(main) == ["untrusted-role-source"]


def test_a_statement_in_javascript() -> None:
    server = """
import express from "express";
import pg from "pg";
const app = express();
const pool = new pg.Pool();
app.post("/register", async (req, res) => {
  const { name, role } = req.body;
  await pool.query("INSERT INTO users (name, role) VALUES ($1, $2)", [name, role]);
  res.json({});
});
"""
    files = {"package.json": b'{"dependencies": {"express": "5.0.0", "pg": "8.0.0"}}', "server.js": server.encode()}
    assert [finding.rule for finding in scan_files(files, RULES).findings] == ["untrusted-role-source"]
