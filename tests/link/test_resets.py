"""Codes for a new password that can be foretold, wherever they are kept."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

HEAD = """
const crypto = require("crypto");
const express = require("express");
const sqlite3 = require("better-sqlite3");
const { Pool } = require("pg");

const app = express();
const pool = new Pool();
const db = sqlite3("app.db");
"""
FORESEEN = "Math.floor(100000 + Math.random() * 900000)"
TOLD = [("reset-token", True)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"const user = await User.findOne({{ mail: String(req.body.mail) }}); user.resetCode = {FORESEEN}; await user.save();", TOLD),
        (f"const otp = {FORESEEN}.toString(); await User.updateOne({{ mail: String(req.body.mail) }}, {{ otp }});", TOLD),
        ("const code = Math.round(Math.random() * 9000 - 1) + 1000; await Code.create({ mail: req.body.mail, resetCode: String(code) });", TOLD),
        (f'await pool.query("insert into resets (mail, otp) values ($1, $2)", [req.body.mail, {FORESEEN}]);', TOLD),
        (f'await pool.query("update users set reset_code = $2, sent = now() where mail = $1", [req.body.mail, {FORESEEN}]);', TOLD),
        (f'db.prepare("insert into resets (mail, otp) values (?, ?)").run(req.body.mail, {FORESEEN});', TOLD),
        (f'pool.query("insert into resets (otp, mail) values ($1, $2)", [{FORESEEN}, req.body.mail], () => {{}});', TOLD),
        (f'await pool.query("insert into resets (mail, colour) values ($1, $2)", [req.body.mail, {FORESEEN}]);', []),
        (f'await pool.query("select otp from resets where mail = $1 and otp = $2", [req.body.mail, {FORESEEN}]);', []),
        ('await pool.query("insert into resets (mail, otp) values ($1, $2)", [req.body.mail, crypto.randomInt(100000, 999999)]);', []),
        (f"await Game.create({{ dice: {FORESEEN} }});", []),
        # what was tested, or handed on, before
        (f"if (!/^.+@.+$/.test(req.body.mail)) return res.end(); await Code.create({{ mail: req.body.mail, resetCode: {FORESEEN} }});", TOLD),
        (f"const otp = {FORESEEN}; keep(req.body.mail, otp); await User.updateOne({{ mail: String(req.body.mail) }}, {{ otp }});", TOLD),
        (f'if (!/^.+@.+$/.test(req.body.mail)) return res.end(); await pool.query("insert into resets (mail, otp) values ($1, $2)", [req.body.mail, {FORESEEN}]);', TOLD),
    ],
)  # fmt: skip
def test_a_code_out_of_a_generator_that_can_be_foretold(body: str, expected: list[tuple[str, bool | None]]) -> None:
    text = f'{HEAD}function keep(mail, otp) {{ console.log(mail, otp); }}\napp.post("/forgot", async (req, res) => {{ {body} res.json({{}}); }});\n'
    flows = scan_files({"server.js": text.encode()}, RULES).project.flows
    assert [(flow.kind, flow.certain) for flow in flows if flow.source == "weak-random"] == expected
