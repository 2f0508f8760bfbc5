"""What statements on storage buckets, triggers and publications change."""

from batten.link.schema.session import Session
from batten.link.schema.state import BucketState, TriggerState
from batten.parse.postgres.statements import Bucket, CreateTrigger


def apply(session: Session, statement: Bucket | CreateTrigger) -> None:
    """One statement."""
    match statement:
        case Bucket():
            bucket(session, statement)
        case CreateTrigger():
            trigger(session, statement)


def bucket(session: Session, made: Bucket) -> None:
    """INSERT INTO storage.buckets; a bucket that is there stays as it is."""
    if made.name is not None and made.name not in session.database.buckets:
        session.database.buckets[made.name] = BucketState(made.name, session.place(made.span), None if session.unsure else made.public)


def trigger(session: Session, made: CreateTrigger) -> None:
    """CREATE TRIGGER."""
    relation = session.database.relation(made.table)
    if relation is not None:
        relation.triggers[made.name] = TriggerState(
            made.name, made.function, session.place(made.span), made.timing, made.events, made.columns, made.condition
        )
