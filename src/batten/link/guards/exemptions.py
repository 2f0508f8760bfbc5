"""Ways past a check that are none a stranger can choose, and answers that turn callers away; knows no other function."""

import re
from collections.abc import Collection
from enum import StrEnum

from batten.facts.calls import Call, Function, Origin, Result
from batten.link.callgraph import Code
from batten.regex import regex
from batten.text import Span

SETTINGS = ("process.env.", "import.meta.env.", "Deno.env.", "Bun.env.", "os#environ", "os#getenv")
_MODE = regex(r"\.(?:NODE_ENV|APP_ENV|VERCEL_ENV|DENO_ENV|ENVIRONMENT|ENV|MODE|PROD|DEV)$")
_ADDRESS = regex(
    r"\.(?:path|pathname|url|originalUrl|baseUrl|nextUrl|routerPath|routeOptions|routeConfig|endpoint|blueprint|method)(?:\.|$)|public_?(?:path|route)|exempt|whitelist|allow_?list",
    re.IGNORECASE,
)
_SENT = regex(r"@(?:\w+\.)?(?:req\.)?(?:body|query|params|json|searchParams)\.(?!get$)\w+$")
# What may be a credential, or stand for one.
_PROOF = regex(
    r"token|secret|key|pass|pwd|pin|otp|code|sig|hash|auth|cred|session|jwt|hmac|nonce|cookie|bearer|captcha|invite", re.IGNORECASE
)
_ASKED_FOR = regex(r"\.(?:path|pathname|url|originalUrl|method)$")
ANSWERS = regex(r"@\w+\.(?:(?:status|code)\.)?(?:json|jsonp|send|render|end|download|sendFile|redirect|write)$")
REFUSALS = 400
_ACCEPTS = ".handleConnection"
_CLOSES = frozenset(("disconnect", "close", "terminate"))


def is_setting(code: Code, path: str, name: str) -> bool:
    """A setting of the machine, or a constant that is made of some."""
    if name.startswith(SETTINGS):
        return True
    target = code.target(path, name) if "#" in name else None
    made_of = target.binding.sources if target is not None and target.binding is not None and not target.rest else ()
    origins = {source.origin for source in made_of}
    return Origin.ENVIRONMENT in origins and origins <= {Origin.ENVIRONMENT, Origin.LITERAL}


def is_of_address(name: str) -> bool:
    """It is what of a request says where it goes, and nothing of who sends it."""
    return _ASKED_FOR.search(name) is not None


def is_mere_input(names: Collection[str]) -> bool:
    """All that is tested was sent with the request, and is nothing that only few could send: whether it is there says nothing of who calls."""
    return bool(names) and all(_SENT.match(name) is not None and _PROOF.search(name) is None for name in names)


class Exemption(StrEnum):
    """Why a way past a check is none that a stranger can choose."""

    MACHINE = "machine"
    """By a setting of the machine it runs on: ``if (!process.env.VERCEL) return``."""
    ADDRESS = "address"
    """By the address that is asked for: ``if (PUBLIC.includes(req.path)) return next()``."""


def exemption(function: Function, position: int) -> Exemption | None:
    """What a position of a function depends on other than who calls, or None."""
    tests = [guard.names for guard in function.guards if guard.rejects == "end" and guard.names and position in guard.reach]
    if any(all(name.startswith(SETTINGS) for name in names) for names in tests):
        return Exemption.MACHINE
    return Exemption.ADDRESS if any(_ADDRESS.search(name) for names in tests for name in names) else None


def refused_in_production(function: Function, setting: str, position: int) -> bool:
    """Where the setting is missing, only machines of developers come this far: ``if (!secret && process.env.NODE_ENV === "production") return refuse()``."""
    return any(
        guard.rejects in ("return", "raise")
        and setting in guard.names
        and position in guard.reach
        and any(_MODE.search(name) for name in guard.names)
        for guard in function.guards
    )


def only_here(function: Function, result: Result) -> bool:
    """The function ends there by a setting of the machine it runs on, not by who calls."""
    return exemption(function, result.span.start) is Exemption.MACHINE


def may_stop(function: Function) -> bool:
    """A hook that has no ``next`` answers on some ways, or looks at the address; and it nowhere goes on for all."""
    answers = [call for call in function.calls if ANSWERS.match(call.callee)]
    exempt = False
    for result in function.results:
        at = result.span.start
        if exemption(function, at) is Exemption.ADDRESS:
            exempt = True
        elif result.empty and at < function.block.end and not any(call.reach is not None and at in call.reach for call in answers):
            return False
    return bool(answers) or exempt


def is_refusal(call: Call) -> bool:
    """It answers with a status that says no."""
    return any(a.slot == "0" and a.text is not None and a.text.isdigit() and int(a.text) >= REFUSALS for a in call.arguments)


def last_refusals(code: Code, path: str, function: Function) -> list[Span]:
    """Where a hook refuses for good, whatever it does next: nothing of a request runs once its reply is sent, and nothing of a socket once it is closed.

    https://fastify.dev/docs/latest/Reference/Hooks/#respond-to-a-request-from-a-hook https://docs.nestjs.com/websockets/gateways#lifecycle-hooks
    """
    if function.name.endswith(_ACCEPTS) and function.parameters:
        return [call.span for call in function.calls if _hangs_up(code, path, function, call)]
    if len(function.parameters) != len(("request", "reply")):
        return []
    reply = f"@{function.parameters[1].name}."
    statuses = {call.span.start for call in function.calls if call.callee in (f"{reply}status", f"{reply}code") and is_refusal(call)}
    return [
        call.span for call in function.calls if call.span.start in statuses and call.callee.startswith(reply) and ANSWERS.match(call.callee)
    ]


def _hangs_up(code: Code, path: str, function: Function, call: Call) -> bool:
    """It closes the socket that the function was handed, itself or by a function of the app's own that does so on all ways."""
    if _is_closing(call, function.parameters[0].name):
        return True
    target = code.target(path, call.callee) if "#" in call.callee else None
    helper = target.function if target is not None and not target.rest else None
    if helper is None:
        return False
    for number, parameter in enumerate(helper.parameters):
        given = next((each for each in call.arguments if each.slot == str(number)), None)
        handed = given is not None and [source.text for source in given.sources] == [function.parameters[0].name]
        if handed and any(
            _is_closing(each, parameter.name) and each.reach is not None and each.reach.end == helper.block.end for each in helper.calls
        ):
            return True
    return False


def _is_closing(call: Call, socket: str) -> bool:
    root, _, last = call.callee.rpartition(".")
    return last in _CLOSES and (root == f"@{socket}" or (call.receiver or "").endswith(f":{socket}"))
