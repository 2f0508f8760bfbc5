"""Channels of Supabase's realtime that are about somebody, by their names, and that anybody may join; says nothing of who sends.

https://supabase.com/docs/guides/realtime/authorization
"""

import re
from collections.abc import Iterator

from batten.facts.services import Setting, SettingKind
from batten.regex import regex
from batten.skim import SCRIPTS
from batten.text import Place, Span

_CHANNEL = regex(
    rb"\.channel\(\s{0,20}(?:`(?P<text>[^`\n]{0,120}\$\{[^`\n]{1,80}\}[^`\n]{0,60})`|[\"'](?P<start>[\w:/-]{0,80})[\"']\s?\+\s?(?P<name>[\w.?]{1,60}))"
)
_ABOUT = regex(
    rb"dm\b|direct|chat|message|conversation|thread|private|inbox|notification|user_?id|owner_?id|recipient|profile|account|order|consult|patient|session_?id",
    re.IGNORECASE,
)
# Where somebody points, who is there, and rooms that say that they are for everybody.
_HARMLESS = regex(rb"cursor|presence|typing|public|lobby|demo|global|leaderboard|broadcast-?room", re.IGNORECASE)
_PRIVATE = regex(rb"private\s{0,4}:\s{0,4}(?!false\b)")
_SENDS = regex(rb"""[(\s{,](?:type\s{0,4}:\s{0,4})?["'`]broadcast["'`]""")
_END = regex(rb"\.subscribe\(|\.channel\(")
_LONGEST, _MOST = 2000, 20


def broadcasts(path: str, data: bytes) -> Iterator[Setting]:
    """One setting for each such channel that carries what its members send, by its name."""
    if path[path.rfind(".") :].lower() not in SCRIPTS or b".channel(" not in data or b"upabase" not in data or b"broadcast" not in data:
        return
    told: set[str] = set()
    for found in _CHANNEL.finditer(data):
        name = (found["text"] or b"%b${%b}" % (found["start"], found["name"])).decode("utf-8", "replace")
        end = _END.search(data, found.end(), found.end() + _LONGEST)
        whole = data[found.start() : end.start() if end is not None else found.end() + _LONGEST]
        about = name.encode()
        if not _ABOUT.search(about) or _HARMLESS.search(about) or not _SENDS.search(whole) or _PRIVATE.search(whole):
            continue
        if name not in told and len(told) < _MOST:
            told.add(name)
            yield Setting(SettingKind.OPEN_CHANNEL, name, shown=name, place=Place(path, Span(found.start() + 1, found.end())))
