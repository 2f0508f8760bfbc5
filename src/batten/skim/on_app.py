"""What a file keeps on the app for its handlers, by name, read from the bytes: ``app.state.desk = Desk()``; what that is, and whether it is so, the code says."""

from collections.abc import Iterator

from batten.regex import regex

_NAME = rb"[A-Za-z_]\w{0,99}"
_HOLDER = rb"(?:\b(?:\w{0,40}(?:app|api)|application|g)|\.(?:state|ctx|extensions))"
_SET = regex(
    _HOLDER + rb"(?:\.(?P<name>" + _NAME + rb")|\[[\"'](?P<key>" + _NAME + rb")[\"']\])[ \t]{0,8}(?::[^=\n]{1,80})?=(?!=)"
    rb"|\bsetattr\([ \t]{0,8}[\w.]{1,80},[ \t]{0,8}[\"'](?P<text>" + _NAME + rb")[\"']"
)
_SET_BY_SERVER = regex(
    rb"\b(?:(?:app|application|server|fastify|instance)\.(?:locals|context|state)|(?:res|response|req|request|ctx|context)\.(?:locals|state)|req|request|ctx)\.(?P<name>"
    + _NAME
    + rb")[ \t]{0,8}=(?![=>])|\b(?:app|application|server|fastify|instance)\.(?:set|decorate)\([ \t]{0,8}[\"'](?P<key>"
    + _NAME
    + rb")[\"'][ \t]{0,8},"
)
_SAID_BY_SERVER = (b"req.", b"request.", b"ctx.", b".locals.", b".state.", b".context.", b".set(", b".decorate(")
# https://www.starlette.io/lifespan/#lifespan-state
_GIVEN = regex(rb"\byield[ \t]{1,8}\{(?P<entries>[^{}]{1,2000})")
_ENTRY = regex(rb"[\"'](?P<name>" + _NAME + rb")[\"'][ \t]{0,8}:")
# A file that keeps more than this is made by a program.
_MOST = 100


def kept_on_app(data: bytes) -> tuple[str, ...]:
    """The names, sorted, of all that may be kept there."""
    if not any(word in data for word in (b"app", b"g.", b"state", b"api", b"yield {")):
        return ()
    found: set[str] = set()
    for name in _names(data):
        found.add(name.decode())
        if len(found) >= _MOST:
            break
    return tuple(sorted(found))


def kept_for_requests(data: bytes) -> tuple[str, ...]:
    """The same of a server in JavaScript, with what it puts on each request: ``app.locals.desk = desk``, ``app.set("desk", desk)``, ``req.desk = desk``."""
    if not any(word in data for word in _SAID_BY_SERVER):
        return ()
    found = {(kept["name"] or kept["key"]).decode() for kept, _ in zip(_SET_BY_SERVER.finditer(data), range(10 * _MOST), strict=False)}
    return tuple(sorted(found)[:_MOST])


def _names(data: bytes) -> Iterator[bytes]:
    for kept in _SET.finditer(data):
        yield kept["name"] or kept["key"] or kept["text"]
    for given in _GIVEN.finditer(data):
        yield from (entry["name"] for entry in _ENTRY.finditer(given["entries"]))
