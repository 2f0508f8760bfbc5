"""Routes, sub-applications and middleware of aiohttp's server, as one file declares them."""

from batten.code.lower_python import lower
from batten.extract import aiohttp
from batten.extract.declared import Declared
from batten.extract.summaries import summarise

HEAD = "from aiohttp import web\n\nfrom guards import checked, first, second, third\n\n\nasync def a(request):\n    return web.Response()\n\n\n"


def declared(source: str) -> Declared:
    summary = summarise(lower((HEAD + source).encode(), "app.py"), lambda _: False)
    return aiohttp.extract("app.py", summary.functions, summary.bindings)


def routes(source: str) -> list[tuple[tuple[str, ...], str, str, str]]:
    return [(found.methods, found.path, found.router, found.handler) for found in declared(source).endpoints]


def test_routes_that_are_added() -> None:
    assert routes(
        "app = web.Application()\n"
        'app.router.add_get("/a", a)\n'
        'app.router.add_route("POST", "/b", a)\n'
        'app.router.add_route("*", "/c", handler=a)\n'
        'app.add_routes([web.put("/d", a), web.route("PATCH", "/e", a)])\n'
    ) == [
        (("GET",), "/a", "#app", "#a"),
        (("POST",), "/b", "#app", "#a"),
        (("ANY",), "/c", "#app", "#a"),
        (("PUT",), "/d", "#app", "#a"),
        (("PATCH",), "/e", "#app", "#a"),
    ]


def test_tables() -> None:
    found = declared(
        'routes = web.RouteTableDef()\n\n\n@routes.get("/a")\n@checked\nasync def b(request): ...\n\n\n'
        'TABLE = [web.post("/b", a)]\napp = web.Application()\napp.add_routes(routes)\napp.add_routes(TABLE)\n'
    )
    assert [(each.methods, each.path, each.router, each.chain) for each in found.endpoints] == [
        (("GET",), "/a", "#routes", ("guards#checked",)),
        (("POST",), "/b", "#TABLE", ()),
    ]
    assert [(mount.parent, mount.child, mount.prefix) for mount in found.mounts] == [("#app", "#routes", ""), ("#app", "#TABLE", "")]


def test_classes_answer_by_their_methods() -> None:
    view = "class V(web.View):\n    async def get(self): ...\n    async def post(self): ...\n\n\n"
    assert routes(f'routes = web.RouteTableDef()\n\n\n@routes.view("/v")\n{view}') == [
        (("GET",), "/v", "#routes", "#V.get"),
        (("POST",), "/v", "#routes", "#V.post"),
    ]
    assert routes(f'{view}def setup(app):\n    app.router.add_view("/w", V)\n') == [
        (("GET",), "/w", "@setup:app", "#V.get"),
        (("POST",), "/w", "@setup:app", "#V.post"),
    ]


def test_middleware_and_applications_inside_others() -> None:
    found = declared(
        "app = web.Application(middlewares=[first, second(1)])\ninner = web.Application()\n"
        'app.add_subapp("/inner", inner)\ninner.middlewares.append(third)\n'
    )
    assert [(each.router, each.name, each.later_only) for each in found.middleware] == [
        ("#app", "guards#first", False),
        ("#app", "guards#second", False),
        ("#inner", "guards#third", False),
    ]
    assert [(mount.parent, mount.child, mount.prefix) for mount in found.mounts] == [("#app", "#inner", "/inner")]


def test_what_is_no_route() -> None:
    assert routes('async def b(session):\n    await session.get("/a")\n    cache.get("/b", a)\n    web.get(path, a)\n') == []
