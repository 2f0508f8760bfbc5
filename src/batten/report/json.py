"""Writes a run for programs; the form is docs/schema/output.schema.json, and changes of it count up ``version``."""

import json
from typing import Any, TextIO

from batten import __version__
from batten.finding import Finding, Severity
from batten.report.run import INCOMPLETE, Run, Texts, ordered
from batten.text import Place

VERSION = 1


def write(run: Run, stream: TextIO) -> None:
    """One JSON object, ASCII only and the same for equal runs."""
    json.dump(document(run), stream, indent=2, ensure_ascii=True)
    stream.write("\n")


def document(run: Run) -> dict[str, Any]:
    """The run as plain values."""
    texts = Texts(run.sources)
    findings = ordered(run)
    ruled = sorted({finding.rule for finding in findings} | {one.finding.rule for one in run.accepted})
    return {
        "version": VERSION,
        "tool": {"name": "batten", "version": __version__},
        "summary": {
            "files": run.files,
            "findings": {severity.value: sum(finding.severity is severity for finding in findings) for severity in Severity},
            "accepted": len(run.accepted),
            "hidden": run.hidden,
            "complete": is_complete(run),
        },
        "findings": [finding_document(finding, texts) for finding in findings],
        "accepted": [
            {**finding_document(one.finding, texts), "origin": one.origin.value, "acceptedFor": one.reason} for one in run.accepted
        ],
        "notes": notes_document(run, texts),
        "rules": {name: _rule(run, name) for name in ruled if name in run.rules},
    }


def finding_document(finding: Finding, texts: Texts) -> dict[str, Any]:
    """One finding as plain values."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "message": finding.message,
        "reason": finding.reason or None,
        "key": finding.key,
        "handle": finding.handle,
        "subject": finding.subject,
        "place": place_document(finding.place, texts),
        "trail": [{"note": step.note, "place": place_document(step.place, texts)} for step in finding.trail],
        "places": [{"note": step.note, "place": place_document(step.place, texts)} for step in finding.places],
        "others": list(finding.others),
        "remedy": finding.remedy,
    }


def is_complete(run: Run) -> bool:
    """Whether everything was read and understood, as far as it is known."""
    return not any(note.kind in INCOMPLETE for note in run.notes)


def notes_document(run: Run, texts: Texts) -> list[dict[str, Any]]:
    """What is missing from the picture, and what was left out, as plain values."""
    return [
        {"kind": note.kind.value, "message": note.message, "place": place_document(note.place, texts) if note.place else None}
        for note in sorted(run.notes)
    ]


def place_document(place: Place, texts: Texts) -> dict[str, Any]:
    """One place, with lines and columns from 1 and bytes from 0."""
    start, end = texts.start(place), texts.end(place)
    return {
        "path": place.path,
        "start": {"line": start.line, "column": start.column, "byte": place.span.start},
        "end": {"line": end.line, "column": end.column, "byte": place.span.end},
    }


def _rule(run: Run, name: str) -> dict[str, Any]:
    page = run.rules[name]
    return {
        "title": page.title,
        "pack": page.pack,
        "cwe": list(page.cwe),
        "owasp": list(page.owasp),
        "aliases": list(page.aliases),
        "summary": page.summary,
        "why": page.why,
        "mend": page.mend,
    }
