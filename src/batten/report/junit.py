"""Writes JUnit's XML, as test reporters of pipelines read it: each finding is a test that failed."""

from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from batten.finding import Finding
from batten.report.escape import plain
from batten.report.run import Run, Texts, ordered
from batten.report.summary import missing_line


def write(run: Run, stream: TextIO) -> None:
    """One suite, worst first. Without a finding one test stands in it, which passed; what findings may be missing for is an error."""
    texts = Texts(run.sources)
    findings, missing = ordered(run), missing_line(run)
    count = len(findings) + (missing is not None) or 1
    counts = f'tests="{count}" failures="{len(findings)}" errors="{int(missing is not None)}"'
    stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="batten" {counts}>\n  <testsuite name="batten" {counts}>\n')
    stream.writelines(_case(run, finding, texts) for finding in findings)
    if missing is not None:
        stream.write(f'    <testcase classname="batten" name="complete"><error message={_attribute(missing)}/></testcase>\n')
    elif not findings:
        stream.write('    <testcase classname="batten" name="no findings"/>\n')
    stream.write("  </testsuite>\n</testsuites>\n")


def _case(run: Run, finding: Finding, texts: Texts) -> str:
    at = texts.start(finding.place)
    where = f"{finding.place.path}:{at.line}"
    page = run.rules.get(finding.rule)
    story = [f"{step.note} ({step.place.path}:{texts.start(step.place).line})" for step in (*finding.trail, *finding.places)]
    body = "\n".join(escape(plain(line)) for line in [where, *story, *([page.title] if page is not None else [])])
    return (
        f"    <testcase classname={_attribute(finding.place.path)} name={_attribute(f'{finding.rule}: {where}')}"
        f' file={_attribute(finding.place.path)} line="{at.line}">\n'
        f"      <failure type={_attribute(finding.severity.value)} message={_attribute(finding.message)}>{body}</failure>\n"
        "    </testcase>\n"
    )


def _attribute(text: str) -> str:
    # Nothing that XML can't hold is left: ``plain`` makes controls and halves of surrogate pairs visible.
    return quoteattr(plain(text))
