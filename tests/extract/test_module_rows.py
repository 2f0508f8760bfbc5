"""Rows that JavaScript keeps in the names of a module and in files: what its functions ask of them."""

import kept_rows
import pytest

from batten.code.lower_javascript import lower

MODULE = """
import fs from "fs";
import { loans } from "./data/loans";
import { visits } from "./visits";
import db from "./db";
import seats from "./seats.json";
import { readFines, writeFines } from "./fines";
const FILE = path.join(__dirname, "notes.json");
let members = [];
const readers = new Map();
const shop = { orders: [], carts: [] };
const shelves = [{ id: 1, name: "a" }];
const rateLimits = new Map();
const hits = new Map();
const PLANS = [{ id: 1 }];
const tags = ["a", "b"];
const faqs = [{ id: 1, text: "a" }];
function fill(row) { members.push(row); readers.set(row.id, row); shop.orders.push(row); shelves.push(row); rateLimits.set(row.id, row); PLANS.push(row); loans.unshift(row); }
const readNotes = () => JSON.parse(fs.readFileSync(FILE, "utf8"));
function readData() { if (!fs.existsSync("db.json")) return {}; return JSON.parse(fs.readFileSync("db.json")); }
function writeData(data) { fs.writeFileSync("db.json", JSON.stringify(data)); }
async function work(id, owner, row) {
  %s
}
"""


def asked(body: str) -> list[tuple[str, list[str]]]:
    before, found = (kept_rows.asked(lower((MODULE % each).encode(), "server.js")) for each in ("", body))
    return found[len(before) :]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # of a name of the module
        ("res.json(members)", [("members.findMany", [])]),
        ("return members", [("members.findMany", [])]),
        ("res.json({ members, count: members.length })", [("members.findMany", [])]),
        ("const member = members.find((m) => m.id === id); res.json(member)", [("members.findUnique", ["0.where.id"])]),
        ("const mine = members.filter((m) => m.owner === owner); res.json(mine)", [("members.findMany", ["0.where.owner"])]),
        ("const member = members.find((m) => String(m.id) === id); member.name = row", [("members.findUnique", ["0.where.id"]), ("members.update", ["0.where.id", "0.data"])]),
        ("const member = members.find((m) => m.id === parseInt(id)); Object.assign(member, row)", [("members.findUnique", ["0.where.id"]), ("members.update", ["0.where.id", "0.data"])]),
        ("members = members.filter((m) => m.id !== id)", [("members.delete", ["0.where.id"])]),
        ("members.push({ owner, ...row })", [("members.create", ["0.data", "0.data.owner"])]),
        ("const at = members.findIndex((m) => m.id === id); members.splice(at, 1)", [("members.findUnique", ["0.where.id"]), ("members.delete", ["0.where.id"])]),
        ("for (const m of members) { if (m.id === id) { m.name = row } }", [("members.update", ["0.where.id", "0.data"])]),
        ("return readers.get(id)", [("readers.findUnique", ["0.where.id"])]),
        ("readers.delete(id)", [("readers.delete", ["0.where.id"])]),
        ("return [...readers.values()]", [("readers.findMany", [])]),
        ("res.json(shop.orders)", [("orders.findMany", [])]),
        ("shop.carts.push(row)", [("carts.create", ["0.data"])]),
        # of another module
        ("res.json(loans)", [("loans.findMany", [])]),
        ("loans.push(row)", [("loans.create", ["0.data"])]),
        ("const loan = loans.find((l) => l.id === id)", [("loans.findUnique", ["0.where.id"])]),
        ("return visits.filter((v) => v.owner === owner)", [("visits.findMany", ["0.where.owner"])]),
        ("const user = db.users.find((u) => u.id === id)", [("users.findUnique", ["0.where.id"])]),
        ("db.users = db.users.filter((u) => u.id !== id)", [("users.delete", ["0.where.id"])]),
        ("res.json(seats)", [("seats.findMany", [])]),
        ("const fines = readFines(); fines.push(row); writeFines(fines)", [("fines.create", ["0.data"])]),
        # of a file
        ("return readNotes()", [("notes.findMany", [])]),
        ("const data = readData(); res.json(data.orders)", [("orders.findMany", [])]),
        ("const { orders } = readData(); res.json(orders.find((o) => o.id === id))", [("orders.findUnique", ["0.where.id"])]),
        ("const data = readData(); data.orders = data.orders.filter((o) => o.id !== id); writeData(data)", [("orders.delete", ["0.where.id"])]),
        ("const data = readData(); data.orders.push(row); writeData(data)", [("orders.create", ["0.data"])]),
        ("const data = readData(); data.orders.push(row)", []),  # nothing keeps it
        ("const notes = readNotes(); fs.writeFileSync(FILE, JSON.stringify(notes.filter((n) => n.id !== id)))", [("notes.delete", ["0.where.id"])]),
        ("const notes = JSON.parse(await fs.promises.readFile('notes.json')); return notes[id]", [("notes.findUnique", ["0.where.id"])]),
        # none
        ("return rateLimits.get(id)", []),
        ("hits.set(id, row)", []),
        ("return PLANS.find((p) => p.id === id)", []),
        ("return tags", []),
        ("return members.length", []),
        ("if (members.length > 3) return null", []),
        ("const members = row; return members", []),
        ("return JSON.parse(row)", []),
        ("const data = JSON.parse(row); return data.users", []),
        ("return visits", []),
        ("return faqs", []),
        ("return faqs.find((f) => f.id === id)", []),
        ("res.json(getLoans(loadVisits))", []),
        ("return db.note.delete({ where: { id } })", []),
        ("return db.get(row, [id])", []),
        ("return db.notes.findMany({ where: { id } })", []),
        ("return db.query(row)", []),
    ],
)  # fmt: skip
def test_rows_of_modules_and_files(body: str, expected: list[tuple[str, list[str]]]) -> None:
    assert asked(body) == expected
