"""``batten mcp``: tools for coding agents; see docs/agents.md."""

from pathlib import Path

import click

_PACKAGES = {"mcp", "mcp_types", "anyio", "pydantic"}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
def mcp(folder: Path) -> int:
    """Speak the Model Context Protocol on standard input and output, for coding agents: tools that read the app in FOLDER and change nothing."""
    from batten.finding import UsageError

    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", "name the folder of the app")
    try:
        from batten.mcp.server import start
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _PACKAGES:
            raise
        raise UsageError("the server of tools needs a package that is not installed", 'say: pip install "batten[mcp]"') from error
    start(folder)
    return 0
