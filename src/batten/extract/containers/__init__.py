"""What one file says of servers beside the app's own code: compose files, images, and the configuration of gateways; executes nothing.

Whether a server matters, who reaches it and who gets in is for ``link`` to find. Values are not kept, but for those that the vocabulary asks for.
"""

from batten.extract.containers import cluster, compose, env_file, gateway, hosts, image, processes, recipe, trust
from batten.extract.containers.settings import Words
from batten.extract.environment import is_env_file
from batten.facts.containers import Container
from batten.finding import Note, NoteKind
from batten.text import Place, Span

__all__ = ["Words", "containers"]


def containers(path: str, data: bytes, words: Words) -> tuple[tuple[Container, ...], tuple[Note, ...]]:
    """The servers of a file, in its order, and a Note where it breaks off; nothing for files of other kinds."""
    name = path.rpartition("/")[2]
    if compose.is_compose(name):
        found, whole = compose.read(path, data, words)
    elif recipe.is_recipe(name):
        found, whole = [*image.read(path, data, words), *trust.read(path, data)], True
    elif gateway.may_be(name, data):
        found, whole = gateway.read(path, data, words)
    elif cluster.may_be(name, data):
        found, whole = cluster.read(path, data, words)
    elif hosts.is_hosting(name):
        found, whole = hosts.read(path, data, words), True
    elif processes.may_be(path, data):
        found, whole = [*processes.read(path, data, words), *trust.read(path, data)], True
    elif is_env_file(path):
        found, whole = env_file.read(path, data, words), True
    elif trust.may_be(name):
        found, whole = trust.read(path, data), True
    else:
        return (), ()
    if whole:
        return tuple(found), ()
    why = f"{path} is not valid YAML to its end: servers that it sets up may be missing"
    return tuple(found), (Note(NoteKind.NOT_PARSED, why, Place(path, Span(0, 0))),)
