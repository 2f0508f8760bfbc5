"""Rows that Python code keeps in files and in the names of a module: what its functions ask of them."""

import kept_rows
import pytest

from batten.code.lower_python import lower

MODULE = """
import csv, json, shelve
import pandas as pd
from storage import load_loans, save_loans, read_all
from data import patients, rooms_db, ROLES
from data import tables, collections
FILE = "data/notes.json"
members = {}
visits = []
price_cache = {}
_hidden = {}
seats: dict[str, int] = {}
db = {"shelves": [], "books": {}}
def load(name):
    with open(name) as f:
        return json.load(f)
def save(rows):
    with open(FILE, "w") as f:
        json.dump(rows, f)
def work(key, owner, row):
    %s
"""


def asked(body: str) -> list[tuple[str, list[str]]]:
    source = MODULE % body.replace("\n", "\n    ")
    return kept_rows.asked(lower(source.encode(), "app.py"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # of a file
        ("return load(FILE)", [("notes.findMany", [])]),
        ("return next((n for n in load(FILE) if n['id'] == key), None)", [("notes.findUnique", ["0.where.id"])]),
        ("rows = load(FILE)\nfor n in rows:\n    if n['id'] == key:\n        return n", [("notes.findUnique", ["0.where.id"])]),
        ("return [n for n in load('notes.json') if n.get('user_id') == owner]", [("notes.findMany", ["0.where.user_id"])]),
        ("return list(filter(lambda n: n['owner'] == owner, load(FILE)))", [("notes.findMany", ["0.where.owner"])]),
        ("rows = load(FILE)\nrows.append(row)\nsave(rows)", [("notes.create", ["0.data"])]),
        ("rows = load(FILE)\nrows.append({'id': 1, 'owner': owner})\nsave(rows)", [("notes.create", ["0.data", "0.data.owner"])]),
        ("rows = load(FILE)\nsave([n for n in rows if n['id'] != key])", [("notes.delete", ["0.where.id"])]),
        ("rows = load(FILE)\nrows = [n for n in rows if n['id'] != key]\nsave(rows)", [("notes.delete", ["0.where.id"])]),
        ("rows = load(FILE)\nfor n in rows:\n    if n['id'] == key:\n        n['text'] = row\nsave(rows)", [("notes.update", ["0.where.id", "0.data"])]),
        ("rows = load(FILE)\ndel rows[key]\nsave(rows)", [("notes.delete", ["0.where.id"])]),
        ("rows = load(FILE)\nrows.pop(key)\nsave(rows)", [("notes.delete", ["0.where.id"])]),
        ("rows = load(FILE)\nrows.append(row)", []),  # nothing keeps it
        ("data = load('data.json')\nreturn data['members']", [("members.findMany", [])]),
        ("return load_loans()[key]", [("loans.findUnique", ["0.where.id"])]),
        ("loans = load_loans()\nloans[key]['due'] = row\nsave_loans(loans)", [("loans.update", ["0.where.id", "0.data"])]),
        ("return read_all('members.json')", [("members.findMany", [])]),
        ("with open('members.csv') as f:\n    return list(csv.DictReader(f))", [("members.findMany", [])]),
        ("df = pd.read_csv('loans.csv')\nreturn df[df['id'] == key].to_dict()", [("loans.findUnique", ["0.where.id"])]),
        ("df = pd.read_csv('loans.csv')\ndf = df[df['id'] != key]\ndf.to_csv('loans.csv')", [("loans.delete", ["0.where.id"])]),
        ("df = pd.read_csv('loans.csv')\ndf.loc[df['id'] == key, 'due'] = row\ndf.to_csv('loans.csv')", [("loans.update", ["0.where.id", "0.data"])]),
        ("with shelve.open('loans') as s:\n    del s[key]", [("loans.delete", ["0.where.id"])]),
        # of a name of the module
        ("return members", [("members.findMany", [])]),
        ("return members[key]", [("members.findUnique", ["0.where.id"])]),
        ("return members.get(key)", [("members.findUnique", ["0.where.id"])]),
        ("members[key] = row", [("members.update", ["0.where.id", "0.data"])]),
        ("member = str(len(members))\nmembers[member] = row", [("members.create", ["0.data"])]),
        ("del members[key]", [("members.delete", ["0.where.id"])]),
        ("visits.append(row)", [("visits.create", ["0.data"])]),
        ("global visits\nvisits = [v for v in visits if v['id'] != key]", [("visits.delete", ["0.where.id"])]),
        ("return db['shelves']", [("shelves.findMany", [])]),
        # of another module
        ("return patients[key]", [("patients.findUnique", ["0.where.id"])]),
        ("return [p for p in patients if p['ward'] == owner]", [("patients.findMany", ["0.where.ward"])]),
        ("for n, p in enumerate(patients):\n    if p['id'] == key:\n        del patients[n]", [("patients.delete", ["0.where.id"])]),
        ("rooms_db.append(row)", [("rooms_db.create", ["0.data"])]),
        ("return ROLES[key]", []),
        ("return tables.select().where(tables.c.id == key)", []),
        ("return collections[key].find({})\nx = collections.create_index(key)", []),
        # none
        ("return price_cache[key]", []),
        ("return _hidden[key]", []),
        ("return seats[key]", []),
        ("return len(members)", []),
        ("if key in members:\n    return 1", []),
        ("config = load('config.json')\nreturn len(config)", []),
        ("members = row\nreturn members", []),
        ("return json.loads(row)", []),
        ("return json.load(row)", []),
        ("return model.load_weights()", []),
    ],
)  # fmt: skip
def test_rows_of_files_and_names(body: str, expected: list[tuple[str, list[str]]]) -> None:
    assert asked(body) == expected
