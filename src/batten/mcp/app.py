"""What the tools answer: plain values about one app, which is scanned again as far as it has changed; runs in a process of its own.

Nothing here advises how to make batten silent.
"""

import os
import sys
from functools import lru_cache
from typing import Any

from msgspec import Struct, structs

from batten.baseline import load as load_baseline
from batten.explanation import explanation
from batten.finding import BattenError, Severity, UsageError
from batten.mcp.documents import (
    LONGEST_PAGE,
    MOST_STEPS,
    brief,
    completeness,
    route_line,
    rule_page,
    step,
    table_row,
    where,
    who,
    whole_route,
)
from batten.offers import with_offers
from batten.options import Options
from batten.outcome import Outcome, outcome
from batten.report.agent import advice, patch_text, short
from batten.report.run import Texts, ordered
from batten.setting import Setting, settle
from batten.surface import surface
from batten.workspace import Workspace

_MOST_TABLES = 100


class Answer(Struct, frozen=True):
    """``value`` where there is one; else ``error``, which may quote the app, and ``advice``, which does not."""

    value: dict[str, Any] | None = None
    error: str = ""
    advice: str = ""


class AbsentError(UsageError):
    """What was asked for is not there; ``help`` does not quote the app."""


def begin() -> None:
    """In a new process: what the parent reads from and writes to is the client's."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr


def answer(options: Options, tool: str, words: dict[str, Any]) -> Answer:
    """What a tool says about the app in the folder of the options."""
    app = _app(options)
    try:
        match tool:
            case "scan":
                return Answer(app.scan(**words))
            case "explain":
                return Answer(app.explain(**words))
            case "map":
                return Answer(app.map(**words))
            case "table":
                return Answer(app.table(**words))
            case "route":
                return Answer(app.route(**words))
            case "propose_fix":
                return Answer(app.propose_fix(**words))
    except AbsentError as error:
        return Answer(advice=error.help)
    except BattenError as error:
        return Answer(error=short(f"{error}. {error.help}"))
    raise ValueError(tool)


@lru_cache(1)
def _app(options: Options) -> "App":
    return App(options)


class App:
    """One folder. What one answer found out serves the next."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._setting: Setting | None = None
        self._workspace: Workspace | None = None

    def scan(self, path: str, severity: str, limit: int) -> dict[str, Any]:
        """The findings, worst first; of those below ``path`` and as bad as ``severity``, where these are given."""
        run = self._look()[0].run
        worst = Severity(severity).rank if severity else len(Severity)
        wanted = path.strip("/").removeprefix("./").rstrip("/")
        found = [
            each
            for each in ordered(run)
            if each.severity.rank <= worst and (wanted in ("", ".") or f"{run.shown(each.place.path)}/".startswith(f"{wanted}/"))
        ]
        texts = Texts(run.sources)
        return {
            "findings": [brief(each, run, texts) for each in found[:limit]],
            "more": max(0, len(found) - limit),
            "files": run.files,
            "accepted": len(run.accepted),
            **completeness(run),
        }

    def explain(self, subject: str) -> dict[str, Any]:
        """The story of a finding or a route with the guards that were seen, or the page of a rule."""
        found, setting, _ = self._look(surface=True)
        page = next((page for page in setting.rules.pages if page.id == subject), None)
        if page is not None:
            return {"rule": rule_page(page)}
        try:
            about = explanation(found, subject)
        except UsageError as error:
            raise AbsentError(str(error), "nothing has this handle or key, and no rule this id: scan and map list what there is") from error
        texts = Texts(found.run.sources)
        told: dict[str, Any] = {"routes": [whole_route(route, found.run, texts) for route in about.routes[:MOST_STEPS]]}
        if about.finding is not None:
            told["finding"] = brief(about.finding, found.run, texts)
            told["trail"] = [step(each, found.run, texts) for each in about.finding.trail[:MOST_STEPS]]
            told["places"] = [step(each, found.run, texts) for each in about.finding.places[:MOST_STEPS]]
            told["state"] = short(about.state) or "shown"
            rule = next((page for page in setting.rules.pages if page.id == about.finding.rule), None)
            told["mend"] = short(advice(rule.mend), LONGEST_PAGE) if rule is not None else ""
        told["guards_elsewhere"] = [{"name": short(name), "routes": number} for name, number in about.elsewhere]
        return told

    def map(self, limit: int) -> dict[str, Any]:
        """Routes by risk, tables with who may do what, and what else there is."""
        found, _, _ = self._look(surface=True)
        drawn = surface(found.project, found.reaches, found.run.findings)
        texts = Texts(found.run.sources)
        return {
            "routes": [route_line(route, found.run, texts) for route in drawn.routes[:limit]],
            "more_routes": max(0, len(drawn.routes) - limit),
            "tables": [table_row(table) for table in sorted(drawn.tables, key=lambda table: not table.open)[:_MOST_TABLES]],
            "more_tables": max(0, len(drawn.tables) - _MOST_TABLES),
            "services": [short(service) for service in drawn.services],
            **completeness(found.run),
        }

    def table(self, name: str) -> dict[str, Any]:
        """One table: who may do what with it, and which routes touch it."""
        found, _, _ = self._look(surface=True)
        drawn = surface(found.project, found.reaches, found.run.findings)
        wanted = name.removeprefix("public.")
        tables = [table for table in drawn.tables if wanted in (table.name, table.id)]
        if not tables:
            raise AbsentError(name, "no table is called so: map lists the tables")
        texts = Texts(found.run.sources)
        return {
            "tables": [
                {
                    **table_row(table),
                    "package": short(table.package),
                    "place": where(table.place, found.run, texts) if table.place is not None else None,
                    "private_columns": [short(column) for column in table.columns],
                    "routes": [
                        {"route": short(route.title), "does": list(touched.verbs), "who": who(route)}
                        for route in drawn.routes
                        for touched in route.touched
                        if table.id == touched.table or (touched.table is None and table.place is None and touched.name == table.name)
                    ][:_MOST_TABLES],
                    "findings": [
                        brief(each, found.run, texts)
                        for each in ordered(found.run)
                        if each.subject in (f"table|{table.name}", f"table|public.{table.name}")
                    ],
                }
                for table in tables
            ]
        }

    def route(self, name: str) -> dict[str, Any]:
        """Routes by title, path or id: who may call each, its guards and what each does."""
        found, _, _ = self._look(surface=True)
        drawn = surface(found.project, found.reaches, found.run.findings)
        routes = [route for route in drawn.routes if name in (route.title, route.path, route.id)]
        if not routes:
            raise AbsentError(name, "no route is called so: map lists the routes")
        texts = Texts(found.run.sources)
        return {"routes": [whole_route(route, found.run, texts) for route in routes[:MOST_STEPS]]}

    def propose_fix(self, finding: str) -> dict[str, Any]:
        """The patch that closes a finding, proven by a scan with it; nothing is written."""
        found, _, workspace = self._look()
        every = (*found.run.findings, *found.hidden)
        wanted = next((each for each in every if finding in (each.handle, each.key)), None)
        if wanted is None:
            raise AbsentError(finding, "no finding has this handle: scan lists those that there are")
        run = with_offers(found.run, [wanted], workspace)
        texts = Texts(run.sources)
        told: dict[str, Any] = {"finding": brief(wanted, run, texts)}
        offer = run.offers.get(wanted.key)
        if offer is None:
            return {**told, "fix": None}
        command = f"batten fix --finding {wanted.handle}{'' if offer.safe else ' --unsafe'}"
        return {
            **told,
            "fix": {
                "title": short(offer.title),
                "safe": offer.safe,
                "stops": [step(each, run, texts) for each in offer.stops[:MOST_STEPS]],
                "files": [short(change.path) for change in offer.changes],
                "patch": patch_text(run, offer),
                "command": command,
            },
        }

    def _look(self, *, surface: bool = False) -> tuple[Outcome, Setting, Workspace]:
        """The app as it is on disk now, with its settings as they are now."""
        setting = settle(self._options)
        if self._workspace is None or setting != self._setting:
            self._setting = setting
            self._workspace = Workspace(self._options.paths, setting.config, setting.rules, cache=setting.cache)
        else:
            self._workspace.refresh()
        baseline = setting.config.baseline
        known = load_baseline(baseline) if baseline is not None else None
        found = outcome(self._options, setting, known, self._workspace, surface=surface)
        # What is told is relative to the folder, wherever the server was started.
        return structs.replace(found, run=structs.replace(found.run, here=self._options.paths[0])), setting, self._workspace
