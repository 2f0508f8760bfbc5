"""Writes one line a finding, for editors and grep."""

from typing import TextIO

from batten.report.escape import path, plain
from batten.report.run import Run, Texts, ordered
from batten.report.style import Style
from batten.report.summary import write_summary


def write(run: Run, stream: TextIO, style: Style) -> None:
    """``path:line:column: severity rule message``, worst first, then the summary."""
    texts = Texts(run.sources)
    for finding in ordered(run):
        at = texts.start(finding.place)
        where = f"{path(run.shown(finding.place.path))}:{at.line}:{at.column}"
        severity = style.severity(finding.severity, finding.severity.value)
        stream.write(f"{where}: {severity} {plain(finding.rule)} {plain(finding.message)}\n")
    write_summary(run, stream, style)
