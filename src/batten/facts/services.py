"""Packages, configuration files and clients of outside services."""

from msgspec import Struct

from batten.finding import Step
from batten.text import Place


class Package(Struct, frozen=True):
    """One package: the folder of a package.json or a Python project file (``root`` "" is the scanned root itself).

    ``dependencies`` are names without versions, of all kinds. ``frameworks`` are those of ``dependencies`` that decide what reaches browsers: next, vite, astro, …
    ``aliases``: (pattern, target) of tsconfig ``paths`` and of bundler aliases, targets relative to the scanned root. ``entries``: script entries of index.html and the like.
    ``exports`` and ``imports``: (subpath, target) of package.json, conditions flattened in order, targets relative to ``root``; ``mains``: its main files, best first.
    ``side_effects``: False where package.json promises that modules do nothing but export.
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


class FunctionConfig(Struct, frozen=True):
    """One ``[functions.x]`` table of supabase/config.toml."""

    name: str
    verify_jwt: bool | None
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
    functions: tuple[FunctionConfig, ...] = ()


class Client(Struct, frozen=True):
    """A client of Supabase or of an AI provider created in code, or an admin call on one.

    ``privileged``: the key bypasses row level security (by name, value or use). ``key_source``: how the key gets here: ``literal``, ``public-variable``, ``server-variable``, ``user``, None.
    """

    service: str
    place: Place
    package: str
    path_class: str
    privileged: bool | None = None
    admin_call: bool = False
    paid_model: bool = False
    key_source: str | None = None
    in_browser: bool | None = None
    key: str = ""
    subject: str = ""
    trail: tuple[Step, ...] = ()
