"""What SQL beside migrations says of files: owners run it by hand, as storage is set up apart from tables; what the migrations or other files say of the same counts more."""

from collections.abc import Iterable, Iterator, Sequence

from batten.parse.postgres.access_statements import CreatePolicy
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Bucket, Drop, Statement

_OBJECTS = Name("storage", "objects")


def speaks_of_files(statements: Iterable[Statement]) -> bool:
    """Whether statements make buckets, or policies for what is in them."""
    return any(isinstance(each, Bucket) or (isinstance(each, CreatePolicy) and each.table == _OBJECTS) for each in statements)


def stored(
    found: Sequence[tuple[str, tuple[Statement, ...]]], statements: Iterable[tuple[Statement, ...]]
) -> Iterator[tuple[str, tuple[Statement, ...]]]:
    """Of the files ``found`` beside migrations, by path, the buckets and policies that they make, and nothing that the migrations know or another of them takes away."""
    known = [each for said in statements for each in said]
    settled = {each.name for each in known if isinstance(each, CreatePolicy) and each.table == _OBJECTS} | _dropped(known)
    buckets = {each.name for each in known if isinstance(each, Bucket)}
    for path, said in found:
        gone = settled.union(*(_dropped(others) - _made(others) for _, others in found))
        yield path, tuple(each for each in said if _counts(each, gone, buckets))


def _counts(statement: Statement, gone: set[str], buckets: set[str | None]) -> bool:
    if isinstance(statement, Bucket):
        return statement.name not in buckets
    return isinstance(statement, CreatePolicy) and statement.table == _OBJECTS and statement.name not in gone


def _dropped(statements: Sequence[Statement]) -> set[str]:
    return {
        each.names[0].name
        for each in statements
        if isinstance(each, Drop) and each.kind == "policy" and each.table == _OBJECTS and each.names
    }


def _made(statements: Sequence[Statement]) -> set[str]:
    return {each.name for each in statements if isinstance(each, CreatePolicy) and each.table == _OBJECTS}
