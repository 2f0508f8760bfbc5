"""The entities of TypeORM: what their columns are, and which of them a repository, a manager or a query reads; knows nothing of answers.

https://typeorm.io/docs/entity/entities https://typeorm.io/docs/working-with-entity-manager/repository-api
"""

from itertools import dropwhile
from typing import NamedTuple

from batten.facts.calls import Argument, Binding, Call, Origin, parted, simple_name
from batten.facts.flows import SELF, Changed, Checked, Field, FlowCall, Given, Graph, Named, Result, name_of
from batten.link.callgraph import Code
from batten.link.lineage import classes_of

_MODULE = "typeorm"
_ENTITIES = frozenset(("Entity", "ChildEntity", "ViewEntity"))
_LINKS = frozenset(("OneToOne", "ManyToOne", "OneToMany", "ManyToMany"))
_TO_MANY = frozenset(("OneToMany", "ManyToMany"))
# What runs on each entity that is read may take out of it what it likes.
_AFTER_READING = frozenset(("AfterLoad",))
_OF_REPOSITORY = frozenset(("EntityRepository",))
_GIVES_REPOSITORY = frozenset(("getRepository", "getTreeRepository", "getMongoRepository"))
_SAME = frozenset(("extend", "withRepository"))
_STEPS = 20

Home = tuple[str, str]
"""A file, and the name of a class in it."""


class Columns(NamedTuple):
    """What an entity is made of.

    ``hidden`` are the columns that no query gives unless it asks for them by name; ``links`` are the fields that lead to other entities, with ``[]`` where they
    lead to many, and those that are ``eager`` come along with each query.
    """

    fields: tuple[str, ...]
    hidden: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    eager: tuple[str, ...]


class Entities:
    """Answers what classes and values of an app are to TypeORM."""

    def __init__(self, code: Code) -> None:
        self._code = code

    def columns(self, path: str, binding: Binding) -> Columns | None:
        """The columns of a class; None where it is no entity, or says itself how it is written out."""
        if not any(_is_one(mark, _ENTITIES) for mark in binding.decorators):
            return None
        fields: dict[str, tuple[str, Binding]] = {}
        for at, name in classes_of(self._code, path, binding.local):
            if self._writes_out(at, name):
                return None
            for local, each in self._code.bindings(at).items():
                owner, _, field = local.rpartition(".")
                if owner == name and each.decorators:
                    fields.setdefault(field, (at, each))
        links = {field: each for field, each in fields.items() if any(_is_one(mark, _LINKS) for mark in each[1].decorators)}
        columns = {field: each for field, (_, each) in fields.items() if field not in links}
        return Columns(
            tuple(columns),
            tuple(field for field, each in columns.items() if _option(each, "select") == "false"),
            tuple((field, target) for field, (at, each) in links.items() if (target := self._target(at, each)) is not None),
            tuple(field for field, (_, each) in links.items() if _option(each, "eager") == "true"),
        )

    def _writes_out(self, path: str, name: str) -> bool:
        """The class says what of it is shown."""
        functions = self._code.functions(path)
        return f"{name}.toJSON" in functions or any(
            function.name.rpartition(".")[0] == name and any(_is_one(mark, _AFTER_READING) for mark in function.wrappers)
            for function in functions.values()
        )

    def _target(self, path: str, field: Binding) -> str | None:
        """The entity that a field leads to, by its name."""
        name = field.types[0] if field.types else field.name
        home = self._code.home(path, name) if name is not None and "#" in name else None
        if home is None:
            return None
        self._code.ask(home[0])
        return f"{home[1]}[]" if any(_is_one(mark, _TO_MANY) for mark in field.decorators) else home[1]

    def read_by(self, path: str, graph: Graph, number: int) -> Home | None:
        """The class whose rows a value gives: an entity itself, or a repository of it; None where it is neither."""
        for _ in range(_STEPS):
            match graph.nodes[number] if number >= 0 else None:
                case Checked(of=inner) | Changed(before=inner):
                    number = inner
                case Named(name=name):
                    return self._of_name(path, name)
                case Given(index=index) if index == SELF:
                    return self._of_class(path, graph.function.partition(".")[0])
                case Field(of=inner, key=key) if _is_self(graph, inner):
                    found = self._code.bindings(path).get(f"{graph.function.partition('.')[0]}.{key}")
                    return self._of_binding(path, found) if found is not None else None
                case Result(call=index):
                    call = graph.calls[index]
                    if call.method in _SAME:
                        number = call.receiver
                        continue
                    return self.named(path, graph, call) if call.method in _GIVES_REPOSITORY else None
                case _:
                    return None
        return None

    def named(self, path: str, graph: Graph, call: FlowCall) -> Home | None:
        """The class that a call is given first: ``manager.find(User, …)``."""
        name = name_of(graph.nodes, call.arguments[0]) if call.arguments else None
        return self._class(path, name) if name is not None else None

    def _of_name(self, path: str, name: str) -> Home | None:
        home = self._code.home(path, name)
        if home is None:
            return None
        self._code.ask(home[0])
        binding = self._code.bindings(home[0]).get(home[1])
        if binding is None:
            return None
        return home if binding.is_class else self._of_binding(home[0], binding)

    def _of_class(self, path: str, name: str) -> Home | None:
        """The entity that a class of queries is for, where it is not one itself."""
        binding = self._code.bindings(path).get(name)
        if binding is None or not binding.is_class:
            return None
        mark = next((mark for mark in binding.decorators if _is_one(mark, _OF_REPOSITORY)), None)
        given = next(iter(mark.arguments), None) if mark is not None else None
        name_given = _named(given) if given is not None else None
        return (path, name) if mark is None else self._class(path, name_given) if name_given is not None else None

    def _of_binding(self, path: str, binding: Binding) -> Home | None:
        """What a name stands for that was made a repository, or is one by its type."""
        made = next(dropwhile(lambda call: simple_name(call.callee) in _SAME, binding.calls), None)
        if made is not None and simple_name(made.callee) in _GIVES_REPOSITORY:
            given = next((each for each in made.arguments if each.slot == "0"), None)
            name = _named(given) if given is not None else None
            return self._class(path, name) if name is not None else None
        module, kind = parted(binding.name or "")
        if module == _MODULE and kind.partition(".")[0].endswith("Repository") and binding.types:
            return self._class(path, binding.types[0])
        home = self._code.home(path, binding.name) if binding.name is not None and module != _MODULE else None
        if home is None:
            return None
        self._code.ask(home[0])
        return self._of_class(*home)

    def _class(self, path: str, name: str) -> Home | None:
        home = self._code.home(path, name)
        if home is None:
            return None
        self._code.ask(home[0])
        binding = self._code.bindings(home[0]).get(home[1])
        return home if binding is not None and binding.is_class else None


def _is_self(graph: Graph, number: int) -> bool:
    node = graph.nodes[number] if number >= 0 else None
    return type(node) is Given and node.index == SELF


def _is_one(mark: Call, names: frozenset[str]) -> bool:
    module, name = parted(mark.callee)
    return module == _MODULE and name in names


def _option(field: Binding, name: str) -> str | None:
    """What an option of the decorators of a field says: ``@Column({ select: false })``."""
    slots = (f"0.{name}", f"1.{name}", f"2.{name}")
    return next((argument.text for mark in field.decorators for argument in mark.arguments if argument.slot in slots), None)


def _named(argument: Argument) -> str | None:
    if argument.name is not None:
        return argument.name
    return next((source.text for source in argument.sources if source.origin is Origin.NAME and "#" in source.text), None)
