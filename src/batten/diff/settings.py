"""What a change does to how batten looks at the app: told, and not obeyed, as a change must not silence itself."""

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

import msgspec
from msgspec import Struct

from batten.config import Config
from batten.diff.surface import Direction, Shift

_QUIETER_WITH_MORE = ("ignore", "exclude", "ignores", "vocabulary")
_FLOORS = ("min_severity", "min_confidence", "fail_on")
_OTHERS = ("select", "strict", "show_unsure", "rulepacks", "baseline", "data_api_defaults")
_LATER = "it counts from the next change on"
_LONGEST = 120


class _Baseline(Struct):
    findings: dict[str, int]


def setting_shifts(before: Config, after: Config | None) -> Iterator[Shift]:
    """A sentence for each setting that is other. ``after`` None: the new settings can't be read."""
    if after is None:
        yield Shift(Direction.WIDER, "setting", "the settings of batten can't be read any more as they are now")
        return
    for name in _QUIETER_WITH_MORE:
        old, new = (_rows(one.vocabulary) if name == "vocabulary" else getattr(one, name) for one in (before, after))
        # A word that is not known any more may have been one for what does harm.
        less = Direction.WIDER if name == "vocabulary" else Direction.NARROWER
        for direction, verb, values in (
            (Direction.WIDER, "gets", [each for each in new if each not in old]),
            (less, "loses", [each for each in old if each not in new]),
        ):
            if values:
                yield Shift(direction, "setting", f"{_key(name)} of the settings {verb} {_shown(values)}: {_LATER}")
    for name in (*_FLOORS, *_OTHERS):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Shift(
                _direction(name, old, new), "setting", f"{_key(name)} of the settings was {_shown(old)}, and is {_shown(new)}: {_LATER}"
            )


def baseline_shifts(name: str, before: bytes | None, after: bytes | None) -> Iterator[Shift]:
    """How many findings a baseline knows more, or fewer."""
    old, new = _known(before), _known(after)
    more, fewer = (sum(max(0, count - other.get(key, 0)) for key, count in one.items()) for one, other in ((new, old), (old, new)))
    if more:
        yield Shift(Direction.WIDER, "setting", f"the baseline {name} accepts {more} finding{'s' * (more > 1)} more")
    if fewer:
        yield Shift(Direction.NARROWER, "setting", f"the baseline {name} accepts {fewer} finding{'s' * (fewer > 1)} fewer")


def pack_shifts(name: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Shift]:
    """Whether the rules and the vocabulary of a pack of the repository are others: what they leave out then is not for them to say."""
    others = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    if others:
        what = f"{len(others)} of its files {'is another' if len(others) == 1 else 'are others'}"
        yield Shift(Direction.WIDER, "setting", f"the rules in {name} change, {what}: {_LATER}")


def _direction(name: str, old: Any, new: Any) -> Direction:
    """Whether less is told with it; where that is not certain it is said to be so."""
    if name == "fail_on":
        return Direction.WIDER if new is None or (old is not None and new.rank < old.rank) else Direction.NARROWER
    if name in _FLOORS:
        return Direction.NARROWER if new is None or (old is not None and new.rank > old.rank) else Direction.WIDER
    if name in ("strict", "show_unsure"):
        return Direction.NARROWER if new else Direction.WIDER
    return Direction.WIDER


def _rows(vocabulary: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [row for rows in vocabulary.values() for row in (rows if isinstance(rows, list) else [rows]) if isinstance(row, dict)]


def _key(name: str) -> str:
    return name.replace("_", "-")


def _shown(value: Any) -> str:
    match value:
        case None | ():
            return "nothing"
        case bool():
            return "on" if value else "off"
        case list() | tuple():
            text = ", ".join(_shown(each) for each in value)
        case PurePath():
            text = value.as_posix()
        case Struct():
            text = f"{_shown(getattr(value, 'rules', ()))} in {_shown(getattr(value, 'paths', ()))}"
        case dict():
            text = " ".join(f"{key} {_shown(inner)}" for key, inner in value.items())
        case _:
            text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _known(data: bytes | None) -> dict[str, int]:
    try:
        return msgspec.json.decode(data or b"", type=_Baseline).findings
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
