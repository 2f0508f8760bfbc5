"""``batten init``: settings, a workflow and a hook for an app that has none; shown before they are written."""

import sys
from pathlib import Path

import click


@click.command()
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--diff", "as_diff", is_flag=True, help="Print a patch that git apply takes, and write nothing.")
@click.option("--without", multiple=True, type=click.Choice(["config", "workflow", "pre-commit"]), help="Leave this out; may be repeated.")
def init(yes: bool, as_diff: bool, without: tuple[str, ...]) -> int:
    """Set batten up here: settings (batten.toml), a workflow for pull requests, and a hook for commits. Nothing that is there is replaced."""
    from batten.cli.exits import PENDING
    from batten.config import load
    from batten.discover import locate
    from batten.fix import write
    from batten.report import patch
    from batten.report.escape import plain
    from batten.start_files import PARTS, Start

    root, here = locate((Path(),))
    start = Start(root, load(here, None, top=root), tuple(part for part in PARTS if part not in without))
    patch.write(start.changes, sys.stdout)
    if as_diff:
        return 0
    for reason in start.left:
        sys.stderr.write(f"left as it is: {plain(reason)}\n")
    if not start.changes:
        sys.stderr.write("there is nothing to write\n")
        return 0
    if not yes:
        if not sys.stdin.isatty():
            sys.stderr.write("nothing is written: --yes writes it\n")
            return PENDING
        if not click.confirm("Write this?", default=True, err=True):
            return PENDING
    write(root, start.changes)
    sys.stderr.write("".join(f"written: {plain(change.path)}\n" for change in start.changes))
    return 0
