"""``batten secrets``: keys in the files, or in everything that was ever committed."""

import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from batten.cli.options import gate_options, paths_argument, report_options, rule_options, run_options
from batten.options import Options

if TYPE_CHECKING:
    from batten.cli.output import Outputs


@click.command()
@paths_argument
@click.option("--history", is_flag=True, help="Look in every version of every file that was ever committed.")
@report_options
@rule_options
@gate_options
@run_options
def secrets(history: bool, outputs: tuple[str, ...], **words: Any) -> int:
    """Find keys and passwords in PATHS (default: the current folder), and with --history in all of its past."""
    from batten.cli.output import check_outputs, read_output

    wanted = [read_output(output) for output in outputs]
    check_outputs(wanted)
    if not history:
        from batten.cli.check import report

        return report(Options(**{**words, "select": words["select"] or ("secrets",)}), wanted)
    return _history(Options(**words), wanted)


def _history(options: Options, wanted: "Outputs") -> int:
    from batten.baseline import load
    from batten.cli.exits import exit_code
    from batten.cli.output import write_outputs
    from batten.cli.progress import Progress
    from batten.discover.git import repository
    from batten.finding import UsageError
    from batten.history import read_history
    from batten.outcome import sort_out
    from batten.report.run import Run
    from batten.setting import settle

    started = perf_counter()
    if len(options.paths) > 1:
        raise UsageError("the history of several folders can't be read at once", "name one folder of the repository")
    setting = settle(options)
    folder = (options.paths or (Path(),))[0].resolve()
    where = repository(folder if folder.is_dir() else folder.parent)
    if where is None:
        raise UsageError("there is no history here: this is no git repository", "run it inside a clone")
    known = load(setting.config.baseline) if setting.config.baseline is not None else None
    inside = folder.relative_to(where.top).as_posix()
    with Progress(sys.stderr, wanted=options.progress and not options.quiet, what="versions of files") as progress:
        past = read_history(where, "" if inside == "." else inside, setting.config, setting.rules, progress.show, options.jobs)
    sorted_out = sort_out(past.findings, past.ignored, setting.config, known)
    run = Run(
        root=where.top,
        findings=sorted_out.shown,
        rules={page.id: page for page in setting.rules.pages},
        sources=past.sources,
        accepted=sorted_out.accepted,
        notes=tuple(sorted(set(past.notes))),
        files=past.versions,
        seconds=perf_counter() - started,
        hidden=sorted_out.hidden,
        secrets=past.places,
        verbose=options.verbose,
        quiet=options.quiet,
        what=("version of a file", "versions of files"),
    )
    write_outputs(run, wanted)
    sys.stdout.flush()
    return exit_code(run, setting.config)
