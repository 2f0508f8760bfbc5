"""Ways past a check that its author left for themselves: a setting that switches it off, a header or a written-down token that opens it; knows no framework.

What a setting does is worked out for the machine that has no such setting.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.code.model import (
    Attribute,
    Await,
    Branch,
    Call,
    Evaluate,
    Expression,
    Literal,
    Name,
    Operation,
    Return,
    Sequence,
    Statement,
    Subscript,
    Template,
)
from batten.code.names import qualify
from batten.code.parts import expressions, last_step, statement_expressions, walked
from batten.code.scopes import Scope, live
from batten.extract.backdoors import backdoor
from batten.extract.by_request import branches
from batten.extract.responses import is_empty, status_of, status_of_statements
from batten.extract.values import environment_name
from batten.facts.calls import simple_name
from batten.facts.secret_names import held_by, secret_name
from batten.facts.slips import Slip, SlipKind
from batten.regex import regex
from batten.text import Place, Span

_MODE = regex(
    r"^(?:NODE_|APP_|VERCEL_|DENO_|RAILS_|FLASK_|FASTAPI_|PYTHON_)?(?:ENV|ENVIRONMENT|MODE|STAGE)$|^(?:PROD|DEV|DEBUG|IS_PROD\w*|IS_DEV\w*)$"
)
_OF_CHECKS = regex(r"AUTH|LOGIN|GUARD|JWT|SESSION|CLERK|BYPASS", re.IGNORECASE)
_FOR_DEVELOPERS = regex(
    r"(?:^|[_.-])(?:dev|devel|development|developer|debug|local|test|tests|testing|mock|unverified|insecure|unsafe|skip|bypass)(?:$|[_.-])",
    re.IGNORECASE,
)
_HUMP = regex(r"(?<=[a-z0-9])(?=[A-Z])")
_PRODUCTION = regex(r"prod|live$", re.IGNORECASE)
_TRUTHS = ("true", "1", "yes", "on")
_WHERE = regex(
    r"(?:^|[._])(?:ip|ips|host|hostname|remote_?addr\w*|remoteAddress|origin|client)(?:$|[._])|localhost|127\.0\.0\.1", re.IGNORECASE
)
_PASSES = frozenset({"next", "call_next", "resolve", "f", "fn", "func", "handler", "view", "view_func", "function", "callback", "wrapped"})
_SAME = frozenset({"lower", "upper", "strip", "toLowerCase", "toUpperCase", "trim", "toString"})
_CASTS = frozenset({"bool", "str", "String", "Boolean", "strtobool", "int", "Number"})
_FALSE = frozenset({"", "0"})
_REFUSALS = (401, 403, 404)
_BAD_REQUEST = 400
_MOST = 20
_DEEPEST = 12


class _Unset:
    """What a setting is that nobody made."""


class _Unknown:
    """What only a run would tell."""


_UNSET, _UNKNOWN = _Unset(), _Unknown()


class _Seen(NamedTuple):
    """What a test looks at: settings, and other things by their names."""

    settings: list[str]
    others: list[str]


def switches(path: str, body: tuple[Statement, ...], scope: Scope, end: int) -> tuple[Slip, ...]:
    """Those of one function; whether it is a check is not asked."""
    known = list(branches(body, end, 0))
    found = (
        slip
        for branch, after in known
        for slip in (
            *_of_branch(path, branch, scope, after),
            *_unless_set(path, branch, known, body, scope, after),
            *_for_developers(path, branch, scope),
        )
    )
    return tuple(slip for slip, _ in zip(found, range(_MOST), strict=False))


def _of_branch(path: str, branch: Branch, scope: Scope, end: int) -> Iterator[Slip]:
    place = Place(path, branch.test.span)
    after = Span(min(branch.span.end, end), end)
    if status_of_statements(branch.body) in _REFUSALS and (secret := _compared_where_set(branch.test, scope)) is not None:
        yield Slip(SlipKind.UNSET, place, after, secret)
    elif not branch.orelse and (around := _refused_where_set(branch, scope)) is not None:
        yield Slip(SlipKind.UNSET, place, after, around)
    if not _lets_through(branch.body):
        return
    seen = _Seen([], [])
    value = _value(branch.test, scope, seen, _DEEPEST)
    if any(_WHERE.search(name) for name in seen.others):
        return
    setting = next(iter(seen.settings), None)
    if setting is not None and not any(secret_name(name) for name in seen.settings):
        opens = value is _UNKNOWN or (value is not _UNSET and bool(value) and value not in _FALSE)
        # An app that is not set up yet gives what it can; what is about checks, or hands on to what they guard, is a switch.
        if opens and (_MODE.match(setting) or _OF_CHECKS.search(setting) or _hands_on(branch.body)):
            yield Slip(SlipKind.BY_MODE if _MODE.match(setting) else SlipKind.BY_DEFAULT, place, after, setting)
        elif _OF_CHECKS.search(setting) and not _MODE.match(setting):
            yield Slip(SlipKind.BY_SETTING, place, after, setting)
    elif setting is None and (told := backdoor(branch.test, scope)) is not None:
        yield Slip(SlipKind.BACKDOOR, place, after, told)


def _unless_set(
    path: str, branch: Branch, known: list[tuple[Branch, int]], body: tuple[Statement, ...], scope: Scope, end: int
) -> Iterator[Slip]:
    """``if not API_KEY: return`` before a test that compares the key: where nobody sets it, everybody passes."""
    if not branch.body or branch.orelse or not (_gives_nothing(branch.body[-1]) or _lets_through(branch.body)):
        return
    seen = _Seen([], [])
    if _value(branch.test, scope, seen, _DEEPEST) is not True or seen.others or len(seen.settings) != 1:
        return
    if _is_asked_after(branch, known, body, scope, seen.settings[0]):
        yield Slip(SlipKind.BY_DEFAULT, Place(path, branch.test.span), Span(min(branch.span.end, end), end), seen.settings[0])


def _gives_nothing(last: Statement) -> bool:
    return isinstance(last, Return) and (last.value is None or _is_nothing(last.value))


def _is_asked_after(branch: Branch, known: list[tuple[Branch, int]], body: tuple[Statement, ...], scope: Scope, setting: str) -> bool:
    """What comes after a branch refuses by what a setting says: it compares the setting, or what is made with it, or answers with the outcome."""
    after = [other for other, _ in known if other.span.start >= branch.span.end]
    if any(status_of_statements(other.body) in _REFUSALS and setting in _asked_of(other.test, scope) for other in after):
        return True
    if not secret_name(setting) and held_by(setting) is None:
        return False
    refuses = any(status_of_statements(other.body) in (*_REFUSALS, _BAD_REQUEST) for other in after)
    later = [each for each in body if each.span.start >= branch.span.end]
    compares = any(isinstance(each, Return) and isinstance(each.value, Operation | Call) for each in later)
    return (refuses or compares) and any(
        setting in _asked_of(part, scope) for each in walked(later) for part in statement_expressions(each)
    )


def _for_developers(path: str, branch: Branch, scope: Scope) -> Iterator[Slip]:
    """The body of a branch that is only entered where a setting for developers is on: told here of the environment, and left to others of what they hold."""
    if not branch.body:
        return
    body = Span(branch.body[0].span.start, branch.body[-1].span.end)
    pending = [branch.test]
    for _ in range(_MOST):
        if not pending:
            break
        part = pending.pop()
        if isinstance(part, Operation) and part.operator == "&&":
            pending += part.operands
            continue
        asked, operator, wanted = _compared(part)
        seen = _Seen([], [])
        value = _value(part, scope, seen, _DEEPEST)
        if seen.settings and not seen.others:
            off = value is _UNSET or (value is not _UNKNOWN and not value)
            if off and any(_is_for_developers(name, operator, wanted) for name in seen.settings):
                yield Slip(SlipKind.FOR_DEVELOPERS, Place(path, branch.test.span), body)
            continue
        name = qualify(asked, scope) if isinstance(asked, Attribute | Name) else None
        if name is not None and "#" in name and _is_for_developers(simple_name(name), operator, wanted):
            yield Slip(
                SlipKind.FOR_DEVELOPERS, Place(path, branch.test.span), body, name if wanted is None else f"{name}{operator}{wanted}"
            )


def _compared(test: Expression) -> tuple[Expression, str, str | None]:
    """What is compared, how, and with which text; without one it is asked for its truth."""
    if isinstance(test, Operation) and test.operator in ("==", "!=") and len(test.operands) == 2:  # noqa: PLR2004 - both sides of it
        asked, other = test.operands
        if isinstance(other, Literal) and isinstance(other.value, str):
            return (asked, "=" if test.operator == "==" else "!=", other.value)
    return test, "", None


def _is_for_developers(name: str, operator: str, wanted: str | None) -> bool:
    """By its name, or by what it has to be; what is not production is for developers, too."""
    if wanted is None or (operator == "=" and wanted.lower() in _TRUTHS):
        return _FOR_DEVELOPERS.search(_HUMP.sub("_", name)) is not None
    return (_FOR_DEVELOPERS if operator == "=" else _PRODUCTION).search(wanted) is not None


def _is_nothing(value: Expression) -> bool:
    """What a check gives where it has nothing to say: nothing, or a name for nobody."""
    return isinstance(value, Literal) and (value.value is None or value.value is True or isinstance(value.value, str))


def _asked_of(test: Expression, scope: Scope) -> list[str]:
    """The settings that a test compares."""
    found = _Seen([], [])
    pending = [test]
    for _ in range(_MOST):
        if not pending:
            break
        part = pending.pop()
        if isinstance(part, Attribute) and isinstance(part.value, Call):
            pending.append(part.value)  # ``createHmac("sha256", SECRET).digest``
        elif isinstance(part, Attribute | Name | Subscript):
            _value(part, scope, found, _DEEPEST)
        else:
            pending += expressions(part)
    return found.settings


def _compared_where_set(test: Expression, scope: Scope) -> str | None:
    """The secret of the environment that is asked for first and then compared: where nobody sets it, nothing is refused."""
    if not isinstance(test, Operation) or test.operator != "&&" or len(test.operands) != 2:  # noqa: PLR2004 - both sides of it
        return None
    first, second = test.operands
    settings = _Seen([], [])
    if not isinstance(second, Operation | Call) or _value(first, scope, settings, _DEEPEST) is not _UNSET or isinstance(first, Operation):
        return None
    named = next((name for name in settings.settings if secret_name(name)), None)
    inside = _Seen([], [])
    for part in (second, *expressions(second), *(each for inner in expressions(second) for each in expressions(inner))):
        _value(part, scope, inside, _DEEPEST)
    return named if named in inside.settings else None


def _refused_where_set(branch: Branch, scope: Scope) -> str | None:
    """The same in two steps: ``if secret:`` around ``if given != secret:``."""
    settings = _Seen([], [])
    if isinstance(branch.test, Operation) and branch.test.operator != "=":
        return None
    kept, asked = branch.test.operands if isinstance(branch.test, Operation) else (None, branch.test)
    if _value(asked, scope, settings, _DEEPEST) is not _UNSET:
        return None
    named = next((name for name in settings.settings if secret_name(name)), None)
    for inner, _ in branches(branch.body, branch.span.end, 0) if named is not None else ():
        inside = _Seen([], [])
        if status_of_statements(inner.body) in _REFUSALS:
            for part in (inner.test, *expressions(inner.test), *(each for one in expressions(inner.test) for each in expressions(one))):
                _value(part, scope, inside, _DEEPEST)
            if named in inside.settings or (isinstance(kept, Name) and kept.id in inside.others):
                return named
    return None


def _lets_through(body: tuple[Statement, ...]) -> bool:
    """The body hands on to what is guarded, or gives somebody who was not asked for anything."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, Return) and last.value is None and len(body) > 1:
        last = body[-2]
    match last:
        case Evaluate(value=value):
            return _passes(value)
        case Return(value=Expression() as value):
            made = value.value if isinstance(value, Await) else value
            if _passes(made):
                return True
            answers = isinstance(made, Call) and (
                status_of(made) is not None or re.search(r"[Rr]espon|redirect|json|send|render", last_step(made.callee))
            )
            return not is_empty(made) and not answers and not isinstance(made, (Template, Operation))
    return False


def _hands_on(body: tuple[Statement, ...]) -> bool:
    return any(isinstance(each, Evaluate | Return) and each.value is not None and _passes(each.value) for each in body)


def _passes(value: Expression) -> bool:
    called = value.value if isinstance(value, Await) else value
    return (
        isinstance(called, Call)
        and last_step(called.callee) in _PASSES
        and not (isinstance(called.callee, Name) and called.callee.id == "next" and called.args)
    )


def _value(node: Expression, scope: Scope, seen: _Seen, room: int) -> object:
    """What an expression is where no setting is made: a constant, ``_UNSET``, or ``_UNKNOWN``."""
    if room <= 0:
        return _UNKNOWN
    variable = (environment_name(node, scope) or _of_settings(node, scope)) if isinstance(node, (Attribute, Subscript, Call)) else None
    if variable is not None:
        seen.settings.append(variable)
        default = node.args[1] if isinstance(node, Call) and len(node.args) > 1 else None
        named = next((each.value for each in node.keywords if each.name == "default"), None) if isinstance(node, Call) else None
        given = default or named
        return given.value if isinstance(given, Literal) and given.value is not None else _UNSET
    match node:
        case Literal(value=value):
            return _UNSET if value is None else value
        case Name(id=name):
            home = scope.find(name)
            values = live(home.values.get(name, []), node.span.start) if home is not None else []
            if len(values) == 1 and not values[0].path:
                return _value(values[0].expression, values[0].scope, seen, room - 1)
        case Call(callee=Attribute(value=inner, name=last)) if last in _SAME:
            found = _value(inner, scope, seen, room - 1)
            return (found.upper() if "pper" in last else found.lower() if "ower" in last else found) if isinstance(found, str) else found
        case Call(callee=Name(id=last), args=(inner,)) if last in _CASTS:
            return _value(inner, scope, seen, room - 1)
        case Operation(operator=operator, operands=operands):
            return _of_operation(operator, operands, scope, seen, room - 1)
    seen.others.append(qualify(node, scope) or "")
    seen.others.extend([qualify(part, scope) or "" for part in expressions(node)[:4]])
    return _UNKNOWN


def _of_settings(node: Expression, scope: Scope) -> str | None:
    """A secret that the settings of the app hold, which are made of the environment: ``settings.API_KEY``."""
    held = isinstance(node, Attribute) and isinstance(node.value, Name) and node.value.id in ("settings", "config")
    if not held or not isinstance(node, Attribute) or held_by(node.name) is None:
        return None
    name = qualify(node, scope)
    return node.name.upper() if name is not None and "#" in name else None


def _of_operation(operator: str, operands: tuple[Expression, ...], scope: Scope, seen: _Seen, room: int) -> object:
    if operator in ("in", "not in") and len(operands) > 1 and isinstance(operands[1], Sequence):
        wanted = _value(operands[0], scope, seen, room)
        inside = [item.value for item in operands[1].items if isinstance(item, Literal)]
        return _UNKNOWN if wanted is _UNKNOWN else (wanted in inside) is (operator == "in")
    values = [_value(each, scope, seen, room) for each in operands]
    truths = [_UNKNOWN if each is _UNKNOWN else each is not _UNSET and bool(each) for each in values]
    match operator:
        case "!" | "not":
            return _UNKNOWN if truths[0] is _UNKNOWN else not truths[0]
        case "==" | "!=" if len(values) > 1:
            return _UNKNOWN if _UNKNOWN in values[:2] else (values[0] == values[1]) is (operator == "==")
        case "&&":
            # What else is asked for, a caller may be able to bring about; what is false stays so.
            return False if False in truths else values[-1] if values[-1] is not _UNKNOWN else _UNKNOWN
        case "||" | "??":
            return next(
                (value for value, truth in zip(values, truths, strict=True) if truth is True), False if _UNKNOWN not in truths else _UNKNOWN
            )
    return _UNKNOWN
