"""The contracts of coding agents: what an event of theirs says, and how an answer has to look so that the model hears it.

Claude Code (https://code.claude.com/docs/en/hooks) gives the text on standard error to the model where a hook exits with 2; any other code but
0 is told to the person alone. Cursor (https://cursor.com/docs/agent/hooks) reads one JSON object: what stands in ``additional_context`` reaches
the model after a tool was used, ``followup_message`` when it stops; of what is said after ``afterFileEdit`` it hears nothing.
"""

import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from msgspec import Struct

from batten.finding import UsageError

# Names that agents have for the file which a tool has written.
_FILES = ("file_path", "notebook_path", "path", "target_file")
_MOST_FILES = 50
_LONGEST = 4_096


class Agent(StrEnum):
    """Whose contract is spoken."""

    CLAUDE = "claude"
    CURSOR = "cursor"


class Moment(StrEnum):
    """What has happened."""

    START = "start"
    """A session begins, and nobody listens."""
    EDIT = "edit"
    """A file was written, and the model hears what is said about it."""
    NOTED = "noted"
    """A file was written, and nobody listens."""
    STOP = "stop"
    """The model is done."""
    OTHER = "other"
    """Nothing that is for us."""


_MOMENTS = {
    (Agent.CLAUDE, "SessionStart"): Moment.START,
    (Agent.CURSOR, "sessionStart"): Moment.START,
    (Agent.CLAUDE, "PostToolUse"): Moment.EDIT,
    (Agent.CLAUDE, "Stop"): Moment.STOP,
    (Agent.CLAUDE, "SubagentStop"): Moment.STOP,
    (Agent.CURSOR, "postToolUse"): Moment.EDIT,
    (Agent.CURSOR, "afterFileEdit"): Moment.NOTED,
    (Agent.CURSOR, "stop"): Moment.STOP,
}


class Event(Struct, frozen=True):
    """One event. ``session`` is "" where it has no name; ``folders`` are those that the agent works in, ``files`` those that were written."""

    agent: Agent
    moment: Moment
    session: str
    folders: tuple[Path, ...]
    files: tuple[Path, ...]


class Reply(Struct, frozen=True):
    """What to print, and the exit code."""

    out: str = ""
    err: str = ""
    code: int = 0


HEARD = 2
"""The exit code with which Claude Code gives standard error to the model."""


def read_event(agent: Agent, data: bytes, here: Path, project: str = "") -> Event:
    """The event in ``data``; ``here`` and ``project`` are the folder and the project in which the agent has started the hook. Raises UsageError."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise UsageError(
            "standard input holds no event of an agent", "batten hook is for agents to call; docs/agents.md says how to set it up"
        )
    moment = _MOMENTS.get((agent, _text(said, "hook_event_name")), Moment.OTHER)
    if agent is Agent.CURSOR and moment is Moment.STOP and said.get("status") not in (None, "completed"):
        moment = Moment.OTHER  # the person has stopped it, or it has failed
    folders = tuple(Path(folder) for folder in _folders(said, project)) or (here,)
    files = tuple(folders[0] / name for name in _files(said)) if moment in (Moment.EDIT, Moment.NOTED) else ()
    if not files and moment in (Moment.EDIT, Moment.NOTED):
        moment = Moment.OTHER
    session = _text(said, "session_id") or _text(said, "conversation_id")
    return Event(agent, moment, session, folders, files)


def reply(event: Event, text: str) -> Reply:
    """How to say ``text`` so that the model hears it; "" where there is nothing to say."""
    if event.agent is Agent.CLAUDE:
        return Reply(err=text, code=HEARD) if text else Reply()
    field = {Moment.EDIT: "additional_context", Moment.STOP: "followup_message"}.get(event.moment)
    return Reply(out=json.dumps({field: text} if field is not None and text else {}) + "\n")


def _folders(said: dict[str, Any], project: str) -> Iterator[str]:
    roots = said.get("workspace_roots")
    if isinstance(roots, list) and roots:
        yield from (root for root in roots[:_MOST_FILES] if _is_path(root))
    elif folder := project or _text(said, "cwd"):
        yield folder


def _files(said: dict[str, Any]) -> Iterator[str]:
    given = said.get("tool_input")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = None
    for source in (said, given):
        if isinstance(source, dict):
            yield from (source[name] for name in _FILES if _is_path(source.get(name)))


def _is_path(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and "\0" not in value


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) and _is_path(value) else ""
