"""Writes a run as Markdown, for a comment, a wiki or the summary of a job. Text of the app is shown as code, and cannot be anything else."""

from collections.abc import Iterable
from typing import TextIO

from batten.finding import Finding
from batten.report.escape import plain
from batten.report.run import Run, Texts, ordered
from batten.report.style import PLAIN
from batten.report.summary import missing_line, summary_line

MOST = 50


def write(run: Run, stream: TextIO) -> None:
    """The counts, what is missing from the picture, and a table of the findings, worst first."""
    findings = ordered(run)
    stream.write(f"**batten:** {summary_line(run, PLAIN)}\n")
    if (missing := missing_line(run)) is not None:
        stream.write(f"\n{missing}\n")
    write_table(((finding, "") for finding in findings[:MOST]), Texts(run.sources), stream)
    if len(findings) > MOST:
        stream.write(f"\n{len(findings) - MOST} more are in the full report.\n")


def write_table(rows: Iterable[tuple[Finding, str]], texts: Texts, stream: TextIO) -> None:
    """A row a finding, each with a remark of ours or ""; nothing where there are none."""
    head = "\n| | finding | where |\n| --- | --- | --- |\n"
    for finding, remark in rows:
        where = code(f"{finding.place.path}:{texts.start(finding.place).line}")
        stream.write(f"{head}| {finding.severity.value} | {code(finding.message)}{remark} [{code(finding.rule)}] | {where} |\n")
        head = ""


def code(text: str) -> str:
    """Inline code that nothing in the text gets out of: no mention, no link, no HTML, no end of a table cell."""
    shown = plain(text).replace("|", "\\|")
    longest = max((len(run) for run in "".join(letter if letter == "`" else " " for letter in shown).split()), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
