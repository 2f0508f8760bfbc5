"""Packages, configuration files and clients of outside services."""

from enum import StrEnum

from msgspec import Struct

from batten.facts.linked import LinkedFact
from batten.finding import Step
from batten.text import Place


class Package(Struct, frozen=True):
    """One package: the folder of a package.json or a Python project file (``root`` "" is the scanned root itself).

    ``dependencies`` are names without versions, of all kinds. ``frameworks`` are those of ``dependencies`` that decide what reaches browsers: next, vite, astro, …
    ``aliases``: (pattern, target) of tsconfig ``paths`` and of bundler aliases, targets relative to the scanned root. ``entries``: script entries of index.html and the like.
    ``exports`` and ``imports``: (subpath, target) of package.json, conditions flattened in order, targets relative to ``root``; ``mains``: its main files, best first.
    ``development_scripts``: (name, server) of the scripts that start the app, where they start a server for development. ``side_effects``: False where package.json promises that modules do nothing but export.
    ``packed``: what of it is put into the package that others install, empty where nothing is said of that; None where it is not to be published.
    """

    root: str
    ecosystem: str
    name: str = ""
    dependencies: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    entries: tuple[str, ...] = ()
    place: Place | None = None
    workspaces: tuple[str, ...] = ()
    exports: tuple[tuple[str, str], ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    mains: tuple[str, ...] = ()
    side_effects: bool = True
    packed: tuple[str, ...] | None = None
    development_scripts: tuple[tuple[str, str], ...] = ()


class FunctionConfig(Struct, frozen=True):
    """What one ``[functions.x]`` table of supabase/config.toml says of an edge function, or a command that deploys it; ``name`` is ``*`` for all."""

    name: str
    verify_jwt: bool | None
    place: Place


class ConfiguredBucket(Struct, frozen=True):
    """One ``[storage.buckets.x]`` table of supabase/config.toml."""

    name: str
    public: bool
    limited: bool
    place: Place


class SupabaseConfig(Struct, frozen=True):
    """What supabase/config.toml says; None where it is silent."""

    root: str
    place: Place
    project: str | None = None
    api_enabled: bool | None = None
    schemas: tuple[str, ...] | None = None
    auto_expose_new_tables: bool | None = None
    schema_paths: tuple[str, ...] = ()
    """Patterns of the files that declare the schema, in order, relative to the folder of config.toml."""
    sign_up: bool | None = None
    """Whether strangers can make accounts of their own."""
    anonymous_sign_ins: bool | None = None
    functions: tuple[FunctionConfig, ...] = ()
    buckets: tuple[ConfiguredBucket, ...] = ()


class SettingKind(StrEnum):
    """What a setting is about."""

    SIGN_IN = "sign-in"
    """Values of the sign-in service that make accounts easier to take over."""
    REDIRECT = "redirect"
    """Addresses that sign-in may send people to with their tokens."""
    API_SCHEMA = "api-schema"
    """Schemas that the API serves and that are not for clients."""
    SECRET = "secret"  # noqa: S105 - a word, not a password
    TEST_CODE = "test-code"
    """A code that always signs in the owner of a phone number."""
    SOURCE_MAPS = "source-maps"
    """A build that publishes the source that it was made of."""
    VULNERABLE_VERSION = "vulnerable-version"
    """A version of a framework that opens the app by itself; ``names`` say how, ``narrow``: a host is named that stands before it."""
    WORKFLOW = "workflow"
    """A workflow that does what strangers say; ``shown`` says what, ``narrow``: it asks who they are, or somebody has to agree."""
    BUILD_SECRET = "build-secret"  # noqa: S105 - a word, not a password
    """A secret that a layer or the history of an image keeps; ``narrow``: the recipe gives it an empty value by itself."""
    HOST_CONTROL = "host-control"
    """A container that is given the socket of Docker; ``narrow``: it is a tool that is of no use without."""
    HOST_RIGHTS = "host-rights"
    """A container with all rights of the host."""
    ROOT_USER = "root-user"
    """A server in an image that runs as root."""
    FLOATING_IMAGE = "floating-image"
    """An image that is made of whichever version is the latest."""
    USER_KEY = "user-key"
    """A key of an AI provider that a user brings, and that is kept or told as it is; ``narrow``: until the window is closed."""
    OPEN_CHANNEL = "open-channel"
    """A channel of Supabase's realtime about somebody, by its name, that everybody may join and that carries what its members send."""
    ERROR_DETAILS = "error-details"
    """An answer that tells how the code is built; ``shown`` says what of it, ``narrow``: the text of an exception alone."""
    ACCOUNT_ANSWER = "account-answer"
    """An answer that tells which accounts there are; ``shown`` says to whom."""
    SPOKEN_SECRET = "spoken-secret"  # noqa: S105 - a word, not a password
    """A text that tells a model what to do, and holds a secret; ``shown`` says of which kind."""
    CROSS_SITE = "cross-site"
    """A framework that takes forms of other sites for its own."""
    PUBLIC_RESOURCE = "public-resource"
    """Storage or a database that files of infrastructure open to everybody; ``narrow``: it is made to be seen, or has no more than an address."""
    PRODUCTION_DATA = "production-data"
    """What is made to try the app with is, or leads to, what the app has in production."""
    STATIC_EXPORT = "static-export"
    """A build that makes files, and no server."""


class Hole(StrEnum):
    """What a version of a framework lets strangers do."""

    MIDDLEWARE = "anyone passes its middleware by a header (CVE-2025-29927)"
    SERVER = "anyone runs code on its server (CVE-2025-55182)"


class Setting(LinkedFact, frozen=True):
    """One setting of supabase/config.toml, or of a build, that strangers can make use of, or several of one kind (``names``).

    ``name`` is the path of its key; ``shown`` the values as a reader may see them. ``deployed``: the file also configures hosted projects (``[remotes.x]``); None can't tell.
    ``narrow``: it opens something, but not to everybody: a pattern with a name of one's own in it, or one that fits no address.
    ``known_key``: a secret whose shape alone says whose it is. ``sms``: people sign in by phone.
    Fields below the line are filled by ``link``.
    """

    kind: SettingKind
    name: str
    shown: str = ""
    names: tuple[str, ...] = ()
    deployed: bool | None = None
    narrow: bool = False
    sms: bool = False
    # filled by link
    known_key: bool = False


class Client(Struct, frozen=True):
    """A client of Supabase or of an AI provider created in code, or an admin call on one.

    ``privileged``: the key bypasses row level security (by name, value or use). ``key_source``: how the key gets here: ``literal``, ``public-variable``, ``server-variable``, ``user``, None; of an admin call ``public-key`` where its client has the key that everybody may have.
    ``as_caller``: it carries the rights of whoever calls: the cookie or the token of a request.
    """

    service: str
    place: Place
    package: str
    path_class: str
    privileged: bool | None = None
    admin_call: bool = False
    paid_model: bool = False
    as_caller: bool = False
    key_source: str | None = None
    in_browser: bool | None = None
    key: str = ""
    subject: str = ""
    trail: tuple[Step, ...] = ()


class Restraint(StrEnum):
    """What a file speaks of, in code or in settings: limits on how often somebody may ask or try, an account of what models cost, the names that are answered to, or in whose name the database is asked."""

    LIMITS = "limits"
    ACCOUNTS = "accounts"
    ATTEMPTS = "attempts"
    """Of how often a password or a code may be tried, or of proofs that a person tries it."""
    HOSTS = "hosts"
    """Of the names that a proxy before the app answers to."""
    HEADERS = "headers"
    """Of headers that keep pages from being framed or from loading what is not theirs, or of a server before the app that may set them."""
    CALLERS = "callers"
    """Of the role or the claims of a caller that a connection to the database takes on."""
    VISITORS = "visitors"
    """Of who a visitor is, or of a secret that they type in."""


class ModelBudget(LinkedFact, frozen=True):
    """What an app spends on models for those who send it requests.

    ``limited``: something holds back how often one of them asks; ``accounted``: something writes down what was used. False where nothing in the app speaks of such a thing, None where
    it can't be told. ``names`` are what is called, ``calls`` how many places call it, ``places_shown`` the same as words.
    """

    names: tuple[str, ...]
    calls: int
    places_shown: str
    limited: bool | None = None
    accounted: bool | None = None
