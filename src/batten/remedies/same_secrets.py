"""Compares secrets by the function that takes the same time for every guess; only where it is sure that they are texts, as that function takes nothing else."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.code.model import Attribute, Await, Expression, Function, Language, Literal, Name, Operation, Unit
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.regex import regex
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.remedies.guards.imports import named as import_named
from batten.text import Span

_SECRET = regex(r"secret|key|token|sign|sig\b|password|expected|digest|hash|hmac|auth", re.IGNORECASE)
_SIGNED = regex(r"hmac|digest", re.IGNORECASE)
_SENT = regex(r"\breq(?:uest)?\b|headers?\b|searchParams")
# The web runtimes beside Node have no module of this name, or not all of it.
_NOT_NODE = regex(rb"runtime\s*=\s*[\"'](?:edge|experimental-edge)|from\s+[\"'](?:cloudflare:|@cloudflare/)")
_MIDDLEWARE = regex(r"(?:^|/)middleware\.[jt]s$")
_CRYPTO = ("crypto", "node:crypto")
_NAME = "isSameSecret"
_BY_NAME = "timingSafeEqual"

# What is a text wherever it is anything. Python: os.environ[…], a hexadecimal digest, an f-string.
_PYTHON_TEXT = regex(
    r"os\.environ\[[^\]]*\]|.*\.hexdigest\(\)|[fr]{0,2}(?:\"[^\"]*\"|'[^']*')|str\(.*\)|.*\.decode\([^()]*\)|request\.(?:headers|args|form|cookies)\[[^\]]*\]",
    re.DOTALL | re.IGNORECASE,
)
_PYTHON_BYTES = regex(r".*\.(?:digest|encode)\([^()]*\)|[bB][\"'].*", re.DOTALL)
_PYTHON_MAYBE = regex(r"os\.(?:getenv|environ\.get)\(\s*([\"']\w+[\"'])\s*\)|request\.(?:headers|args|form|cookies)\b.*", re.DOTALL)
_FROM_ENVIRONMENT = regex(r"os\.(?:getenv|environ\.get)\(\s*([\"']\w+[\"'])\s*\)")
_NODE_TEXT = regex(
    r"`.*`|[\"'][^\"']*[\"']|.*\.digest\(\s*[\"'](?:hex|base64|base64url)[\"']\s*\)|.*\.toString\(\s*[\"'](?:hex|base64|base64url)[\"']\s*\)",
    re.DOTALL,
)
_NODE_MAYBE = regex(
    r"process\.env(?:\.\w+|\[.*\])!?|Deno\.env\.get\(.*\)!?|(?:\w+\.)*headers(?:\.get\(.*\)|\.\w+|\[[\"'].*[\"']\])!?"
    r"|\w+\.(?:get|header)\([\"'][\w-]+[\"']\)!?|(?:\w+\.)*searchParams\.get\(.*\)!?",
    re.DOTALL,
)


_OF_PYTHON = (("bytes", _PYTHON_BYTES), ("text", _PYTHON_TEXT), ("maybe", _PYTHON_MAYBE))
_OF_NODE = (("text", _NODE_TEXT), ("maybe", _NODE_MAYBE))


class _Side(NamedTuple):
    """One of two that are compared: as it is written, what it is (``text``, ``bytes``, ``maybe``: a text or nothing; "" where that can't be told), and whether a request sends it."""

    written: str
    kind: str
    sent: bool
    pure: bool


def same_secret(app: App, finding: Finding) -> Iterator[Fix]:
    """``hmac.compare_digest``; in Node a function of the file that asks ``timingSafeEqual`` about texts of one length."""
    found = fact(app.project.secret_comparisons, finding)
    unit = sites.code(app, found.place.path) if found is not None else None
    if found is None or unit is None:
        return
    data = app.text(unit.path)
    write = _python if unit.language is Language.PYTHON else _node
    edits: list[Edit] = []
    unset = ""
    for compared in _compared(unit, data, found.place.span):
        made = write(unit, data, compared)
        if made is None:
            return
        edits += made[0]
        unset = unset or made[1]
    if edits:
        stops = (Step(found.place, f"where {unset} is not set nobody is let through: before, who sent nothing was"),) if unset else ()
        safety = Safety.UNSAFE if unset else Safety.SAFE
        yield Fix("Take the same time for every guess", safety, tuple({(each.span, each.text): each for each in edits}.values()), stops)


def _compared(unit: Unit, data: bytes, span: Span) -> list[Operation]:
    """The comparisons of a test that are about secrets: its only one, or those whose names say so."""
    found = {
        each.span: each
        for statement in sites.statements(unit)
        if statement.span.start <= span.start and span.end <= statement.span.end
        for each in sites.whole(statement)
        if isinstance(each, Operation)
        and each.operator in ("==", "!=")
        and len(each.operands) == 2  # noqa: PLR2004 - of a chain it compares none
        and each.span in span
        and not any(isinstance(one, Literal) or _is_length(one) for one in each.operands)
    }
    every = list(found.values())
    return every if len(every) == 1 else [each for each in every if _SECRET.search(_text(data, each.span))]


def _is_length(node: Expression) -> bool:
    return isinstance(node, Attribute) and node.name in ("length", "method", "type")


def _parent(unit: Unit, compared: Operation) -> str:
    """The operator that takes the result; "" where none does."""
    around = [each for each in sites.around(unit, compared.span) if each.span != compared.span]
    return around[0].operator if around and isinstance(around[0], Operation) else ""


def _text(data: bytes, span: Span) -> str:
    return data[span.start : span.end].decode("utf-8", "replace")


def _side(unit: Unit, data: bytes, node: Expression) -> _Side:
    written = _text(data, node.span)
    function = next(iter(sites.functions_around(unit, node.span)), None)
    origin, typed = _origin(unit, data, node, function)
    kinds = _OF_PYTHON if unit.language is Language.PYTHON else _OF_NODE
    kind = typed or next((name for name, pattern in kinds if pattern.fullmatch(origin)), "")
    parameters = {each.target.id for each in function.parameters if isinstance(each.target, Name)} if function is not None else set()
    # What is worked out of a request is what the server expects of it.
    sent = bool(_SENT.search(origin) and not _SIGNED.search(origin)) or (isinstance(node, Name) and node.id in parameters)
    if isinstance(node, Operation | Await):
        written = f"({written})"
    return _Side(written, kind, sent, isinstance(node, Name | Attribute) or _FROM_ENVIRONMENT.fullmatch(written) is not None)


def _origin(unit: Unit, data: bytes, node: Expression, function: Function | None) -> tuple[str, str]:
    """Where a value comes from, as it is written there, and its kind where a hint says so."""
    if not isinstance(node, Name):
        return _text(data, node.span), ""
    for each in function.parameters if function is not None else ():
        if isinstance(each.target, Name) and each.target.id == node.id:
            hint = _text(data, each.annotation.span) if each.annotation is not None else ""
            if each.default is not None and "None" in _text(data, each.default.span):
                return node.id, "maybe"
            return node.id, {"str": "text", "bytes": "bytes", "string": "text"}.get(hint, "maybe" if "str" in hint.lower() else "")
    for block in (function.block if function is not None else unit.span, unit.span):
        known = sites.assignments(unit, node.id, block)
        if len(known) == 1 and known[0].operator == "=" and known[0].value is not None:
            return _text(data, known[0].value.span), ""
        if known:
            break
    return node.id, ""


def _python(unit: Unit, data: bytes, compared: Operation) -> tuple[list[Edit], str] | None:
    one, other = (_side(unit, data, each) for each in compared.operands)
    parent = _parent(unit, compared)
    imports = sites.with_module(unit, data, "hmac")
    kinds = {one.kind, other.kind}
    if imports is None or parent not in ("", "!", "&&", "||") or ("bytes" in kinds and kinds != {"bytes"}) or kinds == {""}:
        return None
    needed = ""
    given = []
    for each in (one, other):
        if each.kind in ("text", "bytes"):
            given.append(each.written if each.kind == "bytes" else f"{each.written}.encode()")
        elif each.sent and not (one.sent and other.sent):
            given.append(f'({each.written} or "").encode()')
        elif each.pure and not needed and (one.sent or other.sent):
            needed = each.written
            given.append(f"{_FROM_ENVIRONMENT.sub(lambda match: f'os.environ[{match[1]}]', each.written)}.encode()")
        else:
            return None
    same = f"hmac.compare_digest({', '.join(given)})"
    differs = compared.operator == "!="
    text = f"not {same}" if differs else same
    if needed:
        text = f"not {needed} or {text}" if differs else f"{needed} and {text}"
        own = "||" if differs else "&&"
        text = f"({text})" if parent not in ("", own) and not _is_bracketed(data, compared.span) else text
    return [*imports, Edit(unit.path, compared.span, text)], f"`{needed}`" if needed else ""


def _is_bracketed(data: bytes, span: Span) -> bool:
    return data[: span.start].rstrip().endswith(b"(") and data[span.end :].lstrip().startswith(b")")


def _node(unit: Unit, data: bytes, compared: Operation) -> tuple[list[Edit], str] | None:
    if _NOT_NODE.search(data) or _MIDDLEWARE.search(unit.path) or not unit.path.endswith((".js", ".ts", ".mjs", ".cjs", ".mts", ".cts")):
        return None
    one, other = (_side(unit, data, each) for each in compared.operands)
    between = data[compared.operands[0].span.end : compared.operands[1].span.start]
    is_strict = b"===" in between or b"!==" in between
    sure = [bool(each.kind) for each in (one, other)]
    helper = _helper(unit, data)
    if not (all(sure) if not is_strict else any(sure)) or helper is None:
        return None
    call = f"{_NAME}({', '.join(_text(data, each.span) for each in compared.operands)})"
    unset = next((f"`{each.written}`" for each in (one, other) if not each.sent and each.kind != "text"), "")
    return [*helper, Edit(unit.path, compared.span, f"!{call}" if compared.operator == "!=" else call)], unset


def _helper(unit: Unit, data: bytes) -> list[Edit] | None:
    """The function, and what it is made of; none where the file has it, None where the names stand for something else."""
    if f"function {_NAME}(".encode() in data:
        return []
    if _NAME.encode() in data:
        return None
    whole = next((entry.local for entry in unit.imports if entry.module in _CRYPTO and entry.name in ("*", "default")), "")
    there = next((entry for entry in unit.imports if entry.module in _CRYPTO and not entry.type_only), None)
    taken = [entry for entry in unit.imports if entry.local == _BY_NAME]
    edits: list[Edit] = []
    if whole or any(entry.module in _CRYPTO and entry.name == _BY_NAME for entry in taken):
        pass
    elif taken:
        return None
    elif there is not None:
        edits = [Edit(unit.path, Span(there.span.end, there.span.end), f", {_BY_NAME}")]
    else:
        edit = import_named(unit, data, _BY_NAME, "node:crypto")
        if edit is None:
            return None
        edits = [edit]
    typed = unit.language is Language.TYPESCRIPT
    ends = "\r\n" if b"\r\n" in data else "\n"
    semicolon = ";" if data.count(b";") > data.count(b"\n") / 4 else ""
    quote = "'" if data.count(b"'") > data.count(b'"') else '"'
    step = "\t" if b"\n\t" in data else "    " if b"\n    " in data and not re.search(rb"\n  \S", data) else "  "
    # In Deno there is no global Buffer.
    to_bytes = "new TextEncoder().encode" if b"Deno." in data else "Buffer.from"
    hint = (": unknown", ": boolean") if typed else ("", "")
    lines = [
        "",
        "/** Whether two secrets are alike; takes the same time for every guess. */",
        f"function {_NAME}(sent{hint[0]}, expected{hint[0]}){hint[1]} {{",
        f"{step}if (typeof sent !== {quote}string{quote} || typeof expected !== {quote}string{quote}) return false{semicolon}",
        f"{step}const one = {to_bytes}(sent){semicolon}",
        f"{step}const other = {to_bytes}(expected){semicolon}",
        f"{step}return one.length === other.length && {f'{whole}.' if whole else ''}{_BY_NAME}(one, other){semicolon}",
        "}",
    ]
    end = len(data)
    lead = "" if data.endswith(b"\n") else ends
    return [*edits, Edit(unit.path, Span(end, end), lead + ends.join(lines) + (ends if not lead else ""))]
