"""Writes what a run found, in the format that was asked for; decides nothing about findings."""

from typing import TextIO

from batten.report.run import Accepted, Origin, Rule, Run
from batten.report.style import PLAIN, Style

__all__ = ["FORMATS", "Accepted", "Origin", "Rule", "Run", "write"]

FORMATS = ("full", "concise", "json", "sarif", "github", "agent", "gitlab", "junit", "rdjson", "markdown")


def write(run: Run, name: str, stream: TextIO, style: Style = PLAIN) -> None:
    """Write the run to the stream in the named format; ``style`` is for what people read."""
    # Each format is imported only when it is asked for: most runs want one.
    match name:
        case "full":
            from batten.report import full

            full.write(run, stream, style)
        case "concise":
            from batten.report import concise

            concise.write(run, stream, style)
        case "json":
            from batten.report import json

            json.write(run, stream)
        case "sarif":
            from batten.report import sarif

            sarif.write(run, stream)
        case "github":
            from batten.report import github

            github.write(run, stream)
        case "agent":
            from batten.report import agent

            agent.write(run, stream)
        case "gitlab":
            from batten.report import gitlab

            gitlab.write(run, stream)
        case "junit":
            from batten.report import junit

            junit.write(run, stream)
        case "rdjson":
            from batten.report import rdjson

            rdjson.write(run, stream)
        case "markdown":
            from batten.report import markdown

            markdown.write(run, stream)
        case _:
            raise ValueError(name)
