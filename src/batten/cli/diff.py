"""``batten diff``: what a change opens, by the models of the app before and after it."""

import os
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batten.cli.options import gate_options, rule_options, run_options
from batten.options import Options

if TYPE_CHECKING:
    from batten.diff import Difference
    from batten.report.run import Run

_FORMATS = ("full", "concise", "json", "sarif", "github", "markdown", "gitlab", "junit", "rdjson")


@click.command()
@click.argument("base", required=False)
@click.argument("head", required=False)
@click.option(
    "--output-format",
    "outputs",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="full (default), concise, json, sarif, github, markdown, gitlab, junit or rdjson; may be given several times, each with its file.",
)
@click.option("--with-fixes", is_flag=True, help="Look for proven fixes of the worst new findings, for --output-format json.")
@rule_options
@gate_options
@click.option(
    "--fail-on",
    type=click.Choice(["critical", "high", "medium", "low", "info", "never", "new"]),
    help="Exit with 1 where a new finding is of this severity or worse (default: high); new: where there is one at all that is shown.",
)
@run_options
def diff(base: str | None, head: str | None, outputs: tuple[str, ...], with_fixes: bool, **words: Any) -> int:
    """Compare the app with what it was where it left BASE (default: the main branch). HEAD is a commit; without it, the working tree counts.

    Settings and packs are those of BASE: what a change says about itself does not count.
    """
    from batten.cli.exits import FOUND, exit_code
    from batten.cli.output import check_outputs, read_output
    from batten.cli.progress import Progress
    from batten.diff import compared

    wanted = [read_output(output, _FORMATS) for output in outputs]
    check_outputs(wanted)
    any_counts = words["fail_on"] == "new"
    options = Options(**{**words, "fail_on": None if any_counts else words["fail_on"]})
    with Progress(sys.stderr, wanted=options.progress and not options.quiet) as progress:
        result = compared(options, base, head, progress.show, with_fixes=with_fixes)
    for name, file in wanted or [("full", None)]:
        _write(result.run, result.difference, result.base, result.head, name, file)
    sys.stdout.flush()
    if any_counts and result.run.findings:
        return FOUND
    return exit_code(result.run, result.config)


def _write(run: "Run", found: "Difference", base: str, head: str | None, name: str, file: Path | None) -> None:
    from batten.cli.output import save
    from batten.diff import anchored
    from batten.report import write
    from batten.report.difference import write_json, write_markdown, write_text
    from batten.report.style import PLAIN, style_of

    stream = sys.stdout if file is None else StringIO()
    style = style_of(sys.stdout, os.environ) if file is None else PLAIN
    match name:
        case "json":
            write_json(run, found, base, head, stream)
        case "markdown":
            write_markdown(run, found, stream)
        case "github" | "gitlab" | "rdjson":
            write(anchored(run, found), name, stream, style)
        case "sarif" | "junit":
            write(run, name, stream, style)
        case _:
            write(run, name, stream, style)
            write_text(run, found, stream, style)
    if file is not None and isinstance(stream, StringIO):
        save(file, stream.getvalue())
