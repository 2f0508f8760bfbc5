"""What the migrations of a chain make at any point: until they do, a statement that needs it fails, while what they never make may be there all the same."""

from collections.abc import Iterable

from batten.link.schema.state import Database
from batten.parse.postgres.access_statements import Role
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import CreateFunction, CreateSchema, CreateView, Statement
from batten.parse.postgres.table_statements import CreateTable


def foresee(database: Database, statements: Iterable[Statement]) -> None:
    """Notes the names of what is to come."""
    for statement in statements:
        match statement:
            case CreateTable() if statement.kind != "temporary":
                database.coming.add(_full(statement.name))
            case CreateView():
                database.coming.add(_full(statement.name))
            case CreateFunction():
                database.known_routines.add((statement.name.schema or "public", statement.name.name))
            case CreateSchema():
                database.known_schemas.add(statement.name)
            case Role(create=True):
                database.known_roles.add(statement.name)
            case _:
                pass


def _full(name: Name) -> str:
    return f"{name.schema or 'public'}.{name.name}"
