"""Whether a file of data is about people who exist: addresses of many places, rows of a dump; keeps no address, only how many there are.

Data that is made up has few domains, or reserved ones: https://www.rfc-editor.org/rfc/rfc2606.
"""

import re
from collections.abc import Iterator

from batten.facts.services import Setting, SettingKind
from batten.regex import regex
from batten.text import Place, Span

_ENDS = r"\.(?:sql|json|jsonl|ndjson|csv|tsv|ya?ml)$"
_MADE_TO_TRY = regex(
    rf"(?:^|[/_.-])(?:seeds?|seeders?|seed[_-]?data|fixtures?|dumps?|backups?|exports?|snapshots?|mocks?|test[_-]?data|sample[_-]?data|demo[_-]?data|prod[_-]?data)(?:[/_.-][^\n]*)?{_ENDS}",
    re.IGNORECASE,
)
_ADDRESS = regex(rb"(?<=[\w+-])@(?P<domain>(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24})\b")
_LONGEST_NAME = 24
_RESERVED = regex(
    rb"(?:^|\.)(?:example|examples?\.\w+|test|testing|invalid|localhost|local|internal|lan|acme\.\w+|test\.\w+|tests?mail\.\w+|domain\.\w+|email\.\w+|mail\.com|company\.\w+|foo\.\w+|bar\.\w+|demo\.\w+|fake\.\w+|sample\.\w+|mailinator\.\w+|faker\.\w+|noreply\.\w+|dummy\.\w+|placeholder\.\w+|yourdomain\.\w+|corp\.\w+)$",
    re.IGNORECASE,
)
_PHONE = regex(rb"\"[\w-]{0,20}(?:phone|mobile|tel)[\w-]{0,20}\"\s{0,4}:\s{0,4}\"(?P<number>\+[\d ().-]{8,20})\"", re.IGNORECASE)
# Numbers that belong to nobody: https://www.nanpa.com/numbering/555-line-numbers
_NOBODYS = regex(rb"555|(\d)\1{5}|12345|01234")
_DUMP = regex(rb"-- (?:PostgreSQL database dump|MySQL dump|MariaDB dump)")
_ROWS = regex(
    rb"^(?:COPY\s+(?P<copied>[\w.\"]{1,120})\s*\((?P<columns>[^()]{1,2000})\)\s+FROM\s+stdin;|INSERT\s+INTO\s+(?P<filled>[\w.\"`]{1,120})[^;\n]{0,400}?VALUES)",
    re.MULTILINE | re.IGNORECASE,
)
_LARGEST = 4_000_000
_FEWEST_PLACES = 20
_FEWEST_ROWS = 3


def about_people(path: str, data: bytes) -> Iterator[Setting]:
    """The file as a setting, where it is about people: ``name`` says in which way it looks so."""
    if b"@" not in data and b"+" not in data:
        return
    text = data[:_LARGEST]
    if path.endswith(".sql") and _DUMP.search(text[:2000]) is not None:
        rows = next((found for found in _ROWS.finditer(text) if len(_addresses(text, found.end())) >= _FEWEST_ROWS), None)
        if rows is not None:
            table = (rows["copied"] or rows["filled"]).decode("utf-8", "replace").replace('"', "").replace("`", "")
            yield _setting("dump", f"a dump of a database, with the rows of `{table}`", Place(path, Span(*rows.span())))
            return
    if _MADE_TO_TRY.search(path) is None:
        return
    addresses = [found for found in _ADDRESS.finditer(text) if _RESERVED.search(found["domain"]) is None]
    called = [found for found in _PHONE.finditer(text) if _NOBODYS.search(re.sub(rb"\D", b"", found["number"])) is None]
    places, numbers = {found["domain"].lower() for found in addresses}, {found["number"] for found in called}
    if len(places) >= _FEWEST_PLACES:
        yield _setting("addresses", f"e-mail addresses at {len(places)} domains", Place(path, Span(*addresses[0].span("domain"))))
    elif len(numbers) >= _FEWEST_PLACES:
        yield _setting("numbers", f"{len(numbers)} telephone numbers", Place(path, Span(*called[0].span("number"))))


def _addresses(text: bytes, at: int) -> set[bytes]:
    """Those in the rows that begin here."""
    end = text.find(b"\n\\.", at)
    semicolon = text.find(b";\n", at)
    ends = [each for each in (end, semicolon, at + 20_000) if each != -1]
    found = (each for each in _ADDRESS.finditer(text, at, min(ends)) if _RESERVED.search(each["domain"]) is None)
    return {text[max(at, each.start() - _LONGEST_NAME) : each.end()].lower() for each in found}


def _setting(name: str, shown: str, place: Place) -> Setting:
    return Setting(
        kind=SettingKind.PRODUCTION_DATA, name=name, shown=f"here are {shown}" if name != "dump" else f"here is {shown}", place=place
    )
