"""The exit codes of batten, and which one a run has."""

from batten.config import Config
from batten.report.run import INCOMPLETE, Run

CLEAN = 0
FOUND = 1
PENDING = 1
TROUBLE = 2
UNSETTLED = 3
INTERRUPTED = 130


def exit_code(run: Run, config: Config, *, trouble: bool = False) -> int:
    """The exit code of a run, whatever its output format; ``trouble``: something that was asked for is not there."""
    if trouble:
        return TROUBLE
    if any(config.fails(finding.severity) for finding in run.findings):
        return FOUND
    incomplete = not run.files or any(note.kind in INCOMPLETE for note in run.notes)
    return UNSETTLED if config.strict and incomplete else CLEAN
