"""From trigger words to confirmed matches: bounded windows, clues around them, one winner where shapes overlap; knows no provider."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import blake2b, sha256
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from batten.extract.secrets.holder import holder
from batten.extract.secrets.providers import LINE, Clue, Provider, Providers
from batten.extract.secrets.structure import CHECKS
from batten.extract.secrets.verdict import WORD, Verdict
from batten.facts.placeholders import entropy, least_entropy, placeholder
from batten.facts.secrets import Caveat, SecretKind
from batten.regex import regex
from batten.text import Span

Hit = tuple[bytes, int]
"""A trigger word and the offset where it begins."""

_CAPPED = 256
"""The matcher keeps so many hits of a word in a file: a word that has all of them may stand in more places."""
_PATTERN_SIGNS = (b"[A-Za-z", b"[a-z", b"[0-9", b"[A-Z", b"[A-F", b"[a-f", b"\\w", b"\\d", b"\\S", b"(?:", b"(?i")
# Pictures and fonts are long runs of these signs; keys that have them end sooner.
_OF_DATA = (regex(rb"[A-Za-z0-9+/]{80}[+/]$"), regex(rb"[+/][A-Za-z0-9+/]{80}"))
# A remark behind the value, on its line.
_CALLED_FAKE = regex(
    rb"""[^\n]{0,40}?(?://|\#|/\*|--)\s{0,4}(?:an?\s)?(?:dummy|fake|mock(?:ed)?|sample|example|placeholder|not\s(?:a\s)?real|invalid|made[ -]up)\b""",
    re.IGNORECASE,
)
# Fields of forms and of the descriptions of schemas: https://spec.openapis.org/oas/v3.1.1.html#schema-object
_SAMPLES = frozenset(("placeholder", "example", "examples"))
# What follows a value that was cut short.
_CUT = (b"...", b"***", b"###", b"xxx", "…".encode())
_CAVEATS = {caveat.value: caveat for caveat in Caveat}
_BY_NAME = (SecretKind.NAMED, SecretKind.ACCOUNT)
_AROUND = 400
_ENTRIES = (b"get", b"set", b"remove")
_CLASS_REACH = 6_000
_CLASS_LINE = 200
_DATA_REACH = 81
_REMEMBERED = 20_000
# A key is kept with the text around it.
_REMEMBERED_KEYS = 2_000


class Found(Struct, frozen=True):
    """One confirmed key and the range of its value."""

    provider: Provider
    verdict: Verdict
    span: Span


class Memory:
    """What matches were taken for, by the text that decides: for who reads many versions of the same files. It holds values, so it is never kept."""

    def __init__(self) -> None:
        self._known: dict[bytes, Found | None] = {}
        self._keys = 0

    def confirmed(self, data: bytes, provider: Provider, match: re.Match[bytes], providers: Providers) -> Found | None:
        """As without it."""
        reach = provider.reach
        if reach is None:
            return _confirmed(data, provider, match, providers)
        start, end = match.span()
        low = max(0, start - reach)
        inside = _opened_by(data, start) if provider.row.kind in _BY_NAME else b""
        told = b"%d %d %d %b " % (provider.rank, start - low, end - start, inside)
        key = blake2b(told + data[low : end + reach], digest_size=16).digest()
        if key not in self._known:
            if len(self._known) >= _REMEMBERED or self._keys >= _REMEMBERED_KEYS:
                self._known.clear()
                self._keys = 0
            found = _confirmed(data, provider, match, providers)
            self._keys += found is not None
            self._known[key] = found and replace(found, span=Span(found.span.start - start, found.span.end - start))
        known = self._known[key]
        return known and replace(known, span=Span(known.span.start + start, known.span.end + start))


def search(data: bytes, hits: Iterable[Hit], providers: Providers, memory: Memory | None = None, *, texts: bool = False) -> list[Found]:
    """The keys in ``data``, by place; where two shapes share bytes, the one whose row comes first. ``texts``: with the rows for texts."""
    confirmed = _confirmed if memory is None else memory.confirmed
    found = [
        one for provider, match in _candidates(data, hits, providers, texts=texts) if (one := confirmed(data, provider, match, providers))
    ]
    found.sort(key=lambda match: (match.provider.rank, match.span))
    taken: list[Found] = []
    for match in found:
        at = bisect_left(taken, match.span, key=_span)
        if (at == 0 or taken[at - 1].span.end <= match.span.start) and (at == len(taken) or match.span.end <= taken[at].span.start):
            taken.insert(at, match)
    return taken


def _span(match: Found) -> Span:
    return match.span


def _candidates(data: bytes, hits: Iterable[Hit], providers: Providers, *, texts: bool) -> Iterator[tuple[Provider, re.Match[bytes]]]:
    """What the patterns of the providers match; what one provider's pattern matches does not overlap."""
    places: dict[int, list[int]] = {}
    everywhere: set[int] = set()
    for word, kept in _by_word(hits).items():
        found = [provider for provider in providers.by_word.get(word, ()) if texts or not provider.row.in_texts]
        starts = _every(data, word) if found and len(kept) >= _CAPPED else kept
        for provider in found:
            places.setdefault(provider.rank, []).extend(starts)
            if provider.row.anywhere:
                everywhere.add(provider.rank)
    for rank, starts in sorted(places.items()):
        provider = providers.all[rank]
        if rank not in everywhere:
            matches: Iterable[re.Match[bytes]] = _round(data, provider, starts)
        elif provider.row.anchors:
            matches = _round(data, provider, [start for anchor in provider.row.anchors for start in _every(data, anchor.encode("ascii"))])
        else:
            matches = provider.pattern.finditer(data)
        for match in islice(matches, provider.row.most):
            yield provider, match


def _round(data: bytes, provider: Provider, starts: list[int]) -> Iterator[re.Match[bytes]]:
    return (_at if provider.row.before == 0 else _near)(data, provider, sorted(starts))


def _by_word(hits: Iterable[Hit]) -> dict[bytes, list[int]]:
    by_word: dict[bytes, list[int]] = {}
    for word, start in hits:
        by_word.setdefault(word, []).append(start)
    return by_word


def _every(data: bytes, word: bytes) -> list[int]:
    starts = []
    at = data.find(word)
    while at != -1:
        starts.append(at)
        at = data.find(word, at + 1)
    return starts


def _at(data: bytes, provider: Provider, starts: list[int]) -> Iterator[re.Match[bytes]]:
    """Matches that begin with a trigger word: no other place is tried."""
    done = 0
    for start in starts:
        if start >= done and (match := provider.pattern.match(data, start, start + provider.row.length)) is not None:
            done = max(match.end(), start + 1)
            yield match


def _near(data: bytes, provider: Provider, starts: list[int]) -> Iterator[re.Match[bytes]]:
    """Matches round trigger words; the windows are disjoint, so that no byte is searched twice."""
    before, length, pattern = provider.row.before, provider.row.length, provider.pattern
    low, high = 0, -before - 1
    for start in starts:
        if start - before > high:
            if high > 0:
                yield from pattern.finditer(data, low, high)
            low = max(0, start - before)
        high = start + length
    if high > 0:
        yield from pattern.finditer(data, low, min(high, len(data)))


def _confirmed(data: bytes, provider: Provider, match: re.Match[bytes], providers: Providers) -> Found | None:
    row = provider.row
    groups = match.groupdict()
    span = Span(*match.span("key" if "key" in groups else 0))
    value = data[span.start : span.end].decode("ascii", "replace")
    if _in_pattern(data, span) or _in_data(data, span) or data.startswith(_CUT, span.end) or _CALLED_FAKE.match(data, span.end):
        return None
    verdict = Verdict(
        provider=row.id,
        kind=row.kind,
        label=row.label,
        value=value,
        body=value.removeprefix(provider.prefix(value)),
        name=groups["name"].decode("ascii", "replace")
        if "name" in groups
        else None
        if "word" in groups
        else holder(data, match.start() if row.check == "database" else span.start),
        host=groups["host"].decode("ascii", "replace") if "host" in groups else None,
        certain=row.means == "certain",
        caveat=row.caveat,
        live=row.caveat is Caveat.NONE or row.caveat is Caveat.POST_ONLY,
        before=groups["login"].decode("ascii", "replace") if "login" in groups else "",
    )
    if row.kind in _BY_NAME:
        verdict = _with_text_around(data, match, verdict)
        if _names_an_entry(data, verdict.name or ""):
            return None
    judged = _judged(data, provider, verdict, Span(*match.span()), providers)
    if judged is None:
        return None
    if judged.caveat is Caveat.NONE and (judged.name or "").lower() in _SAMPLES:
        judged = replace(judged, caveat=Caveat.SAMPLE, live=None)
    return Found(provider, judged, span)


def _with_text_around(data: bytes, match: re.Match[bytes], verdict: Verdict) -> Verdict:
    """With the text that decides about a literal without a shape; its name is the whole word that the match begins in."""
    groups = match.groupdict()
    until = match.start() if "word" in groups else match.start("key")
    before = data[max(0, match.start() - _AROUND) : until].decode("ascii", "replace")
    name = verdict.name
    if "word" in groups:
        name = before[len(before.rstrip(WORD)) :] + groups["word"].decode("ascii")
    return replace(
        verdict,
        name=name,
        before=before,
        between=(groups.get("between") or b"").decode("ascii", "replace"),
        after=data[match.end() : match.end() + _AROUND].decode("ascii", "replace"),
        inside=_opened_by(data, match.start()).decode("ascii", "replace"),
    )


def _names_an_entry(data: bytes, name: str) -> bool:
    """The literal is the name under which something is kept in the browser: ``sessionStorage.getItem(AUTH_KEY)``."""
    return name.isidentifier() and any(b"%sItem(%s" % (verb, name.encode()) + end in data for verb in _ENTRIES for end in (b")", b","))


def _opened_by(data: bytes, offset: int) -> bytes:
    """The first line of the class of Python that comes last before a place, if no function does."""
    low = max(0, offset - _CLASS_REACH)
    start = data.rfind(b"\nclass ", low, offset)
    if start == -1 or data.rfind(b"\n    def ", start, offset) != -1:
        return b""
    return data[start + 1 : start + 1 + _CLASS_LINE].partition(b"\n")[0]


def _judged(data: bytes, provider: Provider, verdict: Verdict, span: Span, providers: Providers) -> Verdict | None:
    row = provider.row
    if sha256(verdict.value.encode("utf-8", "replace")).hexdigest() in providers.published:
        return replace(verdict, caveat=Caveat.PUBLISHED, live=False)
    if row.entropy and (placeholder(verdict.body, verdict.name) or entropy(verdict.body) < least_entropy(verdict.body, row.entropy)):
        return None
    for clue, near in provider.clues:
        present = near.search(data, *_around(data, span, clue)) is not None
        if present and clue.label is not None:
            verdict = replace(verdict, label=clue.label)
        outcome = clue.present if present else clue.absent
        changed = _changed(verdict, outcome) if outcome else verdict
        if changed is None:
            return None
        verdict = changed
    return CHECKS[row.check](verdict) if row.check else verdict


def _changed(verdict: Verdict, outcome: str) -> Verdict | None:
    match outcome:
        case "drop":
            return None
        case "unsure":
            return replace(verdict, certain=False)
        case "public":
            return replace(verdict, kind=SecretKind.PUBLIC)
        case _:
            return replace(verdict, caveat=_CAVEATS[outcome])


def _around(data: bytes, span: Span, clue: Clue) -> tuple[int, int]:
    if clue.file:
        return 0, len(data)
    reach = LINE * (clue.lines + 1)
    low, high = max(0, span.start - reach), min(len(data), span.end + reach)
    start = span.start
    for _ in range(clue.lines + 1):
        start = data.rfind(b"\n", low, start)
        if start == -1:
            break
    end = span.end
    for _ in range(clue.lines + 1):
        end = data.find(b"\n", end + 1, high)
        if end == -1:
            break
    return low if start == -1 else start, high if end == -1 else end


def _in_data(data: bytes, span: Span) -> bool:
    """Whether the value is cut out of what somebody has written as text to embed it (``data:font/ttf;base64,…``)."""
    before, after = _OF_DATA
    return after.match(data, span.end) is not None or before.search(data, max(0, span.start - _DATA_REACH), span.start) is not None


def _in_pattern(data: bytes, span: Span) -> bool:
    """Whether the literal that holds the value is a regular expression: then it shows the shape of keys, not a key."""
    left = max((data.rfind(quote, max(0, span.start - 200), span.start) for quote in (b'"', b"'", b"`", b"\n")), default=0)
    ends = [at for at in (data.find(quote, span.end, span.end + 200) for quote in (b'"', b"'", b"`", b"\n")) if at != -1]
    around = data[max(left, span.start - 200) : span.start] + data[span.end : min(ends, default=span.end + 200)]
    return any(sign in around for sign in _PATTERN_SIGNS)
