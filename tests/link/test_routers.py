"""Where routers are mounted: full paths, and what runs before a handler, across files."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

EXPRESS = '{"dependencies": {"express": "5"}}'
AUTH = 'import jwt from "jsonwebtoken"\nexport function auth(req, res, next) { jwt.verify(req.headers.authorization, key); next() }\n'
REMOVE = 'import { PrismaClient } from "@prisma/client"\nconst prisma = new PrismaClient()\nexport async function remove(req, res) { await prisma.user.deleteMany() }\n'


def auths(files: dict[str, str]) -> dict[str, str | None]:
    """Every route by title, with who may call it."""
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    return {route.title: route.auth for route in found}


def express(app: str, **more: str) -> dict[str, str | None]:
    start = 'import express from "express"\nimport { auth } from "./auth.js"\nimport { remove } from "./remove.js"\nconst app = express()\n'
    files = {f"src/{name}.js": text for name, text in more.items()}
    return auths({"package.json": EXPRESS, "src/auth.js": AUTH, "src/remove.js": REMOVE, "src/app.js": start + app, **files})


ROUTER = 'import { Router } from "express"\nimport { remove } from "./remove.js"\nconst router = Router()\nrouter.delete("/:id", remove)\nexport default router\n'


# --- Express ---


def test_middleware_guards_what_is_registered_after_it() -> None:
    found = express("app.get('/a', remove)\napp.use(auth)\napp.get('/b', remove)")
    assert found == {"GET /a": "unauthenticated", "GET /b": "authenticated"}


def test_middleware_guards_what_is_below_its_path() -> None:
    found = express("app.use('/admin', auth)\napp.get('/admin/a', remove)\napp.get('/admin', remove)\napp.get('/administrators', remove)")
    assert found == {"GET /admin/a": "authenticated", "GET /admin": "authenticated", "GET /administrators": "unauthenticated"}


@pytest.mark.parametrize(
    ("used", "auth"),
    [
        ("...closed", "authenticated"),
        ("closed", "authenticated"),
        ("...opened", "unauthenticated"),
        ("...chosen", "unauthenticated"),
        ("...[log, auth]", "authenticated"),
        ("...[log]", "unauthenticated"),
    ],
)
def test_lists_of_middleware_and_other_names_of_routers(used: str, auth: str) -> None:
    listed = (
        'import { auth } from "./auth.js"\nimport { log } from "./log.js"\nexport const closed = [log, auth]\nexport const opened = [log]\n'
        "export const chosen = process.env.OPEN ? [log] : [log, auth]\n"
    )
    desk = ROUTER.replace("export default router", "export const desk = router")
    imports = 'import { closed, opened, chosen } from "./listed.js"\nimport { log } from "./log.js"\nimport { desk } from "./desk.js"\n'
    found = express(
        f"{imports}app.use({used})\napp.use('/desk', desk)",
        listed=listed,
        desk=desk,
        log="export function log(req, res, next) { console.log(req.url); next() }\n",
    )
    assert found == {"DELETE /desk/:id": auth}


def test_routers_that_objects_have() -> None:
    desk = (
        'import { Router } from "express"\nimport { remove } from "./remove.js"\nexport class Desk {\n  router = Router()\n'
        '  constructor() { this.router.delete("/:id", remove) }\n}\n'
    )
    made = 'import { Desk } from "./desk.js"\nexport const desk = new Desk()\n'
    imports = 'import { Desk } from "./desk.js"\nimport { desk } from "./made.js"\nimport { container } from "tsyringe"\n'
    for router in ("new Desk().router", "desk.router", "container.resolve(Desk).router"):
        found = express(f"{imports}app.use('/desk', auth, {router})", desk=desk, made=made)
        assert found == {"DELETE /desk/:id": "authenticated"}


def test_routers_that_methods_of_objects_give() -> None:
    desk = (
        'import { Router } from "express"\nimport { remove } from "./remove.js"\nexport class Desk {\n  router = Router()\n'
        '  constructor() { this.router.delete("/:id", remove) }\n  getRouter() { return this.router }\n}\nexport default new Desk().router\n'
    )
    for imports, router in (
        ('import { Desk } from "./desk.js"', "new Desk().getRouter()"),
        ('import { Desk } from "./desk.js"\nconst desk = new Desk()', "desk.getRouter()"),
        ('import desk from "./desk.js"', "desk"),
    ):
        found = express(f"{imports}\napp.use('/desk', auth, {router})", desk=desk)
        assert found == {"DELETE /desk/:id": "authenticated"}


def test_routers_of_a_table() -> None:
    more = ROUTER.replace("delete", "put")
    rows = 'import a from "./a.js"\nimport b from "./b.js"\nexport const rows = [{ path: "/a", router: a }, { path: "/b", router: b }]\n'
    here = rows + "rows.forEach((row) => app.use(row.path, auth, row.router))\n"
    there = 'import { rows } from "./rows.js"\nfor (const { path, router } of rows) app.use(path, auth, router)\n'
    kept = 'import { rows } from "./rows.js"\nrows.forEach((row) => app.use(`/api${row.path}`, row.router))\n'
    expected = {"DELETE /a/:id": "authenticated", "PUT /b/:id": "authenticated"}
    assert express(here.replace("export ", ""), a=ROUTER, b=more) == expected
    assert express(there, a=ROUTER, b=more, rows=rows) == expected
    assert set(express(kept, a=ROUTER, b=more, rows=rows).values()) == {"unauthenticated"}


def test_rows_that_are_called_after_tasks_wait_for_no_clock() -> None:
    paths = ("/task-templates", "/jobTemplates", "/run-tasks", "/tasks/process", "/cron-sync")
    files = {"package.json": EXPRESS, "app.js": REMOVE.partition("export")[0] + 'import express from "express"\nconst app = express()\n'}
    files["app.js"] += "".join(f'app.post("{path}", async (req, res) => {{ await prisma.row.create(req.body) }})\n' for path in paths)
    routes = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert [route.scheduled for route in routes] == [False, False, True, True, True]


def test_routers_of_the_same_file() -> None:
    found = express(
        "const api = express.Router()\napi.get('/a', remove)\napp.use('/api', auth, api)\nconst open = express.Router()\nopen.get('/b', remove)\napp.use('/open', open)"
    )
    assert found == {"GET /api/a": "authenticated", "GET /open/b": "unauthenticated"}


def test_routers_of_other_files() -> None:
    app = 'import users from "./users.js"\nimport posts from "./posts.js"\napp.use("/users", auth, users)\napp.use("/posts", posts)\n'
    assert express(app, users=ROUTER, posts=ROUTER) == {"DELETE /users/:id": "authenticated", "DELETE /posts/:id": "unauthenticated"}


def test_middleware_of_the_router_itself() -> None:
    router = ROUTER.replace("router.delete", "router.use(auth)\nrouter.delete").replace(
        "import", 'import { auth } from "./auth.js"\nimport', 1
    )
    assert express('import users from "./users.js"\napp.use("/users", users)\n', users=router) == {"DELETE /users/:id": "authenticated"}


def test_routers_in_routers() -> None:
    api = 'import { Router } from "express"\nimport users from "./users.js"\nconst api = Router()\napi.use("/users", users)\nexport default api\n'
    app = 'import api from "./api.js"\napp.use("/v1", auth, api)\n'
    assert express(app, api=api, users=ROUTER) == {"DELETE /v1/users/:id": "authenticated"}


def test_routers_through_a_barrel() -> None:
    app = 'import { users } from "./routes.js"\napp.use("/users", auth, users)\n'
    barrels = ('export { default as users } from "./users.js"\n', 'import users from "./users.js"\nexport { users }\n')
    assert [express(app, routes=barrel, users=ROUTER) for barrel in barrels] == [{"DELETE /users/:id": "authenticated"}] * 2


def test_a_router_that_is_mounted_twice_has_its_routes_twice() -> None:
    app = 'import users from "./users.js"\napp.use("/a", auth, users)\napp.use("/b", users)\n'
    assert express(app, users=ROUTER) == {"DELETE /a/:id": "authenticated", "DELETE /b/:id": "unauthenticated"}


def test_a_router_that_is_mounted_nowhere_is_taken_as_the_root() -> None:
    assert express("", users=ROUTER) == {"DELETE /:id": "unauthenticated"}


def test_an_application_that_is_handed_in() -> None:
    add = 'import { remove } from "./remove.js"\nexport function addRoutes(app) { app.delete("/x", remove) }\n'
    imports = 'import { addRoutes } from "./add.js"\n'
    assert express(f"{imports}app.use(auth)\naddRoutes(app)", add=add) == {"DELETE /x": "authenticated"}
    assert express(f"{imports}addRoutes(app)\napp.use(auth)", add=add) == {"DELETE /x": "unauthenticated"}


def test_an_application_that_is_handed_on() -> None:
    add = 'import { addUsers } from "./users.js"\nexport default (app) => { addUsers(app) }\n'
    users = 'import { remove } from "./remove.js"\nexport const addUsers = (app) => { app.delete("/x", remove) }\n'
    assert express('import add from "./add.js"\napp.use(auth)\nadd(app)', add=add, users=users) == {"DELETE /x": "authenticated"}


def test_commonjs() -> None:
    files = {
        "package.json": EXPRESS,
        "auth.js": "const jwt = require('jsonwebtoken')\nmodule.exports = (req, res, next) => { jwt.verify(req.headers.authorization, key); next() }\n",
        "users.js": "const router = require('express').Router()\nconst c = require('./controller')\nrouter.delete('/:id', c.remove)\nmodule.exports = router\n",
        "posts.js": "const { Router } = require('express')\nconst router = Router()\nconst { remove } = require('./controller')\nrouter.delete('/:id', remove)\nmodule.exports = { router }\n",
        "controller.js": "const { PrismaClient } = require('@prisma/client')\nconst prisma = new PrismaClient()\nexports.remove = async (req, res) => { await prisma.user.deleteMany() }\n",
        "app.js": "const express = require('express')\nconst auth = require('./auth')\nconst app = express()\napp.use('/users', auth, require('./users'))\napp.use('/posts', require('./posts').router)\n",
    }
    assert auths(files) == {"DELETE /users/:id": "authenticated", "DELETE /posts/:id": "unauthenticated"}


def test_hono() -> None:
    files = {
        "package.json": '{"dependencies": {"hono": "4"}}',
        "src/remove.ts": REMOVE,
        "src/users.ts": 'import { Hono } from "hono"\nimport { remove } from "./remove"\nexport const users = new Hono().delete("/:id", remove)\n',
        "src/app.ts": 'import { Hono } from "hono"\nimport { jwt } from "hono/jwt"\nimport { remove } from "./remove"\nimport { users } from "./users"\n'
        'const app = new Hono().basePath("/api")\napp.use("/admin/*", jwt({ secret }))\napp.get("/admin/x", remove)\napp.get("/y", remove)\napp.route("/users", users)\n',
    }
    found = auths(files)
    assert {title.partition(" ")[2].rpartition("/")[2]: auth for title, auth in found.items()} == {
        "x": "authenticated",
        "y": "unauthenticated",
        ":id": "unauthenticated",
    }


# --- FastAPI ---

WHO = "from fastapi import Depends, HTTPException\nfrom jose import jwt\ndef who(request):\n    return jwt.decode(request, KEY)\n"
ITEMS = """from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from app.db import get_db
router = APIRouter(prefix="/items"{})
@router.delete("/{{id}}")
def remove(db: Session = Depends(get_db)):
    db.delete(everyone)
"""
PACKAGE = {
    "requirements.txt": "fastapi\n",
    "app/__init__.py": "",
    "app/db.py": "def get_db(): yield 1\n",
    "app/auth.py": WHO,
    "app/routers/__init__.py": "",
}


def fastapi(main: str, items: str = ITEMS.format(""), **more: str) -> dict[str, str | None]:
    start = "from fastapi import FastAPI, Depends\nfrom app.auth import who\nfrom app.routers import items\n"
    files = {path.replace("__", "/") + ".py": text for path, text in more.items()}
    return auths({**PACKAGE, "app/routers/items.py": items, "app/main.py": start + main, **files})


def test_prefixes_and_dependencies_of_the_mount() -> None:
    assert fastapi("app = FastAPI()\napp.include_router(items.router, prefix='/v1')") == {"DELETE /v1/items/{id}": "unauthenticated"}
    assert fastapi("app = FastAPI()\napp.include_router(items.router, dependencies=[Depends(who)])") == {
        "DELETE /items/{id}": "authenticated"
    }


def test_dependencies_of_the_router_and_the_application() -> None:
    items = "from app.auth import who\n" + ITEMS.format(", dependencies=[Depends(who)]")
    assert fastapi("app = FastAPI()\napp.include_router(items.router)", items) == {"DELETE /items/{id}": "authenticated"}
    assert fastapi("app = FastAPI(dependencies=[Depends(who)])\napp.include_router(items.router)") == {
        "DELETE /items/{id}": "authenticated"
    }


def test_applications_made_in_a_function() -> None:
    main = (
        "def make():\n    app = FastAPI(dependencies=[Depends(who)])\n    app.include_router(items.router, prefix='/v1')\n    return app\n"
    )
    assert fastapi(main) == {"DELETE /v1/items/{id}": "authenticated"}


def test_routers_of_a_package() -> None:
    init = {"app/api/__init__.py": "from .router import api\n"}
    router = (
        "from fastapi import APIRouter\nfrom app.routers import items\napi = APIRouter(prefix='/api')\napi.include_router(items.router)\n"
    )
    main = "from fastapi import FastAPI, Depends\nfrom app.api import api\nfrom app.auth import who\napp = FastAPI()\napp.include_router(api, prefix='/v1', dependencies=[Depends(who)])\n"
    files = {**PACKAGE, **init, "app/api/router.py": router, "app/routers/items.py": ITEMS.format(""), "app/main.py": main}
    assert auths(files) == {"DELETE /v1/api/items/{id}": "authenticated"}


def test_middleware_of_the_application_guards_all_of_it_wherever_it_stands() -> None:
    checked = "from jose import jwt\nasync def check(request, call_next):\n    jwt.decode(request.headers['x'], KEY)\n    return await call_next(request)\n"
    main = f"{checked}app = FastAPI()\napp.include_router(items.router)\napp.middleware('http')(check)\n"
    decorated = f"app = FastAPI()\napp.include_router(items.router)\nfrom jose import jwt\n@app.middleware('http')\n{checked.partition('jwt' + chr(10))[2]}"
    assert fastapi(decorated) == {"DELETE /items/{id}": "authenticated"}
    assert list(fastapi(main)) == ["DELETE /items/{id}"]


# --- Flask ---

VIEWS = """from flask import Blueprint
from notes.models import db
bp = Blueprint("notes", __name__, url_prefix="/notes")
@bp.delete("/<id>")
def remove(id):
    db.session.delete(everyone)
"""
NOTES = {
    "requirements.txt": "flask\n",
    "notes/__init__.py": "",
    "notes/models.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n",
    "notes/auth.py": "from flask import abort, session\ndef check():\n    if 'user' not in session:\n        abort(401)\n",
}


def test_blueprints() -> None:
    app = "from flask import Flask\nfrom notes.views import bp\ndef make():\n    app = Flask(__name__)\n    app.register_blueprint(bp{})\n    return app\n"
    assert auths({**NOTES, "notes/views.py": VIEWS, "notes/app.py": app.format("")}) == {"DELETE /notes/<id>": "unauthenticated"}
    assert auths({**NOTES, "notes/views.py": VIEWS, "notes/app.py": app.format(", url_prefix='/v1'")}) == {
        "DELETE /v1/<id>": "unauthenticated"
    }


def test_what_runs_before_the_requests_of_a_blueprint_or_of_all() -> None:
    blueprint = "from notes.auth import check\n" + VIEWS + "bp.before_request(check)\n"
    assert auths({**NOTES, "notes/views.py": blueprint}) == {"DELETE /notes/<id>": "authenticated"}
    app = "from flask import Flask\nfrom notes.views import bp\nfrom notes.auth import check\napp = Flask(__name__)\napp.before_request(check)\napp.register_blueprint(bp)\n"
    assert auths({**NOTES, "notes/views.py": VIEWS, "notes/app.py": app}) == {"DELETE /notes/<id>": "authenticated"}
    other = 'from flask import Blueprint\nfrom notes.auth import check\nother = Blueprint("o", __name__)\n@other.before_app_request\ndef f():\n    check()\n'
    assert auths({**NOTES, "notes/views.py": VIEWS, "notes/other.py": other}) == {"DELETE /notes/<id>": "authenticated"}


# --- circles ---


def test_routers_that_mount_each_other() -> None:
    app = "const one = express.Router()\nconst two = express.Router()\none.use('/two', two)\ntwo.use('/one', one)\none.get('/x', remove)\n"
    assert set(express(app).values()) == {"unauthenticated"}


# Each of them is at a place for each way to it, of which there are hundreds of thousands.
def test_many_routers_that_mount_each_other() -> None:
    names = [f"r{number}" for number in range(20)]
    made = "".join(f"const {name} = express.Router()\n{name}.delete('/{name}', remove)\n" for name in names)
    mounts = "".join(f"{parent}.use('/{child}', {child})\n" for parent in names for child in names)
    found = express(f"{made}{mounts}app.use('/api', r0)\n")
    assert {title.rpartition("/")[2] for title in found} == set(names)
    assert set(found.values()) == {"unauthenticated"}


SETUP = """
from flask import Flask, redirect, request
from models import User, db
app = Flask(__name__)


@app.post("/setup")
def setup():
    BEFORE
    db.session.add(User(request.form["name"], admin=True))
    db.session.commit()
    return redirect("/")
"""


@pytest.mark.parametrize(
    ("before", "path", "expected"),
    [
        ("if User.query.count() > 0:\n        return redirect('/')", "/setup", None),
        ("if db.session.query(User).first():\n        return redirect('/')", "/setup", None),
        ("if is_setup():\n        return redirect('/')", "/setup", None),
        ("if userCount() > 0:\n        return redirect('/')", "/onboarding/config", None),
        ("if User.query.filter_by(name=request.form['name']).first():\n        return redirect('/')", "/setup", "unauthenticated"),
        ("pass", "/setup", "unauthenticated"),
        ("if not request.form.get('name'):\n        return redirect('/')", "/setup", "unauthenticated"),
        ("if request.form.get('setup') != 'yes':\n        return redirect('/')", "/setup", "unauthenticated"),
        ("if User.query.count() > 0:\n        return redirect('/')", "/members", "unauthenticated"),
    ],
)
def test_who_opens_an_app_first_sets_it_up(before: str, path: str, expected: str | None) -> None:
    app = SETUP.replace("BEFORE", before).replace("/setup", path)
    models = "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n\n\nclass User(db.Model):\n    name = db.Column(db.String)\n    admin = db.Column(db.Boolean)\n"
    assert auths({"requirements.txt": "flask\nflask-sqlalchemy\n", "app.py": app, "models.py": models}) == {f"POST {path}": expected}
