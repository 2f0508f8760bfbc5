"""Functions that stand in a call which does what they do: handlers of which it takes care how they end, and what it keeps the results of; and handlers that only hand the request on."""

from batten.facts.calls import Binding, Function, Origin, is_callers
from batten.regex import regex

_ASKED = regex(r"_?(?:req|request|ctx|context)")
# https://react.dev/reference/react/cache https://nextjs.org/docs/app/api-reference/functions/unstable_cache
_KEEPING = regex(
    r"(?:react|next/cache|lodash(?:/\w+)?|lodash\.\w+|memoizee|p-memoize|@epic-web/remember)#(?:default\.|_\.)?(?:(?:unstable_)?cache|memoize|once|remember|default)"
)
_ANSWERED = regex(r"_?(?:res|response|reply|rep|next)")


def wrapped_in(functions: dict[str, Function], binding: Binding) -> Function | None:
    """The function that is written in the call which a name is bound to; None where it is no handler, or is handed to what builds something else.

    ``const list = asyncHandler(async (req, res) => …)``, ``const signedIn = cache(async () => …)``
    """
    made = binding.calls[0] if binding.calls and binding.calls[0].callee == binding.name else None
    keeps = made is not None and _KEEPING.fullmatch(made.callee) is not None
    if made is None or binding.is_class or ("." in made.callee.rpartition("#")[2] and not keeps):
        return None
    given = [
        source.text for argument in made.arguments for source in argument.sources if source.text.startswith("#") and "@" in source.text
    ]
    written = functions.get(given[0][1:] if given else f"{binding.local}.@1")
    if written is None or [wrapper.span for wrapper in written.wrappers] != [made.span] or written.place.span.end > made.span.end:
        return None
    if keeps:
        return written
    names = [parameter.name for parameter in written.parameters]
    # Of the request alone middleware is made, which what it is handed to decides about: ``auth((req) => …)``.
    takes = _ANSWERED.fullmatch(names[1]) is not None if len(names) > 1 else names in (["ctx"], ["context"])
    takes = takes and _ASKED.fullmatch(names[0]) is not None
    return written if takes else None


def handed_on(function: Function) -> str | None:
    """What a handler without a name of its own calls with all that it is given, and does nothing else: ``(req, res) => desk.list(req, res)``."""
    if not function.name.rpartition(".")[2].startswith("@"):
        return None
    names = [parameter.name for parameter in function.parameters]
    called = [call for call in function.calls if not call.callee.endswith((".catch", ".then"))]
    if (
        len(called) != 1
        or function.guards
        or not names
        or not (_ASKED.fullmatch(names[0]) or names[0] == "c")
        or is_callers(called[0].callee)
    ):
        return None
    given = [[(source.origin, source.text) for source in argument.sources] for argument in called[0].arguments]
    return called[0].callee if given and given == [[(Origin.PARAMETER, name)] for name in names[: len(given)]] else None
