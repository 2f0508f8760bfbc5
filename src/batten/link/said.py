"""What files say of themselves: each is asked once for each state that it is in; knows none of the questions."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar, overload

from batten.facts.project import FileFacts

_Answer = TypeVar("_Answer")


class Files(Sequence[FileFacts]):
    """Some files of an app, in order. ``name`` tells which: of one round to the next, lists of one name have about the same files.

    What is asked of all of them costs the files in which the list differs from the last one of its name, and not a look at each.
    """

    def __init__(self, files: Iterable[FileFacts], name: str) -> None:
        self.name = name
        self._files = list(files)
        self._by_path = {file.path: file for file in self._files}
        self._compared: tuple[Files, list[FileFacts], set[str]] | None = None

    @overload
    def __getitem__(self, index: int) -> FileFacts: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[FileFacts]: ...
    def __getitem__(self, index: int | slice) -> FileFacts | Sequence[FileFacts]:
        """As of a list."""
        return self._files[index]

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[FileFacts]:
        return iter(self._files)

    def since(self, before: "Files") -> tuple[list[FileFacts], set[str]]:
        """The files that are others than before, and the paths that are gone. Many questions are about the same two lists."""
        if self._compared is None or self._compared[0] is not before:
            known = before._by_path  # noqa: SLF001 - its own kind
            changed = [file for file in self._files if known.get(file.path) is not file]
            self._compared = (before, changed, known.keys() - self._by_path.keys())
            before._compared = None  # noqa: SLF001 - or each list would hold all that were before it
        return self._compared[1:]


class _Spoken(NamedTuple):
    """What those of a list say that say something, by path and in order."""

    files: Files
    by_path: dict[str, tuple[FileFacts, Any]]
    told: list[tuple[FileFacts, Any]]


class Said:
    """Answers by question and file."""

    def __init__(self) -> None:
        self._known: dict[Hashable, dict[str, tuple[FileFacts, Any]]] = {}
        self._spoken: dict[tuple[Hashable, str], _Spoken] = {}

    def forget(self, paths: Iterable[str]) -> None:
        """Nobody will ask again for what these said."""
        gone = list(paths)
        for known in self._known.values():
            for path in gone:
                known.pop(path, None)

    def one(self, question: Hashable, file: FileFacts, compute: Callable[[FileFacts], _Answer]) -> tuple[FileFacts, _Answer]:
        """What one file says, with the file."""
        known = self._known.setdefault(question, {})
        told = known.get(file.path)
        if told is None or told[0] is not file:
            told = known[file.path] = (file, compute(file))
        return told

    def all(
        self, question: Hashable, files: Iterable[FileFacts], compute: Callable[[FileFacts], _Answer]
    ) -> list[tuple[FileFacts, _Answer]]:
        """What each says, but for those that say nothing, in order."""
        if type(files) is Files:
            return self._of_list(question, files, compute)
        known = self._known.setdefault(question, {})
        found: list[tuple[FileFacts, _Answer]] = []
        for file in files:
            told = known.get(file.path)
            if told is None or told[0] is not file:
                told = known[file.path] = (file, compute(file))
            if told[1]:
                found.append(told)
        return found

    def _of_list(self, question: Hashable, files: Files, compute: Callable[[FileFacts], _Answer]) -> list[tuple[FileFacts, _Answer]]:
        last = self._spoken.get((question, files.name))
        if last is not None and last.files is files:
            return last.told
        changed, gone = files.since(last.files) if last is not None else (files, ())
        by_path = last.by_path if last is not None else {}
        for path in gone:
            by_path.pop(path, None)
        others = False
        for file in changed:
            told = self.one(question, file, compute)
            if told[1]:
                others = others or file.path not in by_path
                by_path[file.path] = told
            else:
                by_path.pop(file.path, None)
        if others and last is not None:
            by_path = {file.path: by_path[file.path] for file in files if file.path in by_path}
        spoken = _Spoken(files, by_path, list(by_path.values()))
        self._spoken[question, files.name] = spoken
        return spoken.told
