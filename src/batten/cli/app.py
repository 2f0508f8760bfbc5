"""``batten app``: the GitHub App; see docs/github-app.md."""

import os
from pathlib import Path

import click


@click.command()
@click.option("--host", default="127.0.0.1", help="The address to listen at (default: 127.0.0.1, for a proxy before it).")
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, help="The port to listen at (default: 8000).")
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    default=Path("batten-app"),
    metavar="DIR",
    help="Where the queue is kept (default: batten-app).",
)
def app(host: str, port: int, state: Path) -> int:
    """Serve a GitHub App that looks at pull requests.

    Who it is stands in the environment: BATTEN_APP_ID, BATTEN_PRIVATE_KEY (or BATTEN_PRIVATE_KEY_FILE) and BATTEN_WEBHOOK_SECRET, with
    BATTEN_WEBHOOK_SECRET_OLD while one takes the place of the other.
    """
    from batten.finding import UsageError

    try:
        from batten.bot.app.server import Settings, serve
        from batten.bot.app.work import Identity
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"gidgethub", "httpx2", "jwt", "starlette", "uvicorn", "uritemplate"}:
            raise
        raise UsageError("the app needs packages that are not installed", 'say: pip install "batten[github]"') from error
    from batten.rules.registry import load

    values = {name: os.environ.pop(f"BATTEN_{name}", "") for name in ("APP_ID", "PRIVATE_KEY", "WEBHOOK_SECRET", "WEBHOOK_SECRET_OLD")}
    file = os.environ.pop("BATTEN_PRIVATE_KEY_FILE", "")
    if file:
        try:
            values["PRIVATE_KEY"] = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError("the file of BATTEN_PRIVATE_KEY_FILE can't be read", "see that it is there, and yours") from error
    for name in ("APP_ID", "PRIVATE_KEY", "WEBHOOK_SECRET"):
        if not values[name]:
            raise UsageError(f"there is no BATTEN_{name}", "docs/github-app.md says where it comes from")
    identity = Identity(
        values["APP_ID"],
        values["PRIVATE_KEY"],
        os.environ.get("GITHUB_API_URL") or "https://api.github.com",
        os.environ.get("GITHUB_SERVER_URL") or "https://github.com",
        os.environ.get("GITHUB_GRAPHQL_URL"),
    )
    secrets = tuple(filter(None, (values["WEBHOOK_SECRET"], values["WEBHOOK_SECRET_OLD"])))
    serve(Settings(identity, secrets, state.absolute()), {page.id: page for page in load().pages}, host, port)
    return 0
