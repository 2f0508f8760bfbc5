"""Whether a condition of security rules lets a stranger or any account pass, whatever the document; looks no document up.

Evaluated with what such a caller is known to have and may choose, and with everything else unknown:
https://firebase.google.com/docs/rules/rules-language#building_conditions
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from batten.parse.firebase import Binary, Expression, Function, Index, Invoke, Items, Literal, Member, Name, Path, Unary

_DEEPEST = 40
_MOST_STEPS = 5_000
_SENT = ("request.resource", "request.query")
AUTHORITY = frozenset(("role", "roles", "isadmin", "admin", "is_admin", "usertype", "isowner", "ispremium", "ismoderator"))
"""What fields are called that say what somebody may do."""
_LOOKUPS = frozenset(("get", "exists", "getAfter", "existsAfter"))
_SIGN_IN = "request.auth.token.firebase.sign_in_provider"


class Sort(StrEnum):
    """What is known of a value."""

    KNOWN = "known"
    THING = "thing"
    """Something that is there, known by its path alone."""
    FREE = "free"
    """Either, as the caller likes."""
    UNKNOWN = "unknown"
    ERROR = "error"
    """Fails, which lets nobody through."""


class Mark(StrEnum):
    """What a condition rests on where it lets somebody through."""

    DATE = "date"
    OWN = "own"
    """What is sent names the caller: right for a new document, and for no other."""
    AUTHORITY = "authority"
    """What is sent says what the caller is."""
    NARROW = "narrow"
    """Only some fields may change."""


class Value(Struct, frozen=True):
    """A value: a constant, or the path that it is known by."""

    sort: Sort
    constant: str | float | bool | None = None
    path: str = ""
    marks: frozenset[Mark] = frozenset()


class Caller(Struct, frozen=True):
    """Who asks for what: a stranger or an account, with one verb (get, list, create, update, delete). ``own``: the step of the path that is the account's own id."""

    signed_in: bool
    verb: str
    own: str = ""


_UNKNOWN = Value(Sort.UNKNOWN)
_ERROR = Value(Sort.ERROR)
_TRUE, _FALSE = Value(Sort.KNOWN, True), Value(Sort.KNOWN, False)
_NULL = Value(Sort.KNOWN, None)
# Written out, and too long to compare.
_SOMETHING = Value(Sort.KNOWN, "", path="(something)")
_ARITHMETIC = frozenset("+-*/%")

Functions = Mapping[str, Function]


def passes(condition: Expression, caller: Caller, functions: Functions) -> frozenset[Mark] | None:
    """What the condition rests on where it lets the caller through for any document; None where it does not, or that can't be told."""
    found = _as_answer(_Evaluation(caller, functions).value(condition, {}, 0))
    return found.marks if found.sort is Sort.FREE or (found.sort is Sort.KNOWN and found.constant is True) else None


class _Evaluation:
    def __init__(self, caller: Caller, functions: Functions) -> None:
        self._caller = caller
        self._functions = functions
        self._steps = 0
        self._said: dict[str, Value] = {}

    def value(self, tree: Expression, names: Mapping[str, Value], depth: int) -> Value:
        self._steps += 1
        if depth > _DEEPEST or self._steps > _MOST_STEPS:
            return _UNKNOWN
        match tree:
            case Literal(value):
                return Value(Sort.KNOWN, value)
            case Name(id):
                return names.get(id) or self._named(id)
            case Member(of, name):
                return self._member(self.value(of, names, depth + 1), name)
            case Index(of, key):
                self_, at = self.value(of, names, depth + 1), self.value(key, names, depth + 1)
                if at.sort is Sort.KNOWN and isinstance(at.constant, str):
                    return self._member(self_, at.constant)
                return _blurred(self_, at)
            case Unary("!", operand):
                return _negated(self.value(operand, names, depth + 1))
            case Binary("&&", left, right):
                return _both(self.value(left, names, depth + 1), self.value(right, names, depth + 1))
            case Binary("||", left, right):
                return _either(self.value(left, names, depth + 1), self.value(right, names, depth + 1))
            case Binary("?", test, Items((first, second))):
                return self._choice(self.value(test, names, depth + 1), first, second, names, depth)
            case Binary(operator, left, right):
                return self._compared(operator, self.value(left, names, depth + 1), self.value(right, names, depth + 1))
            case Invoke(callee, arguments):
                return self._called(callee, arguments, names, depth)
            case Path(_, computed):
                return _blurred(*(self.value(each, names, depth + 1) for each in computed))
            case Items(items):
                return _blurred(*(self.value(each, names, depth + 1) for each in items))
        return _UNKNOWN

    def _named(self, name: str) -> Value:
        match name:
            case "request":
                return Value(Sort.THING, path="request")
            case "auth":
                return self._path("request.auth")
            case "now":
                return self._path("request.time")
            case "newData":
                return self._path("request.resource")
            case "resource" | "data":
                return _NULL if self._caller.verb == "create" else Value(Sort.THING, path="resource")
        if name == self._caller.own and name:
            return self._path("request.auth.uid")
        return Value(Sort.THING, path=name)

    def _path(self, path: str) -> Value:
        if path == "request.auth":
            return Value(Sort.THING, path=path) if self._caller.signed_in else _NULL
        if path == "request.resource" and self._caller.verb in ("get", "list", "delete"):
            return _NULL
        if path == "request.auth.token.email_verified":  # a mailbox of one's own is enough
            return _TRUE
        return Value(Sort.THING, path=path)

    def _member(self, of: Value, name: str) -> Value:
        match of.sort:
            case Sort.THING:
                return self._path(f"{of.path}.{name}")
            case Sort.KNOWN:
                return _ERROR if of.constant is None else _UNKNOWN
        return of

    def _choice(self, test: Value, first: Expression, second: Expression, names: Mapping[str, Value], depth: int) -> Value:
        if test.sort is Sort.KNOWN:
            return self.value(first if test.constant is True else second, names, depth + 1)
        if test.sort is Sort.ERROR:
            return _ERROR
        return _blurred(test, self.value(first, names, depth + 1), self.value(second, names, depth + 1))

    def _compared(self, operator: str, left: Value, right: Value) -> Value:
        if Sort.ERROR in (left.sort, right.sort):
            return _ERROR
        if operator in _ARITHMETIC:
            return _with_sent(left, right) if _blurred(left, right) == _UNKNOWN else _SOMETHING
        if operator == "is":
            return Value(Sort.FREE) if _sent(left) else _UNKNOWN
        dated = self._dated(operator, left, right)
        if dated is not None:
            return dated
        if left.sort is Sort.KNOWN and right.sort is Sort.KNOWN:
            if operator in ("==", "!=") and _SOMETHING not in (left, right):
                return Value(Sort.KNOWN, (left.constant == right.constant) == (operator == "=="))
            return _UNKNOWN
        for thing, other in ((left, right), (right, left)):
            if thing.sort is Sort.THING and other == _NULL and operator in ("==", "!=") and not _sent(thing):
                looked_up = not thing.path.startswith("request.") and thing.path != "resource"
                return _UNKNOWN if looked_up else Value(Sort.KNOWN, operator == "!=")
            if thing.path == _SIGN_IN and other.sort is Sort.KNOWN:
                return _FALSE if (operator, other.constant) == ("==", "anonymous") else _TRUE
        if left.sort is Sort.THING and left == right and operator in ("==", "!="):
            return Value(Sort.KNOWN, operator == "==")
        return _with_sent(left, right)

    def _dated(self, operator: str, left: Value, right: Value) -> Value | None:
        """``request.time < …``: true until that day, or from that day on."""
        if operator not in ("<", "<=", ">", ">=") or "request.time" not in (left.path, right.path):
            return None
        other = right if left.path == "request.time" else left
        if other.path.startswith("resource") or other.sort is Sort.FREE:
            return _UNKNOWN
        before = operator in ("<", "<=") if left.path == "request.time" else operator in (">", ">=")
        return Value(Sort.KNOWN, True, marks=frozenset((Mark.DATE,)) if before else frozenset())

    def _called(self, callee: Expression, arguments: tuple[Expression, ...], names: Mapping[str, Value], depth: int) -> Value:
        given = [self.value(each, names, depth + 1) for each in arguments]
        if isinstance(callee, Name) and callee.id in self._functions:
            # What is given nothing says the same each time, however many others ask it.
            if given or callee.id not in self._said:
                function = self._functions[callee.id]
                inner: dict[str, Value] = dict(zip(function.parameters, given, strict=False))
                for name, tree in function.names:
                    inner[name] = self.value(tree, inner, depth + 1)
                said = self.value(function.result, inner, depth + 1)
                if given:
                    return said
                self._said[callee.id] = said
            return self._said[callee.id]
        if isinstance(callee, Name):
            if callee.id == "debug" and given:
                return given[0]
            return _ERROR if Sort.ERROR in {each.sort for each in given} else _UNKNOWN
        if not isinstance(callee, Member):
            return _UNKNOWN
        of = self.value(callee.of, names, depth + 1)
        if callee.name == "exists" and (of == _NULL or of.path == "resource"):
            return Value(Sort.KNOWN, of != _NULL)
        if callee.name in _LOOKUPS and of.path == "firestore":
            return _ERROR if Sort.ERROR in {each.sort for each in given} else _UNKNOWN
        if of.path in ("timestamp", "duration", "math", "hashing", "latlng"):
            return Value(Sort.THING, path=f"{of.path}.{callee.name}()")
        if Sort.ERROR in {of.sort, *(each.sort for each in given)} or of == _NULL:
            return _ERROR
        if of.path == "request.time":
            return of
        if callee.name in ("diff", "affectedKeys", "changedKeys") or Mark.NARROW in of.marks:
            return Value(Sort.FREE, marks=of.marks | {Mark.NARROW}) if _sent(of) or of.sort is Sort.FREE else _UNKNOWN
        if callee.name == "get" and given and isinstance(given[0].constant, str):
            return self._member(of, given[0].constant)
        if callee.name in ("val", "child"):
            return self._member(of, given[0].constant) if callee.name == "child" and given and isinstance(given[0].constant, str) else of
        return _with_sent(of, *given)


def _sent(value: Value) -> bool:
    return value.path.startswith(_SENT)


def _with_sent(*values: Value) -> Value:
    """A test of values: the caller chooses its outcome where all that it rests on was sent, or is the caller's own."""
    chosen = [value for value in values if _sent(value) or value.sort is Sort.FREE]
    if not chosen:
        return _UNKNOWN
    marks = frozenset(mark for value in values for mark in value.marks)
    for value in values:
        if value in chosen or value.sort is Sort.KNOWN:
            continue
        if value.path.startswith("request.auth.uid"):
            marks |= {Mark.OWN}
        elif value.sort is Sort.THING and value.path.startswith(("request.time", "timestamp", "duration")):
            continue
        elif value.path == "resource" or value.path.startswith("resource."):
            continue  # may be sent back as it is
        else:
            return _UNKNOWN
    if any(value.path.rpartition(".")[2].lower() in AUTHORITY for value in chosen) and Mark.OWN not in marks and not _kept(values):
        marks |= {Mark.AUTHORITY}
    return Value(Sort.FREE, marks=marks)


def _kept(values: tuple[Value, ...]) -> bool:
    return any(value.path.startswith("resource") for value in values)


def _blurred(*values: Value) -> Value:
    """Something made of values, of which no more is known than where it comes from."""
    if any(value.sort is Sort.ERROR for value in values):
        return _ERROR
    return _UNKNOWN if any(value.sort in (Sort.UNKNOWN, Sort.THING) and not _sent(value) for value in values) else _SOMETHING


def _negated(value: Value) -> Value:
    if value.sort is Sort.KNOWN and isinstance(value.constant, bool):
        return Value(Sort.KNOWN, not value.constant, marks=frozenset())
    if value.sort is Sort.THING:
        return Value(Sort.FREE) if _sent(value) else _UNKNOWN
    return value


def _rank(value: Value) -> int:
    """How much a value lets through: 4 always, 3 as the caller likes, 2 can't tell, 1 fails, 0 never."""
    match value.sort:
        case Sort.KNOWN:
            return 4 if value.constant is True else 0
        case Sort.FREE:
            return 3
        case Sort.THING:
            return 3 if _sent(value) else 2
        case Sort.ERROR:
            return 1
    return 2


def _as_answer(value: Value) -> Value:
    if value.sort is Sort.THING:
        if not _sent(value):
            return _UNKNOWN
        trusted = value.path.rpartition(".")[2].lower() in AUTHORITY
        return Value(Sort.FREE, marks=frozenset((Mark.AUTHORITY,)) if trusted else frozenset())
    return value


def _both(left: Value, right: Value) -> Value:
    left, right = _as_answer(left), _as_answer(right)
    least = min(left, right, key=_rank)
    return Value(least.sort, least.constant, marks=left.marks | right.marks)


def _either(left: Value, right: Value) -> Value:
    left, right = _as_answer(left), _as_answer(right)
    return max(left, right, key=lambda value: (_rank(value), -len(value.marks)))
