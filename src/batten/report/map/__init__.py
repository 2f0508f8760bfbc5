"""Writes the map of an app, in the format that was asked for; decides nothing about it."""

from typing import TextIO

from batten.report.map.model import Map
from batten.report.run import Run
from batten.report.style import PLAIN, Style

__all__ = ["FORMATS", "write"]

FORMATS = ("table", "json", "mermaid", "html")


def write(found: Map, run: Run, name: str, stream: TextIO, style: Style = PLAIN) -> None:
    """Write the map to the stream in the named format; ``run`` has the texts and the notes."""
    match name:
        case "table":
            from batten.report.map import table

            table.write(found, run, stream, style)
        case "json":
            from batten.report.map import json

            json.write(found, run, stream)
        case "mermaid":
            from batten.report.map import mermaid

            mermaid.write(found, stream)
        case "html":
            from batten.report.map import html

            html.write(found, run, stream)
        case _:
            raise ValueError(name)
