"""Settings of coding assistants: what they may do without asking; knows nothing of servers.

https://code.claude.com/docs/en/settings, https://developers.openai.com/codex/config-reference, https://code.visualstudio.com/docs/copilot/reference/copilot-settings
"""

import re
from collections.abc import Iterator

from batten.facts.agents import Allowance, AllowanceKind
from batten.parse.documents import Entry, Listing, Scalar, Table, below
from batten.regex import regex
from batten.text import Place, Span

_CLAUDE = regex(r"(?:^|/)\.claude/settings(?:\.local)?\.json$")
_CODE = regex(r"(?:^|/)\.vscode/settings\.json$|\.code-workspace$")
_CODEX = regex(r"(?:^|/)\.codex/config\.toml$")
_GEMINI = regex(r"(?:^|/)\.(?:gemini|qwen)/settings\.json$")
_OPENCODE = regex(r"(?:^|/)(?:\.opencode/)?opencode\.jsonc?$")
_CURSOR = regex(r"(?:^|/)\.cursor/cli\.json$")
# Every command, by the ways there are to say so.
_ANY_COMMAND = regex(r"(?:Bash|Shell)(?:\(\s*(?:\*|:\*|\*:\*)?\s*\))?")
_ANY_TOOL = ("mcp__*", "*", "Mcp(*:*)")
_AUTO_APPROVE = ("chat.tools.autoApprove", "chat.tools.global.autoApprove")
_TOML_LINE = regex(rb"^[ \t]*+(?P<key>sandbox_mode|approval_policy)[ \t]*+=[ \t]*+[\"'](?P<value>[\w-]++)[\"']", re.MULTILINE)


def is_settings(path: str) -> bool:
    """Whether a file holds settings in JSON, by its path."""
    return any(kind.search(path) is not None for kind in (_CLAUDE, _CODE, _CURSOR, _GEMINI, _OPENCODE))


def is_codex(path: str) -> bool:
    """Whether a file holds those of Codex."""
    return _CODEX.search(path) is not None


def read(path: str, whole: Table) -> Iterator[Allowance]:
    """What a file of settings allows."""
    if _CLAUDE.search(path) is not None:
        yield from _of_claude(path, whole)
    elif _CURSOR.search(path) is not None:
        yield from _allowed(path, whole, "Cursor", personal=False)
    elif _GEMINI.search(path) is not None:
        yield from _of_gemini(path, whole)
    elif _OPENCODE.search(path) is not None:
        yield from _of_opencode(path, whole)
    elif _CODE.search(path) is not None:
        settings = below(whole, "settings") if path.endswith(".code-workspace") else whole
        for name in _AUTO_APPROVE:
            entry = settings.entry(name) if isinstance(settings, Table) else None
            if entry is not None and _is_true(entry):
                yield Allowance(AllowanceKind.EVERYTHING, "VS Code", f"{name}: true", place=Place(path, entry.place))


def _of_claude(path: str, whole: Table) -> Iterator[Allowance]:
    personal = path.endswith(".local.json")
    permissions = whole.get("permissions")
    mode = permissions.entry("defaultMode") if isinstance(permissions, Table) else None
    if mode is not None and isinstance(mode.value, Scalar) and mode.value.text == "bypassPermissions":
        yield Allowance(
            AllowanceKind.EVERYTHING, "Claude Code", "defaultMode: bypassPermissions", place=Place(path, mode.place), personal=personal
        )
    yield from _allowed(path, whole, "Claude Code", personal=personal)
    servers = whole.entry("enableAllProjectMcpServers")
    if servers is not None and _is_true(servers):
        yield Allowance(
            AllowanceKind.ANY_SERVER, "Claude Code", "enableAllProjectMcpServers: true", place=Place(path, servers.place), personal=personal
        )


def _of_gemini(path: str, whole: Table) -> Iterator[Allowance]:
    """https://github.com/google-gemini/gemini-cli/blob/main/docs/get-started/configuration.md."""
    tables = [each for each in (whole, whole.get("general")) if isinstance(each, Table)]
    for table in tables:
        for name in ("approvalMode", "defaultApprovalMode"):
            entry = table.entry(name)
            if entry is not None and isinstance(entry.value, Scalar) and entry.value.text == "yolo":
                yield Allowance(AllowanceKind.EVERYTHING, "Gemini", f"{name}: yolo", place=Place(path, entry.place))


def _of_opencode(path: str, whole: Table) -> Iterator[Allowance]:
    """It runs commands by itself where nothing is said; what is told is that somebody said so: https://opencode.ai/docs/permissions/."""
    allowed = whole.entry("permission")
    if allowed is not None and isinstance(allowed.value, Scalar) and allowed.value.text == "allow":
        yield Allowance(AllowanceKind.EVERYTHING, "OpenCode", "permission: allow", place=Place(path, allowed.place))
    inner = allowed.value if allowed is not None else None
    bash = inner.entry("bash") if isinstance(inner, Table) else None
    every = bash.value.entry("*") if bash is not None and isinstance(bash.value, Table) else bash
    if every is not None and isinstance(every.value, Scalar) and every.value.text == "allow":
        yield Allowance(AllowanceKind.ANY_COMMAND, "OpenCode", "permission.bash: allow", place=Place(path, every.place))


def _allowed(path: str, whole: Table, tool: str, *, personal: bool) -> Iterator[Allowance]:
    allowed, denied = below(whole, "permissions", "allow"), below(whole, "permissions", "deny")
    without = {item.text for item in denied.items if isinstance(item, Scalar)} if isinstance(denied, Listing) else set()
    for item in allowed.items if isinstance(allowed, Listing) else ():
        if not isinstance(item, Scalar) or item.text in without:
            continue
        if _ANY_COMMAND.fullmatch(item.text):
            yield Allowance(AllowanceKind.ANY_COMMAND, tool, f"allow: {item.text}", place=Place(path, item.span), personal=personal)
        elif item.text in _ANY_TOOL:
            yield Allowance(AllowanceKind.ANY_TOOL, tool, f"allow: {item.text}", place=Place(path, item.span), personal=personal)


def of_codex(path: str, data: bytes) -> Iterator[Allowance]:
    """What the settings of Codex allow: it asks nobody, and no sandbox holds it back."""
    for line in _TOML_LINE.finditer(data):
        if (line["key"], line["value"]) == (b"sandbox_mode", b"danger-full-access"):
            span = Span(line.start("key"), line.end())
            yield Allowance(AllowanceKind.EVERYTHING, "Codex", "sandbox_mode = danger-full-access", place=Place(path, span))


def _is_true(entry: Entry) -> bool:
    return isinstance(entry.value, Scalar) and entry.value.plain and entry.value.text == "true"
