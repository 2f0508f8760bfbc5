"""Keys found in text, and environment variables defined or read; values are never kept, only digests."""

from enum import StrEnum

from msgspec import Struct

from batten.finding import Step
from batten.text import Place


class SecretKind(StrEnum):
    """What a key opens."""

    SUPABASE_ADMIN = "supabase-admin"
    AI = "ai"
    THIRD_PARTY = "third-party"
    DATABASE = "database"
    PRIVATE_KEY = "private-key"
    PUBLIC = "public"
    """Public by design (anon JWT, publishable key): never a finding, but it feeds the joins."""


class Secret(Struct, frozen=True):
    """One key-shaped value in one file.

    ``digest`` is a keyed hash of the value (equal values have equal digests within a run and across runs of one version); ``shown`` is a redacted form fit for a reader.
    ``live``: False for test mode, demo, expired; None can't tell. ``name``: the variable or property that holds it. ``project``: the Supabase project ref, where it can be read.
    Fields below the line are filled by ``link``.
    """

    provider: str
    kind: SecretKind
    place: Place
    digest: str
    shown: str
    certain: bool
    live: bool | None = True
    name: str | None = None
    project: str | None = None
    # filled by link
    package: str = ""
    path_class: str = "product"
    tracked: bool | None = None
    in_browser: bool | None = None
    key: str = ""
    subject: str = ""
    trail: tuple[Step, ...] = ()


class Variable(Struct, frozen=True):
    """One environment variable at one place: a definition in an env file or config, or a read in code.

    ``defined``: True for a definition. ``empty``: a definition without a value or with a placeholder.
    ``harmless``: the value proves that it is public (an anon JWT in a badly named variable).
    Fields below the line are filled by ``link``.
    """

    name: str
    place: Place
    defined: bool
    empty: bool = False
    value_kind: SecretKind | None = None
    harmless: bool = False
    # filled by link
    package: str = ""
    path_class: str = "product"
    public: bool | None = None
    prefix: str = ""
    secret: bool = False
    in_browser: bool | None = None
    key: str = ""
    subject: str = ""
    trail: tuple[Step, ...] = ()
