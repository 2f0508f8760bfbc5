"""What connects for the server may refuse the network at home; other options of a request refuse nothing."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

IMPORTS = """import express from "express";
import { Agent, fetch as ask } from "undici";
import { useAgent } from "request-filtering-agent";
import { ssrfSafeDispatcher, getSsrfSafeDispatcher, dispatcher } from "./safe";
const app = express();
"""


@pytest.mark.parametrize(
    ("call", "is_told"),
    [
        ("fetch(req.query.url, { dispatcher: ssrfSafeDispatcher })", False),
        ("fetch(req.query.url, { method: 'POST', dispatcher: getSsrfSafeDispatcher() })", False),
        ("ask(req.query.url, { dispatcher: ssrfSafeDispatcher })", False),
        ("fetch(req.query.url, { agent: useAgent(req.query.url) })", False),
        ("fetch(req.query.url, { dispatcher: new Agent({ keepAliveTimeout: 10 }) })", True),
        ("fetch(req.query.url, { dispatcher })", True),
        ("fetch(req.query.url, { headers: { 'x-ssrf': ssrfSafeDispatcher } })", True),
        ("ask(req.query.url)", True),
    ],
)
def test_who_connects(call: str, is_told: bool) -> None:
    text = f"{IMPORTS}app.get('/a', async (req, res) => {{ res.send(await (await {call}).text()) }});\n"
    files = {"src/app.ts": text, "package.json": '{"dependencies": {"express": "5", "undici": "7"}}'}
    found = scan_files({path: each.encode() for path, each in files.items()}, RULES.select(["server-side-request-forgery"])).findings
    assert [finding.rule for finding in found if finding.confidence != "low"] == ["server-side-request-forgery"] * is_told


@pytest.mark.parametrize(("option", "is_told"), [("suffix", False), ("prefix", True), ("dir", True)])
def test_files_that_python_names(option: str, is_told: bool) -> None:
    text = (
        "import tempfile\nfrom fastapi import FastAPI, UploadFile\napp = FastAPI()\n@app.post('/a')\nasync def a(file: UploadFile):\n"
        f"    made = tempfile.NamedTemporaryFile(delete=False, {option}=file.filename)\n    return open(made.name).read()\n"
    )
    found = scan_files({"app.py": text.encode()}, RULES.select(["path-traversal"])).findings
    assert [finding.rule for finding in found if finding.confidence != "low"] == ["path-traversal"] * is_told
