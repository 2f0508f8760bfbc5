"""What files of apps on Fastify declare."""

import pytest

from batten.code.lower_javascript import lower
from batten.extract.declared import Declared
from batten.extract.fastify import extract
from batten.extract.summaries import summarise

APP = "import Fastify from 'fastify'; import fp from 'fastify-plugin'; const app = Fastify(); "


def declared(source: str) -> Declared:
    summary = summarise(lower((APP + source).encode(), "app.ts"), lambda name: False)
    return extract("app.ts", summary.functions, summary.bindings)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("app.get('/a', h)", ("GET", "/a", "h", ())),
        ("app.get('/a', { schema: {} }, h)", ("GET", "/a", "h", ())),
        ("app.post('/a', { preHandler: [one, two], onRequest: zero }, h)", ("POST", "/a", "h", ("zero", "one", "two"))),
        ("app.put('/a', { handler: h, preValidation: one })", ("PUT", "/a", "h", ("one",))),
        ("app.all('*', h)", ("ANY", "*", "h", ())),
        ("app.route({ method: 'DELETE', url: '/a/:id', handler: h, onRequest: one })", ("DELETE", "/a/:id", "h", ("one",))),
        ("app.route({ method: ['PUT', 'PATCH'], url: '/a', handler: h })", ("PUT|PATCH", "/a", "h", ())),
    ],
)
def test_routes(source: str, found: tuple[str, str, str, tuple[str, ...]]) -> None:
    (endpoint,) = declared(source).endpoints
    assert ("|".join(endpoint.methods), endpoint.path, endpoint.handler, endpoint.chain) == found


@pytest.mark.parametrize(
    "source", ["app.get('name')", "app.get(computed(), h)", "app.route({ method: 'GET', handler: h })", "app.inject({ url: '/a' })"]
)
def test_what_is_no_route(source: str) -> None:
    assert declared(source).endpoints == ()


def test_plugins_and_hooks() -> None:
    found = declared(
        "app.register(notes, { prefix: '/api' }); app.addHook('onRequest', check); app.addHook('onSend', log);"
        "export const open = fp(async (inner) => { inner.addHook('preHandler', check); });"
    )
    assert [(mount.parent, mount.child, mount.prefix) for mount in found.mounts] == [("#app", "notes", "/api"), ("#open", "#open.@1", "")]
    assert [(entry.router, entry.name, entry.later_only) for entry in found.middleware] == [("#app", "check", False), ("", "check", False)]
