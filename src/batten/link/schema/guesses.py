"""What a computed statement may change of which some parts cannot be told: as much of it as is known, for everything it may be about."""

from collections.abc import Iterator

from msgspec import structs

from batten.link.schema.state import Database, Relation
from batten.parse.postgres.access_statements import CreatePolicy, Grant, Privilege
from batten.parse.postgres.expressions import Expression, Name, Opaque
from batten.parse.postgres.statements import Drop, Statement

ANYTHING = "batten_cannot_tell"
"""Stands for a part of a statement that cannot be told."""


def guesses(database: Database, found: tuple[Statement, ...]) -> list[Statement] | None:
    """What statements with unknown parts may be, each to be run in doubt; None where even that cannot be told."""
    made: list[Statement] = []
    for statement in found:
        match statement:
            case CreatePolicy():
                made += _policies(database, statement)
            case Grant(kind="table", whole_schemas=()) if not _is_unknown(
                (*statement.roles, *(each.name for each in statement.privileges))
            ):
                made.append(_grant(database, statement))
            case Drop(_, "policy", _, table=Name() as table) if not _is_unknown((table.schema, table.name)):
                relation = database.relation(table)
                labels = list(relation.policies) if relation is not None else []
                made += [structs.replace(statement, names=(Name(None, label),)) for label in labels]
            case _:
                return None
    return made or None


def _policies(database: Database, made: CreatePolicy) -> Iterator[Statement]:
    known = structs.replace(
        made,
        using=_clause(made.using, made.using_text),
        check=_clause(made.check, made.check_text),
        roles=("public",) if _is_unknown(made.roles) else made.roles,
    )
    for name in _named(database, made.table):
        yield structs.replace(known, table=name)


def _clause(condition: Expression | None, text: str | None) -> Expression | None:
    return Opaque(ANYTHING) if text is not None and ANYTHING in text else condition


def _grant(database: Database, grant: Grant) -> Statement:
    objects = tuple(each for name in grant.objects for each in _named(database, name))
    return structs.replace(grant, objects=objects, privileges=tuple(Privilege(each.name) for each in grant.privileges))


def _named(database: Database, name: Name) -> Iterator[Name]:
    """The tables that a name may mean."""
    if not _is_unknown((name.schema, name.name)):
        yield name
        return
    for relation in list(database.tables()):
        if not relation.platform and _may_be(relation, name):
            yield Name(relation.schema, relation.name)


def _may_be(relation: Relation, name: Name) -> bool:
    told = {part: value for part, value in (("schema", name.schema), ("name", name.name)) if value is not None and ANYTHING not in value}
    return all(getattr(relation, part) == value for part, value in told.items())


def _is_unknown(names: tuple[str | None, ...]) -> bool:
    return any(name is not None and ANYTHING in name for name in names)
