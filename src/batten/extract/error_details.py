"""Answers that tell strangers how the code is built: the stack of an exception, and its text where any exception may come; says nothing of who asks.

Sees what stands in the call that answers, or in the ``return`` of a handler, and variables of the file that hold nothing but a stack.
"""

import re
from bisect import bisect
from collections import deque
from collections.abc import Iterator

from batten.facts.services import Setting, SettingKind
from batten.regex import regex
from batten.skim import SCRIPTS
from batten.text import Place, Span

_ANSWERS = {
    True: regex(
        rb"(?<![\w.$])(?:(?:res|response|reply|ctx|c)(?:\.(?:status|code|type)\([^()\n]{0,60}\)){0,3}\.(?:json|send|end|write|text|html)"
        rb"|(?:Next)?Response\.json|new\s(?:Next)?Response)\("
    ),
    False: regex(
        rb"(?<![\w.])(?:jsonify|make_response|\w{0,20}Response|HTTPException|HttpResponseServerError|HttpResponse|abort|web\.json_response)\("
    ),
}
_STACK = {
    True: regex(rb"(?<![\w.$])(?:err|error|e|ex|exc|exception)(?:\?|!)?\.stack\b(?!\w|\s{0,4}\.(?:split|length))"),
    False: regex(rb"(?<![\w.])traceback\.format_(?:exc\(|exception\()"),
}
_TEXT = regex(rb"(?<![\w.])(?:str|repr)\(\s?(?P<name>\w{1,20})\s?\)|\{(?P<held>\w{1,20})(?:![rs])?\}")
_CATCHES = regex(rb"\bexcept\b\s{0,4}(?:(?P<kind>[^:\n]{0,120}?)(?:\sas\s(?P<name>\w{1,20}))?)\s{0,4}:")
_ANY = frozenset((b"Exception", b"BaseException"))
_NAMED = {
    True: regex(rb"\b(?:const|let|var)\s{1,4}(?P<name>[A-Za-z_$][\w$]{1,40})\s{0,4}=\s{0,4}\Z"),
    False: regex(rb"(?:\A|\n)[ \t]{0,40}(?P<name>[A-Za-z_]\w{1,40})\s{0,4}=\s{0,4}\Z"),
}
_DEVELOPMENT = regex(rb"NODE_ENV|isDev|IS_DEV|__DEV__|development|\bdebug\b|DEBUG|isProd|IS_PROD|production|PROD\b", re.IGNORECASE)
_RETURN = regex(rb"(?:\A|\n)[ \t]{0,80}return\b")
_ROUTE = regex(rb"@[\w.]{1,60}\.(?:route|get|post|put|patch|delete|api_route|action)\(")
_DEFINES = regex(rb"(?:\A|\n)(?P<indent>[ \t]{0,40})(?:async\s)?def\s\w{1,80}")
_REACH, _FAR, _WINDOW = 400, 3000, 160
_MOST = 20


def error_details(path: str, data: bytes) -> Iterator[Setting]:
    """One setting for each stack that is answered, and one for the first text of an exception that may be any."""
    suffix = path[path.rfind(".") :].lower()
    script = suffix in SCRIPTS
    if not script and suffix != ".py":
        return
    found = 0
    for span in _stacks(data, script=script) if b".stack" in data or b"format_exc" in data else ():
        if found < _MOST and _is_answered(data, span.start, script=script):
            found += 1
            yield Setting(SettingKind.ERROR_DETAILS, f"stack {found}", shown="the stack of an exception", place=Place(path, span))
    for span in _texts(data) if not script and b"except" in data else ():
        if _is_answered(data, span.start, script=False):
            yield Setting(SettingKind.ERROR_DETAILS, "text", shown="the text of any exception", place=Place(path, span), narrow=True)
            return


def _stacks(data: bytes, *, script: bool) -> Iterator[Span]:
    for found in _STACK[script].finditer(data):
        yield Span(*found.span())
        given = _NAMED[script].search(data, max(0, found.start() - 80), found.start())
        if given is not None:
            uses = re.compile(rb"(?<![\w$.\"'-])%b(?![\w$]|\s{0,4}[:=(])" % re.escape(given["name"]))
            yield from (Span(*use.span()) for use in uses.finditer(data, found.end(), found.end() + _REACH))


def _texts(data: bytes) -> Iterator[Span]:
    """Where the text of an exception is made, that is caught whatever it is."""
    catches = list(_CATCHES.finditer(data))
    starts = [each.start() for each in catches]
    names = {each["name"] for each in catches}
    for found in _TEXT.finditer(data) if catches else ():
        name = found["name"] or found["held"]
        at = bisect(starts, found.start()) - 1 if name in names else -1
        if at >= 0 and found.start() - starts[at] < _FAR and catches[at]["name"] == name and (catches[at]["kind"] or b"").strip() in _ANY:
            yield Span(*found.span())


def _last(pattern: re.Pattern[bytes], data: bytes, low: int, high: int) -> re.Match[bytes] | None:
    return next(iter(deque(pattern.finditer(data, low, high), maxlen=1)), None)


def _is_answered(data: bytes, offset: int, *, script: bool) -> bool:
    """It stands in a call that answers or, in Python, in what a handler gives back; and not for development alone."""
    if _DEVELOPMENT.search(data, max(0, offset - _WINDOW), offset):
        return False
    low = max(0, offset - _REACH)
    if any(_is_open(data, call.end(), offset, script=script) for call in _ANSWERS[script].finditer(data, low, offset)):
        return True
    if script:
        return False
    last = _last(_RETURN, data, low, offset)
    return last is not None and _is_one_statement(data, last.end(), offset) and _is_in_handler(data, offset)


def _is_open(data: bytes, start: int, offset: int, *, script: bool) -> bool:
    """Whether the bracket that opens before ``start`` is open at ``offset``, with no function between."""
    depth = 1
    for at in range(start, offset):
        letter = data[at]
        depth += (letter == ord("(")) - (letter == ord(")"))
        if depth == 0 or (script and (letter == ord(";") or data.startswith(b"=>", at))):
            return False
    return True


def _is_one_statement(data: bytes, start: int, offset: int) -> bool:
    depth = 0
    for at in range(start, offset):
        letter = data[at]
        depth += (letter in b"([{") - (letter in b")]}")
        if letter == ord("\n") and depth <= 0:
            return False
    return True


def _is_in_handler(data: bytes, offset: int) -> bool:
    """The function around has a decorator that makes it a route."""
    last = _last(_DEFINES, data, max(0, offset - _FAR), offset)
    return (
        last is not None
        and _ROUTE.search(data, max(0, last.start() - _REACH), last.start() + 1) is not None
        and data.rfind(b"\n\n", 0, last.start() + 1) <= data.rfind(b"@", 0, last.start() + 1)
    )
