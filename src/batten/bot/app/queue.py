"""What is still to be looked at, kept in SQLite: what was accepted is done in the end, whatever is killed when."""

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from batten.bot.app.webhook import Wanted

_TABLES = """
create table if not exists deliveries (id text primary key, came real not null);
create table if not exists jobs (
  installation integer not null, repository text not null, repository_id integer not null, number integer not null,
  wanted integer not null default 1, done integer not null default 0, tries integer not null default 0, not_before real not null default 0,
  primary key (repository_id, number)
);
create table if not exists analyses (
  repository_id integer not null, base text not null, head text not null, code integer not null, findings blob not null, made real not null,
  primary key (repository_id, base, head)
);
"""
_KEPT = 7 * 24 * 3600.0
_DELIVERY_KEPT = 30 * 24 * 3600.0
MOST_TRIES = 8
_LONGEST_PAUSE = 3600.0


class Job(Struct, frozen=True):
    """A pull request to look at; ``wanted`` is how often that was asked for, so that what came meanwhile is not lost."""

    what: Wanted
    wanted: int
    tries: int


class Analysis(Struct, frozen=True):
    """What ``batten diff`` has written, and its exit code."""

    code: int
    findings: bytes


class Queue:
    """One file. Each method is one transaction, on the disk when it returns; one process at a time works it off."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._base.execute("pragma journal_mode = wal")
        self._base.execute("pragma synchronous = full")
        self._base.executescript(_TABLES)
        self._lock = threading.Lock()  # deliveries come in threads of their own, and there is one connection

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def put(self, delivery: str, wanted: tuple[Wanted, ...]) -> bool:
        """Accept what a delivery asks for; False where that delivery came before. Several requests for one pull request are one job."""
        now = self._now()
        with self._lock, self._base:
            self._base.execute("begin immediate")
            self._base.execute("delete from deliveries where came < ?", (now - _DELIVERY_KEPT,))
            if not self._base.execute("insert or ignore into deliveries values (?, ?)", (delivery, now)).rowcount:
                return False
            self._base.executemany(
                "insert into jobs (installation, repository, repository_id, number) values (?, ?, ?, ?) on conflict (repository_id, number) do update set "
                "wanted = wanted + 1, tries = 0, not_before = 0, installation = excluded.installation, repository = excluded.repository",
                [(each.installation, each.repository, each.repository_id, each.number) for each in wanted],
            )
        return True

    def next(self) -> Job | None:
        """The job to do now. It stays in the queue until it is done: a process that dies with it leaves it there."""
        row = self._one(
            "select installation, repository, repository_id, number, wanted, tries from jobs where done < wanted and tries < ? and not_before <= ? "
            "order by not_before, rowid limit 1",
            (MOST_TRIES, self._now()),
        )
        return Job(Wanted(*row[:4]), row[4], row[5]) if row is not None else None

    def done(self, job: Job) -> None:
        """What was asked for until the job began is done."""
        self._set(job, "done = max(done, ?), tries = 0", job.wanted)

    def later(self, job: Job, seconds: float | None = None) -> None:
        """Try again after a while, longer each time; ``seconds``: GitHub has said when, and it was no failure."""
        if seconds is not None:
            self._set(job, "not_before = ?", self._now() + seconds)
        else:
            self._set(job, "tries = tries + 1, not_before = ?", self._now() + min(2.0**job.tries, _LONGEST_PAUSE))

    def given_up(self) -> int:
        """How many jobs failed for good."""
        row = self._one("select count(*) from jobs where done < wanted and tries >= ?", (MOST_TRIES,))
        return int(row[0]) if row is not None else 0

    def keep(self, job: Job, base: str, head: str, found: Analysis) -> None:
        """Remember an analysis, so that a restart does not make it again."""
        with self._lock, self._base:
            self._base.execute("begin immediate")
            self._base.execute("delete from analyses where made < ?", (self._now() - _KEPT,))
            values = (job.what.repository_id, base, head, found.code, found.findings, self._now())
            self._base.execute("insert or replace into analyses values (?, ?, ?, ?, ?, ?)", values)

    def kept(self, job: Job, base: str, head: str) -> Analysis | None:
        """The analysis of two commits, if it was made."""
        values = (job.what.repository_id, base, head)
        row = self._one("select code, findings from analyses where repository_id = ? and base = ? and head = ?", values)
        return Analysis(*row) if row is not None else None

    def _set(self, job: Job, what: str, value: float) -> None:
        statement = f"update jobs set {what} where repository_id = ? and number = ?"  # noqa: S608 - our own words
        with self._lock:
            self._base.execute(statement, (value, job.what.repository_id, job.what.number))

    def _one(self, question: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
        with self._lock:
            row: tuple[Any, ...] | None = self._base.execute(question, values).fetchone()
        return row
