"""Templates of Pug: ``!= value`` and ``!{value}`` put in what they are given; blocks are told by their indentation."""

from batten.extract.templates.ways import MOST_HOLES, Way, each, trimmed, way_of
from batten.facts.templates import Hole, Template
from batten.regex import regex
from batten.text import Span

_RAW = regex(rb"!\{(?P<inner>[^{}\n]{1,400})\}")
_LINE = regex(rb"^[ \t]*(?:[\w#.:&-]*(?:\([^\n]*\))?)!=[ \t]*(?P<inner>[^\n]{1,400})")
_EACH = regex(r"\s*(?:each|for)\s+(?P<name>[\w$]+)(?:\s*,\s*[\w$]+)?\s+in\s+(?P<source>[\w$.\[\]]+)")
_OTHER = regex(r"\s*(?:include|extends)\s+(?P<name>[\w./-]+)")
_ALTERNATIVES = regex(r"\s*(?:\|\||\?\?)\s*")


def read(data: bytes) -> Template | None:
    """The holes of one template."""
    holes: list[Hole] = []
    others: list[str] = []
    around: list[tuple[int, str, Way | None]] = []
    at = 0
    for line in data.splitlines(keepends=True):
        text = line.decode("utf-8", "replace")
        indent = len(text) - len(text.lstrip(" \t"))
        if text.strip():
            while around and around[-1][0] >= indent:
                around.pop()
        looped, other = _EACH.match(text), _OTHER.match(text)
        if looped is not None:
            around.append((indent, looped["name"], each(_resolved(looped["source"], around))))
        elif other is not None:
            others.append(other["name"])
        elif not text.lstrip().startswith("//"):
            for pattern in (_RAW, _LINE):
                for found in pattern.finditer(line):
                    for part in _ALTERNATIVES.split(found["inner"].decode("utf-8", "replace")):
                        way = _resolved(part, around)
                        if way and len(holes) < MOST_HOLES:
                            holes.append(Hole(way, trimmed(data, Span(at + found.start("inner"), at + found.end("inner"))), raw=True))
        at += len(line)
    return Template(tuple(holes), tuple(dict.fromkeys(others))) if holes or others else None


def _resolved(text: str, around: list[tuple[int, str, Way | None]]) -> Way | None:
    way = way_of(text.strip(" ()"))
    for _, name, meant in reversed(around):
        if way is not None and way[0] == name:
            return None if meant is None else (*meant, *way[1:])
    return way
