"""Passwords that are compared as they are, and apps that may hash them somewhere; knows no rule."""

import re
from collections.abc import Iterable, Iterator

from batten.facts.flows import Changed, Checked, Choice, Constant, Field, FlowCall, Given, Graph, Result
from batten.facts.project import FileFacts
from batten.finding import Step
from batten.link.flows.authority import PASSWORD, PASSWORDS
from batten.link.flows.origins import Root
from batten.link.flows.sinks import Hit
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
_MOST_STEPS = 30
COMPARED = "=="


class Passwords:
    """Whether an app may make hashes of passwords: by what any file imports, and what those call that matter."""

    def __init__(self, files: Iterable[FileFacts], parsed: Iterable[FileFacts]) -> None:
        self._files = tuple(files)
        self._parsed = tuple(parsed)
        self._known: dict[str, tuple[bool, bool]] = {}

    def may_be_hashed(self, hit: Hit, package: str) -> bool:
        """Something in the package may turn passwords into hashes, or the place is a service's that does."""
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
    """Comparisons of what the database has for a password with what somebody sent for one."""
    for _, found in memo.said("passwords compared", files, _compared_in):
        yield from found


def _compared_in(file: FileFacts) -> list[Hit]:
    found: list[Hit] = []
    for graph in file.graphs:
        for call in graph.calls:
            if call.callee == COMPARED and len(call.arguments) > 1 and _of_both(graph, call):
                steps = (Step(Place(file.path, call.span), "a password is compared with the one that was kept here"),)
                root = Root("request", (file.path, graph.function), 0, (), frozenset(), True, steps)
                found.append(Hit(PASSWORD, COMPARED, file.path, graph.function, call, root))
    return found


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
    key = graph.nodes[call.arguments[0]] if call.method == "get" and call.arguments and call.arguments[0] >= 0 else None
    return type(key) is Constant and key.value in PASSWORDS


def _holder(graph: Graph, number: int) -> str | None:
    for _ in range(_MOST_STEPS):
        match graph.nodes[number] if number >= 0 else None:
            case Checked(of=inner) | Changed(before=inner):
                number = inner
            case Choice(of=several):
                number = several[0]
            case Field(of=inner, key=key):
                if key in ("body", "form", "json", "data", "query") and type(graph.nodes[inner]) is Given:
                    return "sent"
                number = inner
            case Given():
                return "sent"
            case Result(call=index):
                made = graph.calls[index]
                if made.method in ("json", "get_json", "formData", "parse", "safeParse", "model_dump"):
                    return "sent"
                return "kept" if _LOOKS_UP.search(made.method) else None
            case _:
                return None
    return None
