"""Routes of apps on Hono as they stand: base paths, chains, and what its factory makes."""

import pytest
from own_rules import RULES

from batten.facts.routes import RouteAuth
from batten.scan import scan_files

START = (
    "import { Hono } from 'hono'; import { jwt } from 'hono/jwt'; import { bearerAuth } from 'hono/bearer-auth';\n"
    "import { createMiddleware } from 'hono/factory'; import { HTTPException } from 'hono/http-exception';\n"
    "import { PrismaClient } from '@prisma/client'; const prisma = new PrismaClient();\n"
    "const list = async (c) => c.json(await prisma.user.findMany());\n"
    "const key = async (c, next) => { if (c.req.header('x-key') !== process.env.KEY) return c.json({}, 401); await next(); };\n"
    "const user = createMiddleware(async (c, next) => { if (!c.get('jwtPayload')) throw new HTTPException(401); await next(); });\n"
)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("const app = new Hono(); app.get('/a', list);", [("GET /a", RouteAuth.UNAUTHENTICATED)]),
        ("const app = new Hono().basePath('/api'); app.get('/a', list);", [("GET /api/a", RouteAuth.UNAUTHENTICATED)]),
        (
            "const app = new Hono(); const v2 = app.basePath('/v2'); v2.get('/a', list);",
            [("GET /v2/a", RouteAuth.UNAUTHENTICATED)],
        ),
        ("const app = new Hono(); app.use('/a/*', jwt({ secret: process.env.S })); app.get('/a', list);", [("GET /a", RouteAuth.AUTHENTICATED)]),
        ("const app = new Hono(); app.use('/b/*', bearerAuth({ token: process.env.T })); app.get('/a', list);", [("GET /a", RouteAuth.UNAUTHENTICATED)]),
        ("const app = new Hono(); app.get('/a', list); app.use('*', jwt({ secret: process.env.S }));", [("GET /a", RouteAuth.UNAUTHENTICATED)]),
        (
            "const app = new Hono().get('/a', list).use(key).get('/b', list);",
            [("GET /a", RouteAuth.UNAUTHENTICATED), ("GET /b", RouteAuth.SECRET)],
        ),
        ("const app = new Hono(); app.get('/a', user, list);", [("GET /a", None)]),
        ("const app = new Hono(); app.use(user); app.get('/a', list);", [("GET /a", None)]),
    ],
)  # fmt: skip
def test_routes(source: str, found: list[tuple[str, RouteAuth | None]]) -> None:
    files = {"package.json": '{"dependencies": {"hono": "4"}}', "src/app.ts": START + source}
    routes = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert [(route.title, route.auth) for route in routes] == found


@pytest.mark.parametrize(
    ("asks", "auth"),
    [
        ("if (c.req.header('x-key') !== c.env.API_KEY) return c.json({}, 401)", RouteAuth.SECRET),
        (
            "const env = c.env; const sent = c.req.header('x-key'); if (!sent || sent !== env.API_KEY) return c.json({}, 401)",
            RouteAuth.SECRET,
        ),
        ("const { API_KEY } = c.env; if (c.req.header('x-key') !== API_KEY) return c.json({}, 401)", RouteAuth.SECRET),
        # Settings that are compared with each other say nothing of who calls, and neither does what the caller says alone.
        ("if (c.env.STAGE !== c.env.LIVE) return c.json({}, 401)", None),
        ("if (c.req.header('x-key') !== c.req.query('key')) return c.json({}, 401)", RouteAuth.PRESENCE),
    ],
)
def test_settings_that_come_with_the_request_are_the_servers_own(asks: str, auth: RouteAuth | None) -> None:
    source = f"const gate = async (c: Context, next: Next) => {{ {asks}; await next() }}; const app = new Hono(); app.use(gate); app.get('/a', list);"
    files = {
        "package.json": '{"dependencies": {"hono": "4"}}',
        "src/app.ts": START + "import type { Context, Next } from 'hono';\n" + source,
    }
    routes = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert [route.auth for route in routes] == [auth]
