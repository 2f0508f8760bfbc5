"""Finds what an agent is to be told about: holes that its changes bring, and those in the files that it works on."""

from collections.abc import Collection, Iterable, Mapping
from hashlib import sha1, sha256
from pathlib import Path

from msgspec import Struct

from batten.diff import compare
from batten.discover import git
from batten.discover.commits import Blob, Commits
from batten.finding import Finding, UsageError
from batten.outcome import Outcome
from batten.report.run import Origin
from batten.setting import Setting
from batten.workspace import Workspace

_SHA1_LETTERS = 40


class Concerned(Struct, frozen=True):
    """``new`` are findings that the changes bring, ``old`` others in the changed files, ``silenced`` those that an ignore comment of the changes hides.

    Where it can't be told what was there before, all are ``old``.
    """

    new: tuple[Finding, ...] = ()
    old: tuple[Finding, ...] = ()
    silenced: tuple[Finding, ...] = ()


class Before:
    """The app as a commit has it: the first of ``names`` that there is. ``name`` is that of the commit, "" where there is none to be had."""

    def __init__(self, root: Path, names: Iterable[str]) -> None:
        self._commits: Commits | None = None
        self._files: dict[str, Blob] = {}
        self.name = ""
        where = git.repository(root)
        if where is None or where.top != root:
            return
        for name in names:
            try:
                commits = Commits(where)
                self.name = commits.name(name)
                self._files = commits.tree(self.name)
            except UsageError:
                self.name = ""
                continue
            self._commits = commits
            return

    def texts(self, paths: Iterable[str]) -> dict[str, bytes] | None:
        """The texts of files at that time, empty where there was no such file; None where it can't be told."""
        if self._commits is None:
            return None
        wanted = sorted(set(paths))
        there = [path for path in wanted if path in self._files and self._files[path].is_plain]
        found = self._commits.texts(self._files, there)
        if len(found) < len(there):
            return None
        return {path: found.get(path, b"") for path in wanted}

    def changed(self, workspace: Workspace, lead: str) -> frozenset[str]:
        """The files below a folder that are others now, new or gone."""
        if self._commits is None:
            return frozenset()
        there = frozenset(workspace.paths)
        gone = (
            path
            for path, blob in self._files.items()
            if blob.is_plain and path not in there and path.startswith(lead) and not (workspace.root / path).exists()
        )
        return frozenset((*gone, *(path for path in there if not self._is_same(path, workspace))))

    def _is_same(self, path: str, workspace: Workspace) -> bool:
        blob = self._files.get(path)
        if blob is None:
            return False
        data = on_disk(workspace.root / path)
        digest = sha1 if len(blob.name) == _SHA1_LETTERS else sha256
        return digest(b"blob %d\0" % len(data) + data).hexdigest() == blob.name


def concerned(
    found: Outcome,
    workspace: Workspace,
    setting: Setting,
    files: frozenset[str],
    before: Mapping[str, bytes] | None,
    told: Collection[str] = (),
) -> Concerned:
    """What there is to tell about changes of ``files``, whose texts were ``before``, but for what was ``told`` (handles).

    The workspace is as it was afterwards.
    """
    shown = [finding for finding in found.run.findings if finding.handle not in told]
    touching = [finding for finding in shown if files & _paths(finding)]
    hidden = any(one.origin is Origin.COMMENT for one in found.run.accepted)
    other = {path: data for path, data in (before or {}).items() if data != on_disk(workspace.root / path)}
    if not other or not (shown or hidden):
        return Concerned(old=tuple(touching))
    after = workspace.scan()
    for path, data in other.items():
        workspace.put(path, data)
    difference = compare(workspace.scan(), after, {}, workspace.text, {page.id: page for page in setting.rules.pages})
    for path in other:
        workspace.take_back(path)
    new = {news.finding.key for news in difference.new if not news.silenced}
    hushed = [news.finding for news in difference.new if news.silenced] + [one.finding for one in difference.silenced]
    return Concerned(
        new=tuple(finding for finding in shown if finding.key in new),
        old=tuple(finding for finding in touching if finding.key not in new),
        silenced=tuple(
            finding for finding in hushed if setting.config.shows(finding.severity, finding.confidence) and finding.handle not in told
        ),
    )


def on_disk(place: Path) -> bytes:
    """What a file holds, nothing where there is none: a pipe would be waited for."""
    try:
        return place.read_bytes() if place.is_file() else b""
    except OSError:
        return b""


def _paths(finding: Finding) -> frozenset[str]:
    return frozenset((finding.place.path, *(step.place.path for step in (*finding.trail, *finding.places))))
