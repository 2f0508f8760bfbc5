"""The line itself: files in, findings out."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, structs

from batten.config import Config
from batten.discover import Discovery, PathClass, read
from batten.discover.classes import Classes
from batten.discover.reading import Unread
from batten.extract.file import Reader, merged
from batten.extract.secrets.providers import from_document
from batten.facts.project import FileFacts, Project
from batten.finding import Finding, Note
from batten.ignores import Ignored, Rules, apply
from batten.link import Kept, Origin, link
from batten.link.modules import modules
from batten.rules.registry import RuleSet
from batten.rules.run import run
from batten.rules.vocabulary import configured
from batten.workers import Depth, Job, Progress, Workers

SECRETS = "secrets/secrets"
"""The vocabulary document of the shapes of keys."""

# Names lead from file to file; an app whose chains are longer than this is cut off there.
_MOST_ROUNDS = 12


class Scan(Struct, frozen=True, kw_only=True):
    """What a scan found. ``ignored`` are findings that an ignore comment speaks for; ``parsed`` counts the files whose code was read."""

    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]
    notes: tuple[Note, ...]
    project: Project
    files: int
    parsed: int


def scan(
    discovery: Discovery,
    config: Config,
    rules: RuleSet,
    jobs: int | None = None,
    progress: Progress | None = None,
    *,
    prefilter: bool = True,
) -> Scan:
    """Scan what discovery found. Never raises for what the files hold: that becomes a Note."""
    root = discovery.root
    origins = {entry.path: Origin(entry.tracked, entry.path_class) for entry in discovery.files}
    sizes = {entry.path: entry.size for entry in discovery.files}
    found = _scan(
        lambda path: read(root, path), sizes, origins, rules, jobs, progress, prefilter, config.data_api_defaults, config.vocabulary
    )
    return structs.replace(found, notes=(*discovery.notes, *found.notes))


def scan_files(files: Mapping[str, bytes], rules: RuleSet, tracked: bool = True, *, prefilter: bool = True) -> Scan:
    """Scan files that are held in memory, by path."""
    classes = Classes(frozenset(), frozenset())
    origins = {path: Origin(tracked, classes.of(path)) for path in files if classes.of(path) is not PathClass.GENERATED}
    sizes = {path: len(files[path]) for path in origins}
    return _scan(files.__getitem__, sizes, origins, rules, 1, None, prefilter, "auto", {})


def _scan(
    read_bytes: Callable[[str], bytes],
    sizes: Mapping[str, int],
    origins: Mapping[str, Origin],
    rules: RuleSet,
    jobs: int | None,
    progress: Progress | None,
    prefilter: bool,
    data_api_defaults: str,
    words: Mapping[str, Any],
) -> Scan:
    vocabulary = configured(rules.vocabulary, words) if words else rules.vocabulary
    reader = Reader(vocabulary, from_document(rules.documents[SECRETS]), prefilter=prefilter)

    def look(path: str, depth: Depth) -> FileFacts:
        try:
            data = read_bytes(path)
        except Unread as unread:
            return FileFacts(path=path, language=None, parsed=True, notes=(unread.note,))
        return reader.parse(path, data) if depth is Depth.CODE else reader.look(path, data, code=depth is Depth.WORDS)

    with Workers(look, jobs) as workers:
        first = workers.read([Job(path, sizes[path], _depth(origins[path])) for path in sorted(sizes)], progress)
        facts = {file.path: file for file in first}
        graph = modules(sorted(first, key=lambda file: file.path))
        joins = Kept()
        linked = link(list(facts.values()), graph, origins, vocabulary, data_api_defaults, kept=joins)
        for left in range(_MOST_ROUNDS, 0, -1):
            if not linked.needs:
                break
            for file in workers.read([Job(path, sizes[path], Depth.CODE) for path in linked.needs]):
                facts[file.path] = merged(facts[file.path], file)
            linked = link(list(facts.values()), graph, origins, vocabulary, data_api_defaults, settle=left == 1, kept=joins)
    findings, notes = run(rules, linked.project)
    ran = Rules(frozenset(page.id for page in rules.pages))
    kept = apply(findings, {path: file.ignores for path, file in facts.items() if file.ignores}, read_bytes, ran)
    return Scan(
        findings=tuple(kept.findings),
        ignored=tuple(kept.ignored),
        notes=(*linked.project.notes, *notes, *kept.notes),
        project=linked.project,
        files=len(facts),
        parsed=sum(file.parsed for file in facts.values()),
    )


def _depth(origin: Origin) -> Depth:
    """What tests and documents do with routes and clients is no hole; the keys in them are."""
    return Depth.WORDS if origin.path_class in (PathClass.PRODUCT, PathClass.LOCAL_DEV) else Depth.TEXT
