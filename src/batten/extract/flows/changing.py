"""What functions that are written inside of another do to its names: text that they add to, lists that they put something into."""

from typing import NamedTuple

from batten.code.model import Assign, Attribute, Block, Branch, Call, Define, Evaluate, Function, Lambda, Loop, Name, Statement, Try

PUTS = frozenset(("push", "unshift", "append", "appendleft", "add"))
"""What puts something into a list or a set."""
# Functions with more statements than that are not looked through.
_MOST = 400


class Changes(NamedTuple):
    """The names, by what is done to them."""

    assigned: frozenset[str]
    filled: frozenset[str]


def changed_in(function: Function) -> Changes:
    """The names that a function, or one inside of it, assigns without a declaration, and those of what it puts something into; its own are among them."""
    assigned: set[str] = set()
    filled: set[str] = set()
    pending: list[Statement] = list(function.body)
    seen = 0
    while pending and seen < _MOST:
        statement, seen = pending.pop(), seen + 1
        match statement:
            case Assign(target=Name(id=name), declares=False):
                assigned.add(name)
            case Evaluate(value=Call(callee=callee, args=arguments)):
                match callee:
                    case Attribute(value=Name(id=name), name=method) if method in PUTS:
                        filled.add(name)
                for argument in arguments:
                    pending += argument.function.body if isinstance(argument, Lambda) else ()
            case Branch() | Loop():
                pending += (*statement.body, *statement.orelse)
            case Block():
                pending += statement.body
            case Try():
                pending += (
                    *statement.body,
                    *statement.orelse,
                    *statement.final,
                    *(each for handler in statement.handlers for each in handler.body),
                )
            case Define(value=Function() as inner):
                pending += inner.body
    return Changes(frozenset(assigned), frozenset(filled))
