"""Compares the models of an app before and after a change: what is found now and was not, and where in the change to say so."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum

from msgspec import Struct, structs

from batten.diff.surface import Shift, shifts
from batten.facts.project import Project
from batten.finding import Confidence, Finding
from batten.ignores import Ignored
from batten.report.run import Run
from batten.rules.fields import collections
from batten.rules.page import Page
from batten.rules.select import compile_doubt
from batten.scan import Scan
from batten.text import Lines, Place, Span

_MOST_TOLD = 3


class Where(StrEnum):
    """How near a change an anchor is."""

    FINDING = "finding"
    """The finding itself stands in a line of the change."""
    STEP = "step"
    """A step of its story does."""
    FILE = "file"
    """A file of its story has changed, and no hunk alone is the cause: there, the nearest line of the change."""
    CAUSE = "cause"
    """Without this hunk the finding would not be there: what it brings, or the line after what it takes away; none where the file is gone."""
    ELSEWHERE = "elsewhere"
    """Nothing of its story has changed, and no one file is the cause."""


class Anchor(Struct, frozen=True):
    """The line of the change to speak at, in the new state: 1-based, None for the finding's own place."""

    where: Where
    path: str
    line: int | None = None


class News(Struct, frozen=True):
    """A finding that was not there before. ``silenced``: an ignore of this very change speaks for it."""

    finding: Finding
    anchor: Anchor
    silenced: bool = False


class Difference(Struct, frozen=True):
    """What a change does. ``silenced`` are findings that were there before and that an ignore of the change speaks for now."""

    new: tuple[News, ...]
    fixed: tuple[Finding, ...]
    silenced: tuple[Ignored, ...]
    shifts: tuple[Shift, ...]


def compare(
    before: Scan,
    after: Scan,
    changed: Mapping[str, frozenset[int]],
    text: Callable[[str], bytes],
    pages: Mapping[str, Page],
    certain: AbstractSet[str] | None = None,
) -> Difference:
    """What is other. ``changed`` are the lines of the change by path, ``text`` gives the new state of a file, ``pages`` are the rules that ran.

    What is not found any more is fixed, save where it may only be out of sight: it is ``certain`` for some files alone, None: for all.
    """
    old = {finding.key for finding in before.findings} | {one.finding.key for one in before.ignored}
    known_ignores = {one.finding.key for one in before.ignored}
    ignored = [one for one in after.ignored if one.in_source and one.finding.key not in known_ignores]
    larger = {(name, finding.subject) for finding in before.findings for name in pages[finding.rule].swallows}
    unseen = old | {finding.key for finding in after.findings if finding.subject and (finding.rule, finding.subject) in larger}
    fresh = [(finding, False) for finding in after.findings if finding.key not in unseen]
    fresh += [(finding, False) for finding in _grown(before.findings, after.findings)]
    fresh += [(one.finding, True) for one in ignored if one.finding.key not in unseen]
    fresh = [(_surer(finding, before.project, pages), silenced) for finding, silenced in fresh]
    now = {finding.key for finding in after.findings} | {one.finding.key for one in after.ignored}
    worse = {(name, finding.subject) for finding in after.findings if finding.subject for name in pages[finding.rule].swallows}
    gone = [finding for finding in before.findings if finding.key not in now and (finding.rule, finding.subject) not in worse]
    return Difference(
        new=tuple(News(finding, _anchor(finding, changed, text), silenced) for finding, silenced in fresh),
        fixed=tuple(
            finding
            for finding in gone
            if (certain is None or finding.place.path in certain) and not _is_doubtful(finding, after.project, pages[finding.rule])
        ),
        silenced=tuple(one for one in ignored if one.finding.key in old),
        shifts=shifts(before.project, after.project, certain),
    )


def _is_doubtful(finding: Finding, after: Project, page: Page) -> bool:
    """What it was about is there still, and something about it can't be told any more: that is not to say that it is in order."""
    in_doubt = compile_doubt(page.match) if page.match is not None else None
    fact = finding.key.removeprefix(f"{finding.rule}|")
    return in_doubt is not None and any(
        in_doubt(each) for each in getattr(after, collections()[page.fact], ()) if getattr(each, "key", None) == fact
    )


def _surer(finding: Finding, before: Project, pages: Mapping[str, Page]) -> Finding:
    """A finding about something that was in order before. That it was shows what was meant, so it is more than probable."""
    if finding.confidence is not Confidence.MEDIUM or finding.reason:
        return finding
    fact = finding.key.removeprefix(f"{finding.rule}|")
    if not any(getattr(each, "key", None) == fact for each in getattr(before, collections()[pages[finding.rule].fact], ())):
        return finding
    return structs.replace(
        finding, confidence=Confidence.HIGH, reason="; ".join(filter(None, (finding.reason, "before this change it was in order")))
    )


def _grown(before: Iterable[Finding], after: Iterable[Finding]) -> Iterator[Finding]:
    """Holes that were there before and have more places now: of each what is new, at the first of them."""
    known = {finding.key: {step.note for step in finding.places} for finding in before if finding.places}
    for finding in after:
        places = tuple(step for step in finding.places if step.note not in known.get(finding.key, (step.note,)))
        if places:
            message = "; ".join(step.note for step in places[:_MOST_TOLD])
            more = f"; and {len(places) - _MOST_TOLD} more like it" if len(places) > _MOST_TOLD else ""
            yield structs.replace(finding, place=places[0].place, message=message + more, places=places)


def _anchor(finding: Finding, changed: Mapping[str, frozenset[int]], text: Callable[[str], bytes]) -> Anchor:
    places = [finding.place, *(step.place for step in (*finding.places, *finding.trail))]
    for where, place in zip((Where.FINDING, *[Where.STEP] * len(places)), places, strict=False):
        if (line := _touched(place, changed, text)) is not None:
            return Anchor(where, place.path, line)
    for place in places:
        if lines := changed.get(place.path):
            own = Lines(_text(text, place.path)).line(place.span.start)
            return Anchor(Where.FILE, place.path, min(lines, key=lambda line: (abs(line - own), line)))
    return Anchor(Where.ELSEWHERE, finding.place.path)


def _touched(place: Place, changed: Mapping[str, frozenset[int]], text: Callable[[str], bytes]) -> int | None:
    lines = changed.get(place.path)
    if not lines:
        return None
    inside = Lines(_text(text, place.path))
    wanted = range(inside.line(place.span.start), inside.line(max(place.span.start, place.span.end - 1)) + 1)
    return next((line for line in wanted if line in lines), None)


def _text(text: Callable[[str], bytes], path: str) -> bytes:
    try:
        return text(path)
    except Exception:  # noqa: BLE001 - gone meanwhile
        return b""


def anchored(run: Run, found: Difference) -> Run:
    """The run with each finding at its line of the change, so that whoever reads the change reads it there."""
    moved = []
    for news in found.new:
        finding, anchor = news.finding, news.anchor
        if anchor.line is None or anchor.where is Where.FINDING:
            moved.append(finding)
            continue
        lines = Lines(_text(run.sources, anchor.path))
        start = lines.start(min(anchor.line, len(lines)))
        own = Lines(_text(run.sources, finding.place.path)).line(finding.place.span.start)
        message = f"{finding.message} ({finding.place.path}:{own})"
        moved.append(structs.replace(finding, place=Place(anchor.path, Span(start, start)), message=message))
    return structs.replace(run, findings=tuple(moved))
