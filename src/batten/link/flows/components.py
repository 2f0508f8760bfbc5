"""What the markup of components finds under a name that their script keeps, or the file beside it: knows no values."""

from collections.abc import Iterator

from batten.facts.flows import ANY, HARMLESS, Graph, Named, Node, Object, Result, name_of

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


# Vue's other way to write components: https://vuejs.org/api/options-state.html
_SUFFIX = ".vue"
_THIS = "this"
_EXPORT = "default"
# Functions that give what the component starts with, as a record.
_STARTING = ("data", "setup", "asyncData")
_METHODS = "methods"
_COMPUTED = (("computed",), ("computed", "get"))


def member(path: str, name: str, way: tuple[str, ...]) -> tuple[str, ...]:
    """The way into what a component keeps: of ``this`` in its script, and of a name that nothing binds in its markup. Empty for other names."""
    if not path.endswith(_SUFFIX) or "#" in name:
        return ()
    first, *steps = name.split(".")
    return (*(steps if first == _THIS else (first, *steps)), *way)


def starting(module: Graph) -> Iterator[str]:
    """The functions that give what a component starts with."""
    for option in _STARTING:
        function = _option(module, option)
        if function is not None:
            yield function


def computed(module: Graph, key: str) -> Iterator[str]:
    """The functions that work out what a component has under a key."""
    for before, *after in _COMPUTED:
        function = _option(module, before, key, *after)
        if function is not None:
            yield function


def method_of(module: Graph, name: str) -> str | None:
    """The function of a component that ``this.name`` is."""
    first, _, rest = name.partition(".")
    return _option(module, _METHODS, rest) if first == _THIS and rest.isidentifier() else None


def kept_here(graph: Graph) -> Iterator[tuple[tuple[str, ...], int]]:
    """What a function of a component puts into it: the keys, and the value."""
    for owner, key, node, _ in graph.stored:
        name = name_of(graph.nodes, owner) or ""
        first, *steps = name.split(".")
        if first == _THIS and (steps or key != ANY):
            yield (*steps, key), node


def _option(module: Graph, *keys: str) -> str | None:
    """The function that stands under some keys of what a component is made of: as it is, or handed to ``defineComponent``."""
    node = _node(module, dict(module.variables).get(_EXPORT, HARMLESS))
    if type(node) is Result and module.calls[node.call].arguments:
        node = _node(module, module.calls[node.call].arguments[0])
    for key in keys:
        node = _node(module, dict(node.fields).get(key, HARMLESS)) if type(node) is Object else None
    return node.name[1:] if type(node) is Named and node.name.startswith("#") else None


def _node(module: Graph, number: int) -> Node | None:
    return module.nodes[number] if number >= 0 else None
