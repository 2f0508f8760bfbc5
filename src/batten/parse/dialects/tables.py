"""Statements of MySQL and SQLite that make and change tables, as the same plain values that PostgreSQL's become; knows nothing of the state they lead to.

Names are taken as written, without the database they may stand in: a chain of migrations is about one.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from batten.parse.dialects.conditions import query_of
from batten.parse.dialects.reading import read
from batten.parse.dialects.split import pieces
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Broken, Drop, Rename, Statement
from batten.parse.postgres.table_statements import (
    AddColumn,
    AddKey,
    AlterTable,
    ChangeColumn,
    ColumnDefinition,
    CreateTable,
    DropColumn,
    DropConstraint,
    ForeignKey,
    TableChange,
)
from batten.regex import regex
from batten.text import Span

if TYPE_CHECKING:
    from sqlglot.expressions import Expr as Node

DIALECTS = frozenset({"mysql", "sqlite"})
"""Those that are read here."""

_FIRST = regex(r"\w+")
_TABLE = r"(?:\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|[^\s\"`\[])+"
_RENAMED = regex(
    r"(?:`([^`]+)`|(\w+))(?:\s*\.\s*(?:`([^`]+)`|(\w+)))?\s+to\s+(?:`([^`]+)`|(\w+))(?:\s*\.\s*(?:`([^`]+)`|(\w+)))?", re.IGNORECASE
)
_RENAME = regex(r"rename\s+table\s+", re.IGNORECASE)
_BODY = regex(r"'(?:[^'\\]|\\.|''|(?!))*+'|\"(?:[^\"\\]|\\.|\"\"|(?!))*+\"|`[^`]*+`|[()]", re.DOTALL)
_QUERY = regex(r"\s*(?:as\b|select\b|\()", re.IGNORECASE)
_SPATIAL = regex(r"\bspatial(?=\s+(?:index|key)\b)", re.IGNORECASE)
# SQLite takes DROP and a name for DROP COLUMN.
_BARE_DROP = regex(rf"(?P<head>^alter\s+table\s+{_TABLE}\s+drop)\s+(?!column\b)", re.IGNORECASE)
# SQLite wants no type either: one is put there that nobody has.
_NAME = r"(?:(?!primary|foreign|unique|check|constraint|column)\w+|\"[^\"]+\"|`[^`]+`|\[[^\]]+\])"
_UNTYPED, _NO_TYPE = (
    regex(
        rf"(?P<head>(?:[(,]|\badd(?:\s+column)?\s)\s*{_NAME})(?:\s+any\b|(?=\s+(?:references|not\s+null|null|unique|primary\s+key|default|check|collate|constraint)\b)|(?=\s*$))",
        re.IGNORECASE,
    ),
    "untyped",
)
# What ALTER TABLE says that changes no column and no key.
_NO_CHANGE = regex(
    rf"alter\s+table\s+{_TABLE}\s+(?:convert\s+to|(?:default\s+)?character\s+set|collate|order\s+by|(?:enable|disable)\s+keys|add\s+(?:fulltext|spatial|unique)?\s*(?:index|key)\b|rename\s+(?:index|key)\b|auto_increment|row_format|comment|force|engine)",
    re.IGNORECASE,
)


def statements(data: bytes, dialect: str) -> tuple[Statement, ...]:
    """The statements of a file on tables, in order; one that is not understood is ``Broken``. ``dialect``: ``mysql`` or ``sqlite``."""
    return tuple(statement for span, text in pieces(data, dialect) for statement in _of(_text(text), dialect, span))


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _of(text: str, dialect: str, span: Span) -> Iterator[Statement]:
    if _RENAME.match(text):
        yield from (_renamed(found, span) for found in _RENAMED.finditer(text))
        return
    text = _SPATIAL.sub("       ", _without_options(text))
    if dialect == "sqlite":
        text = _UNTYPED.sub(rf"\g<head> {_NO_TYPE}", _BARE_DROP.sub(r"\g<head> column ", text))
    found = read(text, dialect)
    if found is None or len(found) != 1:
        word = _FIRST.match(text)
        if not _NO_CHANGE.match(text):
            yield Broken(span, word[0].lower() if word else "")
        return
    node = found[0]
    match type(node).__name__:
        case "Create":
            yield _created(node, span)
        case "Alter":
            yield from _altered(node, span)
        case "Drop":
            yield Drop(span, "table", tuple(_name(each) for each in node.args.get("tables") or ()), if_exists=True, cascade=True)
        case _:
            pass


def _without_options(text: str) -> str:
    """CREATE TABLE without what stands after its columns: engines, character sets, partitions."""
    if text[:6].lower() != "create":
        return text
    depth = 0
    for found in _BODY.finditer(text):
        if found[0] == "(":
            depth += 1
        elif found[0] == ")":
            depth -= 1
            if not depth:
                rest = text[found.end() :]
                query = rest if _QUERY.match(rest) else ""
                return text[: found.end()] + query
    return text


def _renamed(found: re.Match[str], span: Span) -> Rename:
    old = found[3] or found[4] or found[1] or found[2]
    new = found[7] or found[8] or found[5] or found[6]
    return Rename(span, "table", Name(None, old), new)


def _created(node: "Node", span: Span) -> CreateTable:
    made, exists = node.this, bool(node.args.get("exists"))
    properties = {type(each).__name__: each for each in getattr(node.args.get("properties"), "expressions", ())}
    like = (_name(properties["LikeProperty"].this),) if "LikeProperty" in properties else ()
    query = query_of(node.expression) if node.args.get("expression") is not None else None
    kind = "temporary" if "TemporaryProperty" in properties else "table"
    if type(made).__name__ != "Schema":
        return CreateTable(span, _name(made), kind, exists, like=like, query=query)
    columns: list[ColumnDefinition] = []
    keys: list[ForeignKey] = []
    primary: tuple[str, ...] = ()
    for each in made.expressions:
        kind_of = type(each).__name__
        if kind_of == "ColumnDef":
            columns.append(_column(each, span))
        elif kind_of in ("Identifier", "Column"):  # SQLite wants no type
            columns.append(ColumnDefinition(str(each.name), "", span))
        else:
            for key, listed in _constraints(each):
                keys += [key] if key is not None else []
                primary = listed or primary
    primary = primary or tuple(column.name for column in columns if column.primary)
    return CreateTable(span, _name(made.this), kind, exists, tuple(columns), tuple(keys), primary, like=like, query=query)


def _column(node: "Node", span: Span) -> ColumnDefinition:
    required = primary = generated = False
    references: ForeignKey | None = None
    label = str(node.this.name)
    for each in node.args.get("constraints") or ():
        kind = each.args.get("kind")
        match type(kind).__name__:
            case "NotNullColumnConstraint":
                required = not kind.args.get("allow_null")
            case "PrimaryKeyColumnConstraint":
                primary = required = True
            case "AutoIncrementColumnConstraint" | "GeneratedAsIdentityColumnConstraint" | "ComputedColumnConstraint":
                generated = True
            case "Reference":
                references = _reference((label,), kind)
            case _:
                pass
    type_ = node.args.get("kind")
    written = type_.sql("mysql").lower() if type_ is not None else ""
    written = "" if written == _NO_TYPE else written
    return ColumnDefinition(label, written, span, required, primary, references=references, generated=generated)


def _constraints(node: Any) -> Iterator[tuple[ForeignKey | None, tuple[str, ...]]]:
    """The keys that an element of a table says."""
    match type(node).__name__:
        case "Constraint":
            for inner in node.expressions:
                for key, listed in _constraints(inner):
                    yield (ForeignKey(key.columns, key.to, key.to_columns, key.on_delete, str(node.name)) if key else None), listed
        case "ForeignKey":
            yield _reference(tuple(str(each.name) for each in node.expressions), node.args.get("reference")), ()
        case "PrimaryKey":
            yield None, tuple(str(each.name) for each in node.expressions)
        case _:
            pass


def _reference(columns: tuple[str, ...], node: Any) -> ForeignKey | None:
    if node is None:
        return None
    to = node.this
    listed = tuple(str(each.name) for each in to.expressions) if type(to).__name__ == "Schema" else ()
    options = [str(each).lower() for each in node.args.get("options") or ()]
    on_delete = next((each.removeprefix("on delete ") for each in options if each.startswith("on delete ")), "")
    return ForeignKey(columns, _name(to), listed, on_delete)


def _altered(node: "Node", span: Span) -> Iterator[Statement]:
    """The changes of columns and keys in one statement each kind, in order."""
    table = _name(node.this)
    for each in node.args.get("actions") or ():
        match type(each).__name__:
            case "AlterRename":
                to = _name(each.this)
                yield Rename(span, "table", table, to.name)
                table = to
            case "RenameColumn":
                yield Rename(span, "column", table, str(each.args["to"].name), str(each.this.name))
            case "ModifyColumn":
                old = each.args.get("rename_from")
                column = _column(each.this, span)
                if old is not None and str(old.name) != column.name:
                    yield Rename(span, "column", table, column.name, str(old.name))
                yield AlterTable(span, table, (ChangeColumn(column.name, column.type, column.required),))
            case _:
                changes = tuple(_changes(each, span))
                if changes:
                    yield AlterTable(span, table, changes)


def _changes(node: Any, span: Span) -> Iterator[TableChange]:
    match type(node).__name__:
        case "ColumnDef":
            yield AddColumn(_column(node, span), bool(node.args.get("exists")))
        case "Drop" if node.args.get("kind") == "COLUMN":
            yield from (DropColumn(str(each.name), cascade=True) for each in node.args.get("tables") or ())
        case "Drop" if node.args.get("kind") in ("FOREIGN KEY", "CONSTRAINT"):
            yield from (DropConstraint(str(each.name)) for each in node.args.get("tables") or ())
        case "AddConstraint":
            for each in node.expressions:
                yield from (AddKey(listed, key) for key, listed in _constraints(each))
        case _:
            pass


def _name(node: Any) -> Name:
    """The name of a table, without its database."""
    while type(node).__name__ in ("Schema", "Alias"):
        node = node.this
    return Name(None, str(node.name))
