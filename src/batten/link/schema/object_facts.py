"""Turns buckets, publications, extensions and triggers of a replayed database into facts."""

from batten.facts.database import Bucket, DatabaseEventTrigger, Extension, Publication, Trigger
from batten.facts.schema import Access, Verdict
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH, Caller
from batten.link.schema.private_names import strongest
from batten.link.schema.privileges import VERBS
from batten.link.schema.relations import protects
from batten.link.schema.sensitivity import sensitive
from batten.link.schema.settings import Setting, common
from batten.link.schema.state import Database, Relation
from batten.link.schema.values import Known

_REALTIME = "supabase_realtime"
_NO_RELATION = ("", "")


def bucket_facts(model: AccessModel, setting: Setting) -> list[Bucket]:
    """Every bucket that the migrations make, with what clients can do with the files in it."""
    found = []
    for bucket in model.database.buckets.values():
        access = bucket_access(model, bucket.name)
        by_role = {
            role: tuple(cell.verb for cell in access if cell.role == role and cell.effect is Verdict.ALL)
            for role in (ANON.role, FRESH.role)
        }
        found.append(
            Bucket(
                name=bucket.name,
                public=bucket.public,
                size_limited=bucket.size_limited,
                types_limited=bucket.types_limited,
                access=access,
                anon_verbs=by_role[ANON.role],
                client_verbs=by_role[FRESH.role],
                **common(setting, "bucket", bucket.name, bucket.place, tuple(bucket.trail)),
            )
        )
    return found


def bucket_access(model: AccessModel, name: str) -> tuple[Access, ...]:
    """What client roles can do with the files of one bucket: the policies on ``storage.objects``, where the bucket is given."""
    objects = model.database.relations.get(("storage", "objects"))
    if objects is None:
        return ()
    return within_bucket(model, objects, name).matrix(objects)


def within_bucket(model: AccessModel, objects: Relation, name: str) -> AccessModel:
    """The same database, as far as the files of one bucket go."""
    value = Known(name)
    return model.where(objects, tuple((column, value) for column in ("bucket_id", "objects.bucket_id", "storage.objects.bucket_id")))


def publication_facts(model: AccessModel, setting: Setting) -> list[Publication]:
    """What each publication holds."""
    database = model.database
    found = []
    for publication, tables in sorted(database.publications.items()):
        listed = [(name, step, database.relations.get(_NO_RELATION)) for name, step in tables.items()]
        for relation, step in database.published.get(publication, {}).values():
            if database.relations.get((relation.schema, relation.name)) is relation:
                listed.append((relation.full, step, relation))
        for name, step, table in listed:
            found.append(
                Publication(
                    publication=publication,
                    table=name,
                    realtime=publication == _REALTIME,
                    rls=table.rls if table is not None else None,
                    anon_reads=_reads(model, table, ANON),
                    authenticated_reads=_reads(model, table, FRESH),
                    sensitivity=strongest(sensitive(table).values()) if table is not None else None,
                    exposed=table is None or table.schema in setting.exposed,
                    **common(setting, "publication", name, step.place, (step,), publication),
                )
            )
    return found


def _reads(model: AccessModel, relation: Relation | None, caller: Caller) -> str | None:
    verdict = model.judge(relation, caller, VERBS[0]).verdict if relation is not None else None
    return None if verdict is None else verdict.value


def extension_facts(database: Database, setting: Setting) -> list[Extension]:
    """Every extension that the migrations install: not those that a new Supabase database has."""
    return [
        Extension(name=name, schema=schema, exposed=schema in setting.exposed, **common(setting, "extension", name, place))
        for name, (schema, place) in sorted(database.extensions.items())
        if place.path
    ]


def trigger_facts(database: Database, setting: Setting) -> list[Trigger]:
    """Every trigger that is left at the end of the migrations."""
    return [
        Trigger(
            name=trigger.name,
            table=relation.full,
            function=next((routine.full for routine in database.routines_named(trigger.function)), str(trigger.function)),
            timing=trigger.timing,
            events=trigger.events,
            enabled=trigger.on,
            **common(setting, "trigger", relation.full, trigger.place, discriminator=trigger.name),
        )
        for relation in database.relations.values()
        for trigger in relation.triggers.values()
    ]


def event_trigger_facts(database: Database, setting: Setting) -> list[DatabaseEventTrigger]:
    """Every event trigger that is left at the end of the migrations."""
    return [
        DatabaseEventTrigger(
            name=name,
            event=trigger.event,
            function=next((routine.full for routine in database.routines_named(trigger.function)), str(trigger.function)),
            tags=trigger.tags,
            enabled=trigger.on,
            protects=protects(database, trigger),
            **common(setting, "event-trigger", name, trigger.place),
        )
        for name, trigger in sorted(database.event_triggers.items())
    ]
