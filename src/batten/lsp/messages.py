"""What the language server and the process that scans for it say to each other; knows nothing of either.

Lines and columns are zero-based, and columns in the units that the editor asked for.
"""

import msgspec
from msgspec import Struct

Range = tuple[int, int, int, int]
"""First line and column, last line and column."""


class Given(Struct, frozen=True):
    """What the server was started with. ``cache``: where to remember, None is where this system has such things; ``own_rules``: batten's alone."""

    cache: str | None = None
    no_cache: bool = False
    own_rules: bool = False


class Begin(Struct, frozen=True, tag=True):
    """Scan a folder. ``encoding``: that of columns. ``texts`` are open documents by path from the folder, as of the change of this number."""

    number: int
    folder: str
    encoding: str
    texts: dict[str, bytes] = {}
    given: Given = Given()


class Change(Struct, frozen=True, tag=True):
    """Texts of open documents; None: the document is closed. ``refresh``: files have changed on disk, ``files`` among them. ``reload``: settings and packs too."""

    number: int
    texts: dict[str, bytes | None] = {}
    refresh: bool = False
    reload: bool = False
    files: tuple[str, ...] = ()


class Propose(Struct, frozen=True, tag=True):
    """Ask for fixes of findings by their keys; of those that are not safe only where ``unsafe``. No keys: all findings."""

    number: int
    keys: tuple[str, ...]
    unsafe: bool = False


class Related(Struct, frozen=True):
    """One step of the story of a finding."""

    path: str
    range: Range
    note: str


class Seen(Struct, frozen=True):
    """One finding as an editor shows it; ``help`` is Markdown."""

    key: str
    rule: str
    title: str
    message: str
    severity: str
    path: str
    range: Range
    related: tuple[Related, ...]
    help: str
    fixable: bool
    page: str = ""
    """The file of the page of its rule, "" where it is not at hand."""
    comment: str = ""
    """What opens a comment in its language, "" where it has none."""


class Lens(Struct, frozen=True):
    """One line over a route or a table."""

    path: str
    line: int
    text: str


class Progressed(Struct, frozen=True, tag=True):
    """Of the first scan: files done, and all of them."""

    done: int
    total: int


class Told(Struct, frozen=True, tag=True):
    """What there is after the change of this number."""

    number: int
    findings: tuple[Seen, ...]
    lenses: tuple[Lens, ...]
    missing: str = ""
    """What was not understood, as a sentence."""


class Same(Struct, frozen=True, tag=True):
    """After the change of this number there is what was told last."""

    number: int


class NewText(Struct, frozen=True):
    """One file that a fix changes: ``range`` None where it is new."""

    path: str
    range: Range | None
    text: str


class Proposed(Struct, frozen=True, tag=True):
    """The answer to ``Propose``: what to edit, whether that needs a look, and what it may stop."""

    number: int
    texts: tuple[NewText, ...]
    safe: bool = True
    stops: tuple[str, ...] = ()


class Failed(Struct, frozen=True, tag=True):
    """It cannot go on before somebody changes something: the configuration, as a rule."""

    message: str
    help: str


Question = Begin | Change | Propose
Answer = Progressed | Told | Same | Proposed | Failed

encode = msgspec.msgpack.Encoder().encode
decode_question = msgspec.msgpack.Decoder(Question).decode
decode_answer = msgspec.msgpack.Decoder(Answer).decode
