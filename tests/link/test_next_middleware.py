"""Next.js middleware: which routes it runs before, and what it asks of all that come to a path; where it may look at more than that, it can't be told."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

NEXT = '{"dependencies": {"next": "15"}}'
ROUTE = 'import { prisma } from "../../../lib/prisma"\nexport async function POST() { await prisma.user.deleteMany() }\n'
PRISMA = 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'
CHECK = "import { getToken } from 'next-auth/jwt'\nimport { NextResponse } from 'next/server'\n"
DEMANDS = (
    CHECK
    + "export async function middleware(req) { const t = await getToken({ req }); if (!t) return NextResponse.redirect('/login'); return NextResponse.next() }\n"
)


def auth(middleware: str, path: str = "middleware.ts", config: str = "", root: str = "") -> str | None:
    files = {"package.json": NEXT, "lib/prisma.ts": PRISMA, "app/api/x/route.ts": ROUTE, path: middleware + config}
    (route,) = scan_files({f"{root}{path}": text.encode() for path, text in files.items()}, RULES).project.routes
    return route.auth


@pytest.mark.parametrize("path", ["middleware.ts", "middleware.js", "src/middleware.ts", "proxy.ts"])
def test_files(path: str) -> None:
    assert auth(DEMANDS.replace("function middleware", "function proxy") if "proxy" in path else DEMANDS, path) == "authenticated"


@pytest.mark.parametrize("path", ["lib/middleware.ts", "app/api/middleware.ts", "middlewares.ts", "src/lib/middleware.ts"])
def test_other_files_of_that_name_run_before_nothing(path: str) -> None:
    assert auth(DEMANDS, path) == "unauthenticated"


def test_in_a_package_of_its_own() -> None:
    assert auth(DEMANDS, root="apps/web/") == "authenticated"


def test_that_of_one_package_does_not_guard_another() -> None:
    files = {"one/package.json": NEXT, "one/middleware.ts": DEMANDS, "two/package.json": NEXT}
    files |= {"two/lib/prisma.ts": PRISMA, "two/app/api/x/route.ts": ROUTE}
    (route,) = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert route.auth == "unauthenticated"


@pytest.mark.parametrize(
    ("middleware", "asked"),
    [
        (DEMANDS, "authenticated"),
        (DEMANDS.replace("export async function middleware", "export default async function f"), "authenticated"),
        ("export { default } from 'next-auth/middleware'\n", None),
        ("import { auth } from './auth'\nexport default auth((req) => { if (!req.auth) return Response.redirect('/login') })\n", None),
        (CHECK + "export function middleware(req) { console.log(req.url); return NextResponse.next() }\n", "unauthenticated"),
        ("import createMiddleware from 'next-intl/middleware'\nexport default createMiddleware({ locales: [] })\n", "unauthenticated"),
        (
            CHECK + "export async function middleware(req) { const t = await getToken({ req }); return NextResponse.next() }\n",
            "unauthenticated",
        ),
    ],
)
def test_what_it_asks(middleware: str, asked: str | None) -> None:
    assert auth(middleware) == asked


OF_SUPABASE = """import { createServerClient } from '@supabase/ssr'
import { NextResponse } from 'next/server'
export async function renew(request) {
  let answer = NextResponse.next({ request })
  const supabase = createServerClient(process.env.URL, process.env.KEY, { cookies: { getAll: () => request.cookies.getAll(), setAll() {} } })
  const { data: { user } } = await supabase.auth.getUser()
  TEST
  return answer
}
"""
HANDS_ON = "import { renew } from './lib/renew'\nexport async function middleware(request) { return await renew(request) }\n"
AWAY = "{ const url = request.nextUrl.clone(); url.pathname = '/login'; return NextResponse.redirect(url) }"


@pytest.mark.parametrize(
    ("test", "asked"),
    [
        ("if (!user) AWAY", "authenticated"),
        ("if (request.nextUrl.pathname !== '/' && !user && !request.nextUrl.pathname.startsWith('/login')) AWAY", "authenticated"),
        ("const open = request.nextUrl.pathname.startsWith('/login'); if (!user && !open) AWAY", "authenticated"),
        ("if (request.nextUrl.pathname.startsWith('/api') && !user) AWAY", "authenticated"),
        ("if (request.nextUrl.pathname.startsWith('/api')) { if (!user) AWAY }", "authenticated"),
        ("if (!user && !request.nextUrl.pathname.startsWith('/api')) AWAY", "unauthenticated"),
        ("if (request.nextUrl.pathname.startsWith('/desk') && !user) AWAY", "unauthenticated"),
        # What else it looks at can't be told, and somebody comes past.
        ("if (!user && !request.nextUrl.pathname.includes('x')) AWAY", None),
        ("if (!user && request.method === 'GET') AWAY", None),
        ("if (request.nextUrl.pathname.startsWith('/api')) { if (request.headers.get('x')) { if (!user) AWAY } }", None),
        ("if (request.nextUrl.searchParams.get('x')) return answer; if (!user) AWAY", None),
        ("if (user && request.nextUrl.pathname.startsWith('/api')) AWAY", None),
    ],
)
def test_what_all_that_come_to_a_path_have_shown(test: str, asked: str | None) -> None:
    renew = OF_SUPABASE.replace("TEST", test.replace("AWAY", AWAY))
    files = {"package.json": NEXT, "lib/prisma.ts": PRISMA, "app/api/x/route.ts": ROUTE, "middleware.ts": HANDS_ON, "lib/renew.ts": renew}
    (route,) = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert route.auth == asked


@pytest.mark.parametrize(
    ("matcher", "guarded"),
    [
        ("'/api/:path*'", True),
        ("['/dashboard/:path*', '/api/:path*']", True),
        ("'/:path*'", True),
        ("'/((?!_next|favicon.ico).*)'", True),
        ("'/dashboard/:path*'", False),
        ("['/dashboard', '/settings/:path*']", False),
        ("'/((?!api|_next/static).*)'", False),
        ("'/api/y/:path*'", False),
        ("'/api/x'", True),
        ("[{ source: '/api/:path*' }]", True),
    ],
)
def test_where_it_runs(matcher: str, guarded: bool) -> None:
    config = f"export const config = {{ matcher: {matcher} }}\n"
    assert auth(DEMANDS, config=config) == ("authenticated" if guarded else "unauthenticated")


WITH = "import { withAuth } from 'next-auth/middleware'\nexport default "
ONLY_TOKEN = "callbacks: { authorized: ({ token }) => !!token }"


@pytest.mark.parametrize(
    ("middleware", "config", "asked"),
    [
        ("withAuth({ pages: { signIn: '/login' } })", "", "authenticated"),
        (f"withAuth({{ {ONLY_TOKEN} }})", "", "authenticated"),
        (f"withAuth({{ {ONLY_TOKEN} }})", "export const config = { matcher: ['/((?!api/auth|sign-in).*)'] }\n", "authenticated"),
        (f"withAuth({{ {ONLY_TOKEN} }})", "export const config = { matcher: ['/desk/:path*'] }\n", "unauthenticated"),
        # It may say yes to anybody, by the path or always.
        ("withAuth({ callbacks: { authorized: ({ token, req }) => req.nextUrl.pathname === '/open' || !!token } })", "", None),
        ("withAuth({ callbacks: { authorized: ({ req }) => { if (req.headers.get('x')) return true; return false } } })", "", None),
        ("withAuth({ callbacks: { authorized: () => true } })", "", "unauthenticated"),
        (f"withAuth(function middleware(req) {{ console.log(req.url) }}, {{ {ONLY_TOKEN} }})", "", None),
    ],
)  # fmt: skip
def test_a_wrapper_that_asks_for_a_token_wherever_it_runs(middleware: str, config: str, asked: str | None) -> None:
    assert auth(f"{WITH}{middleware}\n", config=config) == asked
