"""Which model the methods of a class work on that serves many: what its heir, or who makes it, gives it for ``self.model``; knows no database."""

from collections.abc import Iterator

from batten.facts.calls import Call, Function, Origin
from batten.link.callgraph import Code
from batten.link.lineage import classes_of
from batten.link.rows import singular
from batten.regex import regex

# As ``singular`` has it: ``model``, ``_model``, ``model_class``, ``model_cls``.
_OPEN = regex(r"(?:db)?(?:model|entity|table|document)(?:clas|cl|type)?$")
_NAMED_FOR = regex(r"^(?:CRUD|Base)|(?:Repository|Repo|Service|DAO|Dao|CRUD|Crud|Store|Manager)$")
_MAKES = "super.__init__"


def is_open(model: str) -> bool:
    """What rows are called after, as ``singular`` has it, is no model, but what holds one."""
    return _OPEN.match(model) is not None


def model_given(code: Code, path: str, function: Function, call: Call) -> tuple[str, str] | None:
    """The model that a method is called for, as a file names it, with that file: ``Invoice`` for ``InvoiceStore(db).get(id)``."""
    holder = call.callee.rpartition(".")[0]
    if "#" not in holder:
        return None
    home = code.home(path, holder)
    if home is not None:
        code.ask(home[0])
    held = code.bindings(home[0]).get(home[1]) if home is not None else None
    made = [each for each in function.calls if each.span == call.made_by]
    if home is not None and held is not None and not held.is_class:
        made += [*held.calls[:1]]
    for each in made:
        for name in _classes_handed(each):
            return (home[0] if home is not None and each not in function.calls else path), name
    target = code.target(path, holder)
    if target.path is None or target.rest or target.binding is None or not target.binding.is_class:
        return None
    for at, name in classes_of(code, target.path, target.name):
        found = next(_of_class(code, at, name), None)
        if found is not None:
            return at, found
    named = _NAMED_FOR.sub("", target.name.rpartition(".")[2])
    return (path, named) if named else None


def _of_class(code: Code, path: str, name: str) -> Iterator[str]:
    bindings, functions = code.bindings(path), code.functions(path)
    for key, field in bindings.items():
        if key.startswith(f"{name}.") and is_open(singular(key)) and _is_class(field.name):
            yield field.name or ""
    made = functions.get(f"{name}.__init__")
    for call in made.calls if made is not None else ():
        if call.callee == _MAKES:
            yield from _classes_handed(call)
    whole = bindings.get(name)
    yield from (each for each in (whole.types if whole is not None else ()) if _is_class(each))


def _classes_handed(call: Call) -> Iterator[str]:
    for argument in call.arguments:
        for source in argument.sources[:1]:
            if source.origin is Origin.NAME and _is_class(source.text):
                yield source.text


def _is_class(name: str | None) -> bool:
    module, _, steps = (name or "").rpartition("#")
    last = steps.rpartition(".")[2]
    return last[:1].isupper() and last[1:2].islower() and not module.startswith(("typing", "sqlalchemy", "sqlmodel", "pydantic"))
