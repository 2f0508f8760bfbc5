"""What handlers are given by the app that they are of: ``request.app.state.desk``, ``current_app.desk``, ``request.app["desk"]``, ``g.desk``; told by who keeps it there.

Where several things of the app are kept under one name it is that of the file which is nearest in the tree, or the one that is no stand-in, or nobody can tell.
"""

from collections.abc import Iterator
from itertools import takewhile
from typing import Protocol

from batten.code.names import join
from batten.facts.calls import ON_APP, ON_G, ON_REQUEST, ON_STATE, Function, is_callers
from batten.link.instances import Names, is_stand_in
from batten.regex import regex

_STEPS = r"\.(?P<key>[A-Za-z_]\w*)(?:\.(?P<rest>.+))?$"
_PLACES = (
    (
        ON_APP,
        regex(
            r"(?:^|[#@.])(?:app|application|current_app|FastAPI|Starlette|Flask|Quart|Sanic|Application|Litestar)(?:\.(?:state|ctx|extensions))?"
            + _STEPS
        ),
    ),
    (ON_STATE, regex(r"(?:^|[#@.])(?:[rR]equest|[wW]eb[sS]ocket|ws)\.state" + _STEPS)),
    (ON_G, regex(r"^(?:flask|quart)#g" + _STEPS)),
)
# What servers of JavaScript are called, where they keep things, and what their handlers are given.
_SERVERS = frozenset(("app", "application", "server", "fastify", "instance", "express#default", "fastify#default", "koa#default"))
_SPACES = frozenset(("locals", "context", "state"))
_OF_REQUESTS = frozenset(("@req", "@request", "@res", "@response", "@ctx", "@context"))
# More than these under one name can't be told apart.
_MOST = 4
_MOST_FILES = 12


class Found(Protocol):
    """What a name denotes."""

    @property
    def path(self) -> str | None:
        """Of the file that defines it."""

    @property
    def name(self) -> str:
        """Of the function, or of what is outside."""

    @property
    def rest(self) -> str:
        """The steps after it."""

    @property
    def known(self) -> bool:
        """Whether there is such a thing."""

    @property
    def function(self) -> Function | None:
        """The function that it is."""


class Code(Names, Protocol):
    """The code of the app, as far as it matters here."""

    def target(self, path: str, name: str, hops: int = ...) -> Found:
        """What a name of a file denotes."""


def kept_on_app(code: Code, path: str, name: str, hops: int) -> tuple[str, str] | None:
    """The file, and the name in it, that a name of a file stands for as something is kept under it; None for all others, and where that can't be told."""
    found: dict[tuple[str | None, str], tuple[str, str]] = {}
    # Half the hops: what is kept may be taken of something else that is.
    for file, each in _ways(code, path, name) if hops > 1 else ():
        one = code.target(file, each, hops // 2)
        # Of packages in a scope the name begins as that of a parameter does.
        outside = not is_callers(one.name) or "/" in one.name.partition(".")[0]
        if one.known and (outside if one.path is None else one.function is not None and not one.rest):
            found[one.path, one.name] = (file, each)
    best = [way for (_, meant), way in found.items() if len(found) == 1 or not is_stand_in(meant)]
    return best[0] if len(best) == 1 else None


def _ways(code: Code, path: str, name: str) -> list[tuple[str, str]]:
    """What is kept under a name, by file: of the files that keep it the nearest in the tree count."""
    for space, key, rest in _asked_of_app(name) if path.endswith(".py") else _asked_of_server(name):
        files = code.heads.keeping(key)
        if not files or len(files) > _MOST_FILES:
            continue
        kept = [(file, each) for file in files for each in _kept_in(code, file, f"{space}.{key}")]
        nearest = max((_nearness(path, file) for file, _ in kept), default=0)
        found = [(file, join(each, [rest] if rest else [])) for file, each in kept if _nearness(path, file) == nearest]
        return found if len(found) <= _MOST else []
    return []


def _asked_of_app(name: str) -> Iterator[tuple[str, str, str | None]]:
    for space, pattern in _PLACES:
        if (asked := pattern.search(name)) is not None:
            yield space, asked["key"], asked["rest"]


def _asked_of_server(name: str) -> Iterator[tuple[str, str, str | None]]:
    """``req.app.locals.desk``, ``request.server.desk``, ``req.desk``."""
    steps = name.split(".")
    of_server = next((at for at, step in enumerate(steps[:_MOST]) if step.removeprefix("@").removeprefix("#") in _SERVERS), None)
    for space, at in ((ON_APP, of_server), (ON_REQUEST, 0 if steps[0] in _OF_REQUESTS else None)):
        if at is not None:
            after = at + 2 if steps[at + 1 : at + 2] and steps[at + 1] in _SPACES else at + 1
            if after < len(steps):
                yield space, steps[after], ".".join(steps[after + 1 :]) or None


def _kept_in(code: Code, file: str, local: str) -> list[str]:
    code.ask(file)
    binding = code.bindings(file).get(local)
    return [source.text for source in binding.sources] if binding is not None else []


def _nearness(path: str, other: str) -> int:
    """How many folders two files share."""
    pairs = zip(path.split("/")[:-1], other.split("/")[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
