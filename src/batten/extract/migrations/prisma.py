"""Prisma's models as the tables that ``prisma db push`` makes of them: its names, its types, row level security off."""

import tomllib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from batten.facts.sources import Source
from batten.parse.postgres.expressions import Constant, Name
from batten.parse.postgres.statements import CreateSchema, Statement
from batten.parse.postgres.table_statements import AddKey, AlterTable, ColumnDefinition, CreateTable, ForeignKey, RowSecurity
from batten.parse.prisma import Block, Field, blocks

LARGEST = 4_000_000
LOCK = "migration_lock.toml"
_POSTGRES = frozenset({"postgresql", "postgres", "prisma+postgres"})
_TYPES = {
    "String": "text",
    "Boolean": "boolean",
    "Int": "integer",
    "BigInt": "bigint",
    "Float": "double precision",
    "Decimal": "decimal(65,30)",
    "DateTime": "timestamp(3)",
    "Json": "jsonb",
    "Bytes": "bytea",
}
# What `prisma db pull` writes above a model whose table has row level security.
_PULLED_WITH_RLS = "contains row level security"


def is_schema(path: str) -> bool:
    """Whether the file holds models or names the kind of database."""
    return path.endswith((".prisma", f"/{LOCK}")) or path == LOCK


def read(path: str, data: bytes) -> tuple[tuple[Statement, ...], Source]:
    """The tables of the models in one file, and the kind of database where the file says it."""
    if not path.endswith(".prisma"):
        return (), Source(tool="prisma", dialect=_locked(data), settles=True)
    found = blocks(data)
    models = _Models({block.name: block for block in found if block.kind == "model"}, {})
    names = tuple((name, str(models.table(name))) for name in models.blocks)
    members = tuple(
        (block.name, field.name, field.type + ("[]" if field.many else ""))
        for block in models.blocks.values()
        for field in block.fields
        if _is_read(field)
    )
    return tuple(_statements(found)), Source(tool="prisma", dialect=_provider(found), declares=True, models=names, members=members)


def _is_read(field: Field) -> bool:
    """A query may give it, as the schema does not say otherwise (https://www.prisma.io/docs/orm/reference/prisma-schema-reference#ignore)."""
    return bool(field.type) and field.attribute("ignore") is None


def _locked(data: bytes) -> str | None:
    try:
        provider = tomllib.loads(data.decode("utf-8", "replace")).get("provider")
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    return _dialect(provider) if isinstance(provider, str) else None


def _provider(found: Iterable[Block]) -> str | None:
    for block in found:
        if block.kind == "datasource":
            return next(
                (_dialect(each.text) for each in block.settings if each.name == "provider" and each.text and each.quoted), "unknown"
            )
    return None


def _dialect(provider: str) -> str:
    return "postgres" if provider in _POSTGRES else provider


class _Models(NamedTuple):
    """The models of one file by name, and how its tables are called."""

    blocks: dict[str, Block]
    enums: dict[str, Block]

    def table(self, model: str) -> Name:
        """The table of a model; one of another file goes by its own name."""
        block = self.blocks.get(model)
        if block is None:
            return Name(None, model)
        mapped, schema = block.attribute("map"), block.attribute("schema")
        return Name(schema.text(None) if schema else None, (mapped.text(None, "name") if mapped else None) or model)


def _statements(found: tuple[Block, ...]) -> Iterator[Statement]:
    models = _Models(
        {block.name: block for block in found if block.kind == "model"}, {block.name: block for block in found if block.kind == "enum"}
    )
    schemas: set[str] = set()
    for block in models.blocks.values():
        name = models.table(block.name)
        if name.schema and name.schema not in schemas:
            schemas.add(name.schema)
            yield CreateSchema(block.span, name.schema, if_not_exists=True)
        columns = tuple(_columns(models, block))
        key = block.attribute("id")
        primary = tuple(_mapped(block, each) for each in key.items(None, "fields")) if key else ()
        primary = primary or tuple(column.name for column in columns if column.primary)
        yield CreateTable(block.span, name, columns=columns, primary_key=primary, lead=block.lead)
        if _PULLED_WITH_RLS in block.lead:
            yield AlterTable(block.span, name, (RowSecurity(True),))
    for block in models.blocks.values():  # models may lead to one another
        for reference in _keys(models, block):
            yield AlterTable(block.span, models.table(block.name), (AddKey(key=reference),))
    yield from _joins(models)


def _columns(models: _Models, block: Block) -> Iterator[ColumnDefinition]:
    for field in block.fields:
        if not field.type or field.type in models.blocks or field.attribute("relation"):
            continue
        native = next((each for each in field.attributes if each.name.startswith("db.")), None)
        enum = models.enums.get(field.type)
        mapped = enum.attribute("map") if enum else None
        label = (mapped.text(None, "name") if mapped else None) or _TYPES.get(field.type, field.type)
        if native is not None:
            sizes = ",".join(each.text for each in native.arguments if each.text)
            label = native.name.removeprefix("db.").lower() + (f"({sizes})" if sizes else "")
        default = field.attribute("default")
        value = next((each for each in default.arguments if each.name in (None, "value")), None) if default else None
        constant = Constant(_value(value.text, value.quoted)) if value is not None and value.text is not None else None
        yield ColumnDefinition(
            _column(field),
            label + ("[]" if field.many else ""),
            field.span,
            required=not field.optional,
            primary=field.attribute("id") is not None,
            default=constant,
            generated=value is not None and value.call == "autoincrement",
        )


def _value(text: str, quoted: bool) -> str | int | bool:
    if quoted:
        return text
    return text == "true" if text in ("true", "false") else int(text[:20]) if text.isdecimal() else text


def _column(field: Field) -> str:
    mapped = field.attribute("map")
    return (mapped.text(None, "name") if mapped else None) or field.name


def _mapped(block: Block, name: str) -> str:
    return next((_column(field) for field in block.fields if field.name == name), name)


def _keys(models: _Models, block: Block) -> Iterator[ForeignKey]:
    for field in block.fields:
        relation = field.attribute("relation")
        names = relation.items("fields") if relation else ()
        if relation is not None and names:
            target = models.blocks.get(field.type)
            there = relation.items("references")
            yield ForeignKey(
                tuple(_mapped(block, each) for each in names),
                models.table(field.type),
                tuple(_mapped(target, each) for each in there) if target else there,
            )


def _joins(models: _Models) -> Iterator[CreateTable]:
    """The tables between models that hold lists of each other, which Prisma makes unasked."""
    made: set[str] = set()
    for block in models.blocks.values():
        for field in block.fields:
            other = models.blocks.get(field.type)
            if other is None or not field.many or not any(_points_back(field, each, block) for each in other.fields):
                continue
            first, second = sorted((block.name, other.name))
            name = _relation(field) or f"{first}To{second}"
            if name in made or (block is other and _relation(field) is None):
                continue
            made.add(name)
            yield CreateTable(
                field.span,
                Name(models.table(first).schema, f"_{name}"),
                columns=tuple(ColumnDefinition(side, _key_type(models.blocks[model]), field.span, required=True) for side, model in (("A", first), ("B", second))),
                keys=(ForeignKey(("A",), models.table(first)), ForeignKey(("B",), models.table(second))),
            )  # fmt: skip


def _points_back(field: Field, back: Field, block: Block) -> bool:
    return back.many and back.type == block.name and back is not field and _relation(field) == _relation(back)


def _relation(field: Field) -> str | None:
    """The name of a relation."""
    found = field.attribute("relation")
    return found.text(None, "name") if found else None


def _key_type(block: Block) -> str:
    return next((_TYPES.get(field.type, "text") for field in block.fields if field.attribute("id")), "text")
