"""``batten github``: says on a pull request what ``batten diff`` has found; see docs/pull-requests.md."""

import os
import sys
from pathlib import Path

import click


@click.command()
@click.argument("findings", type=click.Path(path_type=Path))
@click.option("--repository", metavar="OWNER/NAME", help="The repository (default: that of the job).")
@click.option("--pull-request", type=click.IntRange(1), metavar="N", help="The pull request (default: that of the job's event).")
@click.option(
    "--max-comments",
    type=click.IntRange(0, 100),
    default=20,
    metavar="N",
    help="Comments in the diff at most (default: 20); the summary has the rest.",
)
def github(findings: Path, repository: str | None, pull_request: int | None, max_comments: int) -> int:
    """Say on a pull request what is in FINDINGS, the JSON that batten diff has written: comments at the lines of the change, and one summary.

    The token is that of the variable GITHUB_TOKEN. What was said before is not said again; what is gone is put away.
    """
    from batten.finding import UsageError

    try:
        from batten.bot.job import Access, say
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"gidgethub", "httpx2", "jwt", "uritemplate"}:
            raise
        raise UsageError("speaking with GitHub needs packages that are not installed", 'say: pip install "batten[github]"') from error
    from batten.bot.document import LARGEST, read
    from batten.bot.event import target
    from batten.rules.registry import load

    token = os.environ.get("GITHUB_TOKEN")
    if not token:
        raise UsageError("there is no token in GITHUB_TOKEN", "in a job: env: { GITHUB_TOKEN: ${{ github.token }} }")
    try:
        with findings.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{findings} can't be read: {error.strerror}", "write it with batten diff --output-format json=FILE") from error
    document = read(data)
    where = target(os.environ, repository, pull_request)
    access = Access(token, os.environ.get("GITHUB_API_URL") or Access.api, os.environ.get("GITHUB_GRAPHQL_URL"))
    done = say(document, where, access, {page.id: page for page in load().pages}, max_comments)
    sys.stderr.write(f"{_SAID[done]}\n")
    return 0


_SAID = {"done": "said on the pull request", "stale": "nothing is said: the pull request is at another commit by now, or closed"}
