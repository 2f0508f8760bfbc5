"""Finds policies on ``storage.objects`` that leave files to everyone, and buckets that show what they hold."""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from batten.facts.database import Bucket
from batten.facts.exposures import StoragePolicy
from batten.facts.schema import Predicate, Verdict
from batten.finding import Step
from batten.link.schema import wording
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH, Caller
from batten.link.schema.judgements import PARTS
from batten.link.schema.object_facts import within_bucket
from batten.link.schema.policy_facts import buckets_of
from batten.link.schema.predicates import PolicyError
from batten.link.schema.settings import Setting, common
from batten.link.schema.state import PolicyState, Relation
from batten.link.schema.values import outcome, shape
from batten.parse.postgres.expressions import Constant, Expression, Invocation, Name, Operation, Parameter, Reference, Subquery, walk
from batten.regex import regex
from batten.text import Place

_WRITES = ("insert", "update", "delete")
# A bucket that no policy names: what holds for it holds for every one.
_ANY = "\0any"
_PRIVATE = regex(
    r"invoice|receipt|contract|document|(?:^|[^a-z])docs?(?:$|[^a-z])|id[-_ ]?cards?(?:$|[^a-z])|passport|kyc|medical|resume|private|backup|export|attachment|recording"
    r"|screenshot|payment|payslip|proofs?(?:$|[^a-z])|selfie|evidence|certificate|transcript|prescription|statement|driv(?:er|ing)[-_ ]?licen[cs]e|verification|comprovante|comprobante|bukti",
    re.IGNORECASE,
)
# Nobody means to publish pictures of these, but what a page is made of.
_PAPERS = regex(
    r"(?:^|[^a-z])id[-_ ]?(?:cards?|photos?)(?:$|[^a-z])|passport|kyc|medical|selfie|payment|invoice|receipt|prescription", re.IGNORECASE
)
# Whoever keeps these in a private bucket does not mean them for every account.
_SPOKEN = regex(
    r"patient|voice|audio|chat|message|signature|confidential|(?:^|[^a-z])scans?(?:$|[^a-z])|prontuario|paciente|laudo|assinatura",
    re.IGNORECASE,
)
_OF_PAGES = regex(r"logo|asset|icon|banner|static|template|brochure|blog|public", re.IGNORECASE)
_ENDING = Name("storage", "extension")
_OF_NAMES = frozenset(
    {
        "foldername",
        "filename",
        "extension",
        "lower",
        "upper",
        "split_part",
        "starts_with",
        "left",
        "right",
        "string_to_array",
        "array_length",
        "length",
        "char_length",
    }
)
_PUBLIC = regex(
    r"avatar|logo|image|asset|public|thumb|cover|banner|icon|photo|picture|gallery|media|product|blog|post|static|hero|brochure|template",
    re.IGNORECASE,
)


def storage_policies(model: AccessModel, setting: Setting) -> list[StoragePolicy]:
    """Every permissive policy through which clients change files that are not theirs."""
    objects = model.database.relations.get(("storage", "objects"))
    if objects is None:
        return []
    permissive = (policy for policy in objects.policies.values() if policy.permissive and policy.sure)
    found = (_judged(model, objects, policy, _of_any(policy, _is_of_a_name), setting) for policy in permissive)
    return [fact for fact in found if fact is not None]


def _of_any(policy: PolicyState, told: Callable[[Expression], bool]) -> PolicyState:
    """A policy without conditions that only say how files are called, which is nobody's secret and nobody's own."""
    using, check = (None if clause is None else _without(clause, told) for clause in (policy.using, policy.check))
    if (using, check) == (policy.using, policy.check):
        return policy
    return replace(policy, using=using, check=check)


def _without(clause: Expression, told: Callable[[Expression], bool]) -> Expression:
    match clause:
        case Operation("and" | "or" as operator, operands):
            return Operation(operator, tuple(_without(each, told) for each in operands))
        case _:
            return Constant(True) if told(clause) else clause


def _is_of_an_ending(clause: Expression) -> bool:
    """``storage.extension(name) = 'jpg'``, whatever that is compared with."""
    return isinstance(clause, Operation) and any(isinstance(each, Invocation) and each.name == _ENDING for each in walk(clause))


def _is_of_a_name(clause: Expression) -> bool:
    """A condition that compares a file's name or folder with fixed texts: ``(storage.foldername(name))[1] = 'reviews'``."""
    if _is_of_an_ending(clause):
        return True
    named = False
    for each in walk(clause):
        match each:
            case Reference(parts=(*_, "name")):
                named = True
            case Invocation(name=Name("storage" | None, called)) if called in _OF_NAMES:
                pass
            case Reference() | Invocation() | Subquery() | Parameter():
                return False
            case _:
                pass
    return named


def _judged(model: AccessModel, objects: Relation, written: PolicyState, policy: PolicyState, setting: Setting) -> StoragePolicy | None:
    """What a policy opens; ``policy`` is it as ``written``, without what it asks of names."""
    named = tuple(sorted(set(buckets_of(policy))))
    opened: dict[str, list[str]] = {ANON.role: [], FRESH.role: []}
    wide: set[str] = set()
    seen = {Verdict.ALL}
    for bucket in named or (_ANY,):
        inside = within_bucket(model, objects, bucket)
        for caller in (ANON, FRESH):
            for verb in _WRITES:
                sees = _opens(inside, objects, policy, caller, verb) if policy.command in ("all", verb) else None
                if sees:
                    opened[caller.role].append(verb)
                    wide.add(bucket)
                    seen |= sees
    to_anon = bool(opened[ANON.role])
    verbs = tuple(verb for verb in _WRITES if verb in opened[ANON.role if to_anon else FRESH.role])
    if not verbs:
        return None
    states = [model.database.buckets.get(bucket) for bucket in sorted(wide)]
    return StoragePolicy(
        policy=policy.name,
        verbs=verbs,
        to_anon=to_anon,
        adds_only=verbs == ("insert",),
        sees_some=seen != {Verdict.ALL},
        limited=bool(named) and all(state is not None and bool(state.size_limited) and bool(state.types_limited) for state in states),
        buckets=tuple(sorted(wide - {_ANY})),
        outsiders=_outsiders(verbs, to_anon, sorted(wide - {_ANY}), _which(written, seen)),
        **common(setting, "policy", objects.full, policy.place, _trail(model, policy, sorted(wide), to_anon), policy.name)
        | {"subject": f"policy|{objects.full}|{policy.name}"},
    )


def _opens(inside: AccessModel, objects: Relation, policy: PolicyState, caller: Caller, verb: str) -> frozenset[Verdict]:
    """Which files the policy opens to a caller who can find them, as what the caller may see of the bucket; empty where it opens none."""
    closed: frozenset[Verdict] = frozenset()
    if not inside.rights.applies(policy, caller.role) or inside.rights.granted(objects, caller.role, verb)[0] is not True:
        return closed
    try:
        values = [inside.passes(objects, policy, caller, part) for part in PARTS[verb]]
        # Changing and deleting begin with finding the row.
        seen = frozenset({Verdict.ALL}) if verb == "insert" else outcome(inside.condition(objects, caller, "select", "using"))
    except PolicyError:
        return closed
    narrow = any(inside.narrowed(objects, caller, verb, part) for part in PARTS[verb])
    if shape(values[0]) is not Predicate.ALWAYS or outcome(values[-1]) == {Verdict.NONE} or Verdict.NONE in seen or narrow:
        return closed
    return seen


def _which(policy: PolicyState, seen: AbstractSet[Verdict]) -> str:
    by_ending, by_name = _of_any(policy, _is_of_an_ending), _of_any(policy, _is_of_a_name)
    if (by_ending.using, by_ending.check) != (by_name.using, by_name.check):
        return "every file of some names or folders"
    return "every file" if seen == {Verdict.ALL} else "the files they see"


def _outsiders(verbs: tuple[str, ...], to_anon: bool, buckets: list[str], which: str) -> str:
    who = "anyone who has the public key" if to_anon else "anyone who signs up"
    where = f"in {wording.listed([f'`{bucket}`' for bucket in buckets])}" if buckets else "in every bucket"
    if verbs == ("insert",):
        return f"{who} can upload any file {where}"
    words = {"insert": "add", "update": "replace", "delete": "delete"}
    return f"{who} can {wording.listed([words[verb] for verb in verbs])} {which} {where}"


def _trail(model: AccessModel, policy: PolicyState, buckets: list[str], to_anon: bool) -> tuple[Step, ...]:
    states = (model.database.buckets.get(bucket) for bucket in buckets)
    made = tuple(Step(state.place, f"the bucket {state.name} is made here") for state in states if state is not None and state.place.path)
    return (*made, Step(policy.place, f"the policy lets {'everyone' if to_anon else 'every account'} through here"))


def with_contents(model: AccessModel, buckets: list[Bucket]) -> list[Bucket]:
    """The buckets, with what they show to strangers, and private ones with what they show to every account."""
    return [_shown(model, bucket) for bucket in buckets]


def _shown(model: AccessModel, bucket: Bucket) -> Bucket:
    everyone, accounts = "select" in bucket.anon_verbs, "select" in bucket.client_verbs
    pictures = _PUBLIC.search(bucket.name) is not None
    named = _PAPERS.search(bucket.name) and not _OF_PAGES.search(bucket.name) if pictures else _PRIVATE.search(bucket.name)
    if bucket.public is False and (everyone or accounts) and (named or (not pictures and _SPOKEN.search(bucket.name))):
        who = "anyone who has the public key" if everyone else "anyone who signs up"
        return replace(
            bucket,
            leaks="readers",
            place=_opener(model, bucket, ANON if everyone else FRESH) or bucket.place,
            state="private, and a policy opens it",
            outsiders=f"{who} can list and fetch every file in it",
        )
    private = bool(bucket.public) and bool(named)
    listed = bool(bucket.public) and (everyone or accounts)
    return replace(
        bucket,
        leaks="content" if private else "list" if listed else None,
        pictures=pictures,
        outsiders="anyone can list and fetch every file in it"
        if listed and everyone
        else "anyone who signs up can list its files, and anyone can fetch them"
        if listed
        else "anyone who knows or guesses an address can fetch the file",
    )


def _opener(model: AccessModel, bucket: Bucket, caller: Caller) -> Place | None:
    """Where the policy stands that shows a caller every file of a bucket."""
    objects = model.database.relations.get(("storage", "objects"))
    for policy in objects.policies.values() if objects is not None else ():
        if objects is not None and policy.permissive and policy.sure and policy.command in ("all", "select"):
            inside = within_bucket(model, objects, bucket.name)
            if _opens(inside, objects, _of_any(policy, _is_of_an_ending), caller, "select"):
                return policy.place
    return None
