"""What FastAPI files declare."""

from batten.code.lower_python import lower
from batten.extract.fastapi import extract
from batten.extract.summaries import summarise
from batten.facts.routes import Endpoint, Middleware, Mount

IMPORTS = "from typing import Annotated\nfrom fastapi import FastAPI, APIRouter, Depends, Security\n"


def declared(source: str) -> tuple[list[Endpoint], list[Mount], list[Middleware]]:
    summary = summarise(lower((IMPORTS + source).encode(), "main.py"), lambda name: False)
    found = extract("main.py", summary.functions, summary.bindings)
    return list(found.endpoints), list(found.mounts), list(found.middleware)


def endpoints(source: str) -> list[tuple[str, str, str, str, tuple[str, ...]]]:
    return [("|".join(one.methods), one.path, one.router, one.handler, one.chain) for one in declared(source)[0]]


def mounts(source: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(one.parent, one.child, one.prefix, one.chain) for one in declared(source)[1]]


def middleware(source: str) -> list[tuple[str, str, bool]]:
    return [(one.router, one.name, one.later_only) for one in declared(source)[2]]


def test_decorators() -> None:
    source = """
app = FastAPI()
@app.get('/a')
@app.post(path='/b')
@limited
async def f(): pass
@app.api_route('/c', methods=['GET', 'DELETE'])
def g(): pass
@app.api_route('/d')
def h(): pass
@app.websocket('/e')
async def i(socket): pass
@app.get('')
def j(): pass
"""
    assert endpoints(source) == [
        ("GET", "/a", "#app", "#f", ("limited",)),
        ("POST", "/b", "#app", "#f", ("limited",)),
        ("GET|DELETE", "/c", "#app", "#g", ()),
        ("GET", "/d", "#app", "#h", ()),
        ("ANY", "/e", "#app", "#i", ()),
        ("GET", "", "#app", "#j", ()),
    ]


def test_what_is_no_route() -> None:
    source = """
client = Client()
value = app.get('/a')
@cache.get('name')
def f(): pass
@get('/a')
def g(): pass
@app.get(PREFIX + '/a')
def h(): pass
"""
    assert endpoints(source) == []


def test_the_place_is_the_head_of_the_function() -> None:
    source = "app = FastAPI()\n@app.get('/a')\nasync def f(): return 1\n"
    place = declared(source)[0][0].place
    assert (IMPORTS + source)[place.span.start : place.span.end] == "@app.get('/a')\nasync def f()"


def test_dependencies_of_decorator_and_parameters() -> None:
    source = """
@router.post('/', dependencies=[Depends(a), Security(b.c, scopes=['x'])])
async def f(u=Depends(d), *, v: Annotated[User, Depends(e)], w=Security(g), x=Depends(), y=Depends(h('role')), z: int = 1): pass
"""
    source = "from .deps import a, b, d\nrouter = APIRouter()\n" + source
    assert endpoints(source)[0][4] == (".deps#a", ".deps#b.c", ".deps#d", "e", "g", "h")


def test_annotations_that_may_stand_for_a_dependency() -> None:
    source = "from .deps import CurrentUser\nrouter = APIRouter()\n@router.get('/')\ndef f(user: CurrentUser, name: str, n: int): pass\n"
    assert endpoints(source)[0][4] == ("alias:.deps#CurrentUser",)


def test_routers_and_applications() -> None:
    source = """
from . import users
from .admin import router as admin
app = FastAPI(dependencies=[Depends(who)])
api = APIRouter(prefix='/api', dependencies=[Depends(key)])
app.include_router(api, prefix='/v1')
app.include_router(users.router, dependencies=[Depends(other)])
app.include_router(admin)
"""
    assert mounts(source) == [
        ("", "#app", "", ("who",)),
        ("", "#api", "/api", ("key",)),
        ("#app", "#api", "/v1", ()),
        ("#app", ".#users.router", "", ("other",)),
        ("#app", ".admin#router", "", ()),
    ]


def test_applications_made_in_a_function() -> None:
    source = """
def make():
    app = FastAPI(dependencies=[Depends(who)])
    @app.get('/a')
    def f(): pass
    api = APIRouter(prefix='/api')
    api.add_api_route('/b', g, methods=['post'])
    app.include_router(api)
    return app
"""
    assert sorted(mounts(source)) == [("", "#make.api", "/api", ()), ("", "#make.app", "", ("who",)), ("#make.app", "#make.api", "", ())]
    assert endpoints(source) == [("GET", "/a", "#make.app", "#make.f", ()), ("POST", "/b", "#make.api", "g", ())]


def test_an_application_that_is_handed_in() -> None:
    assert endpoints("def add(app):\n    @app.get('/a')\n    def f(): pass\n") == [("GET", "/a", "@add:app", "#add.f", ())]


def test_routes_that_are_added() -> None:
    source = "app = FastAPI()\napp.add_api_route('/a', f)\napp.add_api_route('/b', users.g, methods=METHODS, dependencies=[Depends(who)])\n"
    assert endpoints(source) == [("GET", "/a", "#app", "f", ()), ("ANY", "/b", "#app", "users", ("who",))]


def test_middleware() -> None:
    source = """
from .auth import Checked
app = FastAPI()
@app.middleware('http')
async def check(request, call_next): return await call_next(request)
app.add_middleware(Checked, secret='x')
"""
    assert middleware(source) == [("#app", "#check", False), ("#app", ".auth#Checked", False)]
