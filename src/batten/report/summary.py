"""Says in a line or two how a run went: counts, time, and what was not understood."""

from collections import Counter
from typing import TextIO

from batten.finding import Note, NoteKind, Severity
from batten.report.escape import path as plain_path
from batten.report.escape import plain
from batten.report.run import INCOMPLETE, Run, Texts
from batten.report.style import Style

_WORDS = {
    NoteKind.NOT_READ: ("file not read", "files not read"),
    NoteKind.NOT_PARSED: ("file not parsed", "files not parsed"),
    NoteKind.NOT_UNDERSTOOD: ("place not understood", "places not understood"),
    NoteKind.LIMIT: ("limit reached", "limits reached"),
    NoteKind.CHECK_FAILED: ("check failed", "checks failed"),
}


def write_summary(run: Run, stream: TextIO, style: Style) -> None:
    """Notes that want an answer (all of them where the run is verbose), counts, and what is missing from the picture."""
    texts = Texts(run.sources)
    for note in sorted(run.notes):
        if run.verbose or note.kind in (NoteKind.IGNORE, NoteKind.NOT_RUN):
            stream.write(f"{style.paint(note.kind.value, 'yellow')}: {_note(run, note, texts)}\n")
    if run.verbose:
        for accepted in run.accepted:
            at = texts.start(accepted.finding.place).line
            where = f"{plain_path(run.shown(accepted.finding.place.path))}:{at}"
            why = f"{accepted.origin.value}: {plain(accepted.reason)}" if accepted.reason else accepted.origin.value
            stream.write(f"{style.paint('accepted', 'yellow')}: {where} {plain(accepted.finding.rule)} ({why})\n")
    if run.quiet and not run.findings:
        return
    stream.write(summary_line(run, style) + "\n")
    if (missing := missing_line(run)) is not None:
        stream.write(style.paint(missing, "yellow") + "\n")


def summary_line(run: Run, style: Style) -> str:
    """The counts: ``2 critical, 1 high; 3 accepted. 120 files in 0.4 s.``."""
    counts = Counter(finding.severity for finding in run.findings)
    found = ", ".join(style.severity(severity, f"{counts[severity]} {severity.value}") for severity in Severity if counts[severity])
    if not found:
        found = style.paint("No findings", "green" if run.files else "yellow")
    parts = [found]
    if run.accepted:
        parts.append(f"{len(run.accepted)} accepted")
    if run.hidden:
        parts.append(f"{run.hidden} under the threshold (see --min-severity, --min-confidence)")
    files = f"{run.files:,} {run.what[run.files != 1]}"
    time = f"{files} in {run.seconds:.2f} s" if run.files else "There was nothing to scan"
    return f"{'; '.join(parts)}. {time}."


def missing_line(run: Run) -> str | None:
    """``2 files not read, 1 check failed: findings may be missing``; None where the picture is complete."""
    counts = Counter(note.kind for note in run.notes if note.kind in INCOMPLETE)
    if not counts:
        return None
    parts = [f"{counts[kind]} {words[counts[kind] > 1]}" for kind, words in _WORDS.items() if counts[kind]]
    advice = "" if run.verbose else " (--verbose names them)"
    return f"{', '.join(parts)}: findings may be missing{advice}."


def _note(run: Run, note: Note, texts: Texts) -> str:
    message = plain(note.message)
    if note.place is None or note.place.path in note.message:
        return message
    line = f":{texts.start(note.place).line}" if note.place.span.end else ""
    return f"{plain_path(run.shown(note.place.path))}{line}: {message}"
