"""What an instance of Fastify was decorated with: ``fastify.decorate("authenticate", async (request, reply) => …)``, put to use as ``fastify.authenticate``.

https://fastify.dev/docs/latest/Reference/Decorators/
"""

from batten.link.callgraph import Code
from batten.regex import regex

_OF_INSTANCE = regex(r"(?:@\w+|fastify#\w+)\.(?P<name>[A-Za-z]\w*)")
_MODULES = ("fastify-plugin", "fastify")
# An app with more files than these that know of Fastify has several instances.
_MOST_FILES = 60


def decorated_with(code: Code, name: str) -> tuple[str, str] | None:
    """The function, with its file, that instances were given under such a name; None where none was, or more than one."""
    asked = _OF_INSTANCE.fullmatch(name)
    if asked is None or not any(code.heads.importing(module) for module in _MODULES):
        return None
    found: tuple[str, str] | None = code.memo.once(("decorated with", asked["name"]), _find, code, asked["name"])
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
