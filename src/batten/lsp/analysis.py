"""The process that scans for a language server: it may crash or hang on a file, and the editor's connection lives on."""

import os
import signal
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path, PurePosixPath
from typing import Generic, TypeVar

from msgspec import structs

from batten.baseline import load as load_baseline
from batten.discover import Unread
from batten.facts.routes import Route
from batten.facts.schema import Table
from batten.finding import BattenError, Finding, Fix, Safety
from batten.fix import Change as Changed
from batten.fix import Fixer, last_first
from batten.lsp.messages import (
    Answer,
    Begin,
    Change,
    Failed,
    Lens,
    NewText,
    Progressed,
    Propose,
    Proposed,
    Range,
    Related,
    Same,
    Seen,
    Told,
    decode_question,
    encode,
)  # fmt: skip
from batten.lsp.rubbish import Rubbish
from batten.lsp.words import of_finding, over_route, over_table
from batten.options import Options
from batten.outcome import Outcome, outcome
from batten.remedies import NAMES
from batten.report.run import ordered
from batten.report.summary import missing_line
from batten.rules.packs import builtin_folder
from batten.rules.page import Page
from batten.setting import Setting, settle
from batten.text import Lines, Place, Span
from batten.workspace import Workspace

_COMMENTS = {
    **dict.fromkeys(("py", "pyi", "yml", "yaml", "toml", "env", "sh", "dockerfile", "gitignore", "rb"), "#"),
    **dict.fromkeys(("js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "prisma", "vue", "svelte", "astro"), "//"),
    "sql": "--",
}


_Thing = TypeVar("_Thing")
_Seen = TypeVar("_Seen")
_PAUSE = 0.05
# The lines of so many files are kept in mind.
_MOST_FILES = 200


def serve(connection: Connection) -> None:
    """Answer until the other side hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setpgrp"):
        os.setpgrp()  # those that read for it end with it
    sys.stdout = sys.stderr  # the real one is the editor's
    analysis: Analysis | None = None
    waiting: list[Begin | Change | Propose] = []
    rubbish = Rubbish()
    while True:
        try:
            # What was remembered is shown at once; what an edit will need is made ready while nobody types.
            if analysis is not None and analysis.is_ready and not connection.poll(_PAUSE):
                rubbish.rest()
            if analysis is None or analysis.is_ready or connection.poll(_PAUSE):
                waiting.append(decode_question(connection.recv_bytes()))
            while connection.poll():
                waiting.append(decode_question(connection.recv_bytes()))
            if analysis is not None and not waiting:
                analysis.prepare()
                continue
        except (EOFError, OSError):
            return
        for question in _together(waiting):
            if isinstance(question, Begin):
                analysis = Analysis(question, connection)
            elif analysis is not None:
                analysis.answer(question)
            if analysis is not None:
                rubbish.note(analysis.scanned)
        waiting = []


def _together(questions: list[Begin | Change | Propose]) -> Iterator[Begin | Change | Propose]:
    """Changes one after the other are one: what was typed meanwhile is scanned at once."""
    last: Change | None = None
    for question in questions:
        if isinstance(question, Change):
            before = last or question
            last = Change(
                question.number,
                {**before.texts, **question.texts},
                before.refresh or question.refresh,
                before.reload or question.reload,
                (*before.files, *question.files),
            )
            continue
        if last is not None:
            yield last
            last = None
        yield question
    if last is not None:
        yield last


class Analysis:
    """One folder, scanned again with every change."""

    def __init__(self, begin: Begin, connection: Connection) -> None:
        self._folder = Path(begin.folder)
        self._encoding = begin.encoding
        self._connection = connection
        self._texts = dict(begin.texts)
        self._options = Options(
            paths=(self._folder,),
            progress=False,
            no_cache=begin.given.no_cache,
            cache_dir=Path(kept) if (kept := begin.given.cache) else None,
            own_rules=begin.given.own_rules,
        )
        self._setting: Setting | None = None
        self._workspace: Workspace | None = None
        self.scanned = 0
        """How many times all was scanned from the start, as for new settings."""
        self._prefix = ""
        self._told: Told | None = None
        self._page_files: dict[str, str] = {}
        self._turn_over()
        self._problem = ""
        """What was said last of why there is nothing to scan by: it is not said again for each key that is typed."""
        self._tell(begin.number, first=True)

    @property
    def is_ready(self) -> bool:
        """An edit costs what it changes."""
        return self._workspace is None or self._workspace.is_ready

    def prepare(self) -> None:
        """Make ready for edits."""
        if self._workspace is not None:
            self._workspace.prepare()

    def answer(self, question: Change | Propose) -> None:
        """Scan, or look for a fix, and say what came of it."""
        if isinstance(question, Propose):
            self._propose(question)
            return
        for path, text in question.texts.items():
            self._shown.forget(self._prefix + path)
            self._edited.add(self._prefix + path)
            if text is None:
                self._texts.pop(path, None)
            else:
                self._texts[path] = text
            if self._workspace is not None and text is not None:
                self._workspace.put(self._prefix + path, text)
            elif self._workspace is not None:
                self._workspace.take_back(self._prefix + path)
        if question.reload or question.refresh:
            self._turn_over()
        if question.reload or self._has_rules(question.files):
            self._workspace = None
            self._problem = ""
        elif question.refresh and self._workspace is not None:
            self._workspace.refresh()
        self._tell(question.number)

    def _has_rules(self, files: tuple[str, ...]) -> bool:
        """Whether one of these files is part of a rule pack that the settings name."""
        packs = self._setting.config.rulepacks if self._setting is not None else ()
        return any((self._folder / path).resolve().is_relative_to(pack.resolve()) for path in files for pack in packs)

    def _tell(self, number: int, *, first: bool = False) -> None:
        try:
            run = self._outcome(first=first)
        except BattenError as error:
            self._workspace = None
            if str(error) != self._problem:
                self._say(Failed(str(error), error.help))
            self._problem = str(error)
            self._tell_new(Told(number, (), ()))
            return
        self._problem = ""
        pages = {page.id: page for page in self._setting.rules.pages} if self._setting is not None else {}
        findings = self._findings.of(ordered(run.run), self._edited, lambda finding: self._all_seen(finding, pages[finding.rule]))
        project = run.project
        lenses = self._lenses.of((*project.routes, *project.tables), self._edited, self._lens)
        self._edited.clear()
        self._tell_new(Told(number, findings, lenses, missing_line(run.run) or ""))

    def _tell_new(self, told: Told) -> None:
        """Most keys that are typed change nothing of what there is to tell."""
        known, self._told = self._told, told
        same = known is not None and structs.replace(known, number=told.number) == told
        self._say(Same(told.number) if same else told)

    def _turn_over(self) -> None:
        """Files, settings or packs may be others: all that is shown is made anew."""
        self._shown = _Shown(self._workspace_text, self._encoding)
        self._findings = _Made[Finding, Seen](lambda finding: finding.key, _paths_of)
        self._lenses = _Made[Route | Table, Lens](lambda each: each.place, lambda each: (each.place.path,))
        self._edited: set[str] = set()

    def _outcome(self, *, first: bool) -> Outcome:
        if self._workspace is None:
            self._setting = settle(self._options)
            self.scanned += 1
            self._workspace = Workspace((self._folder,), self._setting.config, self._setting.rules, None, self._setting.cache)
            self._turn_over()
            self._page_files = {}
            inner = self._folder.resolve().relative_to(self._workspace.root).as_posix()
            self._prefix = "" if inner == "." else f"{inner}/"
            for path, text in self._texts.items():
                self._workspace.put(self._prefix + path, text)
        if self._setting is None:
            raise RuntimeError("a workspace has its settings")
        baseline = self._setting.config.baseline
        known = load_baseline(baseline) if baseline is not None else None
        show = (lambda done, total: self._say(Progressed(done, total))) if first else None
        return outcome(self._options, self._setting, known, self._workspace, show)

    def _all_seen(self, finding: Finding, page: Page) -> Iterator[Seen]:
        """The finding, and each further place of it where that place is, as a reader of another file would not know of it."""
        if self._inside(finding.place.path):
            yield self._seen(finding, page)
        for step in finding.places:
            if step.place != finding.place and self._inside(step.place.path):
                there = structs.replace(finding, place=step.place, message=step.note, places=())
                # What is done about it is done once: at the finding itself.
                yield structs.replace(self._seen(there, page), fixable=False, comment="")

    def _seen(self, finding: Finding, page: Page) -> Seen:
        place, shown = finding.place, self._shown
        steps = [step for step in (*finding.trail, *finding.places) if self._inside(step.place.path)]
        ending = PurePosixPath(place.path).name.rpartition(".")[2].lower()
        return Seen(
            key=finding.key,
            rule=finding.rule,
            title=page.title,
            message=finding.message,
            severity=finding.severity.value,
            path=self._outside(place.path),
            range=shown.range(place),
            related=tuple(Related(self._outside(step.place.path), shown.range(step.place), step.note) for step in steps),
            help=of_finding(page, finding, tuple(self._where(step.place) for step in finding.trail)),
            page=self._page_file(page),
            fixable=page.fix in NAMES,
            comment=_COMMENTS.get(ending, ""),
        )

    def _page_file(self, page: Page) -> str:
        """Where the page of a rule is on this machine, "" where it is not."""
        found = self._page_files.get(page.id)
        if found is None:
            path = Path(page.path)
            path = path if path.is_absolute() else builtin_folder() / path
            found = self._page_files[page.id] = str(path) if path.is_file() else ""
        return found

    def _where(self, place: Place) -> str:
        return f"{self._outside(place.path)}:{self._shown.range(place)[0] + 1}"

    def _lens(self, over: Route | Table) -> Iterator[Lens]:
        if not self._inside(over.place.path) or (isinstance(over, Table) and not over.exposed):
            return
        text = over_table(over) if isinstance(over, Table) else over_route(over)
        yield Lens(self._outside(over.place.path), self._shown.range(over.place)[0], text)

    def _propose(self, question: Propose) -> None:
        if self._workspace is None:
            self._say(Proposed(question.number, ()))
            return
        fixer = Fixer(self._workspace, datetime.now(UTC))
        kept: list[Fix] = []

        def keep(fix: Fix) -> bool:
            taken = question.unsafe or fix.safety is Safety.SAFE
            if taken:
                kept.append(fix)
            return taken

        for finding in last_first(fixer.findings):
            if not question.keys or finding.key in question.keys:
                fixer.propose(finding, keep)
        changes = [change for change in fixer.changes() if self._inside(change.path)]
        fixer.undo()
        texts = tuple(self._new_text(change) for change in changes)
        stops = tuple(f"{self._outside(step.place.path)}: {step.note}" for fix in kept for step in (*fix.stops, *fix.left))
        self._say(Proposed(question.number, texts, all(fix.safety is Safety.SAFE for fix in kept), stops))

    def _new_text(self, change: Changed) -> NewText:
        """The smallest range that is other, in the text as the editor has it."""
        path = self._outside(change.path)
        if change.before is None:
            return NewText(path, None, change.after.decode("utf-8", "replace"))
        old, new = self._workspace_text(change.path), change.after
        start = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new)))
        while start and old[start - 1 : start] != b"\n":
            start -= 1
        end = 0
        while end < min(len(old), len(new)) - start and old[len(old) - end - 1] == new[len(new) - end - 1]:
            end += 1
        while end and old[len(old) - end - 1 : len(old) - end] != b"\n":
            end -= 1
        place = Place(change.path, Span(start, len(old) - end))
        return NewText(
            path, _Shown(self._workspace_text, self._encoding).range(place), new[start : len(new) - end].decode("utf-8", "replace")
        )

    def _workspace_text(self, path: str) -> bytes:
        if self._workspace is None:
            return b""
        try:
            return self._workspace.text(path)
        except Unread:
            return b""

    def _inside(self, path: str) -> bool:
        return path.startswith(self._prefix)

    def _outside(self, path: str) -> str:
        """The path from the folder that the editor has opened."""
        return path.removeprefix(self._prefix)

    def _say(self, answer: Answer) -> None:
        self._connection.send_bytes(encode(answer))


class _Made(Generic[_Thing, _Seen]):
    """What an editor is shown of each of some things: made anew where the thing is another than the last one of its name, or a text that it points into."""

    def __init__(self, name: Callable[[_Thing], Hashable], paths: Callable[[_Thing], Iterable[str]]) -> None:
        self._name, self._paths = name, paths
        self._known: dict[Hashable, tuple[_Thing, tuple[_Seen, ...]]] = {}

    def of(self, things: Iterable[_Thing], edited: AbstractSet[str], make: Callable[[_Thing], Iterator[_Seen]]) -> tuple[_Seen, ...]:
        before, self._known = self._known, {}
        found: list[_Seen] = []
        for thing in things:
            name = self._name(thing)
            known = before.get(name)
            if known is None or known[0] != thing or not edited.isdisjoint(self._paths(thing)):
                known = thing, tuple(make(thing))
            self._known[name] = known
            found += known[1]
        return tuple(found)


def _paths_of(finding: Finding) -> Iterator[str]:
    yield finding.place.path
    yield from (step.place.path for step in (*finding.trail, *finding.places))


class _Shown:
    """Ranges as an editor counts them; where the lines of a file are is kept until somebody says that they are others."""

    def __init__(self, text: Callable[[str], bytes], encoding: str) -> None:
        self._encoding = encoding
        self._text = text
        self._lines: dict[str, Lines] = {}

    def forget(self, path: str) -> None:
        """The text of a file is another."""
        self._lines.pop(path, None)

    def range(self, place: Place) -> Range:
        """From the first character to just after the last; of a file that is gone, its start."""
        lines = self._lines.get(place.path)
        if lines is None:
            if len(self._lines) >= _MOST_FILES:
                self._lines.clear()
            lines = self._lines[place.path] = Lines(self._text(place.path))
        end = min(max(place.span.start, place.span.end), len(lines.data))
        return (*lines.at(min(place.span.start, len(lines.data)), self._encoding), *lines.at(end, self._encoding))
