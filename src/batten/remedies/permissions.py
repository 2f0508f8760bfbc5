"""Has coding assistants ask again before they act: takes the setting back that switched their questions off; writes no list of what they may do."""

import json
from collections.abc import Iterator

from batten.extract.agents.servers import is_acting
from batten.facts.agents import Allowance
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.parse.documents import Document, Entry, Listing, Scalar, Table, Value, read_json
from batten.regex import regex
from batten.remedies.app import App, fact
from batten.text import Span

_QUIET = {"bypassPermissions": '"default"', "true": "false"}
"""What stands for no questions, and what takes its place."""
_SANDBOX = regex(rb"[\"']danger-full-access[\"']")
_DEEPEST = 8


def ask_again(app: App, finding: Finding) -> Iterator[Fix]:
    """One setting, or one entry of a list, in a file of settings; flags of commands are left alone, as what runs by itself would wait for ever."""
    found = fact(app.project.allowances, finding)
    if found is None:
        return
    edit = _of_codex(app, found) if found.place.path.endswith(".toml") else _of_json(app, found)
    if edit is not None:
        stop = Step(found.place, f"{found.tool} asks from here on: what runs with nobody beside it waits")
        yield Fix(f"Let {found.tool} ask again", Safety.UNSAFE, (edit,), (stop,))


def _of_codex(app: App, found: Allowance) -> Edit | None:
    data, span = app.text(found.place.path), found.place.span
    word = _SANDBOX.search(data, span.start, span.end)
    if word is None:
        return None
    quote = data[word.start() : word.start() + 1].decode()
    return Edit(found.place.path, Span(*word.span()), f"{quote}workspace-write{quote}")


def _of_json(app: App, found: Allowance) -> Edit | None:
    path, data = found.place.path, app.text(found.place.path)
    document: Document = read_json(data)
    pending: list[tuple[Value, int]] = [(document.table, 0)] if document.table is not None and document.whole else []
    while pending:
        value, depth = pending.pop()
        if isinstance(value, Table):
            for entry in value.entries:
                if entry.place == found.place.span:
                    return _changed(path, entry)
        for each in value.items if isinstance(value, Listing) else ():
            if each.span == found.place.span and isinstance(value, Listing):
                return Edit(path, _with_comma(value, each), "")
        if depth < _DEEPEST:
            pending += [(each, depth + 1) for each in _below(value)]
    return None


def _below(value: Value) -> Iterator[Value]:
    if isinstance(value, Table):
        yield from (entry.value for entry in value.entries)
    elif isinstance(value, Listing):
        yield from value.items


def _changed(path: str, entry: Entry) -> Edit | None:
    value = entry.value
    if isinstance(value, Listing):
        kept = [item.text for item in value.items if isinstance(item, Scalar) and not is_acting(item.text)]
        return Edit(path, value.span, json.dumps(kept, ensure_ascii=False))
    text = _QUIET.get(value.text) if isinstance(value, Scalar) else None
    return Edit(path, value.span, text) if text is not None else None


def _with_comma(listing: Listing, item: Value) -> Span:
    """An item of a list, with the comma that parts it from the next one, or from the one before where it is the last."""
    at = listing.items.index(item)
    if at + 1 < len(listing.items):
        return Span(item.span.start, listing.items[at + 1].span.start)
    return Span(listing.items[at - 1].span.end, item.span.end) if at else item.span
