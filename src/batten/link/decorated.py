"""What an instance of Fastify was decorated with: ``decorate("authenticate", async (request, reply) => …)``, put to use as ``fastify.authenticate``.

What is no function has methods, which handlers call by ``this``: ``decorate("orders", new Orders())``, then ``this.orders.find(id)``.
https://fastify.dev/docs/latest/Reference/Decorators/
"""

from batten.link.callgraph import Code, Target
from batten.regex import regex

_OF_INSTANCE = regex(r"(?:@\w+|fastify#\w+)\.(?P<name>[A-Za-z]\w*)")
# A step on it, where handlers have the instance: https://fastify.dev/docs/latest/Reference/Routes/#this
_STEP_ON = regex(r"(?:this|@\w+\.server|@\w+|fastify#\w+(?:\.server)?)\.(?P<name>[A-Za-z]\w*)\.(?P<step>\w+)")
_MODULES = ("fastify-plugin", "fastify")
# An app with more files than these that know of Fastify has several instances.
_MOST_FILES = 60


def decorated_with(code: Code, name: str) -> tuple[str, str] | None:
    """The function, with its file, that instances were given under such a name; None where none was, or more than one."""
    asked = _OF_INSTANCE.fullmatch(name)
    return _given(code, asked["name"]) if asked is not None else None


def step_on_given(code: Code, name: str) -> Target | None:
    """The method of what instances were given under a name, where one of the app's own is called by it; None for all others."""
    asked = _STEP_ON.fullmatch(name)
    given = _given(code, asked["name"]) if asked is not None else None
    if asked is None or given is None:
        return None
    path, held = given
    target = code.target(path, f"{held}{asked['step']}" if held.endswith("#") else f"{held}.{asked['step']}")
    return target if target.function is not None and not target.rest else None


def _given(code: Code, name: str) -> tuple[str, str] | None:
    if not any(code.heads.importing(module) for module in _MODULES):
        return None
    found: tuple[str, str] | None = code.memo.once(("decorated with", name), _find, code, name)
    return found


def _find(code: Code, name: str) -> tuple[str, str] | None:
    paths = dict.fromkeys(path for module in _MODULES for path, _ in code.heads.importing(module) if not code.is_test(path))
    found: set[tuple[str, str]] = set()
    for path in paths if len(paths) <= _MOST_FILES else ():
        code.ask(path)
        for function in code.functions(path).values():
            for call in function.calls:
                if call.callee.endswith(".decorate") and call.arguments and call.arguments[0].text == name:
                    given = [source.text for each in call.arguments if each.slot == "1" for source in each.sources]
                    found |= {(path, each) for each in given[:1] if "#" in each}
    return next(iter(found)) if len(found) == 1 else None
