"""Values that a function has looked at are still what they were: records, names, statements and templates behind a test."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

PYTHON = "from flask import Flask, request\nfrom jinja2 import Environment, FileSystemLoader\nfrom models import User, db\n\napp = Flask(__name__)\n"
EXPRESS = 'const express = require("express");\nconst app = express();\napp.use(express.json());\n'
CARD = {"templates/card.html": "<b>{{ name }}</b>", "views/card.html": "<b>{{ name }}</b>"}
TEMPLATE = """environment = Environment(loader=FileSystemLoader("templates"))
@app.get("/card")
def card():
    template = environment.get_template("card.html")
    if not known(template):
        return "", 404
    return template.render(name=request.args["name"])
"""
OPTIONS = """const nunjucks = require("nunjucks");
const options = { autoescape: false };
if (!known(options)) throw new Error();
nunjucks.configure("views", options);
app.get("/card", (req, res) => res.render("card.html", { name: req.query.name }));
"""
STATEMENT = """const db = require("better-sqlite3")("a.db");
app.post("/join", (req, res) => {
  const keep = db.prepare("INSERT INTO users (name, password) VALUES (?, ?)");
  if (!known(keep)) return res.status(500).end();
  keep.run(req.body.name, req.body.password);
  res.end();
});
"""
VALUES = """const db = require("mysql2").createPool({});
app.post("/join", (req, res) => {
  const values = [req.body.name, req.body.password];
  if (!known(values)) return res.status(400).end();
  db.query("INSERT INTO users (name, password) VALUES (?, ?)", values);
  res.end();
});
"""
ROW = """const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
app.post("/join", async (req, res) => {
  const row = { data: req.body };
  if (!known(row)) return res.status(400).end();
  await prisma.user.create(row);
  res.end();
});
"""
ROLE = """@app.post("/join")
def join():
    sent = request.get_json()
    user = User(name=sent["name"])
    boss = bool(sent["is_admin"])
    if not known(boss):
        return "", 400
    user.is_admin = boss
    db.session.add(user)
    db.session.commit()
    return ""
"""
STORAGE = """const multer = require("multer");
const options = { destination: "public/uploads", filename: (req, file, done) => done(null, file.originalname) };
if (!known(options)) throw new Error();
const upload = multer({ storage: multer.diskStorage(options) });
app.use("/uploads", express.static("public/uploads"));
app.post("/pictures", upload.single("picture"), (req, res) => res.end());
"""
ASKED = 'const options = { url: "/api/notes", success: (rows) => { document.body.innerHTML = rows[0].html; } };\nif (known(options)) $.ajax(options);\n'
SHOWN = 'const show = (rows) => { document.body.innerHTML = rows[0].html; };\nif (known(show)) $.get("/api/notes", show);\n'
HEARD = """const socket = new WebSocket("wss://notes.example");
function put(event) { document.body.innerHTML = event.data; }
if (known(put)) socket.addEventListener("message", put);
"""


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("app.py", PYTHON + TEMPLATE, "request-data-in-html"),
        ("app.js", EXPRESS + OPTIONS, "request-data-in-html"),
        ("app.js", EXPRESS + STATEMENT, "weak-password-storage"),
        ("app.js", EXPRESS + VALUES, "weak-password-storage"),
        ("app.js", EXPRESS + ROW, "mass-assignment"),
        ("app.py", PYTHON + ROLE, "untrusted-role-source"),
        ("app.js", EXPRESS + STORAGE, "unrestricted-file-upload"),
        ("public/app.js", ASKED, "untrusted-html"),
        ("public/app.js", SHOWN, "untrusted-html"),
        ("public/app.js", HEARD, "untrusted-html"),
    ],
)
def test_a_test_takes_nothing_away(path: str, text: str, rule: str) -> None:
    files = {path: text, **CARD}
    found = {each.rule for each in scan_files({name: data.encode() for name, data in files.items()}, RULES).findings}
    assert found - {"unauthenticated-write-route"} == {rule}
