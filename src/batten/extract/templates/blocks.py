"""Templates of Jinja, Django and Nunjucks: ``{{ value|filter }}`` and ``{% block %}``; knows which filters escape."""

import re

from batten.extract.templates.ways import MOST_HOLES, Marks, Scopes, Way, each, trimmed, way_of
from batten.facts.templates import Hole, Template
from batten.regex import regex

_MARKS = Marks({b"{{": b"}}", b"{%": b"%}", b"{#": b"#}"})
_FOR = regex(r"for\s+(?P<names>\(?\w+\)?(?:\s?,\s?\(?\w+\)?){0,5})\s+in\s+(?P<source>[^\s|]+)")
_SET = regex(r"set\s+(?P<name>\w+)\s*=\s*(?P<value>.+)\Z", re.DOTALL)
_WITH = regex(r"(?P<name>\w+)\s*=\s*(?P<value>[^\s,]+)")
_WITH_AS = regex(r"with\s+(?P<value>\S+)\s+as\s+(?P<name>\w+)\Z")
_OTHER = regex(r"(?:include|extends)\s+[\"'](?P<name>[^\"']+)[\"']")
_OFF = regex(r"autoescape\s+(?:off|false)\b", re.IGNORECASE)
# https://jinja.palletsprojects.com/en/stable/templates/#builtin-filters, https://docs.djangoproject.com/en/stable/ref/templates/builtins/
_SAFE = frozenset(("safe", "safeseq"))
_HARMLESS = regex(
    r"^(?:e|escape|forceescape|force_escape|escapejs|tojson|to_json|json|json_script|dump|urlencode|iriencode|striptags|int|float|length|count|round|abs|filesizeformat|floatformat"
    r"|date|time|timesince|timeuntil|naturaltime|pluralize|slugify|yesno|wordcount|length_is|divisibleby|add_class|attr|intcomma)$|saniti|bleach|clean|purif|nh3"
)
_QUOTED = regex(r"\"[^\"]*\"|'[^']*'")
_JOINED = regex(r"\s+or\s+|\s*~\s*|\s+\+\s+")
_VERBATIM = {"raw": rb"\{%-?\s*endraw\s*-?%\}", "verbatim": rb"\{%-?\s*endverbatim\b[^%]*-?%\}", "comment": rb"\{%-?\s*endcomment\s*-?%\}"}
_ENDS = {"endfor": "for", "endwith": "with", "endautoescape": "autoescape", "endblock": "block", "endmacro": "macro", "endif": "if"}


def read(data: bytes) -> Template | None:
    """The holes of one template."""
    if b"{{" not in data and b"{%" not in data:
        return None
    scopes = Scopes()
    holes: list[Hole] = []
    others: list[str] = []
    at = 0
    while len(holes) < MOST_HOLES:
        token = _MARKS.next(data, at)
        if token is None:
            break
        at = token.end
        inner = trimmed(data, token.inner, b"-+")
        text = data[inner.start : inner.end].decode("utf-8", "replace")
        if token.mark == b"{{":
            raw = scopes.around("off")
            holes += [Hole(way, inner, raw or said) for way, said in _values(text, scopes)]
        elif token.mark == b"{%":
            at = _tag(data, at, text, scopes, others)
    return Template(tuple(holes), tuple(dict.fromkeys(others))) if holes or others else None


def _values(text: str, scopes: Scopes) -> list[tuple[Way, bool]]:
    """What an expression puts in, each with whether it says itself that nothing is to be escaped."""
    quoted: list[str] = []

    def hidden(found: re.Match[str]) -> str:
        quoted.append(found[0])
        return f"'{len(quoted) - 1}'"

    plain = _QUOTED.sub(hidden, text)
    value, *filters = [part.strip() for part in plain.split("|")]
    names = [name.partition("(")[0].partition(":")[0].strip() for name in filters]
    if any(_HARMLESS.search(name) for name in names):
        return []
    raw = any(name in _SAFE for name in names)
    value = value.strip("() ").partition(" if ")[0]
    found = []
    for part in _JOINED.split(value):
        way = scopes.resolve(way_of(re.sub(r"'(\d+)'", lambda one: quoted[int(one[1])], part.strip("() "))))
        if way is not None:
            found.append((way, raw))
    return found


def _tag(data: bytes, at: int, tag: str, scopes: Scopes, others: list[str]) -> int:
    """Go through a tag; where the text goes on after it."""
    word = tag.split(None, 1)[0] if tag.strip() else ""
    if word in _VERBATIM:
        end = re.compile(_VERBATIM[word]).search(data, at)
        return end.end() if end else len(data)
    if word == "for":
        looped = _FOR.match(tag)
        names = re.findall(r"\w+", looped["names"]) if looped else []
        source = looped["source"].partition("|")[0] if looped else ""
        way = each(scopes.resolve(way_of(source.removesuffix(".items()").removesuffix(".items").removesuffix(".values()"))))
        scopes.enter(
            "for", {name: way if len(names) == 1 or name == names[-1] else None for name in names} | {"loop": None, "forloop": None}
        )
    elif word == "autoescape":
        scopes.enter("autoescape")
        if _OFF.match(tag):
            scopes.enter("off")
    elif word == "set" and (set_to := _SET.match(tag)):
        value = set_to["value"].partition("|")
        scopes.name(set_to["name"], None if _HARMLESS.search(value[2].strip() or "-") else scopes.resolve(way_of(value[0])))
    elif word == "with":
        named = _WITH_AS.match(tag)
        pairs = [(named["name"], named["value"])] if named else [(one["name"], one["value"]) for one in _WITH.finditer(tag)]
        scopes.enter("with", {name: scopes.resolve(way_of(value.partition("|")[0])) for name, value in pairs})
    elif word in ("block", "macro", "if"):
        # What a macro is given is told by whoever calls it.
        given = re.findall(r"\w+", tag.partition("(")[2]) if word == "macro" else []
        scopes.enter(word, dict.fromkeys(given))
    elif word in _ENDS:
        scopes.leave(_ENDS[word])
    elif other := _OTHER.match(tag):
        others.append(other["name"])
    return at
