"""What guards let through is what the servers themselves let through: each case is run in its framework and asked three times."""

import asyncio
import json
import os
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest
from guard_cases import CASES, Case
from npm import installed

from batten.facts.routes import RouteAuth
from batten.rules.registry import load
from batten.scan import scan_files

RULES = load(with_plugins=False)
SERVERS = Path(__file__).parents[1] / "support" / "servers"
SECRETS = {"JWT_SECRET": "a-secret-of-these-tests-that-opens-nothing", "API_KEY": "a-key-of-these-tests"}
NODE = [case for case in CASES if case.framework in ("express", "fastify", "hono", "koa")]
PYTHON = [case for case in CASES if case.framework in ("fastapi", "flask", "aiohttp", "starlette")]


def measured(worked: list[int]) -> str:
    """Who gets through: everyone, whoever brings a credential of any kind, or whoever brings the right one."""
    nobody, anybody, known = (times > 0 for times in worked)
    if nobody:
        return "open"
    if anybody:
        return "presence"
    return "guarded" if known else "shut"


def told(case: Case) -> str | None:
    """The same, as batten tells it without running anything."""
    files = {
        "app.mjs" if case in NODE else "main.py": case.source.encode(),
        "package.json": b'{"dependencies": {"express": "5", "hono": "4", "fastify": "5", "koa": "2"}}',
    }
    (auth,) = {route.auth for route in scan_files(files, RULES).project.routes if route.path.endswith("/work")}
    match auth:
        case None:
            return None
        case RouteAuth.UNAUTHENTICATED | RouteAuth.OPTIONAL:
            return "open"
        case RouteAuth.PRESENCE | RouteAuth.SESSION:
            return "presence"
    return "guarded"


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder with the servers."""
    return installed(SERVERS, "the servers")


@pytest.fixture(scope="session")
def of_node(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Case, str]:
    """What each server of Node did: one process for those with a key, one for those without."""
    folder = tmp_path_factory.mktemp("servers").resolve()
    (folder / "node_modules").symlink_to(packages / "node_modules")
    found: dict[Case, str] = {}
    for unset in (False, True):
        cases = [case for case in NODE if case.unset is unset]
        asked = []
        for number, case in enumerate(cases):
            file, marks = folder / f"{unset}{number}.mjs", folder / f"{unset}{number}.txt"
            file.write_text(case.source.replace("MARKS", str(marks)))
            asked.append({"framework": case.framework, "file": str(file), "marks": str(marks)})
        request = folder / f"request{unset}.json"
        request.write_text(json.dumps({"modules": str(packages), "apps": asked}))
        keys = {name: value for name, value in SECRETS.items() if not (unset and name == "API_KEY")}
        environment = {"PATH": os.environ["PATH"], **keys}
        done = subprocess.run(
            ["node", str(SERVERS / "ask.mjs"), str(request)], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found |= {case: measured(worked) for case, worked in zip(cases, json.loads(done.stdout), strict=True)}
    return found


def ask_aiohttp(app: Any, headers: dict[str, str]) -> None:
    """One request; an application of aiohttp lives in one loop."""
    from aiohttp.test_utils import TestClient, TestServer

    async def ask() -> None:
        async with TestClient(TestServer(app)) as client:
            await client.post("/api/work", headers=headers)

    asyncio.run(ask())


def of_python(case: Case, folder: Path) -> str:
    import jwt

    marks = folder / "marks.txt"
    file = folder / "main.py"
    file.write_text(case.source.replace("MARKS", str(marks)))
    token = jwt.encode({"sub": "1"}, SECRETS["JWT_SECRET"], algorithm="HS256")
    forged = jwt.encode({"sub": "1"}, "a-secret-of-somebody-else-altogether", algorithm="HS256")
    callers: list[dict[str, str]] = [
        {},
        {"Authorization": f"Bearer {forged}", "X-Key": "nonsense"},
        {"Authorization": f"Bearer {token}", "X-Key": SECRETS["API_KEY"]},
    ]
    worked = []
    for headers in callers:
        before = len(marks.read_text()) if marks.exists() else 0
        app = runpy.run_path(str(file))["app"]
        if case.framework == "flask":
            app.test_client().post("/api/work", headers=headers)
        elif case.framework == "aiohttp":
            ask_aiohttp(app, headers)
        else:
            from starlette.testclient import TestClient

            TestClient(app, raise_server_exceptions=False).post("/api/work", headers=headers)
        worked.append((len(marks.read_text()) if marks.exists() else 0) - before)
    return measured(worked)


def agrees(case: Case, status: str) -> None:
    """Equal; or, where the case says so, batten says that it can't tell or is on the side of the alarm."""
    found = told(case)
    assert status != "shut"
    if case.unsure:
        assert (found, status) in {
            (None, "guarded"),
            (None, "presence"),
            (None, "open"),
            ("presence", "guarded"),
            ("open", "presence"),
            ("presence", "open"),
        }
    else:
        assert found == status


@pytest.mark.parametrize("case", NODE, ids=lambda case: f"{case.framework}: {case.shape}")
def test_servers_of_node(case: Case, of_node: dict[Case, str]) -> None:
    agrees(case, of_node[case])


@pytest.mark.parametrize("case", PYTHON, ids=lambda case: f"{case.framework}: {case.shape}")
def test_servers_of_python(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    agrees(case, of_python(case, tmp_path))
