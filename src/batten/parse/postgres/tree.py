"""The syntax tree of one piece of SQL or PL/pgSQL, with offsets in the file; the only module that holds a parser."""

import re
from collections.abc import Iterator
from functools import cache

import tree_sitter_postgres
from tree_sitter import Language, Node, Parser

from batten.parse.postgres.expressions import Name
from batten.parse.postgres.split import without_comments
from batten.regex import regex
from batten.text import Span

# The grammar takes ANY and ALL before a query for function names. IN and NOT IN mean the same and are no longer.
_ANY_QUERY = regex(
    rb"(?<![<>!])=\s*(?:any|some)(?=\s*\(\s*(?:select|with|values|table)\b)|(?:<>|!=)\s*all(?=\s*\(\s*(?:select|with|values|table)\b)",
    re.IGNORECASE,
)
# Letters past U+00FF; a mark of byte order is a blank.
_FAR = regex(rb"(?!\xef\xbb\xbf)[\xc4-\xf4][\x80-\xbf]+")
_ESCAPE = regex(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_PLAIN = regex(rb"[A-Za-z_][A-Za-z_0-9$]*(?:\.[A-Za-z_][A-Za-z_0-9$]*)*")
_NEEDLESS = regex(r'"([a-z_][a-z_0-9$]*)"')
_LONGEST_NAME = 63  # bytes: NAMEDATALEN of every server as it is built
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_DOLLAR = regex(r"\$[^$]*\$")


@cache
def _parser(procedural: bool) -> Parser:
    # The stub of the grammar leaves its second language out.
    language = tree_sitter_postgres.language_plpgsql() if procedural else tree_sitter_postgres.language()  # type: ignore[attr-defined]
    return Parser(Language(language))


class Tree:
    """One parsed text. ``base`` is its offset in the file; ``whole`` is set where its offsets mean nothing there, and is the range to show instead."""

    def __init__(self, data: bytes, base: int = 0, whole: Span | None = None, procedural: bool = False) -> None:
        self.data = data = without_comments(data)
        self.base = base
        self.whole = whole
        masked = _as_latin(data if procedural else _masked(data))
        self.root = _parser(procedural).parse(masked).root_node

    def span(self, node: Node) -> Span:
        """The range of a node in the file."""
        return self.whole or Span(self.base + node.start_byte, self.base + node.end_byte)

    def text(self, node: Node) -> str:
        """The source of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")


class Part:
    """A node that is told from others by its text alone: what is found out of one holds for all that are written so."""

    def __init__(self, text: str | bytes, tree: Tree, node: Node) -> None:
        self.text = text
        self._at = [(tree, node)]

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Part) and self.text == other.text

    def take(self) -> tuple[Tree, Node]:
        """Its tree and node, once: what remembers it keeps no tree."""
        return self._at.pop()


def _masked(data: bytes) -> bytes:
    lower = data.lower()
    return _ANY_QUERY.sub(_as_in, data) if b"any" in lower or b"all" in lower or b"some" in lower else data


def _as_latin(data: bytes) -> bytes:
    """The text with other letters in place of those of scripts that the grammar takes for none: PostgreSQL lets each of them stand in a name."""
    return data if data.isascii() else _FAR.sub(lambda match: b"_" * len(match.group()), data)


def _as_in(match: re.Match[bytes]) -> bytes:
    word = b"in" if match.group().startswith(b"=") else b"not in"
    return word.ljust(len(match.group()))


def core(node: Node) -> Node:
    """The innermost node with the range of this one: the grammar wraps a name into up to eight layers."""
    if node.child_count != 1:
        return node
    return node.descendant_for_byte_range(node.start_byte, node.end_byte) or node


def child(node: Node | None, *kinds: str) -> Node | None:
    """The first direct child of one of these kinds."""
    if node is not None:
        for each in node.children:
            if each.type in kinds:
                return each
    return None


def has(node: Node, *kinds: str) -> bool:
    """Whether there is a direct child of one of these kinds."""
    return child(node, *kinds) is not None


def by_kind(node: Node) -> dict[str, Node]:
    """The direct children by kind; of several of a kind the first."""
    return {each.type: each for each in node.children[::-1]}


def descend(node: Node, *kinds: str) -> Iterator[Node]:
    """The outermost nodes of these kinds below a node, in order."""
    stack = node.children[::-1]
    while stack:
        each = stack.pop()
        if each.type in kinds:
            yield each
        elif each.child_count:
            stack += each.children[::-1]


def first(node: Node | None, *kinds: str) -> Node | None:
    """The first of ``descend``."""
    return next(descend(node, *kinds), None) if node is not None else None


def items(node: Node | None, list_kind: str) -> list[Node]:
    """The elements of a left-recursive list (``x_list: x_list ',' x``), without its separators; of another node, the node itself."""
    found: list[Node] = []
    while node is not None and node.type == list_kind:
        deeper = None
        for each in reversed(node.children):
            if each.type == list_kind:
                deeper = each
            elif each.is_named:
                found.append(each)
        node = deeper
    if node is not None:
        found.append(node)
    return found[::-1]


def leaves(node: Node) -> Iterator[Node]:
    """The tokens below a node, in order."""
    stack = [node]
    while stack:
        each = core(stack.pop())
        if each.child_count:
            stack += each.children[::-1]
        else:
            yield each


def identifier(tree: Tree, node: Node) -> str:
    """An identifier as PostgreSQL folds it: its ASCII letters lower case unless quoted, and cut to what a name can hold."""
    return folded(tree.data[node.start_byte : node.end_byte].strip())


def folded(text: bytes) -> str:
    """``identifier`` of the text of one."""
    text = text[1:-1].replace(b'""', b'"') if text[:1] == b'"' else text.lower()
    if len(text) > _LONGEST_NAME:
        return text[:_LONGEST_NAME].decode("utf-8", "ignore")
    return text.decode("utf-8", "replace")


def parts(tree: Tree, node: Node) -> tuple[str, ...]:
    """The dotted parts of a name."""
    text = tree.data[node.start_byte : node.end_byte]
    if len(text) <= _LONGEST_NAME and _PLAIN.fullmatch(text):
        return tuple(text.decode().lower().split("."))
    return tuple(identifier(tree, leaf) for leaf in leaves(node) if leaf.type not in (".", "(", ")", "[", "]", ","))


def name(tree: Tree, node: Node) -> Name:
    """A qualified name; a leading database name is dropped."""
    found = parts(tree, node)
    return Name(found[-2] if len(found) > 1 else None, found[-1]) if found else Name(None, "")


def words_written(tree: Tree, node: Node | None) -> str:
    """A type or setting as written, in lower case, without quotes that change nothing: dumps put them round every one. "" for none."""
    if node is None:
        return ""
    text = tree.text(node)
    return " ".join((_NEEDLESS.sub(r"\1", text) if '"' in text else text).lower().split())


def string(text: str) -> str:
    """The value of a string literal: plain, escaped (``E'…'``) or dollar-quoted."""
    if text.startswith("$"):
        mark = _DOLLAR.match(text)
        return text[mark.end() : -len(mark.group())] if mark else text
    if text[:1] in "eE":
        return _ESCAPE.sub(_unescape, text[2:-1].replace("''", "'"))
    return text[text.find("'") + 1 : -1].replace("''", "'")


def _unescape(match: re.Match[str]) -> str:
    octal, two, four, eight, letter = match.groups()
    if letter is not None:
        return _LETTERS.get(letter, letter)
    code = int(octal, 8) if octal else int(two or four or eight, 16)
    return _letter(code)


def _letter(code: int) -> str:
    try:
        return chr(code).encode("utf-8").decode()
    except (ValueError, OverflowError):
        return "\ufffd"
