"""Puts together what there is to say about one finding or route: the guards that were seen, and those that the app uses elsewhere."""

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches

from batten.finding import UsageError
from batten.outcome import Outcome
from batten.remedies import limits
from batten.remedies.guards.outlines import outline
from batten.report.explained import Explained, Shown
from batten.report.map.model import Route
from batten.surface import surface
from batten.witness import witness

# Remedies that outline a check where the app has none to take over, and one that outlines a limit.
_OUTLINED = ("require-guard", "checked-by-gateway")
_LIMITS = "rate-limit"


def explanation(outcome: Outcome, key: str) -> Explained:
    """All about the key or handle of a finding, or the key of a route; ``outcome`` is with its reaches. Raises UsageError where nothing has it."""
    accepted = {one.finding.key: one for one in outcome.run.accepted}
    every = {finding.key: finding for finding in (*outcome.run.findings, *outcome.hidden, *(one.finding for one in accepted.values()))}
    routes = surface(outcome.project, outcome.reaches, tuple(every.values())).routes
    key = next((each for each, told in every.items() if told.handle == key), key)
    finding = every.get(key)
    about = [route for route in routes if route.id == key or any(told.key == key for told in route.findings)]
    if finding is None and not about:
        near = get_close_matches(key, [*every, *(route.id for route in routes)], 1, 0.6)
        advice = (
            f"did you mean '{near[0]}'?"
            if near
            else "the JSON reports of batten check and batten map have the keys; run it where they were made"
        )
        raise UsageError(f"nothing here has the key '{key}'", advice)
    shown = finding is None or finding in outcome.run.findings
    state = (
        ""
        if shown
        else f"accepted ({accepted[key].origin.value}): {accepted[key].reason}"
        if key in accepted
        else "under the threshold: batten check does not show it"
    )
    shows = witness(outcome.project, finding) if finding is not None else None
    told = Shown(shows.ask, shows.open, shows.closed) if shows is not None else None
    elsewhere = _elsewhere(about, routes)
    facts = [each for each in outcome.project.routes if finding is not None and finding.key == f"{finding.rule}|{each.key}"]
    outlined = outline(facts[0]) if facts and not elsewhere and finding is not None and finding.remedy in _OUTLINED else ""
    limit = limits.outline(outcome.project, finding) if finding is not None and finding.remedy == _LIMITS else ""
    return Explained(finding, state, tuple(about), elsewhere, told, outlined or limit)


def _elsewhere(about: Sequence[Route], routes: Sequence[Route]) -> tuple[tuple[str, int], ...]:
    """The guards of the app that count before most other routes of the same packages, with how many."""
    packages, keys = {route.package for route in about}, {route.id for route in about}
    others = (route for route in routes if route.package in packages and route.id not in keys)
    return tuple(
        Counter(name for route in others for name in {guard.name for guard in route.guards if guard.counts and guard.call}).most_common(3)
    )
