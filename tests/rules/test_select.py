"""Matches: each kind of field, three answers, and the language of values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from batten.facts.routes import Effect, EffectKind, Route, RouteAuth
from batten.facts.schema import Access, Table, Verdict
from batten.facts.services import SupabaseConfig
from batten.rules.page import Match, load_page
from batten.rules.select import compile_match
from batten.text import Place, Span

HERE = Place("app/api.py", Span(0, 3))


def match(text: str) -> Match:
    """The match of a page, read as a page is."""
    page = load_page(
        "---\nid: a-rule\ntitle: A rule\nseverity: low\nconfidence: low\nsince: 0.1.0\nmessage: A message\n"
        f"match: {{ {text} }}\n---\n\nA rule.\n",
        "a-rule.md",
    )
    assert page.match is not None
    return page.match


def holds(text: str, fact: Any) -> bool:
    return compile_match(match(text))(fact)


def made(struct: type[Any], **fields: Any) -> Any:
    """A fact whose fields are empty where nothing is said."""
    required = {field.name: "" for field in structs.fields(struct) if field.required}
    return struct(**(required | {"place": HERE} | fields))


def table(**fields: Any) -> Table:
    return made(Table, **({"name": "public.notes"} | fields))


def route(**fields: Any) -> Route:
    return made(Route, **fields)


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        ("name: public.notes", {}, True),
        ("name: notes", {}, False),
        ("name: [notes, public.notes]", {}, True),
        ('name: "glob:public.*"', {}, True),
        ('name: "glob:PUBLIC.*"', {}, False),
        ('name: "glob:*.n?t[eo]s"', {}, True),
        ('name: ["glob:auth.*", public.notes]', {}, True),
        ('name: "glob:notes"', {}, False),
        ("sensitivity: null", {}, True),
        ("sensitivity: [null, contact]", {"sensitivity": "contact"}, True),
        ("sensitivity: null", {"sensitivity": "contact"}, False),
        ('sensitivity: "glob:*"', {}, False),
        ("rls: false", {"rls": False}, True),
        ("rls: false", {"rls": None}, False),
        ("rls: true", {"rls": None}, False),
        ("rls: null", {"rls": None}, True),
        ("rls: [false, null]", {"rls": None}, True),
        ("anon_verbs: select", {"anon_verbs": ("insert", "select")}, True),
        ("anon_verbs: [delete, update]", {"anon_verbs": ("insert", "select")}, False),
        ("anon_verbs: null", {"anon_verbs": ()}, True),
        ("anon_verbs: [null, delete]", {"anon_verbs": ("delete",)}, True),
        ("anon_verbs: null", {"anon_verbs": ("delete",)}, False),
        ('anon_verbs: "glob:sel*"', {"anon_verbs": ("insert", "select")}, True),
        ("place: app/api.py", {}, True),
        ('place: "glob:app/*"', {}, True),
        ('place: "glob:src/*"', {}, False),
        ("not: { name: public.notes }", {}, False),
        ("not: { name: public.other }", {}, True),
        ("not: { name: public.other, has_policies: true }", {"has_policies": True}, False),
        ("not: { rls: true }", {"rls": False}, True),
        ("not: { rls: true }", {"rls": None}, False),
        ("not: { rls: null }", {"rls": False}, True),
        ("not: { rls: null }", {"rls": None}, False),
        ("not: { sensitivity: contact }", {}, True),
        ("not: { anon_verbs: delete }", {"anon_verbs": ()}, True),
        ("not: { anon_verbs: delete }", {"anon_verbs": ("delete",)}, False),
        ("rls: false, exposed: true", {"rls": False, "exposed": None}, False),
        ("rls: false, exposed: true", {"rls": False, "exposed": True}, True),
    ],
)
def test_a_match_on_a_table(text: str, fields: dict[str, Any], expected: bool) -> None:
    assert holds(f"fact: table, {text}", table(**fields)) is expected


READS = Access("anon", "select", Verdict.ALL, "")
UNSETTLED = Access("anon", "update", None, "")


@pytest.mark.parametrize(
    ("text", "access", "expected"),
    [
        ("access: { role: anon, verdict: all }", (READS,), True),
        ("access: { role: authenticated, verdict: all }", (READS,), False),
        ("access: { role: anon, verb: update, verdict: all }", (READS, UNSETTLED), False),
        ("access: { role: anon, verb: update, verdict: null }", (READS, UNSETTLED), True),
        ("access: [{ verb: delete }, { verb: update }]", (READS, UNSETTLED), True),
        ("access: null", (), True),
        ("access: null", (READS,), False),
        ("access: { role: anon }", (), False),
        ("not: { access: { verb: update, verdict: all } }", (READS,), True),
        ("not: { access: { verb: update, verdict: all } }", (READS, UNSETTLED), False),
        ("not: { access: { verb: delete, verdict: all } }", (READS, UNSETTLED), True),
    ],
)
def test_a_match_on_one_of_several_records(text: str, access: tuple[Access, ...], expected: bool) -> None:
    assert holds(f"fact: table, {text}", table(access=access)) is expected


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        ("auth: unauthenticated", {"auth": RouteAuth.UNAUTHENTICATED}, True),
        ("auth: [presence, optional]", {"auth": RouteAuth.UNAUTHENTICATED}, False),
        ("auth: unauthenticated", {"auth": None}, False),
        ("not: { auth: [authenticated, signed] }", {"auth": RouteAuth.PRESENCE}, True),
        ("not: { auth: [authenticated, signed] }", {"auth": None}, False),
        ("effects: { kind: [mail, payment] }", {"effects": (Effect(EffectKind.MAIL, HERE, "send"),)}, True),
        ("effects: { kind: payment }", {"effects": (Effect(EffectKind.MAIL, HERE, "send"),)}, False),
    ],
)
def test_a_match_on_a_route(text: str, fields: dict[str, Any], expected: bool) -> None:
    assert holds(f"fact: route, {text}", route(**fields)) is expected


def test_a_tuple_that_is_not_known_neither_holds_a_value_nor_lacks_it() -> None:
    unknown = SupabaseConfig(root="", place=HERE, schemas=None)
    answers = [holds(f"fact: supabase, {text}", unknown) for text in ("schemas: public", "not: { schemas: public }", "schemas: null")]
    assert answers == [False, False, True]


def test_a_match_of_a_kind_alone_takes_every_fact() -> None:
    assert holds("fact: table", table()) is True


@given(
    st.fixed_dictionaries(
        {
            "rls": st.sampled_from([True, False, None]),
            "exposed": st.sampled_from([True, False, None]),
            "sensitivity": st.sampled_from([None, "contact", "credentials"]),
            "anon_verbs": st.lists(st.sampled_from(["select", "insert"]), unique=True).map(tuple),
            "access": st.lists(
                st.builds(
                    Access, st.sampled_from(["anon", "authenticated"]), st.just("select"), st.sampled_from([None, *Verdict]), st.just("")
                )
            ).map(tuple),
        }
    ),
    st.sampled_from(
        [
            "rls: true",
            "rls: [false, null]",
            "sensitivity: contact",
            "sensitivity: null",
            "anon_verbs: select",
            "access: { role: anon, verdict: all }",
        ]
    ),
)
def test_a_claim_and_its_opposite_never_both_hold(fields: dict[str, Any], claim: str) -> None:
    fact = table(**fields)
    claimed, denied = holds(f"fact: table, {claim}", fact), holds(f"fact: table, not: {{ {claim} }}", fact)
    assert not (claimed and denied)
    settled = None not in (fields["rls"], *(cell.verdict for cell in fields["access"]))
    assert claimed or denied or not settled
