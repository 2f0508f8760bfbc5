"""Prisma's schema language: a file's bytes to its blocks, with their ranges, tolerant of anything; knows nothing of tables."""

from collections.abc import Iterator

from msgspec import Struct

from batten.regex import regex
from batten.text import Span

_TOKEN = regex(
    rb"(?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/)|(?!))*+(?:\*/|\Z))|(?P<text>\"(?:[^\"\\\n]|\\[^\n])*+\"?)|(?P<word>[\w\x80-\xff][\w.\x80-\xff-]*)"
    rb"|(?P<mark>@@|[@{}()\[\]:,=?!])|(?P<line>\n)|(?P<other>[^\s])"
)
_KINDS = frozenset({"model", "enum", "view", "type", "datasource", "generator"})
_ESCAPE = regex(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


class Argument(Struct, frozen=True):
    """One argument or setting: a text, a name (``text`` with ``quoted`` False), a list of such (``items``), or a call (``call`` is its name, ``items`` what it is given)."""

    name: str | None
    text: str | None = None
    quoted: bool = False
    items: tuple[str, ...] = ()
    call: str | None = None


class Attribute(Struct, frozen=True):
    """``@id``, ``@db.VarChar(80)``, ``@@map("users")``; ``name`` is without its marks."""

    span: Span
    name: str
    arguments: tuple[Argument, ...] = ()

    def text(self, *names: str | None) -> str | None:
        """The constant text of the first argument with one of these names; None for the one without."""
        return next((each.text for each in self.arguments if each.name in names and each.quoted), None)

    def items(self, *names: str | None) -> tuple[str, ...]:
        """The list in the first argument with one of these names."""
        return next((each.items for each in self.arguments if each.name in names and each.items), ())


class Field(Struct, frozen=True):
    """One field of a model, or one value of an enum (``type`` "")."""

    span: Span
    name: str
    type: str
    optional: bool = False
    many: bool = False
    attributes: tuple[Attribute, ...] = ()

    def attribute(self, *names: str) -> Attribute | None:
        """The first attribute with one of these names."""
        return next((each for each in self.attributes if each.name in names), None)


class Block(Struct, frozen=True):
    """One block. ``kind``: ``model``, ``enum``, ``view``, ``type``, ``datasource``, ``generator``; ``lead`` is the comment right above; ``settings`` are those of the last two."""

    span: Span
    kind: str
    name: str
    lead: str = ""
    fields: tuple[Field, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    settings: tuple[Argument, ...] = ()

    def attribute(self, *names: str) -> Attribute | None:
        """The first attribute of the block itself with one of these names."""
        return next((each for each in self.attributes if each.name in names), None)


class _Token(Struct, frozen=True, gc=False):
    kind: str
    text: str
    start: int
    end: int


def blocks(data: bytes) -> tuple[Block, ...]:
    """Every block of a file; one that never ends is taken to the end of the file."""
    tokens = list(_tokens(data))
    found: list[Block] = []
    lead: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        head = tokens[at : at + 3]
        if token.kind == "comment":
            lead.append(token.text.strip("/* \t\r\n"))
        elif token.kind == "word" and token.text in _KINDS and [each.kind for each in head[1:]] == ["word", "mark"] and head[2].text == "{":
            block, at = _block(tokens, at, " ".join(lead)[:300])
            found.append(block)
            lead = []
            continue
        elif token.kind != "line" or (tokens[at - 1 : at] and tokens[at - 1].kind == "line"):
            lead = []
        at += 1
    return tuple(found)


def _tokens(data: bytes) -> Iterator[_Token]:
    for match in _TOKEN.finditer(data):
        yield _Token(match.lastgroup or "", match.group().decode("utf-8", "replace"), match.start(), match.end())


def _block(tokens: list[_Token], at: int, lead: str) -> tuple[Block, int]:
    """The block whose kind stands at ``at``, and where the text goes on."""
    kind, name, start = tokens[at].text, tokens[at + 1].text, tokens[at].start
    at += 3
    fields: list[Field] = []
    attributes: list[Attribute] = []
    settings: list[Argument] = []
    while at < len(tokens) and tokens[at].text != "}":
        token = tokens[at]
        if token.text == "@@":
            attribute, at = _attribute(tokens, at)
            attributes.append(attribute)
        elif token.kind == "word" and tokens[at + 1 : at + 2] and tokens[at + 1].text == "=":
            values, at = _until(tokens, at + 2)
            settings.append(_argument(token.text, values))
        elif token.kind == "word":
            field, at = _field(tokens, at)
            fields.append(field)
        else:
            at += 1
    end = tokens[min(at, len(tokens) - 1)].end
    return Block(Span(start, end), kind, name, lead, tuple(fields), tuple(attributes), tuple(settings)), at + 1


def _field(tokens: list[_Token], at: int) -> tuple[Field, int]:
    """The field that begins at ``at``: it goes on to the end of the line, or of its attributes."""
    name, start = tokens[at].text, tokens[at].start
    label, optional, many = "", False, False
    attributes: list[Attribute] = []
    last = at
    at += 1
    while at < len(tokens) and tokens[at].kind != "line" and tokens[at].text != "}":
        token = tokens[at]
        last = at
        if token.text == "@":
            attribute, at = _attribute(tokens, at)
            attributes.append(attribute)
            last = at - 1
            continue
        if token.kind == "word" and not label:
            label = token.text
            if label == "Unsupported" and tokens[at + 1 : at + 2] and tokens[at + 1].text == "(":
                inner, at = _enclosed(tokens, at + 1)
                label = next((_string(each.text) for each in inner if each.kind == "text"), label)
                last = at - 1
                continue
        optional, many = optional or token.text == "?", many or token.text == "["
        at += 1
    return Field(Span(start, tokens[last].end), name, label, optional, many, tuple(attributes)), at


def _attribute(tokens: list[_Token], at: int) -> tuple[Attribute, int]:
    start = tokens[at].start
    at += 1
    if at >= len(tokens) or tokens[at].kind != "word":
        return Attribute(Span(start, tokens[at - 1].end), ""), at
    name, end = tokens[at].text, tokens[at].end
    at += 1
    arguments: list[Argument] = []
    if at < len(tokens) and tokens[at].text == "(":
        inner, at = _enclosed(tokens, at)
        end = tokens[at - 1].end
        arguments = [_argument(None, part) for part in _parts(inner)]
    return Attribute(Span(start, end), name, tuple(arguments)), at


def _enclosed(tokens: list[_Token], at: int) -> tuple[list[_Token], int]:
    """What stands between the bracket at ``at`` and its partner, and where the text goes on."""
    depth, start = 0, at + 1
    while at < len(tokens):
        text = tokens[at].text if tokens[at].kind == "mark" else ""
        depth += (text in ("(", "[")) - (text in (")", "]"))
        at += 1
        if depth == 0:
            return tokens[start : at - 1], at
    return tokens[start:at], at


def _until(tokens: list[_Token], at: int) -> tuple[list[_Token], int]:
    """What stands to the end of the line, brackets taken together."""
    found: list[_Token] = []
    while at < len(tokens) and tokens[at].kind != "line" and tokens[at].text != "}":
        if tokens[at].text in ("(", "["):
            opened = tokens[at]
            inner, at = _enclosed(tokens, at)
            found += [opened, *inner]
        else:
            found.append(tokens[at])
            at += 1
    return found, at


def _parts(tokens: list[_Token]) -> Iterator[list[_Token]]:
    """What stands between the commas that are in no bracket."""
    part: list[_Token] = []
    depth = 0
    for token in tokens:
        if token.kind == "mark":
            depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
            if token.text == "," and depth == 0:
                yield part
                part = []
                continue
        if token.kind not in ("line", "comment"):
            part.append(token)
    if part:
        yield part


def _argument(name: str | None, tokens: list[_Token]) -> Argument:
    tokens = [token for token in tokens if token.kind not in ("line", "comment")]
    if name is None and tokens[1:2] and tokens[1].text == ":" and tokens[0].kind == "word":
        name, tokens = tokens[0].text, tokens[2:]
    if not tokens:
        return Argument(name)
    first = tokens[0]
    if first.text == "[":
        return Argument(name, items=_items(tokens[1:]))
    if tokens[1:2] and tokens[1].text == "(":
        return Argument(name, call=first.text, items=_items(tokens[2:]))
    quoted = first.kind == "text"
    return Argument(name, _string(first.text) if quoted else first.text, quoted)


def _items(tokens: list[_Token]) -> tuple[str, ...]:
    """The first name or text of each part."""
    firsts = (part[0] for part in _parts(tokens) if part)
    return tuple(_string(first.text) if first.kind == "text" else first.text for first in firsts if first.kind in ("text", "word"))


def _string(text: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match.group(1), match.group(1)), text.strip('"'))
