"""Columns that decide because a trigger copies them into one that does: ``insert into user_roles (user_id, role) values (new.id, new.role)``."""

from collections.abc import Iterator, Mapping

from batten.finding import Step
from batten.link.schema.bodies import searchable
from batten.link.schema.deciding import Deciding
from batten.link.schema.sign_up import filled, relation_named
from batten.link.schema.state import Database, Relation, TriggerState
from batten.regex import regex

_OF_THE_ROW = regex(r"\s*\(?\s*(?:coalesce\s*\(\s*)?new\s*\.\s*\"?(\w+)", 0)


def with_passed_on(database: Database, asked: Mapping[str, Deciding]) -> dict[str, Deciding]:
    """The tables that decide, with those whose rows triggers pass on to them."""
    found = dict(asked)
    for relation in database.tables():
        for trigger in relation.triggers.values() if not relation.platform else ():
            for label, target in _copies(database, relation, trigger, asked) if trigger.on else ():
                known = found.get(relation.full, Deciding())
                step = Step(trigger.place, f"a trigger copies {label} into {target.full} here, by which policies decide")
                steps = known.steps if step in known.steps else (*known.steps, step)
                found[relation.full] = Deciding(known.roles | {label}, known.groups, steps)
    return found


def _copies(database: Database, relation: Relation, trigger: TriggerState, asked: Mapping[str, Deciding]) -> Iterator[tuple[str, Relation]]:
    for routine in database.routines_named(trigger.function):
        for table, row in filled(searchable(routine) or ""):
            target = relation_named(database, table)
            roles = asked[target.full].roles if target is not None and target is not relation and target.full in asked else ()
            for column, value in row:
                copied = _OF_THE_ROW.match(value) if column in roles else None
                if copied is not None and target is not None and relation.column(copied[1]) is not None:
                    yield copied[1], target
