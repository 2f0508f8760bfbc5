"""What an editor says of routes, tables and findings, as text; knows nothing of ranges or of the protocol."""

import re
from collections.abc import Iterator

from batten.facts.routes import Effect, EffectKind, Route, RouteAuth
from batten.facts.schema import Table
from batten.finding import Finding
from batten.regex import regex
from batten.report.escape import plain
from batten.rules.page import Page

_WHO = {
    RouteAuth.AUTHENTICATED: "signed-in users",
    RouteAuth.SIGNED: "signed requests",
    RouteAuth.SECRET: "who has the secret",
    RouteAuth.OPTIONAL: "anyone, signed in or not",
    RouteAuth.PRESENCE: "anyone with any credential",
    RouteAuth.SESSION: "an unverified session",
    RouteAuth.DATABASE: "the database's policies decide",
    RouteAuth.INTERNAL: "internal",
    RouteAuth.UNAUTHENTICATED: "no auth",
}
_REACHED = frozenset({EffectKind.PAID_MODEL_CALL, EffectKind.LOCAL_MODEL_CALL, EffectKind.MAIL, EffectKind.PAYMENT})
_TOUCHED = {
    EffectKind.DATABASE_READ: "reads",
    EffectKind.DATABASE_WRITE: "writes",
    EffectKind.DATABASE_DELETE: "deletes from",
}
_PACKAGE = regex(r"(?:@[\w-]+/)?[A-Za-z][\w-]*", re.ASCII)
_MARKDOWN = regex(r"[\\`*_{}\[\]<>#|!~&]")
_MOST_STEPS = 8


def over_route(route: Route) -> str:
    """Who may call it, and what that reaches: ``no auth · reaches openai``."""
    who = "can't tell who may call it" if route.auth is None else _WHO[route.auth]
    return " · ".join((who, *dict.fromkeys(map(_deed, route.effects))))


def _deed(effect: Effect) -> str:
    package = _PACKAGE.match(effect.callee)
    if effect.kind in _REACHED and package is not None:
        return f"reaches {package[0]}"
    if effect.kind in _TOUCHED and effect.detail:
        return f"{_TOUCHED[effect.kind]} {plain(effect.detail)}"
    return effect.kind.value.replace("-", " ")


def over_table(table: Table) -> str:
    """What outsiders may do with it: ``anyone who has the public key can read every row``."""
    return table.outsiders or ("row level security is on" if table.rls else "out of reach")


def of_finding(page: Page, finding: Finding, places: tuple[str, ...]) -> str:
    """The rule in a paragraph, what is seen of it here, and how to mend it, as Markdown; ``places`` are those of the steps of the finding."""
    parts = [f"**{page.title}** ({finding.severity.value}, `{page.id}`)", page.summary, f"**Here:** {_safe(finding.message)}"]
    if finding.reason:
        parts.append(f"*Lower than usual: {finding.reason}.*")
    parts.append("\n".join(_steps(finding, places)))
    parts.append(f"**How to mend it.** {page.mend}")
    return "\n\n".join(part for part in parts if part)


def _steps(finding: Finding, places: tuple[str, ...]) -> Iterator[str]:
    for number, (step, place) in enumerate(zip(finding.trail[:_MOST_STEPS], places, strict=False), 1):
        yield f"{number}. {_safe(place)}: {_safe(step.note)}"
    if len(finding.trail) > _MOST_STEPS:
        yield f"\n{len(finding.trail) - _MOST_STEPS} more steps are not shown here."


def _safe(text: str) -> str:
    """Text of the app in which nothing is a link, an image, a heading or HTML."""
    return _MARKDOWN.sub(lambda found: f"\\{found[0]}", plain(text))
