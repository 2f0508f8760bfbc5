"""``batten check``: scan an app and report what was found."""

import sys
from pathlib import Path
from typing import Any

import click

from batten.cli.options import gate_options, paths_argument, rule_options, run_options
from batten.options import Options


@click.command()
@paths_argument
@click.option(
    "--output-format",
    "outputs",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="full (default), concise, json, sarif or github; may be given several times, each with its file.",
)
@rule_options
@gate_options
@click.option(
    "--fail-on",
    type=click.Choice(["critical", "high", "medium", "low", "info", "never"]),
    help="Exit with 1 from this severity on (default: high).",
)
@click.option("--strict/--no-strict", default=None, help="Exit with 3 when the analysis is incomplete, or nothing was scanned.")
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="Do not report the findings of this file.")
@run_options
def check(outputs: tuple[str, ...], **words: Any) -> int:
    """Scan PATHS (default: the current folder) and report what a stranger can do to the app."""
    from batten.baseline import load
    from batten.cli.exits import exit_code
    from batten.cli.line import run_line
    from batten.cli.output import check_outputs, read_output, write_outputs
    from batten.report.escape import plain
    from batten.setting import settle

    wanted = [read_output(output) for output in outputs]
    check_outputs(wanted)
    options = Options(**words)
    setting = settle(options)
    known = load(setting.config.baseline) if setting.config.baseline is not None else None
    outcome = run_line(options, setting, known)
    if options.verbose:
        source = setting.config.source or "none"
        sys.stderr.write(f"root: {plain(str(setting.root))}\nconfiguration: {plain(str(source))}\n")
    write_outputs(outcome.run, wanted)
    sys.stdout.flush()
    for path in outcome.missing:
        sys.stderr.write(f"error: no such file or folder: {plain(path)}\n  help: the other paths were scanned; check this one's name\n")
    return exit_code(outcome.run, setting.config, trouble=bool(outcome.missing))
