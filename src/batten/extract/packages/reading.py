"""What readers of settings files share: their result, their failure, tolerant JSON and paths."""

import json
import posixpath
import tomllib
from typing import Any

from msgspec import Struct

from batten.facts.access_rules import AccessRule
from batten.facts.modules import Config
from batten.facts.services import Package, Setting, SupabaseConfig
from batten.finding import Note
from batten.regex import regex

_STRING_OR_COMMENT = regex(r'"(?:[^"\\]|\\.)*+"|//[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+|(?!))*+(?:\*/|\Z)')
_STRING_OR_COMMA = regex(r'"(?:[^"\\]|\\.)*+"|,(?=\s*+[}\]])')


class Settings(Struct, frozen=True):
    """What one settings file says."""

    packages: tuple[Package, ...] = ()
    configs: tuple[Config, ...] = ()
    supabase: tuple[SupabaseConfig, ...] = ()
    settings: tuple[Setting, ...] = ()
    access_rules: tuple[AccessRule, ...] = ()
    rule_files: tuple[tuple[str, str], ...] = ()
    notes: tuple[Note, ...] = ()


class Unreadable(Exception):  # noqa: N818 - a state of the file, not a mistake of ours
    """The file is not what its name says."""


def text_of(data: bytes) -> str:
    """The file as text; bytes that are not UTF-8 show as U+FFFD."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def json_of(data: bytes) -> dict[str, Any]:
    """The object in a JSON file; comments and trailing commas do no harm. Raises Unreadable."""
    text = text_of(data)
    try:
        read = _decoded(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("is not valid JSON") from error
    if not isinstance(read, dict):
        raise Unreadable("holds no JSON object")
    return read


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        bare = _STRING_OR_COMMENT.sub(lambda found: found[0] if found[0].startswith('"') else " ", text)
        return json.loads(_STRING_OR_COMMA.sub(lambda found: found[0] if found[0].startswith('"') else "", bare))


def toml_of(data: bytes) -> dict[str, Any]:
    """The tables of a TOML file. Raises Unreadable."""
    try:
        return tomllib.loads(text_of(data).replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("is not valid TOML") from error


def folder_of(path: str) -> str:
    """The folder a file is in; "" is the root."""
    return path.rpartition("/")[0]


def inside(folder: str, target: str) -> str | None:
    """A path from the root for one that a file in ``folder`` names; None where it leaves the tree."""
    joined = posixpath.normpath(posixpath.join(folder, target.replace("\\", "/").lstrip("/"))) if target != "" else folder
    if joined == "..":
        return None
    return None if joined.startswith(("../", "/")) else "" if joined == "." else joined


def strings_of(value: object) -> tuple[str, ...]:
    """A string, or the strings of a list; empty for anything else."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def table_of(value: object) -> dict[str, Any]:
    """A JSON or TOML table; empty for anything else."""
    return {key: item for key, item in value.items() if isinstance(key, str)} if isinstance(value, dict) else {}
