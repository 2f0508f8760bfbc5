"""PostgreSQL's SQL: a file's bytes to typed statements with their ranges, tolerant of anything; knows nothing of order, state or access.

No syntax node leaves this package.
"""

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct, structs

from batten.parse.postgres.access_statements import AlterPolicy, CreatePolicy, DefaultPrivileges, Grant
from batten.parse.postgres.expressions import Expression
from batten.parse.postgres.lower import inside, lowered, unread
from batten.parse.postgres.lower_routines import NO_ANSWER
from batten.parse.postgres.plpgsql import actions, answer
from batten.parse.postgres.split import pieces, resplit
from batten.parse.postgres.statements import Action, Broken, Choose, CreateFunction, DoBlock, Drop, Run, Statement
from batten.parse.postgres.table_statements import AlterTable
from batten.parse.postgres.templates import without_tags
from batten.text import Span

_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_LONGEST = 2_000_000
_decoder = msgspec.msgpack.Decoder(tuple[Statement, ...])
_encoder = msgspec.msgpack.Encoder()


def statements(data: bytes) -> tuple[Statement, ...]:
    """Every statement that runs forward, in order, with ranges in ``data`` as it was read (UTF-16 too). A broken one hides no other."""
    text, offsets = _as_utf8(data)
    template = without_tags(text)
    text = template.data
    found: list[Statement] = [Broken(tag, "template") for tag in template.tags]
    for piece in pieces(text):
        made = _piece(text, piece.span, piece.lead)
        found.extend(map(_in_doubt, made) if template.guards(piece.span.start) else made)
    return tuple(found) if offsets is None else _moved(tuple(found), offsets, len(data))


def _in_doubt(statement: Statement) -> Statement:
    """A statement that may run or not; what it makes is taken to be there."""
    if isinstance(statement, AlterTable | AlterPolicy | CreatePolicy | DefaultPrivileges | Drop | Grant):
        return DoBlock(statement.span, (Choose(((None, (Run(statement),)),), sure=False),))
    return statement


def body(text: str) -> tuple[Action, ...]:
    """The actions of a PL/pgSQL function's body; their ranges mean nothing."""
    return actions(text.encode(), 0, Span(0, 0), inside)


@lru_cache(maxsize=1000)
def _answer(text: str) -> Expression | None:
    return answer(text.encode())


def answered(made: CreateFunction) -> Expression | None:
    """What a function answers where that can be written as one expression; None where not."""
    if made.language != "plpgsql" or made.body is None or made.returns in NO_ANSWER:
        return made.result
    return _answer(made.body)


def encode(found: tuple[Statement, ...]) -> bytes:
    """Statements as bytes, for ``FileFacts.statements``."""
    return _encoder.encode(found)


def decode(data: bytes) -> tuple[Statement, ...]:
    """What ``encode`` was given."""
    return _decoder.decode(data)


def _piece(text: bytes, span: Span, lead: str) -> tuple[Statement, ...]:
    if span.end - span.start > _LONGEST:
        return (unread(text[span.start : span.end], span),)
    found = lowered(text[span.start : span.end], span.start, None, lead)
    if Broken in map(type, found):
        again = resplit(text, span)
        if len(again) > 1:
            return tuple(each for part in again for each in lowered(text[part.start : part.end], part.start))
    return found


def _as_utf8(data: bytes) -> tuple[bytes, list[tuple[int, int]] | None]:
    """The text as UTF-8 and, where it was not, pairs of (offset in UTF-8, offset in the file) for the start of every line and every change of width."""
    mark, encoding = next((each for each in _MARKS if data.startswith(each[0])), (b"", ""))
    if not encoding:
        sample = data[:200]
        if sample.count(b"\x00") * 3 < len(sample) or not sample:
            if _is_utf8(data):
                return data, None
            encoding = "latin-1"
        else:
            encoding = "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"
    decoded = data[len(mark) :].decode(encoding, "replace")
    pairs: list[tuple[int, int]] = []
    narrow, wide, width = 0, len(mark), 0
    for letter in decoded:
        size = len(letter.encode("utf-8", "replace"))
        if size != width:
            pairs.append((narrow, wide))
            width = size
        narrow += size
        wide += 1 if encoding == "latin-1" else len(letter.encode("utf-16-le", "replace"))
    pairs.append((narrow, wide))
    return decoded.encode("utf-8", "replace"), pairs


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _moved(found: tuple[Statement, ...], pairs: list[tuple[int, int]], end: int) -> tuple[Statement, ...]:
    """The statements with every range put back to the file's own offsets."""
    starts = [narrow for narrow, _ in pairs]

    def offset(at: int) -> int:
        place = max(0, bisect_right(starts, at) - 1)
        narrow, wide = pairs[place]
        if place + 1 < len(pairs):
            following = pairs[place + 1]
            # Within a run every letter has one width in each encoding.
            return min(end, wide + (at - narrow) * (following[1] - wide) // max(1, following[0] - narrow))
        return min(end, wide)

    return moved(found, lambda span: Span(offset(span.start), offset(span.end)))


def moved(found: tuple[Statement, ...], to: Callable[[Span], Span]) -> tuple[Statement, ...]:
    """The statements with every range put where ``to`` says."""

    def put(value: Any) -> Any:
        if isinstance(value, Span):
            return to(value)
        if isinstance(value, Struct):
            return structs.replace(value, **{name: put(getattr(value, name)) for name in value.__struct_fields__})
        return tuple(map(put, value)) if isinstance(value, tuple) else value

    return tuple(map(put, found))
