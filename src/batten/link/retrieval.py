"""Searches among texts that belong to somebody, without a word on whose are asked for; knows no store."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import structs

from batten.facts.flows import Use
from batten.facts.schema import Table
from batten.finding import Step
from batten.regex import regex

if TYPE_CHECKING:
    from batten.text import Place

KIND = "unfiltered-search"
_KEPT, _SEARCH = "kept-text", "search"
_OWNER = regex(
    r"(?:^|\.)(?:p_|filter_|match_|query_)?(?:user|owner|account|tenant|org|organi[sz]ation|workspace|team|customer|client|company|member)_?(?:u?u?id|key)$",
    re.IGNORECASE,
)
_VECTOR = regex(r"^(?:\w+\.)?(?:vector|halfvec|sparsevec)\b")
_OF_DATABASE = ".rpc"


def unfiltered_searches(uses: Iterable[Use], tables: Iterable[Table]) -> Iterator[Use]:
    """One for each search that says nothing of whose texts it is for, in a package that keeps them with that."""
    every = [use for use in uses if use.kind in (_KEPT, _SEARCH) and use.path_class == "product" and use.in_browser is not True]
    kept: dict[str, tuple[Place, str]] = {}
    for use in every:
        owner = _owner(use) if use.kind == _KEPT else None
        if owner is not None:
            kept.setdefault(use.package, (use.place, owner))
    owned = next(
        (
            (each.place, each.owner_columns[0])
            for each in tables
            if each.owner_columns and any(_VECTOR.match(column.type) for column in each.columns)
        ),
        None,
    )
    for use in every:
        known = owned if use.name.endswith(_OF_DATABASE) else kept.get(use.package)
        if use.kind == _SEARCH and use.served and known is not None and _owner(use) is None:
            place, owner = known
            step = Step(place, f"texts are kept with `{owner}` here")
            yield structs.replace(use, kind=KIND, arguments=(f"owner={owner}",), slots=(owner,), trail=(step, *use.trail))


def _owner(use: Use) -> str | None:
    """The key by which a call says whose texts it is about."""
    return next((slot.rpartition(".")[2] for slot in use.slots if _OWNER.search(slot)), None)
