"""Finds the policies that let client roles through without asking whose row it is."""

import re

from batten.facts.schema import OpenPolicy, Predicate, Verdict
from batten.finding import Step
from batten.link.schema import wording
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH, GUEST, Caller
from batten.link.schema.everybody import passed_by_all
from batten.link.schema.judgements import UNGRANTED, clause_of
from batten.link.schema.owner_checks import INTAKE
from batten.link.schema.predicates import Evaluation, PolicyError, Scope
from batten.link.schema.private_names import CREDENTIALS, NETWORK, strongest
from batten.link.schema.privileges import VERBS
from batten.link.schema.row_states import tells_the_state
from batten.link.schema.sensitivity import is_content, owner_columns, sensitive
from batten.link.schema.settings import Setting
from batten.link.schema.state import PolicyState, Relation
from batten.link.schema.tables import client_privileges
from batten.link.schema.unions import defeated
from batten.link.schema.values import NULL, Need, Value, opened, outcome, shape
from batten.regex import regex

_CALLERS: tuple[Caller, ...] = (ANON, FRESH)
_EVERYONE = regex(
    r"\b(?:anyone|everyone|everybody|public(?:ly)?|all users|any user|users|authenticated users?|anon(?:ymous)?|visitors?|guests?|customers?|members?|owners?)\b",
    re.IGNORECASE,
)
_ACTOR = r"(?:service[\s_-]*(?:roles?|keys?|accounts?)?|back-?end|servers?|system|admins?|administrators?|internal|triggers?|edge[\s_-]*functions?|cron|webhooks?|automation)"
# The word must be the one who acts: "System inserts", "insert by service", not "View system settings".
_SERVER = regex(
    rf"^(?:the |only |allow )?{_ACTOR}(?:$|\s+(?:only|can|may|has|have|full|all|access|manages?|crud|bypass|selects?|reads?|views?|inserts?|creates?|adds?|updates?|deletes?|writes?|policy))\b"
    rf"|\b(?:for|by|from|via|to|as) (?:the )?{_ACTOR}(?:$|\b)|\b{_ACTOR}$|\bservice[\s_-]*role\b",
    re.IGNORECASE,
)
_STATISTICS = regex(
    r"analytics|page_?views?|telemetry|impressions?|web_?vitals|(?:site|page|user|app)_?(?:visits?|clicks?|events?)$", re.IGNORECASE
)
_SERVER_ONLY = regex(
    r"service[\s_-]*role|\b(?:backend|server|service|system|trigger|webhook)s?[\s-]+(?:only|can|access|to insert|inserts?|writes?)|edge[\s_-]*functions?|only (?:the )?(?:server|backend|service|admins?)|internal use",
    re.IGNORECASE,
)


def open_policies(model: AccessModel, setting: Setting) -> list[OpenPolicy]:
    """Every permissive policy in force that opens a verb, or rows by a flag, to strangers or to any account."""
    found = []
    for relation in model.database.tables():
        for policy in relation.policies.values():
            if policy.permissive and policy.sure:
                fact = _judged(model, relation, policy, setting)
                if fact is not None:
                    found.append(fact)
    return found


def _judged(model: AccessModel, relation: Relation, policy: PolicyState, setting: Setting) -> OpenPolicy | None:
    callers = [caller for caller in _CALLERS if model.rights.applies(policy, caller.role)]
    by_caller = {caller: _opened(model, relation, policy, caller) for caller in callers}
    verbs = tuple(verb for verb in VERBS if any(verb in found for found in by_caller.values()))
    predicate = Predicate.ALWAYS
    if verbs:
        if not any(_clause_shape(model, relation, policy, verb) is Predicate.ALWAYS for verb in verbs):
            predicate = Predicate.ANY_AUTHED
    else:
        caller = next((caller for caller in callers if _flagged(model, relation, policy, caller)), None)
        if caller is None or (caller is FRESH and not tells_the_state(relation, policy.using)):
            return None
        verbs, predicate = ("select",), Predicate.ROW_FLAG
        by_caller = {caller: ["select"]}
    return _fact(model, relation, policy, setting, verbs, predicate, {caller: tuple(found) for caller, found in by_caller.items()})


def _opened(model: AccessModel, relation: Relation, policy: PolicyState, caller: Caller) -> list[str]:
    """The verbs that a policy opens wholly to a caller; not those whose privilege the app took away, nor those that a restrictive policy narrows."""
    found = []
    for verb in VERBS:
        if policy.command not in ("all", verb) or _taken(model, relation, caller, verb):
            continue
        part = "check" if verb == "insert" else "using"
        try:
            value = model.passes(relation, policy, caller, part)
            check = model.passes(relation, policy, caller, "check") if verb == "update" else value
        except PolicyError:
            continue
        open_to_all = shape(value) is Predicate.ALWAYS or (
            caller is FRESH and outcome(value) != {Verdict.NONE} and passed_by_all(model, clause_of(policy, part))
        )
        if open_to_all and outcome(check) != {Verdict.NONE} and not model.narrowed(relation, caller, verb, part):
            found.append(verb)
    return found


def _taken(model: AccessModel, relation: Relation, caller: Caller, verb: str) -> bool:
    if model.rights.granted(relation, caller.role, verb)[0] is not False:
        return False
    return any((role, verb) in relation.privileges.revoked for role in (caller.role, "public"))


def _clause_shape(model: AccessModel, relation: Relation, policy: PolicyState, verb: str) -> Predicate | None:
    return model.predicate(relation, policy, "check" if verb == "insert" else "using")


def _flagged(model: AccessModel, relation: Relation, policy: PolicyState, caller: Caller) -> bool:
    """Whether a caller may read the rows that a column opens."""
    if policy.command not in ("all", "select") or _taken(model, relation, caller, "select"):
        return False
    try:
        value = model.passes(relation, policy, caller, "using")
    except PolicyError:
        return False
    return shape(value) is Predicate.ROW_FLAG and not model.narrowed(relation, caller, "select", "using")


def _fact(
    model: AccessModel,
    relation: Relation,
    policy: PolicyState,
    setting: Setting,
    verbs: tuple[str, ...],
    predicate: Predicate,
    by_caller: dict[Caller, tuple[str, ...]],
) -> OpenPolicy:
    to_anon = bool(by_caller.get(ANON))
    caller = ANON if to_anon else FRESH
    _, limited = model.rights.granted(relation, caller.role, "select")
    kinds = {label: kind for label, kind in sensitive(relation).items() if not limited or label in limited}
    strong = strongest(kinds.values())
    shown = tuple(sorted(kinds, key=lambda label: (kinds[label] != strong, list(relation.columns).index(label))))
    reads = model.judge(relation, caller, "select")
    insert_only = verbs == ("insert",)
    owners = owner_columns(relation)
    by_flag = predicate is Predicate.ROW_FLAG
    by_default = by_flag and _passes_by_default(model, relation, policy)
    personal = bool(owners) or strong not in (None, NETWORK)
    return OpenPolicy(
        table=relation.full,
        policy=policy.name,
        database=setting.chain.root,
        package=setting.chain.package,
        place=policy.place,
        command=policy.command,
        roles=policy.roles,
        writes=not set(verbs) <= {"select"},
        reads="select" in verbs,
        to_anon=to_anon,
        claims_service=claims_service(policy),
        insert_only=insert_only,
        intake=insert_only
        and (not owners or _counts_visits(relation, owners))
        and INTAKE.search(relation.name) is not None
        and model.judge(relation, ANON, "select").verdict is Verdict.NONE,
        sensitivity=strong,
        credential=CREDENTIALS in kinds.values(),
        predicate=predicate,
        verbs=verbs,
        open_by_default=by_default,
        publishes=to_anon
        and "select" in verbs
        and (predicate is Predicate.ALWAYS or by_default or tells_the_state(relation, policy.using)),
        content=is_content(relation),
        sensitive_columns=shown,
        owned=bool(owners),
        owners=owners,
        adds_for_others=insert_only and bool(owners) and (policy.command == "all" or not to_anon),
        personal=personal,
        at_stake=personal or not {"update", "delete"}.isdisjoint(verbs),
        defeats=() if by_flag else defeated(model, relation, policy, by_caller, private=strong not in (None, NETWORK)),
        sign_up=setting.sign_up,
        to_guests=bool(setting.anonymous_sign_ins)
        and not to_anon
        and model.rights.applies(policy, GUEST.role)
        and bool(_opened(model, relation, policy, GUEST)),
        # A privilege is soon granted by hand; only policies tell what the role may see.
        blind=set(verbs) <= {"update", "delete"} and reads.verdict is Verdict.NONE and reads.reason != UNGRANTED,
        exposed=relation.schema in setting.exposed,
        granted=client_privileges(model, relation, verbs),
        outsiders=wording.reach(verbs, to_anon, shown, f"every row with {policy.using_text}" if by_flag else "every row"),
        marked_public="@public" in relation.comment or "@public" in policy.comment,
        origin=setting.chain.origin,
        path_class=setting.path_class,
        rls=relation.rls,
        key=f"{setting.chain.package}|policy|{relation.full}|{policy.name}|{setting.chain.root}",
        subject=f"policy|{relation.full}|{policy.name}",
        trail=_trail(relation, policy, to_anon, by_flag),
    )


def _counts_visits(relation: Relation, owners: tuple[str, ...]) -> bool:
    """What pages report of visitors, who need no account for it."""
    optional = not any(column.required for label in owners if (column := relation.column(label)) is not None)
    return optional and _STATISTICS.search(relation.name) is not None


def claims_service(policy: PolicyState) -> bool:
    """Whether its name, or the comment right above it, says that it is meant for the server."""
    plain = policy.name.replace("_", " ")
    if _SERVER_ONLY.search(plain):
        return True
    if _SERVER.search(plain) and not _EVERYONE.search(plain):
        return True
    said = f"{policy.lead} {policy.comment}"
    return not _EVERYONE.search(f"{plain} {said}") and _SERVER_ONLY.search(said) is not None


def _passes_by_default(model: AccessModel, relation: Relation, policy: PolicyState) -> bool:
    """Whether a row with the defaults of all columns passes."""
    clause = clause_of(policy, "using")
    if clause is None:
        return False
    values: dict[str, Value] = {}
    for column in relation.columns.values():
        if column.default is not None:
            values[column.name] = Evaluation(ANON, model.sight(policy), Scope()).value(column.default)
        else:
            values[column.name] = opened({Need.ROW}, required=True) if column.required or column.generated else NULL
    try:
        value = Evaluation(ANON, model.sight(policy), Scope(((relation.name, relation),), own=True, values=values)).value(clause)
    except PolicyError:
        return False
    return shape(value) is Predicate.ALWAYS


def _trail(relation: Relation, policy: PolicyState, to_anon: bool, by_flag: bool) -> tuple[Step, ...]:
    who = "everyone" if to_anon else "every account"
    steps = [] if relation.ghost or relation.platform else [Step(relation.place, "the table is created here")]
    return (
        *steps,
        Step(
            policy.place,
            f"the policy lets {who} through to the rows a column opens here" if by_flag else f"the policy lets {who} through here",
        ),
    )
