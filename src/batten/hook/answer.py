"""What to say to an agent about one event: scans, and tells each thing once in a session."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path

from msgspec import Struct, structs

from batten.baseline import load as load_baseline
from batten.discover import locate
from batten.finding import Finding
from batten.hook.events import Event, Moment
from batten.hook.scope import Before, Concerned, concerned, on_disk
from batten.hook.session import Session
from batten.offers import with_offers
from batten.options import Options
from batten.outcome import outcome
from batten.report.agent import MOST, ORDER, WARNING, short, write_blocks
from batten.report.run import Run, rank
from batten.setting import Setting, cache_folder, settle
from batten.workspace import Workspace

# Claude Code cuts what a hook says after 10,000 letters.
LONGEST = 9_000
_SESSIONS = "sessions"
_FILE, _TOLD, _STOPPED, _START, _SETTINGS = "file", "told", "stopped", "start", "settings"
# A proof costs scans, and an edit waits for it.
_MOST_OFFERS = 3


def answer(event: Event, options: Options) -> str:
    """What the model is to hear, "" where that is nothing; ``options`` say where to remember. Raises BattenError."""
    if event.moment is Moment.OTHER:
        return ""
    for folder in event.folders:
        if folder.is_dir() and (said := _in_folder(event, folder.resolve(), options)):
            return said
    return ""


def _in_folder(event: Event, folder: Path, options: Options) -> str:
    inside = [real.relative_to(folder) for file in event.files if (real := _real(file)).is_relative_to(folder)]
    if event.files and not inside:
        return ""
    session = Session(cache_folder(options.cache_dir) / _SESSIONS, event.session, folder)
    if event.moment is Moment.START:
        session.note(_START, *filter(None, [Before(locate((folder,))[0], ("HEAD",)).name]))
        return ""
    if event.moment is Moment.NOTED:
        session.note(_FILE, *(path.as_posix() for path in inside))
        return ""
    setting = settle(structs.replace(options, paths=(folder,)))
    inner = folder.relative_to(setting.root).as_posix()
    lead = "" if inner == "." else f"{inner}/"
    workspace = Workspace((folder,), setting.config, setting.rules, cache=setting.cache)
    before = Before(setting.root, (*session.all(_START)[:1], "HEAD"))
    if before.name:
        session.note(_START, before.name)
    session.note(_FILE, *(path.as_posix() for path in inside))
    stop = event.moment is Moment.STOP
    files = frozenset(f"{lead}{path}" for path in (session.all(_FILE) if stop else [path.as_posix() for path in inside]))
    if stop:
        # Agents write files by commands as well, of which no hook knows.
        files |= before.changed(workspace, lead)
    texts = before.texts(files)
    told = _Told(before.name if texts is not None else "", stop)
    own = tuple(path for path in _own_settings(files, texts, setting) if path not in session.all(_SETTINGS))
    session.note(_SETTINGS, *own)
    if texts is not None and not any(path in workspace.paths or texts[path] for path in files):
        return _written(_nothing(setting), Concerned(), own, 0, told) if own else ""
    baseline = setting.config.baseline
    found = outcome(Options(paths=(folder,)), setting, load_baseline(baseline) if baseline is not None else None, workspace)
    kind = _STOPPED if stop else _TOLD
    about = concerned(found, workspace, setting, files, texts, session.all(kind))
    if stop and texts is not None:
        # Who stops is held up by what is new alone, where that can be told.
        about = structs.replace(about, old=())
    every = (*about.new, *about.silenced, *about.old)
    if not every and not own:
        return ""
    session.note(kind, *(finding.handle for finding in every))
    worst = sorted(about.new, key=rank) + sorted(about.old, key=rank)
    # Paths are from the folder of the project: agents go from folder to folder.
    run = with_offers(structs.replace(found.run, here=folder), worst[:_MOST_OFFERS], workspace)
    for most in range(MOST, 0, -1):
        text = _written(run, about, own, most, told)
        if len(text) <= LONGEST:
            return text
    return text[: LONGEST - 1] + "…"


def _real(path: Path) -> Path:
    """Where a file is, which may be gone by now; links to folders followed, as to tell what is inside."""
    return path.parent.resolve() / path.name


def _own_settings(files: Iterable[str], texts: Mapping[str, bytes] | None, setting: Setting) -> Iterator[str]:
    """The files among those written that tell batten itself what to leave out."""
    for path in sorted(files):
        place, before = setting.root / path, texts[path] if texts is not None else None
        name, now = place.name, on_disk(place)
        if now != before and (
            name == "batten.toml"
            or place == setting.config.baseline
            or (name == "pyproject.toml" and b"tool.batten" in now + (before or b""))
        ):
            yield path


class _Told(Struct, frozen=True):
    """When it is told, and what the app is compared with: a commit, "" where there is none."""

    commit: str
    stop: bool

    @property
    def changes(self) -> str:
        """Whose changes are told of, to begin a sentence with."""
        return f"Before you stop: the changes since commit {self.commit[:8]}" if self.stop and self.commit else "Your changes"


def _written(run: Run, about: Concerned, own: Sequence[str], most: int, told: _Told) -> str:
    stream = StringIO()
    earlier = ", and it was so before" if told.commit else ""
    parts: list[tuple[str, Sequence[Finding]]] = [
        (f"{told.changes} bring {_many(about.new)}.", about.new),
        (
            f"{told.changes} hide {_many(about.silenced)} with ignore comments. Take them out: such comments are for people to write.",
            about.silenced,
        ),
        (f"{_many(about.old)} in what you have edited{earlier}.", about.old),
    ]
    stream.write(f"batten, a security linter. {ORDER}\n{WARNING}\n")
    if own:
        stream.write(
            f"\n{told.changes} touch batten's settings, which are for people to change. Tell your user what was changed in them, and why:\n"
        )
        stream.writelines(f"| {short(path)}\n" for path in own[:MOST])
    for heading, findings in parts:
        if findings:
            stream.write(f"\n{heading}\n")
            write_blocks(run, sorted(findings, key=rank), stream, most)
    return stream.getvalue()


def _nothing(setting: Setting) -> Run:
    return Run(root=setting.root, findings=(), rules={}, sources=lambda _: b"")


def _many(findings: Sequence[Finding]) -> str:
    return f"{len(findings)} hole{'s' * (len(findings) != 1)} that a stranger can use"
