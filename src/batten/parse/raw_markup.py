"""Where the markup of a component has browsers take a value as HTML: ``v-html`` of Vue and ``{@html}`` of Svelte; knows no scripts.

https://vuejs.org/api/built-in-directives.html#v-html, https://svelte.dev/docs/svelte/@html
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.regex import regex
from batten.text import Span

WORDS = (b"v-html", b"{@html", b"set:html", b"innerHTML", b"inner-html")
"""A component without any of these shows nothing as HTML; ``set:html`` is Astro's, whose markup is that of scripts."""
# Pages written by hand have a few of them, in blocks a few deep.
_MOST = 60
_DEEPEST = 40
_LONGEST = 4_000

# Comments, and what is text for browsers.
_ASIDE = regex(rb"<!--|<(script|style)\b", re.IGNORECASE)
_TAG = regex(
    rb"<(?P<closes>/?)(?P<name>[A-Za-z][\w.:-]{0,80})(?P<attributes>(?:[^<>\"']++|\"[^\"]{0,4000}+\"|'[^']{0,4000}+'|(?!)){0,400}+)>"
)
_VOID = frozenset((b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"source", b"track", b"wbr"))
_SHOWN = regex(
    rb"\s(?:v-html|(?:v-bind)?:inner-?html(?:\.prop)?|\.innerHTML)=(?:\"(?P<double>[^\"]+)\"|'(?P<single>[^']+)')", re.IGNORECASE
)
_LOOP = regex(rb"\sv-for=(?:\"(?P<double>[^\"]+)\"|'(?P<single>[^']+)')")
_OF = regex(rb"\s*+\(?\s*+(?P<item>\{[^{}]*+\}|\[[^\[\]]*+\]|[\w$]++)(?:\s*+,[^()]*+)?(?:\s*+\))?\s+(?:in|of)\s+(?P<source>.+)", re.DOTALL)
_AS = regex(rb"(?P<source>.+?)\s+as\s+(?P<item>\{[^{}]*+\}|\[[^\[\]]*+\]|[\w$]++)", re.DOTALL)
_THEN = regex(rb"(?P<source>.+?)\s+then\s+(?P<item>\{[^{}]*+\}|\[[^\[\]]*+\]|[\w$]++)\s*+", re.DOTALL)
_IS = regex(rb"(?P<item>\{[^{}]*+\}|\[[^\[\]]*+\]|[\w$]++)\s*+=(?P<source>[^=].*)", re.DOTALL)
_BLOCK = regex(rb"\{(?P<word>[#/:@][a-z]{1,8})\s*+")
# Braces; text that holds none is passed over as a whole.
_MARK = regex(rb"[{}]|\"[^\"\n]*+\"|'[^'\n]*+'|`[^`{}]*+`")
# A page in which more tags than this do not end is none.
_MOST_UNCLOSED = 100


class Named(NamedTuple):
    """What a part of a page calls a value: each of ``source`` in a loop (``each``), else the value itself."""

    item: Span
    source: Span
    each: bool


class Raw(NamedTuple):
    """A value that is shown as HTML, and the names that the blocks around give, outermost first."""

    value: Span
    names: tuple[Named, ...]


def raw_markup(suffix: str, data: bytes) -> tuple[Raw, ...]:
    """All of them in a component, by where they stand; none for files that are no component of Vue or Svelte."""
    read = {".vue": _vue, ".svelte": _svelte}.get(suffix)
    found: list[Raw] = []
    for raw in read(without_asides(data)) if read is not None else ():
        found.append(raw)
        if len(found) == _MOST:
            break
    return tuple(found)


def without_asides(data: bytes) -> bytes:
    """Markup with its scripts, styles and comments blanked."""
    seen = bytearray(data)
    at = 0
    while found := _ASIDE.search(data, at):
        closing = b"-->" if found[1] is None else b"</" + found[1]
        end = data.find(closing, found.end())
        at = end if end >= 0 else len(data)
        seen[found.start() : at] = b" " * (at - found.start())
        if end < 0:
            break
        at += len(closing)
        seen[end:at] = b" " * len(closing)
    return bytes(seen)


def _vue(data: bytes) -> Iterator[Raw]:
    around: list[tuple[bytes, tuple[Named, ...]]] = []
    for tag in _TAG.finditer(data):
        name = tag["name"].lower()
        if tag["closes"]:
            while around and any(each == name for each, _ in around):
                if around.pop()[0] == name:
                    break
            continue
        names = around[-1][1] if around else ()
        start, end = tag.span("attributes")
        loop = _LOOP.search(data, start - 1, end)
        if loop is not None:
            named = _named(data, _OF, _inner(loop), each=True)
            names = (*names, named) if named is not None else names
        shown = _SHOWN.search(data, start - 1, end)
        if shown is not None:
            yield Raw(_inner(shown), names)
        if name not in _VOID and not tag["attributes"].endswith(b"/") and len(around) < _DEEPEST:
            around.append((name, names))


def _inner(found: "re.Match[bytes]") -> Span:
    return Span(*found.span("double" if found["double"] is not None else "single"))


def _svelte(data: bytes) -> Iterator[Raw]:
    around: list[tuple[Named | None, ...]] = []
    waiting: list[Span | None] = []
    unclosed, at = 0, 0
    while (found := _BLOCK.search(data, at)) and unclosed < _MOST_UNCLOSED:
        end = _closing(data, found.start())
        at = max(end, found.end())
        if not end:
            unclosed += 1
            continue
        word, inner = found["word"], Span(found.end(), end - 1)
        named: Named | None = None
        if word == b"@html":
            yield Raw(inner, tuple([name for names in around for name in names if name is not None]))
        elif word == b"@const" and around:
            around[-1] = (*around[-1], _named(data, _IS, inner, each=False))
        elif word[:1] == b"#":
            if word == b"#each":
                named = _named(data, _AS, inner, each=True)
            elif word == b"#await":
                named = _named(data, _THEN, inner, each=False)
            if len(around) < _DEEPEST:
                around.append((named,))
                waiting.append(inner if word == b"#await" else None)
        elif word in (b":then", b":catch") and waiting and (promise := waiting[-1]) is not None:
            around[-1] = (Named(inner, promise, each=False),) if word == b":then" else ()
        elif word[:1] == b"/" and around:
            around.pop()
            waiting.pop()


def _closing(data: bytes, start: int) -> int:
    """The offset after the brace that closes the one at ``start``, 0 where none does nearby; text in quotes is no brace."""
    depth = 0
    for found in _MARK.finditer(data, start, start + _LONGEST):
        if found[0] == b"{":
            depth += 1
        elif found[0] == b"}":
            depth -= 1
            if depth == 0:
                return found.end()
    return 0


def _named(data: bytes, form: "re.Pattern[bytes]", inner: Span, *, each: bool) -> Named | None:
    """The name that a block gives, by the form in which it says so; None where it gives none."""
    found = form.match(data, inner.start, inner.end)
    return None if found is None else Named(Span(*found.span("item")), Span(*found.span("source")), each)
