"""Servers of tools that assistants are connected to: where they come from, and which of their tools run unasked.

https://modelcontextprotocol.io/docs/develop/connect-local-servers
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.extract.containers.settings import Words, filled, flags, image_name, variable
from batten.facts.agents import Allowance, AllowanceKind, ServerFlaw, ToolServer
from batten.facts.containers import Option
from batten.parse.documents import Entry, Listing, Scalar, Table, Value
from batten.regex import regex
from batten.text import Place, Span

_FILE = regex(
    r"(?:^|/)(?:\.?mcp\.json|[\w-]*mcp[\w-]*(?:settings|config|servers)?\.json|claude_desktop_config\.json|opencode\.jsonc?|\.codex/config\.toml|librechat\.ya?ml)$|(?:^|/)\.(?:gemini|qwen|continue|amazonq|kiro|roo|agents)/[^\n]*\.json$"
)
_KEYS = ("mcpServers", "servers", "mcp", "context_servers", "amp.mcpServers", "mcp_servers")
_WORDS = (b"mcpServers", b'"servers"', b'"mcp"', b"context_servers", b"mcp_servers")
_MOST = 200
_RUNNERS = {"npx": "npm", "bunx": "npm", "pnpx": "npm", "uvx": "pypi", "pipx": "pypi", "docker": "image", "podman": "image"}
_TWO_WORDS = {
    ("pnpm", "dlx"): "npm",
    ("yarn", "dlx"): "npm",
    ("npm", "exec"): "npm",
    ("bun", "x"): "npm",
    ("uv", "run"): "",
    ("uv", "tool"): "pypi",
}
# Flags of runners that are followed by a value.
_VALUED = frozenset(
    {"-p", "--package", "--from", "--with", "--python", "-e", "--env", "-v", "--volume", "--name", "--network", "--mount", "--env-file", "-w", "--workdir", "-u", "--user", "--registry", "--index-url", "-c", "--add-host", "--entrypoint", "--platform", "--spec", "-P", "--publish", "--pull"}
)  # fmt: skip
_NAMING = ("-p", "--package", "--from", "--spec")
_NPM = regex(r"(?P<name>(?:@[\w.-]+/)?[\w.-]+)(?:@(?P<version>[^@\s]+))?")
_PYPI = regex(r"(?P<name>[\w.-]+)(?:\[[\w,.-]*\])?(?:(?:==|@)(?P<version>[^\s;]+))?")
_MOVING = regex(r"latest|next|main|master|edge|nightly|stable|beta|canary|x|\*|[\^~>].*", re.IGNORECASE)
_GIT = regex(r"(?:git\+|git://|github:|gitlab:|https://(?:github|gitlab)\.com/)[^\s]*|[\w.-]+/[\w.-]+")
_COMMIT = regex(r"[@#][0-9a-f]{7,40}(?:[&#?].*)?$")
_LOCAL = regex(
    r"(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\]|host\.docker\.internal|[\w-]+|[\w.-]+\.(?:local|internal|test|localhost)|10\.[\d.]+|192\.168\.[\d.]+|172\.(?:1[6-9]|2\d|3[01])\.[\d.]+)(?::\d+)?",
    re.IGNORECASE,
)
_ACTING = regex(
    r"(?:^|_)(?:execute|exec|run|eval|write|delete|remove|drop|apply|deploy|push|merge|kill|shell|command|bash|sql)(?:_|$)", re.IGNORECASE
)  # fmt: skip
_CAMEL = regex(r"(?<=[a-z0-9])(?=[A-Z])")


class _Source(NamedTuple):
    """What a server is run from."""

    program: str
    pinned: bool
    rest: list[str]


def may_be(path: str, data: bytes) -> bool:
    """Whether a file names such servers, by its path and words."""
    return _FILE.search(path) is not None and any(word in data for word in _WORDS)


def _servers(whole: Table) -> Iterator[tuple[Entry, Table]]:
    for key in _KEYS:
        table = whole.get(key)
        inner = table.get("servers") if key == "mcp" and isinstance(table, Table) and isinstance(table.get("servers"), Table) else table
        for entry in inner.entries[:_MOST] if isinstance(inner, Table) else ():
            if isinstance(entry.value, Table) and any(
                entry.value.get(name) is not None for name in ("command", "url", "serverUrl", "httpUrl", "type")
            ):
                yield entry, entry.value


def is_acting(name: str) -> bool:
    """Whether a tool writes, deletes or runs something, by its name; ``*`` is every tool."""
    return name == "*" or _ACTING.search(_CAMEL.sub("_", name).replace("-", "_")) is not None


def allowances(path: str, whole: Table) -> Iterator[Allowance]:
    """What servers may do unasked."""
    for entry, server in _servers(whole):
        for key in ("alwaysAllow", "autoApprove", "autoapprove"):
            listed = server.get(key)
            names = [item.text for item in listed.items if isinstance(item, Scalar)] if isinstance(listed, Listing) else []
            acting = [name for name in names if is_acting(name)]
            at = server.entry(key)
            if acting and at is not None:
                kind = AllowanceKind.ANY_TOOL if "*" in acting else AllowanceKind.ACTING_TOOL
                yield Allowance(kind, f"the server {entry.key}", f"{key}: {', '.join(acting[:5])}", place=Place(path, at.place))
        trusted = server.entry("trust")
        if trusted is not None and isinstance(trusted.value, Scalar) and trusted.value.text == "true" and "/.gemini/" in f"/{path}":
            yield Allowance(AllowanceKind.ANY_TOOL, f"the server {entry.key}", "trust: true", place=Place(path, trusted.place))


def read(path: str, whole: Table, words: Words) -> Iterator[ToolServer]:
    """The servers of a file, in its order."""
    for entry, server in _servers(whole):
        disabled, enabled = server.get("disabled"), server.get("enabled")
        if (isinstance(disabled, Scalar) and disabled.text == "true") or (isinstance(enabled, Scalar) and enabled.text == "false"):
            continue
        place = Place(path, Span(entry.place.start, entry.place.start + len(entry.key.encode()) + 2))
        settings = list(_variables(server, words))
        address = next((text for name in ("url", "serverUrl", "httpUrl") if (text := _text(server.get(name)))), "")
        if address:
            program, plain, query = _address(address, entry.place, words)
            yield ToolServer(
                entry.key, place=place, programs=(program,), settings=(*settings, *query), flaws=(ServerFlaw.PLAIN_HTTP,) if plain else ()
            )
            continue
        line = _command(server)
        source = _source(line)
        if source is None:
            yield ToolServer(entry.key, place=place, settings=tuple(settings))
            continue
        settings += flags(source.rest, entry.place, words)
        yield ToolServer(
            entry.key,
            place=place,
            programs=(source.program,),
            settings=tuple(settings),
            flaws=() if source.pinned else (ServerFlaw.UNPINNED,),
        )


def _text(value: Value | None) -> str:
    return value.text if isinstance(value, Scalar) else ""


def _command(server: Table) -> list[str]:
    command, given = server.get("command"), server.get("args")
    line = [item.text for item in command.items if isinstance(item, Scalar)] if isinstance(command, Listing) else _text(command).split()
    line += [item.text for item in given.items[:_MOST] if isinstance(item, Scalar)] if isinstance(given, Listing) else []
    # On Windows programs are started by its shell.
    return line[2:] if [word.lower() for word in line[:2]] == ["cmd", "/c"] else line


def _variables(server: Table, words: Words) -> Iterator[Option]:
    for key in ("env", "environment", "headers"):
        table = server.get(key)
        for entry in table.entries[:_MOST] if isinstance(table, Table) else ():
            yield variable(entry.key, _text(entry.value), entry.place, words)


def _source(line: list[str]) -> _Source | None:
    """What is fetched and run; None where it is a program that is there already, or cannot be told."""
    if not line:
        return None
    first = line[0].replace("\\", "/").rpartition("/")[2].removesuffix(".cmd").removesuffix(".exe")
    kind = _TWO_WORDS.get((first, line[1] if len(line) > 1 else ""))
    rest = line[2:] if kind is not None else line[1:]
    kind = _RUNNERS.get(first) if kind is None else kind
    if not kind:
        return None
    if (kind, rest[:1]) == ("image", ["run"]) or (first, rest[:1]) in (("pipx", ["run"]), ("uv", ["run"])):
        rest = rest[1:]
    elif kind == "image":
        return None
    named, rest = _named(rest)
    if named is None:
        return None
    return _known(kind, named, rest)


def _named(rest: list[str]) -> tuple[str | None, list[str]]:
    """What the runner is to run, and what is left for that."""
    named: str | None = None
    at = 0
    while at < len(rest):
        word = rest[at]
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            return (word if named is None else named), rest[at + 1 :]
        if name in _NAMING:
            named = value if equals else (rest[at + 1] if at + 1 < len(rest) else None)
        at += 2 if name in _VALUED and not equals else 1
    return named, []


def _known(kind: str, named: str, rest: list[str]) -> _Source | None:
    if filled(named) is None or named.startswith((".", "/", "~")):
        return None
    if kind == "image":
        name, tag = image_name(named)
        return _Source(f"image:{name}", "@sha256:" in named or (tag != "" and not _MOVING.fullmatch(tag)), rest)
    pattern = _NPM if kind == "npm" else _PYPI
    found = pattern.fullmatch(named)
    if found is not None:
        version = found["version"]
        return _Source(f"{kind}:{found['name'].lower()}", version is not None and not _MOVING.fullmatch(version), rest)
    if _GIT.fullmatch(named):
        return _Source("git", _COMMIT.search(named) is not None, rest)
    return None


def _address(address: str, at: Span, words: Words) -> tuple[str, bool, list[Option]]:
    scheme, _, rest = address.partition("://")
    where, _, query = rest.partition("#")[0].partition("?")
    host = where.partition("/")[0].rpartition("@")[2]
    settings = [
        Option(name, words.shown(filled(value)), at)
        for name, _, value in (part.partition("=") for part in query.split("&")[:_MOST])
        if name
    ]
    plain = scheme.lower() in ("http", "ws") and "$" not in host and not _LOCAL.fullmatch(host)
    return f"url:{host.lower()}", plain, settings
