"""Templates of Handlebars and Mustache: ``{{{value}}}`` and ``{{&value}}`` put in what they are given; sections change what names are looked up in."""

import re

from batten.extract.templates.ways import MOST_BLOCKS, MOST_HOLES, Marks, Way, each, trimmed, way_of
from batten.facts.templates import Hole, Template
from batten.regex import regex

_MARKS = Marks({b"{{!--": b"--}}", b"{{!": b"}}", b"{{{": b"}}}", b"{{": b"}}"})
_BLOCK = regex(r"\s*(?P<word>each|with)\s+(?P<value>[^\s|]+)(?:\s+as\s+\|(?P<names>[^|]*)\|)?")
_PARTIAL = regex(r"\s*[\"']?(?P<name>[\w./-]+)")
# Blocks in which names are looked up as they are around them.
_SAME = frozenset(("if", "unless", "else", "ifEquals", "if_eq", "compare", "ifCond", "eq", "lookup", "log", "extend", "block", "content"))


class _Block:
    """A section that is open: what ``this`` is in it, and what names it gives."""

    def __init__(self, word: str, this: Way | None, names: dict[str, Way | None]) -> None:
        self.word, self.this, self.names = word, this, names


def read(data: bytes) -> Template | None:
    """The holes of one template."""
    if b"{{" not in data:
        return None
    around: list[_Block] = []
    holes: list[Hole] = []
    others: list[str] = []
    at = 0
    while token := _MARKS.next(data, at):
        at = token.end
        inner = trimmed(data, token.inner, b"~")
        raw = token.mark == b"{{{" or data[inner.start : inner.start + 1] == b"&"
        inner = trimmed(data, inner, b"&") if raw else inner
        text = data[inner.start : inner.end].decode("utf-8", "replace")
        if raw:
            way = _resolved(text, around)
            if way and len(holes) < MOST_HOLES:
                holes.append(Hole(way, inner, raw=True))
        elif token.mark == b"{{" and text:
            sign = text[0] if text[0] in "#/^>" else ""
            _tag(sign, text.removeprefix(sign).lstrip("~ "), around, others)
    return Template(tuple(holes), tuple(dict.fromkeys(others))) if holes or others else None


def _tag(sign: str, tag: str, around: list[_Block], others: list[str]) -> None:
    if sign == ">":
        partial = _PARTIAL.match(tag)
        others += [partial["name"]] if partial else []
    elif sign == "/":
        if around:
            around.pop()
    elif sign in ("#", "^") and len(around) < MOST_BLOCKS:
        block, word = _BLOCK.match(tag), tag.split(None, 1)[0] if tag.split() else ""
        this = around[-1].this if around else ()
        if block is not None:
            way = _resolved(block["value"], around)
            inner = each(way) if block["word"] == "each" else way
            names = re.findall(r"[\w$]+", block["names"] or "")
            around.append(_Block(word, inner, {names[0]: inner} if names else {}))
        elif sign == "^" or word in _SAME or len(tag.split()) > 1:
            around.append(_Block(word, this, {}))
        else:  # a section of Mustache: of a list, or of a record
            way = _resolved(word, around)
            around.append(_Block(word, each(way), {}))


def _resolved(text: str, around: list[_Block]) -> Way | None:
    """The way from what the template is given."""
    text = text.strip()
    depth = len(around)
    while text.startswith("../"):
        text, depth = text[3:], depth - 1
        while depth > 0 and around[depth - 1].word in _SAME:
            depth -= 1
    if text.startswith("@root."):
        return way_of(text.removeprefix("@root.").replace("/", "."))
    this = around[depth - 1].this if depth > 0 else ()
    if text in ("this", "."):
        return this
    way = way_of(text.removeprefix("this.").removeprefix("./").replace("/", "."))
    if way is None:
        return None
    for block in reversed(around[: max(depth, 0)]):
        if way[0] in block.names:
            named = block.names[way[0]]
            return None if named is None else (*named, *way[1:])
    return None if this is None else (*this, *way)
