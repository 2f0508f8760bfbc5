"""Imports, exports and directives of JavaScript and TypeScript, read from the bytes without a parse.

Every import is found that has a constant specifier.
"""

import re

from batten.regex import regex
from batten.skim.code import Code
from batten.skim.exports import read_common, read_export
from batten.skim.model import Export, Import
from batten.skim.shapes import list_items, properties, shape, text_of
from batten.text import Span

_STATIC = shape(rb"import\b~TYPE(?:(?P<default>NAME)~(?:,~)?)?(?:\*~as\b~(?P<space>NAME)~|LIST~)?FROM")
_BARE = shape(rb"import~STRING")
_SCRIPTS = shape(rb"importScripts~\(~(?P<listed>(?:(?:\"[^\"\n]*+\"|'[^'\n]*+'|`[^`$\n]*+`)~,?~|(?!)){1,50}+)\)")
_CALL = shape(rb"(?:import|require)~\(~(?:STRING|`([^`\\$\n]++)`)~[,)]")
_COMPUTED = shape(rb"import~\(~`(?P<lead>\.{1,2}/[^`\\$\n]*+)(?P<rest>(?:\$\{[^{}`\n]*+\}[^`\\$\n]*+|(?!))++)`~\)")
_HOLE = regex(rb"\$\{[^{}]*+\}")
_GLOB = regex(rb"import\.meta\.glob(?:Eager)?(?:<[^<>()\n]{0,80}>)?\(\s*+(\[[^\]]{0,2000}\]|\"[^\"\n]+\"|'[^'\n]+'|`[^`$\n]+`)")
_ASSET = shape(rb"new URL\(~STRING~,~import\.meta\.url\s*+,?\s*+\)")
_QUOTED = regex(rb"\"([^\"\n]+)\"|'([^'\n]+)'|`([^`$\n]+)`")

# Tests that bundlers decide when they build.
_SERVER_GUARD = regex(
    rb"(?:process\.env\.NEXT_RUNTIME\s*===?\s*[\"']nodejs[\"']|typeof window\s*===?\s*[\"']undefined[\"']|if\s*\(\s*import\.meta\.(?:env\.SSR|server)\b)"
)
_SERVER_CHOICE = regex(
    rb"(?:process\.env\.NEXT_RUNTIME\s*===?\s*[\"']nodejs[\"']|typeof window\s*===?\s*[\"']undefined[\"']|import\.meta\.(?:env\.SSR|server))\s*\)?\s*"
    rb"(?:\?|&&)\s*\(?(?:await\s*\(?)?\Z"
)
_DECLARATION = regex(rb"\b(?:const|let|var|import)\s")
_BOUND = shape(
    rb"(?:const\s++|let\s++|var\s++|import\s++(?P<type>type\s++)?)(?:(?P<name>NAME)|\{(?P<list>[^{}]*+)\})\s*+(?::[^=;]*+)?=\s*+\Z"
)
_MEMBER = shape(rb"\s*+\.\s*+(?P<name>NAME)(?!\s*+[(.\[`])")
_USED = regex(rb"\s*+(?:[.(\[`]|\?\.)")
_TYPE_AFTER = regex(rb"\s*+(?:\.\s*+[A-Z]|\[[\"'][A-Z])")
# How far before a call the variable it is bound to is looked for.
_BACK = 600

_LEAD = shape(rb"(?:\xef\xbb\xbf)?(?:#![^\n]*+\n)?~")
_DIRECTIVE = shape(rb"(?:\"([^\"\\\n]*+)\"|'([^'\\\n]*+)')(?:[ \t]*+;|[ \t\r]*+(?=\n|//|/\*|\Z))~")
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$@#-.")


def directives(data: bytes, start: int, end: int) -> tuple[str, ...]:
    """The strings that stand before the first statement."""
    found = []
    lead = _LEAD.match(data, start, end)
    at = lead.end() if lead else start
    while (directive := _DIRECTIVE.match(data, at, end)) is not None:
        found.append(text_of(directive[1] or directive[2] or b""))
        at = directive.end()
    return tuple(found)


def imports_and_exports(data: bytes, start: int, end: int) -> tuple[list[Import], list[Export]]:
    """Those of the script between two offsets, in source order."""
    imports: list[Import] = []
    exports: list[Export] = []
    code = Code(data, start, end)
    done = start
    candidates = _all(data, b"port", start, end)
    others = _all(data, b"require", start, end) + _all(data, b"new URL(", start, end)
    for at in sorted(candidates + others) if others else candidates:
        match data[at]:
            case 0x70:  # the p of import, export and exports
                done = _port(data, at - 2, done, end, code, imports, exports)
            case 0x72:
                done = _call(data, at, done, end, code, imports)
            case _:
                done = _asset(data, at, done, end, code, imports)
    return imports, exports


def _all(data: bytes, word: bytes, start: int, end: int) -> list[int]:
    found = []
    find = data.find
    at = find(word, start, end)
    while at != -1:
        found.append(at)
        at = find(word, at + 1, end)
    return found


def _port(data: bytes, at: int, done: int, end: int, code: Code, imports: list[Import], exports: list[Export]) -> int:
    head = data[at : at + 7]
    if at < done or (at > 0 and data[at - 1] in _WORD and not (head == b"exports" and data[at - 7 : at] == b"module.")):
        return done
    if head == b"exports":
        return read_common(data, at, done, end, code, exports)
    if head.startswith(b"export"):
        return read_export(data, at, done, end, code, exports)
    if not head.startswith(b"import"):
        return done
    if head[6:] == b"S":
        return _scripts(data, at, end, code, imports) or done
    found = _STATIC.match(data, at, end)
    if found is not None:
        return _static(found, at, code, imports) or done
    found = _BARE.match(data, at, end)
    if found is None:
        return _glob(data, at, done, end, code, imports) if head[6:] == b"." else _call(data, at, done, end, code, imports)
    if code.reaches(at):
        imports.append(Import(Span(at, found.end()), text_of(found[1] or found[2]), "", ""))
        return found.end()
    return done


def _static(found: re.Match[bytes], at: int, code: Code, imports: list[Import]) -> int | None:
    """``import … from "x"``."""
    if not code.reaches(at):
        return None
    end = found.end()
    code.move(end)
    span = Span(at, end)
    kind, default, space, listed, double, single = found.groups()
    module, type_only = text_of(double or single), kind is not None
    if default is not None:
        imports.append(Import(span, module, "default", text_of(default), type_only))
    if space is not None:
        imports.append(Import(span, module, "*", text_of(space), type_only))
    elif listed is not None:
        items = list_items(listed)
        imports += [Import(span, module, name, local, type_only or own) for name, local, own in items]
        if not items and default is None:
            imports.append(Import(span, module, "", "", type_only))
    return end


def _scripts(data: bytes, at: int, end: int, code: Code, imports: list[Import]) -> int | None:
    """``importScripts("a.js", "b.js")`` of workers: addresses, as pages name their scripts."""
    found = _SCRIPTS.match(data, at, end)
    if found is None or not code.reaches(at):
        return None
    for quoted in _QUOTED.finditer(found["listed"]):
        address = text_of(quoted[1] or quoted[2] or quoted[3])
        if "://" not in address:
            imports.append(Import(Span(at, found.end()), address if address.startswith((".", "/")) else f"./{address}", "", ""))
    return found.end()


def _call(data: bytes, at: int, done: int, end: int, code: Code, imports: list[Import]) -> int:
    """``import("x")`` and ``require("x")``, with the names they are bound to."""
    if at < done or (at > 0 and data[at - 1] in _WORD):
        return done
    found = _CALL.match(data, at, end)
    if found is None:
        return _computed(data, at, done, end, code, imports)
    if not code.reaches(at):
        return done
    stop = found.end()
    code.move(stop - 1)
    if found[0].endswith(b","):
        stop = data.find(b")", stop, end) + 1 or stop
    is_require = found[0].startswith(b"require")
    before = data[max(done, at - _BACK) : at].rstrip()
    line = data.rfind(b"\n", 0, at) + 1
    dynamic = not is_require or data[line : line + 1] in (b" ", b"\t")
    type_only = before.endswith((b"typeof", b"keyof")) or (not is_require and _TYPE_AFTER.match(data, stop, end) is not None)
    span, module = Span(at, stop), _module(found)
    side = False if dynamic and _guarded(data, at) else None
    bound = _bound(before)
    member = _MEMBER.match(data, stop, end)
    if bound is None or (_USED.match(data, stop, end) and not (member and bound["name"])):
        imports.append(Import(span, module, "" if is_require and not member else "*", "", type_only, dynamic, side))
    elif bound["name"]:
        name = text_of(member["name"]) if member else "*"
        imports.append(Import(span, module, name, text_of(bound["name"]), type_only or bool(bound["type"]), dynamic, side))
    else:
        imports.extend(Import(span, module, item.name, item.local, False, dynamic, side) for item in properties(bound["list"]))
    return found.end()


def _guarded(data: bytes, at: int) -> bool:
    """Whether the code at ``at`` stands in a block, or is the side of a choice, that only the server enters, as far as the lines before tell."""
    start = max(0, at - _BACK)
    if _SERVER_CHOICE.search(data, start, at):
        return True
    guards = [found.end() for found in _SERVER_GUARD.finditer(data, start, at)]
    return bool(guards) and data.count(b"{", guards[-1], at) > data.count(b"}", guards[-1], at)


def _computed(data: bytes, at: int, done: int, end: int, code: Code, imports: list[Import]) -> int:
    """``import(`./pages/${name}.ts`)``, which bundlers take for ``./pages/*.ts``."""
    found = _COMPUTED.match(data, at, end)
    if found is None or not code.reaches(at):
        return done
    pattern = text_of(found["lead"] + _HOLE.sub(b"*", found["rest"]))
    imports.append(Import(Span(at, found.end()), pattern, "*", "", type_only=False, dynamic=True))
    return found.end()


def _bound(before: bytes) -> dict[str, bytes] | None:
    """The declaration that ends just before a call."""
    text = before.removesuffix(b"await").rstrip()
    if not text.endswith(b"="):
        return None
    declared = [found.start() for found in _DECLARATION.finditer(text)]
    found = _BOUND.match(text, declared[-1]) if declared else None
    return found.groupdict() if found else None


def _glob(data: bytes, at: int, done: int, end: int, code: Code, imports: list[Import]) -> int:
    found = _GLOB.match(data, at, end)
    if found is None or not code.reaches(at):
        return done
    span = Span(at, found.end())
    imports.extend(Import(span, text_of(quoted[quoted.lastindex or 1]), "*", "", False, True) for quoted in _QUOTED.finditer(found[1]))
    return found.end()


def _asset(data: bytes, at: int, done: int, end: int, code: Code, imports: list[Import]) -> int:
    found = _ASSET.match(data, at, end) if at >= done else None
    if found is None or not code.reaches(at):
        return done
    imports.append(Import(Span(at, found.end()), _module(found), "", "", False, True))
    return found.end()


def _module(found: re.Match[bytes]) -> str:
    return text_of(next(filter(None, found.groups()), b""))
