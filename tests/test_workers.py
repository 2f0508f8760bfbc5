"""Reading files in several processes: in order, all of them, whatever happens to a process."""

import os
import signal
import struct
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten import workers
from batten.facts.project import FileFacts
from batten.finding import Note, NoteKind
from batten.text import Place, Span
from batten.workers import Depth, Job, Workers

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

NAMES = [f"{number}.py" for number in range(40)]


@pytest.fixture(autouse=True)
def processes_for_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_WORTH_A_PROCESS", 0)


def jobs(names: list[str], size: int = 10) -> list[Job]:
    return [Job(name, size, Depth.WORDS) for name in names]


def facts(path: str) -> FileFacts:
    return FileFacts(path=path, language=None, parsed=False)


def lost(path: str) -> FileFacts:
    message = "the parser did not survive this file: findings may be missing here"
    return FileFacts(path=path, language=None, parsed=True, notes=(Note(NoteKind.NOT_PARSED, message, Place(path, Span(0, 0))),))


def falls_on(bad: frozenset[str], fall: Callable[[], object]) -> Callable[[str, Depth], FileFacts]:
    def look(path: str, depth: Depth) -> FileFacts:
        if path in bad:
            fall()
        return facts(path)

    return look


def dies() -> None:
    os._exit(7)


def hangs() -> None:
    time.sleep(60)


def dies_in_the_middle_of_its_answer() -> None:
    def half(pipe: Connection, answer: memoryview) -> None:
        os.write(pipe.fileno(), struct.pack("!i", len(answer)) + answer[:1])
        os.kill(os.getpid(), signal.SIGKILL)

    Connection._send_bytes = half  # type: ignore[attr-defined]


def test_the_order_is_that_of_the_jobs() -> None:
    with Workers(lambda path, depth: facts(path), 2) as pool:
        assert pool.read(jobs(NAMES)) == [facts(name) for name in NAMES]
        assert pool.read(jobs(NAMES[::-1])) == [facts(name) for name in NAMES[::-1]]


def test_another_process_does_the_work() -> None:
    own = os.getpid()

    def look(path: str, depth: Depth) -> FileFacts:
        return FileFacts(path=path, language=str(os.getpid() != own), parsed=depth is Depth.CODE)

    with Workers(look, 2) as pool:
        found = pool.read([Job("a.py", 10, Depth.CODE), Job("b.py", 10, Depth.TEXT)])
    assert [(one.language, one.parsed) for one in found] == [("True", True), ("True", False)]


def test_one_process_is_this_one() -> None:
    own = os.getpid()
    with Workers(lambda path, depth: FileFacts(path=path, language=str(os.getpid() == own), parsed=False), 1) as pool:
        assert [one.language for one in pool.read(jobs(["a.py"]))] == ["True"]


def test_few_bytes_are_not_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_WORTH_A_PROCESS", 1000)
    own = os.getpid()
    with Workers(lambda path, depth: FileFacts(path=path, language=str(os.getpid() == own), parsed=False), 2) as pool:
        assert {one.language for one in pool.read(jobs(NAMES))} == {"True"}
        assert {one.language for one in pool.read(jobs(NAMES, size=100))} == {"False"}


def test_progress_comes_to_its_end() -> None:
    told: list[tuple[int, int]] = []
    with Workers(lambda path, depth: facts(path), 2) as pool:
        pool.read(jobs(NAMES), lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (40, 40)


@pytest.mark.parametrize("bad", [{"0.py"}, {"17.py"}, {"3.py", "4.py", "39.py"}])
def test_a_parser_that_dies_costs_its_file_alone(bad: set[str]) -> None:
    with Workers(falls_on(frozenset(bad), dies), 2) as pool:
        assert pool.read(jobs(NAMES)) == [lost(name) if name in bad else facts(name) for name in NAMES]


def test_a_parser_that_hangs_costs_its_file_alone() -> None:
    started = time.monotonic()
    with Workers(falls_on(frozenset({"17.py"}), hangs), 2, seconds=0.5) as pool:
        assert pool.read(jobs(NAMES)) == [lost(name) if name == "17.py" else facts(name) for name in NAMES]
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("processes", [2, 3])
def test_half_an_answer_is_not_waited_for(processes: int) -> None:
    with Workers(falls_on(frozenset({"17.py"}), dies_in_the_middle_of_its_answer), processes, seconds=0.5) as pool:
        assert pool.read(jobs(NAMES)) == [lost(name) if name == "17.py" else facts(name) for name in NAMES]


def test_it_goes_on_after_a_death() -> None:
    with Workers(falls_on(frozenset({"1.py"}), dies), 2) as pool:
        pool.read(jobs(["0.py", "1.py"]))
        assert pool.read(jobs(NAMES[2:])) == [facts(name) for name in NAMES[2:]]


def counted(folder: Path) -> Callable[[str, Depth], FileFacts]:
    """Writes down each look, whatever process it is in."""

    def look(path: str, depth: Depth) -> FileFacts:
        with (folder / f"{path}-{depth}").open("a") as file:
            file.write("looked\n")
        return FileFacts(path=path, language=str(int(depth)), parsed=False)

    return look


def looks(folder: Path) -> dict[str, int]:
    return {path.name: path.read_text().count("looked") for path in folder.iterdir()}


def test_what_is_begun_ahead_is_read_once(tmp_path: Path) -> None:
    with Workers(counted(tmp_path), 2) as pool:
        pool.read(jobs(["first.py"]))
        begin = pool.ahead(dict.fromkeys(NAMES, 30_000))
        for name in (*NAMES[:7], *NAMES[:7]):
            begin(name)
        code = [Job(name, 30_000, Depth.CODE) for name in NAMES]
        assert [one.path for one in pool.read(code)] == NAMES
        assert looks(tmp_path) == {f"first.py-{Depth.WORDS}": 1, **{f"{name}-{Depth.CODE}": 1 for name in NAMES}}


def test_what_is_begun_ahead_waits_until_it_is_asked_for(tmp_path: Path) -> None:
    with Workers(counted(tmp_path), 2) as pool:
        pool.read(jobs(["first.py"]))
        begin = pool.ahead(dict.fromkeys(NAMES, 60_000))
        begin("0.py")
        begin("1.py")
        assert [one.path for one in pool.read([Job("2.py", 10, Depth.CODE)])] == ["2.py"]
        assert [one.language for one in pool.read([Job("1.py", 10, Depth.CODE), Job("0.py", 10, Depth.MIGRATION)])] == ["2", "3"]
        assert looks(tmp_path)[f"1.py-{Depth.CODE}"] == 1


def test_nothing_is_begun_ahead_where_no_process_waits(tmp_path: Path) -> None:
    for processes in (1, 2):
        with Workers(counted(tmp_path), processes) as pool:
            pool.ahead(dict.fromkeys(NAMES, 60_000))("0.py")
    assert looks(tmp_path) == {}


@pytest.mark.parametrize("fall", [dies, hangs])
def test_what_kills_or_hangs_ahead_costs_its_file_alone(fall: Callable[[], object]) -> None:
    with Workers(falls_on(frozenset({"3.py"}), fall), 2, seconds=0.5) as pool:
        pool.read(jobs(["first.py"]))
        begin = pool.ahead(dict.fromkeys(NAMES, 30_000))
        for name in NAMES[:6]:
            begin(name)
        code = [Job(name, 30_000, Depth.CODE) for name in NAMES]
        assert pool.read(code) == [lost(name) if name == "3.py" else facts(name) for name in NAMES]
        assert pool.read(jobs(NAMES[:2])) == [facts(name) for name in NAMES[:2]]


def test_a_single_file_that_kills() -> None:
    with Workers(falls_on(frozenset({"a.py"}), dies), 2) as pool:
        assert pool.read(jobs(["a.py"])) == [lost("a.py")]


@pytest.fixture
def children() -> Iterator[set[int]]:
    before = _children()
    left: set[int] = set()
    yield left
    for _ in range(100):
        left |= _children() - before
        if not left:
            return
        time.sleep(0.05)
        left.clear()
    pytest.fail("processes are left over")


def _children() -> set[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:  # noqa: PTH123
            return {int(pid) for pid in file.read().split()}
    except OSError:
        return set()


@pytest.mark.parametrize("fall", [dies, hangs])
def test_no_process_is_left_over(children: set[int], fall: Callable[[], object]) -> None:
    with Workers(falls_on(frozenset({"1.py"}), fall), 2, seconds=0.3) as pool:
        assert pool.read(jobs(NAMES[:4])) == [lost(name) if name == "1.py" else facts(name) for name in NAMES[:4]]


@given(st.lists(st.integers(0, 300_000), max_size=60), st.integers(1, 4))
def test_every_job_is_in_one_shard_and_the_largest_come_first(sizes: list[int], processes: int) -> None:
    all_jobs = [Job(str(number), one, Depth.WORDS) for number, one in enumerate(sizes)]
    shards = workers._shards(all_jobs, processes)
    assert [job.size for shard in shards for job in shard] == sorted(sizes, reverse=True)
    assert sorted(job.path for shard in shards for job in shard) == sorted(job.path for job in all_jobs)
    assert all(shards)
