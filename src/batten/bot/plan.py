"""Decides what to say on a pull request, from what was found, what its diff shows, and what was said before; asks nobody and sends nothing."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from batten.bot.document import Document, New
from batten.bot.patches import Files
from batten.bot.words import comment, summary, told
from batten.report.run import Rule

MOST_COMMENTS = 20


class Thread(Struct, frozen=True):
    """A thread of review comments that this very account began. ``alone``: nobody else has written in it."""

    id: str
    comment_id: str
    body: str
    alone: bool
    minimized: bool
    resolved: bool


class Said(Struct, frozen=True):
    """What this account has said on the pull request; ``head`` is the commit that it shows now. The summary is None where there is none."""

    head: str
    threads: tuple[Thread, ...] = ()
    summary_id: str | None = None
    summary_body: str = ""


class Comment(Struct, frozen=True):
    """A comment to make; ``line`` None: on the file. From ``start`` where it is about several lines. ``otherwise`` is its body where no suggestion can be."""

    path: str
    body: str
    findings: tuple[New, ...]
    line: int | None = None
    start: int | None = None
    otherwise: str = ""


class Plan(Struct, frozen=True):
    """What is to be done. ``gone`` are threads of ours about findings that are no more. ``unsaid`` have no comment: the summary lists them."""

    comments: tuple[Comment, ...]
    gone: tuple[Thread, ...]
    unsaid: tuple[New, ...]
    commented: int


class _Spot(NamedTuple):
    path: str
    line: int | None


def plan(document: Document, files: Files, said: Said, rules: Mapping[str, Rule], most: int = MOST_COMMENTS) -> Plan:
    """What is new is said once; what was said is not repeated. Comments are capped, worst first: the rest goes into the summary."""
    now = {finding.handle for finding in document.new}
    live = [about for thread in said.threads if not thread.minimized and (about := told(thread.body) & now)]
    known = frozenset().union(*live)
    left = most - len(live)
    spots: dict[_Spot, list[New]] = {}
    unsaid: list[New] = []
    commented = 0
    for finding in document.new:
        spot = _spot(finding, files)
        if finding.handle in known:
            commented += 1
        elif spot is None or (spot not in spots and len(spots) >= left):
            unsaid.append(finding)
        else:
            spots.setdefault(spot, []).append(finding)
            commented += 1
    gone = [
        thread
        for thread in said.threads
        if document.is_in_sight and not thread.minimized and thread.alone and (handles := told(thread.body)) and not handles & now
    ]
    comments = tuple(_comment(spot, found, files, rules) for spot, found in spots.items())
    return Plan(comments, tuple(gone), tuple(unsaid), commented)


def summary_of(document: Document, made: Plan, failed: Sequence[New], said: Said) -> str | None:
    """The text of the summary; None where it stands there already, or there is nothing to say and never was."""
    body = summary(document, [*made.unsaid, *failed], made.commented - len(failed))
    if said.summary_id is None and not (document.new or document.fixed or document.surface or document.silenced):
        return None
    return None if said.summary_id is not None and said.summary_body.strip() == body.strip() else body


def _spot(finding: New, files: Files) -> _Spot | None:
    """The line of the diff to speak at, else the file, where it is of the change; None: nowhere in it."""
    anchor = finding.anchor
    if anchor.where == "elsewhere" or anchor.path not in files:
        return None
    if anchor.line is not None and files[anchor.path].holds(anchor.line, anchor.line):
        return _Spot(anchor.path, anchor.line)
    return _Spot(anchor.path, None)


def _comment(spot: _Spot, findings: Sequence[New], files: Files, rules: Mapping[str, Rule]) -> Comment:
    plain_body = comment(findings, rules, suggest=False)
    only = findings[0] if len(findings) == 1 else None
    offered = only.fix.suggestion if only is not None and only.fix is not None else None
    # GitHub applies a suggestion to the lines that its comment is on: they have to be the whole of the fix, and lines of one hunk.
    if offered is not None and offered.path in files and files[offered.path].holds(offered.start, offered.end):
        start = offered.start if offered.start < offered.end else None
        return Comment(offered.path, comment(findings, rules, suggest=True), tuple(findings), offered.end, start, plain_body)
    return Comment(spot.path, plain_body, tuple(findings), spot.line, None, plain_body)
