"""What must hold for a test to pass: which values it looks at, and whether they must be there, absent or equal to a secret."""

import re
from typing import NamedTuple

from batten.code.model import Attribute, Await, Call, Expression, Literal, Name, Operation, Subscript, Unknown
from batten.code.names import condition_of, qualify
from batten.code.parts import expressions
from batten.code.scopes import Scope, Value
from batten.extract.request_form import is_about_form
from batten.extract.request_tests import is_of_listed_path
from batten.extract.responses import FAILURE_KEYS
from batten.extract.roles_asked import roles_asked
from batten.extract.values import names_of, sources
from batten.facts.calls import ASKED_PATH, WORD, Origin, Source, Subject, is_callers, is_of_path
from batten.facts.secret_names import public_prefix
from batten.regex import regex

# Enough for any condition that a person wrote; a generated one tells nothing about its author's intent.
_DEEPEST = 12
# What a switch is set to: no secret.
_WORDS = frozenset(("true", "1", "yes", "on", "admin"))
# What is asked of a record of claims, or of an account, about what it may do.
_RIGHT = regex(r"(?:is_?)?(?:super_?)?(?:admin|staff|user_?type|role|moderator|permission)s?", re.IGNORECASE)
# Where hosts of functions hand their environment to what answers: https://hono.dev/docs/helpers/adapter#env, https://developers.cloudflare.com/workers/runtime-apis/bindings/
# What a plugin is registered with: https://fastify.dev/docs/latest/Reference/Plugins/#plugin-options
_OPTION = regex(r"@(?:opts|options)\.(?:\w*[sS]ecret|\w*[aA]pi_?[kK]ey)")
_HANDED_ENVIRONMENT = regex(r"@(?:env|\w+\.env|\w+\.platform\.env)\.[A-Z][A-Z0-9_]+$")
# Keys that are made to be handed to browsers: https://supabase.com/docs/guides/api/api-keys, https://docs.stripe.com/keys
_PUBLIC_KEY = regex(r"(?:^|[_.#])(?:anon|publishable)_?key$|(?:^|_)(?:ANON|PUBLISHABLE)(?:_|$)|(?:anon|publishable)Key$", re.IGNORECASE)
_COMPARED = frozenset(("==", "!=", "in", "not in"))


class Requirement(NamedTuple):
    """One thing that holds once the test has passed; see ``facts.calls.Guard`` for the fields."""

    subject: Subject
    names: tuple[str, ...]
    inverted: bool = False
    either: bool = False
    roles: tuple[str, ...] = ()


_WORD = (Requirement(Subject.VALUE, (WORD,)),)


class Outcomes(NamedTuple):
    """What is known where a test came out true, and where it came out false."""

    passed: tuple[Requirement, ...] = ()
    failed: tuple[Requirement, ...] = ()


def requirements(test: Expression, scope: Scope, depth: int = _DEEPEST) -> Outcomes:
    """What is known on either side of ``test``."""
    if depth == 0 or is_about_form(test, scope):
        return Outcomes()
    if type(test) is Await:
        return requirements(test.value, scope, depth - 1)
    if type(test) is Operation:
        if test.operator == "!" and test.operands:
            return _opposite(requirements(test.operands[0], scope, depth - 1))
        if test.operator in ("&&", "||"):
            parts = [requirements(part, scope, depth - 1) for part in test.operands]
            if test.operator == "&&":
                failed = [_WORD if _is_word(each, scope, "!=") else part.failed for each, part in zip(test.operands, parts, strict=True)]
                return Outcomes(_all([part.passed for part in parts]), _either(failed))
            passed = [_WORD if _is_word(each, scope) else part.passed for each, part in zip(test.operands, parts, strict=True)]
            return Outcomes(_either(passed), _all([part.failed for part in parts]))
        if test.operator in _COMPARED and len(test.operands) == 2:  # noqa: PLR2004 - both sides
            left, right = test.operands
            if test.operator in ("in", "not in") and type(left) is Literal and type(right) is Name:
                compared = _entry(str(left.value), right, scope)
            else:
                compared = _comparison(left, right, scope, depth)
            return compared if test.operator in ("==", "in") else _opposite(compared)
        if test.operator == "instanceof" and test.operands:
            return _present(names_of(test.operands[0], scope))
    elif is_of_listed_path(test, scope):
        return _present((ASKED_PATH,))
    elif type(test) is Call:
        return _present(_call_names(test, scope))
    elif type(test) is Name and (asked := condition_of(test, scope)) is not None:
        return requirements(asked.expression, asked.scope, depth - 1)
    elif type(test) is Name and (ways := _ways(test, scope)):
        told = [requirements(way.expression, way.scope, depth - 1).passed for way in ways if not _is_word(way.expression, way.scope)]
        absent = (Requirement(Subject.VALUE, names_of(test, scope), inverted=True),)
        return Outcomes(_either([_WORD, *(part for part in told if part)]), absent)
    names = names_of(test, scope)
    return _present(names) if names else Outcomes()


def _ways(name: Name, scope: Scope) -> list[Value]:
    """What a name may hold of which one is only what the caller says: ``let ok = query.admin === "yes"; if (token) ok = verify(token)``."""
    home = scope.find(name.id)
    values = home.values.get(name.id, ()) if home is not None else ()
    before = sorted((each for each in values if each.expression.span.start < name.span.start), key=lambda each: each.expression.span.start)
    firm = max((number for number, value in enumerate(before) if not value.sometimes), default=0)
    ways = [way for value in before[firm:] for way in _choices(value)]
    return ways if len(ways) > 1 and any(not way.path and _is_word(way.expression, way.scope) for way in ways) else []


def _choices(value: Value) -> list[Value]:
    """One for each of what ``a || b`` chooses from."""
    node = value.expression
    if type(node) is not Operation or node.operator not in ("||", "??") or value.path:
        return [value]
    return [value._replace(expression=part) for part in node.operands]


def _is_word(node: Expression, scope: Scope, operator: str = "==") -> bool:
    """A comparison of what the caller sends with a word that everybody knows."""
    if type(node) is Name and (asked := condition_of(node, scope)) is not None:
        node, scope = asked.expression, asked.scope
    if type(node) is not Operation or node.operator != operator:
        return False
    if not any(type(side) is Literal and str(side.value).lower() in _WORDS for side in node.operands):
        return False
    said = tuple(root for side in node.operands for root in sources(side, scope))
    # A class of requests is a library's; any other function may know more than the caller says.
    looked_up = any(root.origin is Origin.CALL and "#" in root.text and "Request." not in root.text for root in said)
    return _is_callers(said) and not _is_server_secret(said) and not looked_up


def _present(names: tuple[str, ...]) -> Outcomes:
    return Outcomes((Requirement(Subject.VALUE, names),), (Requirement(Subject.VALUE, names, inverted=True),))


def _opposite(outcomes: Outcomes) -> Outcomes:
    return Outcomes(outcomes.failed, outcomes.passed)


def _all(parts: list[tuple[Requirement, ...]]) -> tuple[Requirement, ...]:
    return tuple([found for part in parts for found in part])


def _either(parts: list[tuple[Requirement, ...]]) -> tuple[Requirement, ...]:
    """Only one of the parts is known to hold: what is there in each of them, or absent in each."""
    for inverted in (False, True):
        # What the path is says nothing of a caller, either way: ``path.startsWith("/me") && !user``.
        alike = [[found for found in part if found.inverted is inverted or all(map(is_of_path, found.names))] for part in parts]
        if all(alike):
            names = tuple(name for part in alike for found in part for name in found.names)
            secret = all(found.subject is Subject.SECRET for part in alike for found in part)
            roles = tuple(role for part in alike for found in part for role in found.roles)
            whole = all(any(found.roles for found in part) for part in alike)
            return (Requirement(Subject.SECRET if secret else Subject.VALUE, names, inverted, either=True, roles=roles if whole else ()),)
    return ()


def _call_names(call: Call, scope: Scope) -> tuple[str, ...]:
    """A predicate's own name, then those of what it is asked about: ``isAdmin(user)`` speaks of ``user``."""
    own = qualify(call.callee, scope)
    if type(call.callee) is Attribute and call.callee.name == "get" and call.args and own is not None:
        key = call.args[0].value if type(call.args[0]) is Literal else None
        if isinstance(key, str) and _RIGHT.fullmatch(key):
            return (own, f"{own.removesuffix('.get')}.{key}")  # ``claims.get("is_admin")``
    asked = tuple(name for part in call.args for name in (_of_each(part, scope) if type(part) is Unknown else names_of(part, scope)))
    return (() if own is None else (own,)) + asked


def _of_each(comprehension: Unknown, scope: Scope) -> tuple[str, ...]:
    """What is asked of each of many: ``any(path.startswith(start) for start in OPEN)`` speaks of the path."""
    return tuple(
        name
        for part in comprehension.children
        for name in (
            _call_names(part, scope) if type(part) is Call and not any(type(a) is Unknown for a in part.args) else names_of(part, scope)
        )
    )


def _entry(key: str, record: Expression, scope: Scope) -> Outcomes:
    """``"error" in result``: a record that says what went wrong is as good as none, one that has anything else is there."""
    names = names_of(record, scope)
    there = (Requirement(Subject.VALUE, names),) if names else ()
    return Outcomes(failed=there) if key in FAILURE_KEYS else Outcomes(passed=there)


def _comparison(left: Expression, right: Expression, scope: Scope, depth: int) -> Outcomes:
    """What is known where both sides are equal, and where they are not."""
    for value, other in ((left, right), (right, left)):
        if type(value) is Literal and (value.value is None or value.value is False or value.value == ""):
            return _opposite(requirements(other, scope, depth - 1))
        if type(value) is Literal and value.value is True:
            return requirements(other, scope, depth - 1)
    names = tuple(dict.fromkeys(names_of(left, scope) + names_of(right, scope)))
    sides = (sources(left, scope), sources(right, scope))
    equal = unequal = (Requirement(Subject.VALUE, names, roles=roles_asked(left, right, scope)),) if names else ()
    if any(_is_server_secret(mine) and _is_callers(theirs) for mine, theirs in (sides, sides[::-1])):
        equal = (Requirement(Subject.SECRET, names),)
    for value, other in ((right, left), (left, right)):
        if type(value) is Literal and value.value == 0:
            return Outcomes(equal, requirements(other, scope, depth - 1).passed)
    if not all(root.origin in (Origin.ENVIRONMENT, Origin.LITERAL) for root in (*sides[0], *sides[1])):
        unequal = ()  # to be other than something says nothing of a caller: nobody is no admin either
    return Outcomes(equal, unequal)


def _is_server_secret(roots: tuple[Source, ...]) -> bool:
    """The value has a root that only the server knows: an environment variable, or a setting."""
    for root in roots:
        if _PUBLIC_KEY.search(root.text) or (root.origin is Origin.ENVIRONMENT and public_prefix(root.text)):
            continue  # every browser has it
        if root.origin is Origin.ENVIRONMENT or _is_handed(root):
            return True
        if root.origin is Origin.PROPERTY and _OPTION.fullmatch(root.text):
            return True
        if root.origin is Origin.NAME and any(
            word in root.text.lower() for word in ("settings", "config", "secret", "api_key", "apikey", "token")
        ):
            return True
    return False


def _is_handed(root: Source) -> bool:
    """It is a setting of the server that comes with the request."""
    return root.origin is Origin.PROPERTY and _HANDED_ENVIRONMENT.match(root.text) is not None


def _is_callers(roots: tuple[Source, ...]) -> bool:
    """The value has a root that the caller hands in."""
    if any(_is_handed(root) for root in roots):
        return False
    for root in roots:
        if root.origin is Origin.PARAMETER:
            return True
        if root.origin in (Origin.NAME, Origin.CALL) and (
            "request" in root.text or ".headers." in root.text or is_callers(root.text) or root.text.startswith("next/headers#")
        ):
            return True
    return False


def needs_entry(node: Expression) -> bool:
    """It takes something of what a table has under a key, which fails where there is nothing."""
    pending = [node]
    while pending:
        part = pending.pop()
        if type(part) is Attribute:
            held = part.value
            if type(held) is Subscript and type(held.index) is not Literal:
                return True
            asks = isinstance(held, Call) and isinstance(held.callee, Attribute) and held.callee.name == "get"
            if asks and isinstance(held, Call) and held.args and type(held.args[0]) is not Literal:
                return True
        pending += expressions(part)
    return False
