"""Tells whether a file says the same as before in other places, and what was found then is found there now; knows nothing of what facts mean.

Joins over the app compare places of one file with each other, and ask no more of them: what stands before or inside what, or whether a guarded range ends with its block. So where each place has
gone to another one, in the same order, all that was found holds.
"""

from collections.abc import Mapping
from itertools import pairwise
from types import NoneType
from typing import Any, Literal, NamedTuple, get_args, get_origin

import msgspec
from msgspec import Struct, structs

from batten.facts import calls, flows, routes
from batten.facts.project import FileFacts
from batten.text import Place, Span

Moves = Mapping[int, int]
"""Where each offset of a file has gone."""

_OFFSETS: dict[type, frozenset[str]] = {
    calls.Source: frozenset({"at"}),
    calls.Join: frozenset({"left", "right"}),
    routes.Endpoint: frozenset({"order"}),
    routes.Mount: frozenset({"order"}),
    routes.Middleware: frozenset({"order"}),
}
"""Fields that hold an offset and are no span."""
# What ends no further apart than this ends beside each other: there is a bracket between.
_BESIDE = 4
_MOST_VALUES = 2_000_000

_encode = msgspec.msgpack.Encoder().encode


class LostError(Exception):
    """Something stands at a place of which nobody knows where it has gone."""


def moves(before: FileFacts, after: FileFacts) -> Moves | None:
    """Where each offset that the facts of a file speak of has gone; None where they say something else now. Comments that ignore findings do not count."""
    found: dict[int, int] = {}
    closing: dict[int, int] = {}
    waiting: list[tuple[Any, Any]] = [(structs.replace(before, digest=b"", ignores=()), structs.replace(after, digest=b"", ignores=()))]
    take, put = waiting.pop, waiting.append
    goes = found.setdefault
    for _ in range(_MOST_VALUES):
        if not waiting:
            return _together(found, closing)
        one, other = take()
        kind = type(one)
        if kind is Span:
            if goes(one.start, other.start) != other.start or goes(one.end, other.end) != other.end:
                return None
            continue
        if kind is tuple:
            if len(one) != len(other):
                return None
            if one:
                waiting.extend(zip(one, other, strict=True))
            continue
        plan = _PLANS.get(kind) or _plan(kind)
        if plan is None:
            if one != other:
                return None  # words of closed sets come back from where facts are kept as plain ones: types do not count
            continue
        if type(other) is not kind:
            return None
        for name in plan.compared:
            if getattr(one, name) != getattr(other, name):
                return None
        for name in plan.offsets:
            here, there = getattr(one, name), getattr(other, name)
            if goes(here, there) != there:
                return None
        for name in plan.deep:
            pair = getattr(one, name), getattr(other, name)
            if pair[0] or pair[1]:
                put(pair)
        if kind is flows.Graph:
            if len(one.places) != len(other.places):
                return None
            for old, new in zip(one.places, other.places, strict=True):
                if old[0] != new[0] or goes(old[1], new[1]) != new[1] or goes(old[2], new[2]) != new[2]:
                    return None
        elif not all(_goes(closing, *pair) for pair in zip(_closing(one), _closing(other), strict=True)):
            return None
    return None


class _Plan(NamedTuple):
    """How two values of a type are held against each other: fields without places in them at once, offsets, and fields to look into."""

    compared: tuple[str, ...]
    offsets: tuple[str, ...]
    deep: tuple[str, ...]


_PLANS: dict[type, _Plan | None] = {}


def _plan(kind: type) -> _Plan | None:
    """The plan for a type, None where a value of it is compared as it is."""
    found = None
    if issubclass(kind, Struct):
        offsets = _OFFSETS.get(kind, frozenset())
        apart = offsets | ({"places"} if kind is flows.Graph else frozenset())
        deep = {field.name for field in structs.fields(kind) if field.name not in apart and _has_places(field.type)}
        if kind is flows.Graph:
            deep.discard("nodes")
        names = kind.__struct_fields__
        found = _Plan(
            tuple(name for name in names if name not in apart and name not in deep),
            tuple(name for name in names if name in offsets),
            tuple(name for name in names if name in deep),
        )
    _PLANS[kind] = found
    return found


def _has_places(annotation: Any) -> bool:
    """Whether something of the type may hold places; what is not known may."""
    if isinstance(annotation, type) and not get_args(annotation):
        return not issubclass(annotation, str | int | float | bytes | NoneType)
    parts = get_args(annotation)
    return (
        any(_has_places(part) for part in parts if part is not Ellipsis) if parts and get_origin(annotation) is not Literal else not parts
    )


def _closing(fact: Struct) -> tuple[int, ...]:
    """Where a guarded range ends, and the block of a function that may be called: of these it is asked whether one ends with the other, give or take a bracket."""
    match fact:
        case calls.Guard():
            return (fact.reach.end,)
        case calls.Function() if fact.name:
            return (fact.block.end,)
    return ()


def _goes(found: dict[int, int], old: int, new: int) -> bool:
    return found.setdefault(old, new) == new


def _together(found: Moves, closing: Moves) -> Moves | None:
    """All of them, where what stood before stands before, and blocks and guarded ranges that end beside each other do so still."""
    for (old, new), (next_old, next_new) in pairwise(sorted(closing.items())):
        apart, now_apart = next_old - old, next_new - new
        if min(apart, now_apart) <= _BESIDE and apart != now_apart:
            return None
    there = [new for _, new in sorted(found.items())]
    return found if all(one < other for one, other in pairwise(there)) else None


def along(value: Any, files: Mapping[str, Moves]) -> Any:
    """The same value where everything in these files has gone to its new place. Raises LostError."""
    names = [path.encode() for path in files]

    def follow(part: Any) -> Any:
        match part:
            case Place():
                gone = files.get(part.path)
                return part if gone is None else Place(part.path, _there(part.span, gone))
            case Span():
                raise LostError
            case Struct():
                changes = {name: there for name in part.__struct_fields__ if (there := follow(here := getattr(part, name))) is not here}
                return structs.replace(part, **changes) if changes else part
            case tuple():
                moved = tuple(map(follow, part))
                return moved if any(one is not other for one, other in zip(moved, part, strict=True)) else part
            case _:
                return part

    def concerned(part: Any) -> bool:
        """A look at all that it holds, much faster than to follow it."""
        data = _encode(part)
        return any(name in data for name in names)

    if isinstance(value, tuple):
        return tuple(follow(item) if concerned(item) else item for item in value) if concerned(value) else value
    if isinstance(value, Struct):
        parts = {name: getattr(value, name) for name in value.__struct_fields__}
        return structs.replace(value, **{name: along(part, files) for name, part in parts.items() if isinstance(part, tuple) and part})
    return value


def _there(span: Span, gone: Moves) -> Span:
    if span.start == 0 and span.end <= 1:
        return span  # a whole file
    try:
        return Span(gone[span.start], gone[span.end])
    except KeyError as error:
        raise LostError from error
