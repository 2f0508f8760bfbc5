"""What functions of Django's views do with who calls: what they look up by the account, what they give fewer rows of; knows no other file."""

from batten.facts.calls import Function, Origin
from batten.regex import regex
from batten.text import Span

_GIVE_ROWS = ("get_queryset", "get_object", "get_context_data")
_CALLER = regex(r"(?:^|[.#@])(?:Http)?[rR]equest\.(?:user|session)(?:\.|$)")
_OF_SESSION = "session_key"
_IS_KNOWN = regex(r"(?:^|[.#@])request\.user\.is_authenticated$")
_NARROWS = regex(r"\.(?:filter|exclude|none)$")
_SENT = regex(r"(?:^|[.@])request\.(?:method|POST|FILES|body|data)(?:\.|$)")


def narrowed(function: Function) -> list[Span]:
    """What of a method only prepares what rows it gives, or gives strangers fewer of them: all before ``return rows.filter(public=True)``, which they get."""
    found: list[Span] = []
    for guard in function.guards if function.name.rpartition(".")[2] in _GIVE_ROWS else ():
        if guard.rejects != "return" or not any(_IS_KNOWN.search(name) for name in guard.names):
            continue
        for result in function.results:
            fewer = any(_NARROWS.search(name) for name in result.names)
            if fewer and guard.place.span.end <= result.span.start < guard.reach.start:
                found += (Span(function.block.start, guard.place.span.start), result.span)
    return found


def reads_body(function: Function) -> bool:
    """The function tells methods apart, or looks at what was sent, as far as its own lines tell."""
    names = [name for guard in function.guards for name in guard.names]
    given = [source for call in function.calls for each in call.arguments for source in each.sources]
    texts = (*names, *(call.callee for call in function.calls), *(source.text for source in given if source.origin is Origin.REQUEST))
    return any(_SENT.search(text) for text in texts)


def mentions_caller(function: Function) -> bool:
    """It tests, hands on, or gives the account of the caller."""
    tested = (name for guard in function.guards for name in guard.names)
    given = (name for result in function.results for name in result.names)
    return bool(about_caller(function)) or any(_CALLER.search(name) for name in (*tested, *given))


def about_caller(function: Function) -> frozenset[int]:
    """Where calls begin that are given the caller's account, or the key of a session, which nobody else has, and those on what such calls have made."""
    given = {
        call.span.start
        for call in function.calls
        if any(each.slot == _OF_SESSION or any(_CALLER.search(source.text) for source in each.sources) for each in call.arguments)
    }
    made = {call.span.start for call in function.calls if call.made_by is not None and call.made_by.start in given}
    return frozenset(given | made)
