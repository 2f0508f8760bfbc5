"""What Express files declare, and files of whatever is shaped like it."""

import pytest

from batten.code.lower_javascript import lower
from batten.extract.express import extract
from batten.extract.summaries import summarise
from batten.facts.routes import Endpoint, Middleware, Mount

APP = "import express from 'express'; import * as users from './users.js'; const app = express(); "


def declared(source: str) -> tuple[list[Endpoint], list[Mount], list[Middleware]]:
    summary = summarise(lower((APP + source).encode(), "app.js"), lambda name: False)
    found = extract("app.js", summary.functions, summary.bindings)
    return list(found.endpoints), list(found.mounts), list(found.middleware)


def endpoints(source: str) -> list[tuple[str, str, str, str, tuple[str, ...]]]:
    return [("|".join(one.methods), one.path, one.router, one.handler, one.chain) for one in declared(source)[0]]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("app.get('/a', (req, res) => {})", ("GET", "/a", "#app", "#@1", ())),
        ("app.post('/a', auth, limit({ n: 1 }), h)", ("POST", "/a", "#app", "h", ("auth", "limit"))),
        ("app.post('/a', [one, two], h)", ("POST", "/a", "#app", "h", ("one", "two"))),
        ("app.put('/a', users.update)", ("PUT", "/a", "#app", "./users.js#update", ())),
        ("app.put('/a', users.api.update)", ("PUT", "/a", "#app", "./users.js#api.update", ())),
        ("app.put('/a', wrap(users.update))", ("PUT", "/a", "#app", "./users.js#update", ("wrap",))),
        ("app.patch('/a', wrap(async (req, res) => {}))", ("PATCH", "/a", "#app", "#@1", ("wrap",))),
        ("app.delete('/a', ...guards, h)", ("DELETE", "/a", "#app", "h", ("guards",))),
        ("const made = require('express')(); made.route('/a').get(auth, h)", ("GET", "/a", "#made", "h", ("auth",))),
        ("const e = require('express'); const made = e(); made.route('/a').put(h)", ("PUT", "/a", "#made", "h", ())),
        ("app.all('*', h)", ("ANY", "*", "#app", "h", ())),
        ("const path = '/a'; app.get(path, h)", ("GET", "/a", "#app", "h", ())),
        ("const api = express.Router(); api.get('/a', h)", ("GET", "/a", "#api", "h", ())),
        ("const { Router } = require('express'); const api = Router(); api.get('/a', h)", ("GET", "/a", "#api", "h", ())),
        ("function add(app) { app.get('/a', h) }", ("GET", "/a", "@add:app", "h", ())),
        ("export default (app) => { app.get('/a', h) }", ("GET", "/a", "@default:app", "h", ())),
        ("function main() { const api = express(); api.get('/a', h) }", ("GET", "/a", "#main.api", "h", ())),
    ],
)
def test_routes(source: str, expected: tuple[str, str, str, str, tuple[str, ...]]) -> None:
    assert endpoints(source) == [expected]


@pytest.mark.parametrize(
    "source",
    ["app.get('name')", "app.get('name', h)", "fetcher.get(computed(), h)", "fetcher[verb]('/a', h)", "fetcher.get('/a')", "axios.get('/a', options)", "get('/a', h)",
     "app.listen(3000, () => {})", "app.get('/a', 'text')"],
)  # fmt: skip
def test_what_is_no_route(source: str) -> None:
    assert endpoints(f"import axios from 'axios'; {source}") == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("for (const path of ['/a', '/b']) app.get(path, auth, h)", [("GET", "/a", "h", ("auth",)), ("GET", "/b", "h", ("auth",))]),
        (
            "for (const name of ['a', 'b']) app.post(`/api/${name}`, auth, h)",
            [("POST", "/api/a", "h", ("auth",)), ("POST", "/api/b", "h", ("auth",))],
        ),
        ("for (const name of names()) app.post(`/api/${name}`, auth, h)", [("POST", "/api/{computed}", "computed:", ())]),
        ("const TABLE = [{ at: '/a', run: h }]; for (const { at, run } of TABLE) app.put(at, run)", [("PUT", "/a", "h", ())]),
        ("[{ at: '/a', run: h }].forEach((each) => { const { at, run } = each; app.put(at, run) })", [("PUT", "/a", "h", ())]),
        (
            "[['get', '/a', h], ['POST', '/b', g]].map(([verb, at, run]) => app[verb.toLowerCase()](at, run))",
            [("GET", "/a", "h", ()), ("POST", "/b", "g", ())],
        ),
        (
            "for (const [at, run] of Object.entries({ '/a': h, '/b': users.list })) app.get(at, run)",
            [("GET", "/a", "h", ()), ("GET", "/b", "./users.js#list", ())],
        ),
        (
            "const ALL = [{ at: '/a', before: [auth], run: h }, { at: '/b', run: g }]; ALL.forEach((r) => app.get(r.at, ...(r.before ?? []), r.run))",
            [("GET", "/a", "h", ("auth",)), ("GET", "/b", "g", ())],
        ),
        (
            "const ALL = [{ at: '/a', open: true }, { at: '/b' }]; for (const r of ALL) { if (r.open) app.get(r.at, h); else app.get(r.at, auth, h) }",
            [("GET", "/a", "h", ()), ("GET", "/b", "h", ("auth",))],
        ),
        (
            "class Desk { rows = [{ at: '/a', run: h }]; start(app) { this.rows.forEach((r) => app.put(r.at, r.run)) } }",
            [("PUT", "/a", "h", ())],
        ),
        (
            "Object.entries(users).forEach(([name, run]) => app.post('/users/' + name, run))",
            [("POST", "/users/{computed}", "computed:", ())],
        ),
        ("for (const verb of ['get', 'post']) app[verb]('/a', h)", [("ANY", "/a", "computed:", ())]),
        ("for (const verb of ['get', 'post']) app[verb](`/${verb}`, h)", [("GET", "/get", "h", ()), ("POST", "/post", "h", ())]),
        ("app.get(computed(), h)", [("GET", "/{computed}", "computed:", ())]),
        ("app.post('/a', require('./' + 'users').add)", [("POST", "/a", "computed:", ())]),
    ],
)
def test_routes_of_lists_and_those_that_are_only_known_when_the_app_runs(
    source: str, expected: list[tuple[str, str, str, tuple[str, ...]]]
) -> None:
    assert [(methods, path, handler, chain) for methods, path, _, handler, chain in endpoints(source)] == expected


# Twice as much with each line: what the last name stands for would be larger than any memory.
def test_names_in_a_loop_that_grow_without_end_are_left_as_they_are() -> None:
    growing = "".join(f"const v{number + 1} = [v{number}, v{number}]; " for number in range(60))
    source = f"for (const v0 of [{{ at: '/a', run: h }}]) {{ {growing} app.get(v0.at, v60, v0.run) }}"
    assert [(methods, path, handler) for methods, path, _, handler, _ in endpoints(source)] == [("GET", "/a", "h")]


def test_a_list_of_lists_that_grow_without_end_is_not_gone_through() -> None:
    lists = "".join(f"const rows{number + 1} = [{', '.join([f'...rows{number}'] * 10)}]; " for number in range(11))
    source = f"const rows0 = ['/a', '/b']; {lists} for (const path of rows11) app.get(path, h)"
    assert [(methods, path) for methods, path, *_ in endpoints(source)] == [("GET", "/{computed}")]


def test_routes_of_one_path() -> None:
    assert sorted(endpoints("app.route('/a').get(auth, one).post(two)")) == [
        ("GET", "/a", "#app", "one", ("auth",)),
        ("POST", "/a", "#app", "two", ()),
    ]


def test_chains() -> None:
    source = "import { Hono } from 'hono'; const api = new Hono().get('/a', one).post('/b', auth, two)"
    assert sorted(endpoints(source)) == [("GET", "/a", "#api", "one", ()), ("POST", "/b", "#api", "two", ("auth",))]


def test_the_order_is_that_of_the_text() -> None:
    source = "app.use(one); app.get('/a', h); app.use(two)"
    found = declared(source)
    ends = [(APP + source).index(call) + len(call) for call in ("app.use(one)", "app.get('/a', h)", "app.use(two)")]
    assert [*(one.order for one in found[2]), *(one.order for one in found[0])] == [ends[0], ends[2], ends[1]]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("app.use(auth)", [("", "auth", ())]),
        ("app.use('/api', auth, require('./api'))", [("/api", "auth", ()), ("/api", "./api#", ("auth",))]),
        ("app.use('/api', auth, users)", [("/api", "auth", ()), ("/api", "./users.js#", ("auth",))]),
        ("const api = express.Router(); app.use('/api', api)", [("/api", "#api", ())]),
        ("const auth = make({ x: 1 }); app.use(auth)", [("", "#auth", ())]),
        ("app.use(express.json())", [("", "express#default.json", ())]),
        ("app.use((req, res, next) => next())", [("", "#@1", ())]),
    ],
)
def test_use(source: str, expected: list[tuple[str, str, tuple[str, ...]]]) -> None:
    _, mounts, middleware = declared(source)
    assert [(one.prefix, one.child, one.chain) for one in mounts if one.parent == "#app"] == expected
    assert [(one.prefix, one.name, one.later_only) for one in middleware] == [(prefix, name, True) for prefix, name, _ in expected]


def test_parts_of_hono() -> None:
    source = (
        "import { Hono } from 'hono'; const api = new Hono(); const part = new Hono(); api.use('/admin/*', auth); api.route('/part', part)"
    )
    _, mounts, middleware = declared(source)
    assert [(one.parent, one.child, one.prefix) for one in mounts] == [("#api", "auth", "/admin/*"), ("#api", "#part", "/part")]
    assert [(one.router, one.name, one.prefix) for one in middleware] == [("#api", "auth", "/admin/*")]


HONO = "import { Hono } from 'hono'; import { createMiddleware } from 'hono/factory'; "


def test_several_methods_and_paths_of_hono() -> None:
    source = (
        HONO
        + "const api = new Hono(); api.on(['PUT', 'POST'], '/a', check, h); api.on('DELETE', ['/b', '/c'], h); api.on('error', '/d', h)"
    )
    assert endpoints(source) == [
        ("PUT|POST", "/a", "#api", "h", ("check",)),
        ("DELETE", "/b", "#api", "h", ()),
        ("DELETE", "/c", "#api", "h", ()),
    ]


def test_base_paths_of_hono() -> None:
    found = declared(HONO + "const api = new Hono().basePath('/api'); const second = api.basePath('/v2')")[1]
    assert [(mount.parent, mount.child, mount.prefix) for mount in found] == [("", "#api", "/api"), ("#api", "#second", "/v2")]


def test_what_the_factory_of_hono_makes() -> None:
    source = HONO + "const api = new Hono(); const check = createMiddleware(async (c, next) => { await next() }); api.get('/a', check, h)"
    assert endpoints(source) == [("GET", "/a", "#api", "h", ("#check",))]


def test_routers_of_a_table() -> None:
    source = (
        "const ALL = [{ path: '/a', router: users.router }, { path: '/b', router: b }]; ALL.forEach((r) => app.use(r.path, auth, r.router))"
    )
    _, mounts, _ = declared(source)
    assert [(one.prefix, one.child, one.chain) for one in mounts if one.child != "auth"] == [
        ("/a", "./users.js#router", ("auth",)),
        ("/b", "b", ("auth",)),
    ]


def test_each_route_of_a_table_stands_in_its_row() -> None:
    source = "const ALL = [{ at: '/a', run: h }, { at: '/b', run: h }]; for (const r of ALL) app.get(r.at, r.run)"
    found, _, _ = declared(source)
    assert [(APP + source)[one.place.span.start : one.place.span.end] for one in found] == ["{ at: '/a', run: h }", "{ at: '/b', run: h }"]


def test_paths_that_begin_with_a_field_of_the_class() -> None:
    source = "class Desk { path = '/desk'; router = express.Router(); constructor() { this.router.get(`${this.path}/:id`, h); this.router.post(this.path, auth, h) } }"
    assert endpoints(source) == [("GET", "/desk/:id", "#Desk.router", "h", ()), ("POST", "/desk", "#Desk.router", "h", ("auth",))]


def test_handlers_that_are_fields_of_the_class() -> None:
    source = (
        "class Desk { router = express.Router(); constructor() { this.router.get('/a', this.list); this.router.put('/b', this.keep); this.router.post('/c', this.add.bind(this)) }"
        " list = async (req, res) => {}; keep = wrap(async (req, res) => {}); add(req, res) {} }"
    )
    assert [(path, handler, chain) for _, path, _, handler, chain in endpoints(source)] == [
        ("/a", "#Desk.list", ()),
        ("/b", "#Desk.keep", ("wrap",)),
        ("/c", "#Desk.add", ()),
    ]


def test_a_field_that_is_set_again_is_no_path() -> None:
    source = "class Desk { path = '/desk'; router = express.Router(); constructor(at) { this.path = at; this.router.get(`${this.path}/:id`, h) } }"
    assert [path for _, path, _, _, _ in endpoints(source)] == ["/desk{computed}"]
