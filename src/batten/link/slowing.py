"""Functions that turn callers away for nothing but that they ask too often; knows no route."""

from batten.facts.calls import Function
from batten.link.callgraph import Code, Target

TOO_MANY = 429
"""What somebody is answered who asks too often."""


def only_slows(code: Code, target: Target) -> bool:
    """A function of the app's turns callers away for nothing but that they ask too often: so it asks for no right of theirs."""
    if target.path is None or target.function is None:
        return False
    bodies = (target.function, *code.inner(target.path, target.function.name))
    # What stands in the body of a test keeps nobody out in Python: whoever wants that raises, or returns.
    leaves = (guard for each in bodies for guard in each.guards if guard.rejects != "end" or not target.path.endswith(".py"))
    return {guard.status for guard in leaves} == {TOO_MANY}


def counts_calls(function: Function) -> bool:
    """A function gives nothing, but for an answer to somebody who asks too often: what it reads and writes is how often they did."""
    answers = [result.status for result in function.results if not result.empty]
    turned_away = [guard.status for guard in function.guards if guard.status is not None]
    return {*answers, *turned_away} == {TOO_MANY}
