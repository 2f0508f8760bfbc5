"""Connections to a database whose policies bind callers, made with a role that no policy binds; knows no ORM by its name."""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet

from msgspec import structs

from batten.facts.flows import Use
from batten.facts.project import FileFacts
from batten.facts.schema import Predicate, Table
from batten.facts.services import Package, Restraint
from batten.finding import Step
from batten.regex import regex
from batten.text import Place

KIND = "bypassing-connection"
_OWN = "own-connection"
_BOUND = frozenset((Predicate.CALLER_BOUND, Predicate.ROLE_BOUND))
_APPS = frozenset(("prisma", "drizzle", "alembic", "sqlalchemy", "django", "typeorm", "knex", "sequelize"))
# The role that an address names: https://supabase.com/docs/guides/database/connecting-to-postgres
_ROLE = regex(r"=\w[\w+]*://(?P<role>[^:@/\s{$%]+)[:@]")
_TABLE = regex(r"/pg-core#pgTable$")
_OWNERS = regex(r"postgres(?:\.|$)|supabase_admin|postgres_admin|root|admin|owner")


def passing_connections(
    uses: Iterable[Use],
    tables: Iterable[Table],
    files: Iterable[FileFacts],
    asked: AbstractSet[str],
    package_of: Callable[[str], Package | None],
    path_class: Callable[[str], str],
) -> Iterator[Use]:
    """The first of each package that asks for rows which policies bind to callers, where nothing in the app takes on the role or the claims of one. ``asked`` are the files that names led into."""
    files = tuple(files)
    every = [use for use in uses if use.kind == _OWN and use.path_class == "product" and use.in_browser is not True]
    # SQL that speaks of claims asks for them; only code can hand them over.
    if not every or any(
        Restraint.CALLERS in file.restraint for file in files if path_class(file.path) == "product" and file.language is not None
    ):
        return
    known = [table for table in tables if table.dialect == "postgres" and table.path_class == "product"]
    names = {(table.package, table.name) for table in known if table.origin in _APPS}
    for file in files:
        if file.source is not None or (file.parsed and (file.asked_for or file.path in asked)):
            package = package_of(file.path)
            names |= {(package.root if package is not None else "", f"public.{name}") for _, name in models_of(file)}
    told: set[str] = set()
    for use in sorted(every, key=lambda use: use.place):
        if use.package in told or not use.served or not _is_owner(use):
            continue
        bound = [
            table
            for table in known
            if table.rls is True
            and any({policy.using, policy.check} & _BOUND for policy in table.policies)
            and _is_asked(table, use.package, names)
        ]
        if bound:
            told.add(use.package)
            # Another app of the same tree may have a table of that name, too.
            yield _passing(use, [table for table in bound if is_around(table.package, use.package)] or bound)


def models_of(file: FileFacts) -> Iterator[tuple[str, str]]:
    """The models of a file, each with its table: ``pgTable("todos", …)``, ``__tablename__ = "todos"``, a model of Prisma's."""
    if file.source is not None:
        yield from file.source.models
    for binding in file.bindings:
        if binding.local.endswith(".__tablename__") and binding.text is not None:
            yield binding.local.removesuffix(".__tablename__"), binding.text
        elif binding.calls and _TABLE.search(binding.calls[0].callee):
            yield from ((binding.local, each.text) for each in binding.calls[0].arguments if each.slot == "0" and each.text is not None)


def _is_asked(table: Table, package: str, names: set[tuple[str, str]]) -> bool:
    """An ORM of the package makes the table, or one of the same name as its own model of it."""
    return (table.origin in _APPS and is_around(table.package, package)) or any(
        name == table.name and is_around(root, package) for root, name in names
    )


def is_around(one: str, other: str) -> bool:
    """Whether one of two packages may use the database of the other."""
    return one == other or not one or not other or other.startswith(f"{one}/") or one.startswith(f"{other}/")


def _is_owner(use: Use) -> bool:
    """The role is that of the tables' owner, or can't be told: the address is a variable, and what makes tables owns them."""
    roles = [found["role"] for text in use.arguments if (found := _ROLE.search(text)) is not None]
    return all(_OWNERS.match(role) for role in roles)


def _passing(use: Use, bound: list[Table]) -> Use:
    first = min(bound, key=lambda table: table.name)
    at = next((policy.place for policy in first.policies if {policy.using, policy.check} & _BOUND), first.place)
    others = f" and {len(bound) - 1} more" if len(bound) > 1 else ""
    return structs.replace(
        use,
        kind=KIND,
        name=f"{first.name}{others}",
        arguments=("role=owner",) if any(_ROLE.search(text) for text in use.arguments) else (),
        slots=(),
        key=f"{use.package}|use|{KIND}",
        subject=f"use|{use.package}|{KIND}",
        trail=(Step(Place(at.path, at.span), f"a policy binds rows of {first.name} to callers here"), *use.trail),
    )
