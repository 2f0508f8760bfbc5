"""``batten server``: for editors; see docs/editors.md."""

from pathlib import Path

import click

from batten.cli.options import cache_options, own_rules_option


@click.command()
@own_rules_option
@cache_options
def server(no_cache: bool, cache_dir: Path | None, own_rules: bool) -> int:
    """Speak the language server protocol on standard input and output, for editors."""
    from batten.finding import UsageError

    try:
        from batten.lsp.messages import Given
        from batten.lsp.server import start
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"pygls", "lsprotocol"}:
            raise
        raise UsageError("the language server needs a package that is not installed", 'say: pip install "batten[lsp]"') from error
    start(Given(str(cache_dir.absolute()) if cache_dir is not None else None, no_cache, own_rules))
    return 0
