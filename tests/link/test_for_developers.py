"""Tokens that are believed unverified where a setting for developers says so: as grave as its default is."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["unverified-token"])
SETTINGS = """from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    dev_mode: bool = False
    allow_unverified: bool = Field(default=False)
    debug: bool = True
    unverified_needed: bool
    behind_gateway: bool = False
    environment: str = "development"
    stage: str = "production"


class Kept(BaseModel):
    dev_mode: bool = False


settings = Settings()
kept = Kept()
"""
APP = """import os

import jwt
from elsewhere import DEV_MODE
from fastapi import FastAPI, Header
from settings import kept, settings

TRUSTED = os.getenv("SKIP_SIGNATURES", "false").lower() == "true"
BY_DEFAULT = os.getenv("SKIP_SIGNATURES", "true").lower() == "true"
app = FastAPI()


@app.get("/me")
def me(authorization: str = Header(), dev: bool = False):
    if {test}:
        return load(jwt.decode(authorization, options={{"verify_signature": False}})["sub"])
    return load(checked(authorization)["sub"])
"""
TESTS = {
    "settings.dev_mode": "low",
    "settings.allow_unverified": "low",
    'settings.dev_mode and settings.environment == "development"': "low",
    'settings.stage == "development" and settings.debug': "low",
    'settings.stage != "production"': "low",
    "TRUSTED": "low",
    'os.environ.get("APP_ENV") == "development"': "low",
    'os.getenv("DEV_LOGIN") and authorization': "low",
    # What can't be told.
    "DEV_MODE": "medium",
    "settings.unverified_needed": "medium",
    # It is on wherever nobody says otherwise.
    "settings.debug": "critical",
    'settings.environment == "development"': "critical",
    'settings.environment != "production"': "critical",
    'os.getenv("APP_ENV") != "production"': "critical",
    'os.getenv("APP_ENV", "development") == "development"': "critical",
    "BY_DEFAULT": "critical",
    # For those whom the app is made for, and not for developers.
    "settings.behind_gateway": "critical",
    'os.getenv("BEHIND_GATEWAY")': "critical",
    'settings.stage == "staging"': "critical",
    # One of two is enough, and the other is on; the caller says it; a value that the app changes as it runs.
    "settings.dev_mode or settings.debug": "critical",
    "not settings.dev_mode": "critical",
    "dev": "critical",
}


@pytest.mark.parametrize("test", TESTS)
def test_it_is_as_grave_as_the_default_of_the_setting(test: str) -> None:
    files = {"settings.py": SETTINGS, "main.py": APP.format(test=test)}
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES)
    assert [str(finding.severity) for finding in found.findings] == [TESTS[test]]


def test_a_setting_that_the_app_itself_may_change_does_not_excuse() -> None:
    files = {"settings.py": SETTINGS, "main.py": APP.format(test="kept.dev_mode")}
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES)
    assert [str(finding.severity) for finding in found.findings] == ["medium"]


def test_in_typescript_it_runs_where_the_environment_says_nothing() -> None:
    head = "const jwt = require('jsonwebtoken')\nconst app = require('express')()\n"
    for test, expected in {
        "process.env.NODE_ENV === 'development'": "low",
        "process.env.NODE_ENV !== 'production'": "critical",
        "process.env.SKIP_VERIFICATION === 'true'": "low",
    }.items():
        text = f"{head}app.get('/', (req, res) => {{\n  if ({test}) {{\n    return res.json(jwt.decode(req.headers.token).sub)\n  }}\n  res.end()\n}})\n"
        manifest = '{"dependencies": {"express": "5.0.0", "jsonwebtoken": "9.0.0"}}'
        found = scan_files({"server.js": text.encode(), "package.json": manifest.encode()}, RULES)
        assert [str(finding.severity) for finding in found.findings] == [expected], test
