"""Starts small apps on their own frameworks and asks them as nobody, with a forged token, and with the right one: how often did the handler work?

An app serves ``POST /api/work``; what works there adds a letter to the file that stands as ``MARKS`` in its code.
"""

import asyncio
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from http.server import HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

SERVERS = Path(__file__).parent / "servers"
SECRETS = {"JWT_SECRET": "a-secret-of-these-tests-that-opens-nothing", "API_KEY": "a-key-of-these-tests"}


class Served(NamedTuple):
    """One app: its framework, the file that has it as ``app``, and where it leaves its marks."""

    framework: str
    file: Path
    marks: Path

    @property
    def count(self) -> int:
        return len(self.marks.read_text()) if self.marks.exists() else 0


def of_node(folder: Path, packages: Path, apps: Sequence[Served], secrets: Mapping[str, str] = SECRETS) -> list[list[int]]:
    """All of them in one process of Node; ``packages`` is the folder with the frameworks, ``folder`` one to write the request to."""
    request = folder / "request.json"
    asked = [{"framework": app.framework, "file": str(app.file), "marks": str(app.marks)} for app in apps]
    request.write_text(json.dumps({"modules": str(packages), "apps": asked}))
    environment = {"PATH": os.environ["PATH"], **secrets}
    command = ["node", str(SERVERS / "ask.mjs"), str(request)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return list(json.loads(done.stdout))


def of_python(app: Served) -> list[int]:
    """In this process, started anew for each caller; its own modules are forgotten afterwards. The environment has to hold the secrets."""
    import jwt

    token = jwt.encode({"sub": "1"}, SECRETS["JWT_SECRET"], algorithm="HS256")
    forged = jwt.encode({"sub": "1"}, "a-secret-of-somebody-else-altogether", algorithm="HS256")
    callers: list[dict[str, str]] = [
        {},
        {"Authorization": f"Bearer {forged}", "X-Key": "nonsense"},
        {"Authorization": f"Bearer {token}", "X-Key": SECRETS["API_KEY"]},
    ]
    worked = []
    for headers in callers:
        before = app.count
        _ask(app.framework, _started(app.file), headers)
        worked.append(app.count - before)
    return worked


def _started(file: Path) -> Any:
    known = set(sys.modules)
    sys.path.insert(0, str(file.parent))
    try:
        return runpy.run_path(str(file))["app"]
    finally:
        sys.path.remove(str(file.parent))
        for name in set(sys.modules) - known:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(file.parent)):
                del sys.modules[name]


def _ask(framework: str, app: Any, headers: dict[str, str]) -> None:
    if framework == "flask":
        app.test_client().post("/api/work", headers=headers)
    elif framework == "aiohttp":
        asyncio.run(_ask_aiohttp(app, headers))
    elif framework == "http.server":
        _ask_server(app, headers)
    elif framework == "ninja":
        from ninja.testing import TestClient as OfNinja

        OfNinja(app).post("/work", headers=headers)
    else:
        from starlette.testclient import TestClient

        TestClient(app, raise_server_exceptions=False).post("/api/work", headers=headers)


def _ask_server(handler: Any, headers: dict[str, str]) -> None:
    """One request to a server that answers in a thread."""
    handler.log_message = lambda *_: None
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        connection.request("POST", "/api/work", headers=headers)
        connection.getresponse().read()
        connection.close()
        thread.join()


async def _ask_aiohttp(app: Any, headers: dict[str, str]) -> None:
    """An application of aiohttp lives in one loop."""
    from aiohttp.test_utils import TestClient, TestServer

    async with TestClient(TestServer(app)) as client:
        await client.post("/api/work", headers=headers)
