"""What the markup of components finds under a name that their script keeps, or the file beside it: knows no values."""

from collections.abc import Iterator

LOAD = "load"
"""The function whose result a page of SvelteKit shows: https://svelte.dev/docs/kit/load."""
_DATA = "#data"
_HELD = "value"
_LOADING = {
    f"+{kind}.svelte": tuple(f"+{kind}{side}.{suffix}" for side in (".server", "") for suffix in ("ts", "js"))
    for kind in ("page", "layout")
}


def unwrapped(path: str, name: str, way: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where a ref of Vue holds that: markup names what it holds like the ref. https://vuejs.org/guide/essentials/reactivity-fundamentals.html."""
    if name.startswith("#") and not path.endswith(".py"):
        variable, _, rest = name.partition(".")
        whole = (*(rest.split(".") if rest else ()), *way)
        if whole[:1] == (_HELD,):
            yield variable, whole
        elif path.endswith(".vue"):
            yield variable, (_HELD, *whole)


def loaders(path: str, name: str, way: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The files whose ``load`` gives what a page of SvelteKit has as ``data``, and the way into that."""
    folder, slash, file = path.rpartition("/")
    variable, _, rest = name.partition(".")
    if variable == _DATA:
        steps = tuple(rest.split(".")) if rest else ()
        yield from ((f"{folder}{slash}{loading}", (*steps, *way)) for loading in _LOADING.get(file, ()))
