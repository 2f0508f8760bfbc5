"""Files of rules for Firestore and Storage: services, nested matches, what each allows, and functions; tolerant of half-written ones."""

from msgspec import Struct

from batten.parse.firebase.expressions import Expression, Literal, Reader, tokens
from batten.regex import regex
from batten.text import Span

_DEEPEST = 40
_SERVICES = ("cloud.firestore", "firebase.storage")
# Storage refuses such a step, and what it is meant for is plain: `/players/{id}/photo.{ending}`.
_IN_STEP = regex(r"[\w.-]\{\w+\}")
_STEP_SIGNS = ("/", "{", "}", "=**", "=", "*", "-", ".", ":")


class Allow(Struct, frozen=True):
    """One ``allow`` statement. ``condition`` is ``true`` where there is none."""

    verbs: tuple[str, ...]
    condition: Expression
    span: Span


class Function(Struct, frozen=True):
    """A function of rules: its parameters, what it sets first, and what it gives."""

    parameters: tuple[str, ...]
    names: tuple[tuple[str, Expression], ...]
    result: Expression


class Block(Struct, frozen=True):
    """One ``match`` with what is in it; ``path`` as written, and ``service`` where the file is for one."""

    service: str
    path: str
    span: Span
    allows: tuple[Allow, ...]
    functions: tuple[tuple[str, Function], ...]
    blocks: tuple["Block", ...]


class Read(Struct, frozen=True):
    """A file of rules; ``whole`` is False where it is not what its name says."""

    blocks: tuple[Block, ...]
    functions: tuple[tuple[str, Function], ...] = ()
    whole: bool = True


def read(data: bytes) -> Read:
    """The matches of a file."""
    text = data.decode("utf-8", "replace")
    return _Rules(text, len(text) == len(data)).file()


class _Rules:
    def __init__(self, text: str, is_ascii: bool) -> None:
        self._text = text
        self._is_ascii = is_ascii
        self._reader = Reader(text, tokens(text))
        self._whole = True

    def _offset(self, at: int) -> int:
        return at if self._is_ascii else len(self._text[:at].encode())

    def file(self) -> Read:
        reader = self._reader
        blocks: list[Block] = []
        functions: list[tuple[str, Function]] = []
        while not reader.at_end:
            if reader.take("rules_version"):
                self._to_end_of_statement()
            elif reader.take("function"):
                self._function(functions)
            elif reader.take("service"):
                blocks.append(self._service())
            else:
                self._whole = False
                reader.at += 1
        return Read(tuple(blocks), tuple(functions), self._whole)

    def _service(self) -> Block:
        start = self._reader.next.start
        name = ""
        while not self._reader.at_end and not self._reader.take("{"):
            name += self._reader.next.text
            self._reader.at += 1
        return self._inside(name if name in _SERVICES else "", "", start, 0)

    def _inside(self, service: str, path: str, start: int, depth: int) -> Block:
        """What stands between braces, the first of which is passed."""
        reader = self._reader
        end = reader.next.start
        allows: list[Allow] = []
        functions: list[tuple[str, Function]] = []
        blocks: list[Block] = []
        while not reader.at_end and not reader.take("}"):
            if reader.take("match") and depth < _DEEPEST:
                begin = reader.next.start
                inner = self._match_path()
                blocks.append(self._inside(service, inner, begin, depth + 1))
            elif reader.take("function"):
                self._function(functions)
            elif reader.next.text == "allow":
                begin = reader.next.start
                reader.at += 1
                allows.append(self._allow(begin))
            else:
                self._whole = False
                reader.at += 1
        return Block(service, path, Span(self._offset(start), self._offset(end)), tuple(allows), tuple(functions), tuple(blocks))

    def _match_path(self) -> str:
        """``/users/{user=**}`` up to the brace that opens what is in it: one after which no name and closing brace come."""
        reader = self._reader
        start = end = reader.next.start
        while not reader.at_end:
            token = reader.next
            if token.text == "{" and not self._text.startswith("/", token.start - 1) and not _IN_STEP.match(self._text, token.start - 1):
                reader.at += 1
                break
            if token.kind == "sign" and token.text not in _STEP_SIGNS:
                break
            end = token.end
            reader.at += 1
        return "".join(self._text[start:end].split())

    def _allow(self, begin: int) -> Allow:
        reader = self._reader
        verbs = []
        while reader.next.kind == "word" and reader.next.text != "if":
            verbs.append(reader.next.text)
            reader.at += 1
            if not reader.take(","):
                break
        condition: Expression = Literal(True)
        if reader.take(":"):
            reader.take("if")
            condition = reader.condition()
        elif reader.take("if"):
            condition = reader.condition()
        end = self._text[: reader.next.start].rstrip()
        if not reader.take(";") and reader.next.text not in ("}", "allow", "match", "function"):
            self._whole = False
            self._to_end_of_statement()
        return Allow(tuple(verbs), condition, Span(self._offset(begin), self._offset(len(end))))

    def _function(self, found: list[tuple[str, Function]]) -> None:
        reader = self._reader
        name = reader.next.text
        reader.at += 1
        parameters = []
        if reader.take("("):
            while not reader.at_end and not reader.take(")"):
                if reader.next.kind == "word":
                    parameters.append(reader.next.text)
                reader.at += 1
        names: list[tuple[str, Expression]] = []
        result: Expression | None = None
        if reader.take("{"):
            while not reader.at_end and not reader.take("}"):
                if reader.take("let"):
                    variable = reader.next.text
                    reader.at += 1
                    reader.take("=")
                    names.append((variable, reader.condition()))
                elif reader.take("return"):
                    result = reader.condition()
                elif not reader.take(";"):
                    self._whole = False
                    reader.at += 1
        if result is not None:
            found.append((name, Function(tuple(parameters), tuple(names), result)))

    def _to_end_of_statement(self) -> None:
        while not self._reader.at_end and not self._reader.take(";"):
            if self._reader.next.text in ("}", "service"):
                return
            self._reader.at += 1
