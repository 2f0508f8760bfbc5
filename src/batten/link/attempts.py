"""Apps that check passwords themselves as often as anybody likes to try; knows no rule."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import structs

from batten.facts.flows import Use
from batten.facts.project import FileFacts
from batten.facts.services import Package, Restraint
from batten.finding import Step
from batten.link.memo import Memo
from batten.regex import regex

CHECKED = "password-check"
"""The kind of uses that compare a password with what was kept of it."""
UNLIMITED = "unlimited-attempts"
_MOST_STEPS = 8
_SIGNS_IN = regex(r"log_?in|sign_?in|auth|session|token", re.IGNORECASE)
_HOLDS_BACK = frozenset((Restraint.LIMITS, Restraint.ATTEMPTS))
# Libraries and services that count the attempts themselves.
_COUNTS = regex(r"^(?:axes|defender|allauth|better-auth|@clerk/|@auth0/|supertokens|lucia|ory|@workos|stytch|django_ratelimit|fail2ban)")


def unlimited(
    uses: Iterable[Use],
    files: Sequence[FileFacts],
    package_of: Callable[[str], Package | None],
    path_class: Callable[[str], str],
    memo: Memo,
) -> Iterator[Use]:
    """One for each package that answers requests, checks passwords, and says nothing, like all that belongs to it, of how often that may be tried."""
    by_package: dict[str, list[Use]] = {}
    for use in uses:
        if use.kind == CHECKED and use.served and use.path_class == "product" and use.in_browser is not True:
            by_package.setdefault(use.package, []).append(use)
    if not by_package:
        return

    def root_of(path: str) -> str:
        home = package_of(path)
        return home.root if home is not None else ""

    paths = [file.path for file in files]
    all_roots: set[str] = memo.once(("packages with files",), lambda: {root_of(path) for path in paths}, given=paths)
    roots = {*by_package, *all_roots}
    holding = memo.said("hold back", files, _holds_back)
    spoken = {root_of(file.path) for file, _ in holding if path_class(file.path) not in ("test", "docs")}

    def whole(package: str) -> str:
        return min((each for each in roots if each == package or package.startswith(f"{each}/") or not each), key=len)

    held = {whole(package) for package in spoken}
    for package, checks in sorted(by_package.items()):
        if whole(package) in held:
            continue
        first = min(checks, key=lambda use: (_SIGNS_IN.search(f"{use.place.path} {use.function}") is None, use.place))
        yield structs.replace(
            first,
            kind=UNLIMITED,
            arguments=(),
            slots=(),
            key=f"{package}|use|{UNLIMITED}",
            subject=f"use|{package}|{UNLIMITED}",
            trail=tuple(Step(use.place, "a password is checked here") for use in checks[:_MOST_STEPS]),
        )


def _holds_back(file: FileFacts) -> bool:
    """It says something of how often something may be tried, or takes a library that sees to it."""
    return not _HOLDS_BACK.isdisjoint(file.restraint) or any(_COUNTS.search(entry.module) for entry in file.imports)
