"""Which addresses the matchers of Next.js middleware fit, against what path-to-regexp makes of them."""

import pytest

from batten.link.matchers import fits

FILES = "/((?!_next/static|_next/image|favicon.ico|.*\\.(?:svg|png)$).*)"


@pytest.mark.parametrize(
    ("matcher", "path", "expected"),
    [
        ("/about", "/about", True),
        ("/about", "/about/us", False),
        ("/about", "/abouts", False),
        ("/", "/", True),
        ("/", "/api/notes", False),
        ("/admin/:path*", "/admin", True),
        ("/admin/:path*", "/admin/users/7", True),
        ("/admin/:path*", "/administration", False),
        ("/admin/:path+", "/admin", False),
        ("/admin/:path+", "/admin/users", True),
        ("/admin/:id", "/admin/7", True),
        ("/admin/:id", "/admin/7/rights", False),
        ("/admin/:id", "/admin", False),
        ("/admin/:id?", "/admin", True),
        ("/admin(.*)", "/administration", True),
        ("/admin(.*)", "/api/admin", False),
        ("/(api|trpc)(.*)", "/api/notes", True),
        ("/(api|trpc)(.*)", "/trpc/notes.list", True),
        ("/(api|trpc)(.*)", "/apple", False),
        ("/api/:version/notes", "/api/v1/notes", True),
        ("/api/:version/notes", "/api/v1/orders", False),
        ("/api/users/me", "/api/users/[id]", True),
        (FILES, "/api/notes", True),
        (FILES, "/_next/static/chunk", False),
        (FILES, "/favicon.ico", False),
        ("/((?!api|_next/static|_next/image|favicon.ico).*)", "/api/notes", False),
        ("/((?!api|_next/static|_next/image|favicon.ico).*)", "/notes", True),
        ("/((?!api/webhooks|_next).*)", "/api/notes", True),
        ("/((?!api/webhooks|_next).*)", "/api/webhooks/stripe", False),
        ("/((?!_next|static|.*\\..*|api/).*)", "/api/notes", False),
        ("/((?!(?:api|login)|_next).*)", "/api/notes", True),
        ("/((?!login$|_next).*)", "/login", False),
        ("/((?!login$|_next).*)", "/login/again", True),
        ("/shop/((?!public).*)", "/api/notes", False),
        ("/shop/((?!public).*)", "/shop/orders", True),
        ("next-router-prefetch", "/api/notes", False),
    ],
)
def test_one_matcher(matcher: str, path: str, expected: bool) -> None:
    assert fits((matcher,), path) is expected


def test_no_matcher_is_all_addresses() -> None:
    assert fits((), "/api/notes")


def test_one_of_several_is_enough() -> None:
    assert fits(("/dashboard/:path*", "/api/:path*"), "/api/notes")
