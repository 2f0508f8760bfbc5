"""Runs the line for a command, with a bar on terminals."""

import sys

from batten.baseline import Baseline
from batten.cli.progress import Progress
from batten.options import Options
from batten.outcome import Outcome, outcome
from batten.setting import Setting
from batten.workspace import Workspace


def run_line(
    options: Options, setting: Setting, known: Baseline | None = None, workspace: Workspace | None = None, *, surface: bool = False
) -> Outcome:
    """As ``outcome``."""
    with Progress(sys.stderr, wanted=options.progress and not options.quiet) as progress:
        return outcome(options, setting, known, workspace, progress.show, surface=surface)
