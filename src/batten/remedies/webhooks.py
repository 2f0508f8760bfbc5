"""Verifies who sends an event, over the bytes that were sent, with the SDK of the provider that the app has; makes up no signature scheme."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.code.model import Assign, Attribute, Await, Call, Expression, Lambda, Language, Name, Statement, Unit
from batten.extract.environment import is_env_file, is_sample
from batten.facts.routes import Route
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.regex import regex
from batten.remedies import dependencies, sites
from batten.remedies.app import App, fact
from batten.remedies.guards.imports import brought, merged
from batten.remedies.guards.imports import named as import_named
from batten.remedies.guards.opening import handler
from batten.remedies.guards.siblings import Sources
from batten.remedies.ignoring import appended
from batten.text import Span


class _Provider(NamedTuple):
    """A sender of events: what its SDK is, how one knows that a route is for it, and the variable of its secret."""

    name: str
    package: str
    word: re.Pattern[str]
    secret: str


_PROVIDERS = (
    _Provider(
        "Stripe",
        "stripe",
        regex(r"stripe|checkout\.session|customer\.subscription|payment_intent", re.IGNORECASE),
        "STRIPE_WEBHOOK_SECRET",
    ),
    _Provider("Svix", "svix", regex(r"svix|clerk|resend", re.IGNORECASE), "WEBHOOK_SECRET"),
    _Provider("GitHub", "@octokit/webhooks-methods", regex(r"github|x-hub-signature", re.IGNORECASE), "GITHUB_WEBHOOK_SECRET"),
)
_SVIX = ("svix-id", "svix-timestamp", "svix-signature")


class _Request(NamedTuple):
    """How a handler writes what it takes from a request: the bytes, a header, and a variable of the environment."""

    raw: str
    header: str
    sure: str
    """What tells TypeScript that a value is there."""

    def of(self, name: str) -> str:
        return self.header.format(name)


def verified_webhook(app: App, finding: Finding) -> Iterator[Fix]:
    """Before anything else: who did not sign is answered with 400."""
    route = fact(app.project.routes, finding)
    unit = sites.code(app, route.place.path) if route is not None else None
    if route is None or unit is None or unit.language is Language.PYTHON:
        return
    known = dependencies.named(app, route.package)
    data = app.text(unit.path)
    around = f"{unit.path} {route.title} {data[route.place.span.start : route.place.span.end].decode('utf-8', 'replace')}"
    found = [each for each in _PROVIDERS if each.package in known and each.word.search(around)]
    write = {"next": _next, "express": _express}.get(route.framework)
    if len(found) != 1 or write is None:
        return
    provider = found[0]
    secret = _variable(app, provider)
    edits = write(app, unit, data, route, provider, secret)
    if edits:
        stop = Step(
            route.place, f"events are refused where `{secret}` is not set: {provider.name} shows it beside the address of the webhook"
        )
        yield Fix(f"Take events from {provider.name} alone", Safety.UNSAFE, (*merged(edits), *_example(app, route, secret)), (stop,))


def _variable(app: App, provider: _Provider) -> str:
    names = sorted(
        {each.name for each in app.project.variables if each.name.endswith("WEBHOOK_SECRET") and provider.word.search(each.name)}
    )
    return names[0] if len(names) == 1 else provider.secret


def _verified(
    app: App, unit: Unit, data: bytes, provider: _Provider, secret: str, request: _Request, event: str
) -> tuple[list[str], list[Edit]] | None:
    """The statements that give the event or throw, with what they need."""
    key = f"process.env.{secret}{request.sure}"
    if provider.name == "Stripe":
        client = _client(app, unit)
        if client is None:
            return None
        signature = f"{request.of('stripe-signature')}{request.sure}"
        return [f"{event} = {client[0]}.webhooks.constructEvent({request.raw}, {signature}, {key});"], client[1]
    if provider.name == "Svix":
        edits = _taken(unit, data, "svix", "Webhook")
        headers = ", ".join(f'"{name}": {request.of(name)}{request.sure}' for name in _SVIX)
        return ([f"{event} = new Webhook({key}).verify({request.raw}, {{ {headers} }});"], edits) if edits is not None else None
    edits = _taken(unit, data, provider.package, "verify")
    signature = f"{request.of('x-hub-signature-256')}{request.sure}"
    raw = f"{request.raw}.toString()" if "." in request.raw else request.raw
    lines = [f'if (!(await verify({key}, {raw}, {signature}))) throw new Error("Invalid signature");', f"{event} = JSON.parse({raw});"]
    return (lines, edits) if edits is not None else None


def _taken(unit: Unit, data: bytes, package: str, name: str) -> list[Edit] | None:
    if any((entry.module, entry.name, entry.local) == (package, name, name) for entry in unit.imports):
        return []
    edit = import_named(unit, data, name, package)
    return [edit] if edit is not None else None


def _client(app: App, unit: Unit) -> tuple[str, list[Edit]] | None:
    """The app's own client: of the file, or the one that another module gives."""
    own = _made(unit)
    if own is not None:
        return own, []
    there = next((entry.local for entry in unit.imports if entry.local == "stripe" and entry.module != "stripe"), None)
    if there is not None:
        return there, []
    sources = Sources(app)
    for path in app.paths:
        if not path.endswith((".ts", ".js", ".mjs", ".cjs")) or b"new Stripe" not in app.text(path):
            continue
        other = sources.unit(path)
        name = _made(other) if other is not None else None
        if name is not None and (edits := brought(sources, name, path, unit.path)) is not None:
            return name, edits
    return None


def _made(unit: Unit) -> str | None:
    for statement in unit.body:
        value = statement.value if isinstance(statement, Assign) and isinstance(statement.target, Name) else None
        if not isinstance(value, Call) or not value.new or not isinstance(statement, Assign) or not isinstance(statement.target, Name):
            continue
        if sites.qualified(unit, value.callee) in ("stripe", "stripe.default", "stripe.Stripe"):
            return statement.target.id
    return None


def _fresh(data: bytes, *names: str) -> str:
    return next(name for name in (*names, f"{names[0]}Sent") if not re.search(rb"\b" + name.encode() + rb"\b", data))


def _next(app: App, unit: Unit, data: bytes, route: Route, provider: _Provider, secret: str) -> list[Edit]:
    """``await request.text()``, verified, in the place of ``await request.json()``."""
    found = handler(Sources(app), route)
    first = found.function.parameters[:1] if found is not None else ()
    if found is None or not first or not isinstance(first[0].target, Name) or b".text()" in data:
        return []
    name = first[0].target.id
    read = [each for each in found.body if isinstance(each, Assign) and each.value is not None and _is_json(each.value, name)]
    if len(read) != 1 or data.count(f"{name}.json()".encode()) != 1 or read[0].value is None:
        return []
    typed = unit.language is Language.TYPESCRIPT
    raw, event = _fresh(data, "payload", "rawBody"), _fresh(data, "verified", "verifiedEvent")
    made = _verified(app, unit, data, provider, secret, _Request(raw, f'{name}.headers.get("{{}}")', "!" if typed else ""), event)
    if made is None:
        return []
    at = read[0].span.start
    indent, ends = _indent(data, at)
    if indent is None:
        return []
    step = "\t" if "\t" in indent else "  "
    lines = [
        f"const {raw} = await {name}.text();",
        f"let {event}{': any' if typed else ''};",
        "try {",
        *(f"{step}{line}" for line in made[0]),
        "} catch {",
        f'{step}return new Response("Invalid signature", {{ status: 400 }});',
        "}",
        "",
    ]
    text = f"{ends}{indent}".join(lines)
    return [*made[1], Edit(unit.path, Span(at, at), text), Edit(unit.path, read[0].value.span, event)]


def _is_json(value: Expression, name: str) -> bool:
    call = value.value if isinstance(value, Await) else None
    callee = call.callee if isinstance(call, Call) and not call.args else None
    return isinstance(callee, Attribute) and callee.name == "json" and isinstance(callee.value, Name) and callee.value.id == name


def _express(app: App, unit: Unit, data: bytes, route: Route, provider: _Provider, secret: str) -> list[Edit]:
    """The raw body for this one route, verified, in the place of the one that was parsed."""
    call = sites.call_at(unit, route.place.span) or next(
        (each for each in sites.around(unit, route.place.span) if isinstance(each, Call)), None
    )
    last = call.args[-1] if call is not None and call.args else None
    if call is None or not isinstance(last, Lambda) or not last.function.body or len(last.function.parameters) < 2:  # noqa: PLR2004 - asked, and answered
        return []
    function = last.function
    names = [each.target.id if isinstance(each.target, Name) else "" for each in function.parameters[:2]]
    given = [each for each in call.args[1:-1] if isinstance(each, Call)]
    parser = next((each for each in given if sites.qualified(unit, each.callee) in ("express.json", "express.default.json")), None)
    if parser is None or not all(names) or (provider.name == "GitHub" and not function.is_async):
        return []
    inner = [each for statement in function.body for each in _below(statement)]
    bodies = [
        each
        for each in inner
        if isinstance(each, Attribute) and each.name == "body" and isinstance(each.value, Name) and each.value.id == names[0]
    ]
    typed = unit.language is Language.TYPESCRIPT
    event = _fresh(data, "verified", "verifiedEvent")
    made = _verified(
        app, unit, data, provider, secret, _Request(f"{names[0]}.body", f'{names[0]}.headers["{{}}"]', "!" if typed else ""), event
    )
    at = function.body[0].span.start
    indent, ends = _indent(data, at)
    if made is None or indent is None or not bodies:
        return []
    step = "\t" if "\t" in indent else "  "
    lines = [
        f"let {event}{': any' if typed else ''};",
        "try {",
        *(f"{step}{line}" for line in made[0]),
        "} catch {",
        f"{step}return {'void ' if typed else ''}{names[1]}.sendStatus(400);",
        "}",
        "",
    ]
    text = f"{ends}{indent}".join(lines)
    callee = data[parser.callee.span.start : parser.callee.span.end].decode()
    raw = f'{callee.removesuffix("json")}raw({{ type: "application/json" }})'
    return [
        *made[1],
        Edit(unit.path, parser.span, raw),
        Edit(unit.path, Span(at, at), text),
        *(Edit(unit.path, each.span, event) for each in bodies),
    ]


def _below(statement: Statement) -> Iterator[Expression]:
    """The expressions of a statement and of those inside it."""
    for each in sites.inside(statement):
        yield from sites.whole(each)


def _indent(data: bytes, at: int) -> tuple[str | None, str]:
    lead = data[data.rfind(b"\n", 0, at) + 1 : at]
    return (lead.decode() if not lead.strip() else None), "\r\n" if b"\r\n" in data else "\n"


def _example(app: App, route: Route, secret: str) -> list[Edit]:
    there = [each for each in app.paths if is_env_file(each) and is_sample(each) and each.rpartition("/")[0] in (route.package, "")]
    target = max(sorted(there), key=len, default=f"{route.package}/.env.example" if route.package else ".env.example")
    if target in app.paths and re.search(rb"(?m)^\s*" + secret.encode() + rb"\s*=", app.text(target)):
        return []
    return [appended(app, target, [f"{secret}="])]
