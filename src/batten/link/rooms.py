"""What listeners of sockets are sent, and the rooms that they let a socket into: from there on it hears what the server sends to them.

https://socket.io/docs/v4/rooms/
"""

from batten.facts.calls import Call, Function, Origin
from batten.regex import regex

_LISTENS = regex(r"(?:^@\w+\.(?:on|once|addEventListener)|@nestjs/websockets#SubscribeMessage)$")
_JOINS = regex(r"^@(?:socket|client|sock|s|conn|connection|ws)\.join$")
_ID = regex(r"_?(?:[iI]ds?|ID|_id|[uU]uid)$")
# Rooms of one person: what is sent there are messages to them.
_PEOPLE = regex(
    r"(?i:(?:current_?)?(?:user|account|member|receiver|recipient|customer|patient|student|driver|rider|seller|buyer|employee)(?:name)?)$"
)


def is_listener(function: Function) -> bool:
    """It is called with what others send over a socket."""
    return any(_LISTENS.search(wrapper.callee) for wrapper in function.wrappers)


def room_of(call: Call) -> str | None:
    """What a socket hears of from a call on, as a row of it would be called; None for other calls, and for rooms that nothing names."""
    if not _JOINS.match(call.callee):
        return None
    for argument in call.arguments[:1]:
        for source in argument.sources:
            last = source.text.rpartition(".")[2]
            if source.origin in (Origin.PROPERTY, Origin.PARAMETER) and _ID.search(last):
                named = _ID.sub("", last)
                return "message" if _PEOPLE.search(named) else named or None
    return None
