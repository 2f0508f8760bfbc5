"""Keys found in text, and environment variables defined or read; values are never kept, only digests."""

from enum import StrEnum

from msgspec import Struct

from batten.facts.linked import LinkedFact
from batten.finding import Step
from batten.text import Place, Span


class SecretKind(StrEnum):
    """What a key opens."""

    SUPABASE_ADMIN = "supabase-admin"
    AI = "ai"
    THIRD_PARTY = "third-party"
    DATABASE = "database"
    PRIVATE_KEY = "private-key"
    NAMED = "named"
    """A value without a shape, secret by the name that it is given to."""
    ACCOUNT = "account"
    """The password of a user account of the app itself."""
    PUBLIC = "public"
    """Public by design (anon JWT, publishable key): never a finding, but it feeds the joins."""


class Caveat(StrEnum):
    """Why a key opens less than its kind says."""

    NONE = "none"
    TEST_MODE = "test-mode"
    PUBLISHED = "published"
    """Printed in a vendor's documentation or shipped as a default: anyone knows it."""
    SHORT_LIVED = "short-lived"
    """Its own dates give it a day or less (there is no clock here to compare them with)."""
    ALONE = "alone"
    """An identifier without the secret that belongs to it."""
    POST_ONLY = "post-only"
    """Lets its holder send, not read."""
    INSTALLED_APP = "installed-app"
    """Belongs to a desktop app, where its vendor does not count it as confidential."""
    CHECKSUM = "checksum"
    """The checksum that its format carries does not fit."""
    ENCRYPTED = "encrypted"
    """A private key under a passphrase."""
    LOCAL = "local"
    """Opens something on this machine or in a private network only."""
    WEAK = "weak"
    """A default or placeholder, where not even that is safe: a password on a host that is not local, a secret that tells callers apart."""
    IN_PUBLIC_CONFIG = "in-public-config"
    """Part of settings that a vendor makes for browsers and apps."""
    GENERATED = "generated"
    """Made by a framework for a new project, and marked as such: ``django-insecure-…``."""
    SAMPLE = "sample"
    """Shown to readers as an example: in an empty field of a form, in the description of a schema."""
    GUARDED = "guarded"
    """Only where the code has just asked whether this is a test or a machine for development."""


class Use(StrEnum):
    """What the text round a literal does with it."""

    STORED = "stored"
    """Gives it to a name."""
    FALLBACK = "fallback"
    """Takes it where the environment says nothing."""
    SIGNING = "signing"
    """Signs or checks tokens with it."""
    COMPARED = "compared"
    """Compares with it what somebody sent."""
    HASHED = "hashed"
    """Makes the stored form of a password of it."""
    SHOWN = "shown"
    """Shows it to the reader of a page."""


class Site(StrEnum):
    """What kind of file a key stands in."""

    CODE = "code"
    ENV_FILE = "env-file"
    MIGRATION = "migration"
    """SQL."""
    TOOL_CONFIG = "tool-config"
    """Settings of a tool, an agent, a container, a pipeline; notebooks, collections of requests."""
    OTHER = "other"


class Secret(LinkedFact, frozen=True):
    """One key-shaped value in one file; ``place`` covers the value itself, so that a printer can mask it.

    ``label`` names the key to a reader. ``digest`` is a keyed hash of the value (equal values have equal digests within a run and across runs of one version);
    ``shown`` is a redacted form fit for a reader. ``certain`` is False where the shape alone does not prove the provider.
    ``live``: False for test mode, demo, local; None can't tell. ``name``: the variable or property that holds it. ``project``: the Supabase project ref, where it can be read.
    ``server_guard``: it stands in a branch that only servers enter. ``use``: None where the shape alone tells. ``account``: whose password it is, where the text says so;
    ``admin``: that account is an administrator's. ``made``: the code around makes accounts, so that this one is there wherever it has run.
    Fields below the line are filled by ``link``. ``tracked``: git has the file; None: there is no repository.
    ``reused``: the same value serves several env files or packages; said of its first place alone.
    ``again``: the other places of the value that this one speaks for.
    """

    provider: str
    kind: SecretKind
    digest: str
    shown: str
    certain: bool
    live: bool | None = True
    name: str | None = None
    project: str | None = None
    label: str = ""
    caveat: Caveat = Caveat.NONE
    server_guard: bool = False
    use: Use | None = None
    site: Site = Site.OTHER
    account: str = ""
    admin: bool = False
    made: bool = False
    # filled by link
    tracked: bool | None = None
    in_browser: bool | None = None
    reused: bool = False
    again: tuple[Place, ...] = ()


class DatabaseService(StrEnum):
    """Where a database is rented, by its address."""

    SUPABASE = "supabase"
    OTHER = "other"


class Exposure(StrEnum):
    """How an env file leaves the machine that it is for."""

    GIT = "git"
    """It is in the repository."""
    UNIGNORED = "unignored"
    """No ignore rule keeps it out of the repository."""
    IMAGE = "image"
    """A Dockerfile copies it, or the folder that it is in, and no ignore rule keeps it out of the image."""
    PACKAGE = "package"
    """It is put into the package that others install."""


class Copied(Struct, frozen=True, array_like=True, gc=False):
    """An instruction that copies a folder of what an image is built of, empty for all of it, or an env file by its name, which ``folder`` does not tell."""

    folder: str
    span: Span


class EnvFile(LinkedFact, frozen=True):
    """One way in which an env file, or a file of credentials like it, leaves the machine.

    ``places`` are its secrets, by their names. ``place`` is where it is best mended: its first secret, or the rule file or instruction that lets it through. ``names`` are the names of the secrets in it;
    ``certain``: one of them is a key by its shape. ``test_mode``: they all are of a test mode. ``tracked`` as in Secret. ``stored``: the file itself was seen.
    """

    path: str
    exposure: Exposure
    names: tuple[str, ...] = ()
    certain: bool = False
    test_mode: bool = False
    tracked: bool | None = None
    stored: bool = True
    places: tuple[Step, ...] = ()


class Handed(StrEnum):
    """To what server code hands a value, so that browsers get it."""

    PROPS = "props"
    """To a component of the browser."""
    PAGE_DATA = "page-data"
    """It is in the data that a page is sent with."""
    MARKUP = "markup"
    """It is in the text of a page, or in a script in it."""
    TEMPLATE = "template"
    """To the template of a page."""
    STATE = "state"
    """It is in state that servers send along with a page."""
    ACTION = "action"
    """It is the result of a function that browsers call."""
    ANSWER = "answer"
    """It is in the answer to a request."""
    TAINTED = "tainted"
    """To nobody: React throws where it is handed to the browser."""


class Variable(LinkedFact, frozen=True):
    """One environment variable at one place: a definition in an env file or config, or a read in code.

    ``defined``: True for a definition; then ``value`` is the range of its value. ``empty``: a definition without a value or with a placeholder.
    ``strong``: the value is long and random enough to be a secret. ``value_kind``: what it is, where it has the shape of a key. ``harmless``: the value proves that it is public (an anon JWT in a badly named variable) or a switch.
    ``served_by``: who, where the value is the address of a PostgreSQL database. ``leads_to``: a digest of the project of Supabase, or of the host of a database, where the value is an address of one that is not on this machine.
    ``injected``: settings of a bundler or a framework put it into what browsers get, whatever its name; then the name may be a prefix with ``*``,
    and it is ``empty`` where only variables that code reads are put in. ``through`` is the module that the build makes of the env file, where code takes it from one.
    ``spoken``: this is about its read in a call that logs or answers; ``*`` is the whole environment, ``Authorization``, ``Cookie`` and ``Headers`` what callers sent.
    ``handed``: this is about its value, which server code hands over; ``given`` is where, if not where it is read;
    ``component`` is the qualified name of what gets it as a prop.
    Fields below the line are filled by ``link``. ``isomorphic``: this is about its reads in code that a framework runs on the server and in the browser.
    """

    name: str
    defined: bool
    empty: bool = False
    strong: bool = False
    value_kind: SecretKind | None = None
    harmless: bool = False
    value: Span | None = None
    injected: bool = False
    through: str = ""
    spoken: bool = False
    handed: Handed | None = None
    component: str = ""
    given: Place | None = None
    served_by: DatabaseService | None = None
    leads_to: str = ""
    # filled by link: one Variable per package and name, at the place where it is best mended
    tracked: bool | None = None
    public: bool | None = None
    prefix: str = ""
    secret: bool = False
    in_browser: bool | None = None
    isomorphic: bool = False
