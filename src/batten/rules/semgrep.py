"""Rules in semgrep's own form, from a folder of the user's: each becomes a page whose pattern the guest engine is asked for."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from batten.finding import Confidence, PackError, Severity, UsageError
from batten.regex import regex
from batten.rules.page import LARGEST, Match, Page, Shape, Term

FACT = "pattern"
# Of what semgrep writes into rules; the page says the rest.
_SAID = frozenset(("id", "message", "severity", "metadata", "fix", "fix-regex", "min-version", "max-version", "paths"))
_SEVERITIES = {
    "CRITICAL": Severity.CRITICAL, "ERROR": Severity.HIGH, "HIGH": Severity.HIGH, "WARNING": Severity.MEDIUM, "MEDIUM": Severity.MEDIUM,
    "INFO": Severity.LOW, "LOW": Severity.LOW, "INVENTORY": Severity.INFO, "EXPERIMENT": Severity.INFO,
}  # fmt: skip
_CONFIDENCES = {"HIGH": Confidence.HIGH, "MEDIUM": Confidence.MEDIUM, "LOW": Confidence.LOW}
_CWE = regex(r"CWE-(\d{1,5})")


def match_of(rule: str) -> Match:
    """The places that the engine finds for a rule."""
    return Match(terms=(Term("rule", Shape.SCALAR, (rule,)),))


def body_of(value: Any) -> str:
    """What the engine is asked, as JSON: what a page says itself is left out."""
    return msgspec.json.encode({key: part for key, part in value.items() if key not in _SAID}).decode()


def read(folder: Path) -> tuple[Page, ...]:
    """The rules of a folder, or of one file. Raises UsageError where there are none, PackError where one is not valid.

    Names of rules of a registry are none: nothing is fetched.
    """
    if not folder.exists():
        raise UsageError(
            f"there is no folder {str(folder)!r} with rules of semgrep", "Name one on this machine: nothing is fetched from a registry."
        )
    files = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*.y*ml") if path.suffix in (".yml", ".yaml"))
    pages = [page for path in files for page in _pages(path)]
    if not pages:
        raise UsageError(f"{str(folder)!r} holds no rules of semgrep", "They are in files *.yml or *.yaml, under 'rules'.")
    return tuple({page.id: page for page in pages}.values())


def _pages(path: Path) -> Iterator[Page]:
    import yaml  # only where rules are read

    try:
        text = path.read_text("utf-8")
        if len(text) > LARGEST:
            raise PackError(f"{path}: it is larger than {LARGEST} characters", "Split it.")
        document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise PackError(f"{path}: it can't be read as YAML", "Rules of semgrep are YAML.") from error
    rules = document.get("rules") if isinstance(document, dict) else None
    for rule in rules if isinstance(rules, list) else ():
        if not isinstance(rule, dict) or not isinstance(rule.get("id"), str) or "languages" not in rule:
            raise PackError(f"{path}: a rule has no id or no languages", "See https://semgrep.dev/docs/writing-rules/rule-syntax.")
        yield _page(rule, path)


def _page(rule: dict[str, Any], path: Path) -> Page:
    metadata: dict[str, Any] = rule["metadata"] if isinstance(rule.get("metadata"), dict) else {}
    name = "semgrep-" + (re.sub(r"[^a-z0-9]+", "-", rule["id"].lower()).strip("-") or "rule")
    message = " ".join(str(rule.get("message") or rule["id"]).split())
    cwe = metadata.get("cwe", ())
    return Page(
        id=name,
        title=message.partition(". ")[0].rstrip("."),
        severity=_SEVERITIES.get(str(rule.get("severity", "")).upper(), Severity.MEDIUM),
        confidence=_CONFIDENCES.get(str(metadata.get("confidence", "")).upper(), Confidence.HIGH),
        since="0.1.0",
        message=message.replace("{", "{{").replace("}", "}}"),
        fact=FACT,
        match=match_of(name),
        semgrep=body_of(rule),
        cwe=tuple(int(found) for found in _CWE.findall(" ".join(map(str, cwe)) if isinstance(cwe, list) else str(cwe))),
        paths=("product",),
        summary=message,
        pack="semgrep",
        path=str(path),
    )
