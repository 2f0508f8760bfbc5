"""Colours and widths of a terminal; knows nothing of what is written in them."""

import os
from collections.abc import Mapping
from typing import TextIO

from msgspec import Struct

from batten.finding import Severity


class Style(Struct, frozen=True):
    """How text for people looks: in colour or not, and how many columns it may take."""

    colour: bool = False
    width: int = 100

    def paint(self, text: str, *names: str) -> str:
        """The text in the named colours."""
        if not self.colour or not text:
            return text
        return "".join(_CODES[name] for name in names) + text + "\x1b[0m"

    def severity(self, severity: Severity, text: str) -> str:
        """The text in the colour of a severity."""
        return self.paint(text, "bold", _SEVERITIES[severity])


PLAIN = Style()

_CODES = {
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "red": "\x1b[31m",
    "green": "\x1b[32m",
    "yellow": "\x1b[33m",
    "blue": "\x1b[34m",
    "magenta": "\x1b[35m",
    "cyan": "\x1b[36m",
}
_SEVERITIES = {
    Severity.CRITICAL: "magenta",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "blue",
}


def style_of(stream: TextIO, environment: Mapping[str, str]) -> Style:
    """The style for a stream: colour on terminals, or as NO_COLOR (https://no-color.org) and FORCE_COLOR say."""
    terminal = stream.isatty()
    colour = terminal and environment.get("TERM") != "dumb"
    if environment.get("FORCE_COLOR", "0") not in {"", "0"}:
        colour = True
    if environment.get("NO_COLOR"):
        colour = False
    width = 100
    if terminal:
        try:
            width = max(60, min(os.get_terminal_size(stream.fileno()).columns, 120))
        except (OSError, ValueError):
            width = 80
    return Style(colour, width)
