"""Stands in for a paid model: what it says tells whether it was asked."""

from types import SimpleNamespace
from typing import Any


class Anthropic:
    """A client without a key."""

    def __init__(self) -> None:
        self.messages = SimpleNamespace(create=_answer)


def _answer(**asked: Any) -> SimpleNamespace:
    return SimpleNamespace(content=[SimpleNamespace(text=f"about {asked['messages'][0]['content'].splitlines()[-1]}")])
