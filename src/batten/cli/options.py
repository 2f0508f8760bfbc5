"""Options that several commands share; does not know what they change."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from batten.finding import Confidence, Severity

SEVERITIES = [severity.value for severity in Severity]
CONFIDENCES = [confidence.value for confidence in Confidence]
_FOLDER = click.Path(path_type=Path)


_Command = Callable[..., Any]


def own_rules_option(command: _Command) -> _Command:
    """The option for apps that nobody trusts yet."""
    return _with(
        command,
        click.option("--own-rules", is_flag=True, help="Use batten's own rule packs alone: neither the app's nor installed ones."),
    )


def rule_options(command: _Command) -> _Command:
    """Options that choose rules."""
    return _with(
        own_rules_option(command),
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


def cache_options(command: _Command) -> _Command:
    """Options of what runs remember."""
    return _with(
        command,
        click.option("--no-cache", is_flag=True, envvar="BATTEN_NO_CACHE", help="Neither use nor keep what runs find out about files."),
        click.option(
            "--cache-dir", type=_FOLDER, envvar="BATTEN_CACHE_DIR", metavar="DIR", help="Keep it there, outside of what is scanned."
        ),
    )


def guest_options(command: _Command) -> _Command:
    """Options of the guest engine."""
    return _with(
        command,
        click.option(
            "--semgrep", type=_FOLDER, metavar="FILE", help="The semgrep to ask for rules that are patterns (default: that of PATH)."
        ),
        click.option(
            "--semgrep-config",
            multiple=True,
            type=_FOLDER,
            metavar="DIR",
            help="Rules of semgrep's own, in a folder or file, to run as well.",
        ),
    )


def run_options(command: _Command) -> _Command:
    """Options of how to run, not of what to find."""
    return _with(
        cache_options(command),
        click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes to use (default: one a core)."),
        click.option("--progress/--no-progress", default=True, help="Show a bar on long runs (on terminals only)."),
        click.option("-v", "--verbose", is_flag=True, help="Name everything that was left out, not understood or accepted."),
        click.option("-q", "--quiet", is_flag=True, help="Print findings and errors only."),
    )


def report_options(command: _Command) -> _Command:
    """Options of where reports go, and what makes a run fail."""
    return _with(
        command,
        click.option(
            "--output-format",
            "outputs",
            multiple=True,
            metavar="FORMAT[=FILE]",
            help="full (default), concise, json, sarif, github, agent, gitlab, junit, rdjson or markdown; may be given several times, each with its file.",
        ),
        click.option(
            "--fail-on",
            type=click.Choice(["critical", "high", "medium", "low", "info", "never"]),
            help="Exit with 1 from this severity on (default: high).",
        ),
        click.option("--strict/--no-strict", default=None, help="Exit with 3 when the analysis is incomplete, or nothing was scanned."),
        click.option("--baseline", type=_FOLDER, metavar="FILE", help="Do not report the findings of this file."),
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
