"""A fix as the lines that stand in the place of others, for review tools that offer it at a click; knows no tool."""

from difflib import SequenceMatcher
from typing import Any

from batten.finding import Finding
from batten.report.agent import patch_text
from batten.report.run import Changed, Offer, Run

_MOST_LINES = 40


def fix_document(run: Run, finding: Finding) -> dict[str, Any] | None:
    """The proven fix of a finding as plain values; None where there is none, or none was asked for."""
    offer = run.offers.get(finding.key)
    if offer is None:
        return None
    patch = patch_text(run, offer)
    return {
        "title": offer.title,
        "safe": offer.safe,
        "patch": patch,
        "suggestion": _suggestion(offer) if patch is not None else None,
    }


def _suggestion(offer: Offer) -> dict[str, Any] | None:
    """The whole fix as one range of lines of one file that is there; None where it is more than that."""
    if len(offer.changes) != 1 or offer.changes[0].before is None:
        return None
    return _one(offer.changes[0], offer.changes[0].before)


def _one(change: Changed, data: bytes) -> dict[str, Any] | None:
    try:
        before, after = data.decode(), change.after.decode()
    except UnicodeDecodeError:
        return None
    if "\r" in before + after:
        return None
    old, new = before.split("\n"), after.split("\n")
    codes = [each for each in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if each[0] != "equal"]
    if not codes:
        return None
    start, end, first, last = codes[0][1], codes[-1][2], codes[0][3], codes[-1][4]
    if start == end:  # lines come and none goes: the one before or after them is said again
        if start:
            start, first = start - 1, first - 1
        else:
            end, last = end + 1, last + 1
    if end > len(old) or (end == len(old) and old[-1] == "") or max(end - start, last - first) > _MOST_LINES:
        return None
    return {"path": change.path, "start": start + 1, "end": end, "text": "\n".join(new[first:last])}
