"""Whose key a model is called with: the app's own, or one that whoever asks brings along."""

from batten.facts.calls import Argument, Call, Function, Origin, simple_name
from batten.link.callgraph import Code
from batten.link.supplied import handed_over, parameter_of
from batten.regex import regex

# Where hosts of functions hand their environment to a handler: ``env.KEY`` of Workers, ``c.env.KEY`` of Hono.
_SERVERS_OWN = regex(r"@(?:env|\w+\.env|event\.platform\.env)\.\w")
# What a table of the app's own holds, whoever says under which name: ``PROVIDERS[name].key``.
_OF_TABLE = regex(r"[^#]*#\w+\.\[\]\.\w")
_KEY_SLOTS = frozenset({"apiKey", "api_key", "authToken", "Authorization", "authorization", "x-api-key"})


def is_callers_key(code: Code, path: str, function: Function, call: Call) -> bool:
    """The caller pays: the key is one that they hand in, and no key of the app's own."""
    makers = [other for other in function.calls if other.span in (call.made_by, call.span)]
    for maker in makers:
        for argument in maker.arguments:
            if argument.slot.rpartition(".")[2] in _KEY_SLOTS:
                origins = {source.origin for source in argument.sources}
                own = Origin.ENVIRONMENT in origins or any(
                    _SERVERS_OWN.match(source.text) or _OF_TABLE.match(source.text) for source in argument.sources
                )
                return Origin.PARAMETER in origins and not own and not _is_handed_own(code, path, function, argument)
    return False


def is_given_to_maker(code: Code, path: str, key: Argument) -> bool:
    """An object keeps the key that it was made with, and nobody makes it with one of the app's own: ``constructor(apiKey) { this.apiKey = apiKey }``."""
    for source in key.sources:
        home = code.home(path, source.text) if source.origin is Origin.NAME else None
        binding = code.bindings(home[0]).get(home[1]) if home is not None else None
        if home is None or binding is None:
            continue
        of, _, _ = binding.local.rpartition(".")
        taken = [each.text for each in binding.sources if each.origin is Origin.PARAMETER]
        if of and taken and not any(_hands_own(code, home[0], of, name, "") for name in taken):
            return True
    return False


def _is_handed_own(code: Code, path: str, function: Function, key: Argument) -> bool:
    """Somebody who calls the function hands it a key of the app's settings: ``complete({ apiKey: env.MODEL_KEY })``."""
    taken = {source.text.removeprefix("@").partition(".")[::2] for source in key.sources if source.origin is Origin.PROPERTY}
    taken = taken or {(source.text, "") for source in key.sources if source.origin is Origin.PARAMETER}
    return any(_hands_own(code, path, function.name, name, field) for name, field in taken)


def _hands_own(code: Code, path: str, maker: str, name: str, field: str) -> bool:
    found: bool = code.memo.once(("handed a key", path, maker, name, field), _finds_own, code, path, maker, name, field)
    return found


def _finds_own(code: Code, path: str, maker: str, name: str, field: str) -> bool:
    made = parameter_of(code, path, maker, name)
    if made is None:
        return False
    at, taken_apart = made
    slots = {f"{at}.{field}", field} if field else {f"{at}.{name}", name} if taken_apart else {str(at), name}
    given = [each for _, call, _ in handed_over(code, path, maker, name, at, taken_apart) for each in call.arguments if each.slot in slots]
    return any(
        source.origin is Origin.ENVIRONMENT or source.at >= 0 or (source.origin is Origin.NAME and simple_name(source.text).isupper())
        for each in given
        for source in each.sources
    )
