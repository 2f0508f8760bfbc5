"""What a caller has shown where a header of theirs equals what only the server can make: a signature by its key, or a setting, however they are compared. Knows no other test."""

from batten.facts.calls import Function, Guard, is_callers
from batten.link.callgraph import Code
from batten.link.guards.exemptions import SETTINGS
from batten.link.guards.protection import Protection
from batten.regex import regex

_HEADER = regex(r"@\S*\bheaders?(?:\.get|\[|\.|$)")
# A digest without a key anybody makes: https://developer.mozilla.org/en-US/docs/Web/API/SubtleCrypto/sign
_SIGNS = regex(r"(?:^|[.#])(?:subtle\.sign|createHmac|hmac\.(?:new|digest))$")
_TWO = 2


def compared(code: Code, path: str, guard: Guard) -> Protection:
    """What a test of a header shows of who sent it; nothing where it is only looked for, or compared with what was sent as well."""
    if guard.inverted or guard.either or len(guard.names) < _TWO or not any(_HEADER.match(name) for name in guard.names):
        return Protection.NONE
    own = [found for name in guard.names if not is_callers(name) and (found := _own(code, path, name)) is not None]
    if any(_signs(code, *each) for each in own):
        return Protection.SIGNED
    settings = any(name.startswith(SETTINGS) for name in guard.names)
    return Protection.SECRET if settings and any(_compares(function) for _, function in own) else Protection.NONE


def _own(code: Code, path: str, name: str) -> tuple[str, Function] | None:
    target = code.target(path, name)
    return (target.path, target.function) if target.path is not None and target.function is not None and not target.rest else None


def _signs(code: Code, path: str, function: Function) -> bool:
    """It makes a signature, itself or by one of the functions of its file."""
    code.memo.look(path)
    inner = (found for call in function.calls if call.callee.startswith("#") and (found := code.functions(path).get(call.callee[1:])))
    return any(_SIGNS.search(call.callee) for each in (function, *inner) for call in each.calls)


def _compares(function: Function) -> bool:
    """It says of two texts that it is handed, sign by sign, whether they are the same."""
    first, second, *_ = [*(f"@{each.name}" for each in function.parameters), "", ""]
    asked = {name for guard in function.guards for name in guard.names}
    return bool(second) and {f"{first}.length", f"{second}.length"} <= asked
