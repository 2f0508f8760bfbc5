"""The check run of a commit, with annotations; begins where an earlier try stopped, and says nothing twice."""

from collections.abc import Mapping, Sequence
from typing import Any

from batten.bot.document import Document, New
from batten.bot.hub import Hub, UncertainError
from batten.bot.words import annotation, summary
from batten.finding import Severity
from batten.report.run import Rule

NAME = "batten"
_EACH = 50
_MOST = 1_000
_TRIES = 4
_LEVELS = {Severity.CRITICAL: "failure", Severity.HIGH: "failure", Severity.MEDIUM: "warning"}


class Checks:
    """The check run of one commit. ``own`` is the id of the app: a run of another one is not touched. Raises what Hub raises."""

    def __init__(self, hub: Hub, head: str, own: str) -> None:
        self._hub = hub
        self._head = head
        self._own = own

    async def begin(self) -> None:
        """Say that it is being looked at."""
        await self._settled(None)

    async def end(self, document: Document, rules: Mapping[str, Rule], conclusion: str) -> None:
        """Say what was found, 50 annotations at a time."""
        rows = [_annotation(finding, rules) for finding in document.new if finding.anchor.line is not None][:_MOST]
        title = f"{len(document.new)} new finding{'' if len(document.new) == 1 else 's'}, {len(document.fixed)} fixed"
        await self._settled((title, summary(document, document.new, 0), rows, conclusion))

    async def give_up(self, reason: str) -> None:
        """Say that nothing can be said."""
        await self._settled(("batten could not look at this change", reason, [], "neutral"))

    async def _settled(self, wanted: tuple[str, str, Sequence[dict[str, Any]], str] | None) -> None:
        for left in range(_TRIES - 1, -1, -1):
            try:
                await self._step(wanted)
            except UncertainError:
                if not left:
                    raise
                continue
            return

    async def _step(self, wanted: tuple[str, str, Sequence[dict[str, Any]], str] | None) -> None:
        known = await self._known()
        if known is None:
            made = await self._hub.ask("POST", "check-runs", {"name": NAME, "head_sha": self._head, "status": "in_progress"})
            known = {"id": made["id"], "status": "in_progress", "output": {"annotations_count": 0}}
        if wanted is None or known["status"] == "completed":
            return
        title, body, rows, conclusion = wanted
        path, output = f"check-runs/{known['id']}", {"title": title, "summary": body[:65_535]}
        for start in range(int((known.get("output") or {}).get("annotations_count") or 0), len(rows), _EACH):
            await self._hub.ask("PATCH", path, {"output": {**output, "annotations": rows[start : start + _EACH]}})
        await self._hub.ask("PATCH", path, {"status": "completed", "conclusion": conclusion, "output": output})

    async def _known(self) -> dict[str, Any] | None:
        found = await self._hub.ask("GET", f"commits/{self._head}/check-runs?check_name={NAME}&filter=latest&per_page=100")
        own = [
            run
            for run in found["check_runs"]
            if str((run.get("app") or {}).get("id")) == self._own and run.get("conclusion") != "neutral"  # that one gave up
        ]
        return max(own, key=lambda run: run["id"], default=None)


def _annotation(finding: New, rules: Mapping[str, Rule]) -> dict[str, Any]:
    title, message = annotation(finding, rules)
    line = finding.anchor.line or 1
    level = _LEVELS.get(finding.severity, "notice")
    return {
        "path": finding.anchor.path,
        "start_line": line,
        "end_line": line,
        "annotation_level": level,
        "title": title,
        "message": message,
    }
