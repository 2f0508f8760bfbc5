"""Writes SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as GitHub's code scanning reads it.

Nothing in it depends on the machine or the hour: equal runs give equal bytes.
"""

import json
from collections import Counter
from hashlib import sha256
from typing import Any, TextIO

from batten import __version__
from batten.finding import Confidence, Finding, Note, NoteKind, Severity, Step
from batten.report.escape import plain
from batten.report.run import INCOMPLETE, Accepted, Origin, Rule, Run, Texts, rank
from batten.text import Place

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# GitHub: over 9.0 critical, from 7.0 high, from 4.0 medium, else low.
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
    Severity.INFO: "0.5",
}
_PRECISIONS = {Confidence.HIGH: "very-high", Confidence.MEDIUM: "high", Confidence.LOW: "medium"}
_ROOT = "%SRCROOT%"


def write(run: Run, stream: TextIO) -> None:
    """One SARIF log with one run."""
    json.dump(log(run), stream, indent=2, ensure_ascii=True)
    stream.write("\n")


def log(run: Run) -> dict[str, Any]:
    """The SARIF log as plain values."""
    texts = Texts(run.sources)
    accepted = {rank(one.finding): one for one in run.accepted}
    findings = sorted([*run.findings, *(one.finding for one in run.accepted)], key=rank)
    names = sorted({*run.rules, *(finding.rule for finding in findings)})
    index = {name: number for number, name in enumerate(names)}
    seen: Counter[str] = Counter()
    results = []
    for finding in findings:
        seen[finding.key] += 1
        results.append(_result(finding, index[finding.rule], seen[finding.key], accepted.get(rank(finding)), texts))
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "batten",
                        "semanticVersion": __version__,
                        "rules": [_rule(name, run.rules.get(name)) for name in names],
                        "notifications": [{"id": kind.value, "name": _pascal(kind.value)} for kind in NoteKind],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [_notification(note, texts) for note in sorted(run.notes)],
                    }
                ],
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the scanned app."}}},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }


def _rule(name: str, page: Rule | None) -> dict[str, Any]:
    if page is None:
        return {"id": name}
    parts = [(None, page.summary), ("Why it matters", page.why), ("How to mend it", page.mend)]
    kept = [(heading, text.strip()) for heading, text in parts if text.strip()]
    return {
        "id": name,
        "name": _pascal(name),
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.summary or page.title},
        "defaultConfiguration": {"level": _LEVELS[page.severity]},
        "help": {
            "text": "\n\n".join(f"{heading}: {text}" if heading else text for heading, text in kept) or page.title,
            "markdown": "\n\n".join(f"## {heading}\n\n{text}" if heading else text for heading, text in kept) or page.title,
        },
        "properties": {
            "precision": _PRECISIONS[page.confidence],
            "problem.severity": {"error": "error", "warning": "warning", "note": "recommendation"}[_LEVELS[page.severity]],
            "security-severity": _SCORES[page.severity],
            "tags": [
                "security",
                *(f"external/cwe/cwe-{number}" for number in page.cwe),
                *(f"external/owasp/{name}" for name in page.owasp),
                *page.aliases,
            ],
        },
    }


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _result(finding: Finding, index: int, ordinal: int, accepted: Accepted | None, texts: Texts) -> dict[str, Any]:
    digest = sha256(finding.identity.encode("utf-8", "replace")).hexdigest()[:32]
    message = f"{finding.message} ({finding.reason})" if finding.reason else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": _message(message),
        "locations": [_location(finding.place, texts)],
        "partialFingerprints": {"batten/v1": f"{digest}:{ordinal}"},
        "properties": {"severity": finding.severity.value, "confidence": finding.confidence.value},
    }
    # Several locations are for what has to be changed in each of them (3.27.12); GitHub keeps the first hundred.
    result["locations"] += [_step(step, texts) for step in finding.places if step.place != finding.place]
    if related := (*finding.trail, *finding.places):
        result["relatedLocations"] = [{"id": number, **_step(step, texts)} for number, step in enumerate(related, 1)]
    if finding.trail:
        result["codeFlows"] = [{"threadFlows": [{"locations": [{"location": _step(step, texts)} for step in finding.trail]}]}]
    if accepted is not None:
        kind = "inSource" if accepted.origin is Origin.COMMENT else "external"
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": plain(accepted.reason)}]
    return result


def _message(text: str) -> dict[str, str]:
    # "[a](b)" would become a link.
    return {"text": plain(text).replace("](", "] (")}


def _step(step: Step, texts: Texts) -> dict[str, Any]:
    return {**_location(step.place, texts), "message": _message(step.note)}


def _location(place: Place, texts: Texts) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.path), "uriBaseId": _ROOT}}
    if place.span.end:  # else it is about the whole file
        start, end = texts.start(place), texts.end(place)
        edges = {"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column}
        physical["region"] = edges
    return {"physicalLocation": physical}


_PLAIN_IN_URIS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")


def _uri(path: str) -> str:
    """A path as a relative reference (RFC 3986)."""
    return "".join(chr(byte) if byte in _PLAIN_IN_URIS else f"%{byte:02X}" for byte in path.encode("utf-8", "replace"))


def _notification(note: Note, texts: Texts) -> dict[str, Any]:
    places = [note.place] if note.place else []
    return {
        "descriptor": {"id": note.kind.value, "index": list(NoteKind).index(note.kind)},
        "level": "warning" if note.kind in INCOMPLETE else "note",
        "message": _message(note.message),
        "locations": [_location(place, texts) for place in places],
    }
