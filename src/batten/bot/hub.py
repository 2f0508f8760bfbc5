"""GitHub's API, as far as the bot uses it: waits where GitHub says so, repeats what can be repeated, and tells apart what was refused from what is not known to have happened."""

import contextlib
import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import gidgethub
import httpx2
from gidgethub.httpx import GitHubAPI

from batten.bot.patches import File, file
from batten.bot.plan import Comment, Said, Thread
from batten.bot.words import SUMMARY
from batten.finding import BattenError

AGENT = "batten"
API = "https://api.github.com"
_SECONDS = 30
_TRIES = 3
_PATIENCE = 120.0
_MOST_PAGES = 30
_SECONDARY = (b"secondary rate limit", b"abuse detection")
_BROKEN = 500
_STATE = """query($owner: String!, $name: String!, $number: Int!, $threads: String, $comments: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    headRefOid
    reviewThreads(first: 50, after: $threads) { pageInfo { hasNextPage endCursor } nodes {
      id isResolved comments(first: 10) { totalCount nodes { id viewerDidAuthor isMinimized body } } } }
    comments(first: 50, after: $comments) { pageInfo { hasNextPage endCursor } nodes { fullDatabaseId viewerDidAuthor body } }
  } } }"""
_MINIMIZE = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } } }"
_RESOLVE = "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }"


@cache
def _tls() -> Any:
    """Made once: to read the certificates of all authorities takes as long as a few requests."""
    return httpx2.create_ssl_context()


def client() -> httpx2.AsyncClient:
    """Asks over connections of its own."""
    return httpx2.AsyncClient(timeout=_SECONDS, verify=_tls())


class RefusedError(BattenError):
    """GitHub does not let this token do it (401, 403, 404)."""


class InvalidError(BattenError):
    """GitHub does not take it as it is (422): a line that is not of the diff, for one."""


class UncertainError(BattenError):
    """No whole answer came: what was asked may have been done, or not."""


class BusyError(BattenError):
    """GitHub wants to be left alone for longer than is waited here: ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"GitHub limits how often it is asked, for another {seconds:.0f} s", "run it again later")
        self.seconds = seconds


class Connection(GitHubAPI):
    """Requests of one token. ``patience`` is how long in all it waits for limits."""

    def __init__(self, client: httpx2.AsyncClient, *, token: str | None, api: str = API, patience: float = _PATIENCE) -> None:
        super().__init__(client, AGENT, oauth_token=token, base_url=api)
        self._patience = patience

    async def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, Mapping[str, str], bytes]:
        # A query may be asked again, and so may what comes to the same when it is done twice: annotations add up.
        again = method == "GET" or url.endswith("/graphql") or (method == "PATCH" and "/check-runs/" not in url)
        for left in range(_TRIES - 1, -1, -1):
            try:
                status, answered, data = await super()._request(method, url, {**headers, "x-github-api-version": "2022-11-28"}, body)
                if data and "json" in answered.get("content-type", ""):
                    json.loads(data)
            except (httpx2.HTTPError, ValueError) as error:
                if not (again and left):
                    raise UncertainError("GitHub's answer did not come, or not whole", "run it again") from error
                await self.sleep(2.0 ** (_TRIES - left) / 4)
                continue
            wait = _wait(status, answered, data)
            if wait is not None and left:
                if wait > self._patience:
                    raise BusyError(wait)
                self._patience -= wait
                await self.sleep(wait)
                continue
            if wait is not None:
                raise BusyError(wait)
            if status >= _BROKEN and again and left:
                await self.sleep(2.0 ** (_TRIES - left) / 4)
                continue
            return status, answered, data
        raise AssertionError


def _wait(status: int, headers: Mapping[str, str], body: bytes) -> float | None:
    """The seconds to wait where a limit is met, as GitHub's documentation says; None where it is none."""
    if status not in (403, 429):
        return None
    if headers.get("retry-after", "").isdigit():
        return float(headers["retry-after"])
    if headers.get("x-ratelimit-remaining") == "0" and headers.get("x-ratelimit-reset", "").isdigit():
        return max(1.0, float(headers["x-ratelimit-reset"]) - time.time())
    if status == 429 or any(word in body.lower() for word in _SECONDARY):  # noqa: PLR2004 - too many requests
        return 60.0
    return None


class Hub:
    """One pull request. Raises RefusedError, InvalidError, UncertainError, BusyError."""

    def __init__(self, connection: GitHubAPI, repository: str, number: int, graphql: str | None = None) -> None:
        self._connection = connection
        self._repository = repository
        self._number = number
        self._graphql_url = graphql or f"{connection.base_url.removesuffix('/')}/graphql"

    async def said(self) -> Said:
        """What this account has said there, and the commit that the pull request is at."""
        owner, _, name = self._repository.partition("/")
        cursors: dict[str, str | None] = {"threads": None, "comments": None}
        threads: list[Thread] = []
        summary: tuple[str, str] | None = None
        for _ in range(_MOST_PAGES):
            data = await self._graphql(_STATE, owner=owner, name=name, number=self._number, **cursors)
            found: Any = (data.get("repository") or {}).get("pullRequest")
            if found is None:
                raise RefusedError(f"there is no pull request {self._number} that this token can see", "give the job pull-requests: write")
            threads += [thread for node in found["reviewThreads"]["nodes"] if (thread := _thread(node)) is not None]
            for node in found["comments"]["nodes"]:
                if summary is None and node["viewerDidAuthor"] and node["body"].rstrip().endswith(SUMMARY):
                    summary = (str(node["fullDatabaseId"]), node["body"])
            pages: dict[str, dict[str, Any]] = {"threads": found["reviewThreads"]["pageInfo"], "comments": found["comments"]["pageInfo"]}
            if not any(page["hasNextPage"] for page in pages.values()):
                break
            cursors = {which: page["endCursor"] or cursors[which] for which, page in pages.items()}
        return Said(found["headRefOid"], tuple({thread.id: thread for thread in threads}.values()), *(summary or (None, "")))

    async def files(self) -> dict[str, File]:
        """The files of the change with the hunks that GitHub shows of them; it lists 3,000 at most."""
        found: dict[str, File] = {}
        for number in range(1, _MOST_PAGES + 1):
            rows: list[dict[str, Any]] = await self.ask("GET", f"pulls/{self._number}/files?per_page=100&page={number}")
            found |= {row["filename"]: file(row["filename"], row.get("patch")) for row in rows}
            if len(rows) < 100:  # noqa: PLR2004 - the last page
                break
        return found

    async def review(self, head: str, body: str, comments: tuple[Comment, ...]) -> None:
        """Post one review with comments at lines."""
        rows = [{"path": one.path, "body": one.body, **_lines(one)} for one in comments]
        await self.ask("POST", f"pulls/{self._number}/reviews", {"commit_id": head, "event": "COMMENT", "body": body, "comments": rows})

    async def comment(self, head: str, one: Comment) -> None:
        """Post one comment at a line, or on a file."""
        place = _lines(one) or {"subject_type": "file"}
        await self.ask("POST", f"pulls/{self._number}/comments", {"commit_id": head, "path": one.path, "body": one.body, **place})

    async def summarize(self, body: str, known: str | None) -> None:
        """Make the summary, or put ``body`` in the place of the one there is."""
        if known is None:
            await self.ask("POST", f"issues/{self._number}/comments", {"body": body})
        else:
            await self.ask("PATCH", f"issues/comments/{known}", {"body": body})

    async def put_away(self, thread: Thread) -> None:
        """Resolve and minimise a thread. A token that may comment may not always resolve: then it is only minimised."""
        if not thread.resolved:
            with contextlib.suppress(RefusedError):
                await self._graphql(_RESOLVE, id=thread.id)
        await self._graphql(_MINIMIZE, id=thread.comment_id)

    async def ask(self, method: str, path: str, data: Any = None) -> Any:
        """Ask for ``path`` below the repository."""
        url = f"/repos/{self._repository}/{path}"
        try:
            match method:
                case "GET":
                    return await self._connection.getitem(url)
                case "PATCH":
                    return await self._connection.patch(url, data=data)
                case _:
                    return await self._connection.post(url, data=data)
        except gidgethub.GitHubException as error:
            raise failure(error) from None

    async def _graphql(self, query: str, **variables: Any) -> Any:
        try:
            return await self._connection.graphql(query, endpoint=self._graphql_url, **variables)
        except gidgethub.GitHubException as error:
            raise failure(error) from None


def _thread(node: Mapping[str, Any]) -> Thread | None:
    """A thread that this account began."""
    comments = node["comments"]["nodes"]
    if not comments or not comments[0]["viewerDidAuthor"]:
        return None
    alone = all(each["viewerDidAuthor"] for each in comments) and node["comments"]["totalCount"] == len(comments)
    first = comments[0]
    return Thread(node["id"], first["id"], first["body"], alone, first["isMinimized"], node["isResolved"])


def _lines(one: Comment) -> dict[str, Any]:
    if one.line is None:
        return {}
    start = {"start_line": one.start, "start_side": "RIGHT"} if one.start is not None else {}
    return {"line": one.line, "side": "RIGHT", **start}


def failure(error: gidgethub.GitHubException) -> BattenError:
    """What GitHub's error means; its text is left out, as it may quote what was sent."""
    if isinstance(error, gidgethub.GitHubBroken):
        return UncertainError(f"GitHub answered with {int(error.status_code)}", "run it again")
    if isinstance(error, gidgethub.QueryError) and any(each.get("type") == "RATE_LIMITED" for each in error.response.get("errors", ())):
        return BusyError(60.0)
    if isinstance(error, gidgethub.GraphQLException):
        return RefusedError("GitHub does not let this token do that", "give the job pull-requests: write")
    status = int(error.status_code) if isinstance(error, gidgethub.HTTPException) else 0
    if status == 422:  # noqa: PLR2004 - the request is understood, and not taken
        return InvalidError("GitHub does not take this as it is")
    advice = "give the job pull-requests: write; a pull request of a fork has no such token (docs/pull-requests.md)"
    return RefusedError(f"GitHub refuses it ({status})", advice)
