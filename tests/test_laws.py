"""Laws of the whole: what must not change what is found, and what no file may do.

They hold for every app of the fixtures and for every example of every rule page.
"""

import hashlib
import io
import os
import random
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from own_rules import RULES

from batten import workers
from batten.config import Config
from batten.discover import discover
from batten.discover.classes import Classes
from batten.extract.file import Reader
from batten.extract.secrets.providers import from_document
from batten.facts.project import Project
from batten.finding import Finding, Note, NoteKind
from batten.link import Linked, Origin, link
from batten.link.modules import modules
from batten.report import FORMATS, write
from batten.report.run import Run
from batten.scan import SECRETS, Scan, scan, scan_files
from batten.testing_keys import expand
from batten.text import Place

Files = Mapping[str, bytes]

ROOT = Path(__file__).parents[1]
PAGES = {page.id: page for page in RULES.pages}


def fixture(folder: Path) -> Files:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "expected.txt")
    return {path.relative_to(folder).as_posix(): expand(path.read_bytes().decode()).encode() for path in paths}


APPS: dict[str, Files] = {
    f"{kind}/{folder.name}": fixture(folder) for kind in ("apps", "clean") for folder in sorted((ROOT / "fixtures" / kind).iterdir())
}
EXAMPLES: dict[str, Files] = {
    f"{page.id}: {example.title}": {path: expand(text).encode() for path, text in example.files}
    for page in RULES.pages
    for example in page.examples
}
GROUPS: dict[str, dict[str, Files]] = defaultdict(dict)
"""All of them, the examples of one page together: a law has some thirty tests, not three hundred."""
for _name, _files in {**APPS, **EXAMPLES}.items():
    GROUPS[_name.partition(": ")[0]][_name] = _files

each_group = pytest.mark.parametrize("group", GROUPS)
each_app = pytest.mark.parametrize("name", APPS)


def report(files: Files, found: Scan, name: str = "json") -> str:
    """What a user would read; all of it, whatever its severity."""
    stream = io.StringIO()
    notes = tuple(sorted(set(found.notes)))
    write(
        Run(root=Path("/app"), findings=found.findings, rules=PAGES, sources=files.__getitem__, notes=notes, files=found.files),
        name,
        stream,
    )
    return stream.getvalue()


@cache
def scanned(name: str) -> Scan:
    """What is found in one of them as it is, which most laws compare with something; without the model, that not all of them are kept."""
    found = scan_files(GROUPS[name.partition(": ")[0]][name], RULES)
    return structs.replace(found, project=Project())


# --- what does not matter ---


@each_group
def test_the_filter_only_saves_time(group: str) -> None:
    for name, files in GROUPS[group].items():
        assert report(files, scanned(name)) == report(files, scan_files(files, RULES, prefilter=False))


@each_group
def test_it_is_the_same_every_time(group: str) -> None:
    for name, files in GROUPS[group].items():
        found, again = scan_files(files, RULES), scan_files(dict(reversed(files.items())), RULES)
        assert again == found
        for kind in FORMATS if name in APPS else ():
            assert report(files, found, kind) == report(files, again, kind)


def test_it_is_the_same_in_every_process() -> None:
    """No order comes from a hash."""
    script = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
import test_laws as laws
for name, files in laws.APPS.items():
    print(name, hashlib.sha256(laws.report(files, laws.scan_files(files, laws.RULES), "sarif").encode()).hexdigest())
"""
    told = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", script, str(Path(__file__).parent)]
        told.append(subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout.split("\n"))
    own = [
        f"{name} {hashlib.sha256(report(files, scan_files(files, RULES), 'sarif').encode()).hexdigest()}" for name, files in APPS.items()
    ]
    assert told == [[*own, ""], [*own, ""]]


@each_app
def test_one_process_finds_what_two_find(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_WORTH_A_PROCESS", 0)
    for path, data in APPS[name].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    found = discover([tmp_path], Config())
    assert scan(found, Config(), RULES, jobs=1) == scan(found, Config(), RULES, jobs=2)


def linked(files: Files, shuffle: random.Random | None = None) -> Linked:
    reader = Reader(RULES.vocabulary, from_document(RULES.documents[SECRETS]), prefilter=False)
    facts = [reader.look(path, data) for path, data in files.items()]
    graph = modules(sorted(facts, key=lambda file: file.path))
    if shuffle is not None:
        shuffle.shuffle(facts)
    classes = Classes(frozenset(), frozenset())
    return link(facts, graph, {path: Origin(True, classes.of(path)) for path in files}, RULES.vocabulary)


@each_app
def test_facts_may_come_in_any_order(name: str) -> None:
    expected = linked(APPS[name])
    for seed in range(3):
        assert linked(APPS[name], random.Random(seed)) == expected


# --- two apps are two apps ---


def below(folder: str, files: Files) -> dict[str, bytes]:
    """The files in a folder; that it is a package of its own is said there."""
    manifests = {"package.json", "pyproject.toml", "requirements.txt"}
    placed = {f"{folder}/{path}": data for path, data in files.items()}
    return placed if manifests & files.keys() else {f"{folder}/package.json": b"{}", **placed}


def ordered(findings: tuple[Finding, ...]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.place, finding.rule, finding.key))


def notes(found: Scan) -> list[Note]:
    return sorted(set(found.notes))


def apart(findings: tuple[Finding, ...]) -> list[Finding]:
    """Without what two apps do have in common: a key that is the same in both."""
    shared = "the same value serves here, too"
    return [
        structs.replace(finding, trail=tuple(step for step in finding.trail if step.note != shared))
        for finding in ordered(findings)
        if finding.rule != "stale-or-reused-key"
    ]


def assert_both(one: Files, two: Files) -> None:
    together = scan_files({**one, **two}, RULES)
    first, second = scan_files(one, RULES), scan_files(two, RULES)
    assert apart(together.findings) == apart((*first.findings, *second.findings))
    assert notes(together) == sorted({*notes(first), *notes(second)})


_TABLE = re.compile(rb"create table (?:if not exists )?(?:\w+\.)?(\w+)", re.IGNORECASE)
_NAMED = re.compile(rb"[\"'`](\w+)[\"'`]|\b(?i:from|into|update|join)\s+(\w+)")
PAIRS = [*pairwise([*APPS, next(iter(APPS))]), *((name, name) for name in APPS if name.startswith("apps/"))]


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_two_apps_have_the_findings_of_each(one: str, two: str) -> None:
    assert_both(below("apps/one", APPS[one]), below("apps/two", APPS[two]))


@pytest.mark.parametrize("page", PAGES)
def test_two_examples_have_the_findings_of_each(page: str) -> None:
    examples = list(GROUPS[page].values())
    # Of other pages: those of one hold the same key, and what one app does with it tells what it is worth in the other.
    others = [files for files in EXAMPLES.values() if files not in examples]
    chosen = random.Random(page)
    for files in examples:
        # Code that belongs to no package of its own and makes no table may be that of the database beside it, whichever of the two has it; and so is
        # code that asks for a table which only the other makes.
        others_of = [
            each
            for each in others
            if not (_makes_tables(each) and not _is_apart(files))
            and not (_makes_tables(files) and not _is_apart(each))
            and not _asks_for_tables_of(files, each)
            and not _asks_for_tables_of(each, files)
        ]
        assert_both(below("one", files), below("two", chosen.choice(others_of)))


def _makes_tables(files: dict[str, bytes]) -> bool:
    return any(path.endswith((".sql", ".prisma")) for path in files)


def _asks_for_tables_of(files: dict[str, bytes], other: dict[str, bytes]) -> bool:
    """Code asks by name for a table that only the other app makes: together they are one app in which there is one."""
    named = {name for path, data in files.items() if not path.endswith(".sql") for found in _NAMED.findall(data) for name in found if name}
    return bool(named & _tables_in(other) - _tables_in(files))


def _tables_in(files: dict[str, bytes]) -> set[bytes]:
    return {name for path, data in files.items() if path.endswith(".sql") for name in _TABLE.findall(data)}


def _is_apart(files: dict[str, bytes]) -> bool:
    return any(path.endswith((".sql", "package.json", "pyproject.toml", "requirements.txt")) for path in files)


@each_app
def test_an_app_may_lie_in_any_folder(name: str) -> None:
    def moved(place: Place) -> Place:
        return structs.replace(place, path=f"apps/one/{place.path}")

    alone, inside = scanned(name).findings, scan_files(below("apps/one", APPS[name]), RULES).findings
    told = [(finding.rule, moved(finding.place), finding.severity, finding.confidence) for finding in ordered(alone)]
    assert [(finding.rule, finding.place, finding.severity, finding.confidence) for finding in ordered(inside)] == told


# --- keys survive edits ---

_HASH = (".py", ".toml", ".yml", ".yaml", ".txt", ".gitignore", "Dockerfile")
_SLASHES = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".prisma")
_MARKUP = (".md", ".html", ".svg")


def remark(path: str) -> bytes:
    """A comment in the language of a file, or nothing where it has none."""
    name = path.rpartition("/")[2]
    if name.endswith(_HASH) or name.startswith(".env"):
        return b"# a remark\n"
    if name.endswith(_SLASHES):
        return b"// a remark\n"
    if name.endswith(_MARKUP):
        return b"<!-- a remark -->\n"
    return b"-- a remark\n" if name.endswith(".sql") else b"\n"


def keys(found: Scan) -> list[tuple[str, str, str, str]]:
    return sorted((finding.key, finding.severity, finding.confidence, finding.message) for finding in found.findings)


def at_the_end(path: str, data: bytes) -> bytes:
    return data + (b"" if data.endswith(b"\n") else b"\n") + remark(path) + b"\n"


def at_the_top(path: str, data: bytes) -> bytes:
    return data if data.startswith(b"#!") else remark(path) + b"\n" + data


def with_carriage_returns(path: str, data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@each_group
@pytest.mark.parametrize("edit", [at_the_end, at_the_top, with_carriage_returns])
def test_keys_survive_edits(group: str, edit: Callable[[str, bytes], bytes]) -> None:
    before = {name: keys(scanned(name)) for name in GROUPS[group]}
    edited = {name: {path: edit(path, data) for path, data in files.items()} for name, files in GROUPS[group].items()}
    assert {name: keys(scan_files(files, RULES)) for name, files in edited.items()} == before


@each_group
def test_no_two_findings_share_a_key(group: str) -> None:
    for name in GROUPS[group]:
        found = [finding.key for finding in scanned(name).findings]
        assert sorted(set(found)) == sorted(found)


@each_group
def test_places_lie_in_the_files(group: str) -> None:
    for name, files in GROUPS[group].items():
        for finding in scanned(name).findings:
            for place in (finding.place, *(step.place for step in finding.trail)):
                assert 0 <= place.span.start <= place.span.end <= len(files[place.path])
            assert finding.place.span.start < finding.place.span.end


# --- files are hostile ---


@st.composite
def garbled(draw: st.DrawFn) -> Files:
    """An app of which some files are cut, mixed up or damaged."""
    files = dict(APPS[draw(st.sampled_from(sorted(APPS)))])
    for path in draw(st.lists(st.sampled_from(sorted(files)), min_size=1, max_size=4, unique=True)):
        data = files[path]
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["cut", "behead", "insert", "shuffle", "double", "swap"])):
            case "cut":
                files[path] = data[:at]
            case "behead":
                files[path] = data[at:]
            case "insert":
                files[path] = data[:at] + draw(st.binary(max_size=8)) + data[at:]
            case "shuffle":
                lines = data.splitlines(keepends=True)
                draw(st.randoms(use_true_random=False)).shuffle(lines)
                files[path] = b"".join(lines)
            case "double":
                files[path] = data[:at] * 2 + data[at:]
            case "swap":
                other = draw(st.sampled_from(sorted(files)))
                files[path], files[other] = files[other], data
    return files


@settings(max_examples=50)
@given(garbled())
def test_no_app_is_too_broken(files: Files) -> None:
    found, thorough = scan_files(files, RULES), scan_files(files, RULES, prefilter=False)
    assert [note for note in thorough.notes if "could not be read" in note.message or note.kind is NoteKind.CHECK_FAILED] == []
    assert report(files, thorough) == report(files, found)
