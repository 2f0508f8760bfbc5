"""What commands start: servers for development, files of the app, scripts of its package."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.extract.containers import Words, containers
from batten.extract.containers.commands import launch
from batten.extract.containers.settings import inside_shells, tokens
from batten.facts.containers import Launch
from batten.facts.vocabulary import Vocabulary


def started(line: str) -> Launch:
    return launch(inside_shells(tokens(line)))


@pytest.mark.parametrize(
    ("line", "server"),
    [
        ("npm run dev", "npm run dev"),
        ("npm --prefix web run dev", ""),
        ("yarn dev", "yarn run dev"),
        ("pnpm start:dev", "pnpm run start:dev"),
        ("npm start", ""),
        ("npm test", ""),
        ("npm run build && npm run dev", "npm run dev"),
        ("npm run deploy", ""),
        ("vite", "vite"),
        ("npx vite --host 0.0.0.0", "vite"),
        ("vite build", ""),
        ("vite preview", ""),
        ("next dev -p 80", "next dev"),
        ("next start", ""),
        ("./node_modules/.bin/next dev", "next dev"),
        ("cross-env NODE_ENV=production next dev", "next dev"),
        ("ng serve", "ng serve"),
        ("react-scripts start", "react-scripts start"),
        ("nodemon server.js", "nodemon"),
        ("node server.js", ""),
        ("node --watch server.js", "node --watch"),
        ("tsx watch src/index.ts", "tsx watch"),
        ("tsx src/index.ts", ""),
        ("nest start", ""),
        ("nest start --watch", "nest start --watch"),
        ("flask run", "flask run"),
        ("flask db upgrade", ""),
        ("python -m flask run", "flask run"),
        ("python manage.py runserver 0.0.0.0:80", "manage.py runserver"),
        ("python manage.py migrate", ""),
        ("uvicorn main:app", ""),
        ("uvicorn main:app --reload", "uvicorn --reload"),
        ("poetry run uvicorn main:app --reload", "uvicorn --reload"),
        ("python -m uvicorn main:app --reload", "uvicorn --reload"),
        ("fastapi dev main.py", "fastapi dev"),
        ("fastapi run", ""),
        ("gunicorn shop.wsgi", ""),
        ("sh -c 'alembic upgrade head; exec uvicorn main:app --reload'", "uvicorn --reload"),
        ("", ""),
        ("&& ; |", ""),
    ],
)
def test_servers_for_development(line: str, server: str) -> None:
    assert started(line).server == server


@pytest.mark.parametrize(
    ("line", "files", "modules", "scripts"),
    [
        ("python app.py", ("app.py",), (), ()),
        ("python -u ./src/main.py --port 80", ("src/main.py",), (), ()),
        ("node dist/server.js", ("dist/server.js",), (), ()),
        ("uvicorn app.main:app --port 80", (), ("app/main.py",), ()),
        ("gunicorn shop.wsgi", (), ("shop/wsgi.py",), ()),
        ("gunicorn 'app:create_app()'", (), ("app.py",), ()),
        ("npm run build && npm start", (), (), ("start",)),
        ("cd backend && gunicorn wsgi:app", (), ("backend/wsgi.py",), ()),
        ("cd /app && python x.py", ("x.py",), (), ()),
        ("npm run start:prod", (), (), ("start:prod",)),
    ],
)
def test_what_is_run(line: str, files: tuple[str, ...], modules: tuple[str, ...], scripts: tuple[str, ...]) -> None:
    found = started(line)
    assert (found.files, found.modules, found.scripts) == (files, modules, scripts)


@pytest.mark.parametrize(
    ("line", "debugs"),
    [("flask run --debug", True), ("flask --debug run", True), ("flask run", False), ("flask run --debug --no-debugger", False)],
)
def test_debuggers(line: str, debugs: bool) -> None:
    assert started(line).debugs is debugs


@pytest.mark.parametrize(
    ("path", "text", "servers"),
    [
        ("Procfile", "web: npm run dev\nrelease: npm run dev\n", ["npm run dev"]),
        ("a/render.yaml", "services:\n  - startCommand: vite\n    name: x\n", ["vite"]),
        ("railway.toml", '[build]\nx = 1\n[deploy]\nstartCommand = "next dev"\n', ["next dev"]),
        ("nixpacks.toml", '[start]\ncmd = "nodemon x.js"\n', ["nodemon"]),
        ("fly.toml", '[processes]\napp = "flask run"\nworker = "celery"\n', ["flask run", ""]),
        (".replit", 'run = "npm run dev"\n[deployment]\nrun = ["sh", "-c", "npm run dev"]\n', ["npm run dev"]),
        ("railway.json", '{"deploy": {"startCommand": "vite"', ["vite"]),
        ("railway.toml", "[deploy", []),
        ("Dockerfile", "FROM node\nENTRYPOINT npm run\nCMD dev", ["npm run dev"]),
    ],
)
def test_hosts(path: str, text: str, servers: list[str]) -> None:
    found, _ = containers(path, text.encode(), Words(Vocabulary()))
    assert [each.launch.server for each in found if each.launch is not None] == servers


@given(st.text(alphabet="npm run dev;&|-c'\"= \n:{}[]()./", max_size=120))
def test_any_line_is_read(text: str) -> None:
    started(text)
    for path in ("Procfile", "render.yaml", "fly.toml", "railway.json", "Dockerfile"):
        containers(path, text.encode(), Words(Vocabulary()))
