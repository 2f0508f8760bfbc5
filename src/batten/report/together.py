"""Tells findings as one that have one cause: several policies of one table that one rule finds are one hole with several places."""

from collections.abc import Iterable, Iterator

from msgspec import structs

from batten.finding import Finding, Step
from batten.report.run import Run, ordered


def told_together(run: Run) -> Run:
    """The run with one finding for each cause, the worst, which names the places of all; what was accepted stays as it is."""
    return structs.replace(run, findings=tuple(_together(ordered(run))))


def _together(findings: Iterable[Finding]) -> Iterator[Finding]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.together), []).append(finding)
    for (_, together), alike in groups.items():
        if together:
            yield _one(*alike)
        else:
            yield from alike


def _one(first: Finding, *rest: Finding) -> Finding:
    if not rest:
        return first
    return structs.replace(
        first,
        message=f"{first.message} (and {len(rest)} more)",
        places=tuple(Step(each.place, _note(each, first)) for each in (first, *rest)),
        others=tuple(each.key for each in rest),
    )


def _note(finding: Finding, first: Finding) -> str:
    """What is there, and how bad where that is less than the worst of them."""
    return finding.message if finding.severity is first.severity else f"{finding.message} ({finding.severity.value})"
