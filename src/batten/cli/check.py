"""``batten check``: scan an app and report what was found."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import structs

from batten.cli.options import gate_options, guest_options, paths_argument, report_options, rule_options, run_options
from batten.options import Options

if TYPE_CHECKING:
    from batten.cli.output import Outputs


@click.command()
@paths_argument
@report_options
@rule_options
@gate_options
@guest_options
@run_options
def check(outputs: tuple[str, ...], **words: Any) -> int:
    """Scan PATHS (default: the current folder) and report what a stranger can do to the app."""
    from batten.cli.output import check_outputs, read_output

    wanted = [read_output(output) for output in outputs]
    check_outputs(wanted)
    return report(Options(**words), wanted)


def report(options: Options, wanted: "Outputs") -> int:
    """Scan, write every report, and give the exit code. Raises BattenError."""
    from batten.baseline import load
    from batten.cli.exits import exit_code
    from batten.cli.line import run_line
    from batten.cli.output import write_outputs
    from batten.report.escape import plain
    from batten.setting import settle

    setting = settle(options)
    known = load(setting.config.baseline) if setting.config.baseline is not None else None
    # Only a coding agent is shown fixes, which cost scans of their own.
    workspace = None
    if any(name == "agent" for name, _ in wanted):
        from batten.workspace import Workspace

        workspace = Workspace(options.paths or (Path(),), setting.config, setting.rules, options.jobs, setting.cache)
    outcome = run_line(options, setting, known, workspace)
    if workspace is not None:
        from batten.offers import with_offers
        from batten.report.agent import MOST
        from batten.report.run import ordered

        outcome = structs.replace(outcome, run=with_offers(outcome.run, ordered(outcome.run)[:MOST], workspace))
    if options.verbose:
        source = setting.config.source or "none"
        sys.stderr.write(f"root: {plain(str(setting.root))}\nconfiguration: {plain(str(source))}\n")
        read = f"{outcome.read:,} of {outcome.run.files:,} files read"
        sys.stderr.write(f"cache: {plain(str(setting.cache))}, {read}\n" if setting.cache is not None else f"cache: none, {read}\n")
    write_outputs(outcome.run, wanted)
    sys.stdout.flush()
    for path in outcome.missing:
        sys.stderr.write(f"error: no such file or folder: {plain(path)}\n  help: the other paths were scanned; check this one's name\n")
    return exit_code(outcome.run, setting.config, trouble=bool(outcome.missing))
