"""Sockets of Python's servers: events of Flask-SocketIO and python-socketio, consumers of Django Channels, chats of Chainlit; knows no other file.

https://docs.chainlit.io/authentication/overview
https://flask-socketio.readthedocs.io/ https://python-socketio.readthedocs.io/ https://channels.readthedocs.io/en/stable/topics/consumers.html
"""

import re
from collections.abc import Iterator

from batten.extract.declared import Declared, step, text
from batten.facts.calls import Binding, Call, Function
from batten.facts.routes import LAST, Endpoint, RouteKind
from batten.regex import regex
from batten.text import Place

# Also one that another file makes, or hands in, by the names that everyone gives it.
_SERVERS = regex(r"(?:flask_socketio#SocketIO|socketio#(?:Async)?Server|[#@](?:socket_?io|sio))\.(?:on|event)$")
_CONSUMER = regex(r"^channels\.generic\.websocket#(?:Async)?(?:Json)?WebsocketConsumer$")
_CHAT = "chainlit#on_message"
_SIGNS_IN = frozenset(("chainlit#password_auth_callback", "chainlit#header_auth_callback", "chainlit#oauth_callback"))
_OWN_EVENTS = frozenset(("connect", "disconnect", "error", "default_error_handler"))
_REFUSES = frozenset(("close", "disconnect", "ConnectionRefusedError"))
_RECEIVES = frozenset(("receive", "receive_json"))
# What is asked when the connection is made, or of each message, may be anything that leaves: who is let in then was meant to be.
_ASKED = "socket#asked"
_OF_CALLER = regex(r"scope|user|session|token|auth", re.IGNORECASE)
# What the session has to have, or this ends there: ``session["user_id"]``, ``session.get("user").id``.
_NEEDED = regex(r"^flask#session\.(?:get\.\w+$|(?!(?:get|pop|clear|update|setdefault|items|keys|values|modified|permanent)(?:\.|$))\w+)")


def extract_python(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares: one endpoint for each event, and for each consumer that listens."""
    return Declared((*_of_servers(path, functions), *_of_channels(functions, bindings), *_of_chats(functions)))


def _of_chats(functions: tuple[Function, ...]) -> Iterator[Endpoint]:
    """What answers the messages of a chat, which anyone may open where nothing signs people in."""
    names = {wrapper.callee for function in functions for wrapper in function.wrappers}
    for function in functions:
        if any(wrapper.callee == _CHAT for wrapper in function.wrappers):
            chain = () if names.isdisjoint(_SIGNS_IN) and not _asks(function) else (_ASKED,)
            yield Endpoint("chainlit", RouteKind.SOCKET, ("ANY",), "chat", "", f"#{function.name}", function.place, chain, LAST)


def _of_servers(path: str, functions: tuple[Function, ...]) -> Iterator[Endpoint]:
    found = [
        (function, wrapper, number)
        for function in functions
        for number, wrapper in enumerate(function.wrappers)
        if _SERVERS.search(wrapper.callee)
    ]
    asked = any(_event(function, wrapper) == "connect" and _turns_away(function) for function, wrapper, _ in found)
    for function, wrapper, number in found:
        event = _event(function, wrapper)
        if event in _OWN_EVENTS:
            continue
        inner = tuple(other.callee for other in function.wrappers[number + 1 :])
        chain = ((_ASKED,) if asked or _asks(function) else ()) + inner
        yield Endpoint(
            "socket.io", RouteKind.SOCKET, ("ANY",), event, wrapper.receiver or "", f"#{function.name}", Place(path, function.place.span), chain, LAST
        )  # fmt: skip


def _of_channels(functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Iterator[Endpoint]:
    classes = {binding.local for binding in bindings if binding.is_class and any(_CONSUMER.match(base) for base in binding.bases)}
    by_name = {function.name: function for function in functions}
    for function in functions:
        owner, _, name = function.name.rpartition(".")
        if owner in classes and name in _RECEIVES:
            connect = by_name.get(f"{owner}.connect")
            asked = (connect is not None and _turns_away(connect)) or _asks(function)
            chain = (_ASKED,) if asked else ()
            yield Endpoint("channels", RouteKind.SOCKET, ("ANY",), owner, "", f"#{function.name}", function.place, chain, LAST)


def _event(function: Function, wrapper: Call) -> str:
    named = text(wrapper, "0", "event") if step(wrapper) == "on" else None
    return named or function.name.rpartition(".")[2]


def _turns_away(function: Function) -> bool:
    """It leaves on some way, or refuses: then not everybody is let in."""
    refuses = any(result.empty and result.span.end > result.span.start for result in function.results)
    return bool(function.guards) or refuses or any(step(call) in _REFUSES for call in function.calls)


def _asks(function: Function) -> bool:
    needed = (source.text for call in function.calls for argument in call.arguments for source in argument.sources)
    return any(_OF_CALLER.search(name) for guard in function.guards for name in guard.names) or any(map(_NEEDED.match, needed))
