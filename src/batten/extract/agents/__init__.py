"""What one file says of agents: settings of assistants, servers of tools, and how agents are started; executes nothing."""

from collections.abc import Set as AbstractSet

from batten.extract.agents import launches, permissions, servers
from batten.extract.containers.settings import Words
from batten.facts.agents import Allowance, ToolServer
from batten.finding import Note, NoteKind
from batten.parse.documents import read_json, read_toml, read_yaml
from batten.text import Place, Span

__all__ = ["STARTS", "agents"]

STARTS = launches.WORDS
"""A file without any of them starts no agent that asks nobody."""

_LARGEST = 1_000_000


def agents(
    path: str, data: bytes, words: Words, said: AbstractSet[bytes] = STARTS
) -> tuple[tuple[Allowance, ...], tuple[ToolServer, ...], tuple[Note, ...]]:
    """What agents are allowed, the servers they are connected to, and a Note where a file breaks off; nothing for files of other kinds.

    ``said`` are the words that are in the file.
    """
    started = () if said.isdisjoint(STARTS) else tuple(launches.read(path, data))
    if len(data) > _LARGEST:
        return started, (), ()
    if permissions.is_codex(path):
        whole = read_toml(data).table if servers.may_be(path, data) else None
        connected = tuple(servers.read(path, whole, words)) if whole is not None else ()
        return (*started, *permissions.of_codex(path, data)), connected, ()
    if not permissions.is_settings(path) and not servers.may_be(path, data):
        return started, (), ()
    language, reading = ("YAML", read_yaml) if path.endswith((".yaml", ".yml")) else ("JSON", read_json)
    document = reading(data)
    whole = document.table
    if whole is None:
        return started, (), ()
    found = (*permissions.read(path, whole), *servers.allowances(path, whole))
    connected = tuple(servers.read(path, whole, words))
    if document.whole:
        return (*started, *found), connected, ()
    why = f"{path} is not valid {language} to its end: what it allows agents may be more than is found"
    return (*started, *found), connected, (Note(NoteKind.NOT_PARSED, why, Place(path, Span(0, 0))),)
