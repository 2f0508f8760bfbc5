"""Rows that the generic views of Django and its REST framework let every account change, or see, where the app gives such rows to who makes them; knows views that are written out only by the ways they ask for rows.

https://www.django-rest-framework.org/api-guide/generic-views/
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from batten.facts.access import ForeignRow
from batten.facts.calls import Binding, Function
from batten.facts.routes import Route, RouteAuth
from batten.finding import Step
from batten.link.callgraph import Code
from batten.link.django import View
from batten.link.django_functions import mentions_caller
from batten.link.foreign_row import PRIVATE
from batten.link.generic_ties import Tie, owner_field, tied_models
from batten.link.permissions import Classes, Lineage, asks_for_a_right, listed, of_account_alone
from batten.link.routes import Standing
from batten.link.rows import singular
from batten.regex import regex
from batten.text import Place

_DEEDS = {"destroy": "deletes", "update": "changes", "partial_update": "changes", "retrieve": "reads"}
# Methods that are written out, and what they do to the row that the class looks up.
_DONE = {".delete": "deletes", ".save": "changes"}
_WORST = ("deletes", "changes", "reads")
# What a class may ask of a row, and of who calls, besides its permission classes.
_STEPS = ("get_queryset", "get_object", "filter_queryset")
_STEPS_TO = {
    "deletes": ("destroy", "perform_destroy", "delete"),
    "changes": ("update", "partial_update", "perform_update", "put", "patch"),
    "reads": ("retrieve", "get"),
}
_ALL = regex(r"(?:^|[#.])\w+\.objects(?:\.(?:all|select_related|prefetch_related|order_by|none|filter|exclude|annotate|distinct))*$")
# What a class asks of its rows that says nothing of who may see them.
_ABOUT_ROWS = regex(r"(?:is_)?(?:deleted|active|archived|removed|enabled)(?:_at)?(?:__isnull)?|\d+")
# Methods that are called once the row is there, to change or delete it: whatever they say of the caller, they refuse only where they test something.
_HOOKS = ("perform_update", "perform_destroy")
_NOTES = regex(
    r"(?:^|[#.])(?:_?log(?:ger|ging)?|LOG(?:GER)?|getLogger)\.(?:debug|info|warning|error|exception|critical)$|(?:^|[#.])timezone\.now$"
)
_LOOKS_UP = regex(
    r"(?:^|[#.])(?:get_object_or_404|super|str|int|float|bool|len|print|UUID|Response|JsonResponse|serializer_class|get_serializer|get_object)(?:\.|$)"
    r"|(?:^|[#.])\w+\.objects(?:\.|$)|\.(?:save|delete|is_valid)$|(?:^|[.@])request\.(?:data|POST|GET|query_params)\.get$|Serializer(?:\.|$)"
)
# They say how a method is served or described, and ask nobody.
_MARKS = regex(r"(?:^|[#.])(?:action|detail_route|list_route|swagger_auto_schema|extend_schema|atomic)$")
_OF_ROW = regex(r"(?:^|[#.])\w+\.get_object(\.\w+)$")
_PAGES = regex(r"django\.views\.generic\.")
_OF_PAGES = ("get", "post", "form_valid", "get_form", "get_form_kwargs", "get_context_data")
_LISTS = "#permission_classes"
_ONLY_ACCOUNTS = ("permissions#IsAuthenticated", "permissions.IsAuthenticated")
# Rows that are accounts are those of who has them.
_ACCOUNTS = regex(r"(?:custom_?|app_?)?(?:user|account)")
_FILTERS = regex(r"(?:rest_framework\.filters|django_filters\.rest_framework)\.\w+$")


class _Generic(NamedTuple):
    """A route that a generic view answers, with the class and the model of its rows."""

    route: Route
    view: View
    deed: str
    lineage: Lineage
    model: str
    place: Place


def generic_rows(code: Code, standings: Sequence[Standing]) -> tuple[ForeignRow, ...]:
    """One for each class: the worst that it does."""
    classes = Classes(code)
    found: dict[tuple[str, str], ForeignRow] = {}
    views = [*_views(code, classes, standings)]
    tied = tied_models(code, classes, standings) if views else {}
    for view in sorted(views, key=lambda each: (_WORST.index(each.deed), each.route.title)):
        tie = _tie(code, classes, view, tied.get((view.route.package, singular(view.model)), ()))
        private = PRIVATE.match(singular(view.model)) is not None
        if tie is not None and (private or view.deed != "reads") and _is_for_all(code, classes, view):
            found.setdefault(view.lineage.classes[0], _row(view, tie, private=private))
    return tuple(sorted(found.values(), key=lambda row: (row.place, row.key)))


def _tie(code: Code, classes: Classes, view: _Generic, ties: Sequence[Tie]) -> Tie | None:
    """What says that rows of the view are somebody's, where nothing that the view asks could be about that."""
    asked = view.view.asked
    if asked is None:
        pages = any(_PAGES.match(name) for name in view.lineage.outside)
        return next(iter(ties), None) if pages else None
    if of_account_alone(asked):
        at = view.place if _ACCOUNTS.fullmatch(singular(view.model)) else _owner_of(code, classes, view)
        return next(iter(ties), Tie(at, by_model=True) if at is not None else None)
    # Who has the role gets rows of their own elsewhere: the role does not say that all are theirs.
    rights = frozenset(name for name in asked if not of_account_alone((name,)))
    if not all(asks_for_a_right(classes, name) for name in rights):
        return None
    return next((tie for tie in ties if tie.asked is not None and rights <= frozenset(tie.asked)), None)


def _owner_of(code: Code, classes: Classes, view: _Generic) -> Place | None:
    """Where the model of a class says whose its rows are."""
    for field in ("queryset", "model"):
        given = classes.field(view.lineage, field)
        if given is not None and given.binding.name:
            return owner_field(code, given.path, given.binding.name.partition(".objects")[0], of_whole=view.deed != "reads")
    return None


def views_of_django(
    standings: Iterable[Standing], may_be_asked: Callable[[Standing], bool]
) -> Iterator[tuple[Route, str, Function, tuple[str, ...], bool]]:
    """The functions of Django that answer routes which ask who calls, what these are decorated with, and whether that is all that they ask."""
    for standing in standings:
        view = standing.view
        if view is None or standing.route.auth is not RouteAuth.AUTHENTICATED:
            continue
        alone = not view.scoped and not view.more and not may_be_asked(standing)
        for path, function in view.functions:
            listed_here = [each for each in function.wrappers if each.callee.endswith(_LISTS)]
            named = [source.text for each in listed_here for given in each.arguments for source in given.sources]
            chain = tuple(each.callee for each in function.wrappers if not each.callee.endswith(_LISTS))
            yield standing.route, path, function, chain, alone and all(name.endswith(_ONLY_ACCOUNTS) for name in named)


def _views(code: Code, classes: Classes, standings: Iterable[Standing]) -> Iterator[_Generic]:
    for standing in standings:
        route, view = standing.route, standing.view
        owner, _, action = (view.handler if view is not None else "").removeprefix("#").rpartition(".")
        if view is None or not owner or route.admin or view.scoped or route.auth is not RouteAuth.AUTHENTICATED:
            continue
        lineage = classes.lineage(view.place.path, f"#{owner}")
        if lineage is None or not lineage.whole:
            continue
        done = {_DONE.get(found[1]) for _, function in view.functions for call in function.calls if (found := _OF_ROW.search(call.callee))}
        deed = next((each for each in _WORST if each in done), _DEEDS.get(action) if view.implied else None)
        model = next((each.detail for each in view.implied), view.model)
        if deed is not None and model is not None:
            yield _Generic(route, view, deed, lineage, model, code.bindings(lineage.classes[0][0])[owner].place)


def _is_for_all(code: Code, classes: Classes, view: _Generic) -> bool:
    """Nothing that the class says, or inherits, asks whose row it is."""
    filters = classes.field(view.lineage, "filter_backends")
    if any(_PAGES.match(name) for name in view.lineage.outside):
        return _is_page_for_all(code, classes, view)
    if not all(_FILTERS.match(name) for name in listed(code, filters)):
        return False
    rows = classes.field(view.lineage, "queryset")
    if rows is not None and not _takes_all(rows.binding):
        return False
    written = [found[1] for step in (*_STEPS, *_STEPS_TO[view.deed]) if (found := classes.method(view.lineage, step)) is not None]
    return all(_only_looks_up(function) for function in (*written, *(function for _, function in view.view.functions)))


def _takes_all(rows: Binding) -> bool:
    """A class can't name the caller where it is made; rows that it picks may be those that are for all."""
    picked = (each.slot for call in rows.calls if call.callee.endswith((".filter", ".exclude")) for each in call.arguments)
    return _ALL.search(rows.name or "") is not None and all(_ABOUT_ROWS.fullmatch(slot) for slot in picked)


def _is_page_for_all(code: Code, classes: Classes, view: _Generic) -> bool:
    """The same of a view that shows a form, or asks before it deletes."""
    if view.view.more or classes.field(view.lineage, "queryset") is not None:
        return False
    written = [found for step in (*_STEPS, *_STEPS_TO[view.deed], *_OF_PAGES) if (found := classes.method(view.lineage, step)) is not None]
    return all(
        not mentions_caller(function)
        and not function.wrappers
        and all(_LOOKS_UP.search(call.callee) or code.target(path, call.callee).name.startswith("django.") for call in function.calls)
        for path, function in written
    )


def _only_looks_up(function: Function) -> bool:
    """It asks for rows, keeps or answers with them, without a word of who calls, and leaves nothing to functions that can't be read here."""
    if function.name.endswith(_HOOKS) and not function.guards and not function.wrappers:
        return all(_LOOKS_UP.search(call.callee) or _NOTES.search(call.callee) for call in function.calls)
    marked = all(_MARKS.search(wrapper.callee) for wrapper in function.wrappers)
    return marked and not mentions_caller(function) and all(_LOOKS_UP.search(call.callee) for call in function.calls)


def _row(view: _Generic, tie: Tie, *, private: bool) -> ForeignRow:
    route, model = view.route, singular(view.model)
    return ForeignRow(
        model=model,
        deed=view.deed,
        route=route.title,
        chosen="key",
        writes=view.deed != "reads",
        private=private,
        tied=True,
        place=view.place,
        package=route.package,
        path_class=route.path_class,
        key=f"{route.package}|foreign|{route.title}|{model}",
        subject=f"foreign|{view.place.path}|{route.title}",
        trail=(
            Step(view.place, f"{route.title} is answered by this class, which asks for an account and takes any of the rows"),
            Step(tie.place, f"each row of {model} is somebody's" if tie.by_model else f"elsewhere rows of {model} go by who calls"),
        ),
    )
