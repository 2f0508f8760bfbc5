"""Scans an app as a commit has it, and as it is now or in another commit, with the settings of the first; writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter

from msgspec import Struct, structs

from batten.config import Config
from batten.diff.difference import Anchor, Difference, News, Where, changes, compare
from batten.discover import Discovery, discover, discover_commit, git, read
from batten.discover.commits import Commits
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
    commits = Commits(where)
    head_name = commits.name(head) if head is not None else None
    base_name = commits.fork_point(base or commits.default_branch(), head_name or "HEAD")
    setting = settle_at(options, commits, base_name, start)
    old = _Side(*discover_commit(commits, base_name, start, setting.config), setting, options)
    if head_name is not None:
        new = _Side(*discover_commit(commits, head_name, start, setting.config), setting, options)
    else:
        new = _Side(discover((here,), setting.config), None, setting, options)
    before, after = old.scan(), new.scan(progress)
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
    """One state of the app: its texts, and the line that has scanned them. ``texts`` None: they are on disk."""

    def __init__(self, found: Discovery, texts: dict[str, bytes] | None, setting: Setting, options: Options) -> None:
        self.texts = texts or {}
        self.origins = {entry.path: Origin(entry.tracked, entry.path_class) for entry in found.files}
        self._found = found
        self._on_disk = texts is None
        self._instead: dict[str, bytes] = {}
        self._line = Line(self._scanned, setting.config, setting.rules, options.jobs)

    def text(self, path: str) -> bytes:
        """One file as UTF-8; raises Unread, or KeyError for what a commit does not have."""
        return read(self._found.root, path) if self._on_disk else self.texts[path]

    def scan(self, progress: Progress | None = None) -> Scan:
        """All of it."""
        result = self._line.run(self.origins, {entry.path: entry.size for entry in self._found.files}, progress)
        return structs.replace(result, notes=(*self._found.notes, *result.notes))

    def without(self, path: str, before: "_Side") -> frozenset[str]:
        """The keys of what is found as if one file had not changed, with those that are ignored."""
        self._instead = {path: before.texts[path]} if path in before.texts else {}
        origins: Mapping[str, Origin] = self.origins
        if path not in before.texts:
            origins = {name: origin for name, origin in origins.items() if name != path}
        elif path not in origins:
            origins = {**origins, path: before.origins[path]}
        left = self._line.run(origins, {each: 0 for each in (path,) if each in origins})
        self._instead = {}
        self._line.run(self.origins, {each: 0 for each in (path,) if each in self.origins})  # its change counts again
        return frozenset((*[finding.key for finding in left.findings], *[one.finding.key for one in left.ignored]))

    def _scanned(self, path: str) -> bytes:
        return self._instead[path] if path in self._instead else self.text(path)


def _with_causes(found: Sequence[News], lines: Mapping[str, frozenset[int]], old: _Side, new: _Side) -> Iterator[News]:
    """Where nothing in the story of a finding has changed, each changed file is taken back in turn, to see for which one the finding goes."""
    unexplained = {news.finding.key for news in found if news.anchor.where is Where.ELSEWHERE}
    causes: dict[str, Anchor] = {}
    for path in sorted({*lines, *(old.origins.keys() - new.origins.keys())})[:_MOST_TRIED]:
        if not unexplained:
            break
        left = new.without(path, old)
        anchor = Anchor(Where.CAUSE, path, min(lines[path]) if path in lines else None)
        causes |= dict.fromkeys(unexplained - left, anchor)
        unexplained &= left
    for news in found:
        yield structs.replace(news, anchor=causes.get(news.finding.key, news.anchor))


def _ids(setting: Setting) -> frozenset[str]:
    return frozenset(page.id for page in setting.rules.pages)
