"""Writes GitHub's workflow commands, which become annotations of a pull request.

The escapes are those of https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts.
"""

from typing import TextIO

from batten.finding import Finding, Severity
from batten.report.escape import plain
from batten.report.run import Run, Texts, ordered
from batten.report.style import PLAIN
from batten.report.summary import missing_line, summary_line

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}

# An annotation is read in the margin of a change.
_MOST_PLACES = 10


def write(run: Run, stream: TextIO) -> None:
    """One command a finding, worst first (GitHub shows the first ten of each level), then the summary."""
    texts = Texts(run.sources)
    stream.writelines(_command(run, finding, texts) + "\n" for finding in ordered(run))
    if (missing := missing_line(run)) is not None:
        stream.write(f"::warning title=batten::{_data(missing)}\n")
    stream.write(summary_line(run, PLAIN) + "\n")


def _command(run: Run, finding: Finding, texts: Texts) -> str:
    start, end = texts.start(finding.place), texts.end(finding.place)
    page = run.rules.get(finding.rule)
    properties = {"file": finding.place.path, "line": start.line}
    if end.line == start.line:  # GitHub takes columns only within one line
        properties |= {"col": start.column, "endColumn": max(end.column, start.column + 1)}
    else:
        properties |= {"endLine": end.line}
    properties["title"] = f"{page.title if page else finding.rule} [{finding.rule}]"
    story = "".join(
        f"; {step.note} ({step.place.path}:{texts.start(step.place).line})" for step in (*finding.trail, *finding.places[:_MOST_PLACES])
    )
    fields = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_LEVELS[finding.severity]} {fields}::{_data(finding.message + story)}"


def _data(text: str) -> str:
    return plain(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
