"""Works the queue off: one pull request after the other, each as it is now, whatever was delivered when."""

import asyncio
import logging
import sqlite3
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx2
import jwt
from gidgethub import GitHubException
from gidgethub.apps import get_jwt
from msgspec import Struct

from batten.bot import document as documents
from batten.bot.app.analysis import NotAnalysedError, analyse
from batten.bot.app.confined import FOUND
from batten.bot.app.objects import NotFetchedError, fetch
from batten.bot.app.queue import Analysis, Job, Queue
from batten.bot.checks import Checks
from batten.bot.hub import API, BusyError, Connection, Hub, InvalidError, RefusedError, UncertainError, client, failure
from batten.bot.publish import Published, publish
from batten.finding import UsageError
from batten.report.run import Rule

_LOG = logging.getLogger("batten.app")
_PERMISSIONS = {"contents": "read", "metadata": "read", "pull_requests": "write", "checks": "write"}
_IDLE = 0.2
_PATIENCE = 10.0


class Identity(Struct, frozen=True):
    """Who the app is, and where GitHub is: ``web`` is where repositories are fetched from."""

    app_id: str
    private_key: str
    api: str = API
    web: str = "https://github.com"
    graphql: str | None = None

    def __repr__(self) -> str:
        """Without the key."""
        return f"Identity({self.app_id!r}, {self.api!r})"


@lru_cache(maxsize=1)
def _loaded(private_key: str) -> Any:
    """The key, checked once, which takes longer than to sign with it. Raises PyJWTError where it is none. gidgethub hands it on to PyJWT, which takes both."""
    return jwt.get_algorithm_by_name("RS256").prepare_key(private_key)


class Worker:
    """Does the jobs of a queue. Logs numbers and outcomes: no token, no text of an app, no answer of GitHub."""

    def __init__(self, queue: Queue, identity: Identity, rules: Mapping[str, Rule], folder: Path) -> None:
        self._queue = queue
        self._identity = identity
        self._rules = rules
        self._folder = folder

    async def run(self) -> None:
        """Work until it is cancelled."""
        while True:
            try:
                busy = await self.once()
            except sqlite3.Error as error:  # a full disk, for one: it may have room again
                _LOG.error("the queue can't be used: %s", type(error).__name__)
                busy = False
            if not busy:
                await asyncio.sleep(_IDLE)

    async def once(self) -> bool:
        """Do one job; False where there is none."""
        job = self._queue.next()
        if job is None:
            return False
        name = f"{job.what.repository}#{job.what.number}"
        try:
            outcome = await self._job(job)
        except BusyError as busy:
            _LOG.info("%s: GitHub asks to wait %.0f s", name, busy.seconds)
            self._queue.later(job, busy.seconds)
        except (UncertainError, NotFetchedError, InvalidError) as error:
            _LOG.warning("%s: %s, try %d", name, error, job.tries + 1)
            self._queue.later(job)
        except RefusedError as error:
            _LOG.warning("%s: %s", name, error)
            self._queue.done(job)
        except Exception as error:  # noqa: BLE001 - one job must not end the others; not its text, which may hold anything
            _LOG.error("%s: %s in the bot itself, try %d", name, type(error).__name__, job.tries + 1)
            self._queue.later(job)
        else:
            _LOG.info("%s: %s", name, outcome)
            self._queue.done(job)
        return True

    async def _job(self, job: Job) -> str:
        async with client() as asking:
            token = await self._token(asking, job)
            connection = Connection(asking, token=token, api=self._identity.api, patience=_PATIENCE)
            hub = Hub(connection, job.what.repository, job.what.number, self._identity.graphql)
            pull = await hub.ask("GET", f"pulls/{job.what.number}")
            if pull["state"] != "open":
                return "closed"
            base, head = str(pull["base"]["sha"]), str(pull["head"]["sha"])
            checks = Checks(hub, head, self._identity.app_id)
            await checks.begin()
            try:
                found = self._queue.kept(job, base, head) or await self._analysed(job, token, base, head)
                document = documents.read(found.findings)
            except (NotAnalysedError, UsageError) as error:
                if isinstance(error, NotFetchedError):
                    raise
                await checks.give_up(str(error))
                return "not analysed"
            if document.head != head:
                await checks.give_up("the analysis was of another commit")
                return "not analysed"
            outcome = await publish(hub, document, head, self._rules)
            await checks.end(document, self._rules, "failure" if found.code == FOUND else "success")
            return "moved on" if outcome is Published.STALE else f"{len(document.new)} new"

    async def _analysed(self, job: Job, token: str, base: str, head: str) -> Analysis:
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as name:
            folder = Path(name) / "app"
            folder.mkdir()
            await fetch(f"{self._identity.web.rstrip('/')}/{job.what.repository}.git", token, base, head, folder)
            found = await analyse(folder, base, head)
        self._queue.keep(job, base, head, found)
        return found

    async def _token(self, asking: httpx2.AsyncClient, job: Job) -> str:
        """A token for this repository alone, with no more rights than it takes."""
        connection = Connection(asking, token=None, api=self._identity.api, patience=_PATIENCE)
        asked = {"repository_ids": [job.what.repository_id], "permissions": _PERMISSIONS}
        try:
            made = get_jwt(app_id=self._identity.app_id, private_key=_loaded(self._identity.private_key))
            answer = await connection.post(f"/app/installations/{job.what.installation}/access_tokens", data=asked, jwt=made)
        except GitHubException as error:
            raise failure(error) from None
        except (jwt.PyJWTError, ValueError):
            raise RefusedError(
                "no token can be asked for", "BATTEN_PRIVATE_KEY has to be the PEM file that GitHub made for the app"
            ) from None
        return str(answer["token"])
