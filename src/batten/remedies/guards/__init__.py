"""Puts the check that the app's other routes have before one that lacks it; makes no check of its own."""

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import islice

from batten.facts.calls import simple_name
from batten.facts.routes import Route
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.regex import regex
from batten.remedies.app import App, fact
from batten.remedies.guards.outlines import outline
from batten.remedies.guards.siblings import Sources
from batten.text import Span

_HOMES = {
    "fastapi": "python:fastapi",
    "flask": "python:flask",
    "express": "registered:express",
    "hono": "registered:express",
    "fastify": "registered:fastify",
    "next": "opening:opening",
    "supabase-edge": "opening:opening",
}
# Each is tried by a scan of the whole app.
_MOST_TRIED = 6
# Guards that ask for more than an account, by their names.
_HIGHER = regex(r"admin|role|staff|super|owner|permission|allow|only", re.IGNORECASE)
# The same, by the module that a guard is imported from.
_OF_HIGHER = regex(
    r"[\"'][^\"'\n]*(?:admin|staff|super_?user)[^\"'\n]*[\"']|from [\w.]*(?:admin|staff|superuser)[\w.]* import", re.IGNORECASE
)
# Who calls these has no account, and signs what it sends or brings a secret.
_OF_MACHINES = regex(
    r"(?:^|[/_-])(?:crons?|cron[_-]?jobs?|web_?hooks?|hooks?|scheduled|scheduler|callbacks?|inngest|qstash)(?:$|[/_-])", re.IGNORECASE
)
# Who calls these is not signed in yet, or comes with what a mail has brought.
_OF_STRANGERS = regex(
    r"(?:^|[/_-])(?:sign[_-]?(?:in|up)|log[_-]?in|register|registration|confirm(?:ation)?|verify|verification|activate|activation|forgot|reset|unsubscribe"
    r"|magic[_-]?link|security[_-]?questions?|otp|refresh|anonymous|guests?|public)(?:$|[/_-])",
    re.IGNORECASE,
)
# What visitors send who need no account for it.
_OF_VISITORS = regex(
    r"(?:^|[/_-])(?:contact|newsletters?|subscribe|wait[_-]?list|feedbacks?|views?|visits?|impressions?|enquir(?:y|ies)|inquir(?:y|ies)|leads?|rsvp|apply|applications)/?$",
    re.IGNORECASE,
)
_HUMPS = regex(r"(?<=[a-z0-9])(?=[A-Z])")


def require_guard(app: App, finding: Finding) -> Iterator[Fix]:
    """The checks of the routes around it, the nearest and most common first."""
    route = fact(app.project.routes, finding)
    if route is None or route.page:  # where pages send people is for a person to say
        return
    if route.framework in _HOMES and not _is_for_strangers(route):
        yield from _taken_over(app, route)
    if text := outline(route):
        start = Span(route.place.span.start, route.place.span.start)
        yield Fix(f"An outline of a check for {route.title}", Safety.SHOW, (Edit(route.place.path, start, text),))


def _is_for_strangers(route: Route) -> bool:
    """Whether a sign-in would turn those away whom it is for."""
    name = _HUMPS.sub("-", simple_name(route.handler))
    return (
        route.scheduled
        or route.webhook
        or any(each.search(said) for each in (_OF_MACHINES, _OF_STRANGERS) for said in (route.path, name))
        # What they have sent is not for everybody to read.
        or (route.method == "POST" and not route.calls_model and _OF_VISITORS.search(route.path) is not None)
    )


def _taken_over(app: App, route: Route) -> Iterator[Fix]:
    module, _, name = _HOMES[route.framework].partition(":")
    build = getattr(import_module(f"batten.remedies.guards.{module}"), name)
    sources = Sources(app)
    for_admins = route.admin or "admin" in route.place.path.lower()
    # A sign-in is too little for what is for administrators, and their check too much for everybody else.
    fitting = ((called, edits) for called, edits in build(sources, route) if _is_higher(called, edits) is for_admins)
    for called, edits in islice(fitting, _MOST_TRIED):
        yield Fix(f"Put `{called}` before {route.title}, as other routes do", Safety.UNSAFE, tuple(edits), _stops(route, called))


def _is_higher(called: str, edits: list[Edit]) -> bool:
    return bool(_HIGHER.search(called)) or any(
        _OF_HIGHER.search(line) for edit in edits for line in edit.text.splitlines() if "import" in line
    )


def _stops(route: Route, called: str) -> tuple[Step, ...]:
    return (Step(route.place, f"callers that `{called}` does not know are turned away from here on"),)
