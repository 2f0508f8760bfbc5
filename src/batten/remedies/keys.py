"""Takes keys, secrets and passwords out of the code of servers, and out of what is written about it: the environment gives them. What stood there stays in the history."""

from collections.abc import Iterator

from msgspec import structs

from batten.facts.secrets import Secret, SecretKind, Site, Use
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.parse.documents import read_yaml
from batten.regex import regex
from batten.remedies import environment
from batten.remedies.app import App, fact
from batten.remedies.ignoring import kept_out
from batten.remedies.stand_ins import stand_in
from batten.text import Place, Span

# Keys of two parts, of which the other would stay.
_PAIRS = frozenset(("aws", "twilio"))
_REVOKE = "what stood here is in the history: revoke that key and make a new one"
_COMPOSE = regex(r"(?:docker-)?compose[\w.-]*\.ya?ml")
_SETS = regex(r"(?:\benviron\s*\[\s*['\"]|\bprocess\.env(?:\.|\[\s*['\"]))(\w+)(?:['\"]\s*\])?\s*=\s*['\"`]?$")
_DEFAULT = regex(rb"\$\{(\w+)(:?-)")


def key_from_environment(app: App, finding: Finding) -> Iterator[Fix]:
    """All places of the key, or none of them."""
    secret = fact(app.project.secrets, finding)
    if secret is None or secret.provider in _PAIRS:
        return
    if (read := _read_by_people(app, secret)) is not None:
        yield read
        return
    found = _everywhere(app, secret, closed=False) if _is_of_servers(app, secret) else None
    if found is None:
        return
    name, edits = found
    stop = f"works only where `{name}` is set; {_REVOKE}"
    title = f"Take the {secret.label or 'key'} from `{name}` of the environment"
    yield from _with_env_file(app, secret, Fix(title, Safety.UNSAFE, edits, (Step(secret.place, stop),)))


def _read_by_people(app: App, secret: Secret) -> Fix | None:
    """A stand-in wherever the key is, where no program reads any of the places; a script of a shell takes the variable."""
    name = _stand_in_for(secret)
    told = [stand_in(app, place, name) for place in (secret.place, *secret.again)]
    edits = tuple(edit for edit in told if edit is not None)
    if len(edits) < len(told):
        return None
    if any(edit.path.endswith(".sh") for edit in edits):
        stop = Step(secret.place, f"works only where `{name}` is set; {_REVOKE}")
        return Fix(f"Take the {secret.label or 'key'} from `{name}` of the environment", Safety.UNSAFE, edits, (stop,))
    stop = Step(secret.place, _REVOKE)
    return Fix(f"Put a stand-in where the {secret.label or 'key'} is written", Safety.SAFE, edits, (stop,))


def _stand_in_for(secret: Secret) -> str:
    return "PASSWORD" if secret.provider == environment.ADDRESS else environment.variable(secret) or "KEY"


def fail_closed(app: App, finding: Finding) -> Iterator[Fix]:
    """A secret of the app's own, or the password of an account: without the variable the work stops, and nothing is let through."""
    secret = fact(app.project.secrets, finding)
    if secret is None or secret.use is Use.SHOWN:
        return
    found = _of_compose(app, secret) if _COMPOSE.fullmatch(secret.place.path.rpartition("/")[2]) else None
    if found is None and _is_of_servers(app, secret):
        found = _everywhere(app, secret, closed=True)
    if found is None:
        return
    name, edits = found
    then = (
        "change the password of the account wherever this has run"
        if secret.kind is SecretKind.ACCOUNT
        else "what stood here is known, so make a new one: sessions and tokens that were made with it end"
    )
    stops = (Step(secret.place, f"nothing starts, and nothing is built, without `{name}`; {then}"),)
    yield from _with_env_file(app, secret, Fix(f"Stop where `{name}` is not set", Safety.UNSAFE, edits, stops))


def _with_env_file(app: App, secret: Secret, fix: Fix) -> Iterator[Fix]:
    """As it is; and, where an app has no env file so far that anything would have to be kept away from, with that."""
    yield fix
    yield structs.replace(fix, edits=(*fix.edits, *kept_out(app, secret.package)))


def _is_of_servers(app: App, secret: Secret) -> bool:
    if secret.site is not Site.CODE or secret.path_class not in ("product", "local-dev", "test"):
        return False
    places = (secret.place, *secret.again)
    return secret.in_browser is False or (secret.in_browser is None and all(environment.is_run_by_node(app, each.path) for each in places))


def _everywhere(app: App, secret: Secret, *, closed: bool) -> tuple[str, tuple[Edit, ...]] | None:
    """The edits of all places of a value, with the variable that takes its place."""
    name = environment.variable(secret) or ""
    edits: dict[tuple[str, Span], Edit] = {}
    for place in (secret.place, *secret.again):
        if (written := stand_in(app, place, _stand_in_for(secret))) is not None:
            edits[written.path, place.span] = written
            continue
        value = environment.value_at(app, place, address=secret.provider == environment.ADDRESS)
        found = environment.reading(app, value, name, closed=closed) if value is not None else None
        if found is None or not found[0]:
            return None
        name = found[0]
        if _sets_itself(app, place, name):
            return None
        edits.update({(edit.path, edit.span): edit for edit in found[1] if edit.span is not None})
    if secret.use is not Use.FALLBACK and environment.is_taken(app, secret, name):
        return None
    return name, (*edits.values(), *environment.example(app, secret, name))


def _sets_itself(app: App, place: Place, name: str) -> bool:
    """The variable is what is set there: ``os.environ["NAME"] = …``, which would then be set to what it is."""
    before = app.text(place.path)[: place.span.start].rpartition(b"\n")[2].decode("utf-8", "replace")
    return (set_there := _SETS.search(before)) is not None and set_there[1] == name


def _of_compose(app: App, secret: Secret) -> tuple[str, tuple[Edit, ...]] | None:
    """``${NAME:-value}`` becomes ``${NAME:?…}``, with which compose stops."""
    data, span = app.text(secret.place.path), secret.place.span
    found = next((each for each in _DEFAULT.finditer(data) if each.end() == span.start), None)
    if found is None or data[span.end : span.end + 1] != b"}" or not read_yaml(data).whole:
        return None
    name = found[1].decode()
    return name, (Edit(secret.place.path, Span(found.start(2), span.end), f":?{name} is not set"), *environment.example(app, secret, name))
