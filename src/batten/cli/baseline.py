"""``batten baseline``: write down what is known, and drop what is gone."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batten.cli.options import gate_options, paths_argument, rule_options, run_options
from batten.finding import UsageError
from batten.options import Options

if TYPE_CHECKING:
    from batten.setting import Setting


@click.group()
def baseline() -> None:
    """Accept today's findings, so that only new ones are reported."""


def _options(command: Any) -> Any:
    command = click.option(
        "--baseline",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The file (default: that of the configuration, else batten-baseline.json).",
    )(command)
    return paths_argument(rule_options(gate_options(run_options(command))))


@baseline.command()
@_options
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def create(force: bool, **words: Any) -> None:
    """Write the findings that a check of PATHS shows to a new baseline file."""
    from batten.baseline import create, dump
    from batten.cli.line import run_line
    from batten.cli.output import save
    from batten.setting import settle

    options = Options(**words)
    setting = settle(options)
    file = _file(setting)
    if file.exists() and not force:
        raise UsageError(f"{file} is there already", "drop what is gone with batten baseline update, or replace it with --force")
    made = create(run_line(options, setting).run.findings)
    save(file, dump(made))
    _tell(f"{sum(made.keys.values())} findings are known in {file}.", options)
    if setting.config.baseline is None:
        _tell(f'Use it with --baseline {file.name}, or baseline = "{file.name}" in batten.toml.', options)


@baseline.command()
@_options
def update(**words: Any) -> None:
    """Drop what a check of PATHS does not find any more; new findings stay new."""
    from batten.baseline import dump, load, update
    from batten.cli.line import run_line
    from batten.cli.output import save
    from batten.setting import settle

    options = Options(**words)
    setting = settle(options)
    file = _file(setting)
    old = load(file)
    outcome = run_line(options, setting)
    new = update(old, outcome.run.findings, [page.id for page in setting.rules.pages])
    save(file, dump(new))
    before, after = sum(old.keys.values()), sum(new.keys.values())
    _tell(f"{before - after} findings are gone, {after} are known in {file}.", options)


def _file(setting: "Setting") -> Path:
    from batten.baseline import NAME

    return setting.config.baseline or setting.root / NAME


def _tell(message: str, options: Options) -> None:
    from batten.report.escape import plain

    if not options.quiet:
        sys.stdout.write(plain(message) + "\n")
