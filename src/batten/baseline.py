"""Keeps a file of findings that are known already, by their keys; decides nothing about severity.

A key holds no line number, so known findings stay known while code moves; equal keys are counted.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from batten.finding import ConfigError, Finding

VERSION = 1
NAME = "batten-baseline.json"
_LARGEST = 50_000_000


class Baseline(Struct, frozen=True):
    """Known findings: how often each key is accepted."""

    keys: dict[str, int]

    def split(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
        """The findings that are new, and those that are known; of equal keys the first are known."""
        left = Counter(self.keys)
        new: list[Finding] = []
        known: list[Finding] = []
        for finding in findings:
            if left[finding.key] > 0:
                left[finding.key] -= 1
                known.append(finding)
            else:
                new.append(finding)
        return new, known


def create(findings: Iterable[Finding]) -> Baseline:
    """A baseline of all these findings."""
    return Baseline(dict(Counter(finding.key for finding in findings)))


def update(baseline: Baseline, findings: Iterable[Finding], ran: Sequence[str]) -> Baseline:
    """The baseline without what is gone; nothing new comes in, and keys of rules that did not run stay."""
    now = Counter(finding.key for finding in findings)
    rules = frozenset(ran)
    kept = {key: min(count, now[key]) if key.partition("|")[0] in rules else count for key, count in baseline.keys.items()}
    return Baseline({key: count for key, count in kept.items() if count})


def dump(baseline: Baseline) -> str:
    """The text of a baseline file: one line a key, sorted, so that a change shows as the lines it changes."""
    document = {"version": VERSION, "tool": "batten", "findings": dict(sorted(baseline.keys.items()))}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def load(path: Path) -> Baseline:
    """The baseline in a file. Raises ConfigError where it can't be used."""
    again = f"write it again with: batten baseline create --baseline {path}"
    try:
        if not path.is_file():
            raise ConfigError(f"there is no baseline file {path}", again)
        if path.stat().st_size > _LARGEST:
            raise ConfigError(f"{path} is larger than 50 MB, so it is no baseline", again)
        document: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}", "check its permissions") from error
    except (ValueError, RecursionError) as error:
        where = f"{path}:{error.lineno}" if isinstance(error, json.JSONDecodeError) else str(path)
        raise ConfigError(f"{where}: this is not valid JSON", again) from error
    if not isinstance(document, dict) or document.get("tool") != "batten":
        raise ConfigError(f"{path} is not a baseline of batten", again)
    if document.get("version") != VERSION:
        advice = "update batten, or " + again
        raise ConfigError(f"{path} has version {document.get('version')!r}, and this batten reads version {VERSION}", advice)
    findings = document.get("findings")
    if not isinstance(findings, dict):
        raise ConfigError(f"{path}: 'findings' must be an object of keys and counts", again)
    for key, count in findings.items():
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise ConfigError(f"{path}: the count of {key!r} must be 1 or more", again)
    return Baseline(findings)
