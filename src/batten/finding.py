"""What batten says: findings, their trails, notes on what it could not settle, and its errors."""

from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct

from batten.text import Place, Span


class Severity(StrEnum):
    """Impact if the finding is true, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical, 4 for info: sorts worst first."""
        return _SEVERITIES.index(self)


class Confidence(StrEnum):
    """How probable it is that the condition holds, surest first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for high, 2 for low."""
        return _CONFIDENCES.index(self)


_SEVERITIES = tuple(Severity)
_CONFIDENCES = tuple(Confidence)


class Step(Struct, frozen=True, order=True):
    """One sentence of the story: "created here", "read by the browser here"."""

    place: Place
    note: str


class Finding(Struct, frozen=True):
    """One hole, at one place, with the story that proves it.

    ``key`` is ``rule|package|kind|name|discriminator``: never a line number, so that baselines and
    comments survive edits. ``subject`` is ``kind|name`` of the object at fault: rules swallow each
    other by it. ``remedy`` names a remedy, or is ``None`` where there is none. ``reason`` says why the
    severity or confidence is below that of the rule's page, "" where it is not. ``places`` are all places
    of a hole that has several, worst first, each with what is there; empty where ``place`` is the only one.
    ``together`` is what findings of one rule have in common that reports tell as one, "" where it stands alone;
    ``others`` are the keys of those that it then stands for beside its own.
    """

    rule: str
    message: str
    place: Place
    key: str
    subject: str
    severity: Severity
    confidence: Confidence
    trail: tuple[Step, ...] = ()
    remedy: str | None = None
    reason: str = ""
    places: tuple[Step, ...] = ()
    together: str = ""
    others: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """What trackers know it by: the keys of all that it stands for, so that a hole that joins others is not taken for them."""
        return "\n".join((self.key, *sorted(self.others)))

    @property
    def handle(self) -> str:
        """Twelve letters that stand for the key where a name out of the app would be in the way: in a command, or in the hands of a model."""
        return blake2b(self.key.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()


class Safety(StrEnum):
    """What stands between a fix and the user's files."""

    SAFE = "safe"
    """It closes the hole and cannot break a caller who may call."""
    UNSAFE = "unsafe"
    """It closes the hole; somebody has to look at what else it stops."""
    SHOW = "show"
    """An outline that a person completes; it is never written."""


class Edit(Struct, frozen=True):
    """``text`` in the place of a range of a file; ``span`` None: of the whole file, which may be new."""

    path: str
    span: Span | None
    text: str


class Fix(Struct, frozen=True):
    """A change that closes a hole: all of its edits or none. ``stops`` are places whose work it may stop, each with what happens there.

    ``left`` is what remains for those who may still get through, and comes to light by the fix.
    """

    title: str
    safety: Safety
    edits: tuple[Edit, ...]
    stops: tuple[Step, ...] = ()
    left: tuple[Step, ...] = ()


class NoteKind(StrEnum):
    """Why something is missing from the picture."""

    NOT_READ = "not-read"
    NOT_PARSED = "not-parsed"
    NOT_UNDERSTOOD = "not-understood"
    LIMIT = "limit"
    CHECK_FAILED = "check-failed"
    IGNORE = "ignore"
    SKIPPED = "skipped"
    NOT_RUN = "not-run"


class Note(Struct, frozen=True, order=True):
    """Something that was not read, parsed or settled; findings may be missing there."""

    kind: NoteKind
    message: str
    place: Place | None = None


class BattenError(Exception):
    """A failure that says whose move it is and, in ``help``, what to do."""

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 - the word users read
        super().__init__(message)
        self.help = help


class ConfigError(BattenError):
    """The configuration cannot be used as written."""


class PackError(BattenError):
    """A rule pack or one of its pages is not valid."""


class UsageError(BattenError):
    """The command cannot be run as given."""
