"""What handlers are given by the app that they are of, told by what a route reaches; where nobody can tell what is kept, nothing is."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

SHELF = """from sqlalchemy.orm import Session


class Shelf:
    def __init__(self, session: Session = None):
        self.session = session

    def burn(self, id: str):
        self.session.delete(id)
"""
OTHER = SHELF.replace("Shelf", "Drawer").replace("self.session.delete(id)", "return id")
START = "from fastapi import Depends, FastAPI, Request, WebSocket\nfrom shop.shelf import Shelf\n\n"
DROP = '\n\n@app.delete("/x/{id}")\nasync def drop(id: str, request: Request):\n    request.app.state.shelf.burn(id)\n'
LIFESPAN = "async def lifespan(app: FastAPI):\n    {0}\n    yield\n\n\napp = FastAPI(lifespan=lifespan)\n"
ROUTES = DROP.replace("@app", "@router")


def reached(files: dict[str, str]) -> list[str]:
    """The kinds of what a stranger reaches."""
    shelves = {"shop/__init__.py": "", "shop/shelf.py": SHELF, "shop/drawer.py": OTHER, "requirements.txt": "fastapi\nsqlalchemy\n"}
    routes = scan_files({path: text.encode() for path, text in (shelves | files).items()}, RULES).project.routes
    return sorted({effect.kind.value for route in routes for effect in route.effects})


def one(text: str, **others: str) -> dict[str, str]:
    return {"shop/main.py": START + text} | {f"shop/{name}.py": each for name, each in others.items()}


def handled(kept: str, parameters: str, call: str) -> dict[str, str]:
    """A handler of FastAPI that makes a call, in an app that keeps something when it starts."""
    return one(LIFESPAN.format(kept) + f'\n\n@app.delete("/x/{{id}}")\nasync def drop(id: str, {parameters}):\n    {call}\n')


def of_flask(before: str, call: str) -> dict[str, str]:
    start = "from flask import Flask, current_app, g\nfrom shop.shelf import Shelf\n\napp = Flask(__name__)\n"
    return one(f'{before}\n\n@app.delete("/x/<id>")\ndef drop(id):\n    {call}\n') | {
        "shop/main.py": f'{start}{before}\n\n@app.delete("/x/<id>")\ndef drop(id):\n    {call}\n'
    }


def of_aiohttp(before: str, call: str) -> dict[str, str]:
    start = "from aiohttp import web\nfrom shop.shelf import Shelf\n\n"
    handler = f"async def drop(request):\n    {call}\n    return web.json_response({{}})\n\n\n"
    return {"shop/main.py": f"{start}{handler}app = web.Application()\n{before}\napp.router.add_delete('/x/{{id}}', drop)\n"}


GET = "def get_shelf({0}):\n    return request.app.state.shelf\n\n\n"
KEPT = "app.state.shelf = Shelf()"

WAYS = {
    "lifespan": one(LIFESPAN.format(KEPT) + DROP),
    "by-a-name-of-it": one(LIFESPAN.format("shelf = Shelf()\n    app.state.shelf = shelf") + DROP),
    "nothing-at-first": one("app = FastAPI()\napp.state.shelf = None\n\n\n@app.on_event('startup')\nasync def start():\n    app.state.shelf = Shelf()\n" + DROP),
    "startup-of-a-module": one("app = FastAPI()\napp.state.shelf = Shelf()\n" + DROP),
    "on-one-side-of-a-test": one(LIFESPAN.format("if True:\n        app.state.shelf = Shelf()") + DROP),
    "annotated": one("app = FastAPI()\napp.state.shelf: Shelf = Shelf()\n" + DROP),
    "setattr": one(LIFESPAN.format("setattr(app.state, 'shelf', Shelf())") + DROP),
    "of-a-factory": one("def make():\n    return Shelf()\n\n\n" + LIFESPAN.format("app.state.shelf = make()") + DROP),
    "awaited": one("async def make():\n    return Shelf()\n\n\n" + LIFESPAN.format("app.state.shelf = await make()") + DROP),
    "another-name-of-the-app": one("api = FastAPI()\napi.state.shelf = Shelf()\n" + DROP.replace("@app", "@api")),
    "in-create-app": one("def create_app(shelf: Shelf):\n    app = FastAPI()\n    app.state.shelf = shelf\n    return app\n\n\napp = create_app(Shelf())\n" + DROP),
    "the-app-itself": handled(KEPT, "request: Request", "app.state.shelf.burn(id)"),
    "untyped-request": handled(KEPT, "request", "request.app.state.shelf.burn(id)"),
    "state-by-a-name": handled(KEPT, "request: Request", "state = request.app.state\n    state.shelf.burn(id)"),
    "shelf-by-a-name": handled(KEPT, "request: Request", "shelf = request.app.state.shelf\n    await shelf.burn(id)"),
    "without-state": handled("app.shelf = Shelf()", "request: Request", "request.app.shelf.burn(id)"),
    "one-of-another": handled("app.desk = Desk()\n    app.shelf = app.desk.shelf", "request: Request", "request.app.shelf.burn(id)")
    | {"shop/main.py": START + "class Desk:\n    def __init__(self):\n        self.shelf = Shelf()\n\n\n" + LIFESPAN.format("app.desk = Desk()\n    app.shelf = app.desk.shelf") + DROP.replace("state.", "")},
    "dependency": one(LIFESPAN.format(KEPT) + GET.format("request: Request") + '@app.delete("/x/{id}")\ndef drop(id: str, shelf=Depends(get_shelf)):\n    shelf.burn(id)\n'),
    "untyped-dependency": one(LIFESPAN.format(KEPT) + GET.format("request") + '@app.delete("/x/{id}")\ndef drop(id: str, shelf=Depends(get_shelf)):\n    shelf.burn(id)\n'),
    "called-itself": one(LIFESPAN.format(KEPT) + GET.format("request: Request") + '@app.delete("/x/{id}")\ndef drop(id: str, request: Request):\n    get_shelf(request).burn(id)\n'),
    "function": one("def burn(id):\n    Shelf().burn(id)\n\n\n" + LIFESPAN.format("app.state.burn = burn") + DROP.replace("shelf.burn", "burn")),
    "state-of-a-lifespan": one("async def lifespan(app):\n    yield {'shelf': Shelf()}\n\n\napp = FastAPI(lifespan=lifespan)\n" + DROP.replace("app.state", "state")),
    "websocket": one(LIFESPAN.format(KEPT) + '\n\n@app.websocket("/x/{id}")\nasync def drop(websocket: WebSocket, id: str):\n    await websocket.accept()\n    websocket.app.state.shelf.burn(id)\n'),
    "router-of-another-file": one(
        "from shop.routes import router\n\n" + LIFESPAN.format(KEPT) + "app.include_router(router)\n",
        routes="from fastapi import APIRouter, Request\n\nrouter = APIRouter()\n" + ROUTES,
    ),
    "lifespan-of-another-file": one(
        "from shop.events import lifespan\nfrom shop.routes import router\n\napp = FastAPI(lifespan=lifespan)\napp.include_router(router)\n",
        events="from shop.shelf import Shelf\n\n\nasync def lifespan(app):\n    app.state.shelf = Shelf()\n    yield\n",
        routes="from fastapi import APIRouter, Request\n\nrouter = APIRouter()\n" + ROUTES,
    ),
    "app-of-another-file": one(
        "app = FastAPI()\napp.state.shelf = Shelf()\n\nimport shop.routes\n",
        routes="from shop.main import app\n\n\n@app.delete('/x/{id}')\ndef drop(id: str):\n    app.state.shelf.burn(id)\n",
    ),
    "the-one-of-this-app": one(LIFESPAN.format(KEPT) + DROP) | {"tools/bench.py": "from shop.drawer import Drawer\n\n\ndef start(app):\n    app.state.shelf = Drawer()\n"},
    "no-stand-in": one("class FakeShelf(Shelf):\n    def burn(self, id):\n        return id\n\n\n" + LIFESPAN.format("app.state.shelf = FakeShelf()\n    app.state.shelf = Shelf()") + DROP),
    "not-that-of-a-test": one(LIFESPAN.format(KEPT) + DROP) | {"shop/tests/test_main.py": "from shop.drawer import Drawer\nfrom shop.main import app\n\napp.state.shelf = Drawer()\n"},
    "flask-attribute": of_flask("app.shelf = Shelf()", "current_app.shelf.burn(id)"),
    "flask-extension": of_flask("app.extensions['shelf'] = Shelf()", "current_app.extensions['shelf'].burn(id)"),
    "flask-init-app": of_flask("class Desk:\n    def init_app(self, app):\n        app.extensions['shelf'] = Shelf()\n\n\nDesk().init_app(app)", "current_app.extensions['shelf'].burn(id)"),
    "flask-g": of_flask("\n@app.before_request\ndef start():\n    g.shelf = Shelf()\n", "g.shelf.burn(id)"),
    "flask-g-once": of_flask("\ndef shelf():\n    if 'shelf' not in g:\n        g.shelf = Shelf()\n    return g.shelf\n", "shelf().burn(id)"),
    "aiohttp": of_aiohttp("app['shelf'] = Shelf()", "request.app['shelf'].burn(1)"),
    "aiohttp-by-a-name": of_aiohttp("app['shelf'] = Shelf()", "shelf = request.app['shelf']\n    shelf.burn(1)"),
}  # fmt: skip

SILENT = {
    "nobody-keeps-it": one("app = FastAPI()\n" + DROP),
    "another-name": one(LIFESPAN.format("app.state.desk = Shelf()") + DROP),
    "unknown": one(LIFESPAN.format("app.state.shelf = made_elsewhere") + DROP),
    "nothing": one(LIFESPAN.format("app.state.shelf = None") + DROP),
    "one-of-two": one(
        "from shop.drawer import Drawer\n\n\n" + LIFESPAN.format("app.state.shelf = Drawer()\n    app.state.shelf = Shelf()") + DROP
    ),
    "what-does-no-harm": one("from shop.drawer import Drawer\n\n\n" + LIFESPAN.format("app.state.shelf = Drawer()") + DROP),
    "no-such-method": one(LIFESPAN.format(KEPT) + DROP.replace("burn", "read")),
    "kept-on-something-else": one(LIFESPAN.format("desk.shelf = Shelf()") + DROP),
    "names-in-a-circle": one(LIFESPAN.format("app.state.shelf = app.state.desk.a\n    app.state.desk = app.state.shelf.b") + DROP),
    "of-a-request": one("app = FastAPI()\napp.state.shelf = Shelf()\n" + DROP.replace("app.state", "state")),
}


@pytest.mark.parametrize("name", WAYS)
def test_what_is_kept_on_the_app_is_reached(name: str) -> None:
    assert reached(WAYS[name]) == ["database-delete"]


@pytest.mark.parametrize("name", SILENT)
def test_what_nobody_can_tell_is_not(name: str) -> None:
    assert reached(SILENT[name]) == []


def test_a_client_from_outside_is_known_by_who_makes_it() -> None:
    files = one(
        "from openai import AsyncOpenAI\n\n\n"
        + LIFESPAN.format("app.state.model = AsyncOpenAI()")
        + DROP.replace("shelf.burn(id)", "model.responses.create(input=id)")
    )
    assert reached(files) == ["paid-model-call"]


def test_text_of_a_request_comes_to_the_method() -> None:
    text = LIFESPAN.format(KEPT) + DROP
    found = scan_files(
        {path: each.encode() for path, each in one(text, shelf=SHELF.replace("self.session.delete(id)", "eval(id)")).items()}, RULES
    )
    assert [flow.kind for flow in found.project.flows] == ["code"]


SERVER = """const express = require("express");
const jwt = require("jsonwebtoken");
const { Pool } = require("pg");
const { Orders } = require("./orders");
const routes = require("./routes");
const app = express();
const pool = new Pool();
const DEMO = { id: 1, query: "none" };
KEPT
app.use("/api", routes);
"""
ORDERS = """class Orders {
  constructor(db) {
    this.db = db;
  }
  async drop(id) {
    await this.db.query("DELETE FROM orders WHERE id = $1", [id]);
  }
}
module.exports = { Orders };
"""
SQL = '"DELETE FROM orders WHERE id = $1", [req.params.id]'


@pytest.mark.parametrize(
    ("kept", "asked", "found"),
    [
        ("app.locals.db = pool;", f"await req.app.locals.db.query({SQL});", True),
        ("app.locals.db = pool;", f"const {{ db }} = req.app.locals; await db.query({SQL});", True),
        ('app.set("db", pool);', f'const db = req.app.get("db"); await db.query({SQL});', True),
        ('app.set("db", pool);', f'await req.app.get("db").query({SQL});', True),
        ('app.set("db", pool);', f'await req.app.get("other").query({SQL});', False),
        ("app.use((req, res, next) => { req.db = pool; next(); });", f"await req.db.query({SQL});", True),
        ("app.use((req, res, next) => { res.locals.db = pool; next(); });", f"await res.locals.db.query({SQL});", True),
        ("app.locals.orders = new Orders(pool);", "await req.app.locals.orders.drop(req.params.id);", True),
        ('app.set("orders", new Orders(pool));', 'const orders = req.app.get("orders"); await orders.drop(req.params.id);', True),
        # what is of one request, or of nobody knows what, is none of the app's
        ("app.use((req, res, next) => { req.db = jwt.verify(req.headers.token, process.env.KEY); next(); });", f"await req.db.query({SQL});", False),
        ("app.use((req, res, next) => { req.db = DEMO; next(); });", f"await req.db.query({SQL});", False),
        ("app.use((req, res, next) => { const db = pools[req.headers.host]; req.db = db; next(); });", f"await req.db.query({SQL});", False),
        ('app.set("view engine", "pug");', f'await req.app.get("view engine").query({SQL});', False),
    ],
)  # fmt: skip
def test_what_a_server_of_javascript_keeps(kept: str, asked: str, found: bool) -> None:
    routes = f'const router = require("express").Router();\nrouter.delete("/orders/:id", async (req, res) => {{ {asked} res.end(); }});\nmodule.exports = router;\n'
    files = {
        "package.json": '{ "dependencies": { "express": "5", "pg": "8", "jsonwebtoken": "9" } }',
        "app.js": SERVER.replace("KEPT", kept),
        "orders.js": ORDERS,
        "routes.js": routes,
    }
    project = scan_files({path: text.encode() for path, text in files.items()}, RULES).project
    assert [effect.callee for route in project.routes for effect in route.effects] == ["pg.Pool.query"] * found
