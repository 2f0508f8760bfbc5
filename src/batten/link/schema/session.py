"""The state in which one file is replayed."""

from batten.finding import Note, NoteKind
from batten.link.schema.state import Database, PolicyState, Relation
from batten.text import Place, Span


class Session:
    """The database, where the replay stands, and what was noted. ``loose``: the files are in no order, so nothing is taken away."""

    def __init__(self, database: Database, loose: bool = False) -> None:
        self.database = database
        self.notes: list[Note] = []
        self.path = ""
        self.span = Span(0, 0)
        self.loose = loose
        self.depth = 0
        """How many functions called one another to come here."""
        self.checks_bodies = True
        """Whether new functions in SQL are looked into: check_function_bodies, which dumps switch off."""
        self.outlined = False
        """Whether the file only shows which tables there are."""
        self.unsure = 0
        """How many conditions that could not be decided the replay stands in."""

    def note(self, message: str, span: Span | None = None) -> None:
        """Something could not be settled."""
        self.notes.append(Note(NoteKind.NOT_UNDERSTOOD, message, Place(self.path, span or self.span)))

    def take(self, relation: Relation, policy: PolicyState) -> None:
        """A policy goes."""
        taken = self.database.taken.setdefault(relation.full, {})
        taken.pop(policy.name, None)
        taken[policy.name] = (policy, self.path)

    def place(self, span: Span) -> Place:
        """A place in the file being replayed."""
        return Place(self.path, span)
