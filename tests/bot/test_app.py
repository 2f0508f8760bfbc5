"""The app from a delivery to what is said: nothing lost and nothing twice, whatever is killed when."""

import asyncio
import json
import logging
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from changes import commit, git
from hub_deliveries import opened, signed
from hub_findings import new
from hub_server import AFTER, HALF, Hub, serving

from batten.bot.app import analysis, work
from batten.bot.app.analysis import NotAnalysedError, analyse
from batten.bot.app.objects import NotFetchedError, fetch
from batten.bot.app.queue import MOST_TRIES, Analysis, Queue
from batten.bot.app.webhook import Wanted
from batten.bot.app.work import Identity, Worker
from batten.bot.hub import Connection

WHAT = Wanted(1, "acme/shop", 99, 7)
BASE, HEAD = "b" * 40, "a" * 40
OPENED = {"supabase/migrations/20250102000000_letters.sql": "create table public.letters (id uuid primary key, body text);\n"}
((PATH, TEXT),) = OPENED.items()


@cache
def key() -> str:
    """A key made for this run."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def document(*found: dict[str, Any]) -> bytes:
    return json.dumps(
        {"version": 1, "base": BASE, "head": HEAD, "new": found, "fixed": [], "silenced": [], "surface": [], "complete": True, "notes": []}
    ).encode()


def hub() -> Hub:
    return Hub(HEAD, {"app.py": "@@ -0,0 +1,80 @@\n" + "+line\n" * 80})


FOUND = document(*(new(number, line=number) for number in range(1, 71)))


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In the place of fetch and analysis, which have tests of their own: 70 findings. What was analysed is listed."""
    made: list[str] = []

    async def no_fetch(*_: object) -> None:
        pass

    async def findings(_: Path, base: str, head: str) -> Analysis:
        made.append(f"{base[0]}{head[0]}")
        return Analysis(1, FOUND)

    monkeypatch.setattr(work, "fetch", no_fetch)
    monkeypatch.setattr(work, "analyse", findings)
    return made


class Killed(BaseException):
    """The process is gone."""


def worker(folder: Path, address: str, now: Callable[[], float] = time.time) -> Worker:
    return Worker(Queue(folder / "queue.sqlite", now), Identity("42", key(), address, address), {}, folder)


def run(folder: Path, address: str) -> None:
    """Work until nothing is left, with a clock that goes by an hour each time."""
    hours = iter(range(1, 100))
    one = worker(folder, address, lambda: time.time() + 3600 * next(hours))
    while asyncio.run(one.once()):
        pass


def state(on: Hub) -> tuple[Any, ...]:
    checks = [
        (check["status"], check.get("conclusion"), sorted(row["start_line"] for row in check["annotations"]))
        for check in on.checks.values()
    ]
    return sorted(line or 0 for _, line, _ in on.bodies()), [each["body"] for each in on.comments], checks


def test_a_pull_request_gets_a_check_comments_and_a_summary(tmp_path: Path, analysed: list[str]) -> None:
    on = hub()
    Queue(tmp_path / "queue.sqlite").put("d1", (WHAT,))
    with serving(on) as address:
        run(tmp_path, address)
    lines, (summary,), checks = state(on)
    assert (lines, summary.startswith("**batten:** 70 new findings"), checks) == (
        list(range(1, 21)),
        True,
        [("completed", "failure", list(range(1, 71)))],
    )
    assert on.asked["checks/update"] == 3
    assert on.tokens == [
        {"repository_ids": [99], "permissions": {"contents": "read", "metadata": "read", "pull_requests": "write", "checks": "write"}}
    ]
    assert analysed == ["ba"]


STEPS: list[tuple[Any, str]] = [
    (Connection, "_request"),
    *((Queue, name) for name in ("next", "kept", "keep", "done", "later")),
    *((work, name) for name in ("fetch", "analyse")),
]
"""All that leaves a trace, here or at GitHub, or leads to one: to die between two of them is to die before the second."""


def before_each(patch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    def told(real: Any) -> Any:
        if asyncio.iscoroutinefunction(real):

            async def later(*words: Any) -> Any:
                happens()
                return await real(*words)

            return later

        def now(*words: Any) -> Any:
            happens()
            return real(*words)

        return now

    for owner, name in STEPS:
        patch.setattr(owner, name, told(getattr(owner, name)))


def test_whatever_step_it_dies_at_the_end_is_the_same(tmp_path: Path, analysed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    steps, left, ends = 0, 0, []

    def count() -> None:
        nonlocal steps
        steps += 1

    def die() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    on = hub()
    Queue(tmp_path / "queue.sqlite").put("d1", (WHAT,))
    with serving(on) as address, monkeypatch.context() as patch:
        before_each(patch, count)
        run(tmp_path, address)
    whole = state(on)
    assert steps > sum(on.asked.values()) + 5
    for step in range(1, steps):  # the last one looks whether there is more to do
        on, folder = hub(), tmp_path / str(step)
        folder.mkdir()
        Queue(folder / "queue.sqlite").put("d1", (WHAT,))
        with serving(on) as address:
            with monkeypatch.context() as patch:
                left = step
                before_each(patch, die)
                with pytest.raises(Killed):
                    asyncio.run(worker(folder, address).once())
            run(folder, address)
        ends.append(state(on))
    assert ends == [whole] * (steps - 1)


@pytest.mark.parametrize("order", [("d1", "d2"), ("d2", "d1"), ("d1", "d2", "d1", "d2", "d2")], ids=" ".join)
def test_whatever_order_deliveries_come_in_the_end_is_the_same(tmp_path: Path, analysed: list[str], order: tuple[str, ...]) -> None:
    on = hub()
    for name in order:
        assert Queue(tmp_path / "queue.sqlite").put(name, (WHAT,)) in (True, False)
    with serving(on) as address:
        run(tmp_path, address)
        Queue(tmp_path / "queue.sqlite").put(order[0], (WHAT,))  # once more, when all is done
        run(tmp_path, address)
    assert (len(on.threads), len(on.comments), len(on.checks), len(on.reviews), analysed) == (20, 1, 1, 1, ["ba"])


OPERATIONS = [
    "apps/create-installation-access-token",
    "pulls/get",
    "checks/list-for-ref",
    "checks/create",
    "checks/update",
    "graphql",
    "pulls/create-review",
    "issues/create-comment",
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", [500, HALF, AFTER, "secondary", "long"], ids=str)
def test_whatever_github_answers_the_end_is_the_same(tmp_path: Path, analysed: list[str], operation: str, fault: Any) -> None:
    on = hub()
    on.faults = [(operation, fault)] * 2
    Queue(tmp_path / "queue.sqlite").put("d1", (WHAT,))
    with serving(on) as address:
        run(tmp_path, address)
    lines, summaries, checks = state(on)
    assert (lines, len(summaries), checks) == (list(range(1, 21)), 1, [("completed", "failure", list(range(1, 71)))])


def test_a_token_is_nowhere_but_in_requests(tmp_path: Path, analysed: list[str], caplog: pytest.LogCaptureFixture) -> None:
    on = hub()
    on.faults = [("pulls/get", 500), ("pulls/create-review", 422), ("checks/create", 404)]
    Queue(tmp_path / "queue.sqlite").put("d1", (WHAT,))
    with caplog.at_level(logging.DEBUG), serving(on) as address:
        run(tmp_path, address)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(on.tokens) >= 1
    assert ("ghs_" in caplog.text, b"ghs_" in kept, "PRIVATE" in caplog.text) == (False, False, False)
    assert any("ghs_" in each for each in on.authorizations)
    assert repr(Identity("42", key())) == "Identity('42', 'https://api.github.com')"


def test_a_job_that_never_goes_is_given_up_and_does_not_stop_others(tmp_path: Path, analysed: list[str]) -> None:
    on = hub()
    on.faults = [("pulls/get", 500)] * 3 * MOST_TRIES
    Queue(tmp_path / "queue.sqlite").put("d1", (WHAT,))
    with serving(on) as address:
        run(tmp_path, address)
        assert (Queue(tmp_path / "queue.sqlite").given_up(), on.threads) == (1, [])
        Queue(tmp_path / "queue.sqlite").put("d2", (WHAT,))  # a new push begins anew
        run(tmp_path, address)
    assert (Queue(tmp_path / "queue.sqlite").given_up(), len(on.threads)) == (0, 20)


def test_a_head_that_moves_while_it_is_looked_at_is_not_spoken_of(
    tmp_path: Path, analysed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on = hub()

    async def slow(*_: object) -> Analysis:
        on.head = "c" * 40
        return Analysis(1, FOUND)

    monkeypatch.setattr(work, "analyse", slow)
    Queue(tmp_path / "queue.sqlite").put("d1", (WHAT,))
    with serving(on) as address:
        asyncio.run(worker(tmp_path, address).once())
    assert (on.threads, on.comments) == ([], [])


def test_a_failed_analysis_is_told_in_the_check(tmp_path: Path, analysed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object) -> Analysis:
        raise NotAnalysedError("the analysis took longer than 600 s")

    monkeypatch.setattr(work, "analyse", fails)
    on = hub()
    Queue(tmp_path / "queue.sqlite").put("d1", (WHAT,))
    with serving(on) as address:
        run(tmp_path, address)
    assert [(check["conclusion"], check["title"]) for check in on.checks.values()] == [("neutral", "batten could not look at this change")]


# --- fetch and analysis, for real ---


@pytest.fixture
def origin(tmp_path: Path) -> tuple[Path, str, str]:
    """A server's repository, in which the change began before the last commit of main."""
    where = tmp_path / "web" / "acme" / "shop.git"
    commit(where, {"README.md": "an app\n"})
    git(where, "checkout", "-q", "-b", "topic")
    head = commit(where, OPENED)
    git(where, "checkout", "-q", "main")
    base = commit(where, {"NOTES.md": "more\n"})
    git(where, "config", "uploadpack.allowAnySHA1InWant", "true")
    return where, base, head


def test_objects_are_fetched_and_nothing_is_checked_out(tmp_path: Path, origin: tuple[Path, str, str]) -> None:
    where, base, head = origin
    (tmp_path / "into").mkdir()
    asyncio.run(fetch(f"file://{where}", "ghs_" + "x" * 16, base, head, tmp_path / "into"))
    assert [path.name for path in (tmp_path / "into").iterdir()] == [".git"]
    kept = b"".join(path.read_bytes() for path in (tmp_path / "into").rglob("*") if path.is_file())
    assert b"ghs_" not in kept
    (tmp_path / "other").mkdir()
    with pytest.raises(NotFetchedError):
        asyncio.run(fetch(f"file://{where}", None, base, "d" * 40, tmp_path / "other"))


def test_the_analysis_has_no_environment_and_no_network(
    tmp_path: Path, origin: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where, base, head = origin
    (tmp_path / "into").mkdir()
    asyncio.run(fetch(f"file://{where}", None, base, head, tmp_path / "into"))
    monkeypatch.setenv("BATTEN_WEBHOOK_SECRET", "a secret")
    found = asyncio.run(analyse(tmp_path / "into", base, head))
    told = json.loads(found.findings)
    assert (found.code, [each["rule"] for each in told["new"]], told["head"]) == (1, ["table-without-rls"], head)
    look = "import os, sys; sys.path.insert(0, sys.argv.pop(1)); from batten.bot.app.confined import limit, without_network; "
    look += "gone = without_network(); limit(); from pathlib import Path; import json; "
    look += "Path(sys.argv[4]).write_text(json.dumps([dict(os.environ), gone, len(Path('/proc/net/dev').read_text().splitlines())])); sys.exit(1)"
    monkeypatch.setattr(analysis, "_START", look)
    environment, gone, rows = json.loads(asyncio.run(analyse(tmp_path / "into", base, head)).findings)
    assert (sorted(environment), gone is False or rows == 3) == (["LC_ALL", "PATH"], True)


def test_an_analysis_without_an_end_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        analysis, "_START", "import os, sys, time; os.fork(); open(sys.argv[5] + str(os.getpid()), 'w').close(); time.sleep(60)"
    )
    with pytest.raises(NotAnalysedError, match="longer than 2 s"):
        asyncio.run(analyse(tmp_path, BASE, HEAD, seconds=2))
    pids = [int(path.name.removeprefix("findings.json")) for path in tmp_path.glob("findings.json*")]
    time.sleep(0.2)
    assert (
        len(pids),
        [pid for pid in pids if Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]],
    ) == (2, [])


def test_an_analysis_that_takes_too_much_memory_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = "import sys; sys.path.insert(0, sys.argv.pop(1)); from batten.bot.app.confined import limit; limit(); bytearray(10**11)"
    monkeypatch.setattr(analysis, "_START", start)
    with pytest.raises(NotAnalysedError):
        asyncio.run(analyse(tmp_path, BASE, HEAD))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_the_server_survives_kill_9_with_nothing_lost_and_nothing_twice(tmp_path: Path, origin: tuple[Path, str, str]) -> None:
    where, base, head = origin
    on = Hub(head, {PATH: f"@@ -0,0 +1 @@\n+{TEXT.rstrip()}"}, number=2)
    on.base = base
    on.faults = [("pulls/create-review", AFTER)]
    body = json.loads(opened())
    body["repository"]["full_name"] = "acme/shop"
    data = json.dumps(body).encode()
    port = free_port()
    with serving(on) as address:
        environment = {
            **os.environ, "BATTEN_APP_ID": "42", "BATTEN_PRIVATE_KEY": key(), "BATTEN_WEBHOOK_SECRET": "old secret",
            "GITHUB_API_URL": address, "GITHUB_GRAPHQL_URL": f"{address}/graphql", "GITHUB_SERVER_URL": f"file://{where.parents[1]}",
        }  # fmt: skip
        command = [sys.executable, "-m", "batten", "app", "--port", str(port), "--state", str(tmp_path / "state")]

        def start() -> subprocess.Popen[str]:
            process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            until(lambda: answers(port))
            return process

        first = start()
        headers = {"x-github-event": "pull_request", "x-github-delivery": "d1", "x-hub-signature-256": signed(data, "old secret")}
        with urlopen(Request(f"http://127.0.0.1:{port}/webhook", data, headers), timeout=30) as answer:
            assert answer.status == 202
        until(lambda: on.asked["pulls/get"] > 0)
        first.send_signal(signal.SIGKILL)
        log = first.communicate()[0]
        second = start()
        until(lambda: any(check["status"] == "completed" for check in on.checks.values()))
        second.send_signal(signal.SIGKILL)
        log += second.communicate()[0]
        third = start()
        time.sleep(1)
        third.terminate()
        log += third.communicate()[0]
    assert [(path, line) for path, line, _ in on.bodies()] == [(PATH, 1)]
    assert (len(on.comments), [check["conclusion"] for check in on.checks.values()]) == (1, ["failure"])
    assert ("ghs_" in log, "PRIVATE" in log) == (False, False)


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def until(holds: Callable[[], bool], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


def test_a_queue_that_fails_for_a_while_does_not_end_the_work(tmp_path: Path, analysed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    on = hub()
    Queue(tmp_path / "queue.sqlite").put("d1", (WHAT,))
    real, failures = Queue.next, [sqlite3.OperationalError("database or disk is full")] * 2

    def next_job(self: Queue) -> Any:
        if failures:
            raise failures.pop()
        return real(self)

    monkeypatch.setattr(Queue, "next", next_job)

    async def some_time(one: Worker) -> None:
        task = asyncio.create_task(one.run())
        while not any(check["status"] == "completed" for check in on.checks.values()):
            assert not task.done()
            await asyncio.sleep(0.05)
        task.cancel()

    with serving(on) as address:
        asyncio.run(some_time(worker(tmp_path, address)))
    assert len(on.threads) == 20
