"""Which class stands behind a name that only says what can be asked of it: an interface, an abstract class, a token in a container of services.

Where several classes may stand there, it is the one that a container is told of; where that does not tell either, nobody can.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from batten.facts.calls import Argument, Binding, Call, Function, Origin, simple_name
from batten.facts.project import FileFacts
from batten.link.by_place import chain_of
from batten.link.heads import Heads
from batten.link.memo import Memo
from batten.regex import regex

# What more classes than these derive from is the base of a framework or of all models.
_MOST_HEIRS = 12
_MOST_LEVELS = 4
_CONSTRUCTORS = frozenset(("constructor", "__init__"))
# Classes that stand in for the true one where that is not wanted.
_STAND_IN = regex(r"mock|fake|stub|dummy|in_?memory|null(?!able)|no_?op|^test|test$", re.IGNORECASE)
_TELLS = frozenset(
    {
        "register", "registerSingleton", "registerType", "register_type", "registerClass", "add_transient", "add_scoped", "add_singleton", "bind",
        "set", "register_factory", "add", "rebind",
    }
)  # fmt: skip
_GIVEN = ("1.useClass", "1", "instance", "factory", "to", "1.useFactory", "1.useValue", "1.useToken")
_PROVIDED = frozenset({"useClass", "useExisting", "useFactory", "useValue"})
_SELF = "@self."
_NO_WORK = frozenset({"NotImplementedError", "Error"})

Home = tuple[str, str]
"""A file and the name of a class in it."""


class Names(Protocol):
    """What the files of the app say, as far as it matters here."""

    memo: Memo
    heads: Heads

    def head(self, path: str) -> FileFacts | None:
        """The imports and exports of a file."""

    def ask(self, path: str) -> None:
        """The code of the file is needed."""

    def functions(self, path: str) -> dict[str, Function]:
        """The functions of a file by name."""

    def bindings(self, path: str) -> dict[str, Binding]:
        """The names of its module."""

    def home(self, path: str, name: str) -> Home | None:
        """Where a name is defined."""


class _Told(NamedTuple):
    """What the containers of the app are told: what stands behind each token, and all classes that they hold."""

    by_token: dict[str, frozenset[Home]]
    classes: frozenset[Home]


def is_empty(function: Function) -> bool:
    """Whether a function only says what others are to do: it is marked as abstract, or does and gives nothing."""
    if any(simple_name(wrapper.callee) == "abstractmethod" for wrapper in function.wrappers):
        return True
    if function.name.rpartition(".")[2] in _CONSTRUCTORS:
        return False  # what makes an object may only keep what it is given, and is that of its own class
    works = any(call.callee not in _NO_WORK for call in function.calls)
    return not works and not function.guards and all(result.empty for result in function.results)


def is_stand_in(name: str) -> bool:
    """A class is called as those are that stand in for the true one where that is not wanted."""
    return _STAND_IN.search(name.partition(".")[0]) is not None


def behind(names: Names, path: str, name: str, member: str) -> Home | None:
    """The class that does what a member of an interface or of an abstract class says; None where that can't be told."""
    found: Home | None = names.memo.once(("behind", path, name, member), _behind, names, path, name, member)
    return found


def held_under(names: Names, token: str) -> Home | None:
    """The class that a container holds under a token."""
    told: _Told = names.memo.once(("told",), _told, names)
    return _best(told.by_token.get(token, frozenset()), told)


def _behind(names: Names, path: str, name: str, member: str) -> Home | None:
    able = frozenset(
        heir
        for heir in _heirs(names, (path, name))
        if (function := names.functions(heir[0]).get(f"{heir[1]}.{member}")) is not None and not is_empty(function)
    )
    if len(able) <= 1:
        return next(iter(able), None)
    told: _Told = names.memo.once(("told",), _told, names)
    return _best(told.by_token.get(name, frozenset()) & able or able, told)


def _best(homes: frozenset[Home], told: _Told) -> Home | None:
    """The only one, that which is no stand-in, or the only one that a container holds."""
    for chosen in (homes, {home for home in homes if not is_stand_in(home[1])}, homes & told.classes):
        if len(chosen) == 1:
            return next(iter(chosen))
    return None


def _heirs(names: Names, base: Home) -> list[Home]:
    """The classes of the app that derive from one, nearest first."""
    found: list[Home] = []
    near, levels = [base], _MOST_LEVELS
    while near and levels and len(found) <= _MOST_HEIRS:
        near = [heir for each in near for heir in _direct(names, each) if heir not in found and heir != base]
        found += dict.fromkeys(near)
        levels -= 1
    return found if len(found) <= _MOST_HEIRS else []


def _direct(names: Names, base: Home) -> list[Home]:
    path, name = base
    files = names.heads.deriving(name)
    if len(files) > _MOST_HEIRS:
        return []
    found: list[Home] = []
    for file in files:
        if file != path and not _may_know(names, file, name):
            continue
        names.ask(file)
        classes = [binding for binding in names.bindings(file).values() if binding.is_class]
        found += [(file, each.local) for each in classes if any(_is(names, file, one, base) for one in (*each.bases, *each.implements))]
    return found


def _may_know(names: Names, path: str, name: str) -> bool:
    """Whether a file imports a name, or a whole module that may have it."""
    file = names.head(path)
    return file is not None and any(entry.local == name or entry.name in ("*", "default") or not entry.local for entry in file.imports)


def _is(names: Names, path: str, name: str, base: Home) -> bool:
    if simple_name(name) != base[1] and "default" not in name:
        return False
    return (names.home(path, name) if "#" in name else (path, name)) == base


def _told(names: Names) -> _Told:
    """What all containers of the app are told."""
    by_token: dict[str, set[Home]] = {}
    for path in names.heads.telling():
        names.ask(path)
        for token, given in _registered(names.functions(path).values(), names.bindings(path).values()):
            home = next((found for name in given if (found := _class_of(names, path, name)) is not None), None)
            if home is not None:
                by_token.setdefault(token or home[1], set()).add(home)
    held = frozenset(home for homes in by_token.values() for home in homes)
    return _Told({token: frozenset(homes) for token, homes in by_token.items()}, held)


def _class_of(names: Names, path: str, name: str) -> Home | None:
    """The class that a name of a file is of, itself or as the method that makes it (``Shelf.create``)."""
    home = names.home(path, name)
    if home is None:
        return None
    names.ask(home[0])
    binding = names.bindings(home[0]).get(home[1])
    is_class = (binding is not None and binding.is_class) or any(each.startswith(f"{home[1]}.") for each in names.functions(home[0]))
    return home if is_class and "@" not in home[1] else None


def _registered(functions: Iterable[Function], bindings: Iterable[Binding]) -> Iterator[tuple[str, list[str]]]:
    """Each token with the names that may be the class behind it, in order."""
    for function in functions:
        for call in function.calls:
            last = simple_name(call.callee) or call.callee.rpartition("#")[2]
            given = {argument.slot: argument for argument in call.arguments}
            if last in ("to", "toService", "toSelf"):  # bind(TYPES.Shelf).to(Shelf)
                bound = next((each for each in chain_of(function, call) if each.callee.endswith(".bind")), None)
                told = bound.arguments[0] if bound is not None and bound.arguments else None
                if told is not None:
                    yield _token(told), _names(given.get("0") or told)
            elif last in _TELLS and "0" in given:
                of = next((given[slot] for slot in _GIVEN if slot in given), given["0"])
                yield _token(given["0"]), _names(of)
                yield from _entries(call)
            elif last in ("createContainer", "loadModules"):
                yield from _entries(call)
    for binding in bindings:
        for decorator in binding.decorators if binding.is_class else ():
            given = {argument.slot: argument for argument in decorator.arguments}
            for slot, argument in given.items():
                holder, _, last = slot.rpartition(".")
                provided = given.get(f"{holder}.provide") or given.get(f"{holder}.token")
                if last in _PROVIDED and provided is not None:
                    yield _token(provided), _names(argument)
                elif ".providers.[" in slot and last.startswith("["):
                    yield "", _names(argument)
        if not binding.is_class and binding.name is not None and ".providers." in binding.name.replace("#", "."):
            first = next((argument for call in binding.calls[:1] for argument in call.arguments if argument.slot == "0"), None)
            if first is not None:
                yield binding.local.rpartition(".")[2], _names(first)


def _entries(call: Call) -> Iterator[tuple[str, list[str]]]:
    """What awilix is told of: ``{ shelf: asClass(Shelf) }``."""
    for argument in call.arguments:
        if argument.slot.startswith("0.") and any(source.text.startswith("awilix#as") for source in argument.sources):
            yield argument.slot.partition(".")[2], _names(argument)


def _token(argument: Argument) -> str:
    """``"Shelf"``, ``TYPES.Shelf``, ``Shelf``: the last step of what something is kept under."""
    if argument.text is not None:
        return argument.text
    name = next((source.text for source in argument.sources if source.origin is Origin.NAME), "")
    return simple_name(name) or name.rpartition("#")[2]


def _names(argument: Argument) -> list[str]:
    own = [argument.name] if argument.name is not None else []
    return own + [source.text for source in argument.sources if source.origin in (Origin.NAME, Origin.CALL) and "#" in source.text]


def of_object(name: str, method: Function) -> str:
    """What a method of Python names of the object that it is called on, as a field of its class: ``return self.connection``."""
    kind = method.name.rpartition(".")[0]
    return f"#{kind}.{name.removeprefix(_SELF)}" if kind and name.startswith(_SELF) else name
