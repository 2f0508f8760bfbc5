"""Lets statements pass where what they are about is missing: some databases hold tables that their migrations, run from nothing, do not make."""

import re
from collections.abc import Sequence

from batten.facts.schema import Table
from batten.regex import regex
from batten.remedies.app import App

_IN_DOUBT = frozenset(("undetermined", "unmade"))
_NAME = r'"(?:[^"]|"")*"'
_RELATION = rf"(?P<relation>{_NAME}\.{_NAME})"
# These have words of their own for it.
_SOFT = regex(rf"^(alter table|alter view|drop policy) (?!if exists)((?:{_NAME} on )?{_RELATION})", re.MULTILINE)
_ABOUT = regex(rf"(?:(?:create|alter) policy {_NAME}\s+on|(?:revoke|grant) (?!execute)[^;]*? on) {_RELATION}")
_CALLED = regex(rf"(?:(?:revoke|grant) execute on|alter) function (?P<called>{_NAME}\.{_NAME}\([^)]*\))")
_PLAIN = regex(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_OF_OTHERS = ("storage.", "auth.", "realtime.")


def where_there(app: App, root: str, statements: Sequence[str]) -> list[str]:
    """As they are; about tables that the migrations alone may not make, in words that stop nothing where there is no such table.

    What no migration makes at all is not looked for by a condition: nothing of the scan would say that it is there.
    """
    tables = [each for each in app.project.tables if each.database == root]
    known = {each.name for each in tables} | {each.name for each in app.project.views if each.database == root}
    doubtful = any(each.database == root and each.kind in _IN_DOUBT for each in app.project.remarks)
    unsure = known if doubtful else _leaning_on_others(tables, known)

    def soft(found: re.Match[str]) -> str:
        name = _bare(found["relation"])
        return found[0] if (name in known and name not in unsure) or name.startswith(_OF_OTHERS) else f"{found[1]} if exists {found[2]}"

    texts = []
    for text in statements:
        about = _ABOUT.match(text)
        called = _CALLED.match(text)
        if about is not None and _bare(about["relation"]) in unsure:
            texts.append(_asked_for(text, "to_regclass", _plain(about["relation"])))
        elif called is not None and doubtful:
            texts.append(_asked_for(text, "to_regprocedure", called["called"].replace("'", "''")))
        else:
            texts.append(_SOFT.sub(soft, text))
    return texts


def _leaning_on_others(tables: Sequence[Table], known: set[str]) -> set[str]:
    """Tables that a server refuses to make, as they refer to one that no migration makes, or to such a table."""
    found: set[str] = set()
    while more := {
        each.name
        for each in tables
        if each.name not in found
        and any(
            (to := column.references) and not to.startswith(_OF_OTHERS) and (to not in known or to in found) and to != each.name
            for column in each.columns
        )
    }:
        found |= more
    return found


def _bare(relation: str) -> str:
    return relation.replace('"', "")


def _plain(relation: str) -> str:
    plain = _bare(relation)
    return plain if _PLAIN.fullmatch(plain) else relation.replace("'", "''")


def _asked_for(text: str, function: str, name: str) -> str:
    tag = "$$" if "$$" not in text else "$fix$"
    within = "\n".join(f"    {line}" for line in text.splitlines())
    return f"do {tag} begin\n  if {function}('{name}') is not null then\n{within}\n  end if;\nend {tag};"
