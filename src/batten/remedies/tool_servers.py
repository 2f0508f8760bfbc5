"""Pins the servers of tools that agents start, to the version that the repository knows, and narrows what they may reach; looks up no version."""

import json
import re
from collections.abc import Iterator

from batten.facts.agents import ServerFlaw, ToolServer
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.parse.documents import Listing, Scalar, Table, read_json
from batten.regex import regex
from batten.remedies.app import App, fact
from batten.remedies.versions import LOCKS
from batten.text import Span

_MANIFESTS = regex(r"(?:^|/)(?:package\.json|requirements[\w.-]*\.txt|pyproject\.toml|[\w.-]*mcp[\w.-]*\.json|settings\.json)$")
_VERSION = rb"(\d+(?:\.\d+)+(?:[-.+][\w.]+)?)"
_MOVING = r"(?:@(?:latest|next|main|beta|canary|x|\*|[\^~>][^\s]*))?"
_SUPABASE = "npm:@supabase/mcp-server-supabase"
_DEEPEST = 6


def pinned_tools(app: App, finding: Finding) -> Iterator[Fix]:
    """All that is said of a server, or nothing; an outline where no file knows a version."""
    server = fact(app.project.tool_servers, finding)
    if server is None or len(server.programs) != 1:
        return
    path, data = server.place.path, app.text(server.place.path)
    table = _table(data, server)
    if table is None:
        return
    edits: list[Edit] = []
    shown = ""
    if ServerFlaw.UNPINNED in server.flaws:
        kind, _, name = server.programs[0].partition(":")
        sign = {"npm": "@", "pypi": "=="}.get(kind)
        given = _argument(table, name) if sign is not None else None
        if sign is None or given is None:
            return
        version = _known(app, kind, name, path)
        shown = f"{name}{sign}{version or '<version>'}"
        edits.append(Edit(path, given.span, json.dumps(shown)))
        if version is None:
            outline = (
                f"{json.dumps(shown)}  // the version that you have looked at: npm view {name} version"
                if kind == "npm"
                else json.dumps(shown)
            )
            yield Fix(f"Pin {name} of the server {server.name}", Safety.SHOW, (Edit(path, given.span, outline),))
            return
    if ServerFlaw.PLAIN_HTTP in server.flaws:
        address = next((each for key in ("url", "serverUrl", "httpUrl") if isinstance(each := table.get(key), Scalar)), None)
        if address is None or not address.text.startswith("http://"):
            return
        shown = "https://" + address.text.removeprefix("http://")
        edits.append(Edit(path, address.span, json.dumps(shown)))
    if ServerFlaw.WIDE in server.flaws and server.programs[0] == _SUPABASE:
        narrowed = _narrowed(app, path, table)
        edits += narrowed
        shown = shown or "one that reads one project"
    if edits:
        stop = Step(
            server.place, f"agents get the server {server.name} as {shown} from here on: look at what changed whenever you raise it"
        )
        yield Fix(f"Give agents the server {server.name} as {shown}", Safety.UNSAFE, tuple(edits), (stop,))


def _narrowed(app: App, path: str, table: Table) -> list[Edit]:
    """Flags by which it reads alone, and one project, where the app says which."""
    given = table.get("args")
    words = [item.text for item in given.items if isinstance(item, Scalar)] if isinstance(given, Listing) else []
    if not isinstance(given, Listing) or not words or len(words) != len(given.items):
        return []
    projects = {each.project for each in app.project.supabase if each.project}
    wanted = [("--read-only", "--read-only"), *(("--project-ref", f"--project-ref={each}") for each in projects if len(projects) == 1)]
    missing = [text for name, text in wanted if not any(word.startswith(name) for word in words)]
    last = given.items[-1].span.end
    return [Edit(path, Span(last, last), "".join(f", {json.dumps(text)}" for text in missing))] if missing else []


def _table(data: bytes, server: ToolServer) -> Table | None:
    """The settings of a server, where they are JSON."""
    document = read_json(data)
    pending: list[tuple[Table, int]] = [(document.table, 0)] if document.table is not None and document.whole else []
    while pending:
        table, depth = pending.pop()
        for entry in table.entries:
            if not isinstance(entry.value, Table):
                continue
            if entry.key == server.name and entry.place.start == server.place.span.start:
                return entry.value
            if depth < _DEEPEST:
                pending.append((entry.value, depth + 1))
    return None


def _argument(table: Table, name: str) -> Scalar | None:
    """The one argument that names the program, with no version or one that moves."""
    given = table.get("args")
    wanted = re.compile(re.escape(name) + _MOVING)
    found = [item for item in given.items if isinstance(item, Scalar) and wanted.fullmatch(item.text)] if isinstance(given, Listing) else []
    return found[0] if len(found) == 1 else None


def _known(app: App, kind: str, name: str, beside: str) -> str | None:
    """The one version that locks, manifests and other configurations name."""
    bare = re.escape(name).encode()
    shapes = {
        "npm": rb"(?<![\w@/.-])"
        + bare
        + rb"@"
        + _VERSION
        + rb"|\"(?:node_modules/)?"
        + bare
        + rb"\":\s*\{\s*\"version\":\s*\""
        + _VERSION
        + rb"\"|\""
        + bare
        + rb"\":\s*\""
        + _VERSION
        + rb"\"",
        "pypi": rb"(?<![\w.-])" + bare + rb"==" + _VERSION + rb"|name = \"" + bare + rb"\"\r?\nversion = \"" + _VERSION + rb"\"",
    }
    pattern = re.compile(shapes[kind])
    texts = [app.text(path) for path in app.paths if _MANIFESTS.search(path)]
    texts += [text for name in LOCKS if (text := app.unlisted(beside, name)) is not None]
    found = {next(each for each in match.groups() if each).decode() for text in texts for match in pattern.finditer(text)}
    return found.pop() if len(found) == 1 else None
