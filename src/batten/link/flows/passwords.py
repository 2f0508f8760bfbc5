"""Passwords that are compared as they are, and apps that may hash them somewhere; knows no rule."""

import re
from collections.abc import Iterable, Iterator, Sequence

from batten.facts.flows import Changed, Checked, Choice, Constant, Field, FlowCall, Given, Graph, Named, Object, Result, Text
from batten.facts.project import FileFacts
from batten.finding import Step
from batten.link.flows.authority import PASSWORD, PASSWORDS
from batten.link.flows.origins import Root
from batten.link.flows.sinks import Hit
from batten.link.flows.spelled import whole
from batten.link.memo import Memo
from batten.regex import regex
from batten.text import Place

_HASHES = regex(
    r"crypt|argon|scrypt|pbkdf|passlib|pwdlib|werkzeug\.security|hashlib|libsodium|oslo|lucia|better-auth|password-hash|fastapi_users|devise|passport-local-mongoose|@feathersjs|payload|strapi|keystone"
)
# Its own accounts have hashes, unless the app writes, or compares, a password itself.
_DJANGO = regex(r"django")
_HASHING = regex(r"hash|crypt|digest|derive|(?<!re)set_?password", re.IGNORECASE)
# Services that keep accounts of others: what they are sent they keep as they see fit.
_SERVICES = regex(r"auth|clerk|firebase|cognito|stytch|keycloak|okta|workos|supertokens|sign_?up", re.IGNORECASE)
_LOOKS_UP = regex(r"find|get|first|fetch|one|single|query|select|scalar|user|account|row|where|limit", re.IGNORECASE)
_KEEPS = regex(
    r"\binsert\s+into\s+\S+\s*\([^)]*\b(?:user_?)?(?:password|passwd|pwd)\b|\b(?:set|where|and)\b[^;]*\b(?:user_?)?(?:password|passwd|pwd)[\"`]?\s*=",
    re.IGNORECASE,
)
# https://www.postgresql.org/docs/current/pgcrypto.html#PGCRYPTO-PASSWORD-HASHING-FUNCS
_HASHED_THERE = regex(r"crypt\s*\(|digest\s*\(|sha\d*\s*\(|md5\s*\(|\bpassword\s*\(|hash", re.IGNORECASE)
_BODIES = ("body", "form", "json", "POST")
_READS = ("json", "get_json", "formData")
_FINDS = frozenset(("find", "findOne", "find_one", "findFirst", "findOneBy", "filter_by", "filter"))
_MOST_STEPS = 30
COMPARED = "=="
STATEMENT = "statement"
"""The sink that is a statement with a password of the request itself in it, or that compares one, whatever else makes hashes."""


class Passwords:
    """Whether an app may make hashes of passwords: by what any file imports, and what those call that matter."""

    def __init__(self, files: Iterable[FileFacts], parsed: Iterable[FileFacts]) -> None:
        self._files = tuple(files)
        self._parsed = tuple(parsed)
        self._known: dict[str, tuple[bool, bool]] = {}

    def may_be_hashed(self, hit: Hit, package: str) -> bool:
        """Something in the package may turn passwords into hashes, or the place is a service's that does."""
        if hit.sink == STATEMENT:
            return False
        if _SERVICES.search(hit.sink) or any(_HASHING.search(step.note) for step in hit.root.steps):
            return True
        known = self._known.get(package)
        if known is None:
            root = f"{package}/" if package else ""
            modules = [entry.module for file in self._files if file.path.startswith(root) for entry in file.imports]
            graphs = [graph for file in self._parsed if file.path.startswith(root) for graph in file.graphs]
            hashes = any(map(_HASHES.search, modules)) or any(map(_hashes, graphs))
            known = self._known[package] = (hashes, any(map(_DJANGO.search, modules)))
        hashes, django = known
        return hashes or (django and hit.sink != COMPARED)


def _hashes(graph: Graph) -> bool:
    return any(_HASHES.search(call.callee or "") or _HASHING.search(call.method) for call in graph.calls)


def passwords_compared(files: Iterable[FileFacts], memo: Memo) -> Iterator[Hit]:
    """Comparisons of what the database has for a password with what somebody sent for one, and statements that keep or look for one as it was sent."""
    for _, found in memo.said("passwords compared", files, _compared_in):
        yield from found


def _compared_in(file: FileFacts) -> list[Hit]:
    found: list[Hit] = []
    for graph in file.graphs:
        for call in graph.calls:
            if call.callee == COMPARED and len(call.arguments) > 1 and _of_both(graph, call):
                plain = _is_of_request(graph, call.arguments[:2])
                note, sink = "a password is compared with the one that was kept here", STATEMENT if plain else COMPARED
            elif (kept := _kept_by_sql(graph, call)) is not None:
                note, sink = "a password goes into a statement as it was sent here", kept
            elif asked := _looked_up_by(graph, call):
                note, sink = (
                    "a record is looked for by the password that was sent here",
                    STATEMENT if _is_of_request(graph, asked) else call.method,
                )
            else:
                continue
            root = Root("request", (file.path, graph.function), 0, (), frozenset(), True, (Step(Place(file.path, call.span), note),))
            found.append(Hit(PASSWORD, sink, file.path, graph.function, call, root))
    return found


def _is_of_request(graph: Graph, numbers: Sequence[int]) -> bool:
    """The password that was sent is read of the request here, where nothing makes a hash of any."""
    sent = [each for each in numbers if _password(graph, each) == "sent"]
    return not any(_is_parameter(graph, each) for each in sent) and not _hashes(graph)


def _looked_up_by(graph: Graph, call: FlowCall) -> list[int]:
    """The passwords of ``User.findOne({ username, password })``, ``filter_by(name=name, password=password)``: only what is kept as it is can be found so."""
    if call.method not in _FINDS or call.receiver < 0:
        return []
    found = [node for key, node in call.keywords if key in PASSWORDS]
    pending = list(call.arguments[:1])
    while pending:
        number = pending.pop()
        match graph.nodes[number] if number >= 0 else None:
            case Checked(of=inner) | Changed(before=inner):
                pending.append(inner)
            case Object(fields=fields):
                found += [node for key, node in fields if key in PASSWORDS]
                pending += [node for key, node in fields if key == "where"]
    return [each for each in found if _password(graph, each) == "sent"]


def _kept_by_sql(graph: Graph, call: FlowCall) -> str | None:
    """A statement is handed a password that somebody sent, for a column of passwords or to be compared with it there, and makes nothing else of it: the sink."""
    maker = whole(graph, call.receiver)
    asked = graph.calls[maker.call] if type(maker) is Result and graph.calls[maker.call].method == "prepare" else call
    statement = asked.arguments[0] if asked.arguments else -1
    node = whole(graph, statement)
    parts = node.parts if type(node) is Text else (statement,) if type(node) is Constant else ()
    said = " ".join([str(each.value) for part in parts if part >= 0 and type(each := graph.nodes[part]) is Constant])
    if _KEEPS.search(said) is None or _HASHED_THERE.search(said):
        return None
    values = list(parts)
    for number in call.arguments[1:] if asked is call else call.arguments:
        held = whole(graph, number)
        values += [inner for _, inner in held.fields] if type(held) is Object else [number]
    sent = [each for each in values if _password(graph, each) == "sent"]
    if not sent:
        return None
    return call.method if all(_is_parameter(graph, each) for each in sent) else STATEMENT


def _is_parameter(graph: Graph, number: int) -> bool:
    """It is handed in by a caller, who may have made a hash of it, and not read of a request here."""
    for _ in range(_MOST_STEPS):
        match graph.nodes[number] if number >= 0 else None:
            case Checked(of=inner) | Changed(before=inner):
                number = inner
            case Choice(of=several):
                number = several[0]
            case Field(of=inner, key=key):
                if key in _BODIES:
                    return False
                number = inner
            case Result(call=index):
                if graph.calls[index].method in _READS:
                    return False
                number = graph.calls[index].receiver
            case _:
                return True
    return True


def _of_both(graph: Graph, call: FlowCall) -> bool:
    one, other = (_password(graph, number) for number in call.arguments[:2])
    return {one, other} == {"kept", "sent"}


def _password(graph: Graph, number: int) -> str | None:
    """Where a password comes from: ``kept`` in what was looked up, ``sent``; None for anything else."""
    for _ in range(_MOST_STEPS):
        match graph.nodes[number] if number >= 0 else None:
            case Checked(of=inner) | Changed(before=inner):
                number = inner
            case Given(index=index) if 0 <= index < len(graph.parameters):
                return "sent" if graph.parameters[index] in PASSWORDS else None
            case Field(of=inner, key=key) if key in PASSWORDS:
                return _holder(graph, inner)
            case Result(call=index) if _asks_for_password(graph, graph.calls[index]):
                return _holder(graph, graph.calls[index].receiver)
            case _:
                return None
    return None


def _asks_for_password(graph: Graph, call: FlowCall) -> bool:
    key = whole(graph, call.arguments[0]) if call.method == "get" and call.arguments else None
    return type(key) is Constant and key.value in PASSWORDS


def _holder(graph: Graph, number: int) -> str | None:
    for _ in range(_MOST_STEPS):
        match graph.nodes[number] if number >= 0 else None:
            case Checked(of=inner) | Changed(before=inner):
                number = inner
            case Choice(of=several):
                number = several[0]
            case Field(of=inner, key=key):
                of = whole(graph, inner)
                if key in (*_BODIES, "data", "query") and (type(of) is Given or (type(of) is Named and of.name.endswith("#request"))):
                    return "sent"
                number = inner
            case Given():
                return "sent"
            case Result(call=index):
                made = graph.calls[index]
                if made.method in (*_READS, "parse", "safeParse", "model_dump"):
                    return "sent"
                return "kept" if _LOOKS_UP.search(made.method) else None
            case _:
                return None
    return None
