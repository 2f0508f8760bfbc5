"""What the conditions of policies come to by their own words: constants are folded as PostgreSQL's planner folds them, and nothing is read.

A function that PostgreSQL does not unfold and a query inside a condition leave the rows open, whatever they would come to.
"""

import re

from batten.link.schema import functions
from batten.link.schema.callers import Caller
from batten.link.schema.predicates import Evaluation, PolicyError, Scope, Sight, parameters
from batten.link.schema.state import Relation, Routine
from batten.link.schema.values import FALSE, NULL, TRUE, Json, Known, Need, Open, Value, both, either, opened, truth
from batten.parse.postgres.expressions import (
    Cast,
    Constant,
    Expression,
    Invocation,
    Opaque,
    Operation,
    Query,
    Reference,
    Sequence,
    Subquery,
    walk,
)
from batten.regex import regex

ACCOUNT, ADDRESS = "\x00account", "\x00account@\x00host"
"""A fresh account's id and address, which equal no text that a migration holds."""
_ROWS = opened({Need.ROW})
_DEEPEST = 6
_QUANTIFIED = frozenset({"in", "any"})
_LONGEST = 2000


class Outline(Evaluation):
    """One evaluation of one condition; ``itself``: the condition names what callers write about themselves, so that no claim is settled."""

    def __init__(self, caller: Caller, sight: Sight, scope: Scope, itself: bool = False, calls: int = 0) -> None:
        super().__init__(caller, sight, scope, calls=calls)
        self.itself = itself

    def condition(self, expression: Expression) -> Value:
        """A condition on rows: what AND joins at its top may be joined with the tables it reads, so that one without rows is seen."""
        parts: list[Value] = []
        stack = [expression]
        while stack:
            each = stack.pop()
            if isinstance(each, Operation) and each.operator == "and":
                stack.extend(each.operands)
            else:
                parts.append(self._conjunct(each))
        return both(parts)

    def _conjunct(self, expression: Expression) -> Value:
        match expression:
            case Subquery() if self._is_empty(expression):
                return FALSE
            case Operation("not", (Subquery("exists") as inner,)) if self._is_empty(inner):
                return TRUE
            case _:
                return self.value(expression)

    def value(self, expression: Expression | None) -> Value:
        """As the planner would see it: what it cannot settle depends on the row."""
        found = super().value(expression)
        if isinstance(expression, Cast):
            _check_cast(self.value(expression.operand), expression.type)
        if isinstance(found, Known) or (isinstance(expression, Opaque) and not expression.parts):
            return found
        return Open(found.on - {Need.UNKNOWN} or _ROWS.on, _ROWS.can, found.required, found.source)

    def _operation(self, operation: Operation) -> Value:
        if operation.operator in ("and", "or"):
            return self._joined(operation)
        if operation.operator in ("like", "ilike") and len(operation.operands) == len(("text", "pattern")):
            text, pattern = (self.value(each) for each in operation.operands)
            match text, pattern:
                case Known(str(left)), Known(str(right)) if len(left) + len(right) < _LONGEST:
                    return Known(_like(left, right, ignoring_case=operation.operator == "ilike"))
        if operation.operator in ("in", "not in") and operation.operands[2:]:
            return self._one_of(operation)
        if operation.operator.startswith(("any ", "all ")):
            return self._listed(operation)
        return super()._operation(operation)

    def _joined(self, operation: Operation) -> Value:
        """AND and OR, whose first settled part ends them."""
        end = FALSE if operation.operator == "and" else TRUE
        values: list[Value] = []
        for operand in operation.operands:
            values.append(self.value(operand))
            if values[-1] == end:
                break
        return both(values) if end == FALSE else either(values)

    def _one_of(self, operation: Operation) -> Value:
        """IN: what names columns is compared one by one, and only the rest as the elements of an array."""
        left, *others = operation.operands
        named = [each for each in others if any(isinstance(part, Reference) for part in walk(each))]
        if not named:
            return self._listed(operation)
        same, joining = ("=", "or") if operation.operator == "in" else ("<>", "and")
        parts = [Operation(same, (left, each)) for each in named]
        rest = tuple(each for each in others if each not in named)
        parts += [Operation(operation.operator, (left, *rest))] if rest else []
        return self.value(Operation(joining, tuple(parts)))

    def _listed(self, operation: Operation) -> Value:
        """Comparisons with the elements of an array are settled together, where all of them are."""
        parts = list(operation.operands)
        while parts[1:]:
            match parts[-1]:
                case Cast(operand, _):
                    parts[-1:] = [operand]
                case Sequence(items):
                    parts[-1:] = items
                case _:
                    break
        if all(isinstance(self.value(part), Known) for part in parts):
            return super()._operation(operation)
        return _ROWS

    def _call(self, call: Invocation) -> Value:
        label, schema = call.name.name, call.name.schema
        if schema == "auth" or (schema is None and label in ("uid", "jwt")):
            found = self._account(label)
            if found is not None:
                return found
        values = [self.value(argument) for argument in call.arguments]
        self._check_setting(call, values)
        if schema in (None, "pg_catalog") and label == "current_setting":
            return self._setting(values)
        if schema in (None, "pg_catalog", "extensions", "storage") and call.plain:
            built_in = functions.call(call.name, values, self.caller)
            if built_in is not None:
                return built_in
        routine = self._routine(call.name, len(values))
        if routine is not None and routine.made.strict and NULL in values:
            return NULL
        if routine is None or not _unfolds(routine) or self.calls >= _DEEPEST or routine.result is None:
            return _ROWS
        inner = Outline(self.caller, self.sight, parameters(routine, values), self.itself, self.calls + 1)
        inner.steps = self.steps
        return inner.value(routine.result)

    def _account(self, label: str) -> Value | None:
        signed_in = self.caller.role == "authenticated"
        match label:
            case "uid":
                return Known(ACCOUNT) if signed_in else NULL
            case "email":
                return Known(ADDRESS) if signed_in else NULL
            case "role":
                return Known(self.caller.role)
            case "jwt":
                return _ROWS if self.itself else Known(self._claims())
            case _:
                return None

    def _claims(self) -> Json:
        role = self.caller.role
        if role != "authenticated":
            return {"role": Known(role), "aud": Known(role)}
        nothing: Json = {}
        return {
            "role": Known(role),
            "aud": Known(role),
            "sub": Known(ACCOUNT),
            "email": Known(ADDRESS),
            "is_anonymous": Known("false"),
            "app_metadata": Known(nothing),
            "user_metadata": Known(nothing),
        }

    def _setting(self, values: list[Value]) -> Value:
        match values:
            case [Known("request.jwt.claims"), *_] if not self.itself:
                return Known(self._claims())
            case [Known("request.jwt.claim.role"), *_]:
                return Known(self.caller.role)
            case _:
                return _ROWS

    def _subquery(self, subquery: Subquery) -> Value:
        query = subquery.query
        if subquery.use == "scalar" and not query.sources and query.where is None and not query.others and len(query.targets) == 1:
            wrapped = query.targets[0].value
            if _names_caller(wrapped):
                return self.value(wrapped)
        return Open(_ROWS.on, _ROWS.can, required=subquery.use == "exists")

    def _is_empty(self, subquery: Subquery) -> bool:
        """Whether a query at the top of a condition becomes a join, and has no rows by its own words."""
        query = subquery.query
        if not query.understood or query.named or not query.sources:
            return False
        if subquery.use == "exists":
            if query.others or query.where is None or not self._looks_out(query):
                return False
        elif subquery.use not in _QUANTIFIED or subquery.operand is None or not _has_columns(subquery.operand):
            return False
        return all(self._is_false(branch) for branch in (query, *query.others))

    def _is_false(self, query: Query) -> bool:
        if query.where is None or not query.sources:
            return False
        inner = Outline(self.caller, self.sight, self._inside(query), self.itself, self.calls)
        inner.steps = self.steps
        found = inner.condition(query.where)
        return isinstance(found, Known) and not truth(found)

    def _inside(self, query: Query) -> Scope:
        relations: list[tuple[str, Relation | Query | None]] = []
        for source in query.sources:
            relation = self.sight.relation(source.name) if source.name is not None else source.query
            relations.append((source.alias or "", relation))
        return Scope(tuple(relations), self.scope)

    def _looks_out(self, query: Query) -> bool:
        """Whether the condition of a query names a column of the row that the policy is asked about."""
        own = self._inside(query).relations
        aliases = {alias for alias, _ in own}
        for each in walk(query.where) if query.where is not None else ():
            if isinstance(each, Reference):
                if each.parts[1:]:
                    if each.parts[-2] not in aliases:
                        return True
                elif not any(
                    not isinstance(relation, Relation) or not relation.complete or relation.column(each.parts[0]) for _, relation in own
                ):
                    return True
        return False


_UUID = regex(r"\{?[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}\}?", re.IGNORECASE)
_NUMBER = regex(r"\s*[+-]?\d[\d_]*\s*")
_WORDS = frozenset({"t", "f", "y", "n", "1", "0", "tr", "tru", "true", "fa", "fal", "fals", "false", "ye", "yes", "no", "on", "of", "off"})


def _check_cast(value: Value, type_: str) -> None:
    """Raises PolicyError where a text is cast to what it is not."""
    if not isinstance(value, Known) or not isinstance(value.value, str):
        return
    text = value.value
    if type_ == "uuid":
        fits = text == ACCOUNT or _UUID.fullmatch(text.strip()) is not None
    elif type_ in ("int", "integer", "int4", "bigint", "int8", "smallint", "int2"):
        fits = _NUMBER.fullmatch(text) is not None
    elif type_ in ("bool", "boolean"):
        fits = text.strip().lower() in _WORDS
    else:
        return
    if not fits:
        raise PolicyError(f"a text is no {type_}")


def _names_caller(expression: Expression) -> bool:
    """``auth.uid()``, or a claim of ``auth.jwt()``: a SELECT round it changes nothing."""
    match expression:
        case Invocation(name, ()):
            return name.schema == "auth" and name.name in ("uid", "role", "jwt", "email")
        case Operation("->" | "->>", (Invocation(name, ()), key)):
            while isinstance(key, Cast):
                key = key.operand
            return name.schema == "auth" and name.name == "jwt" and isinstance(key, Constant)
        case _:
            return False


def _unfolds(routine: Routine) -> bool:
    """Whether PostgreSQL puts the body of a function in the place of its call."""
    made = routine.made
    if made.language != "sql" or routine.definer or routine.settings or made.result is None:
        return False
    return not made.returns.startswith(("setof", "table")) and not any(isinstance(each, Subquery) for each in walk(made.result))


def _has_columns(expression: Expression) -> bool:
    return any(isinstance(each, Reference) for each in walk(expression))


def _like(text: str, pattern: str, *, ignoring_case: bool) -> bool:
    parts = (".*" if letter == "%" else "." if letter == "_" else re.escape(letter) for letter in re.sub(r"%+", "%", pattern))
    return re.fullmatch("".join(parts), text, re.DOTALL | (re.IGNORECASE if ignoring_case else 0)) is not None


def names_itself(expression: Expression) -> bool:
    """Whether a condition names what callers write about themselves."""
    return any(isinstance(each, Constant) and isinstance(each.value, str) and "user_metadata" in each.value for each in walk(expression))
