"""What could not be read or followed, in the order in which people are told."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from batten.facts.project import FileFacts
from batten.finding import Note, NoteKind
from batten.text import Place, Span


def notes_of(files: Iterable[FileFacts]) -> tuple[Note, ...]:
    """What could not be read of files, but for their code."""
    return tuple(sorted((note for file in files for note in file.notes), key=_order))


def notes(
    files: Iterable[FileFacts], asked: AbstractSet[str], unread: Iterable[str], limited: Iterable[str], of_schema: Iterable[Note]
) -> tuple[Note, ...]:
    """All of them. ``asked``: files whose code somebody asked for; ``unread``: what was settled without; ``limited``: where values were followed up to a limit."""
    lead_on = "not read, as names lead here through too many files: findings may be missing"
    too_many = "values are not followed to their end here, as there are too many: findings may be missing"
    return tuple(sorted((*_of_files(files, asked), *_limits(lead_on, unread), *_limits(too_many, limited), *of_schema), key=_order))


def _of_files(files: Iterable[FileFacts], asked: AbstractSet[str]) -> Iterator[Note]:
    """Of the code only where it was asked for, by its words or by a name that leads into it."""
    for file in files:
        yield from file.notes
        if file.asked_for or file.path in asked:
            yield from file.code_notes


def _limits(message: str, paths: Iterable[str]) -> Iterator[Note]:
    return (Note(NoteKind.LIMIT, message, Place(path, Span(0, 0))) for path in paths)


def _order(note: Note) -> tuple[bool, Place | None, str]:
    return note.place is None, note.place, note.message
