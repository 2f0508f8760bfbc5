"""Puts the check that the app's other routes have before one that lacks it; makes no check of its own."""

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import islice

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
# Who calls these has no account, and signs what it sends or brings a secret.
_OF_MACHINES = regex(
    r"(?:^|[/_-])(?:cron(?:[_-]?jobs?)?|web_?hooks?|hooks?|scheduled|scheduler|callbacks?|inngest|qstash)(?:$|[/_-])", re.IGNORECASE
)


def require_guard(app: App, finding: Finding) -> Iterator[Fix]:
    """The checks of the routes around it, the nearest and most common first."""
    route = fact(app.project.routes, finding)
    if route is None:
        return
    if route.framework in _HOMES and not _OF_MACHINES.search(route.path):
        yield from _taken_over(app, route)
    if text := outline(route):
        start = Span(route.place.span.start, route.place.span.start)
        yield Fix(f"An outline of a check for {route.title}", Safety.SHOW, (Edit(route.place.path, start, text),))


def _taken_over(app: App, route: Route) -> Iterator[Fix]:
    module, _, name = _HOMES[route.framework].partition(":")
    build = getattr(import_module(f"batten.remedies.guards.{module}"), name)
    sources = Sources(app)
    for_admins = route.admin or "admin" in route.place.path.lower()
    # A sign-in is too little for what is for administrators, and their check too much for everybody else.
    fitting = ((called, edits) for called, edits in build(sources, route) if bool(_HIGHER.search(called)) is for_admins)
    for called, edits in islice(fitting, _MOST_TRIED):
        yield Fix(f"Put `{called}` before {route.title}, as other routes do", Safety.UNSAFE, tuple(edits), _stops(route, called))


def _stops(route: Route, called: str) -> tuple[Step, ...]:
    return (Step(route.place, f"callers that `{called}` does not know are turned away from here on"),)
