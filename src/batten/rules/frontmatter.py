"""YAML with the line of every value, strict: one document, plain values, no key twice; knows nothing of rules."""

from collections.abc import Sequence
from typing import Any

import yaml

from batten.finding import PackError

Location = tuple[str | int, ...]
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Lined:
    """A value read from YAML, and where each part of it stands."""

    __slots__ = ("_lines", "path", "value")

    def __init__(self, path: str, value: Any, lines: dict[Location, int]) -> None:
        self.path = path
        self.value = value
        self._lines = lines

    def line(self, location: Sequence[str | int]) -> int:
        """The line (1-based) of the innermost part of ``location`` that is there."""
        here = tuple(location)
        while here and here not in self._lines:
            here = here[:-1]
        return self._lines[here]

    def error(self, message: str, location: Sequence[str | int] = (), advice: str = "") -> PackError:
        """A PackError that names file and line."""
        return PackError(f"{self.path}:{self.line(location)}: {message}", advice)


def read(text: str, path: str, first: int = 1) -> Lined:
    """The value of ``text``, whose first line is line ``first`` of ``path``. Raises PackError."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Location, int] = {(): first}
        if node is None:
            return Lined(path, None, lines)
        _survey(node, path, first, lines)
        value = loader.construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise PackError(
            f"{path}:{first + (mark.line if mark else 0)}: this is not valid YAML: {problem}",
            "Quote values that hold ': ', '#', '{' or a leading '*'.",
        ) from error
    finally:
        loader.dispose()
    return Lined(path, value, lines)


def _survey(root: yaml.Node, path: str, first: int, lines: dict[Location, int]) -> None:
    seen: set[int] = set()
    todo: list[tuple[Location, yaml.Node]] = [((), root)]
    while todo:
        location, node = todo.pop()
        line = first + node.start_mark.line
        if id(node) in seen:
            raise PackError(f"{path}:{line}: anchors and aliases are not used here", "Write the value out.")
        seen.add(id(node))
        lines[location] = line
        if isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode) or key.value in keys:
                    raise PackError(
                        f"{path}:{first + key.start_mark.line}: the key {str(key.value)[:60]!r} is given twice or is no plain word"
                    )
                keys.add(key.value)
                todo.append(((*location, key.value), value))
                lines[(*location, key.value)] = first + key.start_mark.line
        elif isinstance(node, yaml.SequenceNode):
            todo.extend(((*location, index), item) for index, item in enumerate(node.value))
