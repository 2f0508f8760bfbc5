"""All facts about the objects of a replayed database beside its tables, and those of several databases as one value."""

from collections.abc import Sequence

from batten.facts.database import DatabaseObjects
from batten.link.schema.access import AccessModel
from batten.link.schema.computed_sql import with_inputs
from batten.link.schema.flaws import flaws
from batten.link.schema.function_bodies import Bodies
from batten.link.schema.object_facts import bucket_facts, event_trigger_facts, extension_facts, publication_facts, trigger_facts
from batten.link.schema.policy_facts import policy_facts
from batten.link.schema.privilege_facts import change_facts, default_facts, grant_facts, role_facts, schema_facts
from batten.link.schema.privilege_flaws import broad_grants, idle_revokes
from batten.link.schema.privileged_functions import with_deeds
from batten.link.schema.realtime import with_streams
from batten.link.schema.remarks import remarks
from batten.link.schema.revealing_views import account_exposures, with_revelations
from batten.link.schema.routine_facts import routine_facts
from batten.link.schema.settings import Setting
from batten.link.schema.storage import storage_policies, with_contents
from batten.link.schema.view_facts import view_facts


def objects_of(model: AccessModel, setting: Setting) -> DatabaseObjects:
    """The objects of one database."""
    found_views = with_revelations(model, view_facts(model, setting))
    bodies = Bodies(model.database)
    functions = with_inputs(bodies, with_deeds(model, bodies, routine_facts(model, setting)))
    changes = change_facts(model, setting)
    extensions = extension_facts(model.database, setting)
    return DatabaseObjects(
        policy_flaws=tuple(flaws(model, setting)),
        views=tuple(found_views),
        broad_grants=tuple(broad_grants(model, setting, changes)),
        idle_revokes=tuple(idle_revokes(model, setting, functions)),
        account_exposures=tuple(account_exposures(model, setting, found_views, functions)),
        database_functions=tuple(functions),
        row_policies=tuple(policy_facts(model, setting)),
        grants=tuple(grant_facts(model, setting)),
        privilege_changes=tuple(changes),
        buckets=tuple(with_contents(model, bucket_facts(model, setting))),
        storage_policies=tuple(storage_policies(model, setting)),
        publications=tuple(with_streams(model, setting, publication_facts(model, setting))),
        database_roles=tuple(role_facts(model, setting)),
        extensions=tuple(extensions),
        default_privileges=tuple(default_facts(model, setting)),
        triggers=tuple(trigger_facts(model.database, setting)),
        event_triggers=tuple(event_trigger_facts(model.database, setting)),
        database_schemas=tuple(schema_facts(model, setting)),
        remarks=tuple(remarks(model, setting, found_views, functions, extensions)),
    )


def together(parts: Sequence[DatabaseObjects]) -> DatabaseObjects:
    """The objects of several databases, each kind sorted by place."""
    return DatabaseObjects(
        **{
            name: tuple(sorted((fact for part in parts for fact in getattr(part, name)), key=lambda fact: (fact.place, fact.key)))
            for name in DatabaseObjects.__struct_fields__
        }
    )
