"""What views show and change that their readers may not see or change in the tables below, and what shows the accounts of the ``auth`` schema."""

from collections.abc import Iterator

from msgspec.structs import replace

from batten.facts.database import DatabaseFunction, View
from batten.facts.exposures import AccountExposure
from batten.facts.schema import Verdict
from batten.finding import Step
from batten.link.schema import views, wording
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH, Caller
from batten.link.schema.sensitivity import is_content, owner_columns, sensitive
from batten.link.schema.settings import Setting, common
from batten.link.schema.state import CLIENTS, Relation
from batten.parse.postgres.expressions import Constant, Expression, Invocation, Query, Reference, walk

_WRITES = ("insert", "update", "delete")
_AGGREGATES = frozenset({"count", "sum", "avg", "min", "max", "bool_or", "bool_and"})
_ACCOUNT_TABLES = frozenset(
    {
        "users",
        "identities",
        "sessions",
        "mfa_factors",
        "mfa_challenges",
        "mfa_amr_claims",
        "refresh_tokens",
        "one_time_tokens",
        "flow_state",
    }
)
# What of an account is nobody's business; ids and dates are in other rows too.
_ACCOUNT_COLUMNS = frozenset(
    {"email", "phone", "encrypted_password", "raw_user_meta_data", "raw_app_meta_data", "last_sign_in_at", "confirmation_token", "recovery_token", "identity_data", "token", "secret", "ip", "user_agent",
     "is_super_admin", "banned_until", "confirmed_at", "email_confirmed_at", "phone_confirmed_at", "new_email", "new_phone", "*"}
)  # fmt: skip


def with_revelations(model: AccessModel, facts: list[View]) -> list[View]:
    """The views, with what they show and change beyond what the tables allow."""
    return [_revealed(model, fact, relation) for fact in facts for relation in (_relation(model, fact.name),) if relation is not None]


def _relation(model: AccessModel, full: str) -> Relation | None:
    schema, _, name = full.partition(".")
    return model.database.relations.get((schema, name))


def _caller(model: AccessModel, view: Relation) -> Caller | None:
    """The most powerless client who may read it."""
    return next((caller for caller in (ANON, FRESH) if model.rights.granted(view, caller.role, "select")[0]), None)


def _revealed(model: AccessModel, fact: View, view: Relation) -> View:
    caller = _caller(model, view)
    if caller is None or fact.invoker or view.query is None:
        return fact
    shown = model.judge(view, caller, "select").verdict
    hidden: list[Relation] = []
    for reading in views.readings(model, view):
        table = reading.relation
        if table.kind not in ("table", "partitioned") or table.platform or table.ghost:
            continue
        if (reading.overridden or fact.kind == "matview") and _is_kept(model, table, caller):
            hidden.append(table)
    columns = tuple(dict.fromkeys(label for table in hidden for label in _used(view, table)))
    writes = tuple(
        verb
        for verb in _WRITES
        if hidden
        and fact.kind == "view"
        and model.judge(view, caller, verb).verdict is Verdict.ALL
        and all(model.judge(table, caller, verb).verdict not in (Verdict.ALL, None) for table in hidden)
    )
    verbs = tuple(verb for verb in ("select", *writes) if verb != "select" or shown is Verdict.ALL)
    return replace(
        fact,
        hides=tuple(sorted(table.full for table in hidden)),
        reveals=columns,
        writes_through=bool(writes),
        shows_all=None if shown is None else shown is Verdict.ALL,
        outsiders=wording.reach(verbs, caller is ANON, columns) if verbs else fact.outsiders or "it shows some of their rows to others",
        trail=(*fact.trail, *_story(hidden)),
    )


def _is_kept(model: AccessModel, table: Relation, caller: Caller) -> bool:
    """The caller may not read all of a table that holds something of somebody's."""
    verdict = model.judge(table, caller, "select").verdict
    if verdict in (None, Verdict.ALL):
        return False
    kinds = sensitive(table)
    return bool(kinds) or (bool(owner_columns(table)) and not is_content(table))


def _used(view: Relation, table: Relation) -> Iterator[str]:
    """The private columns of a table that the results of a view are made of."""
    kinds = sensitive(table)
    for query in _branches(view):
        aliases = {source.alias for source in query.sources if source.name is not None and view.reads.get(source.name) is table}
        alone = len(query.sources) == 1
        for target in query.targets:
            if _counts_rows(target.value):
                continue
            for each in walk(target.value):
                if isinstance(each, Reference):
                    of_table = each.parts[0] in aliases if len(each.parts) > 1 else alone or each.parts[-1] in kinds
                    if of_table and each.parts[-1] == "*":
                        yield from kinds
                    elif of_table and each.parts[-1] in kinds:
                        yield each.parts[-1]


def _counts_rows(value: Expression) -> bool:
    return isinstance(value, Invocation) and value.name.name == "count"


def _branches(view: Relation) -> Iterator[Query]:
    stack = [view.query] if view.query is not None else []
    while stack:
        each = stack.pop()
        yield each
        stack.extend(
            [*each.others, *(inner for _, inner in each.named), *(source.query for source in each.sources if source.query is not None)]
        )


def _story(hidden: list[Relation]) -> tuple[Step, ...]:
    return tuple(Step(table.place, f"{table.name} keeps rows from strangers here") for table in hidden[:3] if table.place.path)


def account_exposures(
    model: AccessModel, setting: Setting, found_views: list[View], functions: list[DatabaseFunction]
) -> list[AccountExposure]:
    """What shows accounts of the ``auth`` schema to clients."""
    found = [exposure for view in found_views for exposure in _through_view(model, setting, view)]
    for function in functions:
        if function.clients_call and function.definer and function.reads_accounts:
            who = "anyone who has the public key" if function.anon_calls else "anyone who signs up"
            found.append(
                AccountExposure(
                    kind="function",
                    name=function.name,
                    outsiders=f"{who} can call it, and it {function.deeds}",
                    **common(setting, "function", function.signature, function.place, function.trail),
                )
            )
    for relation in model.database.relations.values():
        if relation.schema == "auth":
            found += _granted(model, setting, relation)
    return found


def _through_view(model: AccessModel, setting: Setting, fact: View) -> Iterator[AccountExposure]:
    view = _relation(model, fact.name)
    if (
        view is None
        or not fact.exposed
        or fact.invoker
        or not fact.reads_accounts
        or (fact.kind == "view" and fact.asks_caller is not False)
    ):
        return
    caller = _caller(model, view)
    verdict = model.judge(view, caller, "select").verdict if caller is not None else Verdict.NONE
    columns = tuple(dict.fromkeys(_account_columns(view)))
    if caller is None or verdict in (None, Verdict.NONE) or not columns:
        return
    private = tuple(column for column in columns if column in _ACCOUNT_COLUMNS)
    who = "anyone who has the public key" if caller is ANON else "anyone who signs up"
    what = "every column" if "*" in private else ", ".join(private or columns)
    yield AccountExposure(
        kind=fact.kind,
        name=fact.name,
        columns=private,
        outsiders=f"{who} can read {what} of every account",
        **common(setting, "view", fact.name, fact.place, fact.trail),
    )


def _account_columns(view: Relation) -> Iterator[str]:
    for query in _branches(view):
        accounts = {
            source.alias
            for source in query.sources
            if source.name is not None and source.name.schema == "auth" and source.name.name in _ACCOUNT_TABLES
        }
        if not accounts:
            nested = [each for each in view.reads.values() if each.kind in ("view", "matview")]
            yield from (label for each in nested for label in _account_columns(each) if each is not view)
            continue
        alone = len(query.sources) == 1
        for target in query.targets:
            if isinstance(target.value, Constant) or (isinstance(target.value, Invocation) and target.value.name.name in _AGGREGATES):
                continue
            for each in walk(target.value):
                if isinstance(each, Reference) and (
                    each.parts[0] in accounts
                    if len(each.parts) > 1
                    else alone or each.parts[-1] == "*" or each.parts[-1] in _ACCOUNT_COLUMNS
                ):
                    yield each.parts[-1]


def _granted(model: AccessModel, setting: Setting, relation: Relation) -> Iterator[AccountExposure]:
    roles = [
        role
        for role in ("public", *CLIENTS)
        if "select" in relation.privileges.held.get(role, ()) or (role, "select") in relation.privileges.columns
    ]
    change = next(
        (each for each in reversed(model.database.changes) if each.object == relation.full and each.grant and each.role in roles), None
    )
    if roles and relation.name in _ACCOUNT_TABLES and change is not None:
        exposed = "auth" in setting.exposed
        yield AccountExposure(
            kind="grant",
            name=relation.full,
            outsiders=f"{wording.listed(roles)} may select from it"
            + ("" if exposed else ", through every view and function with the caller's rights"),
            served=exposed,
            **common(setting, "table", relation.full, change.place, (Step(change.place, "the right to read it is given here"),)),
        )
