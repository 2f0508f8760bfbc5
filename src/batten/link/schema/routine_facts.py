"""Turns the functions of a replayed database into facts."""

from collections import defaultdict
from collections.abc import Iterator

from batten.facts.database import Argument, DatabaseFunction
from batten.facts.schema import Access, Verdict
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH
from batten.link.schema.judgements import UNGRANTED, UNUSABLE
from batten.link.schema.settings import PUBLIC_MARK, Setting, common
from batten.link.schema.state import Relation, Routine
from batten.text import Place

_TRIGGERS = frozenset({"trigger", "event_trigger"})


def routine_facts(model: AccessModel, setting: Setting) -> list[DatabaseFunction]:
    """Every function that the migrations make and that is left at their end."""
    database = model.database
    by_policies: dict[Routine, set[str]] = defaultdict(set)
    by_triggers: dict[Routine, set[str]] = defaultdict(set)
    for relation in database.relations.values():
        for routine in _called(relation):
            by_policies[routine].add(relation.full)
        for trigger in relation.triggers.values():
            for routine in database.routines_named(trigger.function):
                by_triggers[routine].add(relation.full)
    return [
        _function(model, routine, setting, by_policies[routine], by_triggers[routine])
        for routines in database.routines.values()
        for routine in routines
    ]


def _called(relation: Relation) -> Iterator[Routine]:
    """What the policies of a table call."""
    return (routine for policy in relation.policies.values() for found in policy.calls.values() for routine in found)


def _function(model: AccessModel, routine: Routine, setting: Setting, policies: set[str], triggers: set[str]) -> DatabaseFunction:
    access = tuple(execute_cell(model, routine, caller.role) for caller in (ANON, FRESH))
    answers = routine.made.returns.removeprefix("pg_catalog.")
    trigger = answers in _TRIGGERS
    exposed = routine.schema in setting.exposed
    calls = {cell.role: None if cell.verdict is None else cell.verdict is Verdict.ALL and exposed and not trigger for cell in access}
    unclear = any((role, "execute") in routine.privileges.unclear for role in ("public",))
    signature = f"{routine.full}({', '.join(routine.types)})"
    body = routine.made.body_span
    return DatabaseFunction(
        name=routine.full,
        signature=signature,
        arguments=tuple(Argument(each.name, each.type, each.optional) for each in routine.made.parameters),
        returns=routine.made.returns,
        language=routine.made.language,
        definer=routine.definer,
        owner=routine.owner,
        search_path=routine.settings.get("search_path"),
        trigger=trigger,
        exposed=exposed,
        public_execute=None if unclear else "execute" in routine.privileges.held.get("public", ()),
        access=access,
        anon_calls=calls["anon"],
        clients_call=True if True in calls.values() else None if None in calls.values() else False,
        revoked=any(privilege == "execute" for _, privilege in routine.privileges.revoked),
        answers_boolean=answers in ("boolean", "bool"),
        body=Place(routine.place.path, body) if body is not None else None,
        plain=routine.made.body is not None,
        premature=routine.premature,
        used_by_policies=tuple(sorted(policies)),
        used_by_triggers=tuple(sorted(triggers)),
        marked_public=PUBLIC_MARK in routine.comment,
        **common(setting, "function", signature, routine.place, tuple(routine.trail)),
    )


def execute_cell(model: AccessModel, routine: Routine, role: str) -> Access:
    """Whether a role may execute a function, by USAGE on its schema and EXECUTE."""
    usage, held = model.rights.usage(routine.schema, role), model.database.holds(role, "execute", routine.privileges, routine.owner)
    if usage is False or held is False:
        return Access(role, "execute", Verdict.NONE, UNUSABLE if usage is False else UNGRANTED, (), Verdict.NONE)
    if usage is None or held is None:
        return Access(role, "execute", None, "it cannot be told")
    return Access(role, "execute", Verdict.ALL, "the role holds the privilege", (), Verdict.ALL)
