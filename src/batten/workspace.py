"""One app that is scanned again and again while its files change; each scan says what a fresh one would say."""

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from batten.cache import Cache
from batten.config import Config
from batten.discover import Discovery, discover, read
from batten.discover.reading import Unread, as_text, largest
from batten.guest import Guest
from batten.link import Origin
from batten.memory import Remembered, Stamp
from batten.rules.registry import RuleSet
from batten.scan import Line, Scan
from batten.workers import Progress


class Workspace:
    """The files below some paths, and texts that stand in their place: open documents, edits that are being tried.

    Paths are posix and relative to ``root``. ``cache`` is a folder with what earlier runs found out; it takes what this one does. ``guest`` is asked for the places that fit the patterns of rules. Raises what ``discover`` raises.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        config: Config,
        rules: RuleSet,
        jobs: int | None = None,
        cache: Path | None = None,
        guest: Guest | None = None,
    ) -> None:
        self._paths = tuple(paths)
        self._config = config
        self._texts: dict[str, bytes] = {}
        self._changed: set[str] = set()
        self._stamps: dict[str, Stamp | None] = {}
        self._origins: dict[str, Origin] = {}
        self._sizes: dict[str, int] = {}
        self._found: Discovery | None = None
        self._last: tuple[Discovery, Scan, bool] | None = None
        self.root = self._discovery.root
        self._line = Line(self.text, config, rules, jobs, remembered=self._remembered(cache), guest=guest)

    def text(self, path: str) -> bytes:
        """What is scanned of a file, as UTF-8; raises Unread."""
        data = self._texts.get(path)
        return read(self.root, path) if data is None else as_text(path, data)

    def put(self, path: str, data: bytes) -> None:
        """From now on ``data`` stands in the place of the file."""
        known = self._texts.get(path)
        if known == data:
            return
        opened = known is None and self._is_as_read(path, data)
        self._texts[path] = data
        if opened:
            return
        self._changed.add(path)
        # What discovery leaves out for its size or its bytes is for discovery to judge again.
        if path not in self._origins or len(data) > largest(path) or b"\0" in data:
            self._found = None

    def _is_as_read(self, path: str, data: bytes) -> bool:
        """The text is that of the file, as it was when it was scanned last: an editor has opened it."""
        stamped = self._stamps.get(path)
        if self._found is None or path in self._changed or stamped is None or stamp(self.root, path) != stamped:
            return False
        try:
            return read(self.root, path) == as_text(path, data)
        except Unread:
            return False

    def take_back(self, path: str) -> None:
        """From now on the file is what is on disk."""
        if self._texts.pop(path, None) is not None:
            self._changed.add(path)
            self._found = None

    def refresh(self) -> None:
        """Files may have come, gone or changed on disk."""
        self._found = None

    def scan(self, progress: Progress | None = None, *, surface: bool = False) -> Scan:
        """What is found in the files as they are now. Never raises for what they hold."""
        found = self._discovery
        if self._last is not None and self._last[0] is found and self._last[2] is surface and not self._changed:
            return self._last[1]
        changed = {path: self._sizes[path] for path in self._changed if path in self._origins}
        self._changed.clear()
        result = self._line.run(self._origins, changed, progress, surface=surface)
        result = structs.replace(result, notes=(*found.notes, *result.notes))
        self._last = (found, result, surface)
        return result

    @property
    def is_ready(self) -> bool:
        """The next edit costs what it changes; not so after an answer that was remembered."""
        return not self._line.has_unread

    def prepare(self) -> None:
        """Have the facts of all files at hand, and what joins make of them."""
        if self._line.has_unread and self._discovery is not None:
            self._line.run(self._origins, {}, surface=self._last[2] if self._last is not None else False)

    @property
    def missing(self) -> tuple[str, ...]:
        """Paths that were asked for and do not exist."""
        return self._discovery.missing

    @property
    def paths(self) -> tuple[str, ...]:
        """All files that are scanned, sorted."""
        return tuple(entry.path for entry in self._discovery.files)

    def held(self, path: str) -> bytes | None:
        """The text that stands in the place of a file, None where the file itself is scanned."""
        return self._texts.get(path)

    def _remembered(self, cache: Path | None) -> Remembered | None:
        if cache is None:
            return None
        named = "\0".join(sorted(str(path.resolve()) for path in self._paths))
        return Remembered(Cache(cache), f"{self.root}\0{named}", self._stamp_on_disk)

    def _stamp_on_disk(self, path: str) -> Stamp | None:
        return None if path in self._texts else self._stamps.get(path)

    @property
    def _discovery(self) -> Discovery:
        """The files there are; those that are others than before count as changed."""
        if self._found is None:
            self._found = discover(self._paths, self._config, self._texts)
            root = self._found.root
            origins = {entry.path: Origin(entry.tracked, entry.path_class) for entry in self._found.files}
            self._sizes = {entry.path: entry.size for entry in self._found.files}
            stamps = {path: None if path in self._texts else stamp(root, path) for path in origins}
            self._changed |= {path for path, stamp in stamps.items() if path not in self._stamps or self._stamps[path] != stamp}
            self._changed |= {path for path, origin in origins.items() if self._origins.get(path) != origin}
            self._stamps.clear()
            self._stamps.update(stamps)
            if origins != self._origins:
                self._origins = origins
        return self._found


def stamp(root: Path, path: str) -> Stamp | None:
    """What changes when a file is written."""
    try:
        status = os.lstat(os.path.join(root, path))  # noqa: PTH118 - for each file of the app
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
