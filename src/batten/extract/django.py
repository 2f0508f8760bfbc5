"""Django: ``urlpatterns`` and the routers of Django REST framework, as one file declares them; what a view does is in other files.

A pattern's endpoint has no methods: ``link.django`` asks the view. https://docs.djangoproject.com/en/stable/topics/http/urls/
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from batten.extract.declared import Declared, argument, functions_in, step, text
from batten.facts.calls import Argument, Binding, Call, Function, Origin
from batten.facts.routes import EVERY_ACTION, Endpoint, Mount, RouteKind
from batten.facts.vocabulary import canonical
from batten.regex import regex
from batten.text import Place, Span

_ROOT = "#urlpatterns"
_PATTERNS = frozenset(
    f"django.{module}.{name}" for module in ("urls", "urls.conf", "conf.urls", "urls.re_path") for name in ("path", "re_path", "url")
)
_ROUTER = regex(rb"\s*(?:\(\s*)?([A-Za-z_]\w*)\.urls\b")
_JOINED = regex(rb"^urlpatterns\s*\+?=\s*([A-Za-z_]\w*)\.urls\b|^\]\s*\+\s*([A-Za-z_]\w*)\.urls\b|\*([A-Za-z_]\w*)\.urls\b", re.MULTILINE)
_LOCAL_ONLY = "django.conf.settings.DEBUG"
# What a view's own arguments are: `TemplateView.as_view(template_name=…)`.
_AS_VIEW = ".as_view"
_ADMIN = "django.contrib.admin.site.urls"
_ADMIN_VIEW = "django.contrib.admin#site.admin_view"
_NOT_TEXT = regex(r"[\^$]|\\[AZ]|\\(?=\W)")
_IS_ROUTER = regex(r"router", re.IGNORECASE)
_PARAMETER = regex(r"\(\?P<(\w+)>")
_MOST = 4_000


class _Pattern(NamedTuple):
    """One ``path(…)``, what it stands in, and where its address begins."""

    call: Call
    router: str
    prefix: str


def extract(path: str, data: bytes, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares; ``data`` tells which router's ``urls`` are meant, since names of calls do not."""
    body = next((function for function in functions if function.name == ""), None)
    if body is None:
        return Declared()
    calls = sorted(body.calls, key=lambda call: (call.span.start, -call.span.end))[:_MOST]
    debug = [guard.reach for guard in body.guards if not guard.inverted and any(canonical(name) == _LOCAL_ONLY for name in guard.names)]
    calls = [call for call in calls if not any(call.span in reach for reach in debug)]
    endpoints = _registered(path, calls)
    mounts = []
    for pattern in _patterns(calls, bindings):
        view = argument(pattern.call, "1", "view")
        if view is None:
            continue
        inner = [call for call in calls if call.span in view.span]
        included = next((call for call in inner if step(call) == "include" or step(call) == "i18n_include"), None)
        place = Place(path, pattern.call.span)
        if included is not None:
            child = _child(included, data)
            if child is not None:
                mounts.append(Mount(pattern.router, child, pattern.prefix, place))
            continue
        endpoint = _endpoint(pattern, view, inner, place)
        if endpoint is not None:
            endpoints.append(endpoint)
    mounts += [
        Mount(_ROOT, f"#{(found[1] or found[2] or found[3]).decode()}", "", Place(path, Span(found.start(), found.end())))
        for found in _JOINED.finditer(data)
    ]
    return Declared(tuple(endpoints), tuple(mounts))


def _registered(path: str, calls: Iterable[Call]) -> list[Endpoint]:
    """``router.register("orders", OrderViewSet)``."""
    endpoints = []
    for call in calls:
        prefix, view = text(call, "0", "prefix"), functions_in(argument(call, "1", "viewset"))
        if step(call) == "register" and call.receiver is not None and _IS_ROUTER.search(call.callee) and prefix is not None and view:
            route = _address(prefix, "re_path" if "(" in prefix else "path")
            endpoints.append(
                Endpoint(
                    "django", RouteKind.HTTP, (), route.rstrip("/") + "/", call.receiver, view[0], Place(path, call.span),
                    maker=call.callee.removesuffix(".register"), actions=(EVERY_ACTION,),
                )
            )  # fmt: skip
    return endpoints


def _patterns(calls: list[Call], bindings: tuple[Binding, ...]) -> list[_Pattern]:
    """Every pattern with the list it stands in; one inside the ``include([…])`` of another begins with its address."""
    included = {inner.name for call in calls if step(call) == "include" for inner in call.arguments if inner.name is not None}
    homes = [(binding.place.span, f"#{binding.local}") for binding in bindings if f"#{binding.local}" in included]
    found: list[_Pattern] = []
    around: list[_Pattern] = []
    for call in calls:
        if canonical(call.callee) not in _PATTERNS:
            continue
        route = text(call, "0", "route", "regex")
        if route is None:
            continue
        while around and call.span not in around[-1].call.span:
            around.pop()
        prefix = _address(route, step(call))
        if around:
            pattern = _Pattern(call, around[-1].router, around[-1].prefix.rstrip("/") + prefix)
        else:
            pattern = _Pattern(call, next((name for span, name in homes if call.span in span), _ROOT), prefix)
        found.append(pattern)
        around.append(pattern)
    return found


def _child(included: Call, data: bytes) -> str | None:
    """The list of patterns that is included: of another module, of a router, or of this file."""
    given = argument(included, "0", "arg")
    if given is None:
        return None
    router = _ROUTER.match(data, given.span.start, given.span.end)
    named = [
        source.text for source in given.sources if source.origin is Origin.NAME and source.text.endswith(".urls") and "#" in source.text
    ]
    if router is not None:
        # An imported router keeps its name; one of this file is followed to the class it is made of.
        imported = next((name for name in named if name.removesuffix(".urls").endswith(f"#{router[1].decode()}")), None)
        return imported.removesuffix(".urls") if imported is not None else f"#{router[1].decode()}"
    if given.name is not None:
        return given.name
    module = given.text or next((source.text for source in given.sources if source.origin is Origin.LITERAL), None)
    if module is not None and not any(source.origin is Origin.CALL for source in given.sources):
        return f"{module}#urlpatterns"
    names = functions_in(given)
    return f"{names[0]}.urlpatterns" if names and not any(source.origin is Origin.CALL for source in given.sources) else None


def _endpoint(pattern: _Pattern, view: Argument, inner: list[Call], place: Place) -> Endpoint | None:
    made = next((call for call in inner if call.callee.endswith(_AS_VIEW)), None)
    names = functions_in(view)
    actions: tuple[str, ...] = ()
    if made is not None:
        handler = made.callee.removesuffix(_AS_VIEW)
        actions = tuple(
            f"{each.slot.removeprefix('0.')}={each.text}" for each in made.arguments if each.slot.startswith("0.") and each.text
        )
        given = {source.text for each in made.arguments for source in each.sources}
        chain = tuple(name for name in names if name != made.callee and name not in given)
    elif names:
        *outer, handler = names
        chain = tuple(outer)
    elif view.text is not None and "." in view.text:
        handler, chain = "#".join(view.text.rpartition(".")[::2]), ()
    else:
        return None
    if canonical(handler) == _ADMIN:
        chain = (_ADMIN_VIEW,)
    elif handler.endswith(".urls"):
        return None
    return Endpoint("django", RouteKind.HTTP, (), pattern.prefix, pattern.router, handler, place, chain, actions=actions)


def _address(route: str, kind: str) -> str:
    r"""A pattern as an address: ``^orders/(?P<pk>\d+)/$`` is ``/orders/<pk>/``."""
    if kind == "path":
        return f"/{route.lstrip('/')}"
    found: list[str] = []
    at = 0
    while at < len(route):
        if route[at] != "(":
            found.append(route[at])
            at += 1
            continue
        named = _PARAMETER.match(route, at)
        depth = 0
        for end in range(at, len(route)):
            depth += {"(": 1, ")": -1}.get(route[end], 0) if route[end - 1 : end] != "\\" else 0
            if depth == 0:
                break
        found.append("" if route.startswith("(?:", at) and route[end + 1 : end + 2] == "?" else f"<{named[1] if named else 'value'}>")
        at = end + 1
    return f"/{_NOT_TEXT.sub('', ''.join(found)).rstrip('?').lstrip('/')}"
