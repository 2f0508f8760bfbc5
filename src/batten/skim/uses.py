"""Which imports of a TypeScript text only types use, so that compilers drop them; knows a type by the signs around a name, nothing else.

Where the signs leave a doubt the import counts as used.
"""

from msgspec.structs import replace

from batten.regex import regex
from batten.skim.code import BLOCK_COMMENT, LINE_COMMENT
from batten.skim.model import Import

_BETWEEN = regex(rb"(?:[\s;]++|" + BLOCK_COMMENT + rb"|" + LINE_COMMENT + rb"|(?!))*+")
_TYPE_BEFORE = (b" as ", b" is ", b"keyof ", b" implements ", b" satisfies ")
_TYPE_QUERY = regex(rb"(?:<\s*+\(?|\btype [\w$]{1,40} = )typeof \Z")
_VARIABLE = regex(rb"\b(?:const|let|var) [\w$]{1,40}: \Z")
_ANNOTATED = regex(rb"\)|;|\[\]| \|| =[^=>]")
_LAST_ARGUMENT = regex(rb"(?:\[\])?>")
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")
# The longest text that says something about the name after it.
_BACK = 56
_SPACE, _LESS, _BRACKET = b" <]"
# Uses of one name that are looked at; a name that is used oftener counts as used.
_MOST = 40


def without_types(data: bytes, imports: list[Import]) -> list[Import]:
    """The same, with ``erased`` set where nothing but types uses the name. Decorators use the types of parameters, so a file with them keeps all."""
    if not imports or b"\n@" in data:
        return imports
    head, later = _head(data, imports)
    judged = imports
    for index, one in enumerate(imports):
        if (
            one.local
            and not one.type_only
            and not one.dynamic
            and one.span.end <= head
            and not _is_used(data, one.local.encode(), head, later)
        ):
            judged = list(imports) if judged is imports else judged
            judged[index] = replace(one, erased=True)
    return judged


def _head(data: bytes, imports: list[Import]) -> tuple[int, list[tuple[int, int]]]:
    """Where the imports at the start of the file end, and the ranges of later ones: names in them are no uses."""
    head = 0
    later: list[tuple[int, int]] = []
    last = None
    for one in imports:
        span = one.span
        if span is last or one.dynamic:
            continue
        last = span
        between = data[head : span.start]
        if head and (later or (between.strip(b" \t\r\n;") and _BETWEEN.fullmatch(between) is None)):
            later.append((span.start, span.end))
        else:
            head = span.end
    return head, later


def _is_used(data: bytes, name: bytes, start: int, later: list[tuple[int, int]]) -> bool:
    size = len(name)
    end = len(data)
    at = data.find(name, start)
    tries = _MOST
    while at != -1:
        after = at + size
        if data[at - 1] not in _WORD and (after == end or data[after] not in _WORD):
            sign = data[at - 1]
            typed = sign in (_SPACE, _LESS) and _is_type(data, at, after)
            if not typed and not (later and any(begin <= at < stop for begin, stop in later)):
                return True
        tries -= 1
        if tries == 0:
            return True
        at = data.find(name, after)
    return False


def _is_type(data: bytes, at: int, after: int) -> bool:
    """Whether the name from ``at`` to ``after``, behind a space or ``<``, stands where only types stand."""
    if data[at - 1] == _LESS:
        return data[at - 2] in _WORD or data[at - 2] == _BRACKET
    match data[at - 2]:
        case 0x3A:  # :
            if data[at - 3] in b"?})" or _VARIABLE.search(data, max(0, at - _BACK), at):
                return True
            line = data[data.rfind(b"\n", 0, at) : at]
            return _ANNOTATED.match(data, after) is not None and b"? " not in line and not line.endswith(b" : ")
        case 0x7C | 0x26:  # | and &
            return data[at - 3] != data[at - 2]
        case 0x2C:  # ,
            return _LAST_ARGUMENT.match(data, after) is not None
        case 0x73 | 0x66:  # as, is, implements, satisfies; keyof, typeof
            before = data[max(0, at - _BACK) : at]
            return before.endswith(_TYPE_BEFORE) or _TYPE_QUERY.search(before) is not None
    return False
