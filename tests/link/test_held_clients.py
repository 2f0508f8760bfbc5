"""Clients of databases that a file of the app makes: whatever the way to them, a request through one says as much as one through a package's."""

import re

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["unauthenticated-read-route", "object-without-owner-check", "client-supplied-identity"])
MADE = 'import { PrismaClient } from "@prisma/client";\n'
AUTH = """import jwt from "jsonwebtoken";
export function signedIn(req, res, next) {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET); } catch { return res.status(401).end(); }
  next();
}
"""
CASES = (
    ("get /shared/:id", "", "findFirst({ where: { id: req.params.id, isPublic: true } })"),
    ("get /messages/:id", "", "findFirst({ where: { id: req.params.id } })"),
    ("get /own/:id", "signedIn,", "findFirst({ where: { id: req.params.id, userId: req.user.id } })"),
    ("get /any/:id", "signedIn,", "findFirst({ where: { id: req.params.id } })"),
    ("post /messages", "", "create({ data: { text: req.body.text, userId: req.body.userId } })"),
)
TOLD = {"GET /messages/:id", "GET /any/:id", "POST /messages"}


@pytest.mark.parametrize(
    ("made", "used", "name"),
    [
        ("export const prisma = new PrismaClient();", 'import { prisma } from "@acme/db";', "prisma"),
        ("export const prisma = new PrismaClient();", 'import { prisma } from "../lib/db";', "prisma"),
        ("export const prisma = new PrismaClient();", 'import { prisma as db } from "@/lib/db";', "db"),
        ("const prisma = new PrismaClient();\nexport default prisma;", 'import prisma from "../lib/db";', "prisma"),
        ("export const db = new PrismaClient();", 'import * as lib from "../lib/db";', "lib.db"),
        ("export const prisma = new PrismaClient();", 'import { prisma } from "../lib";', "prisma"),
        (
            "export function client() { return new PrismaClient(); }",
            'import { client } from "../lib/db";\nconst prisma = client();',
            "prisma",
        ),
        ("const g = globalThis;\nexport const prisma = g.prisma ?? new PrismaClient();", 'import { prisma } from "../lib/db";', "prisma"),
        ("module.exports = new PrismaClient();", 'const prisma = require("../lib/db");', "prisma"),
        ("module.exports = { prisma: new PrismaClient() };", 'const { prisma } = require("../lib/db");', "prisma"),
    ],
)
def test_requests_say_as_much_by_every_way_to_a_client(made: str, used: str, name: str) -> None:
    routes = "".join(
        f'router.{way.split()[0]}("{way.split()[1]}", {before} async (req, res) => res.json(await {name}.message.{asked}));\n'
        for way, before, asked in CASES
    )
    files = {
        "package.json": '{"name": "shop", "dependencies": {"express": "5", "@prisma/client": "6", "jsonwebtoken": "9"}, "workspaces": ["packages/*"]}',
        "packages/db/package.json": '{"name": "@acme/db", "main": "../../lib/db.ts"}',
        "tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./*"]}}}',
        "lib/db.ts": MADE + made,
        "lib/index.ts": 'export { prisma } from "./db";' if "prisma =" in made else "",
        "lib/auth.ts": AUTH,
        "routes/messages.ts": f'import {{ Router }} from "express";\nimport {{ signedIn }} from "../lib/auth";\n{used}\nexport const router = Router();\n{routes}',
        "index.ts": 'import express from "express";\nimport { router } from "./routes/messages";\nconst app = express();\napp.use(router);\n',
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).findings
    assert {named[0] for each in found if (named := re.search(r"(?:GET|POST) /[\w/:]+\b", each.message))} == TOLD


def test_a_model_that_a_module_exports_is_called_like_the_module() -> None:
    files = {
        "package.json": '{"dependencies": {"express": "5", "mongoose": "8"}}',
        "models/Letter.js": 'import mongoose from "mongoose";\nexport default mongoose.model("Letter", new mongoose.Schema({ userId: String }));\n',
        "index.js": """import express from "express";
import Letter from "./models/Letter.js";
const app = express();
app.post("/letters", async (req, res) => res.json(await Letter.create({ userId: req.body.userId })));
""",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).findings
    assert [each.message.partition(" in the name")[0] for each in found] == ["POST /letters writes rows of letter"]


@pytest.mark.parametrize(
    ("gives", "told"),
    [
        ("return mysql.connector.connect(host='db')", True),
        ("self.connection = mysql.connector.connect(host='db')\n        return self.connection", True),
        (
            "if self.connection is None:\n            self.connection = mysql.connector.connect(host='db')\n        return self.connection",
            True,
        ),
        ("return self.name", False),
    ],
)
def test_a_connection_that_an_object_of_the_app_keeps_and_gives(gives: str, told: bool) -> None:
    db = f"import mysql.connector\n\n\nclass Database:\n    def __init__(self):\n        self.connection = None\n        self.name = 'shop'\n\n    def connect(self):\n        {gives}\n\n\ndb = Database()\n"
    app = "from flask import Flask, request\nfrom database import db\n\napp = Flask(__name__)\n\n\n@app.post('/songs')\ndef add():\n    cursor = db.connect().cursor()\n    cursor.execute('INSERT INTO songs (title) VALUES (%s)', (request.json['title'],))\n    return {}\n"
    files = {"requirements.txt": b"flask\nmysql-connector-python\n", "database.py": db.encode(), "app.py": app.encode()}
    found = scan_files(files, ALL.select(["unauthenticated-write-route"])).findings
    assert [each.rule for each in found] == ["unauthenticated-write-route"] * told
