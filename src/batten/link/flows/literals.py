"""Calls that are told by a literal that they are handed, wherever in the app it stands: secrets of signatures, addresses without encryption, modes of files.

Of a secret only its length is told, and the name that it stands under.
"""

import re
import stat
from collections.abc import Callable
from typing import NamedTuple

from batten.facts.calls import simple_name
from batten.facts.flows import HARMLESS, Changed, Checked, Choice, Constant, FlowCall, Graph, Named, Object, Outer, Result, Text, name_of
from batten.link.flows.arguments import slots
from batten.link.flows.graphs import Graphs
from batten.regex import regex

SIGNING = "signing-secret"
"""The kind of uses that are handed the secret of signatures."""
UNENCRYPTED = "unencrypted"
"""The kind of uses that name a server, and by its scheme whether anybody on the way reads along."""
FIXED = "fixed-bytes"
"""The kind of uses that are handed bytes which have to be others each time: what a cipher starts with, the salt of a hash."""
LOOSE = "loose-permissions"
"""The kind of uses that say who may read and change a file."""
_PLAIN = regex(r"(?i:http|ws|ftp|telnet|ldap|mqtt|amqp)://(?P<host>[^/?#:]+\.[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3})(?:[:/?#]|\Z)")
# Where nobody else is on the way: this machine, its network, names that no other network knows; or names of vocabularies of XML, which nobody asks.
_NEAR = regex(
    r"(?:127\.|10\.|0\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)|(?:\A|\.)(?:localhost|local|internal|lan|home|test|invalid|svc|cluster|docker)\Z|\Awww\.w3\.org\Z"
)
_FILLS = regex(r"(?i:random|fill|copy|set|write)")
_OTHERS = 0o022
# What makes bytes or a key of a text.
_MAKES = frozenset(("encode", "from", "parse", "asKey", "createSecretKey", "importKey", "SecretStr"))
# What makes bytes that are all the same: https://nodejs.org/api/buffer.html#static-method-bufferallocsize-fill-encoding
_ALIKE = frozenset(("Buffer.alloc", "Uint8Array"))
# What gives something else where a setting is not made: https://docs.python.org/3/library/os.html#os.getenv
_ASKS = frozenset(("getenv", "get"))
_MOST_STEPS = 6
# https://docs.python.org/3/library/stat.html#stat.S_ISUID and those after it
_BITS: dict[str, int] = {
    f"stat#{name}": getattr(stat, name) for name in dir(stat) if re.fullmatch(r"S_I[RWX](?:USR|GRP|OTH)|S_IRWX[UGO]", name)
}


class Literal(NamedTuple):
    """A literal of the code, and the last name on the way to it, "" where it stands in the call itself. Of a text that is put together: its beginning."""

    value: object
    name: str


def literal_in(path: str, graph: Graph, call: FlowCall, places: str, graphs: Graphs) -> Literal | None:
    """The literal in any of some slots of a call; None where there is none, or what is there can't be told."""
    for slot in places.split("|"):
        head, _, rest = slot.partition(".")
        for number in slots(call, head):
            bits = _bits(graph, number)
            if bits:
                return Literal(bits, "")
            found = _literal(path, graph, number, tuple(rest.split(".")) if rest else (), graphs)
            if found is not None:
                return found
    return None


def _literal(path: str, graph: Graph, number: int, way: tuple[str, ...], graphs: Graphs) -> Literal | None:
    name = way[-1] if way else ""
    for _ in range(_MOST_STEPS):
        node = graph.nodes[number] if number >= 0 else None
        match node:
            case Result() if not way and (graph.calls[node.call].callee or "") in _ALIKE:
                return None if _is_filled(graph, number) else Literal(0, name)
            case Constant(value=value):
                return Literal(value, name) if not way else None
            case Text(parts=parts) if parts:
                number = parts[0]
            case Checked(of=inner) | Changed(before=inner):
                number = inner
            case Object() if way and way[0] in dict(node.fields):
                number, way = dict(node.fields)[way[0]], way[1:]
            case Object() if way:
                number = node.base
            case Choice(of=several) if not way:
                number = next((each for each in reversed(several) if each >= 0 and _is_plain_text(graph, each)), HARMLESS)
            case Result() if not way and graph.calls[node.call].method in _ASKS and len(graph.calls[node.call].arguments) > 1:
                number = graph.calls[node.call].arguments[1]
                if not _is_plain_text(graph, number) and not _stands_in(graph, number):
                    return None
            case Result() if not way and graph.calls[node.call].method in _MAKES:
                number = _text_of(graph, graph.calls[node.call])
            case Outer():
                around = graphs.graph(path, node.function)
                if around is None:
                    return None
                graph, number = around, node.node
            case _:
                named = node.name if type(node) is Named else name_of(graph.nodes, number) if number >= 0 else None
                values = graphs.variable(path, named, way) if named is not None else None
                if named is None or values is None or len(values) != 1:
                    return None
                name = simple_name(named)
                path, graph, number, way = values[0].path, values[0].graph, values[0].node, values[0].way
    return None


def _is_filled(graph: Graph, number: int) -> bool:
    """Something may write into bytes that were all the same: ``crypto.randomFillSync(start)``, ``start.set(other)``."""
    return any(_FILLS.search(call.method) and number in (call.receiver, *call.arguments) for call in graph.calls)


def _is_plain_text(graph: Graph, number: int) -> bool:
    """What stands in for what is not set is an address that is read along."""
    node = graph.nodes[number] if number >= 0 else None
    return type(node) is Constant and _is_plain(node.value)


def _stands_in(graph: Graph, number: int) -> bool:
    """A word that is used where nothing is set."""
    node = graph.nodes[number] if number >= 0 else None
    return type(node) is Constant and _is_secret(node.value)


def _bits(graph: Graph, number: int) -> int:
    """The bits of modes that are put together of their names: ``stat.S_IRWXU | stat.S_IWOTH``; 0 where none is named."""
    node = graph.nodes[number] if number >= 0 else None
    named = found = 0
    for part in node.of if type(node) is Choice else (number,):
        inner = graph.nodes[part] if part >= 0 else None
        if type(inner) is Constant and isinstance(inner.value, int):
            found |= inner.value
        named |= _BITS.get(name_of(graph.nodes, part) or "", 0)
    return named and named | found


def _text_of(graph: Graph, call: FlowCall) -> int:
    """What a call makes bytes or a key of: ``word.encode("utf-8")`` of what it is called on, ``new TextEncoder().encode(word)`` of what it is given."""
    node = graph.nodes[call.receiver] if call.receiver >= 0 else None
    made = type(node) is Result and (graph.calls[node.call].callee or "").endswith("TextEncoder")
    given = made or call.method != "encode"
    return (call.arguments[0] if call.arguments else HARMLESS) if given else call.receiver


def _is_secret(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_plain(value: object) -> bool:
    found = _PLAIN.match(value) if isinstance(value, str) else None
    return found is not None and _NEAR.search(found["host"]) is None


def _is_loose(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and bool(value & _OTHERS)


def _is_fixed(value: object) -> bool:
    return _is_secret(value) or value == 0


TOLD_BY: dict[str | None, Callable[[object], bool]] = {SIGNING: _is_secret, UNENCRYPTED: _is_plain, LOOSE: _is_loose, FIXED: _is_fixed}
"""The kinds of uses that a literal decides, each with what it is asked."""


def said_of(kind: str, literal: Literal) -> tuple[tuple[str, str], ...]:
    """What a use of that kind says of its literal."""
    match kind:
        case "signing-secret":
            return (("length", str(len(str(literal.value)))), ("under", literal.name))
        case "loose-permissions" if isinstance(literal.value, int):
            return (("everybody", str(bool(literal.value & 0o002)).lower()),)
    return ()
