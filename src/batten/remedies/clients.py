"""Takes secrets out of what browsers get: clients of Supabase get the public key, and variables that no page reads lose their public name."""

import re
from collections.abc import Iterator

from batten.code.model import Expression, Name, Unit
from batten.extract.environment import is_env_file
from batten.facts.modules import Side
from batten.facts.secret_names import public_prefix
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.regex import regex
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.remedies.ignoring import appended
from batten.text import Span

_SERVICE_KEY = regex(rb"\b(?:[A-Z0-9]+_)*(?:SERVICE_ROLE(?:_KEY)?|SERVICE_KEY|SECRET_KEY)\b")
_PUBLIC_KEYS = ("SUPABASE_ANON_KEY", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_PUBLISHABLE_DEFAULT_KEY", "SUPABASE_KEY")
_CODE = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte", ".astro")
_SETTINGS = (".yml", ".yaml", ".toml", ".sh", "Dockerfile")


def public_key(app: App, finding: Finding) -> Iterator[Fix]:
    """The client asks with the key that is for browsers, so that policies decide what it may do."""
    client = fact(app.project.clients, finding)
    unit = sites.code(app, client.place.path) if client is not None else None
    call = sites.call_at(unit, client.place.span) if unit is not None and client is not None else None
    if client is None or unit is None or call is None or client.admin_call or len(call.args) < 2:  # noqa: PLR2004 - the address and the key
        return
    data = app.text(unit.path)
    span = _written(unit, call.args[1])
    found = _SERVICE_KEY.search(data, span.start, span.end) if span is not None else None
    prefix = public_prefix(found[0].decode()) if found is not None else ""
    if found is None or not prefix:
        return
    known = {variable.name for variable in app.project.variables}
    name = next((f"{prefix}{each}" for each in _PUBLIC_KEYS if f"{prefix}{each}" in known), "")
    edits = [Edit(unit.path, Span(found.start(), found.end()), name or f"{prefix}{_PUBLIC_KEYS[0]}")]
    if not name:
        name = f"{prefix}{_PUBLIC_KEYS[0]}"
        path = f"{client.package}/.env.example" if client.package else ".env.example"
        edits.append(appended(app, path, [f"{name}="]))
    users = tuple(use for use in app.project.table_uses if use.privileged and use.in_browser)
    stops = (
        Step(
            client.place, f"asks with the key of `{name}`: what no policy allows is refused. Revoke the other key: every visitor has had it"
        ),
        *(Step(use.place, f"{use.table or 'a table'} is asked with the service key: policies decide from here on") for use in users),
        *(Step(each.place, "is refused: only servers may do this") for each in app.project.clients if each.admin_call and each.in_browser),
    )
    yield Fix(f"Ask with the public key of `{name}`", Safety.UNSAFE, tuple(edits), stops)


def _written(unit: Unit, given: Expression) -> Span | None:
    """Where the key is read: in the call, or where the variable is set that is given there."""
    if not isinstance(given, Name):
        return given.span
    here = sites.assignments(unit, given.id, unit.span)
    return here[0].value.span if len(here) == 1 and here[0].value is not None else None


def private_name(app: App, finding: Finding) -> Iterator[Fix]:
    """The name without the prefix that puts a variable into pages, wherever it stands; none where a page may read it."""
    variable = fact(app.project.variables, finding)
    if variable is None:
        return
    prefix = public_prefix(variable.name)
    private = variable.name.removeprefix(prefix)
    word = re.compile(rb"\b" + variable.name.encode() + rb"\b")
    if not prefix or any(each.name == private and each.defined for each in app.project.variables):
        return
    sides = {module.path: module.side for module in app.project.modules}
    edits: list[Edit] = []
    for path in app.paths:
        if not (is_env_file(path) or path.endswith((*_CODE, *_SETTINGS))):
            continue
        places = [Edit(path, Span(each.start(), each.end()), private) for each in word.finditer(app.text(path))]
        if places and path.endswith(_CODE) and sides.get(path) is not Side.SERVER:
            return
        edits += places
    stop = Step(
        variable.place,
        f"set `{private}` wherever `{variable.name}` was set, and revoke the key: builds with the old name have it in their pages",
    )
    yield Fix(f"Call `{variable.name}` `{private}`", Safety.UNSAFE, tuple(edits), (stop,))
