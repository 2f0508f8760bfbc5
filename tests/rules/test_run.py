"""From facts to findings: messages, lowered rows, path classes, swallowing, failing checks, order."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from batten.checks import Check, Hit
from batten.facts.modules import Module
from batten.facts.project import Project
from batten.facts.schema import Table, TableUse
from batten.facts.vocabulary import Vocabulary
from batten.finding import Confidence, Finding, Note, NoteKind, Severity, Step
from batten.rules.message import LONGEST, called, render
from batten.rules.page import Page, load_page
from batten.rules.registry import RuleSet
from batten.rules.run import run
from batten.text import Place, Span

TRAIL = (Step(Place("a.sql", Span(0, 5)), "created here"),)


def table(name: str = "public.notes", at: int = 0, **fields: Any) -> Table:
    plain = {
        "name": name,
        "database": "",
        "package": "web",
        "place": Place("a.sql", Span(at, at + 5)),
        "key": f"web|table|{name}",
        "subject": f"table|{name}",
        "trail": TRAIL,
        "rls": False,
    }
    return Table(**(plain | fields))


def page(
    rule: str = "open-table", front: str = "match: { fact: table, rls: false }", checks: Mapping[str, Check] | None = None, **head: str
) -> Page:
    lines = {
        "title": "A rule",
        "severity": "critical",
        "confidence": "high",
        "since": "0.1.0",
        "message": '"table {name!r} is open"',
    } | head
    written = "\n".join(f"{key}: {value}" for key, value in lines.items())
    return load_page(f"---\nid: {rule}\n{written}\n{front}\n---\n\nA rule.\n", f"{rule}.md", "test", checks or {})


def rules(*pages: Page, checks: Mapping[str, Check] | None = None) -> RuleSet:
    return RuleSet(pages=pages, packs=(), vocabulary=Vocabulary(), checks=checks or {}, documents={}, digest="")


def found(project: Project, *pages: Page, checks: Mapping[str, Check] | None = None) -> list[Finding]:
    findings, notes = run(rules(*pages, checks=checks), project)
    assert notes == []
    return findings


def test_a_match_becomes_a_finding() -> None:
    assert found(Project(tables=(table(), table("public.safe", rls=True))), page(fix="enable-rls")) == [
        Finding(
            rule="open-table",
            message="table 'public.notes' is open",
            place=Place("a.sql", Span(0, 5)),
            key="open-table|web|table|public.notes",
            subject="table|public.notes",
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            trail=TRAIL,
            remedy="enable-rls",
        )
    ]


def test_a_rule_sees_product_code_unless_its_page_says_otherwise() -> None:
    project = Project(tables=tuple(table(f"public.{kind}", path_class=kind) for kind in ("product", "test", "docs")))
    names = [[finding.message for finding in found(project, each)] for each in (page(), page(paths="[test, docs]"))]
    assert names == [["table 'public.product' is open"], ["table 'public.docs' is open", "table 'public.test' is open"]]


def test_the_first_row_that_matches_lowers() -> None:
    lower = """\
match: { fact: table, rls: false }
lower:
  - { match: { used_in_browser: false, sensitivity: null }, severity: medium, confidence: low, reason: "nobody asks for it" }
  - { match: { used_in_browser: false }, confidence: medium, reason: "no page asks for it" }
"""
    tables = (
        table("public.a", used_in_browser=False),
        table("public.b", used_in_browser=False, sensitivity="contact"),
        table("public.c", used_in_browser=True),
    )
    results = [(each.severity, each.confidence, each.reason) for each in found(Project(tables=tables), page(front=lower))]
    assert results == [
        (Severity.CRITICAL, Confidence.MEDIUM, "no page asks for it"),
        (Severity.CRITICAL, Confidence.HIGH, ""),
        (Severity.MEDIUM, Confidence.LOW, "nobody asks for it"),
    ]


def test_facts_without_key_place_or_subject_have_findings_too() -> None:
    project = Project(
        modules=(Module(path="src/a.ts", package="web", side=None),),
        table_uses=(TableUse(table="notes", verb="select", place=Place("src/a.ts", Span(3, 9)), package="web"),),
    )
    module = page("any-module", "match: { fact: module }", message='"{path}: {side}"')
    use = page("any-use", "match: { fact: table_use }", message='"{table} {privileged}"')
    assert [(each.key, each.place, each.subject, each.message) for each in found(project, module, use)] == [
        ("any-module|web|module|src/a.ts", Place("src/a.ts", Span(0, 0)), "", "src/a.ts: unknown"),
        ("any-use|web|table_use|notes", Place("src/a.ts", Span(3, 9)), "", "notes unknown"),
    ]


def test_a_stronger_rule_swallows_a_weaker_one_on_the_same_object() -> None:
    project = Project(tables=(table("public.a", protected_before=True), table("public.b")))
    weak = page("weak")
    strong = page("strong", "match: { fact: table, protected_before: true }\nswallows: [weak]")
    assert [each.key for each in found(project, weak, strong)] == ["strong|web|table|public.a", "weak|web|table|public.b"]


def test_what_is_swallowed_swallows_in_turn() -> None:
    chain = [
        page("weakest"),
        page("weaker", "match: { fact: table }\nswallows: [weakest]"),
        page("strong", "match: { fact: table }\nswallows: [weaker]"),
    ]
    assert [each.rule for each in found(Project(tables=(table(),)), *chain)] == ["strong"]


def test_the_same_name_in_another_package_is_another_object() -> None:
    project = Project(tables=(table(package="web", protected_before=True), table(package="api", at=9, key="api|table|public.notes")))
    strong = page("strong", "match: { fact: table, protected_before: true }\nswallows: [weak]")
    assert [each.key for each in found(project, page("weak"), strong)] == ["strong|web|table|public.notes", "weak|api|table|public.notes"]


def test_the_same_name_in_another_database_is_another_object() -> None:
    first, second = table(database="one/supabase", protected_before=True), table(database="two/supabase", at=9, key="two")
    strong = page("strong", "match: { fact: table, protected_before: true }\nswallows: [weak]")
    assert [each.key for each in found(Project(tables=(first, second)), page("weak"), strong)] == [
        "strong|web|table|public.notes",
        "weak|two",
    ]


@pytest.mark.parametrize(("severity", "confidence"), [("high", "high"), ("critical", "medium")])
def test_a_finding_that_thresholds_hide_sooner_swallows_nothing(severity: str, confidence: str) -> None:
    strong = page("strong", "match: { fact: table }\nswallows: [weak]", severity=severity, confidence=confidence)
    assert sorted(each.rule for each in found(Project(tables=(table(),)), page("weak"), strong)) == ["strong", "weak"]


def test_objects_without_a_subject_swallow_nothing() -> None:
    strong = page("strong", "match: { fact: table }\nswallows: [weak]")
    assert len(found(Project(tables=(table(subject=""),)), page("weak"), strong)) == 2


def twins(project: Project) -> Iterator[Hit]:
    for each in project.tables:
        yield Hit(
            fact=each,
            words={"twin": "public.note\x1b[2J"},
            discriminator="note",
            trail=(),
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
        )


def half(project: Project) -> Iterator[Hit]:
    yield Hit(fact=project.tables[0], words={"twin": "x"})
    raise KeyError("sk_live_" + "secret")


CHECKS = {
    "twins": Check("table", lambda: twins, ("twin",)),
    "half": Check("table", lambda: half, ("twin",)),
}


def checked(name: str, front: str = "") -> Page:
    return page(f"rule-{name}", f"check: {name}\n{front}", CHECKS, message='"{name} and {twin!r}"')


def test_a_check_gives_words_and_ceilings() -> None:
    (only,) = found(Project(tables=(table(),)), checked("twins"), checks=CHECKS)
    assert only == Finding(
        rule="rule-twins",
        message="public.notes and 'public.note\\x1b[2J'",
        place=Place("a.sql", Span(0, 5)),
        key="rule-twins|web|table|public.notes|note",
        subject="table|public.notes",
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
    )


def test_rows_lower_what_a_check_found() -> None:
    front = 'lower:\n  - { match: { rls: false }, severity: low, reason: "it is" }'
    (only,) = found(Project(tables=(table(),)), checked("twins", front), checks=CHECKS)
    assert (only.severity, only.confidence, only.reason) == (Severity.LOW, Confidence.MEDIUM, "it is")


def test_a_check_that_fails_is_a_note_and_keeps_what_it_found() -> None:
    findings, notes = run(rules(checked("half"), page(), checks=CHECKS), Project(tables=(table(),)))
    assert [each.rule for each in findings] == ["open-table", "rule-half"]
    (note,) = notes
    assert (note.kind, note.place) == (NoteKind.CHECK_FAILED, None)
    assert note.message.startswith("the check of rule-half failed (KeyError at test_run.py:")
    assert "sk_live" not in note.message


def test_a_check_that_cannot_be_loaded_is_a_note() -> None:
    def missing() -> Any:
        raise ImportError("no such module")

    checks = {"gone": Check("table", missing)}
    findings, notes = run(rules(page("rule-gone", "check: gone", checks), checks=checks), Project(tables=(table(),)))
    assert (findings, [type(note) for note in notes]) == ([], [Note])


@given(st.randoms(use_true_random=False))
def test_the_order_of_facts_and_rules_does_not_matter(shuffle: random.Random) -> None:
    tables = [table(f"public.t{number % 4}", at=number, protected_before=number % 3 == 0) for number in range(8)]
    pages = [
        page("a", 'match: { fact: table }\nlower:\n  - { match: { protected_before: true }, severity: low, reason: "x" }'),
        page("b", "match: { fact: table, protected_before: true }\nswallows: [c]"),
        page("c"),
    ]
    expected = found(Project(tables=tuple(tables)), *pages)
    shuffle.shuffle(tables)
    shuffle.shuffle(pages)
    assert found(Project(tables=tuple(tables)), *pages) == expected
    ranks = [(each.severity.rank, each.place, each.rule) for each in expected]
    assert ranks == sorted(ranks)


def test_equal_facts_give_one_finding() -> None:
    assert len(found(Project(tables=(table(), table())), page())) == 1


@given(st.text())
def test_no_text_of_the_app_can_move_the_cursor_or_hide(name: str) -> None:
    fact = structs.replace(table(), name=name, anon_verbs=(name,))
    message = render("{name} {name!r} {anon_verbs}", lambda field: getattr(fact, field))
    assert message.isprintable()
    assert len(message) <= 3 * 10 * LONGEST + 10


def test_braces_in_the_app_are_not_filled_in() -> None:
    (only,) = found(Project(tables=(table("{package.__class__}"),)), page())
    assert only.message == "table '{package.__class__}' is open"


def test_values_are_shown_as_words() -> None:
    fact = table(exposed=None, anon_verbs=("select", "insert"), sensitivity="contact")
    text = "{rls} {exposed} {anon_verbs} {anon_verbs!r} {sensitivity} {{}}"
    assert render(text, lambda field: getattr(fact, field)) == "false unknown select, insert 'select', 'insert' contact {}"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("eval", "eval"),
        ("send", "send"),
        ("default", "default"),
        ("openai.OpenAI.chat.completions.create", "openai.OpenAI.chat.completions.create"),
        ("fs/promises.default.stat", "fs/promises.stat"),
        ("@reply.raw.setHeader", "reply.raw.setHeader"),
        ("@prisma/client.PrismaClient.$queryRawUnsafe", "@prisma/client.PrismaClient.$queryRawUnsafe"),
        ("pathlib.Path.parent.glob.[].unlink", "`unlink` of pathlib"),
        ("pathlib.Path.__or__.dict.read_text", "`read_text` of pathlib"),
        ("@supabase/ssr.createServerClient.from.select.or", "`or` of @supabase/ssr"),
    ],
)
def test_what_is_called_is_named_as_its_author_knows_it(name: str, shown: str) -> None:
    assert called(name) == shown
