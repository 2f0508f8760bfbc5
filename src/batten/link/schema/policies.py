"""What statements on policies change."""

from batten.finding import Step
from batten.link.schema import relations
from batten.link.schema.dependencies import Terms
from batten.link.schema.session import Session
from batten.link.schema.state import PolicyState, Relation
from batten.parse.postgres.access_statements import AlterPolicy, CreatePolicy


def create_policy(session: Session, made: CreatePolicy) -> None:
    """CREATE POLICY, which fails where what it names is not there."""
    relation = relations.ensured(session, made.table)
    if relation is None or relation.kind not in ("table", "partitioned"):
        return
    known = relation.policies.get(made.name)
    if known is not None and not known.premature:
        return
    clauses = [clause for clause in (made.using, made.check) if clause is not None]
    terms = Terms(session.database, clauses, relation)
    if any(session.database.lacks_role(role) for role in made.roles) or terms.fail():
        session.note(f"a server refuses to make policy {made.name!r} here: what it names is not there, or not of that kind", made.span)
        return
    lacking = None if session.loose else terms.lacking(made.roles)
    if lacking is not None:
        session.note(
            f"a server that runs only these migrations refuses to make policy {made.name!r} here: {lacking} is not there", made.span
        )
        if known is not None:
            return
    place = session.place(made.span)
    policy = PolicyState(
        made.name, place, made.permissive, made.command, made.roles, made.using, made.check, made.using_text, made.check_text, made.lead, sure=not session.unsure, premature=lacking is not None
    )  # fmt: skip
    terms.bind(policy)
    relation.policies[made.name] = policy
    session.database.taken.get(relation.full, {}).pop(made.name, None)
    if relation.ghost and relation.rls is None and not relation.trail:
        relation.place = place
    session.database.policied[relation.full] = (Step(place, "a policy is written for it here"), relation)


def alter_policy(session: Session, changed: AlterPolicy) -> None:
    """ALTER POLICY: a clause that the command has none of is refused."""
    relation = session.database.relation(changed.table)
    policy = relation.policies.get(changed.name) if relation is not None else None
    terms = Terms(session.database, (changed.using, changed.check), relation)
    if policy is None or relation is None or terms.fail():
        return
    if (changed.using is not None and policy.command == "insert") or (changed.check is not None and policy.command in ("select", "delete")):
        return
    if any(session.database.lacks_role(role) for role in changed.roles or ()):
        return
    if session.unsure:
        policy.sure = False
        return
    lacking = None if session.loose or policy.premature else terms.lacking(changed.roles or ())
    if lacking is not None:
        session.note(
            f"a server that runs only these migrations refuses to alter policy {changed.name!r} here: {lacking} is not there", changed.span
        )
        return
    policy.roles = changed.roles if changed.roles is not None else policy.roles
    if changed.using is not None:
        policy.using, policy.using_text = changed.using, changed.using_text
    if changed.check is not None:
        policy.check, policy.check_text = changed.check, changed.check_text
    policy.place = session.place(changed.span)
    Terms(session.database, (policy.using, policy.check), relation).bind(policy)


def drop_policy(session: Session, relation: Relation, label: str) -> None:
    """DROP POLICY."""
    policy = relation.policies.get(label)
    if policy is None or (session.loose and policy.sure and not policy.permissive):
        return
    if session.unsure:
        policy.sure = False
    else:
        del relation.policies[label]
        session.take(relation, policy)
