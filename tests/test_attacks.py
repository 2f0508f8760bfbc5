"""Apps of the fixtures are started as they are, and after ``batten fix --unsafe``: strangers get through before and not afterwards, honest callers get the same answers.

Frameworks and guards are the real ones; a database, paid models and services of others are stood in for. Nothing leaves this machine.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jwt
import pytest
from asked_three_times import SERVERS
from attacking import SECRET, STAND_INS, Request, laid_out, said
from fixing import fix, fixer_of
from npm import installed

# Express


STRANGERS = [
    Request("PUT", "/api/listings/10", {"title": "gone"}),
    Request("GET", "/api/users/"),
    Request("POST", "/api/ai/chat", {"messages": [{"role": "user", "content": "snacks"}]}),
    Request("POST", "/api/ai/describe", {"title": "crisps", "notes": "salty"}),
    Request("DELETE", "/api/admin/users/1"),
]
EVERYONES = [Request("GET", "/health"), Request("GET", "/api/listings/")]
MEMBERS = [*EVERYONES, Request("GET", "/api/users/me"), *STRANGERS[:4]]


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder with the servers."""
    return installed(SERVERS, "the servers")


@contextmanager
def express(folder: Path, packages: Path) -> Iterator[int]:
    """The app, listening on a port of this machine."""
    modules = folder / "node_modules"
    modules.mkdir(exist_ok=True)
    for entry in (packages / "node_modules").iterdir():
        if not (modules / entry.name).exists():
            (modules / entry.name).symlink_to(entry)
    for name in ("mongoose", "openai"):
        (modules / f"{name}.js").write_text((STAND_INS / f"{name}.js").read_text())
    nothing = "module.exports = Object.assign(() => (request, response, next) => next(), { config() {} })\n"
    for name in ("cors", "morgan", "dotenv", "bcryptjs"):
        (modules / f"{name}.js").write_text(nothing)
    (modules / "stripe.js").write_text("module.exports = class {}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "JWT_SECRET": SECRET,
        "STRIPE_SECRET_KEY": "none",
        "STRIPE_LIVE_KEY": "none",
    }
    with subprocess.Popen(
        ["node", "src/server.js"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as server:
        try:
            for _ in range(200):
                with socket.socket() as tried:
                    if tried.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield port
            assert server.poll() is None, "the server has died"
        finally:
            server.terminate()


def bearer(account: str = "") -> dict[str, str]:
    return {"Authorization": f"Bearer {jwt.encode({'id': account}, SECRET, algorithm='HS256')}"} if account else {}


def test_an_express_app_turns_strangers_away_and_serves_its_members_as_before(tmp_path: Path, packages: Path) -> None:
    before, after = laid_out("vibe-express", tmp_path / "before"), laid_out("vibe-express", tmp_path / "after")
    fix(after)
    with express(before, packages) as port:
        assert [said(port, request, {})[0] for request in STRANGERS] == [200, 200, 200, 200, 204]
    with express(before, packages) as port:
        everyone = [said(port, request, {}) for request in EVERYONES]
        members = [said(port, request, bearer("1")) for request in MEMBERS]
        admin = said(port, STRANGERS[4], bearer("2"))
    with express(after, packages) as port:
        refused = [said(port, request, {}) for request in STRANGERS]
        assert refused == [(401, '{"error":"No token provided"}')] * 5
        assert said(port, STRANGERS[4], bearer("1")) == (403, '{"error":"Admins only"}')
        assert [said(port, request, {}) for request in EVERYONES] == everyone
        assert [said(port, request, bearer("1")) for request in MEMBERS] == members
        assert said(port, STRANGERS[4], bearer("2")) == admin == (204, "")


# Flask

ASK = """
import io, json, os
from notes import create_app
from notes.extensions import db
from notes.models import Attachment, Invite, Note

app = create_app()
with app.app_context():
    db.drop_all()
    db.create_all()
    member = app.test_client()
    member.post("/auth/register", json={"email": "ana@sticky.invalid", "password": "a long password"})
    member.post("/auth/login", json={"email": "ana@sticky.invalid", "password": "a long password"})
    db.session.add_all([Note(user_id=1, title="mine"), Attachment(note_id=1, filename="a.txt"), Attachment(note_id=1, filename="b.txt"), Invite(email="bo@sticky.invalid", token="t")])
    db.session.commit()

def asked(client, number):
    answers = [
        client.get("/api/invites/"),
        client.post("/api/attachments/summarize", json={"text": "snacks"}),
        client.post("/api/attachments/1", data={"file": (io.BytesIO(b"text"), "c.txt")}),
        client.delete(f"/api/attachments/{number}"),
    ]
    return [(answer.status_code, answer.get_data(as_text=True) if answer.status_code < 300 else "") for answer in answers]

print(json.dumps({"stranger": asked(app.test_client(), 1), "member": asked(member, 2)}))
"""


def flask(folder: Path) -> dict[str, list[list[object]]]:
    (folder / "uploads").mkdir(exist_ok=True)
    shutil.copy(STAND_INS / "anthropic.py", folder)
    (folder / "sendgrid" / "helpers").mkdir(parents=True)
    (folder / "sendgrid" / "__init__.py").write_text("class SendGridAPIClient: ...\n")
    (folder / "sendgrid" / "helpers" / "__init__.py").write_text("")
    (folder / "sendgrid" / "helpers" / "mail.py").write_text("class Mail: ...\n")
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": SECRET, "SENDGRID_API_KEY": "none", "DATABASE_URL": "sqlite:///tests.db"}
    done = subprocess.run([sys.executable, "-c", ASK], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, list[list[object]]] = json.loads(done.stdout)
    return found


def test_a_flask_app_turns_strangers_away_and_serves_its_members_as_before(tmp_path: Path) -> None:
    before, after = laid_out("flask-notes", tmp_path / "before"), laid_out("flask-notes", tmp_path / "after")
    fix(after)
    was, now = flask(before), flask(after)
    assert [status for status, _ in was["stranger"]] == [200, 200, 201, 204]
    assert [status for status, _ in now["stranger"]] == [302, 302, 302, 302]  # to the page for signing in, as the app does elsewhere
    assert [status for status, _ in was["member"]] == [200, 200, 201, 204]
    assert (now["member"][:2], now["member"][3]) == (was["member"][:2], was["member"][3])
    assert now["member"][2][0] == 201


# FastAPI, in an app that has no check to take over

OPENAI = """
from types import SimpleNamespace


class Answer:
    choices = [SimpleNamespace(message=SimpleNamespace(content="hello"))]
    usage = None

    def model_dump(self):
        return {"content": "hello"}


async def create(**asked):
    return Answer()


class AsyncOpenAI:
    def __init__(self, api_key):
        self.api_key = api_key
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=create))
        self.embeddings = SimpleNamespace(create=create)
"""
ASK_PROXY = """
import json
from fastapi.testclient import TestClient
from app.main import app
from app.services.openai_service import client

asked = TestClient(app)
answers = [
    asked.get("/health"),
    asked.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "hi"}]}),
    asked.get("/v1/models"),
]
print(json.dumps({"key": client.api_key, "answers": [(answer.status_code, answer.text) for answer in answers]}))
"""


def proxy(folder: Path, **keys: str) -> dict[str, object] | str:
    """What it answers with; or, where it does not start, why."""
    (folder / "data").mkdir(exist_ok=True)
    (folder / "openai.py").write_text(OPENAI)
    environment = {"PATH": os.environ["PATH"], **keys}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK_PROXY], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        return done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_key_that_anyone_can_read_leaves_the_app_and_who_brings_one_is_answered_as_before(tmp_path: Path) -> None:
    before, after = laid_out("open-llm-proxy", tmp_path / "before"), laid_out("open-llm-proxy", tmp_path / "after")
    done = {finding.rule: was_fixed for finding, was_fixed in fix(after)}
    # Nothing in it asks who calls, so nothing is made up: what a check could look like is an outline.
    fixer = fixer_of(after)
    left = [fixer.propose(finding) for finding in fixer.findings if finding.remedy == "require-guard"]
    assert len(left) == 6
    assert [(each.fix, each.outline is not None) for each in left] == [(None, True)] * 6
    was = proxy(before)
    assert isinstance(was, dict)
    key = str(was["key"])  # whoever has the code has it
    assert (key in (before / "app" / "config.py").read_text(), done["ai-key-in-source"]) == (True, True)
    assert [path for path in after.rglob("*") if path.is_file() and key.encode() in path.read_bytes()] == []
    assert "openai_api_key\n  Field required" in str(proxy(after))
    assert proxy(after, OPENAI_API_KEY=key) == was
