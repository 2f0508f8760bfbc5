"""``batten map``: the attack surface of an app, as a table, as data, as a drawing, as a page."""

import os
import sys
from io import StringIO
from typing import Any

import click

from batten.cli.options import gate_options, paths_argument, rule_options, run_options
from batten.options import Options


@click.command("map")
@paths_argument
@click.option(
    "--output-format",
    "outputs",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="table (default), json, mermaid or html; may be given several times, each with its file.",
)
@rule_options
@gate_options
@run_options
def surface_map(outputs: tuple[str, ...], **words: Any) -> None:
    """Show every route of PATHS (default: the current folder): who may call it, what it does, which data it touches; the riskiest first."""
    from batten.cli.line import run_line
    from batten.cli.output import check_outputs, read_output, save
    from batten.report.map import FORMATS, write
    from batten.report.style import style_of
    from batten.setting import settle
    from batten.surface import surface

    wanted = [read_output(output, FORMATS) for output in outputs]
    check_outputs(wanted)
    options = Options(**words)
    outcome = run_line(options, settle(options), surface=True)
    found = surface(outcome.project, outcome.reaches, outcome.run.findings)
    for name, file in wanted or [("table", None)]:
        if file is None:
            write(found, outcome.run, name, sys.stdout, style_of(sys.stdout, os.environ))
        else:
            text = StringIO()
            write(found, outcome.run, name, text)
            save(file, text.getvalue())
    sys.stdout.flush()
