"""One handler for several methods: each route has what its own method may do."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

HEAD = """from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


def keep(note):
    db.session.add(note)
    db.session.commit()


@app.route("/notes", methods=["GET", "POST", "DELETE"])
def notes():
"""


def writes(body: str) -> list[str]:
    """The methods by which the handler writes."""
    text = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    found = scan_files({"app.py": text.encode()}, RULES).project.routes
    return sorted(route.method for route in found if route.writes)


@pytest.mark.parametrize(
    ("body", "methods"),
    [
        ("keep(request.json)", ["DELETE", "GET", "POST"]),
        ("if request.method == 'POST':\n    keep(request.json)", ["POST"]),
        ("if 'POST' == request.method:\n    keep(request.json)", ["DELETE", "GET", "POST"]),
        ("if request.method == 'POST' and request.json:\n    keep(request.json)", ["POST"]),
        ("if request.method == 'POST' or request.json:\n    keep(request.json)", ["DELETE", "GET", "POST"]),
        ("if request.method in ('POST', 'DELETE'):\n    keep(request.json)", ["DELETE", "POST"]),
        ("if request.method not in ('POST', 'DELETE'):\n    return []\nkeep(request.json)", ["DELETE", "POST"]),
        ("if request.method != 'POST':\n    return []\nkeep(request.json)", ["POST"]),
        ("if request.method == 'GET':\n    return []\nkeep(request.json)", ["DELETE", "POST"]),
        ("if request.method == 'GET':\n    print(1)\nkeep(request.json)", ["DELETE", "GET", "POST"]),
        ("if request.method == 'GET':\n    return []\nelse:\n    keep(request.json)", ["DELETE", "POST"]),
        ("if request.method == 'GET':\n    pass\nelif request.method == 'POST':\n    keep(request.json)", ["POST"]),
        ("try:\n    if request.method == 'POST':\n        keep(request.json)\nexcept ValueError:\n    pass", ["POST"]),
        ("with db.session.begin():\n    if request.method == 'POST':\n        keep(request.json)", ["POST"]),
        ("for note in request.json:\n    if request.method == 'GET':\n        return []\nkeep(request.json)", ["DELETE", "GET", "POST"]),
    ],
)
def test_what_a_method_may_do(body: str, methods: list[str]) -> None:
    assert writes(body) == methods


def test_a_route_of_any_method_may_do_all() -> None:
    text = """import { prisma } from "../../lib/db"
export default async function handler(req, res) {
  if (req.method === "POST") { await prisma.note.create({ data: req.body }) }
  res.end()
}
"""
    database = 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'
    files = {"package.json": '{"dependencies": {"next": "15"}}', "lib/db.ts": database, "pages/api/notes.ts": text}
    found = scan_files({path: data.encode() for path, data in files.items()}, RULES).project.routes
    assert [(route.method, route.writes) for route in found] == [("ANY", True)]
