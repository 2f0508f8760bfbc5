"""Questions about a database at its end, whose answers do not change any more."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from batten.link.schema.predicates import PolicyError

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


class Answering(Protocol):
    """What keeps its answers."""

    answers: dict[tuple[object, ...], object]


_Self = TypeVar("_Self", bound=Answering)


def once(method: Callable[Concatenate[_Self, _Asked], _Answer]) -> Callable[Concatenate[_Self, _Asked], _Answer]:
    """The method, which finds out each answer once, a PolicyError too. Its arguments are given by position."""
    label = method.__name__

    @wraps(method)
    def answered(self: _Self, /, *asked: _Asked.args, **named: _Asked.kwargs) -> _Answer:
        key = (label, *asked)
        answers = self.answers
        try:
            answer = answers[key]
        except KeyError:
            try:
                answer = method(self, *asked, **named)
            except PolicyError as failure:
                answer = failure
            answers[key] = answer
        if isinstance(answer, PolicyError):
            raise answer.with_traceback(None)
        return answer  # type: ignore[return-value]  # what was put there

    return answered
