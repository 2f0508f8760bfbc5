"""Finds triggers on accounts that copy what people write about themselves into columns that say what they may do.

``insert into profiles (id, role) values (new.id, new.raw_user_meta_data ->> 'role')``: the form of the sign-up chooses the role.
Read as text: the columns and values of one INSERT or UPDATE, and variables that are set once.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from batten.link.schema.access import AccessModel
from batten.link.schema.authority import PRIVILEGED, Authority, authority_columns
from batten.link.schema.bodies import searchable
from batten.link.schema.deciding import Deciding
from batten.link.schema.private_names import words
from batten.link.schema.state import Database, Relation, Routine
from batten.parse.postgres.expressions import Name
from batten.regex import regex

_INSERT = regex(r"\binsert\s+into\s+((?:\"?\w+\"?\s*\.\s*)?\"?\w+\"?)\s*\(([^()]*)\)\s*(?:values\s*\(|select\b)", re.IGNORECASE)
_UPDATE = regex(r"\bupdate\s+((?:\"?\w+\"?\s*\.\s*)?\"?\w+\"?)\s+set\s", re.IGNORECASE)
_METADATA = regex(r"raw_user_meta_data\s*(?:->>?|#>>?)\s*'\{?(\w+)", re.IGNORECASE)
# Set where it is declared (name, type), or in a statement, perhaps behind the word that opens a block.
_SET = regex(r"\b(\w+)(?:\s([\w.\[\]]+))?\s?(?::=|=|\bdefault\b)")
_OPENERS = frozenset({"begin", "then", "else", "loop", "declare"})
_WHERE = regex(r"\b(?:where|from|returning)\b", re.IGNORECASE)
_QUOTED = regex(r"'((?:[^']|'')*)'")
_CALLS = regex(r"\b(?:perform|call|execute)\b", re.IGNORECASE)


class Copied(Struct, frozen=True):
    """A trigger's function, the table and column it fills, and the key of the metadata."""

    routine: Routine
    relation: Relation
    column: str
    key: str


def copied(model: AccessModel, asked: Mapping[str, Deciding]) -> Iterator[Copied]:
    """Each column of authority that a trigger on accounts fills so, once a function."""
    for routine in run_at_sign_up(model.database):
        yield from _in_function(model, asked, routine)


def added_at_sign_up(model: AccessModel, relation: Relation) -> bool:
    """Whether a trigger on accounts adds a row to a table, or may: a function that cannot be read, or that calls others."""
    for routine in run_at_sign_up(model.database):
        body = searchable(routine)
        if body is None or any(relation_named(model.database, table) is relation for table, _ in filled(body)) or _CALLS.search(body):
            return True
    return False


def run_at_sign_up(database: Database) -> Iterator[Routine]:
    """The functions that triggers on accounts run, each once."""
    accounts = database.relation(Name("auth", "users"))
    seen: set[int] = set()
    for trigger in accounts.triggers.values() if accounts is not None else ():
        for routine in database.routines_named(trigger.function) if trigger.on else ():
            if id(routine) not in seen:
                seen.add(id(routine))
                yield routine


def relation_named(database: Database, table: str) -> Relation | None:
    """The table that a body calls so."""
    *schema, label = (part.strip().strip('"') for part in table.split("."))
    return database.relation(Name(schema[0].lower() if schema else None, label))


def _in_function(model: AccessModel, asked: Mapping[str, Deciding], routine: Routine) -> Iterator[Copied]:
    body = searchable(routine) or ""
    variables = _variables(body)
    for table, row in filled(body):
        relation = relation_named(model.database, table)
        if relation is None:
            continue
        kinds = authority_columns(model.database, relation, asked.get(relation.full, Deciding()).roles)
        for column, value in row:
            if kinds.get(column) not in (Authority.ROLE, Authority.PAID):
                continue
            text = variables.get(value.strip().lower(), value)
            key = _METADATA.search(text)
            if key is not None and not _is_checked(body, text, key[1], value.strip().lower(), variables):
                yield Copied(routine, relation, column, key[1])
                return


def filled(body: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each table that a body adds rows to or changes, with the columns and what is put into them."""
    for made in _INSERT.finditer(body):
        columns = [label.strip().strip('"').lower() for label in made[2].split(",")]
        yield made[1], list(zip(columns, _values(body, made.end()), strict=False))
    for made in _UPDATE.finditer(body):
        sets = (each.partition("=") for each in _values(body, made.end()))
        yield made[1], [(label.strip().strip('"').lower(), _WHERE.split(value)[0]) for label, _, value in sets]


def _variables(body: str) -> dict[str, str]:
    """What variables are set to where that is taken from the metadata."""
    found = {}
    for statement in body.split(";"):
        at = statement.rfind("raw_user_meta_data")
        sets = list(_SET.finditer(statement, 0, at)) if at != -1 else []
        plain = [each for each in sets if each[0].endswith(":=")] or sets
        if plain:
            last = plain[-1]
            found[last[2] if last[1] in _OPENERS and last[2] else last[1]] = statement[last.end() :]
    return found


def _values(body: str, start: int) -> list[str]:
    """The values that begin here, as far as the bracket or the statement goes."""
    found, depth, last, quoted = [], 0, start, False
    for at in range(start, len(body)):
        letter = body[at]
        if letter == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif letter == "(":
            depth += 1
        elif letter == ")" and depth:
            depth -= 1
        elif depth == 0 and letter in ",);":
            found.append(body[last:at])
            last = at + 1
            if letter != ",":
                break
    return found


def _is_checked(body: str, text: str, key: str, variable: str, variables: Mapping[str, str]) -> bool:
    """Whether only harmless values come through, or whether that cannot be told."""
    if text.strip().lower().startswith(("case", "(case")):
        return not any(PRIVILEGED.intersection(words(quoted)) for quoted in _QUOTED.findall(text))
    names = [rf"'\{{?{re.escape(key)}\}}?'\s*\)?", *([rf"\b{re.escape(variable)}\b"] if variable in variables else [])]
    for name in names:
        listed = re.search(rf"{name}\s*(?:::\s*[\w.]+\s*)?\)?\s*(?:,\s*'[^']*'\s*\))?\s*(?:not\s+)?in\s*\(([^)]*)\)", body, re.IGNORECASE)
        if listed is not None:
            return not any(PRIVILEGED.intersection(words(quoted)) for quoted in _QUOTED.findall(listed[1]))
    compared = re.compile("|".join(rf"{name}[^;]{{0,40}}?(?:=|<>|!=)" for name in names))
    return any(
        (found := compared.search(statement)) is not None and "if " in statement[: found.start()] and " then" in statement[found.end() :]
        for statement in body.split(";")
    )
