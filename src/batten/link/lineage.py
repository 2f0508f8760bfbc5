"""The classes that a class is made of; knows no library."""

from collections.abc import Iterator

from batten.link.callgraph import Code

_MOST_BASES = 4


def classes_of(code: Code, path: str, name: str, left: int = _MOST_BASES) -> Iterator[tuple[str, str]]:
    """The class itself and those above it, as far as the app has them, each as its file and its name there."""
    yield path, name
    binding = code.bindings(path).get(name)
    for base in binding.bases if binding is not None and left else ():
        home = code.home(path, base)
        if home is not None and home != (path, name):
            code.ask(home[0])
            yield from classes_of(code, *home, left - 1)
