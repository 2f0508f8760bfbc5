"""Rules of Firebase's databases and stores that let in more people than their owners, as one fact for each place and kind of caller."""

from enum import StrEnum

from batten.facts.linked import LinkedFact


class Who(StrEnum):
    """Whom a rule lets in."""

    EVERYONE = "everyone"
    """Whoever has the address of the app: its configuration is in every copy of it."""
    UNTIL_A_DATE = "until-a-date"
    """Everyone, until a date that is written in the rule."""
    ANY_USER = "any-user"
    """Whoever signs up."""
    SUBJECT = "subject"
    """Whoever the document is about, and nobody else: it says what they may do."""


class Held(StrEnum):
    """What a place holds, by its name."""

    EVERYTHING = "everything"
    """All that no other place is named for."""
    PEOPLE = "people"
    """Persons, or what they have ordered, paid or written."""
    CONTENT = "content"
    """What is published anyway."""


class AccessRule(LinkedFact, frozen=True):
    """What the rules of one place allow to callers of one kind, whatever the document is.

    ``service``: ``firestore``, ``storage`` or ``database`` (the Realtime Database). ``verbs`` are those of Firestore: get, list, create, update, delete.
    ``changes``: one of them changes or removes what is there; ``reads``: one of them reads. ``trusts``: what the rule believes that the caller itself has sent, in words; "" nothing; for the subject of a document what they may do to it, by which other rules go.
    Fields below the line are filled by ``link``. ``shared``: any account may only read what is published anyway, or only add. ``deployed``: firebase.json names the file; None where there is no such file.
    """

    service: str
    path: str
    who: Who
    verbs: tuple[str, ...]
    reads: bool
    changes: bool
    trusts: str = ""
    # filled by link
    holds: Held | None = None
    shared: bool = False
    deployed: bool | None = None
