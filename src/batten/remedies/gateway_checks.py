"""Switches the check of tokens of Supabase's gateway on again for one function; puts the check of another function into it first, where there is one."""

from collections.abc import Iterator
from posixpath import dirname

from batten.discover import Unread
from batten.facts.routes import Route
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.regex import regex
from batten.remedies.app import App, fact
from batten.remedies.guards import require_guard
from batten.remedies.supabase_settings import entries

_FUNCTION = regex(r"(?P<root>(?:.*/)?supabase)/functions/(?P<name>[^/]+)/")


def checked_by_gateway(app: App, finding: Finding) -> Iterator[Fix]:
    """A check of the user in the function; then ``verify_jwt = true``, which holds where the function asks for no more than any token."""
    outlines = []
    for fix in require_guard(app, finding):
        if fix.safety is Safety.SHOW:
            outlines.append(fix)
        else:
            yield fix
    route = fact(app.project.routes, finding)
    if route is not None and (edit := _switch(app, route)) is not None:
        stop = Step(
            route.place,
            "who sends no token is turned away; the public key is one, so ask for the user where that matters. A webhook of others sends none",
        )
        yield Fix(f"Have the gateway check tokens before {route.title}", Safety.UNSAFE, (edit,), (stop,))
    yield from outlines


def _switch(app: App, route: Route) -> Edit | None:
    """The setting of the function that is off."""
    found = _FUNCTION.match(route.place.path)
    if found is None:
        return None
    path = f"{dirname(found['root'] + '/x')}/config.toml"
    try:
        data = app.text(path)
    except Unread:
        return None
    wanted = f"functions.{found['name']}.verify_jwt"
    entry = next((each for each in entries(data) if each.path == wanted), None)
    if entry is None or data[entry.value.start : entry.value.end] != b"false":
        return None
    return Edit(path, entry.value, "true")
