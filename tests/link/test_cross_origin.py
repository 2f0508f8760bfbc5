"""Which websites may read an answer: what is a test of the origin, and what is none."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

HEAD = """
import express from 'express';
const SITES = process.env.SITES.split(',');
const app = express();
app.use((req, res, next) => {
  const origin = req.headers.origin;
"""
SENT = "res.setHeader('Access-Control-Allow-Origin', origin);"
PLAIN, COOKIES = "reflected-origin", "reflected-origin-with-cookies"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (SENT, [(PLAIN, True)]),
        ("res.set({ 'access-control-allow-origin': origin || '*' });", [(PLAIN, True)]),
        (f"res.setHeader('Access-Control-Allow-Credentials', 'true'); {SENT}", [(COOKIES, True)]),
        (f"res.setHeader('Access-Control-Allow-Credentials', 'false'); {SENT}", [(PLAIN, True)]),
        (f"res.set({{ 'Access-Control-Allow-Credentials': true }}); {SENT}", [(COOKIES, True)]),
        ("if (req.query.x === 'y') res.set({ 'Access-Control-Allow-Origin': origin });", [(PLAIN, True)]),
        ("if (SITES.includes(origin)) res.set({ 'Access-Control-Allow-Origin': origin });", []),
        ("res.set(req.body); new Map().set(req.body, 1);", []),
        ("res.setHeader(req.query.name, origin); res.setHeader('Access-Control-Allow-Credentials', 'true');", []),
        (f"if (origin && SITES.includes(origin)) {SENT}", []),
        (f"if (SITES.indexOf(origin) > -1) {SENT}", []),
        (f"if (SITES.some((each) => each === origin)) {SENT}", []),
        (f"const allowed = SITES.includes(origin); if (allowed && origin) {SENT}", []),
        (f"const refused = !SITES.includes(origin); if (refused) return next(); {SENT}", []),
        (f"const allowed = SITES.includes(origin); if (allowed) next(); {SENT}", [(PLAIN, True)]),
        (f"let allowed = SITES.includes(origin); if (!origin) allowed = true; if (allowed) {SENT}", [(PLAIN, True)]),
        ("const headers = new Headers(); if (SITES.includes(origin)) { headers.set('Access-Control-Allow-Origin', origin); }", []),
        # by a function that says it looks at origins, or by how it begins or ends: that may be too little
        (f"if (isAllowedOrigin(origin)) {SENT}", [(PLAIN, None)]),
        (f"const allowed = isAllowedOrigin(origin); if (allowed) {SENT}", [(PLAIN, None)]),
        (f"const allowed = isAllowedOrigin(origin ?? '', SITES); if (allowed && origin) {SENT}", [(PLAIN, None)]),
        (f"if (origin.endsWith('.shop.example')) {SENT}", [(PLAIN, None)]),
        (f"if (origin.startsWith('http://localhost')) {SENT}", [(PLAIN, None)]),
        (f"if (origin.endsWith('.example')) {SENT}", [(PLAIN, True)]),
        (f"if (process.env.OPEN) {SENT}", [(PLAIN, True)]),
    ],
)
def test_what_is_sent_back(body: str, expected: list[tuple[str, bool | None]]) -> None:
    text = f"{HEAD}  {body}\n  next();\n}});\n"
    assert [(flow.kind, flow.certain) for flow in scan_files({"server.js": text.encode()}, RULES).project.flows] == expected


@pytest.mark.parametrize(
    ("origin", "everybody"),
    [
        ("(origin, callback) => callback(null, true)", True),
        ("function (origin, callback) { callback(null, origin); }", True),
        ("(origin, done) => { if (!origin || SITES.includes(origin)) return done(null, true); return done(null, true); }", True),
        ("(origin, callback) => callback(null, SITES.includes(origin))", False),
        ("(origin, callback) => { if (SITES.includes(origin)) callback(null, true); }", False),
        ("(origin, callback) => { if (SITES.includes(origin)) callback(null, true); else callback(null, false); }", False),
        ("(origin, callback) => { if (SITES.includes(origin)) callback(null, true); else callback(new Error('no')); }", False),
        (
            "(origin, callback) => { if (!SITES.includes(origin)) throw new Error('no'); callback(null, true); callback(null, true); }",
            False,
        ),
        ("(origin, callback) => check(origin, callback)", False),
        ("(origin, callback) => {}", False),
        ("check", False),
    ],
)
def test_functions_that_say_yes(origin: str, everybody: bool) -> None:
    text = f"const express = require('express');\nconst cors = require('cors');\nconst app = express();\nconst SITES = ['a'];\napp.use(cors({{ origin: {origin}, credentials: true }}));\n"
    found = [finding.rule for finding in scan_files({"server.js": text.encode()}, RULES).findings]
    assert found == ["any-origin-with-credentials"] * everybody


@pytest.mark.parametrize(
    ("origins", "credentials", "field", "told"),
    [
        ("settings.ORIGINS.split(',')", "True", "ORIGINS: str = '*'", ["medium"]),
        ("settings.ORIGINS", "settings.COOKIES", "ORIGINS: list[str] = ['*']", ["medium"]),
        ("[settings.ORIGINS]", "settings.COOKIES", "ORIGINS: str = '*'", ["medium"]),
        ("settings.ORIGINS.split(',')", "True", "ORIGINS: str = 'https://shop.example'", []),
        ("settings.ORIGINS", "True", "ORIGINS: list[str] = ['https://shop.example', 'https://other.example']", []),
        ("settings.ORIGINS", "True", "ORIGINS: list[str]", []),
        ("settings.ORIGINS.split(',')", "False", "ORIGINS: str = '*'", []),
    ],
)
def test_websites_that_the_settings_of_an_app_name(origins: str, credentials: str, field: str, told: list[str]) -> None:
    settings = f"from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    {field}\n    COOKIES: bool = True\nsettings = Settings()\n"
    main = f"""
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from settings import settings
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins={origins}, allow_credentials={credentials})
"""
    files = {"requirements.txt": "fastapi\n", "settings.py": settings, "main.py": main}
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES.select(["any-origin-with-credentials"])).findings
    assert [each.severity.value for each in found] == told
