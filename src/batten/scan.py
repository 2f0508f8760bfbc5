"""The line itself: files in, findings out."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import msgspec
from msgspec import Struct, structs

from batten.checks import BUILT_IN
from batten.config import Config
from batten.discover import Discovery, PathClass, read
from batten.discover.classes import Classes
from batten.discover.reading import Unread
from batten.extract.file import Reader, merged
from batten.extract.secrets.providers import from_document
from batten.facts.project import FileFacts, Project
from batten.facts.surface import Reach
from batten.facts.vocabulary import Vocabulary
from batten.finding import Confidence, Finding, Note
from batten.guest import Guest
from batten.ignores import Ignored, Rules, apply
from batten.link import OF_TEXT, Linked, Origin, link, link_text
from batten.link.flows import OF_VALUES
from batten.link.kept import Kept
from batten.link.modules import ModuleGraph, modules
from batten.memory import Answer, Memory, Remembered, deepened, digest_of, elsewhere
from batten.rules.page import Page
from batten.rules.registry import RuleSet
from batten.rules.run import Ruling, ordered, run
from batten.rules.vocabulary import configured
from batten.workers import Depth, Job, Progress, Workers

SECRETS = "secrets/secrets"
"""The vocabulary document of the shapes of keys."""

# Names lead from file to file; an app whose chains are longer than this is cut off there, and what rests on them is not told.
_MOST_ROUNDS = 48


class Scan(Struct, frozen=True, kw_only=True):
    """What a scan found. ``ignored`` are findings that an ignore comment speaks for; ``parsed`` counts the files whose code was read.

    ``reaches`` is all that each route does, where that was asked for (``surface``). ``read`` are the files that were read in this scan: those that nothing was remembered of.
    """

    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]
    notes: tuple[Note, ...]
    project: Project
    files: int
    parsed: int
    reaches: tuple[Reach, ...] = ()
    read: tuple[str, ...] = ()


def scan(
    discovery: Discovery,
    config: Config,
    rules: RuleSet,
    jobs: int | None = None,
    progress: Progress | None = None,
    *,
    prefilter: bool = True,
    surface: bool = False,
    guest: Guest | None = None,
) -> Scan:
    """Scan what discovery found. Never raises for what the files hold: that becomes a Note."""
    root = discovery.root
    origins = {entry.path: Origin(entry.tracked, entry.path_class) for entry in discovery.files}
    sizes = {entry.path: entry.size for entry in discovery.files}
    found = Line(lambda path: read(root, path), config, rules, jobs, prefilter=prefilter, guest=guest).run(
        origins, sizes, progress, surface=surface
    )
    return structs.replace(found, notes=(*discovery.notes, *found.notes))


def scan_files(
    files: Mapping[str, bytes],
    rules: RuleSet,
    tracked: bool = True,
    *,
    prefilter: bool = True,
    surface: bool = False,
    config: Config | None = None,
) -> Scan:
    """Scan files that are held in memory, by path."""
    classes = Classes(frozenset(), frozenset())
    origins = {path: Origin(tracked, classes.of(path)) for path in files if classes.of(path) is not PathClass.GENERATED}
    line = Line(files.__getitem__, config if config is not None else Config(), rules, 1, prefilter=prefilter)
    return line.run(origins, {path: len(files[path]) for path in origins}, surface=surface)


class _Last(NamedTuple):
    """What was found last, and of what."""

    answer: Answer
    origins: Mapping[str, Origin]
    surface: bool


class Known(NamedTuple):
    """What a line has found out of files, and what its joins keep of that."""

    facts: Mapping[str, FileFacts]
    led_into: Mapping[str, Depth]
    graph: ModuleGraph | None
    joins: Kept
    vocabulary: Vocabulary


class Line:
    """The files of one app on their way to findings. What one run found out serves the next, which then costs what has changed."""

    def __init__(
        self,
        read_bytes: Callable[[str], bytes],
        config: Config,
        rules: RuleSet,
        jobs: int | None = None,
        *,
        prefilter: bool = True,
        remembered: Remembered | None = None,
        guest: Guest | None = None,
    ) -> None:
        self._read = read_bytes
        self._guest = guest
        self._rules = rules
        self._ruling: Ruling | None = None
        self._data_api_defaults = config.data_api_defaults
        self._vocabulary = configured(rules.vocabulary, config.vocabulary) if config.vocabulary else rules.vocabulary
        self._reads_code = not all(_is_of_text(page) for page in rules.pages)
        # What functions are given that nothing calls is only looked at for those who ask for it: all code has to be read.
        self._unsure = config.min_confidence is Confidence.LOW
        prefilter = prefilter and not self._unsure
        follow = any(page.fact in OF_VALUES for page in rules.pages)
        self._asked = None if any(page.check for page in rules.pages) else frozenset(page.fact for page in rules.pages)
        self._reader = Reader(self._vocabulary, from_document(rules.documents[SECRETS]), prefilter=prefilter, follow=follow)
        self._jobs = jobs
        self._memory: Memory | None = None
        if remembered is not None:
            given = (self._vocabulary.rows, rules.documents[SECRETS], prefilter, follow)
            self._memory = Memory(remembered, msgspec.msgpack.encode(given), read_bytes)
        self._unread: dict[str, int] = {}
        self._looked: list[str] = []
        self._facts: dict[str, FileFacts] = {}
        self._led_into: dict[str, Depth] = {}
        self._graph: ModuleGraph | None = None
        self._joins = Kept()
        self._last: _Last | None = None
        self._other: tuple[Known, AbstractSet[str]] | None = None

    @property
    def known(self) -> Known:
        """For another line of the same settings, that scans nearly the same files."""
        return Known(self._facts, self._led_into, self._graph, self._joins, self._vocabulary)

    def go_on_from(self, known: Known, same: AbstractSet[str]) -> None:
        """Before the first run: what another line knows of the files that are the ``same`` in both need not be found out again, nor what joins made of it."""
        self._other = (known, same)

    def run(
        self, origins: Mapping[str, Origin], changed: Mapping[str, int], progress: Progress | None = None, *, surface: bool = False
    ) -> Scan:
        """What is found now. ``origins`` are those of all files, the same object where none came, went or moved; ``changed`` the sizes of the files to read anew."""
        memory, first_time = self._memory, not self._facts and not self._unread
        kind = self._kind(surface=surface) if memory is not None and first_time else ""
        self._looked = []
        if memory is not None:
            memory.forget(changed)
        if first_time:
            remembered = self.recall(origins, changed, surface=surface)
            if remembered is not None:
                return remembered
            changed = self._taken_over(origins, changed)
        changed = {path: size for path, size in {**self._unread, **changed}.items() if path in origins}
        self._unread = {}
        for path in self._facts.keys() - origins.keys():
            del self._facts[path]
            self._led_into.pop(path, None)
        before = {path: self._facts.get(path) for path in changed}
        # Processes are forked anew for each run: what they read is what there is to read now.
        with Workers(self._look, self._jobs) as workers:
            first = self._facts_of(
                workers, [Job(path, changed[path], self._depth(origins[path], surface=surface)) for path in sorted(changed)], progress
            )
            self._facts |= {file.path: file for file in first}
            again = {file.path: self._led_into[file.path] for file in first if file.path in self._led_into and not file.parsed}
            self._deepen(workers, again, changed)
            if self._last is not None and self._last.surface is surface and self._last.origins is origins:
                same = elsewhere(self._last.answer, before, self._facts)
                if same is not None:
                    self._last = _Last(same, origins, surface)
                    return self._told(self._fitting(same, origins))
            self._graph = modules(sorted(self._facts.values(), key=lambda file: file.path), self._graph)
            # What nothing was remembered of, of that there will be nothing of more depth either.
            ahead = workers.ahead(changed) if len(self._looked) >= len(first) else None
            linked = self._link(self._graph, origins, ahead, surface=surface)
            for left in range(_MOST_ROUNDS, 0, -1):
                wanted = {**dict.fromkeys(linked.migrations, Depth.MIGRATION), **dict.fromkeys(linked.needs, Depth.CODE)}
                if not wanted:
                    break
                self._led_into.update(wanted)
                self._deepen(workers, wanted, changed)
                linked = self._link(self._graph, origins, ahead, settle=left == 1, surface=surface)
        answer = self._answer(linked)
        if memory is not None:
            memory.keep(self._led_into, (kind, memory.question(origins, self._rules.digest), answer) if kind else None)
        self._last = _Last(answer, origins, surface)
        return self._told(self._fitting(answer, origins))

    def recall(self, origins: Mapping[str, Origin], sizes: Mapping[str, int], *, surface: bool = False) -> Scan | None:
        """Before the first run: what an earlier one found in all of these files; None where that is not remembered."""
        memory = self._memory
        if memory is None:
            return None
        self._led_into = {path: depth for path, depth in memory.led_into.items() if path in origins}
        kind = self._kind(surface=surface)
        known = self._remembered(memory, kind, origins, sizes, surface=surface) if kind else None
        if known is None:
            return None
        # Who goes on from here does it with the facts of all files, which are left for then.
        self._unread = dict(sizes)
        return self._told(self._fitting(known, origins))

    @property
    def has_unread(self) -> bool:
        """What was found was remembered, and the facts of files are still to be had."""
        return bool(self._unread)

    def _taken_over(self, origins: Mapping[str, Origin], changed: Mapping[str, int]) -> Mapping[str, int]:
        """Take the facts of another line; which files are left to be read."""
        if self._other is None:
            return changed
        (other, same), self._other = self._other, None
        self._led_into |= {path: depth for path, depth in other.led_into.items() if path in same and path in origins}
        for path in same & origins.keys() & other.facts.keys():
            facts = other.facts[path]
            if self._memory is None or (facts.digest and facts.digest == self._memory.digest(path)):
                self._facts[path] = facts
                if self._memory is not None:
                    self._memory.note_keys(facts)
        # All that joins keep rests on the very same objects.
        self._graph, self._joins, self._vocabulary = other.graph, other.joins, other.vocabulary
        return {path: size for path, size in changed.items() if path not in self._facts}

    def _depth(self, origin: Origin, *, surface: bool) -> Depth:
        """What tests and documents do with routes and clients is no hole; the keys in them are. Where no rule asks for more than text has, all files are text."""
        matters = origin.path_class in (PathClass.PRODUCT, PathClass.LOCAL_DEV) and (surface or self._reads_code)
        return Depth.WORDS if matters else Depth.TEXT

    def _remembered(
        self, memory: Memory, kind: str, origins: Mapping[str, Origin], sizes: Mapping[str, int], *, surface: bool
    ) -> Answer | None:
        """What an earlier run found, where nothing has changed since, or nothing but the places of what files say."""
        around = self._rules.digest
        question = memory.question(origins, around)
        answer = memory.answer(kind, question)
        if answer is not None:
            return answer
        last = memory.before(kind, origins, around)
        if last is None:
            return None
        answer, paths = last
        first = [Job(path, sizes.get(path, 0), self._depth(origins[path], surface=surface)) for path in paths]
        deeper = [Job(path, sizes.get(path, 0), self._led_into[path]) for path in paths if path in self._led_into]
        with Workers(self._look, 1) as workers:
            now = deepened(self._facts_of(workers, first), self._facts_of(workers, deeper))
        before = deepened(memory.recall_before(first).values(), memory.recall_before(deeper).values())
        same = elsewhere(answer, {path: before.get(path) for path in paths}, now)
        if same is not None:
            memory.keep(self._led_into, (kind, question, same))
        return same

    def _look(self, path: str, depth: Depth) -> FileFacts:
        try:
            data = self._read(path)
        except Unread as unread:
            return FileFacts(path=path, language=None, parsed=True, notes=(unread.note,))
        match depth:
            case Depth.CODE:
                facts = self._reader.parse(path, data)
            case Depth.MIGRATION:
                facts = self._reader.migration(path, data)
            case _:
                facts = self._reader.look(path, data, code=depth is Depth.WORDS)
        return structs.replace(facts, digest=digest_of(data)) if self._memory is not None else facts

    def _facts_of(self, workers: Workers, jobs: Sequence[Job], progress: Progress | None = None) -> list[FileFacts]:
        """The facts of every job, in the order of the jobs: what is not remembered is read."""
        known = self._memory.recall(jobs) if self._memory is not None else {}
        left = [job for job in jobs if job.path not in known]
        fresh = workers.read(left, progress)
        self._looked += [job.path for job in left]
        if self._memory is not None:
            self._memory.learn(fresh, {job.path: job.depth for job in left})
        found = known | {file.path: file for file in fresh}
        return [found[job.path] for job in jobs]

    def _deepen(self, workers: Workers, wanted: Mapping[str, Depth], sizes: Mapping[str, int]) -> None:
        for file in self._facts_of(workers, [Job(path, sizes.get(path, 0), wanted[path]) for path in sorted(wanted)]):
            self._facts[file.path] = merged(self._facts[file.path], file)

    def _link(
        self, graph: ModuleGraph, origins: Mapping[str, Origin], ahead: Callable[[str], None] | None, *, settle: bool = False, surface: bool
    ) -> Linked:
        if not (surface or self._reads_code):
            return link_text(list(self._facts.values()), graph, origins)
        given = (graph, origins, self._vocabulary, self._data_api_defaults)
        asked = None if surface else self._asked
        return link(
            list(self._facts.values()),
            *given,
            settle=settle,
            kept=self._joins,
            surface=surface,
            asked=asked,
            unsure=self._unsure,
            ahead=ahead,
        )

    def _kind(self, *, surface: bool) -> str:
        """The name of what is asked for, "" where the answer may rest on code of others, of which nothing here would know that it is another."""
        if any(check is not BUILT_IN.get(name) for name, check in self._rules.checks.items()):
            return ""
        return digest_of(
            msgspec.msgpack.encode((surface, self._unsure, self._data_api_defaults, [page.id for page in self._rules.pages]))
        ).hex()

    def _answer(self, linked: Linked) -> Answer:
        self._ruling = self._ruling or Ruling(self._rules)
        findings, notes = run(self._rules, linked.project, self._ruling)
        return Answer(
            findings=tuple(findings),
            notes=(*linked.project.notes, *notes),
            project=linked.project,
            reaches=linked.reaches,
            files=len(self._facts),
            parsed=sum(file.parsed or path in self._led_into for path, file in self._facts.items()),
            ignores={path: file.ignores for path, file in self._facts.items() if file.ignores},
        )

    def _told(self, answer: Answer) -> Scan:
        ran = Rules(frozenset(page.id for page in self._rules.pages if self._guest is not None or not page.semgrep))
        kept = apply(answer.findings, answer.ignores, self._read, ran)
        return Scan(
            findings=tuple(kept.findings),
            ignored=tuple(kept.ignored),
            notes=(*answer.notes, *kept.notes),
            project=answer.project,
            files=answer.files,
            parsed=answer.parsed,
            reaches=answer.reaches,
            read=tuple(sorted(set(self._looked))),
        )

    def _fitting(self, answer: Answer, origins: Mapping[str, Origin]) -> Answer:
        """The answer with the places that fit the patterns of rules, where there is somebody to ask; it is not remembered."""
        pages = tuple(page for page in self._rules.pages if page.semgrep)
        if self._guest is None or not pages:
            return answer
        wanted = {name for page in pages for name in page.paths}
        classes = {path: str(origin.path_class) for path, origin in origins.items() if origin.path_class in wanted}
        roots = sorted((package.root for package in answer.project.packages), key=len, reverse=True)
        found = self._guest.ask({page.id: page.semgrep for page in pages}, classes, roots, self._bytes)
        project = structs.replace(answer.project, patterns=found.patterns)
        findings, _ = run(structs.replace(self._rules, pages=pages), project)
        return structs.replace(
            answer, findings=ordered((*answer.findings, *findings)), notes=(*answer.notes, *found.notes), project=project
        )

    def _bytes(self, path: str) -> bytes:
        try:
            return self._read(path)
        except Unread:
            return b""


def _is_of_text(page: Page) -> bool:
    """The rule asks for nothing of what code does: of variables, only for those that are written to logs, which is seen without it."""
    if page.check is not None or page.match is None:
        return False
    spoken = any(term.field == "spoken" and term.values == (True,) for term in page.match.terms)
    return page.fact in OF_TEXT or (page.fact == "variable" and spoken)
