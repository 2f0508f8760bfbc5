"""Writes what a run found, in the format that was asked for; decides nothing about findings."""

from importlib import import_module
from typing import TextIO

from batten.report.run import Accepted, Origin, Rule, Run
from batten.report.style import PLAIN, Style

__all__ = ["FORMATS", "Accepted", "Origin", "Rule", "Run", "write"]

FORMATS = ("full", "concise", "json", "sarif", "github", "agent", "gitlab", "junit", "rdjson", "markdown")
"""Each is a module of this package."""
_STYLED = frozenset(("full", "concise"))


def write(run: Run, name: str, stream: TextIO, style: Style = PLAIN) -> None:
    """Write the run to the stream in the named format; ``style`` is for what people read."""
    if name not in FORMATS:
        raise ValueError(name)
    # Imported only when it is asked for: most runs want one.
    made = import_module(f"batten.report.{name}")
    made.write(run, stream, *((style,) if name in _STYLED else ()))
