"""Functions that make handlers: ``app.post("/login", login())``; knows no framework."""

from batten.facts.calls import Function
from batten.link.callgraph import Code


def made_by(code: Code, path: str, function: Function) -> Function | None:
    """The function that a function gives and does nothing else, or None: ``function login() { return async (req, res) => { … } }``."""
    given = [result for result in function.results if not result.empty]
    if len(given) != 1 or len(function.results) != 1:
        return None
    inner = [each for each in code.inner(path, function.name) if "." not in each.name.removeprefix(f"{function.name}.")]
    named = [each for each in inner if given[0].names == (f"#{each.name}",)]
    written = [each for each in inner if each.place.span in given[0].span and not given[0].names and not each.wrappers]
    found = named or written
    return found[0] if len(found) == 1 and found[0].parameters else None
