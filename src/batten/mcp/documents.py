"""Findings, routes, tables and rules as plain values for a model: every text of the app is cut short and free of what cannot be seen."""

from typing import Any

from batten.finding import Finding, Step
from batten.report.agent import advice, short
from batten.report.json import is_complete
from batten.report.map.model import STATUSES, Route, Table
from batten.report.run import Run, Texts
from batten.report.summary import missing_line
from batten.rules.page import Page
from batten.text import Place

MOST_STEPS = 10
LONGEST_PAGE = 8_000
_MOST_GUARDS = 20


def brief(finding: Finding, run: Run, texts: Texts) -> dict[str, Any]:
    """A finding in short."""
    page = run.rules.get(finding.rule)
    return {
        "finding": finding.handle,
        "rule": short(finding.rule),
        "title": short(page.title) if page is not None else "",
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "message": short(finding.message),
        "reason": short(finding.reason),
        "place": where(finding.place, run, texts),
        "has_remedy": finding.remedy is not None,
    }


def completeness(run: Run) -> dict[str, Any]:
    """Whether everything was read and understood, and in words what was not."""
    return {"complete": is_complete(run), "missing": (missing_line(run) or "").removesuffix(" (--verbose names them).")}


def where(place: Place, run: Run, texts: Texts) -> str:
    """Path from the folder, line and column."""
    at = texts.start(place)
    return f"{short(run.shown(place.path))}:{at.line}:{at.column}"


def step(step: Step, run: Run, texts: Texts) -> dict[str, Any]:
    """One step of a story."""
    return {"note": short(step.note), "place": where(step.place, run, texts)}


def rule_page(page: Page) -> dict[str, Any]:
    """The page of a rule, line by line."""
    parts = {"summary": page.summary, "why": page.why, "mend": advice(page.mend)}
    texts = {name: "\n".join(short(line, LONGEST_PAGE) for line in text[:LONGEST_PAGE].split("\n")) for name, text in parts.items()}
    return {"id": page.id, "title": short(page.title), "severity": page.severity.value, "cwe": list(page.cwe), **texts}


def who(route: Route) -> str:
    """Who may call a route."""
    return STATUSES.get(route.status, route.status or "")


def route_line(route: Route, run: Run, texts: Texts) -> dict[str, Any]:
    """A route in short."""
    return {
        "route": short(route.title),
        "risk": route.risk.value,
        "who": who(route),
        "why": short(route.reason),
        "does": [short(act.text) for act in route.acts[:MOST_STEPS]],
        "place": where(route.place, run, texts),
    }


def whole_route(route: Route, run: Run, texts: Texts) -> dict[str, Any]:
    """A route with its guards and what it does."""
    handles = {finding.key: finding.handle for finding in run.findings}
    return {
        **route_line(route, run, texts),
        "id": short(route.id),
        "framework": route.framework,
        "made_for_strangers": route.intended,
        "guards": [
            {"name": short(guard.name), "counts": guard.counts, "why": short(guard.why), "place": where(guard.place, run, texts)}
            for guard in route.guards[:_MOST_GUARDS]
        ],
        "acts": [
            {"text": short(act.text), "strangers": act.open, "trail": [step(each, run, texts) for each in act.trail[:MOST_STEPS]]}
            for act in route.acts[:_MOST_GUARDS]
        ],
        "findings": [handles[told.key] for told in route.findings if told.key in handles],
    }


def table_row(table: Table) -> dict[str, Any]:
    """A table in short."""
    return {
        "table": short(table.name),
        "strangers": table.strangers,
        "users": table.users,
        "rls": table.rls,
        "open": table.open,
        "sensitivity": table.sensitivity,
    }
