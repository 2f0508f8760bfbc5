"""Who connects to PostgreSQL without a password: lines of pg_hba.conf, in the file itself or in what writes it.

https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
"""

import re

from batten.facts.containers import Container, Port
from batten.regex import regex
from batten.text import Place, Span

_FILE = regex(r"pg_hba[\w.-]*")
_LINE = regex(
    rb"^(?P<lead>[^\n]{0,200}?)(?P<line>\bhost(?:ssl|nossl|gssenc|nogssenc)?[^\S\n]+\S+[^\S\n]+\S+[^\S\n]+(?:all|0\.0\.0\.0/0|::/0|::0/0|0\.0\.0\.0[^\S\n]+0\.0\.0\.0)[^\S\n]+trust\b)",
    re.MULTILINE,
)
_WORD = b"trust"
_MOST = 20


def read(path: str, data: bytes) -> list[Container]:
    """One for each such line that stands in no comment."""
    if _WORD not in data:
        return []
    is_file = _FILE.fullmatch(path.rpartition("/")[2]) is not None
    found: list[Container] = []
    for line in _LINE.finditer(data):
        lead = line["lead"].strip()
        if lead.startswith(b"#") or (is_file and lead) or len(found) >= _MOST:
            continue
        place = Place(path, Span(*line.span("line")))
        name = "pg_hba" if not found else f"pg_hba {len(found) + 1}"
        found.append(Container(name=name, place=place, programs=("settings:pg_hba",), ports=(Port("", "5432", place),)))
    return found


def may_be(name: str) -> bool:
    """Whether a file is one of PostgreSQL's own, by its name."""
    return _FILE.fullmatch(name) is not None
