"""Rows that a handler of Python makes part of one that it reads: who adds a task to a project changes that; who says that they take part does not."""

from collections.abc import Callable, Iterable

from batten.facts.calls import Call, Function
from batten.facts.changes import KEEPS
from batten.facts.routes import EffectKind
from batten.link.caller_values import CallerValues
from batten.link.foreign_row import HOLDS_OTHERS
from batten.link.holdings import Holding
from batten.link.rows import singular
from batten.link.touches import Touch, Touches
from batten.regex import regex

# What is made by a class of the app's own, ``Task(project_id=key)``, and is no answer or error.
_MADE = regex(r"(?:^|[.#])(?!\w*(?:Exception|Response|Schema|Error|Out|Read)$)[A-Z]\w*$")
_NAMES = regex(r"_?(?:id|pk|uuid)$")
_SHORTEST = 4

Holdings = Callable[[Touch], Holding | None]


def with_parts(
    found: Iterable[tuple[Touch, str]], touches: Touches, values: CallerValues, path: str, function: Function, held: Holdings
) -> tuple[tuple[Touch, str], ...]:
    """What a handler does with rows, each with the id that names it; it changes one that it reads and gives another part.

    That is a message in a chat, whoever says it, and what names no maker in what is somebody's own.
    """
    return tuple((_with_part(touch, touches, values, path, function, held), chosen) for touch, chosen in found)


def _with_part(touch: Touch, touches: Touches, values: CallerValues, path: str, function: Function, held: Holdings) -> Touch:
    whole = HOLDS_OTHERS.match(touch.model) is not None
    if whole and (raised := touches.raised(path, function, touch)).kind is not touch.kind:
        return raised
    if touch.kind is not EffectKind.DATABASE_READ or not path.endswith(".py"):
        return touch
    made = [call for call in function.calls if _MADE.search(call.callee) and _names(call, touch.model)]
    if not made or not any(KEEPS.search(call.callee) and call.span.end > made[0].span.start for call in function.calls):
        return touch
    holding = None if whole else held(touch)
    apart = holding is not None and holding.personal and bool(holding.owners)
    adds = whole or (apart and not any(values.is_own(path, function, each, classes=False) for call in made for each in call.arguments))
    return touch._replace(kind=EffectKind.DATABASE_WRITE) if adds else touch


def _names(call: Call, model: str) -> bool:
    """A column of what is made is called after the model: ``project_id``, ``project``."""
    named = (singular(_NAMES.sub("", argument.slot)) for argument in call.arguments)
    return any(name == model or (len(name) >= _SHORTEST and model.endswith(name)) for name in named)
