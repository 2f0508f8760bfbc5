"""Secrets of the environment, and headers that carry callers' own, that code writes into its log or its answer.

Sees reads in the call itself and variables of the file that hold nothing but such a read, not what flows there.
"""

import re
from collections.abc import Iterable, Iterator

from batten.facts.secret_names import secret_name
from batten.facts.secrets import Variable
from batten.regex import regex
from batten.skim import SCRIPTS
from batten.text import Place, Span

_LOGS = (
    rb"""console\.(?:log|info|debug|warn|error|dir|trace)|print|pprint"""
    rb"""|(?:self\.)?(?:_?log(?:ger)?|logging|app\.logger|current_app\.logger)\.(?:debug|info|warning|warn|error|exception|critical|log|trace)"""
)
_ANSWERS = rb"""(?:res|response|reply|ctx|c)\.(?:json|send|end|write|text|html)|(?:Next)?Response\.json|new\s+Response|jsonify|JSONResponse|HttpResponse|JsonResponse"""
_LOG = regex(rb"(?<![\w.$])(?:" + _LOGS + rb")\(")
_SAYS = regex(rb"(?<![\w.$])(?:" + _LOGS + rb"|" + _ANSWERS + rb")\(")
_HEADERS = regex(
    rb"""(?<![\w.$])(?:req|request|self\.request|(?:ctx|c)\.(?:req|request))\.headers"""
    rb"""(?:(?:\.|\[\s?["']|\.get\(\s?["'])(?P<of>authorization|cookie)["']?[\])]?|(?=\s{0,4}[,)}\]]))""",
    re.IGNORECASE,
)
# ``const key = <read>`` and nothing but the read.
_NAMED = {
    True: regex(rb"\b(?:const|let|var)\s{1,4}(?P<name>[A-Za-z_$][\w$]{2,60})(?:\s{0,4}:\s{0,4}[\w.<>| ]{1,40}?)?\s{0,4}=\s{0,4}\Z"),
    False: regex(rb"(?:\A|\n)[ \t]{0,40}(?P<name>[A-Za-z_]\w{2,60})(?:\s{0,4}:\s{0,4}[\w.\[\]| ]{1,40}?)?\s{0,4}=\s{0,4}\Z"),
}
_ENDS = regex(
    rb"""["']?[\])]?!?(?:,\s{0,4}[^)\n]{0,40}\))?(?:\s{0,4}(?:\|\||\?\?|or\b)[^\n;]{0,60})?(?:\s{0,4}as\s\w{1,20})?[ \t]{0,4}(?:;|\r?\n|\#|//|\Z)"""
)
_MOST_NAMES = 20
_ITSELF = regex(rb"\s{0,4}[,)}\]]|\.copy\(\)|\.items\(\)")
# A part, a yes or no, a length.
_MASKED_BEFORE = regex(
    rb"""(?:!!?|Boolean\(|bool\(|len\(|typeof\s|mask\w{0,20}\(|redact\w{0,20}\(|hash\w{0,20}\(|\bif\s)\s{0,4}\Z""", re.IGNORECASE
)
_MASKED_AFTER = regex(
    rb"""[!)\]"'\s]{0,8}(?:\?\?[^?]{0,40})?(?:\?\.|\.)(?:slice|substring|substr|length|split|startsWith|replace)\b|\s{0,4}(?:\?(?![.?])|&&|[!=]==?\s|is\s(?:not\s)?None|if\s)|\)?\[:?\d"""
)
_REACH = 400


def spoken(path: str, data: bytes, variables: Iterable[Variable]) -> tuple[Variable, ...]:
    """The reads of secret variables that stand in a call which logs or answers, and the whole environment as ``*``; by place."""
    suffix = path[path.rfind(".") :].lower()
    if suffix not in SCRIPTS and suffix != ".py":
        return ()
    reads = [(variable.place.span, variable.name) for variable in variables if not variable.defined and secret_name(variable.name)]
    places = (*reads, *_whole(data, b"os.environ" if suffix == ".py" else b"process.env"), *_renamed(data, reads, script=suffix != ".py"))
    found = {span: name for span, name in places if _in_call(data, span.start, _SAYS) and not _masked(data, span)}
    found |= {span: name for span, name in _headers(data) if _in_call(data, span.start, _LOG) and not _masked(data, span)}
    return tuple(Variable(found[span], place=Place(path, span), defined=False, spoken=True) for span in sorted(found))


def _whole(data: bytes, holder: bytes) -> Iterator[tuple[Span, str]]:
    """The places where the environment itself is a value."""
    at = data.find(holder)
    while at != -1:
        end = at + len(holder)
        if _ITSELF.match(data, end) and not re.match(rb"\s*(?://|#|\*)", data[data.rfind(b"\n", 0, at) + 1 : at]):
            yield Span(at, end), "*"
        at = data.find(holder, end)


def _renamed(data: bytes, reads: Iterable[tuple[Span, str]], *, script: bool) -> Iterator[tuple[Span, str]]:
    """The uses of variables that hold what was read, where the file gives their names to nothing else."""
    done: set[bytes] = set()
    for span, variable in reads:
        given = _NAMED[script].search(data, max(0, span.start - 120), span.start)
        if given is None or given["name"] in done or _ENDS.match(data, span.end) is None or len(done) == _MOST_NAMES:
            continue
        done.add(given["name"])
        name = re.escape(given["name"])
        declared = rb"\b(?:const|let|var|for|function|def)\b[^=\n;]{0,80}(?<![\w$])%b(?![\w$])|(?<![\w$.])%b\s{0,4}=(?!=)|(?<![\w$.])%b\b[^()\n]{0,80}\)\s{0,4}=>"
        if len(re.findall(declared % (name, name, name), data)) > 1:
            continue
        for use in re.finditer(rb"(?<![\w$.\"'-])%b(?![\w$]|\s{0,4}(?::|=(?!=)|\())" % name, data[span.end :]):
            yield Span(span.end + use.start(), span.end + use.end()), variable


def _headers(data: bytes) -> Iterator[tuple[Span, str]]:
    """What callers show who they are with, and all headers."""
    for found in _HEADERS.finditer(data) if b"headers" in data else ():
        yield Span(*found.span()), (found["of"] or b"headers").decode("ascii").capitalize()


def _in_call(data: bytes, offset: int, calls: re.Pattern[bytes]) -> bool:
    """Whether such a call is open at ``offset``."""
    low = max(0, offset - _REACH)
    return any(_open_at(data, call.end(), offset) for call in calls.finditer(data, low, offset))


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
