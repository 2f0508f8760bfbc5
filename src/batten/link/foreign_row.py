"""How a row is told of that a route takes by its id, whoever it belongs to."""

from collections.abc import Mapping

from batten.facts.access import ForeignRow
from batten.facts.routes import EffectKind, Route
from batten.finding import Step
from batten.link.touches import DEEDS, Touch
from batten.regex import regex
from batten.text import Place

PRIVATE = regex(
    r"^(?:order|invoice|bill|payment|subscription|message|chat|conversation|transaction|account|address|card|cart|booking|appointment|reservation|document|note|prescription"
    r"|patient|medical_?(?:record|history)|ticket|resume|(?:job_?)?application|enrol?lment|payslip|apikey|token|session|wallet|transfer)s?$"
)
"""Models whose rows are about one person, by their names."""
# What many have a share in, whoever made it.
_OF_MANY = frozenset(
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
# A library that is asked is no row: what stands behind a class that is handed in can't be told.
_LIBRARIES = frozenset(("sqlalchemy", "sqlmodel", "django", "peewee", "tortoise", "mongoengine", "beanie"))


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


def whole_of(part_of: tuple[str, ...], touch: Touch, package: str, tied: Mapping[tuple[str, str], Place]) -> Place | None:
    """Where the app goes by who calls for what the rows are parts of: the tasks of a list. Who changes a part of what is somebody's changes what is theirs."""
    wholes = part_of if touch.kind is not EffectKind.DATABASE_READ else ()
    return next((tied[package, whole] for whole in wholes if whole not in _OF_MANY and (package, whole) in tied), None)
