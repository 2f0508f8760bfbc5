"""What is written into a record of an account that says what the account may do; knows no route."""

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet

from batten.facts.flows import RIGHTS, Changed, Checked, Choice, Field, FlowCall, Given, Graph, Named, Object, Outer, Result
from batten.link.flows.origins import Root, Way
from batten.link.flows.spelled import whole
from batten.link.flows.statement_rights import METHODS, rights_in
from batten.link.made_of import made_of
from batten.regex import regex

ROLE = "authority"
"""The kind of sinks for a role, or the like, of an account."""
RECORD = "assignment"
"""The kind of sinks for the whole record of an account."""
PASSWORD = "password-storage"  # noqa: S105 - a kind of sink
"""The kind of sinks for the password of an account, as it is kept."""
KINDS = (ROLE, RECORD, PASSWORD)
KEYS = RIGHTS
SETS = "setattr"
"""What puts something under a name that a variable holds."""
PASSWORDS = frozenset(("password", "passwd", "pwd", "userPassword", "user_password", "passcode"))
_OF_PEOPLE = frozenset((
    "email", "password", "username", "passwordHash", "password_hash", "hashedPassword", "hashed_password", "firstName", "first_name", "fullName", "full_name", "userId", "user_id",
))  # fmt: skip
# A key alone makes no record that of an account: what ties one to a role holds keys, dates and a state beside it; a message, which has a role as well, its text.
_KEYS_OF_PEOPLE = frozenset(("userId", "user_id"))
_OF_TIES = regex(
    r"(?:\w*_)?(?:id|key|at|on|by|date|status|state|active|level|access|scopes?|permissions?|org|organi[sz]ation|team|workspace|project|company|tenant|room|group|user)"
    r"|\w+(?:Id|ID|At|On|By|Date|Status|Active)|(?:is|has|can)_?[A-Za-z]\w*"
)
# What nothing but an account has: messages and applications for a job have a role, too.
_SURELY = KEYS - {"role", "roles", "permissions"}
_OF_ROLES = regex(r"(?:^|[#.])(?:User)?(?:Role|Group|Permission)s?(?:\.|\Z)")
_ROLES = regex(r"[#.](?:[A-Z]\w*)?(?:Role|UserType|AccountType)s?\Z")
# What a bank keeps: the type of such an account gives nobody a right.
_OF_BANK = frozenset(("balance", "account_number", "accountNumber", "iban", "currency"))
_INNER = frozenset(("data", "$set", "create", "update", "values", "defaults", "$setOnInsert"))
# What a record is called that tells what somebody may do.
_ACCOUNTS = regex(
    r"(?:^|[^A-Za-z])(?:users?|accounts?|profiles?|members?|memberships?|admins?)(?![a-z])|(?:User|Account|Profile|Member)s?(?![a-z])"
)
# Rows of what an account has, and not of the account: ``member_contributions``.
_HAD = regex(
    r"(?:user|account|profile|member|admin)s?_(?:contributions?|transactions?|payments?|donations?|notes?|comments?|logs?|events?|messages?|notifications?|activit(?:y|ies)|address(?:es)?|documents?|files?|photos?"
    r"|images?|reviews?|ratings?|answers?|responses?|bookings?|orders?|tasks?|goals?|stat(?:istic)?s|history|interests?|views?|visits?|streaks?|scores?|devices?)(?![a-z_])"
)
_CLASS = regex(r"(?:^|[#.])\w*(?:User|Account|Profile|Member)s?(?:\.|\Z)")
# People who have no account: what such a record calls a role is their work.
_OUTSIDERS = regex(
    r"wait_?list|sign_?ups?|(?<![a-z])leads?(?![a-z])|subscribers?|recipients?|signers?|attendees?|participants?|newsletter|enquir|inquir|applicants?|candidates?|testimonial|speakers?|(?<![a-z])contacts?(?![a-z])",
    re.IGNORECASE,
)
# The record of who calls, by the names that handlers give it.
_OF_CALLER = regex(r"(?:^|[^A-Za-z])(?:current_?user|user|db_?user|new_?user|account|me|member)(?![a-z])", re.IGNORECASE)
# What a form makes by which people sign up: ``SignUpForm(request.POST).save(commit=False)``.
_OF_SIGN_UP = regex(r"(?i)[#.]\w*(?:sign_?up|regist(?:er|ration)|user|account)\w*form\.save\Z")
_BODY = frozenset(
    ("body", "json", "get_json", "form", "data", "text", "**", "[]", "POST", "dict", "to_dict", "model_dump", "items", "keys", "0")
)
_GIVES = frozenset(("json", "get_json", "readBody", "to_dict", "fromEntries", "dict", "model_dump"))
_MOST = 60
_COPIES = "Object.assign"
_FINDS = regex(r"^(?:find|get|load|fetch|first|single)(?:[A-Z]|_|$)")


def written(graph: Graph, call: FlowCall, kind: str, shown: Callable[[int], str | None]) -> Iterator[tuple[int, Way]]:
    """The values that matter of what a call writes, each with a way into it."""
    if call.method in METHODS:
        if kind == ROLE:
            yield from rights_in(graph, call)
        return
    about = f"{call.callee or ''} {shown(call.receiver) or ''}" if call.receiver >= 0 else call.callee or call.method
    if call.callee == _COPIES:
        about = _row_of(graph, call, shown)
    of_account = _ACCOUNTS.search(_HAD.sub("", f"{about} {call.method}")) is not None
    if kind == ROLE and not of_account and _OUTSIDERS.search(about):
        return
    keys = {key for key, _ in call.keywords}
    if kind == ROLE and keys & _OF_BANK and not keys & (_OF_PEOPLE - _KEYS_OF_PEOPLE):
        return
    if call.callee == "=":
        owner = _owner(graph, call.receiver)
        if of_account or _OF_CALLER.search(f"{about} {owner}") or _OF_SIGN_UP.search(owner):
            yield from ((_yes_or_no_of(graph, node), ()) for node in call.arguments[:1])
            yield from ((inner, ()) for node in call.arguments[:1] if kind == ROLE for inner in _looked_for_by(graph, node))
        return
    if kind in (ROLE, PASSWORD):
        wanted = KEYS if kind == ROLE else PASSWORDS
        if of_account or _is_of_person(keys):
            given = [node for key, node in call.keywords if key in wanted]
            yield from ((_yes_or_no_of(graph, node), ()) for node in given)
            yield from ((inner, ()) for node in given if kind == ROLE for inner in _looked_for_by(graph, node))
        # ``update_or_create(user=user, defaults={"role": …})``
        for argument in (*call.arguments[:3], *(node for key, node in call.keywords if key in _INNER)):
            yield from ((argument, way) for way in _keyed(graph, argument, wanted, of_account=of_account))
    elif call.callee == SETS and len(call.arguments) > 1:
        if _of_account(graph, call.arguments[0], shown(call.arguments[0]) or ""):
            yield call.arguments[1], ()
    elif of_account:
        yield from ((node, ()) for node in _wholes(graph, call))


def _is_of_person(keys: AbstractSet[str]) -> bool:
    """What else is in a record says that it is about somebody's account."""
    if keys & (_OF_PEOPLE - _KEYS_OF_PEOPLE):
        return True
    return bool(keys & _KEYS_OF_PEOPLE) and (
        not keys.isdisjoint(_SURELY) or all(key in KEYS or _OF_TIES.fullmatch(key) is not None for key in keys)
    )


def _owner(graph: Graph, number: int) -> str:
    """What the record is called that a field is set of: a parameter, or what it was made by."""
    for _ in range(_MOST):
        match graph.nodes[number] if number >= 0 else None:
            case Given(index=index) if 0 <= index < len(graph.parameters):
                return graph.parameters[index]
            case Result(call=index):
                return graph.calls[index].callee or ""
            case Checked(of=inner) | Changed(before=inner) | Object(base=inner):
                number = inner
            case _:
                return ""
    return ""


def _yes_or_no_of(graph: Graph, number: int) -> int:
    """What a yes or no, or a member of an enumeration, was made of that is written down: ``bool(sent["is_admin"])``, ``UserRole(sent.role)``."""
    node = whole(graph, number)
    call = graph.calls[node.call] if type(node) is Result else None
    if call is None or not call.arguments:
        return number
    return call.arguments[0] if call.callee == "bool" or (len(call.arguments) == 1 and _ROLES.search(call.callee or "")) else number


def _looked_for_by(graph: Graph, number: int) -> Iterator[int]:
    """What a role was looked for by in the table of roles, whose row, or key, is written: ``Role.query.get(sent["role_id"]).id``."""
    made = tuple(made_of(graph, number))
    if not any(type(node := graph.nodes[each]) is Named and _OF_ROLES.search(node.name) for each in made):
        return
    results = (graph.calls[node.call] for each in made if type(node := graph.nodes[each]) is Result)
    # What makes the value that is looked for, a token that is read, is another matter.
    asked = [call for call in results if any(_is_of_roles(graph, each) for each in (call.receiver, *call.arguments))]
    spans = [call.span for call in asked]
    for call in (*asked, *(each for each in graph.calls if each.callee == "==")):
        if call.callee != "==":
            yield from (*call.arguments, *[node for _, node in call.keywords])
        elif any(span.start <= call.span.start and call.span.end <= span.end for span in spans):
            yield from call.arguments


def _is_of_roles(graph: Graph, number: int) -> bool:
    return number >= 0 and any(type(node := graph.nodes[each]) is Named and _OF_ROLES.search(node.name) for each in made_of(graph, number))


def _of_account(graph: Graph, number: int, name: str) -> bool:
    """What is changed is the record of an account: by its own name, by what gave it, or by the class that was asked for it."""
    node = graph.nodes[number] if number >= 0 else None
    while isinstance(node, Changed | Checked):
        inner = node.before if isinstance(node, Changed) else node.of
        node = graph.nodes[inner] if inner >= 0 else None
    if type(node) is Given:
        return 0 <= node.index < len(graph.parameters) and _ACCOUNTS.search(graph.parameters[node.index]) is not None
    if type(node) is Named:
        return _ACCOUNTS.search(name) is not None
    if type(node) is Result and _ACCOUNTS.search(graph.calls[node.call].method):
        return True
    return any(type(made := graph.nodes[each]) is Named and _CLASS.search(made.name) for each in made_of(graph, number))


def _row_of(graph: Graph, call: FlowCall, shown: Callable[[int], str | None]) -> str:
    """What the record is called that others are copied into, where it was found in a database: ``User.findById``; "" for any other."""
    number = call.arguments[0] if call.arguments else -1
    node = graph.nodes[number] if number >= 0 else None
    while type(node) in (Checked, Changed):
        number = node.of if type(node) is Checked else node.before if type(node) is Changed else -1
        node = graph.nodes[number] if number >= 0 else None
    if type(node) is Field and _OF_CALLER.fullmatch(node.key) and _is_saved(graph, node):
        return node.key  # the record that a check before the handler has looked up: ``req.user``
    asked = graph.calls[node.call] if type(node) is Result else None
    if asked is None or not _FINDS.search(asked.method):
        return ""
    return f"{asked.callee or ''} {(shown(asked.receiver) or '') if asked.receiver >= 0 else ''}"


def _is_saved(graph: Graph, field: Field) -> bool:
    """What is under the key is a row that the function keeps: ``await req.user.save()``."""
    kept = (whole(graph, call.receiver) for call in graph.calls if call.method == "save")
    return any(type(node) is Field and node == field for node in kept)


def _keyed(graph: Graph, argument: int, wanted: frozenset[str], *, of_account: bool) -> set[Way]:
    """The ways to what stands under such keys in the record of an account; by what else is in the record where its name does not tell."""
    found: set[Way] = set()
    pending: list[tuple[int, Way]] = [(argument, ())]
    seen = 0
    while pending and seen < _MOST:
        (number, way), seen = pending.pop(), seen + 1
        match graph.nodes[number] if number >= 0 else None:
            case Object(fields=fields, base=base):
                if of_account or _is_of_person({key for key, _ in fields}):
                    found |= {(*way, key) for key, _ in fields if key in wanted}
                pending += [(node, (*way, key)) for key, node in fields if key in _INNER or key.isdigit()]
                pending.append((base, way))
            case Checked(of=inner) | Changed(before=inner):
                pending.append((inner, way))
            case Choice(of=several):
                pending += [(each, way) for each in several]
    return found


def _wholes(graph: Graph, call: FlowCall) -> Iterator[int]:
    """What is written as it is, or spread into what is written."""
    yield from (node for key, node in call.keywords if key == "**")
    pending, seen = list(call.arguments[:3]), 0
    while pending and seen < _MOST:
        number, seen = pending.pop(), seen + 1
        node = whole(graph, number)
        if type(node) is Object:
            pending += [inner for key, inner in node.fields if key in _INNER]
            # Where the role was taken out of what was sent, or is set over it, the sender says nothing of it.
            if KEYS.isdisjoint(key for key, _ in node.fields):
                pending.append(node.base)
        elif number >= 0 and _is_record(graph, number):
            yield number


def _is_record(graph: Graph, number: int) -> bool:
    """As far as one function tells, it may be all that was sent: handed in, or what a request holds as its body."""
    for _ in range(_MOST):
        match graph.nodes[number]:
            case Checked(of=inner) | Changed(before=inner):
                number = inner
            case Field(key=key):
                return key in _BODY
            case Result(call=index):
                return graph.calls[index].method in _GIVES
            case Given() | Outer() | Named():
                return True
            case Object(base=base) if base >= 0:
                number = base
            case _:
                return False
    return False


def is_whole(root: Root) -> bool:
    """It is all that was sent, and not a field of it."""
    return all(step.removesuffix("()") in _BODY for step in root.way)
