"""What guards let through is what the servers themselves let through: each case is run in its framework and asked three times."""

from pathlib import Path

import pytest
from asked_three_times import SECRETS, SERVERS, Served, of_node, of_python
from controller_guard_cases import CONTROLLER_CASES
from guard_cases import CASES, Case
from npm import installed
from other_guard_cases import OTHER_CASES
from own_rules import RULES

from batten.facts.routes import RouteAuth
from batten.scan import scan_files

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


# What backs the rows of docs/guards.md: frameworks whose servers are asked here, tests of others by file and name, and pages of rules with their examples.
BACKED: dict[str, tuple[str, ...]] = {
    "FastAPI": ("fastapi",),
    "Flask": ("flask",),
    "Starlette": ("starlette",),
    "aiohttp": ("aiohttp",),
    "Connexion": ("tests/extract/test_connexion.py::test_what_the_document_demands",),
    "Django, REST framework": ("tests/link/test_django_views.py::test_decorators", "tests/link/test_django_views.py::test_api_classes"),
    "Litestar": ("litestar",),
    "django-ninja": ("ninja",),
    "`http.server` of Python, `http.createServer` of Node, Bun, Deno, Workers": ("http.server", "node", "workers"),
    "Vercel, Netlify, Cloudflare Pages": ("tests/link/test_listeners.py::test_files_that_hosts_serve",),
    "AWS Lambda": ("tests/link/test_listeners.py::test_documents_of_lambda_functions",),
    "Azure Functions": (
        "rulepacks/auth/unauthenticated-write-route.md::Flagged: anonymous functions of Azure",
        "rulepacks/auth/unauthenticated-write-route.md::Clean: functions of Azure that ask for a key",
    ),
    "Google Cloud and Firebase functions": (
        "rulepacks/auth/unauthenticated-write-route.md::Flagged: functions of Google Cloud and Firebase, in Python",
        "rulepacks/auth/unauthenticated-write-route.md::Clean: the token is verified, or only Google's own callers come through",
    ),
    "GraphQL": ("graphql", "tests/link/test_listeners.py::test_resolvers_of_python"),
    "socket.io, ws, gateways of NestJS, WebSockets of FastAPI, Flask-SocketIO, python-socketio, consumers of Django Channels": (
        "socket.io",
        "ws",
        "tests/link/test_listeners.py::test_sockets",
        "rulepacks/auth/unauthenticated-socket.md::Flagged: an event of Flask-SocketIO",
        "rulepacks/auth/unauthenticated-socket.md::Flagged: events of python-socketio",
        "rulepacks/auth/unauthenticated-socket.md::Flagged: a consumer of Django Channels accepts everybody",
    ),
    "Express": ("express",),
    "Fastify": ("fastify",),
    "Hono": ("hono",),
    "Koa": ("koa",),
    "awilix-express, tsoa, inversify-express-utils, routing-controllers": (
        "awilix",
        "inversify",
        "routing-controllers",
        "tests/link/test_controllers.py::test_tsoa",
    ),
    "NestJS": ("nest",),
    "Next.js": ("tests/link/test_guards.py::test_checks_in_the_handler", "tests/link/test_next_middleware.py::test_what_it_asks"),
    "SvelteKit": ("tests/link/test_folders.py::test_guards", "tests/link/test_folders.py::test_hooks_of_sveltekit"),
    "Nuxt, Nitro": ("tests/link/test_folders.py::test_guards", "tests/link/test_folders.py::test_middleware_of_nitro"),
    "Astro": ("tests/link/test_controllers.py::test_astro",),
    "Remix, React Router": ("tests/link/test_folders.py::test_guards",),
    "tRPC": ("trpc",),
    "Convex": (
        "tests/link/test_controllers.py::test_routes_by_a_call_with_their_path",
        "rulepacks/auth/unauthenticated-rpc-procedure.md::Convex",
    ),
    "Firebase": ("rulepacks/auth/unauthenticated-rpc-procedure.md::Firebase",),
    "TanStack Start": ("tests/link/test_controllers.py::test_server_routes_of_tanstack",),
    "Supabase": ("rulepacks/supabase/edge-function-open.md::Flagged", "rulepacks/supabase/edge-function-open.md::Clean"),
}


def test_each_row_of_the_documentation_is_backed() -> None:
    root = Path(__file__).parents[2]
    table = [
        line.split(" | ")[0].removeprefix("| ") for line in (root / "docs/guards.md").read_text().splitlines() if line.startswith("| ")
    ]
    assert table[2:] == list(BACKED)
    asked = {case.framework for case in (*NODE, *PYTHON)}
    named = {name for names in BACKED.values() for name in names}
    assert {name for name in named if "::" not in name} == asked
    for file, _, name in (name.partition("::") for name in named if "::" in name):
        text = (root / file).read_text()
        assert f"def {name}(" in text or any(name in line for line in text.splitlines() if line.startswith("### ")), f"{file}: {name}"
