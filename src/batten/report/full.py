"""Writes a run for people: each hole with its code, its story, what it means and how to mend it; the default format."""

import textwrap
from collections.abc import Iterator
from itertools import groupby
from typing import TextIO

from batten.finding import Finding, Severity
from batten.regex import regex
from batten.report.escape import lines as plain_lines
from batten.report.escape import path as plain_path
from batten.report.escape import plain
from batten.report.frame import Covers, frame
from batten.report.run import Rule, Run, Texts, ordered
from batten.report.style import Style
from batten.report.summary import write_summary

_INDENT = "  "
# Of findings that say the same, so many are shown with their code; of more than that one, and the places of the others.
_MOST_ALIKE = 4
_MOST_PLACES = 30


def write(run: Run, stream: TextIO, style: Style) -> None:
    """Findings by severity and rule, then the summary."""
    texts, covers = Texts(run.sources), Covers(run.secrets)
    for severity, findings in groupby(ordered(run), key=lambda finding: finding.severity):
        of_severity = list(findings)
        rules = dict.fromkeys(finding.rule for finding in of_severity)
        for rule in rules:
            same = [finding for finding in of_severity if finding.rule == rule]
            page = run.rules.get(rule)
            stream.write(_heading(severity, rule, page, len(same), style) + "\n\n")
            for alike in _alike(same):
                few = alike if run.verbose or len(alike) <= _MOST_ALIKE else alike[:1]
                for finding in few:
                    stream.writelines(line + "\n" for line in (*_finding(run, finding, texts, covers, style), ""))
                if len(few) < len(alike):
                    stream.writelines(line + "\n" for line in (*_places(run, alike[1:], texts, style), ""))
            stream.writelines(line + "\n" for line in (*_advice(rule, page, style), ""))
    write_summary(run, stream, style)


def _alike(findings: list[Finding]) -> list[list[Finding]]:
    """Findings of one rule, with those together that say the same word for word."""
    groups: dict[tuple[str, str, int], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.message, finding.reason, finding.confidence.rank), []).append(finding)
    return list(groups.values())


def _places(run: Run, findings: list[Finding], texts: Texts, style: Style) -> Iterator[str]:
    yield f"{_INDENT}the same in {len(findings)} more places:"
    for finding in findings[:_MOST_PLACES]:
        place = f"{plain_path(run.shown(finding.place.path))}:{texts.start(finding.place).line}"
        yield f"{_INDENT * 2}{style.paint(place, 'cyan')}"
    if len(findings) > _MOST_PLACES:
        yield f"{_INDENT * 2}and {len(findings) - _MOST_PLACES} more (--verbose shows all)"


def _heading(severity: Severity, rule: str, page: Rule | None, count: int, style: Style) -> str:
    title = plain(page.title) if page else rule
    times = f"  {count} findings" if count > 1 else ""
    label = style.severity(severity, severity.value.upper())
    return f"{label}  {style.paint(title, 'bold')}  {style.paint(f'[{plain(rule)}]{times}', 'dim')}"


def _finding(run: Run, finding: Finding, texts: Texts, covers: Covers, style: Style) -> Iterator[str]:
    at = texts.start(finding.place)
    where = f"{plain_path(run.shown(finding.place.path))}:{at.line}:{at.column}"
    unsure = "" if finding.confidence.rank == 0 else style.paint(f"  {finding.confidence.value} confidence", "dim")
    yield _INDENT + style.paint(where, "cyan") + unsure
    yield from _wrapped(plain(finding.message), style, "bold")
    if finding.reason:
        yield from _wrapped(f"({plain(finding.reason)})", style, "dim")
    rows = frame(texts.lines(finding.place.path), finding.place, covers, style.width - 12)
    gutter = max((len(str(row.number)) for row in rows), default=0)
    for row in rows:
        number = style.paint(f"{row.number:>{gutter}} │", "dim")
        yield f"{_INDENT * 2}{number} {row.text}".rstrip()
        if row.marks:
            yield f"{_INDENT * 2}{style.paint(' ' * gutter + ' │', 'dim')} {style.severity(finding.severity, row.marks)}"
    places = finding.places if run.verbose else finding.places[:_MOST_PLACES]
    for step in (*finding.trail, *places):
        position = texts.start(step.place)
        place = f"{plain_path(run.shown(step.place.path))}:{position.line}"
        yield f"{_INDENT * 2}{style.paint('→', 'dim')} {plain(step.note)}  {style.paint(place, 'cyan')}"
    if len(places) < len(finding.places):
        yield f"{_INDENT * 2}and {len(finding.places) - len(places)} more (--verbose shows all)"


def _advice(rule: str, page: Rule | None, style: Style) -> Iterator[str]:
    """What an outsider can do, how to mend it, and where there is more."""
    parts = (("Why", page.why), ("Mend", page.mend)) if page else ()
    for label, text in parts:
        if paragraph := first_paragraph(text):
            hanging = " " * 8
            wrapped = textwrap.wrap(paragraph, style.width, initial_indent=hanging, subsequent_indent=hanging)
            wrapped[0] = f"{_INDENT}{label:<6}{wrapped[0][8:]}"
            yield wrapped[0].replace(label, style.paint(label, "green"), 1)
            yield from wrapped[1:]
    yield f"{_INDENT}{style.paint('More', 'green')}  batten explain {plain(rule)}"


def _wrapped(text: str, style: Style, colour: str) -> Iterator[str]:
    for line in textwrap.wrap(text, style.width - 2, break_on_hyphens=False):
        # A line of its own that began with "::" would be a command in GitHub's log.
        yield _INDENT + style.paint(f"\\{line}" if line.startswith("::") else line, colour)


_LINK = regex(r"\[([^\[\]]+)\]\(([^()\s]+)\)")


def first_paragraph(markdown: str) -> str:
    """The first paragraph that is prose, on one line and without marks of Markdown."""
    for part in markdown.split("\n\n"):
        text = " ".join(plain_lines(part).split())
        if text and not text.startswith(("```", "|", "#", "- ", "* ", ">")):
            return _LINK.sub(r"\1 (\2)", text).replace("**", "").replace("`", "")
    return ""
