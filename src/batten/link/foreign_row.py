"""How a row is told of that a route takes by its id, whoever it belongs to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import structs

from batten.facts.access import ForeignRow
from batten.facts.calls import Argument, Call, Origin
from batten.facts.routes import EffectKind, Route
from batten.finding import Step
from batten.link.addresses import lets_join
from batten.link.holdings import names_author
from batten.link.rows import singular
from batten.link.touches import DEEDS, Touch
from batten.regex import regex
from batten.text import Place

PRIVATE = regex(
    r"^(?:order|invoice|bill|payment|subscription|message|chat|conversation|transaction|account|address|card|cart|booking|appointment|reservation|document|note|prescription"
    r"|patient|medical_?(?:record|history)|ticket|resume|(?:job_?)?application|enrol?lment|payslip|apikey|token|session|wallet|transfer"
    r"|ride|expense|salary|payroll|loan|purchase|receipt|consultation|diagnosis)s?$"
)
"""Models whose rows are about one person, by their names."""
HOLDS_OTHERS = regex(
    r"^(?:message|chat|conversation|thread|order|invoice|cart|booking|appointment|document|note|patient|medical_?(?:record|history)|ticket|resume)s?$"
)
"""Those of them that other rows are made part of, which are then seen by the one whose they are. To a wallet, or an account, anybody may send something."""
OF_MANY = frozenset(
    (
        "user",
        "account",
        "role",
        "organization",
        "organisation",
        "company",
        "team",
        "tenant",
        "category",
        "permission",
        "group",
        "department",
    )
)
"""What many have a share in, whoever made it."""
# Rows are asked for by what they are about: ``subject_id``.
_ABOUT = regex(r"([a-zA-Z_]*[a-zA-Z])_?(?:ids?|Ids?|ID|pk|uuid)$")
_PEOPLE = regex(r"user|owner|customer|patient|student|employee|account|client|member|profile|sender|receiver|recipient|author|u")
# What an account is looked up by: ``User.id == current_user.id``, ``filter_by(email=…)``.
_OF_ACCOUNT = regex(r"(?:^|\.)(?:_?id|pk|uid|e?mail|user_?[nN]ame|phone)$")
_COLUMN = regex(r"[#.][A-Z]\w*\.\w+$")
_FINDS_BY_KEY = regex(r"[.#](?:get|get_or_404|findById|find_by_id)$")
# A library that is asked is no row: what stands behind a class that is handed in can't be told.
_LIBRARIES = frozenset(("sqlalchemy", "sqlmodel", "django", "peewee", "tortoise", "mongoengine", "beanie"))


class Ties(NamedTuple):
    """Where the app goes by who calls for rows of a model, by package and model: ``named``, to ask for them or to make them; ``asked``, to ask for what others are not shown."""

    named: Mapping[tuple[str, str], Place]
    asked: Mapping[tuple[str, str], Place]

    def of_whole(self, package: str, wholes: Iterable[str], *, asked: bool) -> Place | None:
        """The same for what rows are parts of: the tasks of a list."""
        known = self.asked if asked else self.named
        return next((known[package, whole] for whole in wholes if (package, whole) in known), None)


def asks_for_shown(call: Call, own: Sequence[Argument]) -> bool:
    """A request in the caller's name is for their account, or for what they have made and others may see."""
    slots = {each.slot for each in own if not each.slot.isdigit()}
    # The caller's own id may stand among them, by the class of the account that a parameter is of.
    columns = {each.text for given in own for each in given.sources if each.origin is Origin.NAME and _COLUMN.search(each.text)}
    return (
        _FINDS_BY_KEY.search(call.callee) is not None
        or any(names_author(name) for name in (*slots, *columns))
        or any(kind and all(_OF_ACCOUNT.search(name) for name in kind) for kind in (slots, columns if not slots else ()))
    )


def is_of_another(model: str, chosen: str) -> bool:
    """Rows are not asked for by their own id, but by that of something that they are about: a subject, a shelf."""
    about = _ABOUT.match(chosen.rpartition(".")[2])
    named = singular(about[1]) if about is not None else model
    if model.startswith(named):
        return False  # as people shorten it: ``nid``, ``inv_id``
    return named != model and HOLDS_OTHERS.match(named) is None and _PEOPLE.fullmatch(named) is None


def is_row(touch: Touch) -> bool:
    """What is worked on is known by a name of the app's own."""
    return touch.model not in _LIBRARIES


def foreign_row(route: Route, touch: Touch, chosen: str, tied: Place | None, *, private: bool, owned: bool) -> ForeignRow:
    """What is told where a route works on any row whose id, ``chosen``, a caller sends. ``tied``: where else such rows go by who calls; ``owned``: a database says whose they are."""
    model = touch.model or "the database"
    trail = (
        Step(route.place, f"{route.title} finds out who calls"),
        *touch.trail,
        *((Step(tied, f"elsewhere rows of {model} go by who calls"),) if tied is not None else ()),
    )
    return ForeignRow(
        model=model,
        deed=DEEDS[touch.kind],
        route=route.title,
        chosen=chosen.rpartition(".")[2],
        writes=touch.kind is not EffectKind.DATABASE_READ,
        private=private,
        tied=tied is not None or owned,
        place=touch.trail[0].place,
        package=route.package,
        path_class=route.path_class,
        key=f"{route.package}|foreign|{route.title}|{model}",
        subject=f"foreign|{route.place.path}|{route.title}",
        trail=trail,
    )


def with_joining(rows: Iterable[ForeignRow], routes: Iterable[Route]) -> tuple[ForeignRow, ...]:
    """The rows; where strangers make accounts for themselves, what every account may is what everybody may."""
    joined = {each.package for each in routes if lets_join(each)}
    return tuple(structs.replace(row, joins=True) if row.package in joined else row for row in rows)
