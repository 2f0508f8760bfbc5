"""What a test says of the values it looks at, where it passes and where it fails: on a list of allowed ones, a number, a path below a folder, a known host."""

from typing import NamedTuple

from batten.code.model import Attribute, Await, Call, Expression, Literal, Name, Operation, Sequence, Subscript, Unknown
from batten.extract.flows.answers import asked_of
from batten.extract.flows.asked import method_of
from batten.extract.flows.beginnings import CUTS, NO_HOST, START, by_pattern, by_prefix, by_sign, by_start
from batten.extract.flows.claims import PARSES, REFUSED, REFUSES, SPEAKS, SUBJECTS
from batten.extract.flows.membership import CLAIMS, PLACES, SEEKING, THINGS, listed, looked_in, one_of, says, says_place, sought
from batten.extract.flows.nodes import State
from batten.extract.flows.reading import Reading
from batten.extract.flows.resolved import of_resolved
from batten.extract.flows.roots_too import same_as
from batten.extract.flows.tested import (
    Facts,
    Value,
    addresses_of,
    facts_of,
    is_settled,
    is_settled_at,
    read_again,
    result_of,
    roots_of,
)
from batten.facts.flows import HARMLESS, Result
from batten.regex import regex


class Outcome(NamedTuple):
    """What is known where a test passed, and where it failed."""

    passed: Facts = frozenset()
    failed: Facts = frozenset()


_NONE = Outcome()
_MARKS = ("'", '"')
_PROTOTYPE = "__proto__"
# A backslash leads nowhere on most servers: that there is none says nothing.
_UPWARDS = ("..", "../", "/")
# What a test is called that lets only harmless characters through.
_PLAIN_CHARACTERS = frozenset(("isalnum", "isdigit", "isnumeric", "isdecimal", "isalpha", "isidentifier"))
# What gives nothing where a pattern does not fit.
MATCHES = frozenset(("match", "fullmatch"))
_DOMAIN = regex(r"\.[\w-]+(?:\.[\w-]+)+\Z")
# What ``typeof`` says of values that are no records.
_OF_KINDS = {"string": "scalar", "number": "number", "boolean": "number", "bigint": "number"}
_TYPES = {"int", "float", "bool", "Number", "number", "boolean", "UUID", "datetime", "date", "Decimal", "Enum"}
# Tests within tests beyond this say nothing.
_DEEPEST = 12
_EMPTY = "empty"
# https://docs.djangoproject.com/en/5.2/ref/utils/#django.utils.http.url_has_allowed_host_and_scheme, and what it was called before
_OF_OWN_HOST = ("django.utils.http#url_has_allowed_host_and_scheme", "django.utils.http#is_safe_url")


def outcome(reading: Reading, state: State, condition: Expression, value: Value) -> Outcome:
    """What a test says. The values in it have been read before: reading them again gives the same nodes and no new calls."""
    passed, failed = _outcome(reading, state, condition, value, 0)
    numbers = of_resolved(reading, state, condition, value)
    said = zip((passed, failed), numbers, strict=True)
    return Outcome(*(frozenset(fact for fact in facts if fact[1] != _EMPTY) | more for facts, more in said))


def _outcome(reading: Reading, state: State, condition: Expression, value: Value, depth: int) -> Outcome:
    """The same with what is nothing, which matters beside another test: ``if name and not is_safe(name)``."""
    if depth > _DEEPEST:
        return _NONE
    if type(condition) is Operation:
        return _of_operation(reading, state, condition, value, depth)
    if type(condition) is Await:
        return _outcome(reading, state, condition.value, value, depth + 1)
    if type(condition) is Call:
        return _of_call(reading, state, condition, value)
    if type(condition) is Attribute and condition.name in ("netloc", "hostname"):
        # There is one: ``if urlsplit(back).netloc: abort(400)``.
        parsed, *whole = addresses_of(reading, read_again(reading, state, condition, value)) or [HARMLESS]
        return Outcome(failed=frozenset((each, "host") for each in (parsed, *whole) if whole))
    if type(condition) is Name:
        number = read_again(reading, state, condition, value)
        method, facts = reading.sought.get(number, ("", frozenset()))
        said = Outcome(facts) if facts and method not in PLACES else Outcome(*reading.answer(condition.id))
        return said._replace(failed=said.failed | facts_of(reading, number, _EMPTY)) if number >= 0 else said
    return _NONE


def look_for(reading: Reading, state: State, node: Call, method: str, result: int, value: Value) -> None:
    """Remember what was looked for by a call, for tests of what it gives."""
    is_match = method in MATCHES
    facts = _of_call(reading, state, node, value).passed if is_match else _found_by(reading, state, node, method, value)
    if facts:
        reading.sought[result] = method, facts


def _found_by(reading: Reading, state: State, node: Call, method: str, value: Value) -> Facts:
    """What holds of the value that a call looks for, where it has found something."""
    asked = sought(node, method)
    if asked is None:
        return frozenset()
    number = read_again(reading, state, asked[0], value)
    if number < 0 or reading.nodes.is_constant(number):
        return frozenset()
    if not is_settled_at(reading, state, asked[1], value):
        # What is asked of by a key may be anything; what is gone through is a list of what there is.
        return facts_of(reading, number, "looked-at") if method != "get" else frozenset()
    return facts_of(reading, number, "listed") | frozenset((each, "host") for each in addresses_of(reading, number))


def _where_absent(reading: Reading, state: State, node: Call, method: str, value: Value) -> Facts:
    """What holds of a text in which one is not found that leads out of a folder: ``name.indexOf("..")``, and any of those in ``any(each in name for each in UP)``."""
    first = node.args[0] if node.args else None
    if method in CLAIMS:
        looked = looked_in(node, method)
        signs = (
            [each.value for each in looked[1].items if type(each) is Literal] if looked is not None and type(looked[1]) is Sequence else []
        )
        within = looked[0] if looked is not None else None
    else:
        signs = [first.value] if type(first) is Literal else []
        within = node.callee.value if type(node.callee) is Attribute else None
    if within is None or not any(sign in _UPWARDS for sign in signs):
        return frozenset()
    return facts_of(reading, read_again(reading, state, within, value), "no-dots")


def _of_finding(reading: Reading, state: State, operator: str, operands: tuple[Expression, ...], value: Value) -> Outcome:
    """A comparison of what a search gave: with nothing, or with the place before the first."""
    for one, other in (operands, operands[::-1]):
        method, facts = method_of(one) if type(one) is Call else "", frozenset[tuple[int, str]]()
        absent = _where_absent(reading, state, one, method, value) if type(one) is Call and method in ("indexOf", "find") else facts
        if absent and (answer := says_place(operator, other)) is not None:
            return Outcome(failed=absent) if answer else Outcome(absent)
        if type(one) is Call and method in SEEKING:
            facts = _found_by(reading, state, one, method, value)
        elif type(one) is Name:
            method, facts = reading.sought.get(read_again(reading, state, one, value), ("", facts))
        if facts:
            if other is operands[0]:
                operator = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(operator, operator)
            answer = says_place(operator, other) if method in PLACES else says(operator, other)
            return _NONE if answer is None else Outcome(facts) if answer else Outcome(failed=facts)
    return _NONE


def _of_operation(reading: Reading, state: State, test: Operation, value: Value, depth: int) -> Outcome:
    operator, operands = test.operator, test.operands
    if operator == "!" and operands:
        inner = _outcome(reading, state, operands[0], value, depth + 1)
        return Outcome(inner.failed, inner.passed)
    if operator in ("&&", "||"):
        parts = [_outcome(reading, state, operand, value, depth + 1) for operand in operands]
        for at, below in same_as(reading, state, operands, value):
            parts[at] = parts[below]
        every = frozenset().union(*[part.passed if operator == "&&" else part.failed for part in parts])
        shared = _of_each([part.failed if operator == "&&" else part.passed for part in parts])
        return Outcome(every, shared) if operator == "&&" else Outcome(shared, every)
    if operator in ("in", "not in") and len(operands) == 2:  # noqa: PLR2004 - a value and where it is looked for
        found = _of_membership(reading, state, operands[0], operands[1], value)
        return found if operator == "in" else Outcome(found.failed, found.passed)
    if operator in ("==", "!=", "<", ">", "<=", ">=") and len(operands) == 2:  # noqa: PLR2004 - two sides
        found = _of_finding(reading, state, operator, operands, value)
        if found.passed or found.failed or operator not in ("==", "!="):
            return found
        found = _of_equality(reading, state, operands[0], operands[1], value)
        return found if operator == "==" else Outcome(found.failed, found.passed)
    return _NONE


def demanded(reading: Reading, state: State, expression: Expression, value: Value) -> Facts:
    """What holds after a call that refuses by raising, as its name says: ``validate_public_host(host)``. It may be mistaken, so what it says is no more than a doubt."""
    while type(expression) is Await:
        expression = expression.value
    if type(expression) is not Call:
        return frozenset()
    method = method_of(expression)
    if method in PARSES and expression.args:
        return facts_of(reading, read_again(reading, state, expression.args[0], value), "pattern")
    if not REFUSES.match(method):
        return frozenset()
    return _doubts(reading, method, [read_again(reading, state, argument, value) for argument in expression.args])


def _callee(reading: Reading, test: Call) -> str | None:
    """The qualified name of what is called in a test."""
    number = result_of(reading, test)
    node = reading.nodes.nodes[number] if number >= 0 else None
    return reading.nodes.calls[node.call].callee if type(node) is Result else None


def _doubts(reading: Reading, method: str, arguments: list[int]) -> Facts:
    """What a function of the app's own says of its arguments by its name; of the host of an address, it says it of the address."""
    subjects = [subject for subject, named in SUBJECTS if named.search(method)]
    found: set[tuple[int, str]] = set()
    for number in arguments:
        roots = roots_of(reading, number) if number >= 0 else []
        roots += [inner for root in roots for inner in addresses_of(reading, root)]
        found.update((root, f"doubt:{subject}") for root in roots for subject in subjects)
    return frozenset(found)


def _of_each(parts: list[Facts]) -> Facts:
    """What holds whichever of several tests it was: a value that each of them found harmless is."""
    nodes = set.intersection(*[{node for node, _ in part} for part in parts]) if parts else set()
    found = set()
    for node in nodes:
        said = {word for part in parts for other, word in part if other == node} - {_EMPTY} or {_EMPTY}
        found.add((node, said.pop() if len(said) == 1 else "listed" if said <= {"listed", "pattern", "number"} else "looked-at"))
    return frozenset(found)


def _said(reading: Reading, number: int, words: tuple[str, str]) -> Outcome:
    return Outcome(*(facts_of(reading, number, word) if word else frozenset() for word in words))


def _texts(reading: Reading, node: Expression, number: int) -> list[str]:
    """The constant texts of a tuple, or of one; "" for what can't be told."""
    if type(node) is Sequence:
        return [item.value if type(item) is Literal and isinstance(item.value, str) else "" for item in node.items]
    return [reading.nodes.text_of(number) or ""]


def _sign(reading: Reading, state: State, node: Expression, value: Value) -> tuple[int, str]:
    """The text of which a value is one of the first two signs, and which: ``next[1]``, ``next.charAt(0)``."""
    if type(node) is Subscript:
        of, index = node.value, node.index
    elif type(node) is Call and type(node.callee) is Attribute and node.callee.name in ("charAt", *CUTS) and node.args:
        of, index = node.callee.value, node.args[0] if node.callee.name == "charAt" else node
    else:
        return HARMLESS, ""
    return read_again(reading, state, of, value), str(index.value) if type(index) is Literal else START if index is node else ""


def _of_membership(reading: Reading, state: State, item: Expression, collection: Expression, value: Value) -> Outcome:
    if type(item) is Literal and isinstance(item.value, str):
        within = read_again(reading, state, collection, value)
        if item.value in _UPWARDS or item.value == "//":
            return _said(reading, within, ("", "no-dots" if item.value in _UPWARDS else NO_HOST))
        if item.value in _MARKS:
            word = "without" if type(collection) is not Subscript else "within" if _is_inner(reading, state, collection, value) else ""
            return Outcome(frozenset(), facts_of(reading, within, f"{word}:{item.value}")) if word else _NONE
        return _NONE
    number = read_again(reading, state, item, value)
    if number < 0 or not is_settled_at(reading, state, collection, value):
        return _NONE
    if _is_part(reading, state, item, number, value):
        return Outcome(facts_of(reading, number, "looked-at"))
    hosts = addresses_of(reading, number)
    return Outcome(facts_of(reading, number, listed(collection)) | frozenset((each, "host") for each in hosts))


def _is_inner(reading: Reading, state: State, part: Subscript, value: Value) -> bool:
    """All but the first and the last sign: ``text[1:-1]``."""
    bounds = part.index.children if type(part.index) is Unknown and part.index.kind == "slice" else ()
    numbers = [value(reading, state, bound, 0) for bound in bounds]
    return [reading.nodes.value_of(number) if number >= 0 else None for number in numbers] == [1, -1]


def _is_part(reading: Reading, state: State, node: Expression, number: int, value: Value) -> bool:
    """A piece of a text, of which no other node is known than that of the whole: ``text[:3]``."""
    return type(node) is Subscript and read_again(reading, state, node.value, value) == number


def _of_equality(reading: Reading, state: State, one: Expression, other: Expression, value: Value) -> Outcome:
    left, right = read_again(reading, state, one, value), read_again(reading, state, other, value)
    if type(one) is Literal or (reading.nodes.is_constant(left) and not reading.nodes.is_constant(right)):
        left, right, one, other = right, left, other, one
    if type(one) is Operation and one.operator == "typeof" and one.operands:
        number = read_again(reading, state, one.operands[0], value)
        kind = reading.nodes.text_of(right)
        return Outcome(facts_of(reading, number, _OF_KINDS[kind])) if kind in _OF_KINDS else _NONE
    if left < 0:
        return _of_common_path(one, other, reading, state, value)
    if _is_part(reading, state, one, left, value):
        return _said(reading, left, by_start(reading.nodes.text_of(right)))
    of, position = _sign(reading, state, one, value)
    if of >= 0 and any(words := by_sign(position, reading.nodes.text_of(right))):
        return _said(reading, of, words)
    hosts = addresses_of(reading, left)
    constant = reading.nodes.is_constant(right) or is_settled(reading, right)
    if not constant or (type(other) is Literal and other.value is None):
        return _NONE
    if hosts or (reading.nodes.is_constant(right) and not isinstance(reading.nodes.value_of(right), bool)):
        told = facts_of(reading, left, one_of((reading.nodes.text_of(right),))) | frozenset((each, "host") for each in hosts)
        return Outcome(told, facts_of(reading, left, "no-prototype") if reading.nodes.text_of(right) == _PROTOTYPE else frozenset())
    return _of_common_path(one, other, reading, state, value)


def _of_common_path(one: Expression, other: Expression, reading: Reading, state: State, value: Value) -> Outcome:
    """``os.path.commonpath([base, path]) == base``."""
    for side in (one, other):
        if type(side) is Call and type(side.callee) is Attribute and side.callee.name in ("commonpath", "commonprefix") and side.args:
            items = side.args[0].items if type(side.args[0]) is Sequence else ()
            numbers = [read_again(reading, state, item, value) for item in items]
            return Outcome(frozenset(fact for number in numbers for fact in facts_of(reading, number, "below")))
    return _NONE


def _of_call(reading: Reading, state: State, test: Call, value: Value) -> Outcome:
    method = method_of(test)
    receiver = read_again(reading, state, test.callee.value, value) if type(test.callee) is Attribute else HARMLESS
    arguments = [read_again(reading, state, argument, value) for argument in test.args]
    nodes = reading.nodes
    if method in CLAIMS or method in THINGS:
        found = _found_by(reading, state, test, method, value)
        if found:
            return Outcome(found)
        if method in CLAIMS and (absent := _where_absent(reading, state, test, method, value)):
            return Outcome(failed=absent)
    if method in _PLAIN_CHARACTERS:
        return Outcome(facts_of(reading, receiver, "pattern"))
    if method in ("startswith", "startsWith") and arguments:
        prefixes = _texts(reading, test.args[0], arguments[0])
        if prefixes == [".."]:
            return Outcome(frozenset(), _below(reading, receiver))
        return _said(reading, receiver, by_prefix(prefixes))
    if method in ("endswith", "endsWith") and arguments and (suffix := nodes.text_of(arguments[0])) is not None:
        word = f"suffix:{suffix}" if suffix in _MARKS else "doubt:reflected-origin" if _DOMAIN.match(suffix) else ""
        return Outcome(facts_of(reading, receiver, word)) if word else _NONE
    if method in ("url_has_allowed_host_and_scheme", "is_safe_url") and _callee(reading, test) in _OF_OWN_HOST:
        named = [read_again(reading, state, each.value, value) for each in test.keywords if each.name == "url"]
        return Outcome(frozenset(fact for number in (arguments or named)[:1] for fact in facts_of(reading, number, "host")))
    if method == "is_relative_to":
        return Outcome(facts_of(reading, receiver, "below"))
    if method in ("includes", "has", "indexOf", "contains") and test.args:
        if type(test.args[0]) is Literal:
            sought = nodes.text_of(arguments[0])
            word = "no-dots" if sought in _UPWARDS else NO_HOST if sought == "//" else f"without:{sought}" if sought in _MARKS else ""
            return _said(reading, receiver, ("", word))
        collection = test.callee.value if type(test.callee) is Attribute else test
        if is_settled_at(reading, state, collection, value):
            hosts = addresses_of(reading, arguments[0])
            told = facts_of(reading, arguments[0], listed(collection)) | frozenset((each, "host") for each in hosts)
            return Outcome(told, facts_of(reading, arguments[0], _refused(collection)) if not reading.python else frozenset())
        return _NONE
    if method in ("fullmatch", "match", "test", "search") and test.args:
        return _of_pattern(reading, method, receiver, arguments)
    if method == "isinstance" and len(arguments) > 1:
        names = [part.id for part in (test.args[1].items if type(test.args[1]) is Sequence else (test.args[1],)) if type(part) is Name]
        word = "number" if set(names) <= _TYPES else "scalar" if set(names) <= _TYPES | {"str", "bytes"} else ""
        return Outcome(facts_of(reading, arguments[0], word)) if names and word else _NONE
    if method in ("isInteger", "isSafeInteger", "isFinite"):
        return Outcome(frozenset(fact for number in arguments for fact in facts_of(reading, number, "number")))
    if method == "isNaN":
        return Outcome(frozenset(), facts_of(reading, arguments[0], "number") if arguments else frozenset())
    if SPEAKS.search(method):
        said = frozenset(fact for number in (receiver, *arguments) if number >= 0 for fact in facts_of(reading, number, "looked-at"))
        said |= _doubts(reading, method, arguments)
        return Outcome(failed=said) if REFUSED.search(method) else Outcome(said)
    return Outcome(asked_of(reading, test))


def _refused(collection: Expression) -> str:
    """What it says of a key that it is none of a list: those that lead to what all records share may be in it."""
    if type(collection) is not Sequence:
        return "doubt:prototype-key"
    return "no-prototype" if any(_is_prototype(item) for item in collection.items) else "elsewhere"


def _is_prototype(item: Expression) -> bool:
    return type(item) is Literal and item.value == _PROTOTYPE


def _below(reading: Reading, receiver: int) -> Facts:
    """``path.relative(base, x)`` does not lead upwards: so ``x`` is below."""
    node = reading.nodes.nodes[receiver] if receiver >= 0 else None
    if type(node) is Result:
        call = reading.nodes.calls[node.call]
        if call.method == "relative" and len(call.arguments) > 1:
            return facts_of(reading, call.arguments[1], "below")
    return facts_of(reading, receiver, "no-dots")


def _of_pattern(reading: Reading, method: str, receiver: int, arguments: list[int]) -> Outcome:
    """A regular expression that the whole text fits."""
    nodes = reading.nodes
    texts = [nodes.text_of(number) for number in (receiver, *arguments) if number >= 0]
    pattern = next((text for text in texts if text is not None), None)
    subject = [each for each in (receiver, *arguments) if each >= 0 and nodes.text_of(each) is None and nodes.name_of(each) is None]
    if pattern is None:
        # A pattern with a name: ``SLUG.fullmatch(name)``, ``name.match(SLUG)``.
        of_text = method in ("match", "search") and not reading.python
        subject = [number for number in ((receiver,) if of_text else arguments[-1:]) if number >= 0]
        return Outcome(
            frozenset(fact for number in subject for fact in facts_of(reading, number, "pattern" if method == "fullmatch" else "looked-at"))
        )
    if not subject:
        subject = [number for number in arguments[-1:] if number >= 0]
    said = by_pattern(pattern, whole=method == "fullmatch")
    outcomes = [_said(reading, number, said) for number in subject]
    return Outcome(*(frozenset().union(*facts) for facts in zip(*outcomes, strict=True))) if outcomes else _NONE
