"""Finds policies by which people add rows to groups that they are not in: the check asks who writes, and not whether the conversation is theirs."""

from collections.abc import Iterator

from batten.facts.schema import Flaw, Predicate
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import FRESH
from batten.link.schema.column_guards import free_columns
from batten.link.schema.judgements import clause_of
from batten.link.schema.owner_checks import INTAKE
from batten.link.schema.ownership import own_branches, own_columns, plain, split, value_of
from batten.link.schema.private_names import words
from batten.link.schema.state import PolicyState, Relation
from batten.link.schema.values import Need, Open, shape
from batten.link.schema.wrongs import Wrong
from batten.parse.postgres.expressions import Constant, Expression, Invocation, Name, Subquery, walk

_MESSAGES = frozenset({"message", "messages", "chat", "chats", "dm", "dms", "mensagem", "mensagens", "mensaje", "mensajes"})
_BOUND = frozenset({Predicate.CALLER_BOUND, Predicate.ROLE_BOUND, Predicate.NEVER, Predicate.META})


def group_rows(model: AccessModel, relation: Relation, policy: PolicyState) -> Iterator[Wrong]:
    """A policy that lets people write under their own name into any group of a table that shows its rows to members alone."""
    if policy.command not in ("insert", "all") or not model.rights.applies(policy, FRESH.role):
        return
    if model.rights.granted(relation, FRESH.role, "insert")[0] is not True or model.narrowed(relation, FRESH, "insert", "check"):
        return
    branches = own_branches(model, relation, policy, "check")
    writers = {owner for branch in branches for owner in branch.owners}
    groups, open_to = _members(model, relation, everything=bool(_MESSAGES.intersection(words(relation.name))))
    # Whoever sees what they have added without being a member has sent it to somebody: an order, an application.
    if not writers or INTAKE.search(relation.name) or (not _MESSAGES.intersection(words(relation.name)) and writers.intersection(open_to)):
        return
    asked = {label for branch in branches for part in branch.parts for label in own_columns(relation, part)}
    for label in free_columns(model, relation, policy, "insert", [label for label in groups if label not in asked]):
        yield Wrong(
            Flaw.OWNER_UNCHECKED,
            f"{label} is not compared with where the caller belongs",
            columns=(label,),
            verbs=("insert",),
            who="anyone who signs up",
            deed=f"add rows to any {label}, also where they belong to others",
            predicate=Predicate.CALLER_BOUND,
        )
        return


def _members(model: AccessModel, relation: Relation, *, everything: bool) -> tuple[list[str], set[str]]:
    """The columns by which rows are shown to those who belong to something, and those by which they are shown to one person; none of the first where others see them as well.

    ``everything``: also those by which the one sees them to whom the group belongs, or who is something there: they get what others hand in, too.
    """
    groups: dict[str, None] = {}
    persons: set[str] = set()
    for policy in model.rights.applicable(relation, FRESH.role, "select", permissive=True):
        clause = clause_of(policy, "using")
        for branch in split(clause, "or") if clause is not None else ():
            value = value_of(model, relation, policy, branch)
            if asks_membership(model, relation, policy, branch):
                labels = [label for label in own_columns(relation, branch) if _is_key(relation, label)]
                groups |= dict.fromkeys(label for label in labels if everything or _lists_members(model, policy, branch, relation, label))
            elif isinstance(value, Open) and shape(value) is Predicate.CALLER_BOUND:
                persons.update(own_columns(relation, branch))
            elif shape(value) not in _BOUND:
                return [], persons
    return [label for label in groups if label not in persons], persons


def asks_membership(model: AccessModel, relation: Relation, policy: PolicyState, branch: Expression) -> bool:
    """Whether a way to pass looks into another table for whom a row of this one is: by a query, or a function that is told a column of it."""
    value = value_of(model, relation, policy, branch)
    if not isinstance(value, Open):
        return False
    if shape(value) is Predicate.CALLER_BOUND:
        return Need.TABLE in value.on
    return any(isinstance(plain(part), Invocation) and bool(own_columns(relation, part)) for part in split(branch, "and"))


def _lists_members(model: AccessModel, policy: PolicyState, branch: Expression, relation: Relation, label: str) -> bool:
    """Whether a query looks for the caller in a list beside the group, whatever the caller is there."""
    target = relation.columns[label].references
    asked = [each.query for each in walk(branch) if isinstance(each, Subquery)]
    named = [model.sight(policy).relation(source.name) for query in asked for source in query.sources if isinstance(source.name, Name)]
    roles = any(isinstance(each, Constant) and isinstance(each.value, str) for each in walk(branch))
    return (
        bool(named)
        and not roles
        and all(each is not None and each is not relation and each.name != (target and target.name) for each in named)
    )


def _is_key(relation: Relation, label: str) -> bool:
    """Whether a column names a row of another table that is no account."""
    column = relation.column(label)
    if column is None or label in relation.primary_key:
        return False
    if column.references is not None:
        return column.references.schema != "auth"
    return words(label)[-1:] == ("id",)
