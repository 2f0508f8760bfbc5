"""Chooses, proves and writes fixes: one is offered only where a scan of the whole app with it finds less, and nothing new."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct, structs

from batten.config import Config
from batten.facts.project import Project
from batten.facts.routes import GUARDED, Route
from batten.finding import Edit, Finding, Fix, Note, Safety, Severity, Step, UsageError
from batten.regex import regex
from batten.remedies import App, fact, remedy
from batten.report.run import INCOMPLETE
from batten.scan import Scan
from batten.workspace import Workspace

_DEFAULT = Config()
# Of equals, in a key; digests, of which some are all digits, are longer.
_NUMBER = regex(r"(?:#\d+|[|:]\d{1,3})$")
_BOM = b"\xef\xbb\xbf"


class Proposal(Struct, frozen=True):
    """What can be done about a finding: ``fix`` is proven; None where no remedy holds. ``tried`` counts those that were not offered, as they did not.

    ``gone``: there is nothing left to do, as another fix has closed it. ``outline``: what a person could make of it, where no remedy holds.
    """

    finding: Finding
    fix: Fix | None
    tried: int = 0
    gone: bool = False
    outline: Fix | None = None


class Change(Struct, frozen=True):
    """A file before and after; ``before`` None: it is new."""

    path: str
    before: bytes | None
    after: bytes


class Fixer:
    """Fixes of one app, one on top of the other, in memory; ``now`` is for names with the time in them."""

    def __init__(self, workspace: Workspace, now: datetime) -> None:
        self._workspace = workspace
        self._now = now
        self._scan: Scan = workspace.scan()
        self._before: dict[str, bytes | None] = {}
        self._held: dict[str, bytes | None] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What there is to find with what has been kept so far."""
        return self._scan.findings

    @property
    def project(self) -> Project:
        """What they were found in."""
        return self._scan.project

    def propose(self, finding: Finding, keep: Callable[[Fix], bool] = lambda _: False) -> Proposal:
        """The first fix that holds, if any. Where ``keep`` says so it stays, and the next one builds on it."""
        make = remedy(finding.remedy or "")
        # Where it is now: fixes that were kept may have moved it.
        current = next((each for each in self._scan.findings if each.key == finding.key), None)
        if make is None or current is None:
            return Proposal(finding, None, gone=current is None)
        app = App(
            project=self._scan.project,
            paths=self._workspace.paths,
            text=self._workspace.text,
            now=self._now,
            drafts=frozenset(path for path, data in self._before.items() if data is None),
        )
        tried = 0
        outline: Fix | None = None
        for fix in make(app, current):
            if fix.safety is Safety.SHOW:
                outline = outline or fix
            if fix.safety is Safety.SHOW or not fix.edits:
                continue
            texts = self._applied(fix.edits)
            if texts is None:
                tried += 1
                continue
            held = {path: self._workspace.held(path) for path in texts}
            self._put(texts)
            after = self._workspace.scan()
            left = self._left(current, after)
            if left is None:
                tried += 1
                self._put(held)
                continue
            told = structs.replace(fix, left=left)
            if keep(told):
                for path in texts:
                    if path not in self._before:
                        self._before[path], self._held[path] = self._on_disk(path), held[path]
                self._scan = after
            else:
                self._put(held)
            return Proposal(finding, told, tried)
        return Proposal(finding, None, tried, outline=outline)

    def undo(self) -> None:
        """Put everything back: the workspace is as it was before."""
        self._put(self._held)
        self._before, self._held = {}, {}
        self._scan = self._workspace.scan()

    def changes(self) -> tuple[Change, ...]:
        """What the fixes that were kept do to files, by path."""
        found = []
        for path, before in sorted(self._before.items()):
            mark = _BOM if before is not None and before.startswith(_BOM) else b""
            found.append(Change(path, before, mark + self._workspace.text(path)))
        return tuple(found)

    def _left(self, finding: Finding, after: Scan) -> tuple[Step, ...] | None:
        """What a fix leaves of the hole, for it to tell; None where it does not hold.

        It holds where the finding is gone, no other has come, and no less is understood. Not new are: remarks; what is too small to be shown unasked, of the same
        object; what is of low severity in the same file, which may be seen only now (how a secret is compared that stood in the code); and, where a route asks from now on who calls, what those may do there whom it lets through: everybody could before, so less is open than was. As with a
        key of a paid model that browsers had: how often accounts may ask the server that has it now. Nor what another policy on the same table was told for.
        """
        before, now = (Counter(_kin(each) for each in scan.findings) for scan in (self._scan, after))
        more = now - before
        known = {each.key for each in self._scan.findings}
        come = [each for each in after.findings if more[_kin(each)] and each.key not in known and each.severity is not Severity.INFO]
        route = _narrowed(finding, self._scan, after)
        told = [
            each
            for each in come
            if (route is not None and _is_of(each, route))
            or _is_spent_less(finding, self._scan, each, after)
            or (each.severity is Severity.LOW and each.place.path == finding.place.path)
            or _was_elsewhere(each, self._scan, after)
        ]
        small = all(each in told or (each.subject == finding.subject and not _is_shown(each)) for each in come)
        gone = now[_kin(finding)] < before[_kin(finding)]
        if not small or not gone or not _gaps(after.notes) <= _gaps(self._scan.notes) or _is_clouded(self._scan, after):
            return None
        return tuple(Step(each.place, f"what is left: {each.message}") for each in told)

    def _put(self, texts: Mapping[str, bytes | None]) -> None:
        for path, data in texts.items():
            if data is None:
                self._workspace.take_back(path)
            else:
                self._workspace.put(path, data)

    def _applied(self, edits: Iterable[Edit]) -> dict[str, bytes | None] | None:
        """The texts of all files that the edits are about, with them; None where one is not kept as UTF-8, or they overlap."""
        by_path: dict[str, list[Edit]] = {}
        for edit in edits:
            by_path.setdefault(edit.path, []).append(edit)
        found: dict[str, bytes | None] = {}
        for path, each in by_path.items():
            on_disk, known = self._on_disk(path), path in self._workspace.paths
            text = self._workspace.text(path) if known else b""
            if known and on_disk is not None and self._workspace.held(path) is None and on_disk.removeprefix(_BOM) != text:
                return None
            try:
                found[path] = applied(text, each)
            except ValueError:
                return None
        return found

    def _on_disk(self, path: str) -> bytes | None:
        try:
            return (self._workspace.root / path).read_bytes()
        except OSError:
            return None


def applied(data: bytes, edits: Iterable[Edit]) -> bytes:
    """A text with all edits of it done. Edits that overlap raise ValueError."""
    ordered = sorted(edits, key=lambda edit: (-1, -1) if edit.span is None else (edit.span.start, edit.span.end), reverse=True)
    limit = len(data)
    for edit in ordered:
        if edit.span is None:
            data = edit.text.encode()
            continue
        if edit.span.end > limit:
            raise ValueError("edits of one file overlap")
        data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
        limit = edit.span.start
    return data


def last_first(findings: Iterable[Finding]) -> list[Finding]:
    """The same, but of equals that are told apart by a number the last one first: what is fixed then leaves the numbers before it as they are."""
    ordered = list(findings)
    places: dict[str, list[int]] = {}
    for number, finding in enumerate(ordered):
        places.setdefault(_kin(finding), []).append(number)
    for numbers in places.values():
        alike = sorted((ordered[number] for number in numbers), key=lambda each: (len(each.key), each.key), reverse=True)
        for number, finding in zip(numbers, alike, strict=True):
            ordered[number] = finding
    return ordered


def _is_shown(finding: Finding) -> bool:
    return _DEFAULT.shows(finding.severity, finding.confidence)


def _kin(finding: Finding) -> str:
    """The key without the number that tells equals apart: when one of them goes, those behind it get other numbers."""
    return _NUMBER.sub("", finding.key)


def _narrowed(finding: Finding, before: Scan, after: Scan) -> Route | None:
    """The route that a finding is about, where it was open and asks for an account or a secret from now on."""
    was = fact(before.project.routes, finding) or _behind(before, finding)
    now = next((each for each in after.project.routes if was is not None and each.key == was.key), None)
    guarded = was is not None and now is not None and was.auth not in GUARDED and now.auth in GUARDED
    return now if guarded else None


def _was_elsewhere(come: Finding, before: Scan, after: Scan) -> bool:
    """Whether a policy has what was wrong with another on its table before, for the same columns and verbs: the two were joined, or one has a new name."""
    now = fact(after.project.policy_flaws, come)
    kept = {each.key for each in after.project.policy_flaws}
    return now is not None and any(
        (was.flaw, was.table, was.database) == (now.flaw, now.table, now.database)
        and was.key not in kept
        and set(now.verbs) <= set(was.verbs)
        and set(now.columns) <= set(was.columns)
        and was.to_anon >= now.to_anon
        for was in before.project.policy_flaws
    )


def _is_clouded(before: Scan, after: Scan) -> bool:
    """Whether it can't be told any more of some route who may call it: a finding that is gone for that is not mended."""
    known = {route.key for route in before.project.routes if route.auth is not None}
    return any(route.auth is None and route.key in known for route in after.project.routes)


def _behind(scan: Scan, finding: Finding) -> Route | None:
    """The route behind a check that stops nobody, where it is one."""
    check = fact(scan.project.fail_opens, finding)
    routes = [each for each in scan.project.routes if check is not None and each.title == check.route and each.package == check.package]
    return routes[0] if len(routes) == 1 else None


def _is_spent_less(finding: Finding, before: Scan, left: Finding, after: Scan) -> bool:
    """Whether a finding is about the budget of an app that asks a model itself from now on, where every visitor had the key."""
    client = fact(before.project.clients, finding)
    moved = client is not None and client.paid_model and client.in_browser is True
    return moved and fact(after.project.model_budgets, left) is not None


def _is_of(finding: Finding, route: Route) -> bool:
    """Whether a finding is about what a route does: its subject is ``kind|file|title`` of the route, and what else tells it apart."""
    about = finding.subject.partition("|")[2]
    own = route.subject.partition("|")[2]
    return about == own or about.startswith(f"{own}|")


def _gaps(notes: Iterable[Note]) -> set[tuple[str, str]]:
    return {(note.kind.value, note.message) for note in notes if note.kind in INCOMPLETE}


def write(root: Path, changes: Iterable[Change]) -> None:
    """Write all changes or none: nothing that is not what was scanned is overwritten. Raises UsageError."""
    wanted = list(changes)
    for change in wanted:
        _check(root, change)
    made: list[tuple[Path, Path]] = []
    folders: list[Path] = []
    try:
        for change in wanted:
            target = root / change.path
            folders += [folder for folder in reversed(target.parents) if not folder.exists() and folder not in folders]
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".batten-", dir=target.parent)
            made.append((Path(name), target))
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(change.after)
            Path(name).chmod(target.stat().st_mode & 0o777 if change.before is not None else 0o644)
    except OSError as error:
        for draft, _ in made:
            draft.unlink(missing_ok=True)
        for folder in reversed(folders):
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()
        raise UsageError(
            f"nothing is written: {error.strerror or error}",
            "see that the folder is there, that it is yours, and that the disk is not full",
        ) from error
    _put_in_place(made, wanted)


def _put_in_place(made: list[tuple[Path, Path]], changes: list[Change]) -> None:
    """The drafts become the files; where one can't, those before it are again what they were."""
    for number, (draft, target) in enumerate(made):
        try:
            draft.replace(target)
        except OSError as error:
            for left, _ in made[number:]:
                left.unlink(missing_ok=True)
            for (_, done), change in zip(made[:number], changes, strict=False):
                if change.before is None:
                    done.unlink(missing_ok=True)
                else:
                    done.write_bytes(change.before)
            raise UsageError(
                f"nothing is written: {error.strerror or error}", "see that the folder is yours, and run batten fix again"
            ) from error


def _check(root: Path, change: Change) -> None:
    target = root / change.path
    again = "nothing is written; run batten fix again"
    inside = target.parent.resolve().is_relative_to(root.resolve())
    if target.is_symlink() or not inside:
        raise UsageError(f"{change.path} is, or lies behind, a symbolic link", "nothing is written; replace the link by the file")
    if change.before is None:
        if target.exists():
            raise UsageError(f"{change.path} has come into being since the scan", again)
        return
    try:
        now = target.read_bytes()
    except OSError as error:
        raise UsageError(f"{change.path} is gone or cannot be read", again) from error
    if now != change.before:
        raise UsageError(f"{change.path} has changed since the scan", again)
    if not os.access(target, os.W_OK):
        raise UsageError(f"{change.path} is read-only", "nothing is written; make it writable")
