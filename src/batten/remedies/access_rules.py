"""Closes rules of Firebase: to the one whose document it is by its path, or to everybody where strangers may change what is there; invents no field of an owner."""

from collections.abc import Iterator
from typing import NamedTuple

from batten.facts.access_rules import AccessRule, Who
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.parse.documents import Scalar, Table, read_json
from batten.parse.firebase import Block, read
from batten.regex import regex
from batten.remedies.app import App, fact
from batten.text import Place, Span

# A step of a path that holds the id of an account: by its own name, or by that of the collection before it.
_BY_NAME = regex(r"\{(uid|userId|userID|user_id|ownerId|owner_id|accountId)\}")
_BY_COLLECTION = regex(r"/(?:users|profiles|accounts)/\{(\w+)\}")
_OF_DATABASE = regex(r"/(\$(?:uid|userId|userID|user_id|ownerId))(?:/|$)|/(?:users|profiles|accounts)/(\$\w+)")
_ALLOW = regex(rb"allow\s+[\w\s,]+?(?P<end>\s*(?::(?P<head>\s*if\b)?|;|$))")
_EVERYTHING = regex(r"=\*\*\}$")


class _Grant(NamedTuple):
    """What lets people in: where its condition stands (an empty range where it has none), with the path that it is for."""

    path: str
    condition: Span
    bare: bool


def close_rules(app: App, finding: Finding) -> Iterator[Fix]:
    """Those whose document it is; nobody, where it is everybody's to change and its path names no owner."""
    rule = fact(app.project.access_rules, finding)
    if rule is None:
        return
    data = app.text(rule.place.path)
    grants = _of_database(data, rule) if rule.service == "database" else _of_files(data, rule)
    for chosen in (grants[:1], grants) if len(grants) > 1 else (grants,):
        owned = [_owner(rule, grant) for grant in chosen]
        if chosen and all(owned):
            stop = Step(rule.place, f"{rule.path}: accounts keep what bears their own id, everyone else gets nothing")
            edits = [_written(rule, grant, text) for grant, text in zip(chosen, owned, strict=True) if text]
            yield Fix(f"Open {rule.path} to the account that its path names", Safety.UNSAFE, tuple(edits), (stop,))
        elif chosen and rule.who is not Who.ANY_USER and (rule.changes or _EVERYTHING.search(rule.path)):
            stop = Step(
                rule.place, f"{rule.path}: apps and pages get nothing until a rule says whose it is; servers with the admin SDK go on"
            )
            yield Fix(f"Close {rule.path}", Safety.UNSAFE, tuple(_written(rule, grant, "false") for grant in chosen), (stop,))


def _owner(rule: AccessRule, grant: _Grant) -> str | None:
    if rule.service == "database":
        named = _OF_DATABASE.search(grant.path)
        return f"auth !== null && auth.uid === {named[1] or named[2]}" if named is not None else None
    steps = _BY_COLLECTION.findall(grant.path) or _BY_NAME.findall(grant.path)
    return f"request.auth != null && request.auth.uid == {steps[0]}" if steps else None


def _written(rule: AccessRule, grant: _Grant, condition: str) -> Edit:
    if rule.service == "database":
        text = condition if condition == "false" else f'"{condition}"'
    else:
        text = f": if {condition}" if grant.bare else condition
    return Edit(rule.place.path, grant.condition, text)


def _of_files(data: bytes, rule: AccessRule) -> list[_Grant]:
    """The statement of the place, then those of the same block that say the same."""
    pending: list[tuple[Block, str]] = [(block, "") for block in read(data).blocks]
    while pending:
        block, before = pending.pop()
        path = before + block.path
        if any(allow.span == rule.place.span for allow in block.allows):
            grants = [(allow.span, grant) for allow in block.allows if (grant := _statement(data, path, allow.span)) is not None]
            own = next((grant for span, grant in grants if span == rule.place.span), None)
            if own is None:
                return []
            said = data[own.condition.start : own.condition.end]
            return [own, *(each for _, each in grants if each is not own and data[each.condition.start : each.condition.end] == said)]
        pending += [(inner, path) for inner in block.blocks]
    return []


def _statement(data: bytes, path: str, span: Span) -> _Grant | None:
    found = _ALLOW.match(data, span.start, span.end)
    if found is None:
        return None
    if found["head"] is None:
        # With a colon and no ``if`` it is half-written.
        return _Grant(path, Span(found.start("end"), found.start("end")), bare=True) if b":" not in found["end"] else None
    end = span.end
    while data[end - 1 : end] in (b";", b" ", b"\t", b"\n", b"\r"):
        end -= 1
    start = found.end("head")
    while data[start : start + 1].isspace():
        start += 1
    comment = any(mark in data[start:end] for mark in (b"//", b"/*"))
    return _Grant(path, Span(start, end), bare=False) if start < end and not comment else None


def _of_database(data: bytes, rule: AccessRule) -> list[_Grant]:
    document = read_json(data)
    top = document.table.get("rules") if document.table is not None else None
    pending: list[tuple[Table, str]] = [(top, "")] if isinstance(top, Table) else []
    while pending:
        table, here = pending.pop()
        if (here or "/") == rule.path:
            wanted = [name for name, of in ((".read", rule.reads), (".write", bool({"create", "update", "delete"} & {*rule.verbs}))) if of]
            entries = [entry for entry in table.entries if entry.key in wanted and isinstance(entry.value, Scalar)]
            if any(Place(rule.place.path, entry.place) == rule.place for entry in entries):
                return [_Grant(here, entry.value.span, bare=False) for entry in entries]
        pending += [(entry.value, f"{here}/{entry.key}") for entry in table.entries if isinstance(entry.value, Table)]
    return []
