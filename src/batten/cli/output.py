"""Where reports go: the screen or files, several in one run; knows no format."""

import os
import sys
import tempfile
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from batten.finding import UsageError
from batten.report import FORMATS, Run, write
from batten.report.style import style_of
from batten.report.summary import summary_line
from batten.report.together import told_together

# Coding agents are shown the patch of each hole beside it.
_EACH_ALONE = frozenset({"agent"})

Outputs = Sequence[tuple[str, Path | None]]
"""Formats, each with its file; None: the screen."""


def read_output(value: str, formats: Sequence[str] = FORMATS) -> tuple[str, Path | None]:
    """``FORMAT``, ``FORMAT=FILE`` or ``FORMAT=-``. Raises UsageError."""
    name, equals, file = value.partition("=")
    if name not in formats:
        from difflib import get_close_matches

        near = get_close_matches(name, formats, 1, 0.5)
        advice = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"{name!r} is not an output format", f"{advice}the formats are {', '.join(formats)}")
    if equals and not file:
        raise UsageError(f"{value!r} names no file", f"write {name}=FILE")
    return name, Path(file) if file and file != "-" else None


def check_outputs(outputs: Outputs) -> None:
    """Raises UsageError where a report could not be written, before the work is done."""
    if sum(file is None for _, file in outputs) > 1:
        raise UsageError("two formats can't share the screen", "send one to a file: --output-format sarif=batten.sarif")
    files = [file.absolute() for _, file in outputs if file is not None]
    for file in files:
        if file.is_dir():
            raise UsageError(f"{file} is a folder", "name a file in it")
        if not file.parent.is_dir():
            raise UsageError(f"there is no folder {file.parent} for the report", "make it first")
    if len(set(files)) < len(files):
        raise UsageError("two formats can't share a file", "name a file for each")


def write_outputs(run: Run, outputs: Outputs) -> None:
    """Write every report. Where all go to files, the counts still go to the screen."""
    told = told_together(run)
    for name, file in outputs or [("full", None)]:
        shown = run if name in _EACH_ALONE else told
        if file is None:
            write(shown, name, sys.stdout, style_of(sys.stdout, os.environ))
        else:
            text = StringIO()
            write(shown, name, text)
            save(file, text.getvalue())
    if outputs and all(file is not None for _, file in outputs) and not run.quiet:
        sys.stderr.write(summary_line(told, style_of(sys.stderr, os.environ)) + "\n")


def save(file: Path, text: str) -> None:
    """Replace a file by ``text`` in one step; a link in its place is replaced, not followed. Raises UsageError."""
    try:
        if file.exists() and not file.is_file():  # a pipe, or /dev/stdout
            file.write_text(text, encoding="utf-8")
            return
        with tempfile.NamedTemporaryFile("w", dir=file.absolute().parent, encoding="utf-8", newline="\n", delete=False) as new:
            new.write(text)
        mask = os.umask(0)
        os.umask(mask)
        Path(new.name).chmod(0o666 & ~mask)
        Path(new.name).replace(file)
    except OSError as error:
        raise UsageError(f"{file} can't be written: {error.strerror}", "name another file") from error
