"""``batten facts``: print the app as batten understands it; what to look at when a finding seems wrong or is missing."""

import sys
from typing import Any

import click

from batten.cli.options import paths_argument, rule_options, run_options
from batten.options import Options


@click.command()
@paths_argument
@rule_options
@run_options
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def facts(as_json: bool, **words: Any) -> None:
    """Print the facts that the rules look at: tables, policies, routes, clients, modules, keys (never their values)."""
    from batten.cli.line import run_line
    from batten.report.facts import write_json, write_text
    from batten.setting import settle

    options = Options(**words)
    outcome = run_line(options, settle(options))
    write = write_json if as_json else write_text
    write(outcome.project, outcome.run.sources, sys.stdout)
