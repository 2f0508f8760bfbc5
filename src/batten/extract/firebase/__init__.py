"""What Firebase's rules allow to strangers and to any account, and which files of rules firebase.json deploys; a file at a time."""

from batten.extract.firebase import database, rules
from batten.extract.packages.reading import Settings, json_of, strings_of, table_of
from batten.finding import Note, NoteKind
from batten.text import Place, Span

__all__ = ["read", "reads"]

_SECTIONS = ("firestore", "storage", "database")


def reads(_path: str, name: str) -> bool:
    """Whether this module reads the file."""
    return name == "firebase.json" or name.endswith(".rules") or (name.endswith(".json") and "rules" in name)


def read(path: str, data: bytes) -> Settings:
    """What a file allows, or deploys. Raises Unreadable."""
    name = path.rpartition("/")[2]
    if name == "firebase.json":
        return Settings(rule_files=tuple(_deployed(path, json_of(data))))
    found, whole = (database if name.endswith(".json") else rules).read(path, data)
    note = Note(NoteKind.NOT_PARSED, f"{path} is not understood to its end: what it allows may be more", Place(path, Span(0, 0)))
    return Settings(access_rules=tuple(found), notes=() if whole else (note,))


def _deployed(path: str, whole: dict[str, object]) -> list[tuple[str, str]]:
    """The service and the path of each file of rules, from the root of the tree; a section may be a list, with one entry for each database."""
    folder = path.rpartition("/")[0]
    found = []
    for section in _SECTIONS:
        value = whole.get(section)
        for entry in value if isinstance(value, list) else [value]:
            for name in strings_of(table_of(entry).get("rules")):
                plain = name.removeprefix("./")
                found.append((section, f"{folder}/{plain}" if folder else plain))
    return found
