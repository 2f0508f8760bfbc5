"""What a caller sent that a handler asks a function for (``getRouterParam(event, "id")`` of h3, ``c.req.param("id")`` of Hono, ``searchParams.get("id")`` and ``formData.get("id")`` of all), and what decorators of the app's own hand in."""

import re
from collections.abc import Callable, Iterable, Iterator

from batten.facts.calls import Argument, Call, Function, Origin, Source, is_callers
from batten.link.rooms import is_listener
from batten.regex import regex

# https://h3.dev/utils/request
_ADDRESS = regex(r"(?:(?:h3|#imports)#|^)get(?:Validated)?RouterParams?$")
_CONTENT = regex(r"(?:(?:h3|#imports)#|^)(?:readBody|readValidatedBody|readFormData|getQuery|getValidatedQuery)$")
# https://hono.dev/docs/api/request
_ASKED_FOR = regex(r"@\w+\.req\.(?:param|query|queries|header)$")
# https://developer.mozilla.org/en-US/docs/Web/API/URL/searchParams https://developer.mozilla.org/en-US/docs/Web/API/FormData/get
_BY_NAME = regex(r"(?:^|[@.])(?:searchParams|formData)\.get$")
# ``parseNumericId(request)``, and not ``parseUserId(request)``, which may be who calls.
_TAKEN_OF = regex(
    r"(?:^|[#.])(?:parse|extract|validate|read|get)_?(?!\w*(?:user|auth|account|session|member|tenant|owner|current|caller|viewer|client|my))\w*id(?:_?params?)?$",
    re.IGNORECASE,
)
# A procedure may be asked for nothing but an id: ``.input(z.number())``, https://trpc.io/docs/server/validators
_INPUT = "input"

# https://docs.djangoproject.com/en/5.2/topics/class-based-views/ A class has the request, and what of its address is named, as fields.
_OF_DJANGO = regex(r"(?:@\w*request|#[\w.]+\.request)\.(?:GET|POST|data|query_params)\.(\w+)$|(?:@|#[\w.]+\.)kwargs\.(\w+)$")
_OF_DICTS = ("get", "getlist", "copy", "items", "keys", "values", "pop", "dict")
_OF_ROUTE = regex(r"\.(?:get|post|put|patch|delete|api_route|route)$")
_SCHEMA = regex(r"#(?!(?:Http|WSGI|ASGI)?Request$|\w*(?:User|Account|Session)$)[A-Z]\w*$")

# https://docs.nestjs.com/custom-decorators#param-decorators
_FRAMEWORKS = ("@nestjs/", "routing-controllers#", "type-graphql#", "@tsoa/", "tsoa#")
# https://flask.palletsprojects.com/en/stable/patterns/viewdecorators/
_OF_FLASK = regex(r"^flask#(?:Flask|Blueprint)\.\w+$|[#.]route$")
_IN_ADDRESS = regex(r"<(?:[^<>:]+:)?(\w+)>")
_CALLER = regex(
    r"(?:current|auth(?:ed|enticated)?|logged_?in|signed_?in|session|token)_?(?:user|account|identity|data|claims|payload)?(?:_?id)?$|(?:user|account|uid|identity|claims)(?:_?id)?$"
)
# https://webargs.readthedocs.io/en/latest/quickstart.html#decorator-usage https://flask-smorest.readthedocs.io/en/latest/arguments.html
_HANDS_WHAT_WAS_SENT = regex(
    r"(?:args|arguments|kwargs|body|json|form|expect|valid\w*|pars\w*|schema|inject|input|params?)$", re.IGNORECASE
)


def sent_by_call(argument: Argument, given: set[str], is_id: Callable[[str], bool], *, listens: bool) -> Iterator[str]:
    """The names under which the value was sent, where they are those of ids. ``given`` are the parameters of the handler, ``listens``: they are what was sent over a socket."""
    slot = argument.slot.rpartition(".")[2]
    if _INPUT in given and is_id(slot):
        yield from (slot for source in argument.sources if source.origin is Origin.PARAMETER and source.text == _INPUT)
    if listens:
        yield from (
            source.text.rpartition(".")[2]
            for source in argument.sources
            if source.origin is Origin.PROPERTY and source.text[1:].partition(".")[0] in given and is_id(source.text)
        )
    asked = [source.text for source in argument.sources if source.origin is Origin.LITERAL]
    for source in argument.sources if any(each.origin is Origin.PARAMETER and each.text in given for each in argument.sources) else ():
        if source.origin is not Origin.CALL:
            continue
        text = source.text
        if _BY_NAME.search(text):
            yield from [name for name in asked if is_id(name)][:1]
        elif _ADDRESS.search(text) or (_ASKED_FOR.match(text) and text.endswith(".param")):
            yield asked[0] if asked else slot
        elif is_callers(text):
            yield from (name for name in asked[:1] if _ASKED_FOR.match(text) and is_id(name))
        elif _TAKEN_OF.search(text):
            yield "id"
        elif _CONTENT.search(text) and is_id(slot):
            yield slot


def asked_of_django(argument: Argument, source: Source) -> str | None:
    """The name under which a value of the request, or of its address, is asked for: ``self.kwargs["pk"]``, ``request.GET.get("order")``; None for all else."""
    found = _OF_DJANGO.match(source.text) if source.origin in (Origin.CALL, Origin.NAME, Origin.PROPERTY) else None
    key = (found[1] or found[2]) if found is not None else None
    if key != "get" or source.origin is not Origin.CALL:
        return key if source.origin is not Origin.CALL and key not in _OF_DICTS else None
    return next((each.text for each in argument.sources if each.origin is Origin.LITERAL), None)


def field_of_body(handler: Function, name: str) -> str | None:
    """The field of what a route of Python takes as its body, which goes by the class of it: ``payload: OrderIn``, ``payload.order_id``; None for all else."""
    of, _, field = name.rpartition(".")
    typed = any(each.annotation == of and not each.is_injected for each in handler.parameters)
    routed = any(_OF_ROUTE.search(each.callee) for each in handler.wrappers)
    return field if typed and routed and _SCHEMA.search(of) is not None else None


def handed_in(function: Function) -> frozenset[str]:
    """The parameters that a decorator of the app's own puts something into, and no part of what was sent: ``@CurrentUser("id") userId``."""
    marked = (
        parameter.name
        for parameter in function.parameters
        if parameter.marks and not any(mark.callee.startswith(_FRAMEWORKS) for mark in parameter.marks)
    )
    return frozenset((*marked, *_beside_address(function)))


def _beside_address(view: Function) -> Iterator[str]:
    """The parameters of a view of Flask that no address of it names, and that are called like who calls: decorators hand them in, ``return view(user_id, *args, **kwargs)``."""
    callers = [each.name for each in view.parameters if _CALLER.match(each.name)] if view.place.path.endswith(".py") else []
    if not callers:
        return
    routes = [each for each in view.wrappers if _OF_FLASK.search(each.callee)]
    others = [each for each in view.wrappers if each not in routes and _HANDS_WHAT_WAS_SENT.search(each.callee) is None]
    addresses = [next((given.text for given in each.arguments if given.slot in ("0", "rule")), None) for each in routes]
    if not others or not routes or None in addresses:
        return
    named = {name for address in addresses for name in _IN_ADDRESS.findall(address or "")}
    yield from (name for name in callers if name not in named)


def may_be_found_out(function: Function, name: str) -> bool:
    """What wraps a function may hand in what it has found out of the caller; but no listener, and nothing whose decorator says what it is."""
    told = (parameter.name for parameter in function.parameters if parameter.marks)
    return bool(function.wrappers) and not is_listener(function) and name not in told


def replaces_by(call: Call, chosen: str, chain: Iterable[Call] = ()) -> bool:
    """What is there under an id that was sent is changed, and only made where there is nothing: ``upsert({ where: { id }, … })``, ``doc(id).set({ … }, { merge: true })``."""
    if call.callee.endswith(".doc.set"):
        merges = any(each.slot == "1.merge" and each.text == "true" for each in call.arguments)
        named = (source.text for each in chain if each.callee.endswith(".doc") for given in each.arguments for source in given.sources)
        return merges and any(name.endswith(chosen) for name in named)
    return call.callee.endswith(".upsert") and any(
        ".where." in each.slot and any(source.text.endswith(chosen) for source in each.sources) for each in call.arguments
    )
