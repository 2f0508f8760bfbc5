"""``batten server``: for editors; see docs/editors.md."""

import click


@click.command()
def server() -> int:
    """Speak the language server protocol on standard input and output, for editors."""
    from batten.finding import UsageError

    try:
        from batten.lsp.server import start
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"pygls", "lsprotocol"}:
            raise
        raise UsageError("the language server needs a package that is not installed", 'say: pip install "batten[lsp]"') from error
    start()
    return 0
