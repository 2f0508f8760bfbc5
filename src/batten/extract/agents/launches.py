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
    rb"""(?<![\w-])(?P<flag>--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|--permission-mode[= ]bypassPermissions|--approval-mode[= ]yolo|--dangerously-allow-all|--allow-all-tools|--yes-always|--yolo|--allowed-?[tT]ools[= ]["']?(?:[^"'\n]{0,200}[ ,])?Bash(?=[,"'\s]|\Z))(?![\w-])"""
    rb"""|\b(?P<forced>cursor-agent)\b[^\n]{0,200}?[^\S\n](?:--force|-f)(?![\w-])"""
    rb"""|^[^\S\n]*(?P<listed>allowed_tools)[^\S\n]*:[^\S\n]*["']?(?:[^"'\n]{0,200}[ ,])?Bash(?=[,"'\s]|\Z)""",
    re.MULTILINE,
)
# In code it is a text of its own, or what a mode is set to.
_QUOTED = regex(
    rb"""(?P<q>["'])(?P<flag>--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox)(?P=q)"""
    rb"""|\b(?P<mode>permission_?[mM]ode)["']?\s{0,4}[:=]\s{0,4}["']bypassPermissions["']"""
    rb"""|\b(?P<listed>allowed_?[tT]ools)["']?\s{0,4}[:=]\s{0,4}\[[^\]]{0,400}?["']Bash["']"""
    rb"""|\b(?P<hosted>require_?[aA]pproval)["']?\s{0,4}[:=]\s{0,4}["']never["']"""
)
WORDS = frozenset(
    (
        b"--dangerously-",
        b"--yolo",
        b"--approval-mode",
        b"--allow-all-tools",
        b"--yes-always",
        b"bypassPermissions",
        b"allowed_tools",
        b"allowedTools",
        b"allowed-tools",
        b"cursor-agent",
        b"require_approval",
        b"requireApproval",
    )
)
"""A file without any of them starts no such agent."""
_TOOLS = {b"--dangerously-skip-permissions": "Claude Code", b"--dangerously-bypass-approvals-and-sandbox": "Codex"}
_AGENT = regex(rb"\b(?:gemini|codex|qwen|claude|cursor-agent|copilot|aider|amp)\b")
# Flags that other programs may have as well.
_COMMON = (b"--yolo", b"--approval-mode", b"--dangerously-allow-all", b"--allow-all-tools", b"--yes-always")
_COMMENT = regex(rb"^\s*(?:#|//|\*|/\*|<!--|echo\b|printf\b|rem\b)", re.IGNORECASE)
_BOXED = regex(r"(?:^|/)\.devcontainer/|(?:^|/)[\w.-]*(?:Docker|Container)file[\w.-]*$|(?:^|/)[\w.-]*sandbox[\w.-]*(?:/|$)", re.IGNORECASE)
_CLAUDE = regex(rb"claude[_-](?:agent|code)[_-]sdk|claude-code-action|@anthropic-ai/claude")
_CHOSEN = regex(rb"allowed_?[tT]ools")
_NEAR = 600
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
        seen = _seen(found, data, before)
        if seen is not None:
            kind, tool, shown = seen
            flag = "flag" if found["flag"] is not None else 0
            yield Allowance(kind, tool, shown, place=Place(path, Span(*found.span(flag))), boxed=_BOXED.search(path) is not None)


def _seen(found: re.Match[bytes], data: bytes, before: bytes) -> tuple[AllowanceKind, str, str] | None:
    """What an agent is allowed there, whose setting that is, and how it is shown; None where that is no matter of agents."""
    said = found.groupdict()
    flag: bytes | None = said["flag"]
    if said.get("hosted"):
        # Which tools those are is said beside it, or by whoever runs the server.
        start = max(data.rfind(mark, max(0, found.start() - _NEAR), found.start()) for mark in (b"{", b"("))
        ends = [end for mark in (b"}", b")") if (end := data.find(mark, found.end(), found.end() + _NEAR)) != -1]
        around = data[max(start, 0) : min(ends, default=found.end())]
        return None if _CHOSEN.search(around) else (AllowanceKind.HOSTED_TOOLS, "the model", "require_approval: never")
    if said.get("listed"):
        return (AllowanceKind.ANY_COMMAND, "Claude Code", "allowed tools: Bash") if _CLAUDE.search(data) else None
    if said.get("forced"):
        return AllowanceKind.EVERYTHING, "the agent", "cursor-agent --force"
    if flag is None:
        return AllowanceKind.EVERYTHING, "Claude Code", "permission mode bypassPermissions"
    if flag.startswith(b"--allowed"):
        return AllowanceKind.ANY_COMMAND, "Claude Code", "allowed tools: Bash"
    if flag.startswith(_COMMON) and not _AGENT.search(before):
        return None
    tool = _TOOLS.get(flag, "the agent" if not flag.startswith(b"--permission") else "Claude Code")
    return AllowanceKind.EVERYTHING, tool, flag.decode()
