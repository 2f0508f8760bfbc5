"""Writes what a change does, for people and for programs; decides nothing about it."""

import json
from collections.abc import Sequence
from typing import Any, Protocol, TextIO

from batten.finding import Finding
from batten.report.escape import path as plain_path
from batten.report.escape import plain
from batten.report.json import finding_document, is_complete, notes_document, place_document
from batten.report.markdown import code, write_table
from batten.report.run import Run, Texts, rank
from batten.report.style import Style
from batten.report.suggestion import fix_document
from batten.report.summary import missing_line
from batten.text import Place

VERSION = 1
_MOST = 50


class Shift(Protocol):
    """As in ``batten.diff``."""

    # ruff: noqa: D102 - each is what its name says

    @property
    def direction(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def place(self) -> Place | None: ...


class Anchor(Protocol):
    """As in ``batten.diff``."""

    @property
    def where(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def line(self) -> int | None: ...


class News(Protocol):
    """As in ``batten.diff``."""

    @property
    def finding(self) -> Finding: ...
    @property
    def anchor(self) -> Anchor: ...
    @property
    def silenced(self) -> bool: ...


class Silenced(Protocol):
    """A finding that an ignore comment speaks for."""

    @property
    def finding(self) -> Finding: ...
    @property
    def reason(self) -> str: ...


class Difference(Protocol):
    """As in ``batten.diff``."""

    @property
    def new(self) -> Sequence[News]: ...
    @property
    def fixed(self) -> Sequence[Finding]: ...
    @property
    def silenced(self) -> Sequence[Silenced]: ...
    @property
    def shifts(self) -> Sequence[Shift]: ...


def write_text(run: Run, found: Difference, stream: TextIO, style: Style) -> None:
    """What the change opens and closes beside its new findings, each a line."""
    texts = Texts(run.sources)
    for title, direction, sign in (("opens", "wider", "+"), ("closes", "narrower", "-")):
        rows = [shift for shift in found.shifts if shift.direction == direction]
        if rows:
            stream.write(f"\nthis change {title}:\n")
        for shift in rows:
            where = ""
            if shift.place is not None:
                where = f" ({plain_path(run.shown(shift.place.path))}:{texts.start(shift.place).line})"
            stream.write(style.paint(f"  {sign} {plain(shift.text)}", "yellow" if sign == "+" else "green") + f"{where}\n")
    if found.fixed:
        stream.write("\nfixed:\n")
        stream.writelines(f"  {plain(finding.rule)}: {plain(finding.message)}\n" for finding in sorted(found.fixed, key=rank))
    told = [(one.finding, one.reason) for one in found.silenced]
    told += [(news.finding, "new, and ignored by this very change") for news in found.new if news.silenced]
    if told:
        stream.write("\nsilenced by comments of this change:\n")
        stream.writelines(f"  {plain(finding.rule)}: {plain(finding.message)} ({plain(reason)})\n" for finding, reason in told)


def write_json(run: Run, found: Difference, base: str, head: str | None, stream: TextIO) -> None:
    """One JSON object; the form is docs/schema/difference.schema.json. ``head`` None: the working tree."""
    texts = Texts(run.sources)
    document: dict[str, Any] = {
        "version": VERSION,
        "base": base,
        "head": head,
        "new": [
            {
                **finding_document(news.finding, texts),
                "anchor": {"where": str(news.anchor.where), "path": news.anchor.path, "line": news.anchor.line},
                "silenced": news.silenced,
                "fix": fix_document(run, news.finding),
            }
            for news in sorted(found.new, key=lambda news: rank(news.finding))
        ],
        "fixed": [{"rule": finding.rule, "message": finding.message, "key": finding.key} for finding in sorted(found.fixed, key=rank)],
        "silenced": [{"rule": one.finding.rule, "key": one.finding.key, "reason": one.reason} for one in found.silenced],
        "surface": [
            {
                "direction": str(shift.direction),
                "kind": shift.kind,
                "text": shift.text,
                "place": place_document(shift.place, texts) if shift.place is not None else None,
            }
            for shift in found.shifts
        ],
        "complete": is_complete(run),
        "notes": notes_document(run, texts),
    }
    json.dump(document, stream, indent=2, ensure_ascii=True)
    stream.write("\n")


def write_markdown(run: Run, found: Difference, stream: TextIO) -> None:
    """A summary for a pull request: what is new, what opens, what is gone. Text of the app is shown as code, and cannot be anything else."""
    texts = Texts(run.sources)
    new = sorted(found.new, key=lambda news: rank(news.finding))
    if new or found.shifts or found.fixed:
        stream.write(f"**batten:** {len(new)} new finding{'' if len(new) == 1 else 's'}, {len(found.fixed)} fixed.\n")
    else:
        stream.write("**batten:** this change opens nothing that it knows of.\n")
    missing = missing_line(run)
    if missing is not None:
        stream.write(f"\n{missing}\n")
    if new:
        table = ((news.finding, " (ignored by a comment of this change)" if news.silenced else "") for news in new[:_MOST])
        write_table(table, texts, stream)
    if len(new) > _MOST:
        stream.write(f"\n{len(new) - _MOST} more are in the full report.\n")
    for title, direction in (("What it opens", "wider"), ("What it closes", "narrower")):
        rows = [shift for shift in found.shifts if shift.direction == direction]
        if rows:
            stream.write(f"\n<details{' open' if direction == 'wider' else ''}><summary>{title} ({len(rows)})</summary>\n\n")
            stream.writelines(f"- {code(shift.text)}\n" for shift in rows[:_MOST])
            stream.write("\n</details>\n")
    if found.silenced:
        stream.write("\nComments of this change silence findings that were there before:\n\n")
        stream.writelines(f"- {code(one.finding.message)}: {code(one.reason)}\n" for one in found.silenced[:_MOST])
