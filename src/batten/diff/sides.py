"""Scans an app as a commit has it, and as it is now or in another commit, with the settings of the first; writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter

from msgspec import Struct, structs

from batten.config import Config
from batten.diff.difference import Anchor, Difference, News, Where, changes, compare
from batten.discover import Unread, commits, discover, discover_commit, git, read
from batten.discover.reading import as_text
from batten.facts.secrets import SecretKind
from batten.finding import UsageError
from batten.ignores import Rules, accept
from batten.link import Origin
from batten.options import Options
from batten.report.run import Run
from batten.scan import Line, Scan
from batten.setting import Setting, settle_at
from batten.workers import Progress

# Each costs a scan of what rests on one file.
_MOST_TRIED = 100


class Compared(Struct, frozen=True):
    """``run`` has the new findings that are shown. ``base`` and ``head`` are the names of commits, None: the working tree."""

    run: Run
    difference: Difference
    config: Config
    base: str
    head: str | None


def compared(options: Options, base: str | None, head: str | None, progress: Progress | None = None) -> Compared:
    """Compare the current folder. Raises BattenError."""
    started = perf_counter()
    here = Path.cwd().resolve()
    where = git.repository(here)
    if where is None:
        raise UsageError("this is no git repository, so there is nothing to compare with", "run batten check")
    inner = here.relative_to(where.top).as_posix()
    start = "" if inner == "." else inner
    head_name = commits.commit(where, head) if head is not None else None
    base_name = commits.fork_point(where, base or commits.default_branch(where), head_name or "HEAD")
    setting = settle_at(options, where, base_name, start)
    before, old = _of_commit(where, base_name, start, setting, options)
    if head_name is not None:
        after, new = _of_commit(where, head_name, start, setting, options, progress)
    else:
        after, new = _of_tree(where.top, here, setting, options, progress)
    lines = changes(old.texts, new.origins, new.text)
    found = compare(before, after, lines, new.text)
    found = structs.replace(found, new=tuple(_with_causes(found.new, lines, old, new)))
    left = accept([news.finding for news in found.new], setting.config, where.top, Rules(_ids(setting), setting.known)).findings
    kept = {finding.key for finding in left if setting.config.shows(finding.severity, finding.confidence)}
    shown = tuple(news for news in found.new if news.finding.key in kept)
    run = Run(
        root=where.top,
        findings=tuple(news.finding for news in shown),
        rules={page.id: page for page in setting.rules.pages},
        sources=new.text,
        notes=tuple(sorted(set(after.notes))),
        files=after.files,
        seconds=perf_counter() - started,
        hidden=len(left) - len(kept),
        secrets=tuple(secret.place for secret in after.project.secrets if secret.kind is not SecretKind.PUBLIC),
        here=here,
        verbose=options.verbose,
        quiet=options.quiet,
    )
    fixed = tuple(finding for finding in found.fixed if setting.config.shows(finding.severity, finding.confidence))
    return Compared(run, Difference(shown, fixed, found.silenced, found.shifts), setting.config, base_name, head_name)


class _Side:
    """One state of the app: its texts, and the line that has scanned them."""

    def __init__(
        self, origins: Mapping[str, Origin], texts: dict[str, bytes] | None, root: Path, setting: Setting, options: Options
    ) -> None:
        self.origins = origins
        self.texts = texts or {}
        self._root = None if texts is not None else root
        self._instead: dict[str, bytes] = {}
        self._line = Line(self._scanned, setting.config, setting.rules, options.jobs)

    def text(self, path: str) -> bytes:
        """One file as UTF-8; raises Unread, or KeyError for what a commit does not have."""
        return self.texts[path] if self._root is None else read(self._root, path)

    def scan(self, sizes: Mapping[str, int], progress: Progress | None = None) -> Scan:
        """All of it."""
        return self._line.run(self.origins, sizes, progress)

    def without(self, path: str, before: bytes | None) -> Scan:
        """As if one file had not changed; None: as if it were not there."""
        if before is None:
            return self._line.run({name: origin for name, origin in self.origins.items() if name != path}, {})
        self._instead = {path: before}
        return self._line.run(self.origins, {path: len(before)})

    def back(self, path: str) -> None:
        """Let the change of that file count again, from the next scan on."""
        self._instead = {}
        self._line.run(self.origins, {path: 0})

    def _scanned(self, path: str) -> bytes:
        return self._instead[path] if path in self._instead else self.text(path)


def _with_causes(found: Sequence[News], lines: Mapping[str, frozenset[int]], old: _Side, new: _Side) -> Iterator[News]:
    """Where nothing in the story of a finding has changed, each changed file is taken back in turn, to see for which one the finding goes."""
    open_ = {news.finding.key for news in found if news.anchor.where is Where.ELSEWHERE}
    causes: dict[str, Anchor] = {}
    for path in sorted(lines)[:_MOST_TRIED]:
        if not open_:
            break
        without = new.without(path, old.texts.get(path))
        left = {finding.key for finding in without.findings} | {one.finding.key for one in without.ignored}
        causes |= {key: Anchor(Where.CAUSE, path, min(lines[path])) for key in open_ - left}
        open_ &= left
        new.back(path)
    for news in found:
        yield structs.replace(news, anchor=causes.get(news.finding.key, news.anchor))


def _of_commit(
    where: git.Repository, name: str, start: str, setting: Setting, options: Options, progress: Progress | None = None
) -> tuple[Scan, _Side]:
    found, raw = discover_commit(where, name, start, setting.config)
    texts: dict[str, bytes] = {}
    for path, data in raw.items():
        try:
            texts[path] = as_text(path, data)
        except Unread:
            continue
    origins = {entry.path: Origin(entry.tracked, entry.path_class) for entry in found.files if entry.path in texts}
    side = _Side(origins, texts, where.top, setting, options)
    return side.scan({path: len(texts[path]) for path in origins}, progress), side


def _of_tree(root: Path, here: Path, setting: Setting, options: Options, progress: Progress | None) -> tuple[Scan, _Side]:
    found = discover((here,), setting.config)
    origins = {entry.path: Origin(entry.tracked, entry.path_class) for entry in found.files}
    side = _Side(origins, None, root, setting, options)
    return side.scan({entry.path: entry.size for entry in found.files}, progress), side


def _ids(setting: Setting) -> frozenset[str]:
    return frozenset(page.id for page in setting.rules.pages)
