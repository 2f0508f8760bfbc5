"""Which model a class or function works on that serves many, in Python and JavaScript; knows no database.

Two questions are asked of what is given to it for ``self.model``: which one it is for a call of a method, by who makes that object or heirs the class (``model_given``),
and which one it is in the method itself, where all who make such objects give the same (``model_held``).
"""

from collections.abc import Iterator

from batten.facts.calls import Call, Function, Origin, is_callers
from batten.link.callgraph import Code
from batten.link.lineage import classes_of
from batten.link.rows import row_of, singular, table_of
from batten.link.supplied import MAKERS, filling, handed_over, parameter_of, roots
from batten.regex import regex

# As ``singular`` has it: ``model``, ``_model``, ``model_class``, ``model_cls``.
_OPEN = regex(r"(?:db)?(?:model|entity|table|document)(?:clas|cl|type)?$")
_NAMED_FOR = regex(r"^(?:CRUD|Base)|(?:Repository|Repo|Service|DAO|Dao|CRUD|Crud|Store|Manager)$")
_OF_ENTITIES, _OF_DOCUMENTS = regex(r"(?<=[a-z])Entity$"), regex(r"(?<=[a-z])(?:Entity|Document)$")
# What a constructor calls that hands on to the one of its base.
_MAKES = ("super.__init__", "super")


def is_open(model: str) -> bool:
    """What rows are called after, as ``singular`` has it, is no model, but what holds one."""
    return _OPEN.match(model) is not None


def typed_model(code: Code, path: str, call: Call) -> str | None:
    """The model of the field that a request to the database is made on, by its qualified name, as the type of the field says: ``Repository<Shelf>``."""
    field = code.bindings(path).get(call.receiver.removeprefix("#")) if call.receiver is not None and "." in call.receiver else None
    return field.types[0] if field is not None and field.types else None


def called_by_type(call: Call, typed: str) -> str:
    """What rows are called of a class that says what it is, too: ``UserEntity``, ``Model<UserDocument>``."""
    return (_OF_DOCUMENTS if call.callee.startswith("mongoose#") else _OF_ENTITIES).sub("", called(typed))


def rows_named(code: Code, path: str, function: Function, call: Call, *, held: bool) -> str | None:
    """What the rows of a request are called: by the type of the field that it is made on, as it is written, or (``held``) by what a session is handed."""
    typed = typed_model(code, path, call)
    if typed is not None:
        return called_by_type(call, typed)
    return table_of(function, call) or (row_of(path, function, call) if held else None)


def model_held(code: Code, path: str, call: Call) -> tuple[str, str] | None:
    """The model that a request to the database is made on by the name of a field or parameter, as a file names it, with that file; what holds it, where not all give the same to it."""
    if not is_callers(call.callee) or call.receiver is None:
        return None
    maker, name = call.receiver[1:].rpartition(".")[0], call.callee[1:].partition(".")[0]
    if not call.receiver.startswith("#"):
        maker = call.receiver[1:].partition(":")[0]
    given = code.memo.once(("models held", path, maker, name), _all_held, code, path, maker, name)
    return given[0] if len(given) == 1 else (path, name) if given and is_open(singular(name)) else None


def _all_held(code: Code, path: str, maker: str, name: str) -> tuple[tuple[str, str], ...]:
    made = parameter_of(code, path, maker, name)
    given = handed_over(code, path, maker, name, *made) if made is not None else ()
    return tuple({called(each): (file, each) for file, _, names in given for each in names[:1]}.values())


def called(name: str) -> str:
    """What a model is called that a file names: after the file that is brought in where that gives nothing else."""
    module, _, steps = name.rpartition("#")
    return steps.rpartition(".")[2] if steps not in ("", "default") else module.rpartition("/")[2].partition(".")[0]


def model_given(code: Code, path: str, function: Function, call: Call) -> tuple[str, str] | None:
    """The model that a method is called for, as a file names it, with that file: ``Invoice`` for ``InvoiceStore(db).get(id)`` and ``new Store(Invoice).get(id)``."""
    holder = call.callee.rpartition(".")[0]
    if "#" not in holder:
        return None
    home = code.home(path, holder)
    if home is not None:
        code.ask(home[0])
    held = code.bindings(home[0]).get(home[1]) if home is not None else None
    body = code.functions(path).get("")
    made = [(path, each) for each in (*function.calls, *(body.calls if body is not None else ())) if each.span == call.made_by]
    if home is not None and held is not None and not held.is_class:
        made += [(home[0], each) for each in held.calls[:1]]
    for at, each in made:
        for name in _handed(code, at, each, each.callee):
            return at, name
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
    whole = bindings.get(name)
    for key, field in bindings.items():
        if key.startswith(f"{name}.") and is_open(singular(key)) and _is_class(field.name):
            yield field.name or ""
    for maker in MAKERS:
        made = functions.get(f"{name}.{maker}")
        for call in made.calls if made is not None else ():
            if call.callee in _MAKES:
                yield from _handed(code, path, call, next(iter(whole.bases if whole is not None else ()), ""))
    yield from (each for each in (whole.types if whole is not None else ()) if _is_class(each))


def _handed(code: Code, path: str, call: Call, maker: str) -> Iterator[str]:
    """The models that are handed to what makes an object: what a parameter takes that is called so, and classes."""
    home = code.home(path, maker) if "#" in maker else None
    for name in _open_parameters(code, *home) if home is not None else ():
        made = parameter_of(code, *home, name) if home is not None else None
        yield from (each for each in roots(filling(call, name, *made))[:1] if "#" in each) if made is not None else ()
    for argument in call.arguments:
        for source in argument.sources[:1]:
            if source.origin is Origin.NAME and _is_class(source.text):
                yield source.text


def _open_parameters(code: Code, path: str, maker: str) -> list[str]:
    functions = code.functions(path)
    made = next((functions[f"{maker}.{each}"] for each in MAKERS if f"{maker}.{each}" in functions), functions.get(maker))
    names = (name for parameter in (made.parameters if made is not None else ()) for name in parameter.name.split(","))
    return [name for name in names if is_open(singular(name))]


def _is_class(name: str | None) -> bool:
    module, _, steps = (name or "").rpartition("#")
    last = steps.rpartition(".")[2]
    return last[:1].isupper() and last[1:2].islower() and not module.startswith(("typing", "sqlalchemy", "sqlmodel", "pydantic"))
