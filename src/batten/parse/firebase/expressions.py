"""Conditions of security rules: tokens, and trees of operators, members and calls; the two dialects differ in ``===`` alone.

https://firebase.google.com/docs/rules/rules-language
"""

import re
from typing import NamedTuple

from msgspec import Struct

from batten.regex import regex

_DEEPEST = 60
_LONGEST_CHAIN = 200
_TOKEN = regex(
    r"(?P<gap>\s+|//[^\n]*|/\*(?:[^*]|\*(?!/)|(?!))*+(?:\*/|\Z))"
    r"|(?P<string>\"(?:[^\"\\]|\\.)*+\"?|'(?:[^'\\]|\\.)*+'?)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_$][\w$]*)"
    r"|(?P<sign>===|!==|==|!=|<=|>=|&&|\|\||=\*\*|[-+*/%<>!?:;,.(){}\[\]=])"
    r"|(?P<other>.)",
    re.DOTALL,
)
# ``/databases/$(database)/documents/users/$(request.auth.uid)``, where a value is expected.
_PATH_STEP = regex(r"/(?:(?P<name>[\w.\-]+)|(?P<open>\$\())")
_LEVELS = (("||",), ("&&",), ("==", "!=", "===", "!=="), ("<", "<=", ">", ">=", "in", "is"), ("+", "-"), ("*", "/", "%"))
_SAME = {"===": "==", "!==": "!="}


class Token(NamedTuple):
    """One word or sign and where it begins."""

    kind: str
    text: str
    start: int
    end: int


class Literal(Struct, frozen=True):
    """A constant."""

    value: str | float | bool | None


class Name(Struct, frozen=True):
    """A variable."""

    id: str


class Member(Struct, frozen=True):
    """``of.name``."""

    of: "Expression"
    name: str


class Index(Struct, frozen=True):
    """``of[key]``."""

    of: "Expression"
    key: "Expression"


class Invoke(Struct, frozen=True):
    """A call."""

    callee: "Expression"
    arguments: tuple["Expression", ...]


class Unary(Struct, frozen=True):
    """``!x`` and ``-x``."""

    operator: str
    operand: "Expression"


class Binary(Struct, frozen=True):
    """An operator between two; ``?`` has the two choices as one ``Items`` on its right."""

    operator: str
    left: "Expression"
    right: "Expression"


class Items(Struct, frozen=True):
    """A list, or the values of a map."""

    items: tuple["Expression", ...]


class Path(Struct, frozen=True):
    """A path of a document: its constant steps, "" for one that is computed, and what those are computed of."""

    steps: tuple[str, ...]
    computed: tuple["Expression", ...]


class Unclear(Struct, frozen=True):
    """What was not understood."""


Expression = Literal | Name | Member | Index | Invoke | Unary | Binary | Items | Path | Unclear


def tokens(text: str) -> list[Token]:
    """All words and signs, without what is between them."""
    return [Token(found.lastgroup or "", found[0], *found.span()) for found in _TOKEN.finditer(text) if found.lastgroup != "gap"]


def expression(text: str) -> Expression:
    """The tree of one condition on its own."""
    found = Reader(text, tokens(text))
    tree = found.condition()
    return tree if found.at_end else Unclear()


class Reader:
    """Reads trees from a place in a list of tokens on; what it does not understand is Unclear, and it goes on after it."""

    def __init__(self, text: str, given: list[Token]) -> None:
        self._text = text
        self._tokens = given
        self.at = 0

    @property
    def at_end(self) -> bool:
        """Whether all is read."""
        return self.at >= len(self._tokens)

    @property
    def next(self) -> Token:
        """The token to come; an empty one at the end."""
        return self._tokens[self.at] if self.at < len(self._tokens) else Token("end", "", len(self._text), len(self._text))

    def take(self, *texts: str) -> bool:
        """Whether the next token is one of these, which is passed then."""
        if self.next.kind in ("sign", "word") and self.next.text in texts:
            self.at += 1
            return True
        return False

    def condition(self, depth: int = 0) -> Expression:
        """A whole expression."""
        if depth > _DEEPEST:
            self.at = len(self._tokens)
            return Unclear()
        found = self._level(0, depth)
        if not self.take("?"):
            return found
        first = self.condition(depth + 1)
        if not self.take(":"):
            return Unclear()
        return Binary("?", found, Items((first, self.condition(depth + 1))))

    def _level(self, level: int, depth: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary(depth)
        found = self._level(level + 1, depth)
        count = 0
        while self.next.kind in ("sign", "word") and self.next.text in _LEVELS[level]:
            operator = self.next.text
            self.at += 1
            count += 1
            found = Binary(_SAME.get(operator, operator), found, self._level(level + 1, depth))
        return found if count <= _LONGEST_CHAIN else Unclear()

    def _unary(self, depth: int) -> Expression:
        signs = []
        while self.next.kind == "sign" and self.next.text in ("!", "-"):
            signs.append(self.next.text)
            self.at += 1
        found = self._postfix(depth)
        for sign in reversed(signs[:_LONGEST_CHAIN]):
            found = Unary(sign, found)
        return found if len(signs) <= _LONGEST_CHAIN else Unclear()

    def _postfix(self, depth: int) -> Expression:
        found = self._primary(depth)
        count = 0
        while True:
            count += 1
            if count > _LONGEST_CHAIN:
                found = Unclear()
            if self.take("."):
                found = Member(found, self.next.text) if self.next.kind == "word" else Unclear()
                self.at += 1
            elif self.take("["):
                found = Index(found, self.condition(depth + 1))
                if not self.take("]"):
                    return Unclear()
            elif self.take("("):
                found = Invoke(found, self._list(")", depth))
            else:
                return found

    def _list(self, end: str, depth: int) -> tuple[Expression, ...]:
        items = []
        while not self.at_end and not self.take(end):
            before = self.at
            items.append(self.condition(depth + 1))
            if self.take(":"):
                items[-1] = self.condition(depth + 1)
            if not self.take(",") and self.next.text != end:
                items.append(Unclear())
                self.at = max(self.at, before + 1)
        return tuple(items)

    def _primary(self, depth: int) -> Expression:
        token = self.next
        if token.kind == "sign" and token.text == "/":
            return self._path(depth)
        self.at += 1
        match token.kind, token.text:
            case "string", text:
                return Literal(text.strip("\"'"))
            case "number", text:
                return Literal(float(text))
            case "word", "true":
                return Literal(True)
            case "word", "false":
                return Literal(False)
            case "word", "null":
                return Literal(None)
            case "word", text:
                return Name(text)
            case "sign", "(":
                found = self.condition(depth + 1)
                return found if self.take(")") else Unclear()
            case "sign", "[":
                return Items(self._list("]", depth))
            case "sign", "{":
                return Items(self._list("}", depth))
        return Unclear()

    def _path(self, depth: int) -> Expression:
        """A path, which runs on as long as its steps follow each other without a gap."""
        steps: list[str] = []
        computed: list[Expression] = []
        at = self.next.start
        while (step := _PATH_STEP.match(self._text, at)) is not None:
            at = step.end()
            if step["name"] is not None:
                steps.append(step["name"])
                continue
            self._go_to(at)
            computed.append(self.condition(depth + 1))
            steps.append("")
            at = self.next.end
            if not self.take(")"):
                return Unclear()
        before = self.at
        self._go_to(at)
        if self.at == before and not steps:
            self.at += 1
            return Unclear()
        return Path(tuple(steps), tuple(computed))

    def _go_to(self, offset: int) -> None:
        while not self.at_end and self.next.start < offset:
            self.at += 1
