"""Joins Firebase's rules with what their places hold by name, and with the files that are deployed; reads no conditions."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from batten.facts.access_rules import AccessRule, Held, Who
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.link.schema.private_names import names_content, names_people, words
from batten.regex import regex

_VARIABLE = regex(r"[{$]")
# What a browser needs before anybody has signed in.
_PUBLISHED = frozenset(
    (
        "public",
        "config",
        "configs",
        "configuration",
        "settings",
        "meta",
        "metadata",
        "static",
        "assets",
        "shared",
        "published",
        "website",
        "site",
        "landing",
        "banners",
    )
)
_PRIVATE = frozenset(
    (
        "chat",
        "chats",
        "message",
        "messages",
        "private",
        "secrets",
        "tokens",
        "payments",
        "invoices",
        "documents",
        "uploads",
        "admin",
        "admins",
        "notifications",
    )
)


def access_rules(
    files: Iterable[FileFacts], package_of: Callable[[str], Package | None], path_class: Callable[[str], str]
) -> tuple[AccessRule, ...]:
    """All places that are open to more than their owners, by place."""
    files = list(files)
    deployed = {named for file in files for named in file.rule_files}
    # What the apps beside this one deploy says nothing of its own rules.
    says = {(service, _root(package_of, file.path)) for file in files for service, _ in file.rule_files}
    found = []
    for file in files:
        root = _root(package_of, file.path)
        for rule in file.access_rules:
            holds = _holds(rule.path)
            told = any(service == rule.service and (not of or f"{root}/".startswith(f"{of}/")) for service, of in says)
            is_deployed = (rule.service, file.path) in deployed if told else None
            found.append(
                replace(
                    rule,
                    holds=holds,
                    shared=_is_shared(rule, holds),
                    deployed=is_deployed,
                    package=root,
                    path_class=path_class(file.path),
                    key=f"{root}|access-rule|{rule.service}:{rule.path}|{rule.who}",
                    subject=f"access-rule|{file.path}|{rule.service}:{rule.path}",
                )
            )
    return tuple(sorted(found, key=lambda rule: (rule.place, rule.who)))


def _root(package_of: Callable[[str], Package | None], path: str) -> str:
    package = package_of(path)
    return package.root if package is not None else ""


def _is_shared(rule: AccessRule, holds: Held | None) -> bool:
    if rule.who is not Who.ANY_USER or rule.changes or rule.trusts:
        return False
    return holds is Held.CONTENT if rule.reads else True


def _holds(path: str) -> Held | None:
    """What a place holds, by the last names of its path; None can't tell."""
    names = [step for step in path.split("/") if step and not _VARIABLE.search(step)]
    if not names:
        return Held.EVERYTHING
    for name in reversed(names):
        found = set(words(name))
        if names_people(name) or not found.isdisjoint(_PRIVATE):
            return Held.PEOPLE
        if names_content(name) or not found.isdisjoint(_PUBLISHED):
            return Held.CONTENT
    return None
