"""``batten mcp``: tools for coding agents; see docs/agents.md."""

from pathlib import Path
from typing import Any

import click

from batten.cli.options import cache_options, own_rules_option
from batten.options import Options

_PACKAGES = {"mcp", "mcp_types", "anyio", "pydantic"}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@own_rules_option
@cache_options
def mcp(folder: Path, **words: Any) -> int:
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
    start(Options(paths=(folder.resolve(),), progress=False, **words))
    return 0
