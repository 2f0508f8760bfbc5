"""What a text does no harm in of which only some signs are left."""

import pytest
from own_rules import RULES

from batten.link.flows.replaced import replaced_by
from batten.scan import scan_files

KINDS = {"path", "html", "sql", "code", "template", "redirect", "command", "argument", "regex"}
FLASK = """
import re
import sqlite3
import subprocess

from flask import Flask, request

app = Flask(__name__)


@app.get("/")
def show():
    name = {cleaned}
    {sink}
    return {{"ok": True}}
"""


@pytest.mark.parametrize(
    ("sought", "by", "expected"),
    [
        ("/[^a-zA-Z0-9_]/g", "_", KINDS),
        ("/[^a-zA-Z0-9_-]+/g", "", KINDS - {"argument"}),
        (r"/[^\w.-]/g", "_", KINDS - {"argument"}),
        (r"/[^\w\s]/g", "", KINDS - {"sql", "code", "template", "command"}),
        (r"/[^\w/.]/g", "", KINDS - {"path", "redirect"}),
        (r"/[^\w'().]/g", "", KINDS - {"sql", "code", "template", "command", "regex"}),
        ("/[^+-9a-z]/g", "", KINDS - {"path", "argument", "redirect", "regex"}),
        (r"/[^\p{L}\p{N}<>]/gu", "", KINDS - {"html", "template", "command"}),
        ("/[^a-z]/g", "/", KINDS - {"path", "redirect"}),
        ("/[^a-z]/", "", set()),
        ("/[^a-z]/g", None, set()),
        (r"/[^\s\S]/g", "", set()),
        (r"/[^\x00-\x7f]/g", "", set()),
        ("/[^'a-z]/g", "", KINDS - {"sql", "code", "template", "command"}),
    ],
)  # fmt: skip
def test_signs_that_are_left_do_harm_in_what_they_mean_something_to(sought: str, by: str | None, expected: set[str]) -> None:
    assert replaced_by(sought, every=False, by=by) & KINDS == expected


@pytest.mark.parametrize(
    ("cleaned", "sink", "expected"),
    [
        ("re.sub(r'[^A-Za-z0-9_.-]', '_', request.args['name'])", "open('files/' + name)", []),
        ("re.sub(r'[^A-Za-z0-9_./-]', '_', request.args['name'])", "open('files/' + name)", ["path"]),
        ("re.sub(r'[^A-Za-z0-9_]', '', request.args['name'], 1)", "open('files/' + name)", ["path"]),
        ("re.sub(r'[^A-Za-z0-9_]', '', request.args['name'])", "subprocess.run('ls ' + name, shell=True)", []),
        ("re.sub(r'[^A-Za-z0-9_ ]', '', request.args['name'])", "subprocess.run('ls ' + name, shell=True)", ["command"]),
        ("re.sub(r'[^A-Za-z0-9_]', request.args['by'], request.args['name'])", "subprocess.run('ls ' + name, shell=True)", ["command"]),
        ("re.sub(r'[A-Za-z0-9_]', '', request.args['name'])", "subprocess.run('ls ' + name, shell=True)", ["command"]),
    ],
)  # fmt: skip
def test_the_same_in_python(cleaned: str, sink: str, expected: list[str]) -> None:
    text = FLASK.format(cleaned=cleaned, sink=sink)
    assert [flow.kind for flow in scan_files({"app.py": text.encode()}, RULES).project.flows] == expected


@pytest.mark.parametrize(("made", "expected"), [("() => '?'", []), ("(id) => id", ["sql"])])
def test_a_function_that_is_handed_over_after_a_test_is_that_function(made: str, expected: list[str]) -> None:
    text = f"""
import express from "express";
import pg from "pg";

const pool = new pg.Pool();
express().post("/", async (req, res) => {{
  const {{ scope, ids }} = req.body;
  let query = "select * from notes where true";
  if (scope === "some") query += ` and id in (${{ids.map({made}).join(",")}})`;
  res.json((await pool.query(query, ids)).rows);
}});
"""
    assert [flow.kind for flow in scan_files({"server.js": text.encode()}, RULES).project.flows] == expected
