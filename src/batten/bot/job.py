"""One run of the bot in a job: from a document and a token to what is said; does not live on."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode

import gidgethub
from msgspec import Struct

from batten.bot.document import Document
from batten.bot.event import Target
from batten.bot.hub import API, Connection, Hub, client, failure
from batten.bot.publish import Published, publish
from batten.finding import UsageError
from batten.report.run import Rule


class Access(Struct, frozen=True):
    """The token, and where the API is."""

    token: str
    api: str = API
    graphql: str | None = None

    def __repr__(self) -> str:
        """Without the token."""
        return f"Access({self.api!r})"


def say(document: Document, where: Target, access: Access, rules: Mapping[str, Rule], most: int) -> Published:
    """Say it. Raises BattenError."""
    return asyncio.run(_say(document, where, access, rules, most))


async def _say(document: Document, where: Target, access: Access, rules: Mapping[str, Rule], most: int) -> Published:
    async with client() as asking:
        connection = Connection(asking, token=access.token, api=access.api)
        number = where.number if where.number is not None else await _number(connection, where)
        if number is None:
            return Published.STALE
        head = where.head or document.head
        if head is None:
            raise UsageError("it is not known which commit the findings are about", "compare commits: batten diff BASE HEAD")
        if document.head is not None and document.head != head:
            return Published.STALE
        return await publish(Hub(connection, where.repository, number, access.graphql), document, head, rules, most)


async def _number(connection: Connection, where: Target) -> int | None:
    """The open pull request from a branch that is at the commit; None where there is none any more."""
    query = urlencode({"state": "open", "head": where.branch or "", "per_page": 100})
    try:
        rows = await connection.getitem(f"/repos/{where.repository}/pulls?{query}")
    except gidgethub.GitHubException as error:
        raise failure(error) from None
    return next((int(row["number"]) for row in rows if row["head"]["sha"] == where.head), None)
