"""Apps that people sign in to, that serve pages themselves, and say nothing anywhere of who may frame them or what they may load; knows no rule."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import structs

from batten.facts.flows import Use
from batten.facts.project import FileFacts
from batten.facts.services import Package, Restraint, SettingKind
from batten.regex import regex
from batten.text import Place, Span

SHOWS = "shown-page"
"""The kind of uses that answer with a page, or make an application that does."""
BARE = "bare-pages"
_SIGNS_IN = regex(
    r"^(?:next-auth|@auth/|@clerk/|passport|express-session|cookie-session|iron-session|lucia|better-auth|@supabase/ssr|@supabase/auth-helpers|firebase-admin|jsonwebtoken|jose|bcrypt|argon2"
    r"|flask_login|flask_security|flask_jwt_extended|fastapi_users|authlib|passlib|jwt|itsdangerous|starlette\.middleware\.sessions|werkzeug\.security)(?:$|[/.])"
)
# https://nextjs.org/docs/app/getting-started/layouts-and-pages
_NEXT = regex(r"(?:src/)?(?:app/(?:\([^/]+\)/)?layout|pages/(?:_app|index))\.[jt]sx?\Z")


def bare_pages(
    uses: Iterable[Use], files: Iterable[FileFacts], package_of: Callable[[str], Package | None], path_class: Callable[[str], str]
) -> Iterator[Use]:
    """One for each package; nothing where anything under the scanned root speaks of such headers, or of a server before the app that may set them."""
    files = list(files)
    if any(Restraint.HEADERS in file.restraint and path_class(file.path) not in ("test", "docs") for file in files):
        return
    shown: dict[str, Use] = {}
    for use in uses:
        if use.kind == SHOWS and use.served and use.path_class == "product" and use.in_browser is not True:
            shown.setdefault(use.package, use)
    signing: set[str] = set()
    for file in files:
        package = package_of(file.path)
        if package is None or path_class(file.path) != "product":
            continue
        if package.root not in signing and any(_SIGNS_IN.search(entry.module) for entry in file.imports):
            signing.add(package.root)
        inner = file.path.removeprefix(f"{package.root}/" if package.root else "")
        if "next" in package.frameworks and package.root not in shown and _NEXT.fullmatch(inner):
            name = f"{package.root}|use|{BARE}"
            shown[package.root] = Use(
                kind=SHOWS, name="next", arguments=(), slots=(), function="", served=True, place=Place(file.path, Span(0, 1)),
                package=package.root, path_class="product", key=name, subject=name,
            )  # fmt: skip
    exported = {
        root.root for file in files for each in file.settings if each.kind is SettingKind.STATIC_EXPORT and (root := package_of(file.path))
    }
    for package_root, use in sorted(shown.items()):
        if package_root in signing and package_root not in exported:
            name = f"{package_root}|use|{BARE}"
            yield structs.replace(use, kind=BARE, arguments=(), slots=(), key=name, subject=f"use|{package_root}|{BARE}")
