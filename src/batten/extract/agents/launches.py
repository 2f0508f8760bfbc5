"""How agents are started: flags in scripts, images, pipelines and code that switch their questions off; does not follow values."""

import re
from collections.abc import Iterator

from batten.facts.agents import Allowance, AllowanceKind
from batten.regex import regex
from batten.text import Place, Span

_SCRIPT = regex(
    r"\.(?:sh|bash|zsh|fish|ps1|cmd|bat|ya?ml|mk|service|dockerfile)$|(?:^|/)(?:Dockerfile|Containerfile|Makefile|Procfile|justfile|package\.json|devcontainer\.json)[\w.-]*$",
    re.IGNORECASE,
)
_CODE = regex(r"\.(?:py|[cm]?[jt]sx?)$")
_FLAG = regex(
    rb"""(?<![\w-])(?P<flag>--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|--permission-mode[= ]bypassPermissions|--approval-mode[= ]yolo|--dangerously-allow-all|--allow-all-tools|--yes-always|--yolo)(?![\w-])"""
)
# In code it is a text of its own, or what a mode is set to.
_QUOTED = regex(
    rb"""(?P<q>["'])(?P<flag>--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox)(?P=q)"""
    rb"""|\b(?P<mode>permission_?[mM]ode)["']?\s{0,4}[:=]\s{0,4}["']bypassPermissions["']"""
)
WORDS = frozenset((b"--dangerously-", b"--yolo", b"--approval-mode", b"--allow-all-tools", b"--yes-always", b"bypassPermissions"))
"""A file without any of them starts no such agent."""
_TOOLS = {b"--dangerously-skip-permissions": "Claude Code", b"--dangerously-bypass-approvals-and-sandbox": "Codex"}
_AGENT = regex(rb"\b(?:gemini|codex|qwen|claude|cursor-agent|copilot|aider|amp)\b")
# Flags that other programs may have as well.
_COMMON = (b"--yolo", b"--approval-mode", b"--dangerously-allow-all", b"--allow-all-tools", b"--yes-always")
_COMMENT = regex(rb"^\s*(?:#|//|\*|/\*|<!--|echo\b|printf\b|rem\b)", re.IGNORECASE)
_BOXED = regex(r"(?:^|/)\.devcontainer/|(?:^|/)[\w.-]*(?:Docker|Container)file[\w.-]*$|(?:^|/)[\w.-]*sandbox[\w.-]*(?:/|$)", re.IGNORECASE)
_LONGEST_LINE = 2_000
_MOST = 20


def read(path: str, data: bytes) -> Iterator[Allowance]:
    """Every such flag of a file that does not stand in a comment."""
    is_code = _CODE.search(path) is not None
    if not is_code and _SCRIPT.search(path) is None:
        return
    for count, found in enumerate((_QUOTED if is_code else _FLAG).finditer(data)):
        if count >= _MOST:
            break
        start = data.rfind(b"\n", max(0, found.start() - _LONGEST_LINE), found.start()) + 1
        end = data.find(b"\n", found.end(), found.end() + _LONGEST_LINE)
        line = data[start : end if end != -1 else found.end()]
        before = data[start : found.start()]
        if _COMMENT.match(line) or b" #" in before or (is_code and b"//" in before.replace(b"://", b"")):
            continue
        flag = found["flag"]
        if flag is not None and flag.startswith(_COMMON) and not _AGENT.search(before):
            continue
        shown = flag.decode() if flag is not None else "permission mode bypassPermissions"
        tool = _TOOLS.get(flag or b"", "the agent" if flag is not None and not flag.startswith(b"--permission") else "Claude Code")
        yield Allowance(
            AllowanceKind.EVERYTHING,
            tool,
            shown,
            place=Place(path, Span(*found.span("flag" if flag is not None else 0))),
            boxed=_BOXED.search(path) is not None,
        )
