"""Secrets of the environment that code writes into its log or its answer; sees only reads in the call itself, not what flows there."""

import re
from collections.abc import Iterable, Iterator

from batten.facts.secret_names import secret_name
from batten.facts.secrets import Variable
from batten.skim import SCRIPTS
from batten.text import Place, Span

_SAYS = re.compile(
    rb"""(?<![\w.$])(?:console\.(?:log|info|debug|warn|error|dir|trace)|print|pprint|(?:self\.)?(?:_?log(?:ger)?|logging|app\.logger|current_app\.logger)\.(?:debug|info|warning|warn|error|exception|critical|log|trace)"""
    rb"""|(?:res|response|reply|ctx|c)\.(?:json|send|end|write|text|html)|(?:Next)?Response\.json|new\s+Response|jsonify|JSONResponse|HttpResponse|JsonResponse)\("""
)
_ITSELF = re.compile(rb"\s{0,4}[,)}\]]|\.copy\(\)|\.items\(\)")
# A part, a yes or no, a length.
_MASKED_BEFORE = re.compile(
    rb"""(?:!!?|Boolean\(|bool\(|len\(|typeof\s|mask\w{0,20}\(|redact\w{0,20}\(|hash\w{0,20}\(|\bif\s)\s{0,4}\Z""", re.IGNORECASE
)
_MASKED_AFTER = re.compile(
    rb"""[!)\]"'\s]{0,8}(?:\?\?[^?]{0,40})?(?:\?\.|\.)(?:slice|substring|substr|length|split|startsWith|replace)\b|\s{0,4}(?:\?(?![.?])|&&|[!=]==?\s|is\s(?:not\s)?None|if\s)|\)?\[:?\d"""
)
_REACH = 400


def spoken(path: str, data: bytes, variables: Iterable[Variable]) -> tuple[Variable, ...]:
    """The reads of secret variables that stand in a call which logs or answers, and the whole environment as ``*``; by place."""
    suffix = path[path.rfind(".") :].lower()
    if suffix not in SCRIPTS and suffix != ".py":
        return ()
    reads = [(variable.place.span, variable.name) for variable in variables if not variable.defined and secret_name(variable.name)]
    found = {
        span: name
        for span, name in (*reads, *_whole(data, b"os.environ" if suffix == ".py" else b"process.env"))
        if _in_call(data, span.start) and not _masked(data, span)
    }
    return tuple(Variable(found[span], Place(path, span), defined=False, spoken=True) for span in sorted(found))


def _whole(data: bytes, holder: bytes) -> Iterator[tuple[Span, str]]:
    """The places where the environment itself is a value."""
    at = data.find(holder)
    while at != -1:
        end = at + len(holder)
        if _ITSELF.match(data, end) and not re.match(rb"\s*(?://|#|\*)", data[data.rfind(b"\n", 0, at) + 1 : at]):
            yield Span(at, end), "*"
        at = data.find(holder, end)


def _in_call(data: bytes, offset: int) -> bool:
    """Whether a call that logs or answers is open at ``offset``."""
    low = max(0, offset - _REACH)
    return any(_open_at(data, call.end(), offset) for call in _SAYS.finditer(data, low, offset))


def _open_at(data: bytes, start: int, offset: int) -> bool:
    """Whether the bracket that opens before ``start`` is open at ``offset``, with no function or other call between that keeps the value."""
    depth = 1
    at = start
    while at < offset:
        letter = data[at]
        if letter in b"\"'":
            closed = data.find(data[at : at + 1], at + 1, offset)
            if closed == -1:
                return data[max(0, start - 6) : start].endswith(b"print(") and depth == 1 and b"{" in data[at:offset]
            at = closed
        elif letter == ord("("):
            depth += 1
        elif letter == ord(")"):
            depth -= 1
            if depth == 0:
                return False
        elif letter == ord(";") or data.startswith(b"=>", at):
            return False
        at += 1
    return depth == 1


def _masked(data: bytes, span: Span) -> bool:
    return _MASKED_BEFORE.search(data, max(0, span.start - 30), span.start) is not None or _MASKED_AFTER.match(data, span.end) is not None
