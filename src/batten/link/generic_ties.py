"""Which models a Django app ties to accounts: by what its views ask for and make in the caller's name, and by the owners that its models have."""

from collections.abc import Iterable
from typing import NamedTuple

from batten.facts.calls import Call, Function
from batten.link.callgraph import Code
from batten.link.holdings import leads_to_account
from batten.link.model_columns import ModelColumn, ModelColumns
from batten.link.permissions import Classes, Lineage
from batten.link.routes import Standing
from batten.link.rows import singular
from batten.regex import regex
from batten.text import Place

_CALLER = regex(r"(?:^|[.@])request\.user(?:\.|$)")
_IS_CALLER = regex(r"(?:^|[.@])request\.user(?:\.(?:id|pk))?$")
_ROWS = regex(r"(?:^|[#.])(\w+)\.objects\.(?:\w+\.)*(?:filter|get|create|get_or_create|update_or_create)$")
_LOOKED_UP = regex(r"(?:^|[#.])get_(?:object|list)_or_404$")
_MODEL = regex(r"(?:^|[#.])([A-Z]\w*)(?:\.objects)?(?:\.\w+)*$")
_OWNERS = regex(
    r"(?:user|owner|author|creator|created_by|customer|seller|vendor|student|patient|doctor|organi[sz]ation|org|company|tenant|school|clinic|workspace|store|shop|business|agency)(?:_id)?"
)
# Fields that say whose a row is, and not who has worked on it.
_WHOSE = regex(
    r"(?:user|owner|author|customer|client|buyer|seller|vendor|patient|student|member|applicant|borrower|passenger|sender|account)"
)
# Who reviews a review has written it; who reviews anything else says no more of it.
_REVIEWS = regex(r"(?i:review|rating|feedback)s?$")
_WORKED_ON = regex(r"(?!(?:created|owned|posted|written|authored|booked|ordered|submitted|requested)_by)\w+_by(?:_id)?")


class Tie(NamedTuple):
    """Where rows of a model are said to be somebody's; ``asked`` are the permissions of the class of views that says so."""

    place: Place
    asked: tuple[str, ...] | None = None
    by_model: bool = False


def tied_models(code: Code, classes: Classes, standings: Iterable[Standing]) -> dict[tuple[str, str], list[Tie]]:
    """By package and model, where a view makes rows the caller's, or asks for those that are."""
    found: dict[tuple[str, str], list[Tie]] = {}
    for standing in standings:
        view = standing.view
        if view is None:
            continue
        owner = view.handler.removeprefix("#").rpartition(".")[0]
        lineage = classes.lineage(view.place.path, f"#{owner}") if owner else None
        model = next((each.detail for each in view.implied), None)
        place = made_callers(classes, lineage) if lineage is not None and model is not None and view.handler.endswith(".create") else None
        if place is not None and model is not None:
            found.setdefault((standing.route.package, singular(model)), []).append(Tie(place, view.asked))
        rows = classes.method(lineage, "get_queryset") if lineage is not None and view.scoped else None
        for path, function in (*view.functions, *((rows,) if rows is not None else ())):
            for named, at in code.memo.once(("callers rows", path, function.name), _kept, code, path, function):
                found.setdefault((standing.route.package, singular(named)), []).append(Tie(at, view.asked))
    return found


def made_callers(classes: Classes, lineage: Lineage) -> Place | None:
    """Where a class gives new rows to who calls: ``serializer.save(user=self.request.user)``."""
    for step in ("perform_create", "create", "post"):
        found = classes.method(lineage, step)
        for call in found[1].calls if found is not None else ():
            given = [source.text for each in call.arguments if _says_whose(each.slot) for source in each.sources]
            if found is not None and call.callee.endswith(".save") and any(map(_CALLER.search, given)):
                return Place(found[0], call.span)
    return None


def _says_whose(slot: str) -> bool:
    """A column by its name, and none that keeps who has worked on the row: ``recorded_by``; nor what a new row is filled with beside what it is looked up by."""
    return not slot.isdigit() and slot.partition(".")[0] != "defaults" and not _WORKED_ON.fullmatch(slot)


def _kept(code: Code, path: str, function: Function) -> tuple[tuple[str, Place], ...]:
    """The models whose rows a function asks for, or makes, as the caller's: ``Bill.objects.filter(company=self.request.user.company)``."""
    code.memo.look(path)
    return tuple((model, Place(path, call.span)) for call in function.calls if _is_kept(call) and (model := _model(call)) is not None)


def _is_kept(call: Call) -> bool:
    return any(
        _IS_CALLER.search(source.text) or (_OWNERS.fullmatch(each.slot) and _CALLER.search(source.text))
        for each in call.arguments
        if _says_whose(each.slot)
        for source in each.sources
    )


def _model(call: Call) -> str | None:
    rows = _ROWS.search(call.callee)
    if rows is not None:
        return rows[1]
    named = call.arguments[0].sources[:1] if _LOOKED_UP.search(call.callee) and call.arguments else ()
    found = next((_MODEL.search(source.text) for source in named), None)
    return found[1] if found is not None else None


def _is_of_account(code: Code, columns: ModelColumns, path: str, column: ModelColumn) -> bool:
    """It leads to an account, or to what each account has one of: a profile with a key to it."""
    if leads_to_account(column):
        return True
    profile = code.home(path, column.leads_to) if column.leads_to is not None and "#" in column.leads_to else None
    return profile is not None and any(each.name in ("user", "account") and leads_to_account(each) for each in columns.of(profile))


def owner_field(code: Code, path: str, model: str, *, of_whole: bool = False) -> Place | None:
    """The field of a model that leads to an account, and says by its name that the row belongs to it. ``model``: as the file names it.

    ``of_whole``: or that of the one model that its rows are part of, where they have no such field themselves.
    """
    home = code.home(path, model)
    if home is None:
        return None
    columns = ModelColumns(code)
    found = columns.of(home)
    reviewed = _REVIEWS.search(home[1]) is not None
    for each in found:
        named = _WHOSE.fullmatch(each.name) or (reviewed and each.name == "reviewer")
        if named and each.place is not None and _is_of_account(code, columns, home[0], each):
            return each.place
    leads = {each.leads_to for each in found if each.leads_to is not None}
    return owner_field(code, home[0], leads.pop()) if of_whole and len(leads) == 1 else None
