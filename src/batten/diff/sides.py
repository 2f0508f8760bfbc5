"""Scans an app as a commit has it, and as it is now or in another commit, with the settings of the first; writes nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from msgspec import Struct, structs

from batten.baseline import NAME
from batten.cache import Cache
from batten.config import Config
from batten.diff.causes import Search
from batten.diff.difference import Anchor, Difference, News, Where, compare
from batten.diff.hidden import blurred, hidden
from batten.diff.hunks import Hunk, hunks, lines_by_path, without
from batten.diff.settings import baseline_shifts, pack_shifts, setting_shifts
from batten.diff.surface import Direction, Shift
from batten.discover import NOT_TEXT, Discovery, discover, discover_commit, git, read
from batten.discover.commits import Commits
from batten.discover.reading import Unread
from batten.facts.secrets import SecretKind
from batten.finding import ConfigError, Finding, UsageError
from batten.ignores import Rules, accept
from batten.link import Origin
from batten.memory import Remembered, Stamp
from batten.offers import with_offers
from batten.options import Options
from batten.report.run import Run, ordered
from batten.scan import Known, Line, Scan
from batten.setting import Setting, lay_out, settle_at, stated
from batten.workers import Progress
from batten.workspace import Workspace, stamp

# Each costs a scan of what rests on one file.
_MOST_TRIED = 100
_MOST_OFFERS = 20
# Of baselines, and of files that are not read.
_LARGEST = 50_000_000
_MOST_OF_A_PACK = 10_000
# What a commit has is never another.
_FIXED: Stamp = (0, 0, 0, 0)


class Compared(Struct, frozen=True):
    """``run`` has the new findings that are shown. ``base`` and ``head`` are the names of commits, None: the working tree."""

    run: Run
    difference: Difference
    config: Config
    base: str
    head: str | None


def compared(
    options: Options, base: str | None, head: str | None, progress: Progress | None = None, *, with_fixes: bool = False
) -> Compared:
    """Compare the current folder. ``with_fixes``: with fixes of the worst new findings. Raises BattenError."""
    started = perf_counter()
    here = Path.cwd().resolve()
    where = git.repository(here)
    if where is None:
        raise UsageError("this is no git repository, so there is nothing to compare with", "run batten check")
    inner = here.relative_to(where.top).as_posix()
    start = "" if inner == "." else inner
    commits = Commits(where)
    head_name = commits.name(head) if head is not None else None
    base_name = commits.fork_point(base or commits.default_branch(), head_name or "HEAD")
    setting = settle_at(options, commits, base_name, start)
    old = _Side(f"{where.top}\0{start}\0{base_name}", *discover_commit(commits, base_name, start, setting.config), setting, options)
    if head_name is not None:
        new = _Side(f"{where.top}\0{start}\0{head_name}", *discover_commit(commits, head_name, start, setting.config), setting, options)
    else:
        new = _Side(_checked(where.top), discover((here,), setting.config), None, setting, options)
    changes = _changes(old, new)
    # What is remembered of the old state was the last check perhaps, and is replaced by that of the new one.
    before = old.recall()
    after = new.scan(progress)
    if before is None:
        old.go_on_from(new, changes.keys())
        before = old.scan()
    lines = lines_by_path(changes, {path: new.text(path).count(b"\n") + 1 for path in changes if new.find(path) is not None})
    out_of_sight = (
        *hidden(old.discovery, new.in_sight(changes), (partial(_texts_at, commits, base_name), partial(_texts_at, commits, head_name))),
        *blurred(before.notes, after.notes, old.origins.keys() & new.origins.keys()),
    )
    unseen = frozenset(one.path for one in out_of_sight if one.path is not None)
    certain = changes.keys() - unseen if unseen else None
    found = compare(before, after, lines, new.text, {page.id: page for page in setting.rules.pages}, certain)
    left = accept([news.finding for news in found.new], setting.config, where.top, Rules(_ids(setting), setting.known)).findings
    kept = {finding.key for finding in left if setting.config.shows(finding.severity, finding.confidence)}
    shown = tuple(_with_causes([news for news in found.new if news.finding.key in kept], changes, old, new))
    run = Run(
        root=where.top,
        findings=tuple(news.finding for news in shown),
        rules={page.id: page for page in setting.rules.pages},
        sources=new.text,
        notes=tuple(sorted(set(after.notes))),
        files=after.files,
        seconds=perf_counter() - started,
        hidden=len(left) - len(kept),
        secrets=tuple(
            place for secret in after.project.secrets if secret.kind is not SecretKind.PUBLIC for place in (secret.place, *secret.again)
        ),
        here=here,
        verbose=options.verbose,
        quiet=options.quiet,
    )
    if with_fixes:
        run = new.with_offers(run, options.jobs)
    fixed = tuple(finding for finding in found.fixed if setting.config.shows(finding.severity, finding.confidence))
    told = sorted(
        (*found.shifts, *_settings(commits, base_name, head_name, start), *(one.shift for one in out_of_sight)),
        key=lambda shift: shift.direction is not Direction.WIDER,
    )
    return Compared(run, Difference(shown, fixed, found.silenced, tuple(told)), setting.config, base_name, head_name)


def _settings(commits: Commits, base: str, head: str | None, start: str) -> Iterator[Shift]:
    """What the change does to settings and baseline, which counts later."""
    before = stated(commits, base, start)
    try:
        after = stated(commits, head, start)
    except ConfigError:
        after = None
    yield from setting_shifts(before, after)
    names = {
        (before.baseline or Path(start, NAME)).as_posix(),
        *([after.baseline.as_posix()] if after is not None and after.baseline else []),
    }
    for name in sorted(names):
        before_it, after_it = (_texts_at(commits, side, [name]).get(name) for side in (base, head))
        yield from baseline_shifts(name, before_it, after_it)
    packs = {path.as_posix() for config in (before, after) if config is not None for path in config.rulepacks if not path.is_absolute()}
    for name in sorted(packs):
        yield from pack_shifts(name, *(_texts_at(commits, side, _inside(commits, side, name)) for side in (base, head)))


def _inside(commits: Commits, name: str | None, folder: str) -> list[str]:
    """The files of a folder."""
    top = commits.where.top
    if name is None:
        return [path.relative_to(top).as_posix() for path in islice((top / folder).rglob("*"), _MOST_OF_A_PACK) if path.is_file()]
    return [path for path in commits.tree(name) if path.startswith(f"{folder}/")]


def _texts_at(commits: Commits, name: str | None, paths: Iterable[str]) -> dict[str, bytes]:
    """Files of a commit, or of the working tree (None), read or not; those that are not there, or are no plain files, are left out."""
    if name is not None:
        files = commits.tree(name)
        return commits.texts(files, [path for path in paths if path in files and files[path].is_plain and files[path].size <= _LARGEST])
    return {path: data for path in paths if (data := _text_on_disk(commits.where.top, path)) is not None}


def _text_on_disk(top: Path, path: str) -> bytes | None:
    target = top / path
    inside = target.parent.resolve().is_relative_to(top.resolve())
    if not inside or target.is_symlink() or not target.is_file() or target.stat().st_size > _LARGEST:
        return None
    return target.read_bytes()


def _checked(top: Path) -> str:
    """What a check of the current folder is remembered by: it serves here."""
    return f"{top}\0{Path.cwd().resolve()}"


class _Side:
    """One state of the app: its texts, and the line that has scanned them. ``texts`` None: they are on disk."""

    def __init__(self, name: str, found: Discovery, texts: dict[str, bytes] | None, setting: Setting, options: Options) -> None:
        """``name`` stands for this state on this machine: of a commit it is never another."""
        self.texts = texts or {}
        self.origins = {entry.path: Origin(entry.tracked, entry.path_class) for entry in found.files}
        self.discovery = found
        self._setting = setting
        self._on_disk = texts is None
        self._instead: dict[str, bytes | None] = {}
        self._stamps = {path: stamp(found.root, path) for path in self.origins} if self._on_disk else dict.fromkeys(self.origins, _FIXED)
        remembered = Remembered(Cache(setting.cache), name, self._stamp, _checked(found.root)) if setting.cache is not None else None
        self._line = Line(self._scanned, setting.config, setting.rules, options.jobs, remembered=remembered)

    def text(self, path: str) -> bytes:
        """One file as UTF-8; raises Unread, or KeyError for what a commit does not have."""
        return read(self.discovery.root, path) if self._on_disk else self.texts[path]

    def go_on_from(self, other: "_Side", changed: AbstractSet[str]) -> None:
        """Before this state is scanned, and after the other one: only what is not the same in both has to be read."""
        if self.origins == other.origins:
            self.origins = other.origins
        same = {path for path, origin in self.origins.items() if path not in changed and other.origins.get(path) == origin}
        self._line.go_on_from(other.known, same)

    def in_sight(self, changes: Iterable[str]) -> Discovery:
        """The discovery with those of the changed files left out that turned out to be no text."""
        unread = [path for path in changes if path in self.origins and self.find(path) is None]
        return structs.replace(self.discovery, left_out={**self.discovery.left_out, **dict.fromkeys(unread, NOT_TEXT)})

    @property
    def known(self) -> Known:
        """What was found out of this state."""
        return self._line.known

    def scan(self, progress: Progress | None = None) -> Scan:
        """All of it."""
        return self._noted(self._line.run(self.origins, self._sizes, progress))

    def recall(self) -> Scan | None:
        """The same, where it is remembered."""
        result = self._line.recall(self.origins, self._sizes)
        return self._noted(result) if result is not None else None

    @property
    def _sizes(self) -> dict[str, int]:
        return {entry.path: entry.size for entry in self.discovery.files}

    def _noted(self, result: Scan) -> Scan:
        return structs.replace(result, notes=(*self.discovery.notes, *result.notes))

    def without(self, taken_back: Sequence[Hunk], kept_lines: int, before: "_Side") -> frozenset[str]:
        """The keys of what is found without some hunks of the change (as ``hunks.without``), with those that are ignored."""
        by_path: dict[str, list[Hunk]] = {}
        for hunk in taken_back:
            by_path.setdefault(hunk.path, []).append(hunk)
        known = self._instead
        last = taken_back[-1].path
        self._instead = {
            path: without(before.find(path), self.find(path), found, kept_lines if path == last else 0) for path, found in by_path.items()
        }
        gone = {path for path, data in self._instead.items() if data is None}
        came = {path: before.origins[path] for path in by_path if path not in self.origins and path not in gone}
        origins: Mapping[str, Origin] = self.origins
        if gone or came:
            origins = {path: origin for path, origin in {**self.origins, **came}.items() if path not in gone}
        left = self._line.run(origins, {path: 0 for path in {*known, *by_path} if path in origins})
        return frozenset((*[finding.key for finding in left.findings], *[one.finding.key for one in left.ignored]))

    def find(self, path: str) -> bytes | None:
        """The text of a file; None where it is not there, or can't be read."""
        if path not in self.origins:
            return None
        try:
            return self.text(path)
        except (Unread, KeyError):
            return None

    def with_offers(self, run: Run, jobs: int | None) -> Run:
        """The run with fixes of its worst findings; the texts of a commit are laid out in a temporary folder for as long as they are tried."""
        wanted = ordered(run)[:_MOST_OFFERS]
        with TemporaryDirectory() as name:
            folder = Path(name).resolve()
            if not self._on_disk:
                lay_out(folder, {path: self.texts[path] for path in self.origins if path in self.texts})
            where = (Path() if self._on_disk else folder,)
            return with_offers(run, wanted, Workspace(where, self._setting.config, self._setting.rules, jobs))

    def _stamp(self, path: str) -> Stamp | None:
        return None if path in self._instead else self._stamps.get(path)

    def _scanned(self, path: str) -> bytes:
        data = self._instead.get(path)
        return self.text(path) if data is None else data


def _with_causes(found: Sequence[News], changes: Mapping[str, Sequence[Hunk]], old: _Side, new: _Side) -> Iterator[News]:
    """Where the story of a finding does not stand in the change, the hunk that it rests on is searched: near the story first."""
    unexplained: dict[str, list[Finding]] = {}
    for news in found:
        if news.anchor.where in (Where.FILE, Where.ELSEWHERE):
            unexplained.setdefault(news.finding.place.path, []).append(news.finding)
    search = Search(lambda taken_back, lines: new.without(taken_back, lines, old), _MOST_TRIED)
    causes: dict[str, tuple[str, int | None]] = {}
    for path, findings in sorted(unexplained.items()):
        near = {step.place.path for finding in findings for step in finding.trail}
        line = (new.find(path) or b"").count(b"\n", 0, findings[0].place.span.start)
        ranked = sorted((_distance(hunk, path, line, near), hunk) for each in changes.values() for hunk in each)
        causes |= search.causes([finding.key for finding in findings], [hunk for _, hunk in ranked])
    for news in found:
        cause = causes.get(news.finding.key)
        yield structs.replace(news, anchor=Anchor(Where.CAUSE, *cause)) if cause is not None else news


def _distance(hunk: Hunk, path: str, line: int, near: AbstractSet[str]) -> tuple[int, int]:
    """How far a hunk is from a line: in its file, in a file of the story, elsewhere."""
    return (0, abs(hunk.start - line)) if hunk.path == path else (1 if hunk.path in near else 2, 0)


def _changes(old: _Side, new: _Side) -> dict[str, tuple[Hunk, ...]]:
    """The hunks of each file that is other than before; what can't be read any more has none."""
    found: dict[str, tuple[Hunk, ...]] = {}
    for path in old.origins.keys() | new.origins.keys():
        before, after = old.find(path), new.find(path)
        if before != after:
            found[path] = () if after is None and path in new.origins else hunks(path, before, after)
    return found


def _ids(setting: Setting) -> frozenset[str]:
    return frozenset(page.id for page in setting.rules.pages)
