"""Routers that a loop mounts for each row of a table which another file holds."""

from collections.abc import Iterator

from msgspec import structs

from batten.facts.routes import ROW, Mount
from batten.link.callgraph import Code

_MOST_ROWS = 100


def rows_of(code: Code, path: str, mount: Mount) -> Iterator[tuple[str, Mount]]:
    """The mounts that one of a loop stands for, each with the file that its child is named in; any other as it is."""
    table, mark, key = mount.child.partition(ROW)
    home = code.home(path, table) if mark else None
    if home is None:
        yield path, mount
        return
    code.ask(home[0])
    bindings = code.bindings(home[0])
    at = (mount.named or "").partition(ROW)[2]
    for number in range(_MOST_ROWS):
        child = bindings.get(f"{home[1]}.[{number}].{key}")
        prefix = bindings.get(f"{home[1]}.[{number}].{at}")
        if child is not None and child.name is not None:
            given = prefix.text if prefix is not None and prefix.text is not None else mount.prefix
            yield home[0], structs.replace(mount, child=child.name, prefix=given, named=None)
