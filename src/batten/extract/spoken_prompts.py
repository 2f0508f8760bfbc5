"""Texts that tell a model what to do and hold what is nobody's business: a password, a code, an address inside of a network; says nothing of who gets to see them."""

import re
from collections.abc import Iterator

from batten.facts.placeholders import placeholder
from batten.facts.services import Setting, SettingKind
from batten.regex import regex
from batten.skim import SCRIPTS
from batten.text import Place, Span

_NAMED = regex(
    rb"(?<![\w$.])(?P<name>[\w$]{0,40}(?:system|SYSTEM|prompt|Prompt|PROMPT|instruction|Instruction|INSTRUCTION|persona|Persona|PERSONA)[\w$]{0,30})[\"']?\s{0,3}(?::\s{0,3}string\s{0,3})?[:=]\s{0,3}(?P<quote>[\"'`])"
)
# The rest of such a name, and how it begins.
_GIVEN = regex(rb"[\w$]{1,60}[\"']?\s{0,3}(?::\s{0,3}string\s{0,3})?[:=]\s{0,3}[\"'`]")
_BEGINS = regex(rb"(?<![\w$.])[\w$]{1,42}\Z")
_SECRET = regex(
    rb"\b(?:pass(?:word|code|phrase|wd)|pin|secret(?: (?:code|key|word))?|(?:access|admin|auth|api|bearer|master|override|discount|unlock)[ _-]?(?:token|key|code)|token)\b[\w \t\"']{0,24}?(?:\bis\b|\bwith\b|[:=])\s{0,2}[\"'`*]{0,3}(?P<value>[\w@#$%^&+!./-]{4,80})"
    rb"|\b(?:admin|access|secret|override|auth|master|bearer|api) (?:token|code|key|password) (?P<after>(?=[\w-]*\d)[\w-]{5,60})",
    re.IGNORECASE,
)
_INSIDE = regex(
    rb"https?://(?:10\.\d{1,3}\.\d{1,3}\.\d{1,3}|192\.168\.\d{1,3}\.\d{1,3}|172\.(?:1[6-9]|2\d|3[01])\.\d{1,3}\.\d{1,3}|[\w-]{1,40}(?:\.[\w-]{1,40}){0,4}\.(?:internal|corp|intranet|lan|svc|cluster\.local))\b[\w:/.-]{0,80}",
    re.IGNORECASE,
)
# A secret is no word of a sentence.
_IS_SECRET = regex(rb"\d|[A-Z].*[A-Z]|[@#$%^&+!_]")
# What of an Astro file goes to browsers can't be told from its text alone.
_COMPONENTS = frozenset((".vue", ".svelte"))
_ENDS = {b'"': regex(rb"(?<!\\)\""), b"'": regex(rb"(?<!\\)'"), b"`": regex(rb"(?<!\\)`")}
_WORDS = (b"rompt", b"PROMPT", b"ystem", b"SYSTEM", b"nstruction", b"INSTRUCTION", b"ersona", b"PERSONA")
_LONGEST, _LONGEST_START, _MOST = 8_000, 42, 50


def spoken_prompts(path: str, data: bytes) -> Iterator[Setting]:
    """One setting for each such text of a script, by its name."""
    suffix = path[path.rfind(".") :].lower()
    if suffix not in SCRIPTS and suffix not in _COMPONENTS:
        return
    seen: set[str] = set()
    for count, found in enumerate(_named(data)):
        if count >= _MOST:
            return
        end = _ENDS[found["quote"]].search(data, found.end(), found.end() + _LONGEST)
        name = found["name"].decode()
        if end is None or name in seen:
            continue
        held = _held(data, found.end(), end.start())
        if held is not None:
            seen.add(name)
            yield Setting(SettingKind.SPOKEN_SECRET, name, shown=held[0], place=Place(path, held[1]))


def _named(data: bytes) -> Iterator[re.Match[bytes]]:
    """The names that are given a text, in order. Found from the words in them: names begin everywhere."""
    starts: set[int] = set()
    for word in _WORDS:
        at = data.find(word)
        while at != -1:
            if _GIVEN.match(data, at) and (begins := _BEGINS.search(data, max(0, at - _LONGEST_START), at + 1)):
                starts.add(begins.start())
            at = data.find(word, at + len(word))
    for start in sorted(starts):
        found = _NAMED.match(data, start)
        if found is not None:
            yield found


def _held(data: bytes, low: int, high: int) -> tuple[str, Span] | None:
    for found in _SECRET.finditer(data, low, high):
        group = "value" if found["value"] is not None else "after"
        value = found[group]
        if b"${" not in value and _IS_SECRET.search(value) and not placeholder(value.decode(), distinct=4):
            return "a password or a code", Span(*found.span(group))
    address = _INSIDE.search(data, low, high)
    return None if address is None else ("an address inside of a network", Span(*address.span()))
