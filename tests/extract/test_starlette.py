"""Tables, mounts, classes and middleware of Starlette, as one file declares them."""

from batten.code.lower_python import lower
from batten.extract import starlette
from batten.extract.declared import Declared
from batten.extract.summaries import summarise

HEAD = (
    "from starlette.applications import Starlette\nfrom starlette.middleware import Middleware\nfrom starlette.routing import Mount, Route, WebSocketRoute\n\n"
    "from guards import First, Second\n\n\nasync def a(request): ...\n\n\n"
)


def declared(source: str) -> Declared:
    summary = summarise(lower((HEAD + source).encode(), "app.py"), lambda _: False)
    return starlette.extract("app.py", summary.functions, summary.bindings)


def routes(source: str) -> list[tuple[tuple[str, ...], str, str, str]]:
    return [(found.methods, found.path, found.router, found.handler) for found in declared(source).endpoints]


def test_a_table_in_an_application() -> None:
    assert routes(
        'app = Starlette(routes=[Route("/a", a), Route("/b", endpoint=a, methods=["POST", "PUT"]), WebSocketRoute("/c", a)])\n'
    ) == [
        (("GET",), "/a", "#app", "#a"),
        (("POST", "PUT"), "/b", "#app", "#a"),
        (("ANY",), "/c", "#app", "#a"),
    ]


def test_mounts() -> None:
    found = declared(
        'table = [Route("/x", a)]\ninner = Starlette(routes=[Route("/y", a)])\n'
        'app = Starlette(routes=[Mount("/m", routes=[Route("/c", a), Mount("/n", routes=table)]), Mount("/inner", app=inner)])\n'
        'app.mount("/again", inner)\n'
    )
    assert [(each.path, each.router) for each in found.endpoints] == [("/x", "#table"), ("/y", "#inner"), ("/m/c", "#app")]
    assert [(mount.parent, mount.child, mount.prefix) for mount in found.mounts] == [
        ("#app", "#table", "/m/n"),
        ("#app", "#inner", "/inner"),
        ("#app", "#inner", "/again"),
    ]


def test_classes_answer_by_their_methods() -> None:
    assert routes(
        'class V:\n    async def get(self, request): ...\n    async def post(self, request): ...\n\n\napp = Starlette(routes=[Route("/v", V)])\n'
    ) == [
        (("GET",), "/v", "#app", "#V.get"),
        (("POST",), "/v", "#app", "#V.post"),
    ]


def test_routes_that_are_added() -> None:
    assert routes('app = Starlette()\napp.add_route("/a", a)\napp.add_route("/b", a, ["DELETE"])\n') == [
        (("GET",), "/a", "#app", "#a"),
        (("DELETE",), "/b", "#app", "#a"),
    ]


def test_middleware() -> None:
    found = declared(
        "stack = [Middleware(Second, key=1)]\nouter = Starlette(middleware=stack)\n"
        'app = Starlette(routes=[Mount("/m", routes=[], middleware=[Middleware(First)])], middleware=[Middleware(Second)])\n'
    )
    assert [(each.router, each.name, each.prefix) for each in found.middleware] == [
        ("#outer", "guards#Second", ""),
        ("#app", "guards#Second", ""),
        ("#app", "guards#First", "/m"),
    ]


def test_an_application_that_a_function_makes() -> None:
    assert routes('def make():\n    return Starlette(routes=[Route("/a", a)])\n') == [(("GET",), "/a", "", "#a")]
