"""Options that several commands share, and how they change the configuration; does not scan."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct, structs

from batten.finding import Confidence, Severity

if TYPE_CHECKING:
    from batten.config import Config

SEVERITIES = [severity.value for severity in Severity]
CONFIDENCES = [confidence.value for confidence in Confidence]
_FOLDER = click.Path(path_type=Path)


class Options(Struct, frozen=True, kw_only=True):
    """What the command line says; None and empty: what the configuration says."""

    paths: tuple[Path, ...] = ()
    config: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_severity: str | None = None
    min_confidence: str | None = None
    fail_on: str | None = None
    strict: bool | None = None
    show_unsure: bool | None = None
    rulepack: tuple[Path, ...] = ()
    baseline: Path | None = None
    jobs: int | None = None
    progress: bool = True
    verbose: bool = False
    quiet: bool = False


def apply(options: Options, config: "Config") -> "Config":
    """The configuration with what the command line says on top."""
    changes: dict[str, Any] = {}
    if options.select:
        changes["select"] = _words(options.select)
    if options.ignore:
        changes["ignore"] = (*config.ignore, *_words(options.ignore))
    if options.min_severity:
        changes["min_severity"] = Severity(options.min_severity)
    if options.min_confidence:
        changes["min_confidence"] = Confidence(options.min_confidence)
    if options.fail_on:
        changes["fail_on"] = None if options.fail_on == "never" else Severity(options.fail_on)
    if options.strict is not None:
        changes["strict"] = options.strict
    if options.show_unsure is not None:
        changes["show_unsure"] = options.show_unsure
    if options.rulepack:
        changes["rulepacks"] = (*config.rulepacks, *options.rulepack)
    if options.baseline is not None:
        changes["baseline"] = options.baseline
    return structs.replace(config, **changes)


def _words(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


_Command = Callable[..., Any]


def rule_options(command: _Command) -> _Command:
    """Options that choose rules."""
    return _with(
        command,
        click.option("--select", multiple=True, metavar="RULES", help="Run only these: ids, packs or globs, with commas between."),
        click.option("--ignore", multiple=True, metavar="RULES", help="Do not run these; wins over --select."),
        click.option(
            "--rulepack",
            multiple=True,
            type=_FOLDER,
            metavar="DIR",
            help="A folder with a further rule pack (data only).",
        ),
        click.option("--config", type=_FOLDER, metavar="FILE", help="Read this file in place of batten.toml or pyproject.toml."),
    )


def run_options(command: _Command) -> _Command:
    """Options of how to run, not of what to find."""
    return _with(
        command,
        click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes to use (default: one a core)."),
        click.option("--progress/--no-progress", default=True, help="Show a bar on long runs (on terminals only)."),
        click.option("-v", "--verbose", is_flag=True, help="Name everything that was left out, not understood or accepted."),
        click.option("-q", "--quiet", is_flag=True, help="Print findings and errors only."),
    )


def gate_options(command: _Command) -> _Command:
    """Options of which findings are shown."""
    return _with(
        command,
        click.option("--min-severity", type=click.Choice(SEVERITIES), help="Show findings of this severity and worse."),
        click.option("--min-confidence", type=click.Choice(CONFIDENCES), help="Show findings of this confidence and surer."),
        click.option("--show-unsure/--no-show-unsure", default=None, help="Show what the source alone cannot settle."),
    )


def paths_argument(command: _Command) -> _Command:
    """The files and folders to read."""
    return click.argument("paths", nargs=-1, type=_FOLDER)(command)


def _with(command: _Command, *options: Callable[[_Command], _Command]) -> _Command:
    for option in reversed(options):
        command = option(command)
    return command
