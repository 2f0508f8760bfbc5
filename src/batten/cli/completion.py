"""``batten completion``: the script that teaches a shell to complete batten's words."""

import sys

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL; for bash: eval "$(batten completion bash)"."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:  # pragma: no cover - the choices above are click's own
        raise click.UsageError(f"there is no completion for {shell}")
    group = click.get_current_context().find_root().command
    sys.stdout.write(kind(group, {}, "batten", "_BATTEN_COMPLETE").source() + "\n")
