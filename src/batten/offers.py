"""Looks for the fixes that a report shows beside its findings; writes nothing."""

from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec import structs

from batten.finding import Finding, Safety
from batten.fix import Fixer
from batten.report.run import Offer, Run
from batten.workspace import Workspace


def with_offers(run: Run, findings: Iterable[Finding], workspace: Workspace) -> Run:
    """The run with a proven fix of each of the findings that has one, each alone; ``workspace`` is the one that was scanned."""
    fixer = Fixer(workspace, datetime.now(UTC))
    found = {finding.key: offer for finding in findings if (offer := _offer(fixer, finding)) is not None}
    return structs.replace(run, offers=found)


def _offer(fixer: Fixer, finding: Finding) -> Offer | None:
    fix = fixer.propose(finding, lambda _: True).fix
    if fix is None:
        return None
    changes = fixer.changes()
    fixer.undo()
    return Offer(fix.title, fix.safety is Safety.SAFE, changes, fix.stops)
