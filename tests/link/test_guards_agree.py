"""What guards let through is what the servers themselves let through: each case is run in its framework and asked three times."""

from pathlib import Path

import pytest
from asked_three_times import SECRETS, SERVERS, Served, of_node, of_python
from controller_guard_cases import CONTROLLER_CASES
from guard_cases import CASES, Case
from npm import installed
from other_guard_cases import OTHER_CASES

from batten.facts.routes import RouteAuth
from batten.rules.registry import load
from batten.scan import scan_files

RULES = load(with_plugins=False)
ON_NODE = ("express", "fastify", "hono", "koa", "node", "workers", "ws", "socket.io", "graphql")
NODE = [*(case for case in (*CASES, *OTHER_CASES) if case.framework in ON_NODE), *CONTROLLER_CASES]
PYTHON = [case for case in (*CASES, *OTHER_CASES) if case.framework not in ON_NODE]
# How the routes that work are called, where that is not by an address.
NAMES = {"ws": "message", "socket.io": "work", "graphql": "Mutation.work", "trpc": "work"}
MANIFEST = b"""{"dependencies": {"express": "5", "hono": "4", "fastify": "5", "koa": "2", "graphql": "16", "@nestjs/core": "11", "@trpc/server": "11",
"awilix-express": "10", "inversify-express-utils": "6", "routing-controllers": "0.11"}}"""


def measured(worked: list[int]) -> str:
    """Who gets through: everyone, whoever brings a credential of any kind, or whoever brings the right one."""
    nobody, anybody, known = (times > 0 for times in worked)
    if nobody:
        return "open"
    if anybody:
        return "presence"
    return "guarded" if known else "shut"


def _ending(case: Case) -> str:
    return "ts" if case in CONTROLLER_CASES else "mjs" if case in NODE else "py"


def told(case: Case) -> str | None:
    """The same, as batten tells it without running anything."""
    files = {f"app.{_ending(case)}": case.source.encode(), "package.json": MANIFEST}
    name = NAMES.get(case.framework, "/work")
    (auth,) = {route.auth for route in scan_files(files, RULES).project.routes if route.path.endswith(name)}
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
def served_by_node(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Case, str]:
    """What each server of Node did: one process for those with a key, one for those without."""
    folder = tmp_path_factory.mktemp("servers").resolve()
    (folder / "node_modules").symlink_to(packages / "node_modules")
    found: dict[Case, str] = {}
    for unset in (False, True):
        cases = [case for case in NODE if case.unset is unset]
        apps = []
        for number, case in enumerate(cases):
            file, marks = folder / f"{unset}{number}.{_ending(case)}", folder / f"{unset}{number}.txt"
            file.write_text(case.source.replace("MARKS", str(marks)))
            apps.append(Served(case.framework, file, marks))
        keys = {name: value for name, value in SECRETS.items() if not (unset and name == "API_KEY")}
        asked = of_node(folder, packages, apps, keys)
        found |= {case: measured(worked) for case, worked in zip(cases, asked, strict=True)}
    return found


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
def test_servers_of_node(case: Case, served_by_node: dict[Case, str]) -> None:
    agrees(case, served_by_node[case])


@pytest.mark.parametrize("case", PYTHON, ids=lambda case: f"{case.framework}: {case.shape}")
def test_servers_of_python(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NINJA_SKIP_REGISTRY", "1")
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    file, marks = tmp_path / "main.py", tmp_path / "marks.txt"
    file.write_text(case.source.replace("MARKS", str(marks)))
    agrees(case, measured(of_python(Served(case.framework, file, marks))))
