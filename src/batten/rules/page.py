"""What a rule page is, and how its text becomes a ``Page``; does not know packs or how a match is carried out."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zlib import compress, decompress

from msgspec import Struct, msgpack

from batten.checks import BUILT_IN, Check
from batten.finding import Confidence, PackError, Severity

if TYPE_CHECKING:
    from batten.rules.fields import Field

    Fields = Mapping[str, Field]

LARGEST = 1_000_000
GLOB = "glob:"


class Shape(StrEnum):
    """How the value of a field is compared."""

    SCALAR = "scalar"
    ANSWER = "answer"
    """A boolean or one of a closed set; None means can't tell."""
    PLACE = "place"
    """By its path."""
    NAMES = "names"
    """A tuple: it contains the value."""
    RECORDS = "records"
    """A tuple of Structs: one of them has all the fields."""


Scalar = str | int | bool | None


class Term(Struct, frozen=True):
    """One claim about one field: it has one of ``values``, fits one of ``globs``, or holds one of ``records``."""

    field: str
    shape: Shape
    values: tuple[Scalar, ...] = ()
    globs: tuple[str, ...] = ()
    records: tuple[tuple["Term", ...], ...] = ()


class Match(Struct, frozen=True):
    """A conjunction over the fields of one fact; none of ``excluded`` may hold, nor may it be unsettled."""

    terms: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()


class Lower(Struct, frozen=True):
    """Where ``match`` holds, the finding has this severity and confidence instead, for this reason."""

    match: Match
    reason: str
    severity: Severity | None = None
    confidence: Confidence | None = None


class ExampleKind(StrEnum):
    """What an example shows."""

    FLAGGED = "flagged"
    CLEAN = "clean"
    MISSED = "missed"


class Mark(Struct, frozen=True, order=True):
    """A line (1-based; 0: any line of the file) on which ``count`` findings are expected."""

    path: str
    line: int
    count: int = 1


class Example(Struct, frozen=True):
    """One little app of a page: its files as (path, text), marks taken out, and where findings are expected."""

    title: str
    kind: ExampleKind
    files: tuple[tuple[str, str], ...]
    marks: tuple[Mark, ...]
    line: int = 0


class Page(Struct, frozen=True, kw_only=True):
    """One rule. Either ``match`` (with ``fact``, the kind of fact it is about) or ``check`` says what is wrong.

    ``semgrep`` is the pattern, as JSON, that the guest engine finds places for; ``match`` is about these then. ``apart``: what no scan asks for, packed.
    """

    id: str
    title: str
    severity: Severity
    confidence: Confidence
    since: str
    message: str
    fact: str
    match: Match | None = None
    check: str | None = None
    semgrep: str = ""
    cwe: tuple[int, ...] = ()
    owasp: tuple[str, ...] = ()
    lower: tuple[Lower, ...] = ()
    swallows: tuple[str, ...] = ()
    paths: tuple[str, ...] = ("product",)
    fix: str | None = None
    aliases: tuple[str, ...] = ()
    summary: str
    why: str = ""
    mend: str = ""
    pack: str = ""
    path: str = ""
    apart: bytes = b""

    @property
    def examples(self) -> tuple[Example, ...]:
        """Its examples, in their order."""
        return _unpacked(self.apart).examples

    @property
    def markdown(self) -> str:
        """Its text, without the front matter."""
        return _unpacked(self.apart).markdown


class _Apart(Struct, frozen=True, array_like=True):
    """What takes most of a page, and only those ask for who read it or try it out."""

    examples: tuple[Example, ...] = ()
    markdown: str = ""


def _packed(apart: _Apart) -> bytes:
    return compress(msgpack.encode(apart))


def _unpacked(apart: bytes) -> _Apart:
    return msgpack.decode(decompress(apart), type=_Apart) if apart else _Apart()


def load_page(text: str, path: str, pack: str = "", checks: Mapping[str, Check] | None = BUILT_IN) -> Page:
    """The page in ``text``; ``path`` is for messages. Raises PackError with ``path:line`` where it is not valid.

    ``checks`` are those that the page may name; None where it comes from a folder, which may bring data only.
    """
    from batten.rules import fields, frontmatter, markdown, schema  # jsonschema and yaml: not on the way of a scan
    from batten.rules.semgrep import body_of, match_of

    if len(text) > LARGEST:
        raise PackError(f"{path}:1: the page is larger than {LARGEST} characters", "Split the rule.")
    front, body = markdown.split(text, path)
    lined = frontmatter.read(front.text, path, front.line)
    schema.validate(lined, checks)
    head = lined.value
    parts = markdown.sections(body, path)
    fact = schema.fact_of(head, checks or {})
    known = fields.facts()[fact]
    return Page(
        id=head["id"],
        title=head["title"],
        severity=Severity(head["severity"]),
        confidence=Confidence(head["confidence"]),
        since=head["since"],
        message=head["message"],
        fact=fact,
        match=_match(head["match"], known) if "match" in head else match_of(head["id"]) if "semgrep" in head else None,
        semgrep=body_of(head["semgrep"]) if "semgrep" in head else "",
        check=head.get("check"),
        cwe=tuple(head.get("cwe", ())),
        owasp=tuple(head.get("owasp", ())),
        lower=tuple(_lower(row, known) for row in head.get("lower", ())),
        swallows=tuple(head.get("swallows", ())),
        paths=tuple(head.get("paths", ("product",))),
        fix=head.get("fix"),
        aliases=tuple(head.get("aliases", ())),
        summary=parts.summary,
        why=parts.why,
        mend=parts.mend,
        pack=pack,
        path=path,
        apart=_packed(_Apart(parts.examples, body.text)),
    )


def _lower(row: Mapping[str, Any], known: "Fields") -> Lower:
    severity, confidence = row.get("severity"), row.get("confidence")
    return Lower(
        match=_match(row["match"], known),
        reason=row["reason"],
        severity=Severity(severity) if severity else None,
        confidence=Confidence(confidence) if confidence else None,
    )


def _match(match: Mapping[str, Any], known: "Fields") -> Match:
    return Match(
        terms=tuple(_term(known[name], value) for name, value in match.items() if name not in ("fact", "not")),
        excluded=tuple(_term(known[name], value) for name, value in match.get("not", {}).items()),
    )


def _term(field: "Field", value: Any) -> Term:
    wanted = value if isinstance(value, list) else [value]
    if field.shape is Shape.RECORDS:
        known = {inner.name: inner for inner in field.fields}
        records = (tuple(_term(known[name], inner) for name, inner in item.items()) for item in wanted if item is not None)
        return Term(field.name, field.shape, (None,) if None in wanted else (), records=tuple(records))
    globs = [item for item in wanted if isinstance(item, str) and item.startswith(GLOB)]
    values = [item for item in wanted if item not in globs]
    return Term(field.name, field.shape, tuple(values), tuple(item.removeprefix(GLOB) for item in globs))
