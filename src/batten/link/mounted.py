"""Applications and handlers that a package makes, as the end of a route: whether they are for agents, and what they were made with."""

from collections.abc import Iterator

from msgspec import structs

from batten.facts.calls import Argument, Call, parted
from batten.facts.vocabulary import Meaning, Vocabulary
from batten.link.callgraph import Code
from batten.text import Place


def made_for_agents(path: str, handler: str, place: Place, code: Code, vocabulary: Vocabulary) -> tuple[str, Place] | None:
    """What makes a handler that serves tools (``createMcpHandler(…)``, ``mcp.http_app()``) and where; None for all others, and where the package checks who calls."""
    for at, call in _makers(path, handler, place, code):
        name = code.target(at, call.callee).name
        given = (*call.arguments, *_of_receiver(at, call, code))
        if any(row.means is Meaning.SERVES_TOOLS and row.applies(given) for row in vocabulary.calls.lookup(name)):
            return name, Place(at, call.span)
    return None


def _makers(path: str, handler: str, place: Place, code: Code) -> Iterator[tuple[str, Call]]:
    """The calls that give a handler: those of its binding, or one that stands where it is handed over."""
    home = code.home(path, handler) if "." not in parted(handler)[1] else None
    binding = code.bindings(home[0]).get(home[1]) if home is not None else None
    if binding is not None and home is not None:
        for call in binding.calls:
            yield home[0], call
    file = code.file(path) if binding is None and not handler.startswith("#") else None
    for function in file.functions if file is not None else ():
        for call in function.calls:
            if call.callee == handler and (call.span in place.span or place.span in call.span):
                yield path, call


def _of_receiver(path: str, call: Call, code: Code) -> Iterator[Argument]:
    """What that was made with which a method is called on, under ``self``."""
    home = code.home(path, call.receiver) if call.receiver is not None else None
    binding = code.bindings(home[0]).get(home[1]) if home is not None else None
    for maker in binding.calls[:1] if binding is not None else ():
        for argument in maker.arguments:
            yield structs.replace(argument, slot=f"self.{argument.slot}")
