"""What a condition can come to, before any row is seen: known values, and open ones with what they depend on.

A condition's outcome is told by ``can``: the verdicts it may lead to. Nothing here knows of tables.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import cache

from msgspec import Struct

from batten.facts.schema import Predicate, Verdict


class Need(IntEnum):
    """What an open value depends on."""

    ROW = 1
    CALLER = 2
    META = 3
    """What callers write about themselves."""
    TABLE = 4
    """Rows of another table."""
    UNKNOWN = 5
    CLOCK = 6
    ITSELF = 7
    """Nothing but that it is not null: ``id = id``."""


Json = dict[str, "Value"]
Plain = bool | int | str | None | Json

_ROWS = frozenset({Verdict.ROWS})
_ANY = frozenset(Verdict)


class Known(Struct, frozen=True):
    """A value that is settled."""

    value: Plain


class Open(Struct, frozen=True):
    """A value that is not. ``source`` is equal for two that are the same thing; ``required``: never null."""

    on: frozenset[Need]
    can: frozenset[Verdict] = _ROWS
    required: bool = False
    source: str | None = None


Value = Known | Open

TRUE, FALSE, NULL = Known(True), Known(False), Known(None)
UNKNOWN = Open(frozenset({Need.UNKNOWN}), _ANY)


def opened(needs: Iterable[Need], required: bool = False, source: str | None = None) -> Open:
    """An open value that depends on these."""
    on = needs if isinstance(needs, frozenset) else frozenset(needs)
    return Open(on, _ANY if Need.UNKNOWN in on else _ROWS, required, source)


def needs(*values: Value) -> frozenset[Need]:
    """Everything that values depend on."""
    found: frozenset[Need] = frozenset()
    for value in values:
        if isinstance(value, Open):
            found = found | value.on if found else value.on
    return found


def mixed(*values: Value, required: bool = False) -> Open:
    """A value computed from others in a way that does not matter."""
    return opened(needs(*values) or {Need.UNKNOWN}, required)


def outcome(value: Value) -> frozenset[Verdict]:
    """The verdicts that a condition may lead to."""
    if isinstance(value, Open):
        return value.can
    return frozenset({Verdict.ALL if truth(value) else Verdict.NONE})


def truth(value: Known) -> bool | None:
    """A known value as a boolean; None for null."""
    match value.value:
        case None:
            return None
        case str(text):
            return text.strip().lower() in ("t", "true", "yes", "on", "1", "y")
        case dict():
            return True
        case plain:
            return bool(plain)


# The most permissive first: what a disjunction of two conditions is like is the more permissive of them.
_RANK = {
    predicate: rank
    for rank, predicate in enumerate(
        (
            Predicate.ALWAYS,
            Predicate.ANY_AUTHED,
            Predicate.META,
            Predicate.ROW_FLAG,
            Predicate.UNKNOWN,
            Predicate.CALLER_BOUND,
            Predicate.ROLE_BOUND,
            Predicate.NEVER,
        )
    )
}


def shape(value: Value) -> Predicate:
    """What it takes to pass, from what the condition depends on."""
    if isinstance(value, Known):
        return Predicate.ALWAYS if truth(value) else Predicate.NEVER
    return _shape_of(value.on)


@cache
def _shape_of(needed: frozenset[Need]) -> Predicate:
    on = needed - {Need.CLOCK}
    if on == {Need.ITSELF}:
        return Predicate.ALWAYS
    if Need.UNKNOWN in on:
        return Predicate.UNKNOWN
    if Need.META in on:
        return Predicate.META
    if Need.CALLER in on:
        return Predicate.CALLER_BOUND if Need.ROW in on else Predicate.ROLE_BOUND
    if Need.ROW in on and Need.TABLE not in on:
        return Predicate.ROW_FLAG
    return Predicate.UNKNOWN


def either(values: Iterable[Value]) -> Value:
    """OR."""
    left: list[Open] = []
    missing = False
    for value in values:
        if isinstance(value, Open):
            left.append(value)
        elif truth(value):
            return TRUE
        else:
            missing = missing or truth(value) is None
    if not left:
        return NULL if missing else FALSE
    if len(left) == 1:
        return Open(left[0].on, left[0].can)
    can = left[0].can
    for other in left[1:]:
        can = _wider(can, other.can)
    widest = min(left, key=_rank)
    return Open(widest.on, can)


def _rank(value: Open) -> int:
    return _RANK[_shape_of(value.on)]


@cache
def _wider(some: frozenset[Verdict], others: frozenset[Verdict]) -> frozenset[Verdict]:
    return frozenset(max(one, two, key=_WIDTH.__getitem__) for one in some for two in others)


@cache
def _narrower(some: frozenset[Verdict], others: frozenset[Verdict]) -> frozenset[Verdict]:
    return frozenset(min(one, two, key=_WIDTH.__getitem__) for one in some for two in others)


def both(values: Iterable[Value]) -> Value:
    """AND."""
    left: list[Open] = []
    missing = False
    for value in values:
        if isinstance(value, Open):
            left.append(value)
        elif truth(value) is False:
            return FALSE
        else:
            missing = missing or truth(value) is None
    if missing:
        return NULL
    if not left:
        return TRUE
    can = left[0].can
    for other in left[1:]:
        can = _narrower(can, other.can)
    on = max(left, key=_rank).on
    # ``m.user_id = auth.uid() and m.team = t.team``: the other table links the caller to the row.
    if any(each.on >= _LINKED for each in left):
        on |= {Need.ROW}
    return Open(on, can)


def opposite(value: Value) -> Value:
    """NOT."""
    if isinstance(value, Known):
        settled = truth(value)
        return NULL if settled is None else Known(not settled)
    if value.on == {Need.ITSELF}:
        return FALSE
    return Open(value.on, frozenset(_FLIPPED[each] for each in value.can), value.required)


_LINKED = frozenset({Need.ROW, Need.TABLE})
_WIDTH = {Verdict.NONE: 0, Verdict.ROWS: 1, Verdict.ALL: 2}
_FLIPPED = {Verdict.NONE: Verdict.ALL, Verdict.ROWS: Verdict.ROWS, Verdict.ALL: Verdict.NONE}


def same(left: Value, right: Value) -> Value:
    """``=``; null where one side is null."""
    if _is_nothing(left) or _is_nothing(right):
        return NULL
    if isinstance(left, Known) and isinstance(right, Known):
        return Known(text_of(left) == text_of(right))
    if isinstance(left, Open) and isinstance(right, Open) and left.source is not None and left.source == right.source:
        return TRUE if left.required and right.required else Open(frozenset({Need.ITSELF}))
    required = (isinstance(left, Known) or left.required) and (isinstance(right, Known) or right.required)
    return mixed(left, right, required=required)


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Known) and value.value is None


def alike(left: Value, right: Value) -> Value:
    """``IS NOT DISTINCT FROM``."""
    if isinstance(left, Known) and isinstance(right, Known):
        return Known(text_of(left) == text_of(right))
    if isinstance(left, Open) and isinstance(right, Open) and left.source is not None and left.source == right.source:
        return TRUE
    for one, two in ((left, right), (right, left)):
        if one == NULL and isinstance(two, Open) and two.required:
            return FALSE
    return mixed(left, right, required=True)


def is_null(value: Value) -> Value:
    """``IS NULL``."""
    if isinstance(value, Known):
        return Known(value.value is None)
    return FALSE if value.required else Open(value.on, value.can)


def is_truth(value: Value, wanted: bool | None) -> Value:
    """``IS TRUE``, ``IS FALSE``, ``IS UNKNOWN``."""
    if isinstance(value, Known):
        return Known(truth(value) is wanted)
    if wanted is None:
        return FALSE if value.required else Open(value.on, value.can)
    inner = value if wanted else opposite(value)
    return Open(inner.on, inner.can, required=True) if isinstance(inner, Open) else Known(truth(inner) is True)


def first_known(values: list[Value]) -> Value:
    """``coalesce``."""
    left: list[Value] = []
    for value in values:
        if value == NULL:
            continue
        left.append(value)
        if isinstance(value, Known) or value.required:
            break
    if not left:
        return NULL
    if len(left) == 1:
        return left[0]
    required = isinstance(left[-1], Known) or left[-1].required
    return mixed(*left, required=required)


def text_of(value: Known) -> str | None:
    """A known value as text, booleans as SQL writes them."""
    match value.value:
        case None:
            return None
        case bool(flag):
            return "true" if flag else "false"
        case dict():
            return "{}"
        case plain:
            return {"t": "true", "f": "false"}.get(str(plain), str(plain))
