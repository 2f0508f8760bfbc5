"""The contracts of coding agents, by examples of their documentation."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.finding import UsageError
from batten.hook.events import Agent, Event, Moment, Reply, read_event, reply

HERE = Path("/here")
CLAUDE_EDIT = {
    "session_id": "abc123",
    "transcript_path": "/home/x/.claude/projects/a/t.jsonl",
    "cwd": "/shop",
    "permission_mode": "default",
    "hook_event_name": "PostToolUse",
    "tool_name": "Edit",
    "tool_input": {"file_path": "/shop/src/a.ts", "old_string": "a", "new_string": "b", "replace_all": False},
    "tool_response": {"filePath": "/shop/src/a.ts"},
    "tool_use_id": "toolu_01",
}
CURSOR = {"conversation_id": "c1", "generation_id": "g1", "cursor_version": "3.7.21", "workspace_roots": ["/shop", "/site"]}


def read(agent: Agent, event: Any, project: str = "") -> Event:
    return read_event(agent, json.dumps(event).encode(), HERE, project)


def test_an_edit_of_claude() -> None:
    assert read(Agent.CLAUDE, CLAUDE_EDIT) == Event(Agent.CLAUDE, Moment.EDIT, "abc123", (Path("/shop"),), (Path("/shop/src/a.ts"),))


def test_the_project_counts_before_the_folder_that_claude_has_gone_to() -> None:
    assert read(Agent.CLAUDE, CLAUDE_EDIT, "/shop/web").folders == (Path("/shop/web"),)
    assert read(Agent.CLAUDE, {**CLAUDE_EDIT, "cwd": ""}).folders == (HERE,)


def test_a_session_that_begins() -> None:
    claude = {"session_id": "abc123", "cwd": "/shop", "hook_event_name": "SessionStart", "source": "startup", "file_path": "/shop/a"}
    assert read(Agent.CLAUDE, claude) == Event(Agent.CLAUDE, Moment.START, "abc123", (Path("/shop"),), ())
    assert read(Agent.CURSOR, {**CURSOR, "session_id": "c1", "hook_event_name": "sessionStart"}).moment is Moment.START


@pytest.mark.parametrize("name", ["Stop", "SubagentStop"])
def test_a_stop_of_claude(name: str) -> None:
    event = {"session_id": "abc123", "cwd": "/shop", "hook_event_name": name, "stop_hook_active": True}
    assert read(Agent.CLAUDE, event) == Event(Agent.CLAUDE, Moment.STOP, "abc123", (Path("/shop"),), ())


@pytest.mark.parametrize(
    "event",
    [
        {"hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_input": {"command": "ls"}},
        {"hook_event_name": "PostToolUse", "tool_name": "Edit", "tool_input": {"file_path": "a\0b"}},
        {"hook_event_name": "PostToolUse", "tool_name": "Edit", "tool_input": {"file_path": "a" * 5_000}},
        {"hook_event_name": "PreToolUse", "tool_name": "Edit", "tool_input": {"file_path": "/shop/a"}},
        {"hook_event_name": "UserPromptSubmit", "prompt": "hello"},
        {"hook_event_name": 7},
        {},
    ],
)
def test_other_events_are_not_for_us(event: dict[str, Any]) -> None:
    assert read(Agent.CLAUDE, event).moment is Moment.OTHER


def test_edits_of_cursor() -> None:
    noted = {**CURSOR, "hook_event_name": "afterFileEdit", "file_path": "/site/b.py", "edits": [{"old_string": "", "new_string": "x"}]}
    used = {**CURSOR, "hook_event_name": "postToolUse", "tool_name": "Write", "tool_input": {"path": "c.py"}, "tool_output": "{}"}
    folders = (Path("/shop"), Path("/site"))
    assert read(Agent.CURSOR, noted) == Event(Agent.CURSOR, Moment.NOTED, "c1", folders, (Path("/site/b.py"),))
    assert read(Agent.CURSOR, used) == Event(Agent.CURSOR, Moment.EDIT, "c1", folders, (Path("/shop/c.py"),))
    assert read(Agent.CURSOR, {**used, "tool_input": '{"file_path": "d.py"}'}).files == (Path("/shop/d.py"),)
    assert read(Agent.CURSOR, {**used, "tool_input": "{"}).moment is Moment.OTHER


def test_a_stop_of_cursor_counts_where_the_work_is_done() -> None:
    moments = {
        status: read(Agent.CURSOR, {**CURSOR, "hook_event_name": "stop", "status": status, "loop_count": 0}).moment
        for status in ("completed", "aborted", "error")
    }
    assert moments == {"completed": Moment.STOP, "aborted": Moment.OTHER, "error": Moment.OTHER}


def test_events_of_one_agent_mean_nothing_to_the_other() -> None:
    assert read(Agent.CURSOR, CLAUDE_EDIT).moment is Moment.OTHER
    assert read(Agent.CLAUDE, {**CURSOR, "hook_event_name": "stop", "status": "completed"}).moment is Moment.OTHER


def event(agent: Agent, moment: Moment) -> Event:
    return Event(agent, moment, "s", (HERE,), ())


@pytest.mark.parametrize("moment", [Moment.EDIT, Moment.STOP])
def test_claude_hears_standard_error_where_the_code_is_2(moment: Moment) -> None:
    assert reply(event(Agent.CLAUDE, moment), "a hole") == Reply(err="a hole", code=2)
    assert reply(event(Agent.CLAUDE, moment), "") == Reply()


def test_cursor_hears_one_json_object() -> None:
    said = {moment: reply(event(Agent.CURSOR, moment), 'a "hole"\n') for moment in Moment}
    assert {each.code for each in said.values()} == {0}
    assert {moment: json.loads(each.out) for moment, each in said.items()} == {
        Moment.EDIT: {"additional_context": 'a "hole"\n'},
        Moment.STOP: {"followup_message": 'a "hole"\n'},
        Moment.START: {},
        Moment.NOTED: {},
        Moment.OTHER: {},
    }
    assert reply(event(Agent.CURSOR, Moment.STOP), "") == Reply(out="{}\n")


def test_the_documentation_sets_up_events_that_are_heard() -> None:
    text = (Path(__file__).parents[2] / "docs" / "agents.md").read_text()
    blocks = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]
    hooks = [block["hooks"] for block in blocks if "hooks" in block]
    assert [block["mcpServers"] for block in blocks if "mcpServers" in block] == [{"batten": {"command": "batten", "args": ["mcp"]}}]
    for agent, events in zip(Agent, hooks, strict=True):
        names = {"session_id": "s", "cwd": "/shop", "workspace_roots": ["/shop"], "status": "completed", "file_path": "/shop/a"}
        assert [name for name in events if read(agent, {**names, "hook_event_name": name}).moment is Moment.OTHER] == []
        commands = re.findall(r'"command": "([^"]+)"', json.dumps(events))
        assert set(commands) == {f"batten hook {agent}"}


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"null"])
def test_what_is_no_event_is_said_to_the_person(data: bytes) -> None:
    with pytest.raises(UsageError, match="standard input holds no event of an agent"):
        read_event(Agent.CLAUDE, data, HERE)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["file_path", "path", "x"]), inner, max_size=3),
    max_leaves=6,
)
_NAMES = ["hook_event_name", "session_id", "conversation_id", "cwd", "workspace_roots", "tool_input", "file_path", "status"]


@given(
    st.sampled_from(Agent),
    st.dictionaries(st.sampled_from(_NAMES), _JSON | st.sampled_from(["PostToolUse", "Stop", "stop", "postToolUse"])),
)
def test_no_event_is_too_strange(agent: Agent, said: dict[str, Any]) -> None:
    found = read(agent, said)
    assert all("\0" not in str(path) for path in (*found.folders, *found.files))
    assert found.moment is not Moment.EDIT or found.files
