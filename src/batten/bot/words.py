"""The Markdown of comments. Whatever comes from the app under review is shown as code; marks that the bot knows its own comments by hold no text of it."""

import re
from collections.abc import Iterable, Mapping, Sequence

from batten.bot.document import Document, New
from batten.regex import regex
from batten.report.escape import plain
from batten.report.full import first_paragraph
from batten.report.markdown import code
from batten.report.run import Rule

_MARK = regex(r"<!-- batten:((?: [0-9a-f]{12})+) -->\s*\Z")
SUMMARY = "<!-- batten: summary -->"
_LONGEST = 60_000  # GitHub takes 65,536 letters
_MOST_ROWS = 50
_MOST_STEPS = 6
_LONGEST_TEXT = 500


def told(body: str) -> frozenset[str]:
    """The handles of the findings that a comment is about; only its end counts, which nobody else's text reaches."""
    found = _MARK.search(body)
    return frozenset(found[1].split()) if found else frozenset()


def comment(findings: Sequence[New], rules: Mapping[str, Rule], *, suggest: bool) -> str:
    """One comment about findings at one place. ``suggest``: the fix of the only one can be offered as a suggestion there."""
    parts = [_finding(finding, rules, suggest=suggest and len(findings) == 1) for finding in findings]
    mark = "".join(f" {finding.handle}" for finding in findings)
    return _cut("\n\n---\n\n".join(parts)) + f"\n\n<!-- batten:{mark} -->"


def summary(document: Document, elsewhere: Sequence[New], commented: int) -> str:
    """The one comment on the whole change; ``elsewhere`` are the findings that have no comment of their own."""
    count = len(document.new)
    lines = [f"**batten:** {count} new finding{'' if count == 1 else 's'}, {len(document.fixed)} fixed."]
    if not document.complete:
        lines.append("Not everything could be read or understood: findings may be missing. The log of the job names what.")
    if commented:
        lines.append(f"{commented} of them {'is' if commented == 1 else 'are'} told at the lines of the change.")
    if elsewhere:
        lines.append("\n".join(["| | finding | where |", "| --- | --- | --- |", *map(_row, elsewhere[:_MOST_ROWS])]))
        if len(elsewhere) > _MOST_ROWS:
            lines.append(f"{len(elsewhere) - _MOST_ROWS} more are in the job's report.")
    for title, direction in (("What it opens", "wider"), ("What it closes", "narrower")):
        rows = [shift.text for shift in document.surface if shift.direction == direction]
        lines += _folded(title, rows, opened=direction == "wider")
    lines += _folded("Fixed", [f"{finding.rule}: {finding.message}" for finding in document.fixed], opened=False)
    if document.silenced:
        lines.append("Comments of this change silence findings that were there before:")
        lines.append("\n".join(f"- {code(one.rule)}: {_code(one.reason)}" for one in document.silenced[:_MOST_ROWS]))
    return _cut("\n\n".join(lines)) + f"\n\n{SUMMARY}"


def _row(finding: New) -> str:
    silenced = " (ignored by a comment of this change)" if finding.silenced else ""
    where = _code(f"{finding.place.path}:{finding.place.start.line}")
    return f"| {finding.severity.value} | {_code(finding.message)}{silenced} [{code(finding.rule)}] | {where} |"


def _finding(finding: New, rules: Mapping[str, Rule], *, suggest: bool) -> str:
    page = rules.get(finding.rule)
    title = f"{page.title}: " if page is not None else ""
    lines = [f"**{finding.severity.value}** {title}{_code(finding.message)} [{code(finding.rule)}]"]
    if finding.silenced:
        lines.append("A comment of this very change ignores it; from the next change on the comment counts.")
    if (finding.place.path, finding.place.start.line) != (finding.anchor.path, finding.anchor.line):
        lines.append(
            f"The finding itself is at {_code(f'{finding.place.path}:{finding.place.start.line}')}; {_WHY.get(finding.anchor.where, _BY)}."
        )
    if finding.trail:
        steps = [f"- {_code(step.note)} at {_code(f'{step.place.path}:{step.place.start.line}')}" for step in finding.trail[:_MOST_STEPS]]
        lines.append("\n".join(steps))
    if page is not None and (advice := first_paragraph(page.mend)):
        lines.append(advice)
    lines += _fix(finding, suggest=suggest)
    return "\n\n".join(lines)


_BY = "it is new by this change"
_WHY = {
    "step": "this line is a step of its way",
    "file": "its way goes through this file",
    "cause": "without this part of the change it would not be there",
}


def _fix(finding: New, *, suggest: bool) -> list[str]:
    fix = finding.fix
    if fix is None:
        return []
    look = "" if fix.safe else " Look at it first: something that works today may stop."
    lead = f"{_code(fix.title)}, proven by a scan of the whole app.{look}"
    if suggest and fix.suggestion is not None:
        return [lead, fenced(fix.suggestion.text, "suggestion")]
    if fix.patch is not None:
        return [
            f"<details><summary>A fix, as a patch for <code>git apply</code></summary>\n\n{lead}\n\n{fenced(fix.patch, 'diff')}\n\n</details>"
        ]
    return [f"{lead} <code>batten fix --finding {finding.handle}</code> makes it."]


def fenced(text: str, language: str) -> str:
    """A block of code that nothing in the text closes."""
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    body = text if text.endswith("\n") or not text else f"{text}\n"
    return f"{fence}{language}\n{body}{fence}"


def _folded(title: str, rows: Sequence[str], *, opened: bool) -> list[str]:
    if not rows:
        return []
    listed = "\n".join(f"- {_code(row)}" for row in rows[:_MOST_ROWS])
    more = f"\n- and {len(rows) - _MOST_ROWS} more" if len(rows) > _MOST_ROWS else ""
    return [f"<details{' open' if opened else ''}><summary>{title} ({len(rows)})</summary>\n\n{listed}{more}\n\n</details>"]


def _code(text: str) -> str:
    return code(text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…")


def _cut(body: str) -> str:
    """A body that is too long ends at a line, with the blocks of code and details that are open there closed."""
    if len(body) <= _LONGEST:
        return body
    kept = body[: body.rfind("\n", 0, _LONGEST)]
    closing = "".join(_open_fences(kept.split("\n")))
    details = "\n\n</details>" * (kept.count("<details") - kept.count("</details>"))
    return f"{kept}{closing}{details}\n\nThe rest is in the job's report."


def _open_fences(lines: Iterable[str]) -> Iterable[str]:
    fence = ""
    for line in lines:
        ticks = line[: len(line) - len(line.lstrip("`"))]
        if not fence and len(ticks) >= 3:  # noqa: PLR2004 - the shortest fence there is
            fence = ticks
        elif fence and line == fence:
            fence = ""
    return [f"\n{fence}"] if fence else []


def annotation(finding: New, rules: Mapping[str, Rule]) -> tuple[str, str]:
    """Title and text of an annotation, which is shown as it is: no Markdown."""
    page = rules.get(finding.rule)
    story = "".join(f"\n{plain(step.note)} ({plain(step.place.path)}:{step.place.start.line})" for step in finding.trail[:_MOST_STEPS])
    return f"{page.title if page is not None else finding.rule} [{finding.rule}]"[:255], f"{plain(finding.message)}{story}"[:_LONGEST]
