"""What a value holds that a function is handed: by a dependency, by an annotation, by who makes the object or calls the function around it."""

from collections.abc import Iterator

from batten.facts.calls import INJECTING, Argument, Call, Function, Origin, is_callers, simple_name
from batten.link.callgraph import Code, Target
from batten.link.decorated import step_on_given
from batten.link.given_statements import driver_asked
from batten.link.instances import held_under, is_stand_in
from batten.regex import regex

_ANNOTATED = ("typing.Annotated.[].", "typing_extensions.Annotated.[].")
_DEPENDS = INJECTING | {"Inject", "Provide", "FromDishka", "Injected"}
# Of https://docs.nestjs.com/recipes/cqrs: what is asked for is an object of a class, and what does it says so in a decorator.
_BUSES = ("@nestjs/cqrs.CommandBus.", "@nestjs/cqrs.QueryBus.", "@nestjs/cqrs.EventBus.")
_CQRS = "@nestjs/cqrs"
_HANDLERS = {"CommandHandler": "execute", "QueryHandler": "execute", "EventsHandler": "handle"}
# Methods of collections that nothing else is called by: https://pymongo.readthedocs.io/en/stable/api/pymongo/collection.html
_OF_MONGO = regex(r"\.(?:(?:insert|update|delete)_(?:one|many)|replace_one|find_one(?:_and_(?:update|replace|delete))?)$")
# What the host binds, under names that are all but always these, in a type that the app writes down itself: https://developers.cloudflare.com/d1/worker-api/, https://developers.cloudflare.com/workers-ai/configuration/bindings/
_OF_WORKERS = regex(r"\.(?:(?:DB|D1)\.prepare|AI\.(?:run|autorag\.aiSearch|gateway\.run))\.?$")
# What a server hands its handlers is of the request, whoever else calls them.
_OF_REQUESTS = frozenset(
    ("req", "res", "request", "response", "ctx", "context", "c", "next", "event", "reply", "self", "cls", "this", "socket", "interaction")
)
# What texts, lists, tables, nodes and errors are asked for, which are no client of anything.
_OF_VALUES = frozenset(
    (
        "map", "filter", "forEach", "reduce", "find", "some", "every", "join", "split", "slice", "push", "pop", "shift", "concat", "includes", "indexOf", "sort", "flat", "flatMap",
        "keys", "values", "entries", "items", "has", "set", "append", "extend", "add", "clear", "copy", "toString", "toISOString", "toLowerCase", "toUpperCase", "toFixed", "trim", "strip",
        "replace", "replaceAll", "startsWith", "endsWith", "startswith", "endswith", "lower", "upper", "format", "encode", "decode", "match", "test", "then", "catch", "at", "getTime",
        "status", "json", "text", "send", "header", "headers", "setHeader", "preventDefault", "addEventListener", "appendChild", "querySelector", "parse", "safeParse", "optional", "min", "max",
    )
)  # fmt: skip
# What hands a function the transaction to do its work in: https://firebase.google.com/docs/firestore/manage-data/transactions
_RUNS = frozenset(("runTransaction", "run_transaction"))
MAKERS = ("constructor", "__init__")
"""The methods that an object of a class is made by."""
# What is made or called in more files than these is handed many things.
_MOST_FILES = 12


def meant(code: Code, path: str, function: Function, call: Call) -> Target:
    """What a call is a call of, also where its name is that of something that was handed in."""
    target = code.target(path, call.callee)
    if target.path is not None:
        return _by_method(target) or driver_asked(code, target, call) or target
    if target.name.startswith(_BUSES):
        return _handler_of(code, path, call) or target
    if target.name.startswith(_ANNOTATED):
        return _annotated(code, path, call.callee) or target
    given = step_on_given(code, call.callee)
    if given is not None or not is_callers(call.callee):
        return given or target
    name, _, rest = call.callee[1:].partition(".")
    if not rest:
        return target
    found: Target | None = code.memo.once(
        ("supplied", path, function.name, call.receiver, name, rest), _supplied, code, path, function, call.receiver or "", name, rest
    )
    return found or target


def _by_method(target: Target) -> Target | None:
    """What an object of the app's own is asked for that only a driver has: it stands for one, by its ``__getattr__`` or in a way that is not understood."""
    if target.function is None and target.binding is None and not target.known and _OF_WORKERS.search(f"{target.name}.{target.rest}"):
        return Target(None, f"@{target.name}")
    if target.function is not None or not target.rest or not (target.path or "").endswith(".py"):
        return None
    return Target(None, f"pymongo.{target.rest}") if _OF_MONGO.search(target.rest) else None


def _annotated(code: Code, path: str, name: str) -> Target | None:
    """What an annotation stands for that says more than a type: ``SessionDep = Annotated[Session, Depends(get_session)]``."""
    module, _, steps = name.rpartition("#")
    first, _, rest = steps.partition(".")
    home = code.home(path, f"{module}#{first}")
    binding = code.bindings(home[0]).get(home[1]) if home is not None else None
    kind = next((source.text for source in binding.sources[1:2] if source.origin is Origin.NAME), None) if binding is not None else None
    return None if home is None or kind is None else code.target(home[0], f"{kind}.{rest}" if rest else kind)


def _handler_of(code: Code, path: str, call: Call) -> Target | None:
    """The method that a command, query or event on a bus comes to."""
    asked = next((source.text for given in call.arguments[:1] for source in given.sources if source.origin is Origin.CALL), None)
    home = code.home(path, asked) if asked is not None else None
    if home is None:
        return None
    for file in code.heads.naming(home[1]):
        head = code.head(file)
        marks = {entry.name for entry in head.imports if entry.module == _CQRS} & _HANDLERS.keys() if head is not None else set()
        if not marks or code.is_test(file):
            continue
        code.ask(file)
        for binding in code.bindings(file).values():
            for mark in binding.decorators if binding.is_class else ():
                does = f"{binding.local}.{_HANDLERS.get(simple_name(mark.callee), '')}"
                named = [source.text for given in mark.arguments for source in given.sources if "#" in source.text]
                if does in code.functions(file) and any(code.home(file, name) == home for name in named):
                    return Target(file, does, function=code.functions(file)[does])
    return None


def _supplied(code: Code, path: str, function: Function, receiver: str, name: str, rest: str) -> Target | None:
    own = next((each for each in function.parameters if name in each.name.split(",")), None)
    if own is not None:
        wanted = [
            source.text
            for call in own.calls
            if simple_name(call.callee) in _DEPENDS
            for given in call.arguments
            for source in given.sources
        ]
        if function.parameters[0] is own and (
            runs := next((each for each in function.wrappers if simple_name(each.callee) in _RUNS), None)
        ):
            begun = code.target(path, runs.callee)
            return Target(None, f"{begun.name}.{rest}") if begun.path is None and begun.known else None
        named = "@" not in function.name and name not in _OF_REQUESTS and simple_name(rest) not in _OF_VALUES
        return (
            _first(code, [(path, each) for each in wanted], rest) if wanted or not named else _handed(code, path, function.name, name, rest)
        )
    around = function.name
    if receiver.startswith("#"):
        maker = receiver[1:].rpartition(".")[0]
        return _handed(code, path, maker, name, rest)
    while "." in around:
        around = around.rpartition(".")[0]
        outer = code.functions(path).get(around)
        if outer is not None and any(name in each.name.split(",") for each in outer.parameters):
            return _handed(code, path, around, name, rest)
    return None


def _handed(code: Code, path: str, maker: str, name: str, rest: str) -> Target | None:
    """What all who make an object of a class, or call a function, hand it under a name."""
    made = parameter_of(code, path, maker, name)
    if made is None:
        return None
    found: set[tuple[str, str]] = set()
    outside: set[str | None] = set()
    key = ("handed over", path, maker, name)
    for file, _, names in code.memo.once(key, lambda: [*handed_over(code, path, maker, name, *made)]):
        target = _first(code, [(file, each) for each in names], rest)
        if target is not None and target.path is not None and not is_stand_in(target.name):
            found.add((target.path, target.name))
        elif target is None:
            outside.add(_outside(code, file, names, rest))
    if len(found) == 1:
        home, member = next(iter(found))
        return Target(home, member, function=code.functions(home)[member])
    only = next(iter(outside), None) if len(outside) == 1 and not found else None
    if only is not None:
        return Target(None, only)
    # What a container makes is given by name what it holds under that name.
    held = held_under(code, name) if not found else None
    return None if held is None else _first(code, [(held[0], f"#{held[1]}")], rest)


def parameter_of(code: Code, path: str, maker: str, name: str) -> tuple[int, bool] | None:
    """The number of a parameter of what makes an object of a class, or of a function, and whether it is taken apart; None where it has none of that name."""
    functions = code.functions(path)
    made = next((functions[f"{maker}.{each}"] for each in MAKERS if f"{maker}.{each}" in functions), functions.get(maker))
    if made is None:
        return None
    method = made.name != maker and path.endswith(".py")
    parameters = made.parameters[1:] if method else made.parameters
    at = next((number for number, each in enumerate(parameters) if name in each.name.split(",")), None)
    return None if at is None else (at, "," in parameters[at].name or not parameters[at].name.isidentifier())


def handed_over(code: Code, path: str, maker: str, name: str, at: int, taken_apart: bool) -> Iterator[tuple[str, Call, list[str]]]:
    """What each who makes an object of a class, or calls a function, hands it under a name: the file, the call and the names of it."""
    for file, _, call in callers_of(code, path, maker):
        yield file, call, roots(filling(call, name, at, taken_apart))


def filling(call: Call, name: str, at: int, taken_apart: bool) -> Argument | None:
    """The argument of a call that fills a parameter."""
    given = {argument.slot: argument for argument in call.arguments}
    return given.get(name) or given.get(f"{at}.{name}") or (None if taken_apart else given.get(str(at)))


def callers_of(code: Code, path: str, name: str) -> Iterator[tuple[str, Function, Call]]:
    """The calls of a function or class of a file and where they stand, in all that import it and its own; none where they are too many."""
    knowing = (*code.heads.naming(name.partition(".")[0]), *code.heads.deriving(name), *_importing(code, path, name))
    files = [each for each in dict.fromkeys(knowing) if each != path and not code.is_test(each)]
    if len(files) > _MOST_FILES:
        return
    for file in (path, *files):
        code.ask(file)
        for function in code.functions(file).values():
            for call in function.calls:
                may_be = "#" in call.callee and simple_name(call.callee) in (simple_name(name), "default", "")
                above = call.callee == "super" and function.name.endswith(".constructor")
                if (may_be and code.home(file, call.callee) == (path, name)) or (above and _derives(code, file, function, (path, name))):
                    yield file, function, call


def _importing(code: Code, path: str, name: str) -> Iterator[str]:
    """The files that import what a file exports as a whole, which they may call as they like."""
    file = code.head(path)
    if file is None or not any(export.name == "default" and (export.local or "default") == name for export in file.exports):
        return
    folder, _, last = path.rpartition("/")
    stem = last.partition(".")[0]
    for called in (stem, folder.rpartition("/")[2]) if stem == "index" else (stem,):
        yield from (at for at, module in code.heads.importing(called) if code.module(at, module) == path)


def _derives(code: Code, path: str, constructor: Function, base: tuple[str, str]) -> bool:
    """The class of a constructor is made of another."""
    binding = code.bindings(path).get(constructor.name.rpartition(".")[0])
    return binding is not None and any("#" in each and code.home(path, each) == base for each in binding.bases)


def roots(argument: Argument | None) -> list[str]:
    """What an argument is called here, and the names that its value comes from."""
    if argument is None:
        return []
    own = [argument.name] if argument.name is not None else []
    return own + [source.text for source in argument.sources if source.origin in (Origin.NAME, Origin.CALL) and "#" in source.text]


def _first(code: Code, names: list[tuple[str, str]], rest: str) -> Target | None:
    """The first of the names that has such a step."""
    for path, name in names:
        target = code.target(path, f"{name}.{rest}" if not name.endswith("#") else f"{name}{rest}")
        if target.function is not None and not target.rest:
            return target
    return None


def _outside(code: Code, path: str, names: list[str], rest: str) -> str | None:
    """What a step on the first of the names is where none is of the app's own: ``knex.where.del`` of a client that is handed over."""
    for name in names:
        if name.startswith("#") and name[1:].rpartition(".")[0] in code.functions(path):
            continue  # a variable of the function that hands it over, no step on what that gives
        target = code.target(path, f"{name}.{rest}" if not name.endswith("#") else f"{name}{rest}")
        # Of packages in a scope the canonical name begins as that of a parameter does: ``@langchain/langgraph.StateGraph``.
        if target.path is None and target.known and (not is_callers(target.name) or "/" in target.name.partition(".")[0]):
            return target.name
    return None
