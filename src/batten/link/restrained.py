"""Routes that ask paid models for strangers, and are held back on purpose: a limit on requests, a cap on answers and a bound on questions, all three in code that runs before or at the call."""

import re
from collections.abc import Iterable, Iterator

from msgspec import structs

from batten.facts.calls import Call, Function
from batten.facts.routes import Effect, EffectKind, Route, RouteAuth
from batten.link.callgraph import Code
from batten.link.routes import Standing
from batten.link.slowing import TOO_MANY
from batten.regex import regex

_OPEN = frozenset((RouteAuth.UNAUTHENTICATED, RouteAuth.PRESENCE, RouteAuth.OPTIONAL))
_TOO_LONG = (400, 413, 422)
# express-rate-limit, @upstash/ratelimit, slowapi, flask_limiter, @fastify/rate-limit, hono-rate-limiter; and what apps call their own.
_LIMITER = regex(r"rate[-_]?limit|(?:^|[.#/_])limiter|throttl", re.IGNORECASE)
_CAP = regex(r"(?:^|\.)(?:max_?(?:completion_?|output_?|new_?)?tokens(?:_to_sample)?|num_predict)$", re.IGNORECASE)
_CUTS = (".slice", ".substring", ".substr")
_SCHEMA = regex(r"(?:^|[.#])(?:z|zod|v|valibot|yup|Joi|Type)\b.*\.(?:max|length|maxLength)$")
_LENGTHS = frozenset(("max_length", "maxLength"))
_READS = (".parse", ".safeParse", ".parseAsync", ".safeParseAsync", ".validate")


def restrained(routes: Iterable[Route], standings: Iterable[Standing], code: Code) -> tuple[Route, ...]:
    """The routes, with ``restrained`` for those of which all three are found at each model that strangers get to."""
    standing = {each.route.key: each for each in standings if each.route.calls_model}
    return tuple(
        structs.replace(route, restrained=True)
        if route.calls_model and route.auth in _OPEN and route.key in standing and _is_restrained(standing[route.key], code)
        else route
        for route in routes
    )


def _is_restrained(standing: Standing, code: Code) -> bool:
    models = [effect for effect in standing.route.effects if effect.kind is EffectKind.PAID_MODEL_CALL]
    return bool(models and standing.runs) and all(
        _is_capped(effect, code) and _is_limited(standing, effect) and _is_bounded(standing, code) for effect in models
    )


def _is_capped(effect: Effect, code: Code) -> bool:
    file = code.files.get(effect.place.path)
    calls = (call for function in (file.functions if file is not None else ()) for call in function.calls)
    return any(_CAP.search(argument.slot) for call in calls if call.span == effect.place.span for argument in call.arguments)


def _is_limited(standing: Standing, effect: Effect) -> bool:
    """Middleware or a decorator before the handler is a limiter by its name, or a test before the call turns away who asks too often."""
    (path, handler), at = standing.runs[0], effect.trail[:1]
    names = [name for _, name, _ in standing.before] + [wrapper.callee for wrapper in handler.wrappers]
    if any(_LIMITER.search(name) for name in names):
        return True
    turned_away = [guard for guard in handler.guards if guard.status == TOO_MANY]
    return any(step.place.path == path and step.place.span.start in guard.reach for guard in turned_away for step in at)


def _is_bounded(standing: Standing, code: Code) -> bool:
    """What is asked is cut to a length, or refused where it is longer, by a schema that the handler reads the request with or takes as the type of it."""
    path, handler = standing.runs[0]
    if any(
        call.callee.endswith(_CUTS) and any(a.slot == "1" and (a.text or "").isdigit() for a in call.arguments) for call in handler.calls
    ):
        return True
    too_long = [guard for guard in handler.guards if guard.status in _TOO_LONG]
    if any(name.endswith((".length", "#len")) or name == "len" for guard in too_long for name in guard.names):
        return True
    reads = any(call.callee.endswith(_READS) for call in handler.calls)
    typed = any("#" in (parameter.annotation or "") for parameter in handler.parameters) and path.endswith(".py")
    return (reads or typed) and any(_is_bound(call) for call in _schemas(path, handler, code))


def _schemas(path: str, handler: Function, code: Code) -> Iterator[Call]:
    """The calls by which schemas are made where the handler is, and its own."""
    file = code.files.get(path)
    if file is not None:
        yield from (call for binding in file.bindings for call in binding.calls)
        yield from (call for function in file.functions if not function.name for call in function.calls)
    yield from handler.calls
    yield from (call for parameter in handler.parameters for call in parameter.calls)


def _is_bound(call: Call) -> bool:
    return _SCHEMA.search(call.callee) is not None or any(argument.slot in _LENGTHS for argument in call.arguments)
