"""Makes functions of a database anew, with what they lack at their beginning; all else stays as it is written."""

import re
from collections.abc import Iterator

from batten.facts.database import DatabaseFunction
from batten.finding import Finding, Fix, Safety, Step
from batten.parse.postgres.split import pieces
from batten.regex import regex
from batten.remedies import readers
from batten.remedies.app import App, fact
from batten.remedies.chain import migration
from batten.remedies.objects import for_servers
from batten.remedies.sql import name, signature

_BEGIN = regex(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|(?P<begin>\bbegin\b(?!\s+atomic\b))", re.IGNORECASE | re.DOTALL)
_CREATE = regex(r"^(?P<lead>(?:\s|--[^\n]*\n|/\*.*?\*/)*)create\s+(?:or\s+replace\s+)?(?=function\b)", re.IGNORECASE | re.DOTALL)
_JOINED = regex(r"''(?P<before>%?)'\s*\|\|\s*(?P<value>[A-Za-z_]\w*)\s*\|\|\s*'(?P<after>%?)''")
_FORMATTED = regex(r"\bformat\(\s*'(?P<text>(?:[^']|'')*)'\s*,(?P<values>[^()']*)\)", re.IGNORECASE)
_HOLE = regex(r"%(?P<kind>[%sIL])")
_OPENED = regex(r"''(?P<any>(?:%%)?)$")
_CLOSED = regex(r"(?P<any>(?:%%)?)''")
_NAME = regex(r"[A-Za-z_]\w*")
_TEXT = ("text", "varchar", "character varying")
_CLIENTS = "('anon', 'authenticated')"


def bind_parameter_to_caller(app: App, finding: Finding) -> Iterator[Fix]:
    """Clients name their own account or are refused; servers and other functions name any, as before. Only in PL/pgSQL, where it can be asked before anything else."""
    function = fact(app.project.database_functions, finding)
    text = _definition(app, function) if function is not None else None
    if function is None or function.trusts is None or text is None or function.language != "plpgsql":
        return
    kind = next((each.type for each in function.arguments if each.name == function.trusts), "")
    head, body, tail = text
    begin = next((found for found in _BEGIN.finditer(body) if found["begin"]), None)
    if begin is None or not (kind == "uuid" or kind in _TEXT):
        return
    caller = "auth.uid()" if kind == "uuid" else "auth.uid()::text"
    check = (
        f"\n  if auth.role() in {_CLIENTS} and {name(function.trusts)} is distinct from {caller} then\n"
        "    raise exception 'this is another account' using errcode = '42501';\n  end if;"
    )
    made = _again(function, (head, f"{body[: begin.end()]}{check}{body[begin.end() :]}", tail))
    edits = migration(app, function.origin, function.database, "bind_to_caller", made)
    own = Step(function.place, f"accounts are refused that name another in `{function.trusts}`")
    stops = readers.calls(
        app, function.name, f"refused where `{function.trusts}` is another account's, unless it asks with the service key"
    )
    yield Fix(f"Let clients call {function.name} for their own account alone", Safety.UNSAFE, edits, (own, *stops))


def quote_in_format(app: App, finding: Finding) -> Iterator[Fix]:
    """Values that stand between quotation marks of a statement which is put together are quoted by the server. Names, and parts of a statement, are for people."""
    function = fact(app.project.database_functions, finding)
    text = _definition(app, function) if function is not None else None
    if function is None or text is None or function.language != "plpgsql":
        return
    head, body, tail = text
    quoted = _FORMATTED.sub(_formatted, _JOINED.sub(_joined, body))
    if quoted == body:
        return
    made = _again(function, (head, quoted, tail))
    title = f"Quote the values in what {function.name} runs"
    stop = Step(function.place, "a quotation mark in a value is one from here on, and ends nothing")
    yield Fix(title, Safety.UNSAFE, migration(app, function.origin, function.database, "quote_values", made), (stop,))
    if function.definer and not function.used_by_policies:
        # What it does with its owner's rights for whoever calls it is a hole of its own, which the other one hid.
        edits = migration(app, function.origin, function.database, "quote_values", [*made, *for_servers(function)])
        stops = readers.calls(app, function.name, "refused unless it asks with the service key")
        yield Fix(f"{title}, and let no client call it", Safety.UNSAFE, edits, (stop, *stops))


def _joined(found: re.Match[str]) -> str:
    """``' … like ''%' || p || '%'' …'``: the mark that opens the value and the one that closes it go, the server writes them."""
    return f"' || quote_literal({_round(found['before'], found['value'], found['after'])}) || '"


def _formatted(found: re.Match[str]) -> str:
    """``format('… ''%%%s%%'' …', p)``; as it is where holes are numbered, or arguments more than names."""
    values = [each.strip() for each in found["values"].split(",")]
    holes = list(_HOLE.finditer(found["text"]))
    kinds = [each for each in holes if each["kind"] != "%"]
    if len(kinds) != len(values) or not all(_NAME.fullmatch(each) for each in values):
        return found[0]
    text = found["text"]
    for number in reversed(range(len(kinds))):
        hole = kinds[number]
        before, after = _OPENED.search(text, 0, hole.start()), _CLOSED.match(text, hole.end())
        if hole["kind"] == "s" and before is not None and after is not None:
            text = f"{text[: before.start()]}%L{text[after.end() :]}"
            values[number] = _round(before["any"][:1], values[number], after["any"][:1])
    return f"format('{text}', {', '.join(values)})"


def _round(before: str, value: str, after: str) -> str:
    return " || ".join([*([f"'{before}'"] if before else []), value, *([f"'{after}'"] if after else [])])


def _again(function: DatabaseFunction, text: tuple[str, str, str]) -> list[str]:
    """The statements that make a function anew, with what later statements made of it, which would go with the old one."""
    head, body, tail = text
    return [f"{_CREATE.sub('create or replace ', head)}{body}{tail};", *_altered(function, (head + tail).lower())]


def _altered(function: DatabaseFunction, said: str) -> Iterator[str]:
    if function.definer and "security definer" not in said:
        yield f"alter function {signature(function.signature)} security definer;"
    if function.search_path is not None and "search_path" not in said:
        yield f"alter function {signature(function.signature)} set search_path = {function.search_path or chr(39) * 2};"


def _definition(app: App, function: DatabaseFunction) -> tuple[str, str, str] | None:
    """The statement that made a function: what stands before its body, the body, and what stands behind it."""
    if function.body is None:
        return None
    data, span = app.text(function.body.path), function.body.span
    piece = next((each.span for each in pieces(data) if each.span.start <= span.start and span.end <= each.span.end), None)
    if piece is None:
        return None
    head, body, tail = (
        data[start:end].decode("utf-8", "replace")
        for start, end in ((piece.start, span.start), (span.start, span.end), (span.end, piece.end))
    )
    return (head, body, tail.rstrip().removesuffix(";")) if _CREATE.match(head) else None
