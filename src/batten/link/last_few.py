"""What was made of large facts, kept for as long as they are asked about one after the other."""

from collections.abc import Callable
from typing import Generic, TypeVar

_Of = TypeVar("_Of")
_Made = TypeVar("_Made")
_MOST_KEPT = 50


class LastFew(Generic[_Of, _Made]):
    """What was made last of some objects, each of which is one thing whatever it is equal to: comparing large facts costs more than making most of what is made of them."""

    def __init__(self, make: Callable[[_Of], _Made]) -> None:
        self._make = make
        self._known: dict[int, tuple[_Of, _Made]] = {}

    def of(self, one: _Of) -> _Made:
        """What was made of an object, or is now."""
        known = self._known.get(id(one))
        if known is None or known[0] is not one:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            known = self._known[id(one)] = (one, self._make(one))
        return known[1]
