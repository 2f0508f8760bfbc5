"""What publications stream of tables that nothing protects."""

from msgspec.structs import replace

from batten.facts.database import Publication
from batten.facts.schema import Verdict
from batten.link.schema import wording
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH
from batten.link.schema.sensitivity import is_content, sensitive
from batten.link.schema.settings import Setting
from batten.link.schema.state import Relation

_MOST = 4


def with_streams(model: AccessModel, setting: Setting, facts: list[Publication]) -> list[Publication]:
    """The publications, with the tables of theirs that strangers or any account can follow."""
    return [_streamed(model, setting, fact) for fact in facts]


def _streamed(model: AccessModel, setting: Setting, fact: Publication) -> Publication:
    followed = [table for table in _tables(model, fact) if _is_open(model, table)]
    if not followed:
        return fact
    to_anon = any(model.judge(table, ANON, "select").verdict is Verdict.ALL for table in followed)
    names = wording.listed([table.name for table in followed[:_MOST]]) + (" and more" if followed[_MOST:] else "")
    who = "anyone who has the public key" if to_anon else "anyone who signs up"
    return replace(
        fact,
        followed=tuple(sorted(table.full for table in followed)),
        served=all(table.schema in setting.exposed for table in followed),
        outsiders=f"{who} can follow every change of {names}",
    )


def _tables(model: AccessModel, fact: Publication) -> list[Relation]:
    tables = [table for table in model.database.tables() if not table.platform and not table.ghost]
    if fact.table == "*":
        return tables
    if fact.table.endswith(".*"):
        return [table for table in tables if table.schema == fact.table.removesuffix(".*")]
    return [table for table in tables if table.full == fact.table]


def _is_open(model: AccessModel, table: Relation) -> bool:
    if table.kind == "foreign" or (is_content(table) and not sensitive(table)):
        return False
    readable = any(model.judge(table, caller, "select").verdict is Verdict.ALL for caller in (ANON, FRESH))
    return readable and (table.rls is False or bool(sensitive(table)))
