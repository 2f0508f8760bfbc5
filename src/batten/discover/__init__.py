"""Which files a run reads: asks git or walks, leaves out what nobody wrote, never leaves the tree; parses nothing."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from batten.config import Config
from batten.discover import git
from batten.discover.classes import MANIFESTS, TEXT, Classes, is_env, is_minified, unread_kind
from batten.discover.commits import LINK, SUBMODULE, UNNAMED, Commits
from batten.discover.entries import Discovery, FileEntry, PathClass
from batten.discover.libraries import is_library, may_be_library
from batten.discover.patterns import spec
from batten.discover.reading import HEAD, Unread, as_text, head, largest, megabytes, note, read, too_large
from batten.discover.walk import Found, look_up, walk
from batten.finding import ConfigError, Note, NoteKind, UsageError
from batten.regex import regex

__all__ = ["NOT_TEXT", "Discovery", "FileEntry", "PathClass", "Unread", "discover", "excluded", "locate", "read"]

_MOST_REPOSITORIES = 200
_NAMED = 5
_BUNDLED = frozenset({"js", "mjs", "cjs", "css"})
_SMALL = 10_000
_SUBMODULE = "a submodule, a repository of its own"
_MINIFIED = "a minified bundle"
NOT_TEXT = "a file that is not text"
"""What such a file counts as."""
_TOLD = {_MINIFIED: "it is a minified bundle", NOT_TEXT: "it is not text"}
_PACKAGE_NAME = regex(rb'"name"\s*:\s*"(?:@[^/"]*/)?(?P<name>[^"/]{1,200})"')


def locate(paths: Sequence[Path]) -> tuple[Path, Path]:
    """The root that paths in messages are relative to, and the folder where the search for a configuration starts.

    The root is the top of the repository; without one the current folder where it holds all paths, else their common folder.
    Raises UsageError where none of the paths exists.
    """
    real = [path.resolve() for path in paths if path.exists()]
    if not real:
        named = ", ".join(str(path) for path in paths) or "nothing"
        raise UsageError(f"no such file or folder: {named}", "name the folder of the app, or run batten inside it")
    folders = [path if path.is_dir() else path.parent for path in real]
    common = Path(os.path.commonpath(folders))
    repository = git.repository(common)
    if repository is not None:
        return repository.top, common
    here = Path.cwd().resolve()
    return (here if common.is_relative_to(here) else common), common


def discover(paths: Sequence[Path], config: Config, texts: Mapping[str, bytes] | None = None) -> Discovery:
    """The files below ``paths`` that are worth reading, with notes on those that are left out.

    ``texts`` stand in the place of files, by their paths from the root; some may not be there yet.
    Raises UsageError where none of the paths exists, ConfigError where ``exclude`` can't be used.
    """
    root, _ = locate(paths)
    found = Found()
    named: set[str] = set()
    for path in paths:
        if path.exists():
            start = _posix(path.resolve(), root)
            named.add(start)
            _collect(root, start, found)
    untracked: bool | None = None if git.repository(root) is None else False
    for name, data in (texts or {}).items():
        if name not in found.sizes and os.path.lexists(root / name):
            continue  # it is there, and was left out: an open document is no reason to read it
        found.sizes[name] = len(data)
        if name not in found.tracked:
            found.tracked[name] = untracked
    files, notes = _choose(root, found, frozenset(named), config, texts or {})
    if found.full():
        notes.append(Note(NoteKind.LIMIT, f"only the first {len(found.sizes):,} files are read"))
    if found.links:
        notes.append(_links(found))
    missing = tuple(str(path) for path in paths if not path.exists())
    local = tuple(sorted(found.local_env - found.sizes.keys()))
    return Discovery(root, tuple(files), tuple(sorted(notes)), local, missing, found.left_out)


def discover_commit(commits: Commits, name: str, start: str, config: Config) -> tuple[Discovery, dict[str, bytes]]:
    """The files of a commit below the folder ``start`` (from the top, "" for all of it) that are worth reading, with their texts.

    Raises UsageError where git can't read it, ConfigError where ``exclude`` can't be used.
    """
    files = commits.tree(name)
    top = commits.where.top
    lead = f"{start}/" if start else ""
    found = Found()
    for path, blob in files.items():
        if not path.startswith(lead):
            continue
        if blob.is_plain:
            found.sizes[path] = blob.size
            found.tracked[path] = True
        elif blob.mode == LINK:
            found.add_link(path)
        elif blob.mode == SUBMODULE:
            found.left_out[path] = _SUBMODULE
        elif blob.mode == UNNAMED:
            found.add_unnamed(path, "its name can't be used")
    with commits.blobs(files) as blobs:
        chosen, notes = _choose(top, found, frozenset({start}), config, blobs)
    texts: dict[str, bytes] = {}
    for path, data in commits.texts(files, [entry.path for entry in chosen]).items():
        try:
            texts[path] = as_text(path, data)
        except Unread as unread:
            notes.append(unread.note)
            found.left_out[path] = NOT_TEXT
    if found.links:
        notes.append(_links(found))
    files_read = tuple(entry for entry in chosen if entry.path in texts)
    return Discovery(top, files_read, tuple(sorted(notes)), left_out=found.left_out), texts


def _links(found: Found) -> Note:
    return Note(NoteKind.SKIPPED, f"{_count(found.links, 'symbolic link')} not followed")


def _collect(root: Path, start: str, found: Found) -> None:
    """Take in one named path: from git where it lies in a repository, else by walking."""
    pending = [start]
    asked = 0
    while pending:
        path = pending.pop()
        place = root / path
        repository = git.repository(place if place.is_dir() else place.parent)
        asked += 1
        listing = git.listing(repository, place) if repository is not None and asked <= _MOST_REPOSITORIES else None
        if repository is None or listing is None:
            _take(root, path, found, above=True)
            continue
        prefix = _posix(repository.top, root)
        prefix = f"{prefix}/" if prefix else ""
        listed = dict.fromkeys([prefix + name for name in listing.others], False)
        listed.update(dict.fromkeys([prefix + name for name in listing.tracked], True))
        before = len(found.sizes)
        found.folders.clear()
        look_up(root, listed, found)
        submodules = {prefix + name for name in listing.submodules}
        for name in (*(prefix + name for name in listing.nested), *found.folders):
            if name in submodules:
                message = f"{name} is not read: it is a submodule, a repository of its own"
                found.notes.append(note(NoteKind.SKIPPED, name, message))
                found.left_out[name] = _SUBMODULE
            elif name != path and (root / name / ".git").exists() and not (root / name).is_symlink():
                pending.append(name)
        if path == start and len(found.sizes) == before and not pending:
            _take(root, start, found, above=False)  # git ignores what was asked for by name


def _posix(path: Path, root: Path) -> str:
    """The path from the root, "" for the root itself."""
    inner = path.relative_to(root).as_posix()
    return "" if inner == "." else inner


def _take(root: Path, path: str, found: Found, *, above: bool) -> None:
    place = root / path
    if place.is_dir():
        walk(root, path, found, above=above)
    else:
        found.sizes[path] = place.stat().st_size
        found.tracked[path] = None


def _choose(
    root: Path, found: Found, named: frozenset[str], config: Config, texts: Mapping[str, bytes]
) -> tuple[list[FileEntry], list[Note]]:
    """The files worth reading among those found, and notes on the others."""
    packages = frozenset(path.rpartition("/")[0] for path in found.sizes if path.rpartition("/")[2] in MANIFESTS)
    classes = Classes(packages, named)
    unwanted = excluded(root, config)
    files: list[FileEntry] = []
    notes = found.notes
    counts: dict[str, list[str]] = {}
    names = Names(root, packages, texts)
    for path in sorted(found.sizes):
        folder, _, name = path.rpartition("/")
        size = found.sizes[path]
        tracked = found.tracked[path]
        outside = classes.left_out(folder)
        if path in named or (tracked and is_env(name) and "node_modules/" not in path):
            kind = None
        elif unwanted is not None and unwanted(path):
            kind = "excluded file"
        elif outside is not None:
            kind = f"file of {outside}/"
        else:
            kind = unread_kind(name)
        if kind is None and path not in named and may_be_library(path, size) and is_library(path, _first(root, path, texts), names):
            kind = "file of copied libraries"
        if kind is not None:
            counts.setdefault(kind, []).append(path)
            found.left_out[path] = f"{'an' if kind[0] in 'ae' else 'a'} {kind}"
        elif size > largest(path):
            notes.append(too_large(path, size))
            found.left_out[path] = f"a file of more than {megabytes(largest(path))}"
        elif (unlike := _unlike_text(root, path, name, size, texts)) is not None:
            notes.append(note(NoteKind.SKIPPED, path, f"{path} is not read: {_TOLD[unlike]}"))
            found.left_out[path] = unlike
        else:
            files.append(FileEntry(path, size, tracked, classes.of(path)))
    notes.extend(_tell(kind, paths) for kind, paths in counts.items())
    return files, notes


def excluded(root: Path, config: Config) -> Callable[[str], bool] | None:
    """Whether the configuration leaves a path (from the root) out."""
    if not config.exclude:
        return None
    patterns, refused = spec(config.exclude)
    if refused:
        raise ConfigError(f"exclude: the pattern {refused[0][:80]!r} can't be used", "write it as in .gitignore, simpler")
    if root.is_relative_to(config.folder):
        above = _posix(root, config.folder)
        return lambda path: patterns.match_file(f"{above}/{path}" if above else path)
    if not config.folder.is_relative_to(root):
        return None
    prefix = f"{_posix(config.folder, root)}/"
    return lambda path: path.startswith(prefix) and patterns.match_file(path[len(prefix) :])


def _unlike_text(root: Path, path: str, name: str, size: int, texts: Mapping[str, bytes]) -> str | None:
    """What a file is whose first bytes tell that nobody wrote it as text."""
    ending = name.rpartition(".")[2].lower()
    script = ending in _BUNDLED and size > _SMALL
    if not script and (ending in TEXT or is_env(name) or not size):
        return None
    data = _first(root, path, texts)
    if script and is_minified(data):
        return _MINIFIED
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return NOT_TEXT
    return None


def _first(root: Path, path: str, texts: Mapping[str, bytes]) -> bytes:
    """The first bytes of a file; nothing where it can't be read, which ``read`` will say."""
    try:
        return texts[path][:HEAD] if path in texts else head(root, path)
    except OSError:
        return b""


class Names:
    """The names of the packages of a tree, in lower case; looked up at the first question."""

    def __init__(self, root: Path, packages: frozenset[str], texts: Mapping[str, bytes]) -> None:
        self._root = root
        self._packages = packages
        self._texts = texts
        self._found: frozenset[bytes] | None = None

    def __call__(self) -> frozenset[bytes]:
        """All of them."""
        if self._found is None:
            files = [f"{folder}/package.json".lstrip("/") for folder in sorted(self._packages)[:_MOST_REPOSITORIES]]
            heads = (_first(self._root, path, self._texts) for path in files)
            self._found = frozenset(found["name"].lower() for data in heads if (found := _PACKAGE_NAME.search(data)) is not None)
        return self._found


def _tell(kind: str, paths: list[str]) -> Note:
    names = ", ".join(paths[:_NAMED]) + (f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else "")
    return Note(NoteKind.SKIPPED, f"{_count(len(paths), kind)} not read: {names}")


def _count(number: int, noun: str) -> str:
    """``1 lockfile is``, ``2 files of dist/ are``."""
    word, _, rest = noun.partition(" of ")
    tail = f" of {rest}" if rest else ""
    return f"{number:,} {word}{tail} is" if number == 1 else f"{number:,} {word}s{tail} are"
