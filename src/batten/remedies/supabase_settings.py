"""Edits values of supabase/config.toml in place; the settings of a hosted project, which its dashboard has, stay as they are."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.facts.services import Setting
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.regex import regex
from batten.remedies.app import App, fact
from batten.text import Span

_SECTION = regex(rb"^[ \t]*\[[ \t]*([\w.\"'-]+)[ \t]*\][ \t]*(?:#[^\n]*)?\r?$")
_ENTRY = regex(rb"^[ \t]*([\w.\"'-]+)[ \t]*=[ \t]*([^\n#\"'\[]+?|\"[^\"\n\\]*\"|'[^'\n]*'|\[[^\[\]\n#]*\])[ \t]*(?:#[^\n]*)?\r?$")
_STRICTER = {
    "minimum_password_length": "8",
    "jwt_expiry": "3600",
    "otp_expiry": "3600",
    "enable_confirmations": "true",
    "enable_refresh_token_rotation": "true",
    "secure_password_change": "true",
    "enable_anonymous_sign_ins": "false",
}
_NOTED = {
    "enable_confirmations": "new accounts cannot sign in before they have opened a link that is mailed to them",
    "enable_anonymous_sign_ins": "visitors get no account of their own any more: code that signs them in is refused",
    "secure_password_change": "who changes a password has to have signed in shortly before",
    "minimum_password_length": "new passwords have to be longer",
}


class _Entry(NamedTuple):
    """One value on a line of its own; ``path`` is its key with those of its sections."""

    path: str
    value: Span


def stricter_sign_in(app: App, finding: Finding) -> Iterator[Fix]:
    """Each value that makes accounts easier to take over gets the one that Supabase recommends."""
    setting = fact(app.project.settings, finding)
    if setting is None:
        return
    path, data = setting.place.path, app.text(setting.place.path)
    found = {each.path: each for each in entries(data) if each.path.rpartition(".")[0] in ("auth", "auth.email")}
    edits, stops = [], []
    for name in setting.names:
        entry = found.get(f"auth.{name}") or found.get(f"auth.email.{name}")
        if entry is None or name not in _STRICTER:
            return
        edits.append(Edit(path, entry.value, _STRICTER[name]))
        if name in _NOTED:
            stops.append(Step(setting.place, _NOTED[name]))
    yield Fix("Make the sign-in settings stricter", Safety.UNSAFE, tuple(edits), tuple(stops))


def unlist_schemas(app: App, finding: Finding) -> Iterator[Fix]:
    """The API serves the other schemas alone."""
    setting = fact(app.project.settings, finding)
    entry = _entry(app, setting)
    if setting is None or entry is None:
        return
    data = app.text(setting.place.path)
    written = data[entry.value.start : entry.value.end]
    items = [item.strip() for item in written.strip(b"[]").split(b",") if item.strip()]
    left = [item for item in items if item.strip(b"\"'").decode("utf-8", "replace") not in setting.names]
    if len(left) + len(setting.names) != len(items) or not left:
        return
    stop = Step(setting.place, f"code that asks the API for {setting.shown} is refused: servers take a connection of their own")
    edit = Edit(setting.place.path, entry.value, f"[{b', '.join(left).decode()}]")
    yield Fix(f"Serve {setting.shown} no more", Safety.UNSAFE, (edit,), (stop,))


def secret_from_environment(app: App, finding: Finding) -> Iterator[Fix]:
    """``env(NAME)``, which Supabase's own tool reads."""
    setting = fact(app.project.settings, finding)
    entry = _entry(app, setting)
    if setting is None or entry is None:
        return
    data = app.text(setting.place.path)
    if data[entry.value.start : entry.value.start + 1] not in (b'"', b"'"):
        return
    name = re.sub(r"\W", "_", entry.path.removeprefix("edge_runtime.secrets.")).upper()
    stop = Step(setting.place, f"works only where `{name}` is set; what stood here is in the history: make a new one")
    yield Fix(
        f"Take it from `{name}` of the environment", Safety.UNSAFE, (Edit(setting.place.path, entry.value, f'"env({name})"'),), (stop,)
    )


def _entry(app: App, setting: Setting | None) -> _Entry | None:
    """The value that a setting is about."""
    if setting is None:
        return None
    return next((each for each in entries(app.text(setting.place.path)) if each.path == setting.name), None)


def entries(data: bytes) -> Iterator[_Entry]:
    """Values on one line; those of lists and texts over several lines are not among them."""
    section, at = "", 0
    for line in data.split(b"\n"):
        head, entry = _SECTION.match(line), _ENTRY.match(line)
        if head is not None:
            section = head[1].decode()
        elif line.lstrip().startswith(b"[["):
            section = "[]"
        elif entry is not None:
            path = f"{section}.{entry[1].decode()}" if section else entry[1].decode()
            yield _Entry(path.replace('"', "").replace("'", ""), Span(at + entry.start(2), at + entry.end(2)))
        at += len(line) + 1
