"""Templates of EJS and Eta: ``<%- value %>`` puts in what it is given, ``<%= value %>`` escapes it; the code around is not read but for its loops."""

from batten.extract.templates.ways import MOST_HOLES, Marks, Scopes, each, trimmed, way_of
from batten.facts.templates import Hole, Template
from batten.regex import regex

# https://ejs.co/#docs; https://eta.js.org/docs/intro/template-syntax
_MARKS = Marks({b"<%": b"%>"})
_OTHER = regex(r"\s*(?:await\s+)?include\w*\(\s*[\"'`](?P<name>[^\"'`]+)[\"'`]")
_LOOP = regex(
    r"(?<![\w$.?\[\]])(?P<source>[\w$.?\[\]]{1,100})\.(?:forEach|map)\(\s*(?:async\s*)?(?:function\s*\w*\s*)?\(?\s*(?P<name>[\w$]+)"
    r"|for\s*\(\s*(?:const|let|var)\s+(?P<one>[\w$]+)\s+of\s+(?P<list>[\w$.?\[\]]+)\s*\)"
)
_SET = regex(r"\s*(?:const|let|var)\s+(?P<name>[\w$]+)\s*=\s*(?P<value>[\w$.?\[\]\"']+)\s*;?\s*\Z")
_CLOSES = regex(r"\s*\}\s*\)?\s*;?\s*\Z")
_ALTERNATIVES = regex(r"\s*(?:\|\||\?\?)\s*")
_LOCALS = frozenset(("locals", "it"))


def read(data: bytes) -> Template | None:
    """The holes of one template."""
    if b"<%" not in data:
        return None
    scopes = Scopes()
    holes: list[Hole] = []
    others: list[str] = []
    at = 0
    while token := _MARKS.next(data, at):
        at = token.end
        mark = data[token.inner.start : token.inner.start + 1]
        inner = trimmed(data, token.inner, b"-~=_" if mark in (b"-", b"~", b"=", b"_") else b"")
        code = data[inner.start : inner.end].decode("utf-8", "replace")
        other = _OTHER.match(code)
        if other is not None:
            others.append(other["name"])
        elif mark in (b"-", b"~"):
            for part in _ALTERNATIVES.split(code):
                way = scopes.resolve(way_of(part.strip(" ()")))
                way = way[1:] if way is not None and way[0] in _LOCALS else way
                if way and len(holes) < MOST_HOLES:
                    holes.append(Hole(way, inner, raw=True))
        elif mark not in (b"=", b"#", b"%"):
            _code(code, scopes)
    return Template(tuple(holes), tuple(dict.fromkeys(others))) if holes or others else None


def _code(code: str, scopes: Scopes) -> None:
    loop, named = _LOOP.search(code), _SET.match(code)
    if loop is not None:
        source = way_of((loop["source"] or loop["list"]).removesuffix("?"))
        source = source[1:] if source is not None and source[0] in _LOCALS and len(source) > 1 else source
        scopes.enter("{", {loop["name"] or loop["one"]: each(scopes.resolve(source))})
    elif named is not None:
        scopes.name(named["name"], scopes.resolve(way_of(named["value"])))
    elif _CLOSES.match(code):
        scopes.leave("{")
    elif code.rstrip().endswith("{") and not code.lstrip().startswith("}"):
        scopes.enter("{")
