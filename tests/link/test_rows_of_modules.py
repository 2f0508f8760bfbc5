"""Servers whose rows are in the lists and files of a module: what their routes do is told as of any database."""

import re

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(
    ["unauthenticated-admin-route", "unauthenticated-read-route", "unauthenticated-write-route", "object-without-owner-check"]
)
SERVER = """const express = require("express");
const fs = require("fs");
const jwt = require("jsonwebtoken");
const { readOrders, writeOrders } = require("./orders");
const app = express();
app.use(express.json());
let patients = [];
const faqs = [{ question: "When?", answer: "Now" }];
const hits = new Map();
function signedIn(req, res, next) {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET); next(); } catch (e) { return res.status(401).json({}); }
}
app.post("/patients", signedIn, (req, res) => { patients.push({ ...req.body, userId: req.user.id }); res.json({}); });
app.get("/mine", signedIn, (req, res) => res.json(patients.filter((p) => p.userId === req.user.id)));
app.get("/faqs", (req, res) => { hits.set(req.ip, 1); res.json(faqs); });
app.get("/api/admin/patients", (req, res) => res.json(patients));
app.delete("/api/admin/patients/:id", (req, res) => { patients = patients.filter((p) => p.id !== req.params.id); res.json({}); });
app.put("/patients/:id", signedIn, (req, res) => {
  const patient = patients.find((p) => p.id === req.params.id);
  Object.assign(patient, req.body);
  res.json(patient);
});
app.delete("/own/:id", signedIn, (req, res) => {
  patients = patients.filter((p) => !(p.id === req.params.id && p.userId === req.user.id));
  res.json({});
});
app.get("/orders", (req, res) => res.json(readOrders()));
app.delete("/orders/:id", (req, res) => {
  const orders = readOrders();
  writeOrders(orders.filter((o) => o.id !== req.params.id));
  res.json({});
});
app.listen(3000);
"""
ORDERS = """const fs = require("fs");
exports.readOrders = () => JSON.parse(fs.readFileSync("orders.json", "utf8"));
exports.writeOrders = (orders) => fs.writeFileSync("orders.json", JSON.stringify(orders));
"""


def test_routes_over_lists_and_files() -> None:
    files = {"package.json": '{"dependencies": {"express": "5", "jsonwebtoken": "9"}}', "server.js": SERVER, "orders.js": ORDERS}
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).findings
    named = ((each.rule, re.search(r"(?:GET|PUT|POST|DELETE) /[\w/:]+\b", each.message)) for each in found)
    assert sorted((rule, route[0]) for rule, route in named if route is not None) == [
        ("object-without-owner-check", "PUT /patients/:id"),
        ("unauthenticated-admin-route", "DELETE /api/admin/patients/:id"),
        ("unauthenticated-admin-route", "GET /api/admin/patients"),
        ("unauthenticated-read-route", "GET /orders"),
        ("unauthenticated-write-route", "DELETE /orders/:id"),
    ]


STORES = {
    "nedb": 'const Datastore = require("@seald-io/nedb");\nconst orders = new Datastore({ filename: "orders.db" });',
    "nedb-promises": 'const Datastore = require("nedb-promises");\nconst orders = Datastore.create("orders.db");',
    "lowdb-1": 'const low = require("lowdb");\nconst FileSync = require("lowdb/adapters/FileSync");\nconst db = low(new FileSync("db.json"));',
    "lowdb-7": 'import { JSONFilePreset } from "lowdb/node";\nconst db = await JSONFilePreset("db.json", { orders: [] });',
    "node-json-db": 'import { Config, JsonDB } from "node-json-db";\nconst db = new JsonDB(new Config("orders", true));',
}


@pytest.mark.parametrize(
    ("store", "deed", "told"),
    [
        ("nedb", "orders.remove({ _id: req.params.id }, {}, () => res.end());", "database-delete"),
        ("nedb", "orders.update({ _id: req.params.id }, { $set: req.body }, {}, () => res.end());", "database-write"),
        ("nedb", "orders.find({}, (error, found) => res.json(found));", "database-read"),
        ("nedb-promises", "res.json(await orders.insert(req.body));", "database-write"),
        ("lowdb-1", 'db.get("orders").remove({ id: req.params.id }).write(); res.end();', "file-write"),
        ("lowdb-1", 'res.json(db.get("orders").value());', "database-read"),
        ("lowdb-7", "db.data.orders.push(req.body); await db.write(); res.end();", "file-write"),
        ("node-json-db", 'await db.push("/orders/" + req.params.id, req.body); res.end();', "database-write"),
        ("node-json-db", 'await db.delete("/orders/" + req.params.id); res.end();', "database-delete"),
        ("node-json-db", 'res.json(await db.getData("/orders"));', "database-read"),
    ],
)
def test_stores_that_are_a_file(store: str, deed: str, told: str) -> None:
    text = f'import express from "express";\n{STORES[store]}\nconst app = express();\napp.all("/orders/:id", async (req, res) => {{ {deed} }});\n'
    project = scan_files({"package.json": b'{ "dependencies": { "express": "5" } }', "server.js": text.encode()}, RULES).project
    assert [effect.kind.value for route in project.routes for effect in route.effects] == [told]
