"""What there is to say about each file of the folders that are open, by the names that the editor has for files; sends nothing."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lsprotocol import types
from pygls import uris

from batten.lsp.edits import diagnostic, result_id
from batten.lsp.folder import Folder
from batten.lsp.messages import Seen


class Report(NamedTuple):
    """What there is to say about one file; ``id`` is the same for the same diagnostics, and for no others."""

    diagnostics: list[types.Diagnostic]
    id: str


NOTHING = Report([], result_id(()))


class Reports:
    """Made anew where something else was found or documents have other names, and not for each key."""

    def __init__(self) -> None:
        self._names: dict[Path, list[str]] = {}
        self._known: dict[Folder, tuple[tuple[Seen, ...], Mapping[str, Report]]] = {}

    def open(self, uri: str) -> None:
        """The editor has a document of this name."""
        path = path_of(uri)
        if path is not None and uri not in self._names.setdefault(path, []):
            self._names[path].append(uri)
            self._known.clear()

    def close(self, uri: str) -> None:
        """It has it no more."""
        path = path_of(uri)
        if path is not None and uri in self._names.get(path, ()):
            self._names[path].remove(uri)
            if not self._names[path]:
                del self._names[path]
            self._known.clear()

    def forget(self, folder: Folder) -> None:
        """A folder is closed."""
        self._known.pop(folder, None)

    def uri(self, folder: Folder, path: str) -> str:
        """The name of a file for the editor: the one that it has itself given to a document."""
        wanted = folder.path / path
        return self._names[wanted][0] if wanted in self._names else uris.from_fs_path(str(wanted)) or ""

    def of(self, folder: Folder) -> Mapping[str, Report]:
        """Of each file of a folder that something is found in."""
        findings = folder.now.findings
        known = self._known.get(folder)
        if known is None or known[0] is not findings:
            known = self._known[folder] = (findings, dict(self._made(folder, findings)))
        return known[1]

    def _made(self, folder: Folder, findings: tuple[Seen, ...]) -> Iterator[tuple[str, Report]]:
        names: dict[str, str] = {}

        def uri(path: str) -> str:
            if path not in names:
                names[path] = self.uri(folder, path)
            return names[path]

        found: dict[str, list[types.Diagnostic]] = {}
        for seen in findings:
            found.setdefault(uri(seen.path), []).append(diagnostic(seen, uri))
        for name, diagnostics in found.items():
            yield name, Report(diagnostics, result_id(diagnostics))


def path_of(uri: str) -> Path | None:
    """The file of this machine that a name means; None for any other."""
    try:
        found = uris.to_fs_path(uri) if uri.startswith("file:") else None
    except ValueError:
        return None
    return Path(os.path.normpath(found)) if found and "\0" not in found else None
