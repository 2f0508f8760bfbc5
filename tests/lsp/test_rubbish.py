"""What answers leave in circles goes away, and so does all that was kept of settings that are no more."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from batten.lsp.rubbish import Rubbish


class _Circle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def rubbish() -> Iterator[Rubbish]:
    yield Rubbish()
    gc.unfreeze()
    gc.enable()


def _circle() -> "weakref.ref[_Circle]":
    return weakref.ref(_Circle())


def test_it_goes_when_nobody_waits(rubbish: Rubbish) -> None:
    rubbish.note(1)
    rubbish.rest()
    left = _circle()
    rubbish.rest()  # no answer was given since
    assert left() is not None
    rubbish.note(1)
    assert left() is not None
    rubbish.rest()
    assert left() is None


def test_it_goes_while_somebody_types_on_and_on(rubbish: Rubbish) -> None:
    left = _circle()
    for _ in range(5):
        assert left() is not None
        rubbish.note(1)
    assert left() is None


def test_what_was_kept_goes_with_a_new_start(rubbish: Rubbish) -> None:
    old = _Circle()
    seen = weakref.ref(old)
    rubbish.note(1)
    rubbish.rest()
    del old
    rubbish.note(2)
    assert seen() is not None
    rubbish.rest()
    assert seen() is None
