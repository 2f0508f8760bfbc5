"""Sockets of Node's servers: what socket.io, ws and gateways of NestJS do with what is sent to them; knows no other file.

https://socket.io/docs/v4/server-socket-instance/ https://github.com/websockets/ws/blob/master/doc/ws.md https://docs.nestjs.com/websockets/gateways
"""

import re
from collections.abc import Iterator

from batten.extract.declared import Declared, argument, functions_in, step, text
from batten.facts.calls import Binding, Call, Function
from batten.facts.routes import LAST, Endpoint, RouteKind
from batten.regex import regex
from batten.text import Place

_CONNECTS = frozenset(("connection", "connect"))
# Of the connection itself: nobody sends them.
_OWN_EVENTS = frozenset(("disconnect", "disconnecting", "close", "error", "open", "pong", "ping", "unexpected-response", "upgrade"))
_SERVER = regex(
    r"(?:^|[#.@:_])(?:io|wss|wsServer|ws_server|socketServer|webSocketServer|nsp|namespace)$|^(?:socket\.io|ws)#", re.IGNORECASE
)
_NEST = "@nestjs/websockets#SubscribeMessage"
_GUARDS = "@nestjs/common#UseGuards"


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares: one endpoint for each event that a server listens to on its sockets."""
    found: list[Endpoint] = []
    upgrades = tuple(
        name
        for function in functions
        for call in function.calls
        if step(call) == "on" and text(call, "0") == "upgrade"
        for name in functions_in(argument(call, "1"))[-1:]
    )
    for function in functions:
        for call in function.calls:
            if step(call) == "on" and text(call, "0") in _CONNECTS and call.receiver is not None and _is_server(call):
                for name in functions_in(argument(call, "1"))[-1:]:
                    found += _events(path, functions, call, name, upgrades)
    return Declared((*found, *_of_nest(path, functions, bindings)))


def _is_server(call: Call) -> bool:
    return any(_SERVER.search(name) for name in (call.receiver or "", call.callee.rpartition(".")[0]))


def _events(path: str, functions: tuple[Function, ...], connecting: Call, name: str, upgrades: tuple[str, ...]) -> Iterator[Endpoint]:
    """The events that the handler of a connection listens to on its socket, or hands the socket on to listen to."""
    accepting = next((function for function in functions if name == f"#{function.name}"), None)
    socket = accepting.parameters[0].name if accepting is not None and accepting.parameters else None
    for call in accepting.calls if accepting is not None and socket else ():
        event = text(call, "0")
        handler = functions_in(argument(call, "1"))[-1:]
        listens = (
            step(call) in ("on", "addEventListener") and call.receiver == f"@{accepting.name if accepting is not None else ''}:{socket}"
        )
        if listens and event is not None and event not in _OWN_EVENTS and handler:
            by_socket_io = not connecting.callee.startswith("ws#") and event not in ("message", "data")
            yield Endpoint(
                "socket.io" if by_socket_io else "ws", RouteKind.SOCKET, ("ANY",), event, connecting.receiver or "", handler[0],
                Place(path, call.span), upgrades, LAST, within=name,
            )  # fmt: skip


def _of_nest(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Iterator[Endpoint]:
    """``@SubscribeMessage("send")``; guards of HTTP routes that the whole application has do not run here."""
    classes = {binding.local: binding for binding in bindings if binding.is_class}
    for function in functions:
        for wrapper in function.wrappers:
            if wrapper.callee == _NEST:
                owner = classes.get(function.name.rpartition(".")[0])
                decorators = (*(owner.decorators if owner is not None else ()), *function.wrappers)
                guards = tuple(
                    name
                    for each in decorators
                    if each.callee == _GUARDS
                    for a in each.arguments
                    if a.slot.isdigit()
                    for name in functions_in(a)[:1]
                )
                accepting = f"{function.name.rpartition('.')[0]}.handleConnection"
                asks = tuple(f"#{each.name}" for each in functions if each.name == accepting and (each.guards or each.calls))
                event = text(wrapper, "0") or function.name.rpartition(".")[2]
                yield Endpoint(
                    "nestjs-gateway", RouteKind.SOCKET, ("ANY",), event, "", f"#{function.name}", Place(path, wrapper.span), (*guards, *asks)
                )  # fmt: skip
