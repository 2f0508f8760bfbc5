"""The line itself: files in, findings out."""

from collections.abc import Callable, Mapping

from msgspec import Struct, structs

from batten.config import Config
from batten.discover import Discovery, PathClass, read
from batten.discover.classes import Classes
from batten.discover.reading import Unread
from batten.extract.file import Reader, merged
from batten.extract.secrets.providers import from_document
from batten.facts.project import FileFacts, Project
from batten.facts.surface import Reach
from batten.finding import Finding, Note
from batten.ignores import Ignored, Rules, apply
from batten.link import Kept, Linked, Origin, link
from batten.link.flows import OF_VALUES
from batten.link.modules import ModuleGraph, modules
from batten.rules.registry import RuleSet
from batten.rules.run import run
from batten.rules.vocabulary import configured
from batten.workers import Depth, Job, Progress, Workers

SECRETS = "secrets/secrets"
"""The vocabulary document of the shapes of keys."""

# Names lead from file to file; an app whose chains are longer than this is cut off there.
_MOST_ROUNDS = 16


class Scan(Struct, frozen=True, kw_only=True):
    """What a scan found. ``ignored`` are findings that an ignore comment speaks for; ``parsed`` counts the files whose code was read.

    ``reaches`` is all that each route does, where that was asked for (``surface``).
    """

    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]
    notes: tuple[Note, ...]
    project: Project
    files: int
    parsed: int
    reaches: tuple[Reach, ...] = ()


def scan(
    discovery: Discovery,
    config: Config,
    rules: RuleSet,
    jobs: int | None = None,
    progress: Progress | None = None,
    *,
    prefilter: bool = True,
    surface: bool = False,
) -> Scan:
    """Scan what discovery found. Never raises for what the files hold: that becomes a Note."""
    root = discovery.root
    origins = {entry.path: Origin(entry.tracked, entry.path_class) for entry in discovery.files}
    sizes = {entry.path: entry.size for entry in discovery.files}
    found = Line(lambda path: read(root, path), config, rules, jobs, prefilter=prefilter).run(origins, sizes, progress, surface=surface)
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


class Line:
    """The files of one app on their way to findings. What one run found out serves the next, which then costs what has changed."""

    def __init__(
        self, read_bytes: Callable[[str], bytes], config: Config, rules: RuleSet, jobs: int | None = None, *, prefilter: bool = True
    ) -> None:
        self._read = read_bytes
        self._rules = rules
        self._data_api_defaults = config.data_api_defaults
        self._vocabulary = configured(rules.vocabulary, config.vocabulary) if config.vocabulary else rules.vocabulary
        follow = any(page.fact in OF_VALUES for page in rules.pages)
        self._reader = Reader(self._vocabulary, from_document(rules.documents[SECRETS]), prefilter=prefilter, follow=follow)
        self._jobs = jobs
        self._facts: dict[str, FileFacts] = {}
        self._led_into: dict[str, Depth] = {}
        self._graph: ModuleGraph | None = None
        self._joins = Kept()

    def run(
        self, origins: Mapping[str, Origin], changed: Mapping[str, int], progress: Progress | None = None, *, surface: bool = False
    ) -> Scan:
        """What is found now. ``origins`` are those of all files, the same object where none came, went or moved; ``changed`` the sizes of the files to read anew."""
        for path in self._facts.keys() - origins.keys():
            del self._facts[path]
            self._led_into.pop(path, None)
        # Processes are forked anew for each run: what they read is what there is to read now.
        with Workers(self._look, self._jobs) as workers:
            first = workers.read([Job(path, changed[path], _depth(origins[path])) for path in sorted(changed)], progress)
            self._facts |= {file.path: file for file in first}
            self._graph = modules(sorted(self._facts.values(), key=lambda file: file.path), self._graph)
            again = {file.path: self._led_into[file.path] for file in first if file.path in self._led_into and not file.parsed}
            self._deepen(workers, again, changed)
            linked = self._link(self._graph, origins, surface=surface)
            for left in range(_MOST_ROUNDS, 0, -1):
                wanted = {**dict.fromkeys(linked.migrations, Depth.MIGRATION), **dict.fromkeys(linked.needs, Depth.CODE)}
                if not wanted:
                    break
                self._led_into.update(wanted)
                self._deepen(workers, wanted, changed)
                linked = self._link(self._graph, origins, settle=left == 1, surface=surface)
        return self._reported(linked)

    def _look(self, path: str, depth: Depth) -> FileFacts:
        try:
            data = self._read(path)
        except Unread as unread:
            return FileFacts(path=path, language=None, parsed=True, notes=(unread.note,))
        match depth:
            case Depth.CODE:
                return self._reader.parse(path, data)
            case Depth.MIGRATION:
                return self._reader.migration(path, data)
        return self._reader.look(path, data, code=depth is Depth.WORDS)

    def _deepen(self, workers: Workers, wanted: Mapping[str, Depth], sizes: Mapping[str, int]) -> None:
        for file in workers.read([Job(path, sizes.get(path, 0), wanted[path]) for path in sorted(wanted)]):
            self._facts[file.path] = merged(self._facts[file.path], file)

    def _link(self, graph: ModuleGraph, origins: Mapping[str, Origin], *, settle: bool = False, surface: bool) -> Linked:
        given = (graph, origins, self._vocabulary, self._data_api_defaults)
        return link(list(self._facts.values()), *given, settle=settle, kept=self._joins, surface=surface)

    def _reported(self, linked: Linked) -> Scan:
        project = linked.project
        findings, notes = run(self._rules, project)
        ran = Rules(frozenset(page.id for page in self._rules.pages))
        kept = apply(findings, {path: file.ignores for path, file in self._facts.items() if file.ignores}, self._read, ran)
        return Scan(
            findings=tuple(kept.findings),
            ignored=tuple(kept.ignored),
            notes=(*project.notes, *notes, *kept.notes),
            project=project,
            files=len(self._facts),
            parsed=sum(file.parsed or path in self._led_into for path, file in self._facts.items()),
            reaches=linked.reaches,
        )


def _depth(origin: Origin) -> Depth:
    """What tests and documents do with routes and clients is no hole; the keys in them are."""
    return Depth.WORDS if origin.path_class in (PathClass.PRODUCT, PathClass.LOCAL_DEV) else Depth.TEXT
