"""Writes GitLab's Code Quality report (https://docs.gitlab.com/ci/testing/code_quality/), which a merge request shows beside its changes."""

import json
from collections import Counter
from hashlib import sha256
from typing import Any, TextIO

from batten.finding import Finding, Severity
from batten.report.escape import plain
from batten.report.run import Run, Texts, ordered

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def write(run: Run, stream: TextIO) -> None:
    """One array, worst first. A fingerprint holds no line, so GitLab knows a finding again where code has moved."""
    texts = Texts(run.sources)
    seen: Counter[str] = Counter()
    rows = []
    for finding in ordered(run):
        seen[finding.key] += 1
        rows.append(_row(finding, seen[finding.key], texts))
    json.dump(rows, stream, indent=2, ensure_ascii=True)
    stream.write("\n")


def _row(finding: Finding, ordinal: int, texts: Texts) -> dict[str, Any]:
    return {
        "description": plain(finding.message),
        "check_name": finding.rule,
        "fingerprint": sha256(f"{finding.identity}\n{ordinal}".encode("utf-8", "replace")).hexdigest(),
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": finding.place.path, "lines": {"begin": texts.start(finding.place).line}},
    }
