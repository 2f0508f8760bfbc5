"""Writes the Diagnostic Format of reviewdog (https://github.com/reviewdog/reviewdog/tree/master/proto/rdf): columns are counted in bytes there."""

import json
from typing import Any, TextIO

from batten import __version__
from batten.finding import Finding, Severity
from batten.report.escape import plain
from batten.report.run import Run, Texts, ordered
from batten.text import Place

_SEVERITIES = {
    Severity.CRITICAL: "ERROR",
    Severity.HIGH: "ERROR",
    Severity.MEDIUM: "WARNING",
    Severity.LOW: "INFO",
    Severity.INFO: "INFO",
}


def write(run: Run, stream: TextIO) -> None:
    """One DiagnosticResult, worst first."""
    texts = Texts(run.sources)
    document = {
        "source": {"name": f"batten {__version__}"},
        "diagnostics": [_diagnostic(finding, texts) for finding in ordered(run)],
    }
    json.dump(document, stream, indent=2, ensure_ascii=True)
    stream.write("\n")


def _diagnostic(finding: Finding, texts: Texts) -> dict[str, Any]:
    return {
        "message": plain(finding.message),
        "location": _location(finding.place, texts),
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.rule},
        "relatedLocations": [
            {"message": plain(step.note), "location": _location(step.place, texts)} for step in (*finding.trail, *finding.places)
        ],
    }


def _location(place: Place, texts: Texts) -> dict[str, Any]:
    lines = texts.lines(place.path)
    start, end = (lines.at(min(offset, len(lines.data)), "utf-8") for offset in (place.span.start, max(place.span.start, place.span.end)))
    return {
        "path": place.path,
        "range": {"start": {"line": start[0] + 1, "column": start[1] + 1}, "end": {"line": end[0] + 1, "column": end[1] + 1}},
    }
