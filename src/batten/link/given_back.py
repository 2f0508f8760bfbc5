"""What helpers of the app give back of the request as the caller wrote it: ``getCurrentUser(req)`` that answers with a header."""

import re
from collections.abc import Iterator

from batten.facts.calls import Function, Result, is_callers
from batten.link.callgraph import Code
from batten.regex import regex

PERSON = regex(
    r"(?:x-)?(?:current_?)?(?:user|owner|author|account|customer|buyer|sender|creator|student|patient)[-_]?(?:id|uid|uuid|e-?mail)|uid|created_?by|owner",
    re.IGNORECASE,
)
TENANT = regex(r"(?:x-)?(?:tenant|org|organi[sz]ation|workspace|company|team)[-_]?(?:id|uuid|slug)?", re.IGNORECASE)
"""What requests call the one, and the group, in whose name they are."""
_TAKES = regex(r"\.(?:headers|cookies|query|searchParams|args|params)\.get$|\.(?:header|get)$")
_KEEPS = regex(r"\.(?:headers|cookies|query|body|args|params)\.[^.]+$")


def is_identity(name: str) -> bool:
    """A word of a request says in whose name it is."""
    return PERSON.fullmatch(name) is not None or TENANT.fullmatch(name) is not None


def given_back(code: Code, path: str, name: str) -> tuple[str, ...]:
    """Where in the request stands what a function of the app's gives for who calls, as ``("headers", "get", "x-user-id")``; empty where it gives anything else."""
    target = code.target(path, name)
    if target.function is None or target.path is None or target.rest:
        return ()
    code.memo.look(target.path)
    full = [result for result in target.function.results if not result.empty]
    found = {steps for result in full for steps in _taken(target.function, result)}
    steps = found.pop() if len(found) == 1 and all(result.names for result in full) else ()
    return steps if steps and PERSON.fullmatch(steps[-1]) else ()


def _taken(function: Function, result: Result) -> Iterator[tuple[str, ...]]:
    """For each name of a result where that stands in the request; empty steps for what stands elsewhere."""
    for name in result.names:
        if not is_callers(name):
            yield ()
        elif _TAKES.search(name):
            asked = {call.arguments[0].text for call in function.calls if call.callee == name and call.arguments}
            word = asked.pop() if len(asked) == 1 else None
            yield (*name.split(".")[1:], word) if word else ()
        else:
            yield tuple(name.split(".")[1:]) if _KEEPS.search(name) else ()
