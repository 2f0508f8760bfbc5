"""What stands before a handler has compared with its caller: fields of the input that only members may name; knows no database."""

from collections.abc import Iterable, Iterator

from batten.facts.calls import Argument, Call, Function, Guard, Origin, is_callers
from batten.facts.flows import Changed, Graph, Object
from batten.link.caller_values import CallerValues
from batten.link.callgraph import Code
from batten.link.guards import put_before
from batten.link.spelled import graph_of, spelled, spelled_whole
from batten.link.touches import chained
from batten.link.vouched import asks, is_of
from batten.regex import regex

_DEEPEST = 6
_VALIDATORS = "express-validator#"
_ID = regex(r"(?:^|[._])(?:id|_id|uuid)$|[a-z](?:Id|ID|Uuid)$|_(?:id|uuid)$")
# The input of a procedure, as it was sent or as a schema reads it.
_SENT = regex(r"[iI]nput\.|(?:[pP]arse|validate|cast)\w*\.(?:data\.|value\.|output\.)?|\.(?:args|body|params)\.")
_OF_INPUT = regex(r"@\w+\.(?:body|query|params)")
_HAS = regex(r"[#.](?:has|hasOwn|hasOwnProperty)$")
_NEXT = regex(r"(?:^|[@.#])next$")
# What is put into a row, or which of its columns are shown: no row is chosen by it.
_NO_FILTER = regex(r"\.(?:data|set|values|include|select|create|update|orderBy|cursor)(?:\.|$)")


SET = "="
"""Before the name of a field of the input that is no caller's any more: what stands before the handler puts who calls there."""


def compared_before(code: Code, callers: CallerValues, path: str, chain: Iterable[str]) -> frozenset[str]:
    """The fields of the input that what stands before a handler compares with its caller, and goes on for nobody else; those that it sets itself have a mark (``SET``)."""
    once = code.memo.once
    return frozenset(each for name in chain for each in once(("compared before", path, name), _compared_by, code, callers, path, name))


def is_validated(code: Code, callers: CallerValues, path: str, chain: Iterable[str]) -> bool:
    """A validator that stands before a handler looks up a row and compares it with the caller: ``check("id").custom(async (id, { req }) => …)``."""
    once = code.memo.once
    return any(once(("validated before", path, name), _validates, code, callers, path, name) for name in chain)


def _validates(code: Code, callers: CallerValues, path: str, name: str) -> bool:
    code.memo.look(path)
    home = code.home(path, name)
    binding = code.bindings(home[0]).get(home[1]) if home is not None else None
    if home is None or binding is None or not any(call.callee.startswith(_VALIDATORS) for call in binding.calls):
        return False
    return any(
        any(is_callers(each) and callers.says_who(home[0], inner, each) for each in guard.names)
        and any("#" in each and not is_callers(each) for each in guard.names)
        for inner in code.inner(*home)
        for guard in inner.guards
    )


def filters_by(fields: frozenset[str], chosen: Iterable[tuple[str, str]], call: Call, *, writes: bool) -> bool:
    """A request is about rows of the one that such a field names. ``chosen``: what of the request says which rows, with the slot that it stands in.

    ``writes``: that, or what becomes of the rows that it asks for, changes them.
    """
    chosen = list(chosen)
    # A record is named by all that stands in it, too.
    around = {(name, slot[:at]) for name, slot in chosen for at, char in enumerate(slot) if char == "."}
    alone = [each for each in chosen if each not in around]
    asked = [(name, slot) for name, slot in alone if name.rpartition(".")[2] in fields and not _NO_FILTER.search(slot)]
    told = writes and not asks(call) and any("." not in slot for _, slot in asked)
    # Where a call's records are not known, what stands in one may be what is written.
    return bool(asked) and (not told or all(name.rpartition(".")[2] in fields for name, _ in chosen))


def _compared_by(code: Code, callers: CallerValues, path: str, name: str) -> tuple[str, ...]:
    """What a name in a chain compares, which stands before many handlers of many files."""
    code.memo.look(path)
    once = code.memo.once
    found = [
        each
        for home, function in _functions(code, path, name)
        for each in once(("compared with callers", home, function.name), _compared, code, callers, home, function)
    ]
    return tuple(dict.fromkeys(found))


def _functions(code: Code, path: str, name: str) -> Iterator[tuple[str, Function]]:
    """The functions that a name in a chain puts before a handler, each with its file."""
    pending, seen = [(path, name, _DEEPEST)], set()
    while pending:
        home, each, left = pending.pop()
        if (home, each) in seen or not left:
            continue
        seen.add((home, each))
        target = code.target(home, each)
        if target.path is not None and target.function is not None:
            yield target.path, target.function
        else:
            pending += [(found, other, left - 1) for found, other in put_before(code, home, each)]


def _compared(code: Code, callers: CallerValues, path: str, function: Function) -> tuple[str, ...]:
    code.memo.look(path)
    return tuple(dict.fromkeys(_found(code, callers, path, function)))


def _found(code: Code, callers: CallerValues, path: str, function: Function) -> Iterator[str]:
    yield from _set(code, callers, path, function)
    for body in (function, *code.inner(path, function.name)):
        for guard in body.guards:
            if guard.rejects != "end" and not guard.inverted and not guard.either:
                compared = list(_compared_in(code, callers, path, body, guard)) if _goes_on(body) else []
                yield from compared if _lets_on(body, guard) else (each for each in compared if _is_asked_where_sent(body, guard, each))


def _compared_in(code: Code, callers: CallerValues, path: str, function: Function, guard: Guard) -> Iterator[str]:
    """The fields of the input that one test compares with the caller."""
    own = [name for name in guard.names if callers.says_who(path, function, name)]
    if own and len(guard.names) == len(own) + 1:  # ``input.teamId !== ctx.teamId``
        yield from _field(next(name for name in guard.names if name not in own))
    for call in function.calls:
        if any(is_of(name, call) for name in guard.names):
            yield from _looked_up(code, callers, path, function, call)


def _set(code: Code, callers: CallerValues, path: str, function: Function) -> Iterator[str]:
    """``req.body.userId = jwt.verify(token, SECRET).id``."""
    graph = graph_of(code, path, function)
    for call in graph.calls if graph is not None else ():
        if (
            graph is None
            or call.callee != "="
            or not call.arguments
            or not _OF_INPUT.fullmatch(spelled(graph, _unchanged(graph, call.receiver)) or "")
        ):
            continue
        said = spelled_whole(graph, call.arguments[0])
        if said is not None and callers.says_who(path, function, said):
            yield f"{SET}{call.method}"


def _unchanged(graph: Graph, number: int) -> int:
    """What was there before something was put into it."""
    while number >= 0 and isinstance(node := graph.nodes[number], Changed | Object):
        number = node.before if isinstance(node, Changed) else node.base
    return number


def _goes_on(function: Function) -> list[int]:
    return [call.span.start for call in function.calls if _NEXT.search(call.callee)]


def _lets_on(function: Function, guard: Guard) -> bool:
    return any(at in guard.reach for at in _goes_on(function))


def _is_asked_where_sent(function: Function, guard: Guard, field: str) -> bool:
    """The test is left out only where the field is not sent, and stands before all that goes on: ``if (has("teamId", input)) { … }``."""
    around = [each for each in function.guards if each.rejects == "end" and guard.place.span in each.reach]
    ends = max((each.reach.end for each in around), default=0)
    return bool(around) and all(at >= ends for at in _goes_on(function)) and all(_asks_for(function, each, field) for each in around)


def _asks_for(function: Function, guard: Guard, field: str) -> bool:
    """It passes where a field of the input is there, and asks for nothing else."""
    if guard.inverted or guard.either:
        return False
    if len(guard.names) == 1:
        return bool(_SENT.search(guard.names[0])) and guard.names[0].rpartition(".")[2] == field
    looks = (call for call in function.calls if call.span in guard.place.span and call.callee in guard.names)
    return any(_HAS.search(call.callee) and field in {argument.text for argument in call.arguments} for call in looks)


def _looked_up(code: Code, callers: CallerValues, path: str, function: Function, call: Call) -> Iterator[str]:
    """Fields by which something of the caller's is looked for: in what their session holds, or in the database."""
    of_session = callers.says_who(path, function, call.callee)
    given = list(call.arguments) if of_session else chained(function, call)
    if not of_session and not any(callers.is_own(path, function, argument, classes=False) for argument in given):
        return
    for argument in given:
        for source in argument.sources:
            if source.origin is Origin.NAME and source.text.startswith(f"#{function.name}."):
                inner = code.functions(path).get(source.text[1:])
                own = {name for parameter in inner.parameters for name in parameter.name.split(",")} if inner is not None else set()
                for result in inner.results if inner is not None else ():
                    others = [name for name in result.names if name[1:].partition(".")[0] not in own]
                    if len(others) == 1 and len(others) < len(result.names):  # ``(each) => each.id === input.teamId``
                        yield from _field(others[0])
            elif _SENT.search(source.text) or not callers.is_own(
                path, function, Argument("", None, (source,), argument.span), classes=False
            ):
                yield from _field(source.text)


def _field(name: str) -> Iterator[str]:
    if _SENT.search(name) and _ID.search(name):
        yield name.rpartition(".")[2]
