"""What a client role can do with a table: privileges, row level security and policies, as PostgreSQL combines them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property

from batten.facts.schema import Access, Predicate, Verdict
from batten.link.schema import views
from batten.link.schema.callers import ANON, ANYONE_SIGNED_IN, FRESH, Caller
from batten.link.schema.clauses import Clause, Clauses, Passed, Way, has_subquery, is_plain
from batten.link.schema.judgements import NO_POLICY, PARTS, REFUSED, UNGRANTED, UNUSABLE, Judgement, clause_of, verdict_of
from batten.link.schema.once import once
from batten.link.schema.outline import Outline, names_itself
from batten.link.schema.predicates import Evaluation, PolicyError, Scope, Sight
from batten.link.schema.rights import Rights
from batten.link.schema.state import ColumnState, Database, PolicyState, Relation, Routine
from batten.link.schema.values import FALSE, TRUE, UNKNOWN, Need, Open, Value, both, either, outcome, shape
from batten.parse.postgres.expressions import Expression, Name

_DEEPEST = 6
# A policy reads tables whose policies read tables …; one condition follows so many in all.
_MOST_READS = 300


class AccessModel:
    """The access of callers to the tables of one database, at the end of its migrations."""

    def __init__(
        self,
        database: Database,
        known: Mapping[int, Mapping[str, Value]] | None = None,
        *,
        plain: bool = False,
        without: "Clauses | None" = None,
    ) -> None:
        self.database = database
        self.rights = Rights(database)
        self.plain = plain
        """Conditions are taken by their own words alone."""
        self.known = known or {}
        """Values of columns that are given, by the ``id`` of their relation."""
        self.answers: dict[tuple[object, ...], object] = {}
        self._active: list[Relation] = []
        self._left = _MOST_READS
        self._conditions: dict[tuple[int, Caller, str, str], Value | PolicyError] = {}
        self._clauses = Clauses(self.known.keys(), without)
        self._way = Way()
        self._plain: AccessModel | None = None

    @once
    def where(self, relation: Relation, values: tuple[tuple[str, Value], ...]) -> "AccessModel":
        """The same database, as far as the rows of a relation go that hold these values."""
        return AccessModel(self.database, {id(relation): dict(values)}, without=self._clauses)

    @cached_property
    def endless_views(self) -> frozenset[int]:
        """The ``id`` of every view that reads itself, by some way."""
        return views.endless(self.database.relations.values())

    @cached_property
    def tables(self) -> dict[str, list[Relation]]:
        """The tables by full name."""
        found: dict[str, list[Relation]] = {}
        for relation in self.database.tables():
            found.setdefault(relation.full, []).append(relation)
        return found

    def matrix(self, relation: Relation) -> tuple[Access, ...]:
        """Every cell for the two client roles."""
        cells = []
        for caller in (ANON, FRESH):
            for verb in ("select", "insert", "update", "delete"):
                settled = None if relation.kind in ("view", "matview") else self._settled(relation, caller, verb)
                if settled is not None:
                    cells.append(Access(caller.role, verb, settled.verdict, settled.reason, settled.columns, settled.verdict))
                    continue
                found = self.judge(relation, caller, verb)
                told = self.outlined(relation, caller, verb)
                reason = told.reason if told.verdict is found.verdict else f"{told.reason}; in effect: {found.reason}"
                cells.append(Access(caller.role, verb, told.verdict, reason, found.columns, found.verdict))
        return tuple(cells)

    def judge(self, relation: Relation, caller: Caller, verb: str) -> Judgement:
        """What a caller can do with a verb, in effect; a raised policy error means nothing at all."""
        if relation.kind in ("view", "matview"):
            return views.judge(self, relation, caller, verb)
        settled = self._settled(relation, caller, verb)
        if settled is not None:
            return settled
        try:
            values = [self.condition(relation, caller, verb, part) for part in PARTS[verb]]
        except PolicyError as failure:
            return Judgement(Verdict.NONE, f"the policies fail: {failure}", failed=True)
        return self._judged(relation, caller, verb, values)

    def outlined(self, relation: Relation, caller: Caller, verb: str) -> Judgement:
        """What a caller can do with a verb by privileges and the policies' own words."""
        if relation.kind in ("view", "matview"):
            found = self.judge(relation, caller, verb)
            if found.failed:
                return found
            self._plain = self._plain or AccessModel(self.database, self.known, plain=True)
            return self._plain.judge(relation, caller, verb)
        settled = self._settled(relation, caller, verb)
        if settled is not None:
            return settled
        if not self.rights.applicable(relation, caller.holder, verb, True, True):
            return Judgement(Verdict.NONE, REFUSED)
        try:
            values = [self._outline(relation, caller, verb, part) for part in PARTS[verb]]
        except PolicyError as failure:
            return Judgement(Verdict.NONE, f"the policies fail: {failure}", failed=True)
        return self._judged(relation, caller, verb, values)

    @once
    def _settled(self, relation: Relation, caller: Caller, verb: str) -> Judgement | None:
        """What privileges alone decide, or that no policy is there; None where policies do."""
        allowed, columns = self.rights.granted(relation, caller.holder, verb)
        if allowed is False:
            return Judgement(Verdict.NONE, UNUSABLE if self.rights.usage(relation.schema, caller.holder) is False else UNGRANTED)
        if relation.rls is False or relation.kind == "foreign" or self.rights.bypasses(relation, caller.holder):
            return Judgement(Verdict.ALL if allowed else None, "row level security is off", columns)
        if relation.rls is None:
            return Judgement(None, "whether row level security is on cannot be told", columns)
        if not self.rights.applicable(relation, caller.holder, verb, True):
            return Judgement(Verdict.NONE, NO_POLICY, columns)
        return None

    def _judged(self, relation: Relation, caller: Caller, verb: str, values: list[Value]) -> Judgement:
        allowed, columns = self.rights.granted(relation, caller.holder, verb)
        verdict = verdict_of(values)
        reason = {
            Verdict.ALL: "a policy lets every row through",
            Verdict.ROWS: "policies decide by row",
            Verdict.NONE: "the policies let no row through",
            None: "it cannot be told",
        }
        return Judgement(verdict if allowed or verdict is Verdict.NONE else None, reason[verdict], columns)

    def _outline(self, relation: Relation, caller: Caller, verb: str, part: str) -> Value:
        allowed = self.rights.applicable(relation, caller.holder, verb, True, True)
        asked = [policy for policy in allowed if clause_of(policy, part) is not None]
        values: list[Value] = []
        for policy in sorted(asked, key=lambda policy: policy.name):
            if TRUE not in values:
                # What is true ends the search: a later clause that fails does not matter.
                values.append(self._by_words(relation, policy, part, caller, top=len(asked) == 1))
        narrow = [
            self._by_words(relation, policy, part, caller, top=True)
            for policy in self.rights.applicable(relation, caller.holder, verb, False, True)
            if clause_of(policy, part) is not None
        ]
        return both([either(values), *narrow])

    def _by_words(self, relation: Relation, policy: PolicyState, part: str, caller: Caller, *, top: bool) -> Value:
        clause = self._clause(relation, policy, part)
        value = TRUE if clause is None else self._outlined(relation, clause, caller, top)
        return value if policy.sure else _in_doubt(policy, value)

    @once
    def _outlined(self, relation: Relation, clause: Clause, caller: Caller, top: bool) -> Value:
        scope = Scope(((relation.name, relation),), own=True, values=self.known.get(id(relation), {}))
        outline = Outline(caller, _Sight(self, clause.policy), scope, clause.names_itself)
        try:
            return outline.condition(clause.expression) if top else outline.value(clause.expression)
        except RecursionError:
            return UNKNOWN

    def condition(self, relation: Relation, caller: Caller, verb: str, part: str) -> Value:
        """The condition that rows must meet: permissive policies joined by OR, restrictive ones by AND."""
        key = (id(relation), caller, verb, part)
        known = self._conditions.get(key)
        if known is None:
            try:
                known = self._combined(relation, caller, verb, part)
            except PolicyError as failure:
                known = failure
            if not self._active:
                self._conditions[key] = known
        if isinstance(known, PolicyError):
            raise known.with_traceback(None)
        return known

    def _combined(self, relation: Relation, caller: Caller, verb: str, part: str) -> Value:
        permissive = self.rights.applicable(relation, caller.holder, verb, True, self.plain)
        if not permissive:
            return FALSE  # PostgreSQL does not look at the restrictive ones then
        restrictive = self.rights.applicable(relation, caller.holder, verb, False, self.plain)
        allowed = self._values(relation, permissive, caller, part, settled=TRUE)
        return both([either(allowed), *self._values(relation, restrictive, caller, part, settled=FALSE)])

    def _values(self, relation: Relation, policies: list[PolicyState], caller: Caller, part: str, settled: Value) -> list[Value]:
        """What the clauses come to. A constant that settles the whole keeps PostgreSQL from running the others, so that what they may not read does not matter."""
        if self.plain:
            return self._in_turn(relation, policies, caller, part, settled)
        values: list[Value] = []
        failure: PolicyError | None = None
        for policy in policies:
            try:
                values.append(self.passes(relation, policy, caller, part))
            except PolicyError as fails:
                if policy.premature:
                    continue  # a server may not have it: it takes nothing away
                if fails.endless:
                    raise
                failure = fails
        if failure is not None and not any(
            self.passes(relation, policy, caller, part) == settled for policy in policies if is_plain(clause_of(policy, part))
        ):
            raise failure
        return values

    def _in_turn(self, relation: Relation, policies: list[PolicyState], caller: Caller, part: str, settled: Value) -> list[Value]:
        """The same by the policies' own words, up to the first that settles the whole: a later clause that fails does not matter."""
        values: list[Value] = []
        for policy in sorted(policies, key=lambda policy: policy.name):
            values.append(self.passes(relation, policy, caller, part))
            if values[-1] == settled:
                break
        return values

    def passes(self, relation: Relation, policy: PolicyState, caller: Caller, part: str) -> Value:
        """What the clause of one policy comes to; a permissive policy without one lets nothing through, a restrictive one everything."""
        clause = self._clause(relation, policy, part)
        value: Value = FALSE if policy.permissive else TRUE
        if clause is not None:
            known = self._clauses.passed(clause, caller)
            if known is None or not self._holds_here(known):
                known = self._looked_at(relation, clause, caller)
                if self._holds_here(known):
                    self._clauses.keep(clause, caller, known)
            self._way.extend(known.tables, len(self._active) + known.height)
            if isinstance(known.value, PolicyError):
                raise known.value.with_traceback(None)
            value = known.value
        return value if policy.sure else _in_doubt(policy, value)

    @once
    def _clause(self, relation: Relation, policy: PolicyState, part: str) -> Clause | None:
        """A clause of a policy; one and the same for all that say the same of a table, as those for each verb often do."""
        expression = clause_of(policy, part)
        return None if expression is None else self._clauses.of(relation, policy, expression)

    def _looked_at(self, relation: Relation, clause: Clause, caller: Caller) -> Passed:
        depth, before = len(self._active), self._way
        self._way = way = Way()
        value: Value | PolicyError
        try:
            with self.entering(relation):
                scope = Scope(((relation.name, relation),), own=True, values=self.known.get(id(relation), {}))
                value = self.evaluation(caller, _Sight(self, clause.policy), scope, clause.expression).value(clause.expression)
        except RecursionError:
            value = UNKNOWN
        except PolicyError as failure:
            value = failure
        finally:
            self._way = before
        return Passed(value, frozenset(way.tables), _DEEPEST if self._left < 0 else way.deepest - depth)

    def _holds_here(self, known: Passed) -> bool:
        """Whether a clause comes to the same below what is looked at now: what leads back to itself or too far comes out otherwise there."""
        if not self._active:
            return True
        return len(self._active) + known.height < _DEEPEST and known.tables.isdisjoint(self._active)

    def evaluation(self, caller: Caller, sight: Sight, scope: Scope, clause: Expression | None = None) -> Evaluation:
        """What conditions are evaluated with."""
        if self.plain:
            return Outline(caller, sight, scope, clause is not None and names_itself(clause))
        return Evaluation(caller, sight, scope)

    def narrowed(self, relation: Relation, caller: Caller, verb: str, part: str) -> bool:
        """Whether restrictive policies keep some rows out, or may."""
        try:
            found = [self.passes(relation, policy, caller, part) for policy in self.rights.applicable(relation, caller.holder, verb, False)]
        except PolicyError:
            return True
        return any(outcome(value) != {Verdict.ALL} for value in found)

    def predicate(self, relation: Relation, policy: PolicyState, part: str) -> Predicate | None:
        """What it takes to pass a clause, whatever roles the policy is for; None where it has none."""
        if clause_of(policy, part) is None:
            return None
        stranger, account = (self._answer(relation, policy, caller, part) for caller in (ANON, ANYONE_SIGNED_IN))
        if shape(stranger) is Predicate.ALWAYS:
            return Predicate.ALWAYS
        if shape(account) is Predicate.ALWAYS:
            return Predicate.ANY_AUTHED
        if shape(stranger) in (Predicate.ROW_FLAG, Predicate.UNKNOWN):
            return shape(stranger)
        return shape(account)

    def _answer(self, relation: Relation, policy: PolicyState, caller: Caller, part: str) -> Value:
        try:
            return self.passes(relation, policy, caller, part)
        except PolicyError as failure:
            return UNKNOWN if failure.unset else FALSE  # a server of the app's own may give the setting a value

    def is_deep(self) -> bool:
        """Whether conditions and views have led so far that no more is looked at."""
        self._way.extend((), len(self._active))
        return len(self._active) >= _DEEPEST

    @contextmanager
    def entering(self, relation: Relation) -> Iterator[None]:
        """While the conditions of a relation are looked at: those that lead back to it are seen."""
        self._way.extend((relation,), len(self._active))
        if len(self._active) > _DEEPEST:
            raise PolicyError("policies read one another without end", endless=True)
        if not self._active:
            self._left = _MOST_READS
        self._active.append(relation)
        try:
            yield
        finally:
            self._active.pop()

    def rows(self, relation: Relation, caller: Caller, uses: Sequence[ColumnState] = ()) -> Value:
        """Whether a caller sees rows of a table that a condition reads. Raises PolicyError where PostgreSQL would refuse."""
        allowed, columns = self.rights.held(relation, caller.holder, "select")
        if columns and any(column is used and column.name not in columns for column in relation.columns.values() for used in uses):
            allowed = False
        if allowed is False and not relation.ghost:
            raise PolicyError(f"{relation.full} may not be read")
        if relation.kind in ("view", "matview"):
            return views.rows(self, relation, caller) if allowed else UNKNOWN
        if relation.rls is False or self.rights.bypasses(relation, caller.holder):
            return TRUE if allowed else UNKNOWN
        if relation.rls is None:
            return UNKNOWN
        policies = [
            policy for kind in (True, False) for policy in self.rights.applicable(relation, caller.holder, "select", kind, self.plain)
        ]
        self._way.extend((relation,), len(self._active))
        again = self._active.count(relation)
        if again and (again > 1 or any(policy.using is not None and has_subquery(policy.using) for policy in policies)):
            raise PolicyError(f"the policies of {relation.full} read {relation.full} itself", endless=True)
        self._left -= 1
        if self._left < 0:
            return UNKNOWN
        value = self._combined(relation, caller, "select", "using")
        if isinstance(value, Open):
            return Open(frozenset(Need.TABLE if need in (Need.ROW, Need.ITSELF) else need for need in value.on), value.can)
        return value

    def sight(self, policy: PolicyState) -> "Sight":
        """What the names in a policy mean."""
        return _Sight(self, policy)


class _Sight:
    """The names in a policy mean what they meant when it was made."""

    def __init__(self, model: AccessModel, policy: PolicyState) -> None:
        self.model = model
        self.policy = policy

    def rows(self, relation: Relation, caller: Caller) -> Value:
        return self.model.rows(relation, caller, self.policy.uses)

    def may_call(self, routine: Routine, caller: Caller) -> bool | None:
        return self.model.rights.may_call(routine, caller)

    def relation(self, name: Name) -> Relation | None:
        return self.policy.reads.get(name) or self.model.database.relation(name)

    def routines(self, name: Name) -> tuple[Routine, ...]:
        return self.model.database.routines_named(name) or self.policy.calls.get(name, ())

    def is_set(self, setting: str) -> bool:
        return self.model.database.is_set(setting)


def _in_doubt(policy: PolicyState, value: Value) -> Value:
    """What a policy that may not be in force comes to: a permissive one lets nothing through then, a restrictive one everything."""
    return both([value, UNKNOWN]) if policy.permissive else either([value, UNKNOWN])
