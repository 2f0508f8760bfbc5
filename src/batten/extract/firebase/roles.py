"""Documents that say what their subject may do, by what rules of Firestore ask for, and that the subject may write as it likes; reads no file.

https://firebase.google.com/docs/firestore/solutions/role-based-access
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from batten.extract.firebase.callers import AUTHORITY, Caller, Functions, Mark, passes
from batten.extract.firebase.opened import Permit, verbs_of
from batten.facts.access_rules import AccessRule, Who
from batten.parse.firebase import Binary, Expression, Index, Invoke, Items, Literal, Member, Name, Path, Unary
from batten.regex import regex
from batten.text import Place

_GETS = ("get", "getAfter")
_EXISTS = ("exists", "existsAfter")
# What a collection is called whose documents say by being there what somebody may do.
_LISTS = AUTHORITY | {
    "admins",
    "moderator",
    "moderators",
    "staff",
    "superadmin",
    "superadmins",
    "manager",
    "managers",
    "editors",
    "owners",
    "permissions",
}
_WORD = regex(r"[A-Z]?[a-z]+|[A-Z]+")
_THERE = ""
"""In the place of a field: that the document is there is enough."""
# What a condition says of the fields that are written: whether that leaves the role out is looked at by nobody here.
_OF_FIELDS = frozenset(("keys", "diff", "affectedKeys", "changedKeys", "addedKeys", "hasOnly", "hasAny", "hasAll", "removeAll", "size"))
_UID = Member(Member(Name("request"), "auth"), "uid")
_MOST = 600
_DEEPEST = 8


class Match(NamedTuple):
    """One place of Firestore: its path from the first collection on, what it allows, and the functions in its scope."""

    path: str
    permits: list[Permit]
    functions: Functions


def own_roles(file: str, matches: Iterable[Match]) -> Iterator[AccessRule]:
    """The places where whoever has an account writes into their own document what other conditions of the file go by."""
    matches = list(matches)
    asked = {found for match in matches for permit in match.permits for found in _asked(permit.condition, match.functions)}
    for match in matches:
        collection, _, last = match.path.removeprefix("/").partition("/")
        fields = sorted(field for of, field in asked if of == collection)
        if not fields or not last.startswith("{") or "/" in last or "=" in last:
            continue
        verbs = {
            verb: permit.span
            for permit in match.permits
            for verb in verbs_of(permit)
            if verb in (("create",) if fields == [_THERE] else ("create", "update"))
            and _writes_all(permit.condition, verb, last[1:-1], match.functions, fields)
        }
        if verbs:
            yield AccessRule(
                service="firestore",
                path=match.path,
                who=Who.SUBJECT,
                verbs=tuple(sorted(verbs)),
                place=Place(file, min(verbs.values())),
                reads=False,
                changes="update" in verbs,
                trusts=f"set `{fields[-1]}` in their own document" if fields[-1] else "make their own document",
            )


def _writes_all(condition: Expression, verb: str, own: str, functions: Functions, fields: Iterable[str]) -> bool:
    marks = passes(condition, Caller(signed_in=True, verb=verb, own=own), functions)
    return marks is not None and Mark.NARROW not in marks and not any(_is_about(each, fields) for each in _whole(condition, functions))


def _is_about(node: Expression, fields: Iterable[str]) -> bool:
    """It looks at which fields are written, or at one that says what somebody may do."""
    match node:
        case Member(of, name):
            return name in _OF_FIELDS or (name in fields and _root(of) == "request")
        case Index(of, Literal(str(name))):
            return name in fields and _root(of) == "request"
        case Binary("in", Literal(str(name)), _):
            return name in fields
        case Invoke(Member(of, "get"), (Literal(str(name)), *_)):
            return name in fields and _root(of) == "request"
    return False


def _root(node: Expression) -> str:
    while isinstance(node, Member | Index):
        node = node.of
    return node.id if isinstance(node, Name) else ""


def _asked(condition: Expression, functions: Functions) -> Iterator[tuple[str, str]]:
    """The collections and fields by which a condition goes that looks the caller up: ``get(/…/users/$(request.auth.uid)).data.role``, ``exists(/…/admins/$(request.auth.uid))``."""
    for node in _whole(condition, functions):
        match node:
            case Invoke(Name(name) | Member(Name("firestore"), name), (Path(steps, computed),)) if name in _EXISTS and computed:
                listed = _of_path(steps) if _reached(computed[-1], functions) == _UID else None
                if listed is not None and not _LISTS.isdisjoint(word.lower() for word in _WORD.findall(listed)):
                    yield listed, _THERE
            case Member(of, str(name)) | Index(of, Literal(str(name))) | Invoke(Member(of, "get"), (Literal(str(name)), *_)):
                collection = _fields_of(of, functions) if name.lower() in AUTHORITY else None
                if collection is not None:
                    yield collection, name


def _fields_of(node: Expression, functions: Functions) -> str | None:
    """The collection whose document a caller is looked up in, where these are its fields."""
    node = _reached(node, functions)
    return _collection(_reached(node.of, functions), functions) if isinstance(node, Member) and node.name == "data" else None


def _reached(node: Expression, functions: Functions) -> Expression:
    """What a variable holds, and what a function gives."""
    for _ in range(_DEEPEST):
        match node:
            case Name(id) if (held := _held(id, functions)) is not None:
                node = held
            case Invoke(Name(id), _) if id in functions:
                node = functions[id].result
            case _:
                return node
    return node


def _held(variable: str, functions: Functions) -> Expression | None:
    return next((tree for function in functions.values() for name, tree in function.names if name == variable), None)


def _collection(node: Expression, functions: Functions) -> str | None:
    """The collection of a document that is looked up by who calls."""
    match node:
        case Invoke(Name(name) | Member(Name("firestore"), name), (Path(steps, computed),)) if name in _GETS and computed:
            return _of_path(steps) if _reached(computed[-1], functions) == _UID else None
    return None


def _of_path(steps: tuple[str, ...]) -> str | None:
    """``databases``, its name, ``documents``, the collection and the document."""
    return steps[-2] if len(steps) == len(("databases", "", "documents", "users", "")) and not steps[-1] else None


def _whole(condition: Expression, functions: Functions) -> Iterator[Expression]:
    """Every part of a condition, and of the functions that it asks."""
    pending: list[Expression] = [condition]
    asked: set[str] = set()
    for _ in range(_MOST):
        if not pending:
            return
        node = pending.pop()
        match node:
            case Member(of, _) | Unary(_, of):
                pending.append(of)
            case Index(of, key) | Binary(_, of, key):
                pending += [of, key]
            case Invoke(callee, arguments):
                pending += [callee, *arguments]
            case Items(items):
                pending += items
            case Name(id) if id in functions and id not in asked:
                asked.add(id)
                pending += [functions[id].result, *(tree for _, tree in functions[id].names)]
        yield node
