"""Export statements of JavaScript and TypeScript, and the ways of CommonJS; of a declaration of several variables only the first counts."""

from batten.skim.code import Code
from batten.skim.model import Export
from batten.skim.shapes import list_items, properties, shape, text_of
from batten.text import Span

_STAR = shape(rb"export~TYPE\*~(?:as\b~(?P<as>NAME)~)?FROM")
_NAMES = shape(rb"export~TYPELIST(?:~FROM)?")
_DEFAULT = shape(
    rb"export~default\b~(?P<type>interface\b~)?"
    rb"(?P<kind>(?:async\b~)?function\b~(?:\*~)?|(?:abstract\b~)?class\b~(?!extends\b|implements\b))?"
    rb"(?P<name>NAME)?(?P<whole>[ \t]*+(?:;|\Z|\r?\n(?!\s*+[.(?\[`])|satisfies\b|as\b))?"
)
_DECLARED = shape(
    rb"export~(?P<declare>declare\b~)?"
    rb"(?:(?P<type>(?:interface|type)\b)|(?:async\b~)?function\b(?:~\*)?|(?:abstract\b~)?class\b|(?:const\b~)?enum\b"
    rb"|(?:namespace|module|import)\b|(?P<variable>const|let|var)\b)"
    rb"~(?:(?P<name>NAME)|(?(variable)(?:\{(?P<list>FILLED)\}|\[(?P<items>[^\[\]]*+)\])|(?!)))"
)
_FORMS = (_DECLARED, _NAMES, _DEFAULT, _STAR)
_COMMON = shape(
    rb"exports(?:\.(?P<name>NAME))?\s*+=(?![=>])\s*+"
    rb"(?:class\b~(?!extends\b)(?P<class>NAME)|(?P<local>NAME)\s*?(?:;|\n|\Z|=(?![=>]))|\{(?P<list>[^{}()]*+))?"
)
_NO_NAMES = frozenset(("async", "function", "class", "new", "await", "void", "typeof", "null", "true", "false"))


def read_export(data: bytes, at: int, done: int, end: int, code: Code, exports: list[Export]) -> int:
    """Take in the statement at ``at``; gives where the next may begin, ``done`` where there is none."""
    pattern, found = next(((each, found) for each in _FORMS if (found := each.match(data, at, end)) is not None), (None, None))
    if found is None or not code.reaches(at):
        return done
    span = Span(at, found.end())
    if pattern is _DECLARED:
        declare, kind, _, name, listed, items = found.groups()
        type_only = declare is not None or kind is not None
        names = [text_of(name)] if name is not None else [item.local for item in properties(listed or items or b"")]
        exports += [Export(span, name, name, None, type_only) for name in names]
    elif pattern is _DEFAULT:
        kind, form, name, whole = found.groups()
        local = text_of(name) if name and (kind or form or whole is not None) else ""
        exports.append(Export(span, "default", "" if local in _NO_NAMES else local, None, kind is not None))
    elif pattern is _NAMES:
        kind, listed, double, single = found.groups()
        module = text_of(double or single or b"") or None
        exports += [Export(span, local, name, module, kind is not None or own) for name, local, own in list_items(listed)]
    else:
        kind, space, double, single = found.groups()
        exports.append(Export(span, text_of(space or b"*"), "*", text_of(double or single), kind is not None))
    return found.end() if pattern in (_NAMES, _STAR) else at + 6


def read_common(data: bytes, at: int, done: int, end: int, code: Code, exports: list[Export]) -> int:
    """``exports.a = …`` and ``module.exports = …``; of an object only the entries before the first that is not plain."""
    found = _COMMON.match(data, at, end)
    if found is None or not code.reaches(at):
        return done
    span = Span(at, found.end())
    name, made, value, listed = found.groups()
    local = text_of(made or value or b"")
    if listed is not None and not name:
        plain = listed.partition(b"...")[0]
        if plain == listed and not data.startswith(b"}", found.end()):
            plain = plain.rpartition(b",")[0]  # ``send: handled(send)``, ``send(req, res) {…}``: the call, or the method, is no name
        exports += [
            Export(span, item.name, item.local) for item in properties(plain) if item.local not in _NO_NAMES and not item.local[0].isdigit()
        ]
    else:
        exports.append(Export(span, text_of(name or b"default"), "" if local in _NO_NAMES else local))
    return done
