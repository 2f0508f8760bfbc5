"""The command line: arguments in, bytes and an exit code out; everything between is done elsewhere."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from batten import __version__
from batten.cli.app import app
from batten.cli.baseline import baseline
from batten.cli.check import check
from batten.cli.clean import clean
from batten.cli.completion import completion
from batten.cli.diff import diff
from batten.cli.exits import INTERRUPTED, TROUBLE
from batten.cli.explain import explain
from batten.cli.facts import facts
from batten.cli.fix import fix
from batten.cli.github import github
from batten.cli.hook import UNHEARD, hook
from batten.cli.init import init
from batten.cli.map import surface_map
from batten.cli.mcp import mcp
from batten.cli.rules import rules
from batten.cli.secrets import secrets
from batten.cli.server import server
from batten.finding import BattenError

__all__ = ["run"]


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Without a command, batten checks the current folder. It needs no network and runs nothing of what it reads.",
)
@click.version_option(__version__, "-V", "--version", message="batten %(version)s")
def batten() -> None:
    """Find open tables, exposed keys and routes without a guard before a stranger does."""


for command in (
    check,
    diff,
    fix,
    secrets,
    surface_map,
    rules,
    explain,
    facts,
    baseline,
    init,
    server,
    hook,
    mcp,
    clean,
    github,
    app,
    completion,
):
    batten.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Carry out one command and give its exit code: 0 clean, 1 findings, 2 trouble, 3 incomplete under --strict."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows "?", and no traceback
    words = _with_command(list(arguments))
    try:
        code = batten.main(words, prog_name="batten", standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("\ninterrupted\n")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - nobody wants our traceback but for a bug report
        _explain(error, words)
        # An agent would take trouble of ours for its own, and not stop.
        return UNHEARD if words[0] == hook.name else TROUBLE
    return int(code or 0)


def _explain(error: Exception, words: list[str]) -> None:
    """Say what went wrong, and whose move it is."""
    match error:
        case click.ClickException():
            _usage(error, words[0])
        case BattenError():
            _tell(str(error), error.help)
        case BrokenPipeError():
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at exit
        case _:
            _bug(error, verbose="--verbose" in words or "-v" in words)


def _with_command(words: list[str]) -> list[str]:
    """Plain ``batten`` and ``batten --strict`` mean ``check``."""
    if not words or (words[0].startswith("-") and words[0] not in {"-h", "--help", "-V", "--version"}):
        return ["check", *words]
    return words


def _usage(error: click.ClickException, word: str) -> None:
    from batten.report.escape import plain

    message = error.format_message()
    advice = "see batten --help"
    if isinstance(error, click.UsageError) and error.ctx is not None:
        advice = f"see {error.ctx.command_path} --help"
        if error.ctx.command is batten and Path(word).exists():
            advice = f"to check it, say: batten check {plain(word)}"
    _tell(message[:1].lower() + message[1:].rstrip("."), advice)


def _tell(message: str, advice: str) -> None:
    from batten.report.escape import plain

    advice = plain(advice[:1].upper() + advice[1:])
    sys.stderr.write(f"error: {plain(message)}\n" + (f"  help: {advice}\n" if advice else ""))


def _bug(error: Exception, *, verbose: bool) -> None:
    import traceback

    if verbose:
        traceback.print_exception(error)
    # Not its text: that may hold something of the scanned app.
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} at {os.path.basename(last.filename)}:{last.lineno}"  # noqa: PTH119
    advice = "please report it with what you ran" if verbose else "please report it with the output of the same command and --verbose"
    _tell(f"this is a bug in batten ({where})", advice)
