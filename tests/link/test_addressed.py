"""What middleware of Python's servers demands by the address: lists of what is open, or of what is asked at, and names of what answers."""

import pytest
from own_rules import RULES

from batten.facts.routes import RouteAuth
from batten.scan import scan_files

OPEN, KNOWN, UNSURE = RouteAuth.UNAUTHENTICATED, RouteAuth.AUTHENTICATED, None

FASTAPI = """from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.middleware.base import BaseHTTPMiddleware
import jwt
from .data import save
from .settings import SHARED
app = FastAPI()
OPEN = ["/login", "/open"]
STARTS = ("/login", "/open")
%s
@app.post("/api/notes")
def notes(body: dict):
    return save(body)
@app.post("/open/notes")
def open_notes(body: dict):
    return save(body)
"""
FUNCTION = """
@app.middleware("http")
async def ask(request: Request, call_next):
    {test}
        {then}
    try:
        jwt.decode(request.headers.get("Authorization", ""), KEY, algorithms=["HS256"])
    except jwt.PyJWTError:
        return JSONResponse({{"detail": "no"}}, status_code=401)
    return await call_next(request)
"""
INNER = """
@app.middleware("http")
async def ask(request: Request, call_next):
    {test}
        try:
            jwt.decode(request.headers.get("Authorization", ""), KEY, algorithms=["HS256"])
        except jwt.PyJWTError:
            return JSONResponse({{"detail": "no"}}, status_code=401)
    return await call_next(request)
"""
CLASS = """
class Ask(BaseHTTPMiddleware):
    PUBLIC = ["/login", "/open"]
    def __init__(self, app):
        super().__init__(app)
        self.open = {{"/login", "/open/notes"}}
    async def dispatch(self, request: Request, call_next):
        {test}
            return await call_next(request)
        try:
            jwt.decode(request.headers.get("Authorization", ""), KEY, algorithms=["HS256"])
        except jwt.PyJWTError:
            return JSONResponse({{"detail": "no"}}, status_code=401)
        return await call_next(request)
app.add_middleware(Ask)
"""
GOES_ON = "return await call_next(request)"


def statuses(text: str, settings: str = 'SHARED = ["/login", "/open"]\n') -> list[RouteAuth | None]:
    """Who may call each route of an app, in order."""
    files = {
        "requirements.txt": "fastapi\nflask\npyjwt\n",
        "app/__init__.py": "",
        "app/settings.py": settings,
        "app/main.py": text,
    }
    found = scan_files({name: content.encode() for name, content in files.items()}, RULES).project.routes
    return [route.auth for route in sorted(found, key=lambda route: route.place)]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("if any(request.url.path.startswith(p) for p in OPEN):", [KNOWN, OPEN]),
        ("if any([request.url.path.startswith(p) for p in STARTS]):", [KNOWN, OPEN]),
        ("if any(request.url.path == p or request.url.path.startswith(p + '/') for p in OPEN):", [KNOWN, OPEN]),
        ("if any(request.url.path.startswith(f'{p}/') for p in OPEN):", [KNOWN, OPEN]),
        ("if request.url.path.startswith(STARTS):", [KNOWN, OPEN]),
        ("if request.url.path.startswith(('/login', '/open')):", [KNOWN, OPEN]),
        ("if request.url.path in ['/login', '/open/notes']:", [KNOWN, OPEN]),
        ("if request.url.path in OPEN + ['/open/notes']:", [KNOWN, OPEN]),
        ("if request.url.path.rstrip('/') in frozenset({'/login', '/open/notes'}):", [KNOWN, OPEN]),
        ("if any(request.url.path.startswith(p) for p in SHARED):", [KNOWN, OPEN]),
        ("if request.method == 'OPTIONS' or request.url.path.startswith(STARTS):", [KNOWN, OPEN]),
        ("path = request.url.path\n    if any(path.startswith(p) for p in OPEN):", [KNOWN, OPEN]),
        ("if request.method == 'OPTIONS':", [KNOWN, KNOWN]),
        # A list that the app decides by when it runs, and what a path becomes, can't be told.
        ("if any(request.url.path.startswith(p) for p in listed()):", [UNSURE, UNSURE]),
        ("if request.url.path in load():", [UNSURE, UNSURE]),
        ("if any(request.url.path.startswith(p) for p in OPEN if p in extra):", [UNSURE, UNSURE]),
        ("if any(request.headers.get('x-path').startswith(p) for p in OPEN):", [OPEN, OPEN]),
        ("if request.url.path.startswith(('/login', '')):", [UNSURE, UNSURE]),
    ],
)
def test_functions_that_leave_paths_alone(test: str, expected: list[RouteAuth | None]) -> None:
    assert statuses(FASTAPI % FUNCTION.format(test=test, then=GOES_ON)) == expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("if request.url.path.startswith('/api'):", [KNOWN, OPEN]),
        ("if request.url.path in ('/api/notes', '/api/other'):", [KNOWN, OPEN]),
        ("if not any(request.url.path.startswith(p) for p in OPEN):", [KNOWN, OPEN]),
        ("if request.url.path not in OPEN:", [KNOWN, KNOWN]),
        ("if request.url.path.startswith('/api') and DEBUG:", [UNSURE, OPEN]),
    ],
)
def test_functions_that_ask_at_paths(test: str, expected: list[RouteAuth | None]) -> None:
    assert statuses(FASTAPI % INNER.format(test=test)) == expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("if request.url.path in self.open:", [KNOWN, OPEN]),
        ("if any(request.url.path.startswith(p) for p in self.PUBLIC):", [KNOWN, OPEN]),
        ("if any(request.url.path.startswith(p) for p in STARTS):", [KNOWN, OPEN]),
        ("if request.url.path in self.other:", [UNSURE, UNSURE]),
    ],
)
def test_classes_of_middleware(test: str, expected: list[RouteAuth | None]) -> None:
    assert statuses(FASTAPI % CLASS.format(test=test)) == expected


def test_a_list_of_another_file_that_is_made_when_the_app_runs() -> None:
    text = FASTAPI % FUNCTION.format(test="if any(request.url.path.startswith(p) for p in SHARED):", then=GOES_ON)
    assert statuses(text, "SHARED = load()\n") == [UNSURE, UNSURE]


FLASK = """from flask import Blueprint, Flask, abort, g, redirect, request
from flask_login import current_user
from .data import save
app = Flask(__name__)
shop = Blueprint("shop", __name__)
OPEN = ("login", "static", "shop.offers")
@app.before_request
def ask():
    {body}
@app.post("/notes")
def notes():
    return save(request.json)
@shop.post("/offers")
def offers():
    return save(request.json)
app.register_blueprint(shop, url_prefix="/shop")
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if request.endpoint in OPEN: return\n    if not current_user.is_authenticated: return redirect('/login')", [KNOWN, OPEN]),
        ("if request.endpoint not in OPEN and not current_user.is_authenticated: return redirect('/login')", [KNOWN, OPEN]),
        ("if request.endpoint and request.endpoint not in OPEN and not current_user.is_authenticated: abort(401)", [KNOWN, OPEN]),
        ("if current_user.is_authenticated or request.endpoint in OPEN: return\n    return redirect('/login')", [KNOWN, OPEN]),
        ("if request.endpoint in [None, 'shop.offers'] or current_user.is_authenticated: return None\n    abort(403)", [KNOWN, OPEN]),
        ("if request.path.startswith('/shop'): return\n    if not current_user.is_authenticated: abort(401)", [KNOWN, OPEN]),
        ("if request.blueprint == 'shop': return\n    if not current_user.is_authenticated: abort(401)", [KNOWN, OPEN]),
        ("if request.path.startswith('/notes') and not current_user.is_authenticated: return redirect('/login')", [KNOWN, OPEN]),
        ("if not current_user.is_authenticated: return redirect('/login')", [KNOWN, KNOWN]),
        ("if not (current_user.is_authenticated or request.endpoint in OPEN): return redirect('/login')", [KNOWN, OPEN]),
        ("if request.endpoint in exempt(): return\n    if not current_user.is_authenticated: abort(401)", [UNSURE, UNSURE]),
        ("if request.headers.get('X-Skip'): return\n    if not current_user.is_authenticated: abort(401)", [UNSURE, UNSURE]),
        ("g.user = current_user", [OPEN, OPEN]),
    ],
)
def test_hooks_of_flask(body: str, expected: list[RouteAuth | None]) -> None:
    assert statuses(FLASK.format(body=body)) == expected


CHECKS = """
async def check(request: Request, call_next):
    if request.url.path.startswith("/api/") and not request.url.path.startswith("/api/login"):
        try:
            jwt.decode(request.headers.get("Authorization", ""), KEY, algorithms=["HS256"])
        except jwt.PyJWTError:
            return JSONResponse({"detail": "no"}, status_code=401)
    return await call_next(request)
async def passes(request: Request, call_next):
    return await check(request, call_next)
@app.middleware("http")
async def ask(request: Request, call_next):
    BODY
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return await check(request, call_next)", [UNSURE, OPEN]),
        ("response = await check(request, call_next)\n    return response", [UNSURE, OPEN]),
        ("return await passes(request, call_next)", [UNSURE, OPEN]),
        # it goes on by itself for some
        ("if request.headers.get('X-Skip'): return await call_next(request)\n    return await check(request, call_next)", [OPEN, OPEN]),
    ],
)
def test_a_function_that_middleware_hands_on_to(body: str, expected: list[RouteAuth | None]) -> None:
    assert statuses(FASTAPI % CHECKS.replace("BODY", body)) == expected
