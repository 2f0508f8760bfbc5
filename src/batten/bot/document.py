"""The JSON of ``batten diff`` as the bot reads it back: it may come from a job that ran a stranger's code, so its form and size are checked, and its texts are only ever quoted."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from batten.finding import Severity, UsageError

LARGEST = 20_000_000
_AGAIN = "write it with: batten diff BASE HEAD --with-fixes --output-format json=FILE"
_Text = Annotated[str, Meta(max_length=100_000)]
_Path = Annotated[str, Meta(min_length=1, max_length=4_096)]
_Line = Annotated[int, Meta(ge=1, le=10_000_000)]
_Handle = Annotated[str, Meta(pattern="^[0-9a-f]{12}$")]
_Rule = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,99}$")]
_Commit = Annotated[str, Meta(pattern="^[0-9a-f]{40,64}$")]


class Position(Struct, frozen=True):
    """A line, from 1."""

    line: _Line


class Place(Struct, frozen=True):
    """A path from the top of the repository, and where in the file."""

    path: _Path
    start: Position


class Step(Struct, frozen=True):
    """One sentence of the story."""

    note: _Text
    place: Place


class Anchor(Struct, frozen=True):
    """Where in the change to speak; ``line`` None: of the file as a whole. ``where`` as in ``batten.diff``."""

    where: _Text
    path: _Path
    line: _Line | None


class Suggestion(Struct, frozen=True):
    """``text`` in the place of lines ``start`` to ``end`` of a file."""

    path: _Path
    start: _Line
    end: _Line
    text: _Text


class Fix(Struct, frozen=True):
    """A proven fix: a patch, None where it can't be shown; as a suggestion, None where it is more than one range of lines."""

    title: _Text
    safe: bool
    patch: _Text | None
    suggestion: Suggestion | None = None


class New(Struct, frozen=True):
    """A finding that was not there before."""

    rule: _Rule
    severity: Severity
    message: _Text
    handle: _Handle
    place: Place
    trail: tuple[Step, ...]
    anchor: Anchor
    silenced: bool
    reason: _Text | None = None
    fix: Fix | None = None


class Fixed(Struct, frozen=True):
    """A finding that is gone."""

    rule: _Rule
    message: _Text


class Silenced(Struct, frozen=True):
    """A finding that a comment of the change speaks for."""

    rule: _Rule
    reason: _Text


class Shift(Struct, frozen=True):
    """What strangers reach now and did not before, or the other way round."""

    direction: _Text
    text: _Text
    kind: _Text = ""


class Document(Struct, frozen=True):
    """What a change does. ``head`` None: it was the working tree. ``complete``: nothing was left out for being not understood."""

    version: int
    base: _Commit
    head: _Commit | None
    new: tuple[New, ...]
    fixed: tuple[Fixed, ...]
    silenced: tuple[Silenced, ...]
    surface: tuple[Shift, ...]
    complete: bool

    @property
    def is_in_sight(self) -> bool:
        """What is not found any more is gone: nothing was left out, and the change hides nothing."""
        return self.complete and not any(shift.kind == "file" for shift in self.surface)


def read(data: bytes) -> Document:
    """The document. Raises UsageError where it is not one."""
    if len(data) > LARGEST:
        raise UsageError("the findings are larger than 20 MB, so they are not read", _AGAIN)
    try:
        document = msgspec.json.decode(data, type=Document)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        # Not the error's own text: it may quote what it has read.
        raise UsageError("this is not the JSON of batten diff", _AGAIN) from error
    if document.version != 1:
        raise UsageError("the findings are of another version of batten", _AGAIN)
    return document
