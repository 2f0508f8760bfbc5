"""Rows that belong to one which a handler has looked up among those marked as public; knows no table."""

from collections.abc import Iterable, Iterator

from batten.facts.calls import Call, Function, Origin
from batten.facts.routes import EffectKind
from batten.link.effects import Reached
from batten.link.vouched import finds_one, is_of
from batten.regex import regex
from batten.text import Span

_LEAVES = ("return", "raise")
_OF_ROW = frozenset((".id", "._id", ".uuid", ".slug"))
_SAID = (Origin.PROPERTY, Origin.PARAMETER, Origin.REQUEST)
# What else may say whose rows are asked for.
_CHOOSES = regex(r"(?i:ids?|uuid|slug|user\w*|owner\w*|account\w*|author\w*|team\w*|org\w*|tenant\w*|e?mail|token)$")


def with_public(handler: Function, reached: tuple[Reached, ...]) -> tuple[Reached, ...]:
    """What a handler comes to, where what it reads for the id of such a row counts as public, too."""
    public = {effect.place.span for effect in reached if effect.for_all and effect.place.path == handler.place.path}
    rows = [(call, reach) for call in handler.calls if call.span in public and finds_one(call) for reach in _past(handler, call)]
    return tuple(_judged(handler, rows, effect) for effect in reached) if rows else reached


def _past(handler: Function, row: Call) -> Iterator[Span]:
    """Where the handler only comes when there is such a row."""
    for guard in handler.guards:
        if guard.rejects in _LEAVES and not guard.inverted and len(guard.names) == 1 and is_of(guard.names[0], row):
            yield guard.reach


def _judged(handler: Function, rows: Iterable[tuple[Call, Span]], effect: Reached) -> Reached:
    if effect.kind is not EffectKind.DATABASE_READ or effect.for_all:
        return effect
    way = {place.span for place in (effect.place, *(step.place for step in effect.trail)) if place.path == handler.place.path}
    calls = [call for call in handler.calls if call.span in way]
    belongs = bool(calls) and all(any(_belongs(call, row, reach) for row, reach in rows) for call in calls)
    return effect._replace(for_all=True) if belongs else effect


def _belongs(call: Call, row: Call, reach: Span) -> bool:
    """It is asked for by the id of the row, and by nothing else that may choose."""
    sources = [source for argument in call.arguments for source in argument.sources]
    of_row = {source.text.removeprefix(row.callee) for source in sources if source.text.startswith(f"{row.callee}.")}
    before = {source.text for argument in row.arguments for source in argument.sources}
    others = [source.text for source in sources if source.origin in _SAID and source.text not in before]
    return call.span in reach and bool(of_row) and of_row <= _OF_ROW and not any(_CHOOSES.search(name) for name in others)
