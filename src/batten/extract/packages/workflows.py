"""Workflows of GitHub Actions that do what strangers say: their code, or their words, with the rights of the repository.

https://docs.github.com/en/actions/reference/security/secure-use https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/
"""

import re
from collections.abc import Iterator

from batten.extract.packages.reading import Settings
from batten.facts.services import Setting, SettingKind
from batten.parse.documents import Entry, Listing, Scalar, Table, Value, below, read_yaml
from batten.regex import regex
from batten.text import Place, Span

_FILE = regex(r"(?:^|/)\.github/workflows/[^/]+\.ya?ml$")
# Anybody can set these off, and they run with the secrets and the token of the repository.
_BY_STRANGERS = frozenset(("pull_request_target", "workflow_run", "issue_comment", "issues", "discussion", "discussion_comment"))
_WITH_CODE = frozenset(("pull_request_target", "workflow_run", "issue_comment"))
_HEAD = regex(r"github\.event\.pull_request\.head\.|github\.head_ref|refs/pull/|github\.event\.workflow_run\.head_")
_WORDS = regex(
    r"\$\{\{[^}]{0,200}(?:github\.event\.(?:issue|pull_request|comment|review|discussion)\.(?:title|body)|github\.event\.(?:pull_request\.head\.(?:ref|label)|workflow_run\.head_branch|workflow_run\.display_title)|github\.head_ref)\b[^}]{0,200}\}\}"
)
# Who may set it off is asked, or somebody has to say so first.
_ASKS = regex(
    r"author_association|head\.repo\.(?:full_name|fork)|label\.name|labels\.\*|github\.actor|sender\.login|permission", re.IGNORECASE
)
_AGENTS = {
    "anthropics/claude-code-action": "allowed_non_write_users",
    "anthropics/claude-code-base-action": "allowed_non_write_users",
    "openai/codex-action": "allow-users",
}
_MOST = 200


def reads(path: str, name: str) -> bool:
    """Whether the file is a workflow."""
    return name.endswith((".yml", ".yaml")) and _FILE.search(path) is not None


def read(path: str, data: bytes) -> Settings:
    """What strangers make of the workflow."""
    whole = read_yaml(data).table
    events = _events(whole.get("on") if whole is not None else None)
    jobs = below(whole, "jobs")
    if _BY_STRANGERS.isdisjoint(events) or not isinstance(jobs, Table):
        return Settings()
    found = (setting for job in jobs.entries for setting in _of_job(path, job, events))
    return Settings(settings=tuple(setting for setting, _ in zip(found, range(_MOST), strict=False)))


def _events(value: Value | None) -> frozenset[str]:
    match value:
        case Scalar():
            return frozenset((value.text,))
        case Listing():
            return frozenset(item.text for item in value.items if isinstance(item, Scalar))
        case Table():
            return frozenset(entry.key for entry in value.entries)
    return frozenset()


def _of_job(path: str, job: Entry, events: frozenset[str]) -> Iterator[Setting]:
    steps = below(job.value, "steps")
    listed = [step for step in steps.items if isinstance(step, Table)] if isinstance(steps, Listing) else []
    named = ", ".join(sorted(events & _BY_STRANGERS))
    asked = _ASKS.search(_text(below(job.value, "if"))) is not None or below(job.value, "environment") is not None
    for number, step in enumerate(listed):
        narrow = asked or _ASKS.search(_text(step.get("if"))) is not None
        place = f"{job.key}|{number}"
        uses = _text(step.get("uses")).partition("@")[0]
        ref = below(step, "with", "ref")
        if (
            uses == "actions/checkout"
            and ref is not None
            and _HEAD.search(_text(ref))
            and events & _WITH_CODE
            and _runs(listed[number + 1 :])
        ):
            yield _setting(
                path,
                f"{place}|checkout",
                ref.span,
                f"on {named}, it fetches the code of a stranger and runs it with the rights of the repository",
                narrow,
            )
        for value in (step.get("run"), below(step, "with", "script")):
            if value is not None and _WORDS.search(_text(value)):
                yield _setting(path, f"{place}|words", value.span, f"on {named}, words of a stranger become part of a script", narrow)
        slot = _AGENTS.get(uses)
        allowed = below(step, "with", slot) if slot is not None else None
        if allowed is not None and _text(allowed).strip() == "*":
            yield _setting(path, f"{place}|agent", allowed.span, f"on {named}, anybody may tell the agent what to do", narrow)


def _runs(steps: list[Table]) -> bool:
    """Something of what was fetched may run: a script, or an action of the repository."""
    return any(step.get("run") is not None or _text(step.get("uses")).startswith("./") for step in steps)


def _setting(path: str, name: str, span: Span, shown: str, narrow: bool) -> Setting:
    return Setting(kind=SettingKind.WORKFLOW, name=name, shown=shown, narrow=narrow, place=Place(path, span))


def _text(value: Value | None) -> str:
    return value.text if isinstance(value, Scalar) else ""
