"""Rows that the generic views of Django REST framework let every account change, where the app gives such rows to who makes them; knows views that are written out only by the ways they ask for rows.

https://www.django-rest-framework.org/api-guide/generic-views/
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from batten.facts.calls import Function
from batten.facts.routes import ForeignRow, Route, RouteAuth
from batten.finding import Step
from batten.link.callgraph import Code
from batten.link.django import mentions_caller
from batten.link.permissions import Classes, Lineage, asks_for_an_account_alone, listed
from batten.link.routes import Standing
from batten.link.rows import singular
from batten.regex import regex
from batten.text import Place

_DEEDS = {"destroy": "deletes", "update": "changes", "partial_update": "changes"}
_MAKES = "create"
# What a class may ask of a row, and of who calls, besides its permission classes.
_STEPS = (
    "get_queryset", "get_object", "filter_queryset", "update", "partial_update", "destroy", "perform_update", "perform_destroy", "put", "patch", "delete",
)  # fmt: skip
_ALL = regex(r"(?:^|[#.])\w+\.objects(?:\.(?:all|select_related|prefetch_related|order_by|none))*$")
_LOOKS_UP = regex(
    r"(?:^|[#.])(?:get_object_or_404|super|str|int|UUID|serializer_class|get_serializer)(?:\.|$)|(?:^|[#.])\w+\.objects(?:\.|$)|\.(?:save|delete|is_valid)$"
)
_CALLER = regex(r"(?:^|[.#@])request\.user(?:\.|$)")
_PAGES = regex(r"django\.views\.generic\.")
_OF_PAGES = ("get", "post", "form_valid", "get_form", "get_form_kwargs")
_KEPT = regex(r"(?:^|[#.])(\w+)\.objects\.(?:\w+\.)*filter$")
_OWNERS = regex(
    r"(?:user|owner|author|creator|created_by|customer|seller|vendor|student|patient|organi[sz]ation|org|company|tenant|school|clinic|workspace|store|shop|business|agency)(?:_id)?"
)
_LISTS = "#permission_classes"
_ACCOUNTS = ("permissions#IsAuthenticated", "permissions.IsAuthenticated")
_BEFORE = ("get_permissions", "check_permissions", "check_object_permissions", "initial", "dispatch", "setup")
_ASKS_MORE = regex(r"Permission|UserPassesTest|AccessMixin|braces|rules\.|guardian")
_FILTERS = regex(r"(?:rest_framework\.filters|django_filters\.rest_framework)\.\w+$")


class _Generic(NamedTuple):
    """A route that a generic view answers, with the class and the model of its rows."""

    route: Route
    action: str
    lineage: Lineage
    model: str
    place: Place


def generic_rows(code: Code, standings: Sequence[Standing]) -> tuple[ForeignRow, ...]:
    """One for each class: the worst that it does."""
    classes = Classes(code)
    found: dict[tuple[str, str], ForeignRow] = {}
    views = [*_views(code, classes, standings)]
    tied: dict[tuple[str, str], Place] = {}
    for view in views:
        place = _tied(classes, view.lineage) if view.action == _MAKES else None
        if place is not None:
            tied.setdefault((view.route.package, singular(view.model)), place)
    for package, model, place in _filtered(classes, standings):
        tied.setdefault((package, singular(model)), place)
    for view in sorted(views, key=lambda each: (each.action != "destroy", each.route.title)):
        place = tied.get((view.route.package, singular(view.model)))
        if view.action in _DEEDS and place is not None and _is_for_all(code, classes, view):
            found.setdefault(view.lineage.classes[0], _row(view, place))
    return tuple(sorted(found.values(), key=lambda row: (row.place, row.key)))


def views_of_django(
    code: Code, standings: Iterable[Standing], may_be_asked: Callable[[Standing], bool]
) -> Iterator[tuple[Route, str, Function, tuple[str, ...], bool]]:
    """The functions of Django that answer routes which ask who calls, what these are decorated with, and whether that is all that they ask."""
    classes = Classes(code)
    for standing in standings:
        view = standing.view
        if view is None or standing.route.auth is not RouteAuth.AUTHENTICATED:
            continue
        owner = view.handler.removeprefix("#").rpartition(".")[0]
        lineage = classes.lineage(view.place.path, f"#{owner}") if owner else None
        alone = not view.scoped and (not owner or (lineage is not None and _asks_for_an_account(code, classes, lineage)))
        alone = alone and not may_be_asked(standing)
        for path, function in view.functions:
            listed_here = [each for each in function.wrappers if each.callee.endswith(_LISTS)]
            named = [source.text for each in listed_here for given in each.arguments for source in given.sources]
            chain = tuple(each.callee for each in function.wrappers if not each.callee.endswith(_LISTS))
            yield standing.route, path, function, chain, alone and all(name.endswith(_ACCOUNTS) for name in named)


def _asks_for_an_account(code: Code, classes: Classes, lineage: Lineage) -> bool:
    """What stands before a class of views says no more than that somebody has to have an account, as far as it can be read."""
    if not lineage.whole or any(classes.method(lineage, step) is not None for step in (*_BEFORE, "test_func")):
        return False
    if classes.field(lineage, "permission_classes") is not None:
        return asks_for_an_account_alone(code, classes, lineage)
    return not any(_ASKS_MORE.search(name) for name in lineage.outside)


def _views(code: Code, classes: Classes, standings: Iterable[Standing]) -> Iterator[_Generic]:
    for standing in standings:
        route, view = standing.route, standing.view
        owner, _, action = (view.handler if view is not None else "").removeprefix("#").rpartition(".")
        if view is None or not owner or action not in (*_DEEDS, _MAKES) or route.admin:
            continue
        lineage = classes.lineage(view.place.path, f"#{owner}")
        model = next((each.detail for each in view.implied), None)
        if lineage is None or not lineage.whole or model is None or view.scoped:
            continue
        if action == _MAKES or route.auth is RouteAuth.AUTHENTICATED:
            yield _Generic(route, action, lineage, model, code.bindings(view.place.path)[owner].place)


def _tied(classes: Classes, lineage: Lineage) -> Place | None:
    """Where a class gives new rows to who calls: ``serializer.save(user=self.request.user)``."""
    for step in ("perform_create", "create", "post"):
        found = classes.method(lineage, step)
        for call in found[1].calls if found is not None else ():
            given = [source.text for each in call.arguments if not each.slot.isdigit() for source in each.sources]
            if found is not None and call.callee.endswith(".save") and any(map(_CALLER.search, given)):
                return Place(found[0], call.span)
    return None


def _filtered(classes: Classes, standings: Iterable[Standing]) -> Iterator[tuple[str, str, Place]]:
    """The models whose rows a class keeps to who calls, or to whom they belong to: ``Bill.objects.filter(company=self.request.user.company)``."""
    for standing in standings:
        view = standing.view
        owner = view.handler.removeprefix("#").rpartition(".")[0] if view is not None and view.scoped else ""
        lineage = classes.lineage(view.place.path, f"#{owner}") if view is not None and owner else None
        found = classes.method(lineage, "get_queryset") if lineage is not None else None
        for call in found[1].calls if found is not None else ():
            model = _KEPT.search(call.callee)
            if found is not None and model is not None:
                for each in call.arguments:
                    if _OWNERS.fullmatch(each.slot) and any(_CALLER.search(source.text) for source in each.sources):
                        yield standing.route.package, model[1], Place(found[0], call.span)


def _is_for_all(code: Code, classes: Classes, view: _Generic) -> bool:
    """Nothing that the class says, or inherits, asks whose row it is."""
    filters = classes.field(view.lineage, "filter_backends")
    if any(_PAGES.match(name) for name in view.lineage.outside):
        return _is_page_for_all(code, classes, view)
    if not asks_for_an_account_alone(code, classes, view.lineage) or not all(_FILTERS.match(name) for name in listed(code, filters)):
        return False
    rows = classes.field(view.lineage, "queryset")
    if rows is not None and not _ALL.search(rows.binding.name or ""):
        return False
    written = [found[1] for step in _STEPS if (found := classes.method(view.lineage, step)) is not None]
    return all(_only_looks_up(function) for function in written)


def _is_page_for_all(code: Code, classes: Classes, view: _Generic) -> bool:
    """The same of a view that shows a form, or asks before it deletes."""
    if not _asks_for_an_account(code, classes, view.lineage) or classes.field(view.lineage, "queryset") is not None:
        return False
    written = [found for step in (*_STEPS, *_OF_PAGES) if (found := classes.method(view.lineage, step)) is not None]
    return all(
        not mentions_caller(function)
        and not function.wrappers
        and all(_LOOKS_UP.search(call.callee) or code.target(path, call.callee).name.startswith("django.") for call in function.calls)
        for path, function in written
    )


def _only_looks_up(function: Function) -> bool:
    """It asks for rows, or keeps them, without a word of who calls, and leaves nothing to functions that can't be read here."""
    return not mentions_caller(function) and not function.wrappers and all(_LOOKS_UP.search(call.callee) for call in function.calls)


def _row(view: _Generic, tied: Place) -> ForeignRow:
    route, model = view.route, singular(view.model)
    return ForeignRow(
        model=model,
        deed=_DEEDS[view.action],
        route=route.title,
        chosen="key",
        writes=True,
        private=False,
        tied=True,
        place=view.place,
        package=route.package,
        path_class=route.path_class,
        key=f"{route.package}|foreign|{route.title}|{model}",
        subject=f"foreign|{view.place.path}|{route.title}",
        trail=(
            Step(view.place, f"{route.title} is answered by this class, which asks for an account and takes any of the rows"),
            Step(tied, f"new rows of {model} are the caller's"),
        ),
    )
