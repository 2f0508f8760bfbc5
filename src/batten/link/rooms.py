"""What listeners of sockets are sent, and the rooms that they let a socket into: from there on it hears what the server sends to them.

https://socket.io/docs/v4/rooms/
"""

from collections.abc import Iterable, Iterator

from batten.facts.calls import Call, Function, Origin
from batten.facts.project import FileFacts
from batten.link.memo import Memo
from batten.regex import regex

# A parameter whose type is known goes by that: ``socket: Socket``.
_LISTENS = regex(r"(?:(?:^@\w+|#\w*Socket)\.(?:on|once|addEventListener)|@nestjs/websockets#SubscribeMessage)$")
_JOINS = regex(r"(?:^@(?:socket|client|sock|s|conn|connection|ws)|#\w*Socket)\.join$")
# A room by whatever name is sent for it.
_ANY_ROOM = regex(r"(?i:room|channel|chat|conversation|thread)(?:_?[nN]ame|_?[kK]ey|_?[cC]ode)?$")
# What is sent to rooms of one person or of few, by the event or by what the room is called.
_SENDS = regex(r"\.(?:to|in)\.emit$")
_CALLS = regex(r"\.(?:to|in)$")
_OF_FEW = regex(
    r"^(?:user|admin|staff|account|member|customer|patient|doctor|student|teacher|driver|rider|seller|buyer|vendor|agent|chat|conversation|dm)s?[:_-]"
    r"|messages?\b|messages?[_-]|[mM]essage(?:$|[A-Z])|notification|^(?:order|booking|payment|appointment)s?[:_-]",
)
_ROOMS = "rooms that are sent to"
_ID = regex(r"_?(?:[iI]ds?|ID|_id|[uU]uid)$")
# Rooms of one person: what is sent there are messages to them.
_PEOPLE = regex(
    r"(?i:(?:current_?)?(?:user|account|member|receiver|recipient|customer|patient|student|driver|rider|seller|buyer|employee)(?:name)?)$"
)


def is_listener(function: Function) -> bool:
    """It is called with what others send over a socket."""
    return any(_LISTENS.search(wrapper.callee) for wrapper in function.wrappers)


def tell_rooms(files: Iterable[FileFacts], memo: Memo) -> None:
    """Have ``room_of`` know whether the app sends to rooms of one person or of few."""
    memo.set_table(_ROOMS, {None: any(sends for _, sends in memo.said(_ROOMS, files, _sends_to_few))})


def _sends_to_few(file: FileFacts) -> bool:
    return any(_OF_FEW.search(name) for function in file.functions for call in function.calls for name in _names(call))


def _names(call: Call) -> Iterator[str]:
    """What a call sends to a room, or the room."""
    if _SENDS.search(call.callee) or _CALLS.search(call.callee):
        for argument in call.arguments[:1]:
            yield from (source.text for source in argument.sources[:1] if source.origin is Origin.LITERAL)


def room_of(call: Call, memo: Memo) -> str | None:
    """What a socket hears of from a call on, as a row of it would be called; None for other calls, and for rooms that nothing names."""
    if not _JOINS.search(call.callee):
        return None
    for argument in call.arguments[:1]:
        for source in argument.sources:
            last = source.text.rpartition(".")[2]
            if source.origin not in (Origin.PROPERTY, Origin.PARAMETER):
                continue
            if _ID.search(last):
                named = _ID.sub("", last)
                return "message" if _PEOPLE.search(named) else named or None
            if _ANY_ROOM.match(last) and memo.entry(_ROOMS, None):
                return "message"
    return None
