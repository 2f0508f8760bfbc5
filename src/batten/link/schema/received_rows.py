"""Finds policies by which the receiver of a message can rewrite it: meant for marking it as read, they cover the text as well."""

from collections.abc import Iterator

from batten.facts.schema import Flaw, Predicate
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import FRESH
from batten.link.schema.column_guards import free_columns
from batten.link.schema.group_rows import asks_membership
from batten.link.schema.judgements import clause_of
from batten.link.schema.ownership import own_branches, own_columns, split
from batten.link.schema.private_names import RECEIVERS, words
from batten.link.schema.state import PolicyState, Relation
from batten.link.schema.wording import listed
from batten.link.schema.wrongs import Wrong
from batten.parse.postgres.expressions import Constant, Expression, walk

_SENDERS = frozenset({"sender", "from", "author"})
# What was said, by the names that chats, mails and comments give it.
_TEXTS = frozenset({"content", "message", "body", "text", "subject"})
_KEYS = frozenset({"id", "user", "uid", "profile", "account"})


def received_rows(model: AccessModel, relation: Relation, policy: PolicyState) -> Iterator[Wrong]:
    """A table with a sender, a receiver and a text that a policy lets the receiver change."""
    if policy.command not in ("update", "all") or not model.rights.applies(policy, FRESH.role):
        return
    if model.rights.granted(relation, FRESH.role, "update")[0] is not True:
        return
    receivers, senders = (_named(relation, names) for names in (RECEIVERS, _SENDERS))
    texts = [column.name for column in relation.columns.values() if column.name.lower() in _TEXTS and column.references is None]
    if not (senders and texts):
        return
    yield from _by_members(model, relation, policy, senders, texts)
    if not receivers:
        return
    for branch in own_branches(model, relation, policy, "using"):
        if receivers.intersection(branch.owners) and not senders.intersection(branch.owners):
            kept = {label for part in branch.parts for label in own_columns(relation, part)} if policy.check is None else set()
            free = [label for label in free_columns(model, relation, policy, "update", texts) if label not in kept]
            if free:
                deed = f"rewrite its {listed(free)}, which stands there in the sender's name"
                yield _rewritten(free, "the one who receives it", "whoever receives one", deed)
            return


def _by_members(model: AccessModel, relation: Relation, policy: PolicyState, senders: set[str], texts: list[str]) -> Iterator[Wrong]:
    """A conversation whose members may change each other's messages; not those who moderate it."""
    clause = clause_of(policy, "using")
    for branch in split(clause, "or") if clause is not None else ():
        if (
            not asks_membership(model, relation, policy, branch)
            or senders.intersection(own_columns(relation, branch))
            or _asks_a_role(branch)
        ):
            continue
        free = free_columns(model, relation, policy, "update", texts)
        if free:
            deed = f"rewrite the {listed(free)} of the others, which stands there in their name"
            yield _rewritten(free, "others who may see it", "whoever is in the conversation", deed)
        return


def _rewritten(free: list[str], by: str, who: str, deed: str) -> Wrong:
    return Wrong(
        Flaw.RECEIVED,
        f"{listed(free)} can be set by {by}",
        columns=tuple(free),
        verbs=("update",),
        who=who,
        deed=deed,
        predicate=Predicate.CALLER_BOUND,
    )


def _asks_a_role(branch: Expression) -> bool:
    """Whether a query in it looks for a value, as the role of a moderator."""
    return any(isinstance(each, Constant) and isinstance(each.value, str) for each in walk(branch))


def _named(relation: Relation, names: frozenset[str]) -> set[str]:
    """The columns for people that bear one of the names: ``sender_id``, ``to_user``, ``recipient``."""
    return {
        column.name
        for column in relation.columns.values()
        if (found := words(column.name))
        and found[0] in names
        and _KEYS.issuperset(found[1:])
        and (len(found) > 1 or column.references is not None)
    }
