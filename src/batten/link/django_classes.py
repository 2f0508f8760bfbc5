"""Which methods and addresses a class of Django's answers, by its own methods and by what it is made of."""

from collections.abc import Iterator

from batten.facts.calls import Argument, Call, Function, Origin
from batten.facts.routes import EVERY_ACTION, Endpoint
from batten.link.callgraph import Code
from batten.link.permissions import Classes, Lineage
from batten.text import Span

_METHODS = ("get", "post", "put", "patch", "delete")
# What a router leads where: https://www.django-rest-framework.org/api-guide/routers/#defaultrouter
_ROUTED = (
    ("list", "GET", ""), ("create", "POST", ""), ("retrieve", "GET", "<pk>/"), ("update", "PUT", "<pk>/"),
    ("partial_update", "PATCH", "<pk>/"), ("destroy", "DELETE", "<pk>/"),
)  # fmt: skip
_MIXINS = {
    "CreateModelMixin": ("create",),
    "ListModelMixin": ("list",),
    "RetrieveModelMixin": ("retrieve",),
    "UpdateModelMixin": ("update", "partial_update"),
    "DestroyModelMixin": ("destroy",),
    "ReadOnlyModelViewSet": ("list", "retrieve"),
    "ModelViewSet": ("list", "create", "retrieve", "update", "partial_update", "destroy"),
}
_REST = {
    "CreateAPIView": {"POST": "create"},
    "ListAPIView": {"GET": "list"},
    "RetrieveAPIView": {"GET": "retrieve"},
    "DestroyAPIView": {"DELETE": "destroy"},
    "UpdateAPIView": {"PUT": "update", "PATCH": "partial_update"},
    "ListCreateAPIView": {"GET": "list", "POST": "create"},
    "RetrieveUpdateAPIView": {"GET": "retrieve", "PUT": "update", "PATCH": "partial_update"},
    "RetrieveDestroyAPIView": {"GET": "retrieve", "DELETE": "destroy"},
    "RetrieveUpdateDestroyAPIView": {"GET": "retrieve", "PUT": "update", "PATCH": "partial_update", "DELETE": "destroy"},
}
PAGE = "page"
"""What a class does that shows a page, where the app says what is on it."""
_PAGES = {
    "ListView": {"GET": "list"},
    "DetailView": {"GET": "retrieve"},
    "CreateView": {"POST": "create"},
    "UpdateView": {"GET": "retrieve", "POST": "update"},
    "DeleteView": {"POST": "destroy"},
    "FormView": {"POST": "form"},
    "TemplateView": {"GET": PAGE},
}
ACTION = ("rest_framework.decorators.action", "rest_framework.decorators.detail_route", "rest_framework.decorators.list_route")


def answers(code: Code, classes: Classes, lineage: Lineage, names: list[str], endpoint: Endpoint) -> Iterator[tuple[str, str, str]]:
    """Method, action and suffix of the address, of everything that the class answers."""
    if EVERY_ACTION in endpoint.actions:
        implied = {action for name in names for action in _MIXINS.get(name, ())}
        for action, method, suffix in _ROUTED:
            if action in implied or classes.method(lineage, action) is not None:
                yield method, action, suffix
        yield from _extra(code, lineage)
        return
    for pair in endpoint.actions:
        method, _, action = pair.partition("=")
        yield method.upper(), action, ""
    if endpoint.actions:
        return
    implied_by = {method: action for name in names for table in (_REST, _PAGES) for method, action in table.get(name, {}).items()}
    if classes.method(lineage, "get_context_data") is None:
        implied_by = {method: action for method, action in implied_by.items() if action != PAGE}
    for method in _METHODS:
        if classes.method(lineage, method) is not None:
            yield method.upper(), implied_by.get(method.upper(), ""), ""
        elif method.upper() in implied_by:
            yield method.upper(), implied_by[method.upper()], ""


def aside(function: Function) -> list[Span]:
    """What the rows that ``get_queryset`` gives are looked up by, and is not given itself: ``Order.objects.filter(shop=get_object_or_404(Shop, …))``."""
    if not function.name.endswith(".get_queryset") or not all(each.names for each in function.results):
        return []
    given = [name for each in function.results for name in each.names]
    return [call.span for call in function.calls if not any(f"{name}.".startswith(f"{call.callee}.") for name in given)]


def hands_on(call: Call, step: str) -> bool:
    """The call goes on to what the framework, or the next hook, does."""
    head, _, last = call.callee.rpartition(".")
    if head == "super" or head.endswith(".super"):
        return last == step
    if last.startswith("perform_") or last in ("update", "create", "list", "retrieve", "destroy", "partial_update"):
        return head.startswith("#") and "." not in head
    return step.startswith("perform_") and last in ("save", "delete") and head.startswith("@")


def _extra(code: Code, lineage: Lineage) -> Iterator[tuple[str, str, str]]:
    """Methods marked with ``@action``."""
    seen = set()
    for path, owner in lineage.classes:
        for name, function in code.functions(path).items():
            action = name.removeprefix(f"{owner}.")
            if not name.startswith(f"{owner}.") or "." in action or action in seen:
                continue
            marks = [call for call in function.wrappers if code.target(path, call.callee).name in ACTION]
            for mark in marks:
                seen.add(action)
                shown = slot(mark, "url_path")
                detail = slot(mark, "detail", "0")
                address = f"{shown.text if shown is not None and shown.text else action}/"
                about_one = (detail is not None and detail.text == "true") or mark.callee.endswith("detail_route")
                for method in texts(mark, "methods") or ["get"]:
                    yield method.upper(), action, f"{'<pk>/' if about_one else ''}{address}"


def slot(call: Call, *slots: str) -> Argument | None:
    """The first argument of the call that fills one of the slots."""
    return next((argument for argument in call.arguments if argument.slot in slots), None)


def texts(call: Call, name: str = "0") -> list[str]:
    """The constant texts in a list that a call is given."""
    found = slot(call, name, *(("http_method_names", "request_method_list") if name == "0" else ()))
    return [source.text for source in found.sources if source.origin is Origin.LITERAL] if found is not None else []


def is_marked(code: Code, lineage: Lineage, name: str) -> bool:
    """A class hands a decorator of this name to one of its own: ``@method_decorator(login_not_required, name="dispatch")``."""
    bindings = ((path, code.bindings(path).get(owner)) for path, owner in lineage.classes)
    marks = [(path, mark) for path, binding in bindings if binding is not None for mark in binding.decorators]
    return any(
        code.target(path, source.text).name == name
        for path, mark in marks
        for given in mark.arguments[:1]
        for source in given.sources
        if source.origin in (Origin.NAME, Origin.CALL)
    )
