"""Runs rules over a project: facts that match, hits of checks, one finding per root cause; knows no particular rule."""

import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from batten.checks import Hit
from batten.facts.project import Project
from batten.finding import Confidence, Finding, Note, NoteKind, Severity, Step
from batten.rules.fields import collections
from batten.rules.message import called, render
from batten.rules.page import Lower, Page
from batten.rules.select import Predicate, compile_match
from batten.text import Place, Span

if TYPE_CHECKING:
    from batten.rules.registry import RuleSet

# Where a fact has no name of its own, the first of these that it has stands for it in keys.
_NAMES = ("name", "table", "path", "root", "service")


class _Rule:
    """A page with its predicates, which are compiled when there is something to ask them of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.paths = frozenset(page.paths)

    @cached_property
    def fits(self) -> Predicate:
        """What a fact has to be; everything, for a page that has no match."""
        return compile_match(self.page.match) if self.page.match is not None else lambda _: True

    @cached_property
    def lower(self) -> list[tuple[Predicate, Lower]]:
        """What a fact is where it is less than the page says."""
        return [(compile_match(row.match), row) for row in self.page.lower]


@lru_cache(maxsize=8)
def _made_ready(rules: "RuleSet") -> tuple[_Rule, ...]:
    return tuple(map(_Rule, rules.pages))


class _Found(NamedTuple):
    finding: Finding
    world: tuple[str, str]
    """The package and the database in which the subject's name means one thing."""


class Ruling:
    """Rules made ready, and what those that look at one fact found last, for the next time that the facts of a kind are the same."""

    def __init__(self, rules: "RuleSet") -> None:
        self.checked: list[_Rule] = []
        self._matching: dict[str, list[_Rule]] = defaultdict(list)
        self._last: dict[str, tuple[tuple[Any, ...], list[_Found]]] = {}
        for rule in _made_ready(rules):
            if rule.page.match is None:
                self.checked.append(rule)
            else:
                self._matching[rule.page.fact].append(rule)

    def matches(self, project: Project) -> Iterator[_Found]:
        """What the rules find that look at one fact each."""
        where = collections()
        for fact, matching in self._matching.items():
            items = getattr(project, where[fact])
            last = self._last.get(fact)
            if last is None or last[0] != items:
                hits = ((rule, item) for item in items for rule in matching if rule.fits(item))
                found = [each for rule, item in hits for each in _found(rule, Hit(fact=item))]
                last = self._last[fact] = (items, found)
            yield from last[1]


def run(rules: "RuleSet", project: Project, ruling: Ruling | None = None) -> tuple[list[Finding], list[Note]]:
    """What the rules find, worst first, and a Note for each check that failed. ``ruling`` is one of the same rules, for those who ask again."""
    ruling = ruling if ruling is not None else Ruling(rules)
    found: list[_Found] = []
    notes: list[Note] = []
    for rule in ruling.checked:
        try:
            for hit in rules.checks[rule.page.check or ""].load()(project):
                found.extend(_found(rule, hit))
        except Exception as error:  # noqa: BLE001 - a check may be anyone's, and the others must go on
            notes.append(_failure(rule.page, error))
    found += ruling.matches(project)
    return _settled(found, rules.pages), notes


def _failure(page: Page, error: Exception) -> Note:
    # Only where and what kind: an error's text may hold text of the scanned app.
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{PurePath(last.filename).name}:{last.lineno}"
    return Note(
        NoteKind.CHECK_FAILED,
        f"the check of {page.id} failed ({type(error).__name__} at {where}): some of its findings may be missing",
    )


def _found(rule: _Rule, hit: Hit) -> Iterator[_Found]:
    if getattr(hit.fact, "path_class", "product") in rule.paths:
        yield _Found(_finding(rule, hit), (getattr(hit.fact, "package", ""), getattr(hit.fact, "database", None) or ""))


def _finding(rule: _Rule, hit: Hit) -> Finding:
    page, fact = rule.page, hit.fact
    severity, confidence, reason = page.severity, page.confidence, ""
    for fits, row in rule.lower:
        if fits(fact):
            severity, confidence, reason = row.severity or severity, row.confidence or confidence, row.reason
            break
    if hit.severity is not None:
        severity = max(severity, hit.severity, key=_rank)
    if hit.confidence is not None:
        confidence = max(confidence, hit.confidence, key=_rank)
    key = getattr(fact, "key", "") or _key(page.fact, fact)
    return Finding(
        rule=page.id,
        message=render(page.message, _words(hit)),
        place=hit.place or _place(fact),
        key="|".join(filter(None, (page.id, key, hit.discriminator))),
        subject=getattr(fact, "subject", ""),
        severity=severity,
        confidence=confidence,
        trail=getattr(fact, "trail", ()) if hit.trail is None else hit.trail,
        remedy=page.fix,
        reason=reason,
        places=getattr(fact, "places", ()),
        together=getattr(fact, "together", ""),
    )


def _rank(value: Severity | Confidence) -> int:
    return value.rank


def _words(hit: Hit) -> Callable[[str], Any]:
    def word(name: str) -> Any:
        if name in hit.words:
            return hit.words[name]
        value = getattr(hit.fact, name)
        if name == "sink":
            return called(value)
        return value.path if isinstance(value, Place) else value

    return word


def _key(kind: str, fact: Any) -> str:
    names = (getattr(fact, name) for name in _NAMES if hasattr(fact, name))
    return f"{getattr(fact, 'package', '')}|{kind}|{next(names, '')}"


def _place(fact: Any) -> Place:
    place = getattr(fact, "place", None)
    if isinstance(place, Place):
        return place
    return Place(getattr(fact, "path", "") or getattr(fact, "root", "") or ".", Span(0, 0))


def _settled(found: list[_Found], pages: Iterable[Page]) -> list[Finding]:
    """Sorted worst first, equal ones once, swallowed ones left out."""
    swallowers: dict[str, list[str]] = defaultdict(list)
    for page in pages:
        for weaker in page.swallows:
            swallowers[weaker].append(page.id)
    by_subject: dict[tuple[str, tuple[str, str], str], list[Finding]] = defaultdict(list)
    for finding, world in found:
        by_subject[finding.rule, world, finding.subject].append(finding)

    def swallowed(finding: Finding, world: tuple[str, str]) -> bool:
        if not finding.subject:
            return False
        stronger = (other for rule in swallowers[finding.rule] for other in by_subject.get((rule, world, finding.subject), ()))
        # Never by one that a threshold could hide while it shows this one.
        return any(other.severity.rank <= finding.severity.rank and other.confidence.rank <= finding.confidence.rank for other in stronger)

    return list(ordered(finding for finding, world in found if not swallowed(finding, world)))


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst first, equal ones once."""
    kept: dict[tuple[Any, ...], Finding] = {}
    for finding in findings:
        kept.setdefault(_order(finding), finding)
    return tuple(kept[order] for order in sorted(kept))


def _order(finding: Finding) -> tuple[int, str, int, int, str, str, str, int, tuple[Step, ...]]:
    place = finding.place
    return (
        finding.severity.rank,
        place.path,
        place.span.start,
        place.span.end,
        finding.rule,
        finding.key,
        finding.message,
        finding.confidence.rank,
        finding.trail,
    )
