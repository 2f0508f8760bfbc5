"""What a dotted name of Python means in a package: a module of its own, or what it takes out of one; knows no code."""

from collections.abc import Callable

from batten.facts.project import FileFacts

_MOST_STEPS = 4


def submodule(
    head: Callable[[str], FileFacts | None], resolve: Callable[[str, str], str | None], path: str, module: str, rest: str
) -> tuple[str, str] | None:
    """``from package import module`` and ``import a.b`` of a file: the longest dotted prefix that is a file, and the steps after it."""
    steps = rest.split(".") if rest and path.endswith(".py") else []
    packages = [_beneath(module, ".".join(steps[:count])) for count in range(min(len(steps), _MOST_STEPS) + 1)]
    for count in range(len(packages) - 1, 0, -1):
        found = resolve(path, packages[count])
        if found is not None and not _covers(head, resolve, resolve(path, packages[count - 1]), steps[count - 1]):
            return found, ".".join(steps[count:])
    return None


def imported(file: FileFacts, name: str) -> str | None:
    """What an import of a file binds a name to."""
    entry = next((entry for entry in reversed(file.imports) if entry.local and entry.local == name), None)
    return None if entry is None else qualified(entry.module, entry.name)


def qualified(module: str, name: str) -> str:
    """A name of a module, or the module as a whole."""
    return f"{module}#{'' if name == '*' else name}"


def _covers(head: Callable[[str], FileFacts | None], resolve: Callable[[str, str], str | None], package: str | None, name: str) -> bool:
    """Whether a package takes a name out of a module, which covers a module of its own that is called so: ``from .worker import worker``."""
    file = head(package) if package is not None else None
    entry = next((entry for entry in reversed(file.imports) if entry.local == name), None) if file is not None else None
    return entry is not None and package is not None and resolve(package, entry.module) != package


def _beneath(module: str, path: str) -> str:
    return f"{module}{path}" if module.endswith(".") or not path else f"{module}.{path}"
