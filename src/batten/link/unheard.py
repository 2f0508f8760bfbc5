"""Functions that are written where they are handed to another, which takes fewer: nobody calls them, so what they ask is not asked."""

from batten.facts.calls import Function
from batten.link.callgraph import Code


def bodies_that_run(code: Code, path: str, function: Function) -> tuple[Function, ...]:
    """A function and those that are written in it, without what gets lost: ``signedIn(req, res, next, () => …)`` where ``signedIn = (req, res, next) => … next()``."""
    inner = code.inner(path, function.name)
    lost = _lost(code, path, function) if inner and not path.endswith(".py") else set()
    return (function, *(each for each in inner if not any(each.name == name or each.name.startswith(f"{name}.") for name in lost)))


def loses_some(code: Code, path: str, function: Function) -> bool:
    """Something is written in it that nobody calls."""
    return len(bodies_that_run(code, path, function)) <= len(code.inner(path, function.name))


def _lost(code: Code, path: str, function: Function) -> set[str]:
    found: set[str] = set()
    for call in function.calls:
        handed = [(int(each.slot), source.text[1:]) for each in call.arguments if each.slot.isdigit() for source in each.sources]
        handed = [(slot, name) for slot, name in handed if name.startswith(f"{function.name}.@")]
        target = code.target(path, call.callee) if handed else None
        if target is None or target.path is None or target.function is None or target.rest or not target.function.parameters:
            continue
        taken = target.function.parameters
        bodies = (target.function, *code.inner(target.path, target.function.name))
        called = {each.callee.partition(".")[0] for body in bodies for each in body.calls}
        # It calls its last parameter, which is then no list of all that is left.
        if f"@{taken[-1].name}" in {each.callee for body in bodies for each in body.calls} and "arguments" not in called:
            found |= {name for slot, name in handed if slot >= len(taken)}
    return found
