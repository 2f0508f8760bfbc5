"""What ignore files leave out of the folder that an image is built of; reads no recipe.

Their patterns begin at that folder, unlike git's: ``.env`` is not ``api/.env``. https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from posixpath import normpath

_ANY = "**"


class Contexts:
    """The ignore files for images of an app, by their paths."""

    def __init__(self, patterns: Mapping[str, tuple[str, ...]]) -> None:
        self._patterns = patterns

    def keeps_out(self, path: str, context: str, recipe: str) -> bool:
        """Whether what stands beside the recipe, or else in the folder, leaves a file in it out."""
        own = self._patterns.get(f"{recipe}.dockerignore")
        found = own if own is not None else self._patterns.get(f"{context}/.dockerignore" if context else ".dockerignore", ())
        return left_out(found, path[len(context) + 1 :] if context else path)


def left_out(patterns: Iterable[str], path: str) -> bool:
    """What the last pattern that takes in a file, or a folder above it, says of it."""
    parts, found = path.split("/"), False
    for pattern in patterns:
        words = normpath(pattern.strip().removeprefix("!")).lstrip("/")
        if _takes_in(words.split("/"), parts):
            found = not pattern.strip().startswith("!")
    return found


def _takes_in(words: list[str], parts: list[str]) -> bool:
    reached = {0}
    for word in words:
        deep = {at for first in reached for at in range(first, len(parts) + 1)} if _ANY in word else reached
        reached = deep if word == _ANY else {at + 1 for at in deep if at < len(parts) and fnmatchcase(parts[at], word)}
        if not reached:
            return False
    return True
