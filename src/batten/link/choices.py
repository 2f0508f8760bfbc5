"""The functions that a call may be of where what it is made on is chosen while the app runs: by a factory, from a table, into a field.

Which of its heirs stands behind a class that only says what they are to do is not asked here: that nobody can tell.
"""

from collections.abc import Iterator

from batten.facts.calls import Binding, Call, Origin, parted
from batten.facts.project import FileFacts
from batten.link.callgraph import Code, Target
from batten.link.registries import is_taken, registered
from batten.text import Span

_MOST_TURNS = 4
_MOST_CHOICES = 8
# How an entry is taken out of a table by a key that is no constant.
_OF_MAP = "Map.get"
_TAKEN = frozenset(("[]", "get"))


def is_of_table(call: Call) -> bool:
    """What is called was taken out of a table, by a name that is settled while the app runs."""
    return call.callee == _OF_MAP or is_taken(call.callee)


def choices(code: Code, path: str, call: Call, target: Target) -> tuple[Target, ...]:
    """The functions of the app that a call may be of besides the one that it is known to be of (``target``)."""
    rest = parted(call.callee)[1]
    if call.callee == _OF_MAP and (call.receiver or "").startswith("#"):
        return tuple(_kept(code, path, f"{call.receiver}.get").values())
    if "#" not in call.callee or call.callee.startswith("@"):
        return ()
    plain = target.function is not None and not target.rest
    if plain and target.name == rest and not (call.receiver or "").startswith("#"):
        return ()
    if is_taken(call.callee) and (local := _of_local_table(code, path, call)):
        return local
    found: tuple[Target, ...] = code.memo.once(
        ("choices", path, call.callee, call.receiver), _choices, code, path, call.callee, call.receiver
    )
    return tuple(each for each in found if (each.path, each.name) != (target.path, target.name))


def _choices(code: Code, path: str, callee: str, receiver: str | None) -> tuple[Target, ...]:
    found: dict[tuple[str, str], Target] = {}
    for name in dict.fromkeys((callee, *_as_received(code, path, callee, receiver))):
        for at, each in _spread(code, path, name, _MOST_TURNS):
            target = code.target(at, each)
            if target.path is not None and target.function is not None and not target.rest:
                found.setdefault((target.path, target.name), target)
            if len(found) > _MOST_CHOICES:
                return ()
        found |= _kept(code, path, name)
    return tuple(found.values())


def _of_local_table(code: Code, path: str, call: Call) -> tuple[Target, ...]:
    """The functions of a table that stands in the function itself."""
    file = code.file(path)
    names = code.memo.told("calls by their places", file, _by_place).get(call.span, ()) if file is not None else ()
    targets = (code.target(path, name) for name in names if name != call.callee)
    return tuple(each for each in targets if each.function is not None and not each.rest)


def _by_place(file: FileFacts) -> dict[Span, tuple[str, ...]]:
    """The names of the functions of the app that may be called at a place, as values tell."""
    found: dict[Span, dict[str, None]] = {}
    for graph in file.graphs:
        for call in graph.calls:
            if call.callee is not None and "#" in call.callee:
                found.setdefault(call.span, {})[call.callee] = None
    return {span: tuple(names) for span, names in found.items()}


def _kept(code: Code, path: str, name: str) -> dict[tuple[str, str], Target]:
    """The functions of a table that one is taken out of."""
    kept = {each: code.target(each[0], f"#{each[1]}") for each in registered(code, path, name)}
    return {each: target for each, target in kept.items() if target.function is not None and not target.rest}


def _as_received(code: Code, path: str, callee: str, receiver: str | None) -> Iterator[str]:
    """The name with the field in the place of what one of its values is: ``self.writer.write`` for ``OpenWriter.write``."""
    binding = code.bindings(path).get(receiver[1:]) if receiver is not None and receiver.startswith("#") else None
    if binding is not None and binding.name is not None and callee.startswith(f"{binding.name}."):
        yield f"{receiver}{callee.removeprefix(binding.name)}"


def _spread(code: Code, path: str, name: str, turns: int) -> Iterator[tuple[str, str]]:
    """A name with all that stands for its first steps, each with the file that it is a name of."""
    yield path, name
    module, rest = parted(name)
    steps = rest.split(".")
    above: Target | None = None
    for count in range(1, len(steps) if turns and "#" in name else 1):
        head = _field(code, above, steps[count - 1]) or code.target(path, f"{module}#{'.'.join(steps[:count])}")
        if head.path is None or head.rest:
            continue
        above = head
        given, left = _given(code, head, steps[count:])
        for each in given:
            yield from _spread(code, head.path, ".".join((each, *left)), turns - 1)


def _field(code: Code, above: Target | None, step: str) -> Target | None:
    """A field of a class of the app, as itself and not as what it is first bound to."""
    if above is None or above.path is None or above.function is not None or not (above.binding is None or above.binding.is_class):
        return None
    binding = code.bindings(above.path).get(f"{above.name}.{step}")
    return Target(above.path, binding.local, binding=binding) if binding is not None else None


def _given(code: Code, head: Target, left: list[str]) -> tuple[list[str], list[str]]:
    """The values that a step may have, by their names, and the steps that are left."""
    if head.function is not None:
        return [name for result in head.function.results if not result.empty for name in result.names if "#" in name], left
    if head.binding is None or head.binding.is_class:
        return [], left
    if left[0] in _TAKEN:
        depth = head.name.count(".") + 1
        entries = [each for each in code.bindings(head.path or "") if each.startswith(f"{head.name}.") and each.count(".") == depth]
        return [f"#{each}" for each in entries] or _values(head.binding), left[1:]
    values = _values(head.binding)
    return (values if len(values) > 1 else []), left


def _values(binding: Binding) -> list[str]:
    """What a name may be bound to, of what the app makes or defines itself."""
    made = [source.text for source in binding.sources if source.origin in (Origin.CALL, Origin.NAME) and "#" in source.text]
    return list(dict.fromkeys(made))
