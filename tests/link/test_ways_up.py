"""Tests of a path that keep it in its folder, and those that look so."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

PATHS = RULES.select(["path-traversal"])
NODE = """
import path from "node:path";
import fs from "node:fs/promises";
import express from "express";
const app = express();
const ROOT = path.resolve("files");
function guard(name) { if (!name || name.includes("..")) { throw new Error("no"); } }
function looks(name) { if (name.includes("..")) { return false; } return true; }
function leaves(name) { if (name.length > 9) return; if (name.includes("..")) { throw new Error("no"); } }
function safe(root, name) { const full = path.resolve(root, name); if (full !== root && !full.startsWith(root + path.sep)) { throw new Error("no"); } return full; }
"""
IN_NODE = (
    'app.get("/{at}", async (req, res) => {{ const name = String(req.query.name); {made} {test} res.send(await fs.readFile({read})); }});'
)
SAFE_IN_NODE = [
    'if (full !== ROOT && !full.startsWith(ROOT + path.sep)) throw new Error("no");',
    "if (!(full === ROOT || full.startsWith(`${ROOT}/`))) return res.status(403).end();",
    'if (name.indexOf("..") !== -1) throw new Error("no");',
    'if (name.indexOf("..") >= 0) throw new Error("no");',
    'if (["..", "/"].some((each) => name.includes(each))) throw new Error("no");',
    'if (/[\\/\\\\]|\\.\\./.test(name)) throw new Error("no");',
    'if (/[^\\w.-]/.test(name)) throw new Error("no");',
    "guard(name);",
    "await guard(name);",
    "if (req.query.name) { guard(name); } else { return res.end(); }",
    "const below = safe(ROOT, name); return res.send(await fs.readFile(below));",
]
OPEN_IN_NODE = [
    'if (full !== req.query.root && !full.startsWith(ROOT + path.sep)) throw new Error("no");',
    'if (full === ROOT && !full.startsWith(ROOT + path.sep)) throw new Error("no");',
    "if (full !== ROOT || !full.startsWith(ROOT + path.sep)) console.log(full);",
    'if (name.indexOf("..") === -1) throw new Error("no");',
    'if ([".exe"].some((each) => name.includes(each))) throw new Error("no");',
    'if (name.includes("\\\\")) throw new Error("no");',
    'if (/[^\\w\\/.]/.test(name)) throw new Error("no");',
    'if (/[^\\S]/.test(name)) throw new Error("no");',
    'if (/\\.png|\\.jpg/.test(name)) throw new Error("no");',
    "looks(name);",
    "leaves(name);",
    "guard(String(req.query.other));",
    "try { guard(name); } catch (error) { console.log(error); }",
]
PYTHON = """
import os, re
from pathlib import Path
from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse
app = FastAPI()
ROOT = os.path.realpath("files")
class Bad(Exception): pass
class Shelf:
    def __init__(self): self.root = Path("files")
    def place(self, name):
        self._guard(name)
        return self.root / name
    def open_place(self, name):
        self._look(name)
        return self.root / name
    @staticmethod
    def _guard(name):
        if ".." in name or "/" in name:
            raise Bad("no")
    @staticmethod
    def _look(name):
        if ".." in name:
            print(name)
shelf = Shelf()
"""
IN_PYTHON = """
@app.get("/{at}")
def read_{at}(name: str):
    {made}
    {test}
    return open({read}).read()
"""
SAFE_IN_PYTHON = [
    "if full != ROOT and not full.startswith(ROOT + os.sep): raise HTTPException(400)",
    'if any(each in name for each in ("..", "/")): raise HTTPException(400)',
    'if re.search(r"[^\\w.-]", name): raise HTTPException(400)',
    'if name.find("..") != -1: raise HTTPException(400)',
    "return FileResponse(shelf.place(name), filename=name)",
]
OPEN_IN_PYTHON = [
    'if not any(each in name for each in ("..", "/")): raise HTTPException(400)',
    'if name.find("..") == -1: raise HTTPException(400)',
    "return FileResponse(shelf.open_place(name), filename=name)",
]


@pytest.mark.parametrize(
    ("path", "head", "form", "made", "join", "safe", "unsafe"),
    [
        ("app.js", NODE, IN_NODE, "const full = path.resolve(ROOT, name);", "path.join(ROOT, name)", SAFE_IN_NODE, OPEN_IN_NODE),
        (
            "app.py",
            PYTHON,
            IN_PYTHON,
            "full = os.path.realpath(os.path.join(ROOT, name))",
            "os.path.join(ROOT, name)",
            SAFE_IN_PYTHON,
            OPEN_IN_PYTHON,
        ),
    ],
)
def test_only_what_leads_upwards_is_told(path: str, head: str, form: str, made: str, join: str, safe: list[str], unsafe: list[str]) -> None:
    tests = [*safe, *unsafe]
    text = head
    lines = {}
    for at, test in enumerate(tests):
        begun = text.count("\n")
        text += form.format(at=at, test=test, **({"made": made, "read": "full"} if "full" in test else {"made": "", "read": join})) + "\n"
        lines |= dict.fromkeys(range(begun + 1, text.count("\n") + 1), test)
    found = scan_files({path: text.encode()}, PATHS).findings
    told = {
        lines.get(text.encode().count(b"\n", 0, step.span.start) + 1)
        for each in found
        for step in (each.place, each.trail[-1].place, each.trail[0].place)
    }
    assert sorted(told & set(safe), key=tests.index) == []
    assert sorted(told & set(unsafe), key=tests.index) == unsafe
