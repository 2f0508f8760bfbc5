"""What of a component's markup browsers take as HTML, with the names that the blocks around it give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.code.lower_components import with_markup
from batten.code.lower_javascript import lower
from batten.parse.raw_markup import raw_markup
from batten.skim import scripts_alone
from batten.text import Span

Found = list[tuple[str, list[tuple[str, str, bool]]]]


def found(suffix: str, text: str) -> Found:
    data = text.encode()

    def of(span: Span) -> str:
        return data[span.start : span.end].decode().strip()

    return [(of(raw.value), [(of(named.item), of(named.source), named.each) for named in raw.names]) for raw in raw_markup(suffix, data)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<p v-html="a.b"></p>', [("a.b", [])]),
        ("<p class='x'\n   v-html='a'/>", [("a", [])]),
        ('<p :innerHTML="a"></p><p .innerHTML="b"></p><p v-bind:inner-html.prop="c"></p>', [("a", []), ("b", []), ("c", [])]),
        ('<!-- <p v-html="a"></p> --><script>x = `<p v-html="b">`</script><style>p > a { color: red }</style>', []),
        ('<p v-text="a" data-v-html="b" v-dompurify-html="c"></p>', []),
        ('<li v-for="a in b"><p v-html="a.c"></p></li><p v-html="d"></p>', [("a.c", [("a", "b", True)]), ("d", [])]),
        ('<p v-for="(a, i) of b.c" v-html="a"></p>', [("a", [("a", "b.c", True)])]),
        ('<p v-for="({ x, y }, i) in b"><br><i v-html="x"/></p>', [("x", [("{ x, y }", "b", True)])]),
        ('<a v-for="a in b"><b v-for="c in a.d"><i v-html="c"/></b></a>', [("c", [("a", "b", True), ("c", "a.d", True)])]),
        ('<a v-for="a in b"><img src="x"><i>1 < 2</i></a><i v-html="c"/>', [("c", [])]),
        ('<p :title="a > b" v-html="c"></p>', [("c", [])]),
    ],
)
def test_components_of_vue(text: str, expected: Found) -> None:
    assert found(".vue", f"<template>{text}</template>") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>{@html a.b}</p>{c}", [("a.b", [])]),
        ("{@html `<b>${a}</b>` + f({ b: '}' })}", [("`<b>${a}</b>` + f({ b: '}' })", [])]),
        ("<!-- {@html a} --><style>p { color: red }</style>", []),
        ("{#each a.b as c, i (c.id)}{#if c}{@html c.d}{:else}{c}{/if}{/each}{@html e}", [("c.d", [("c", "a.b", True)]), ("e", [])]),
        ("{#each a as { b, c }}{@html b}{/each}", [("b", [("{ b, c }", "a", True)])]),
        ("{#each a as b}{@const c = b.d}{@html c}{/each}", [("c", [("b", "a", True), ("c", "b.d", False)])]),
        ("{#await a}wait{:then b}{@html b}{:catch e}{@html e}{/await}", [("b", [("b", "a", False)]), ("e", [])]),
        ("{#await a() then b}{@html b}{/await}", [("b", [("b", "a()", False)])]),
        ("{#key a}{@html b}{/key}", [("b", [])]),
        ("<p title={a ? '{' : b}>{@html c}</p>", [("c", [])]),
        ("{#snippet row(a)}{@html a}{/snippet}", [("a", [])]),
    ],
)
def test_components_of_svelte(text: str, expected: Found) -> None:
    assert found(".svelte", text) == expected


PIECES = ('<p v-html="a">', "</p>", "<li v-for='a in b'>", "{@html a}", "{#each a as b}", "{/each}", "{:then a}", "{#await a}", "<!--", "<script>", "`", "'", "{", "}",
          "---\n", "<b set:html={a}/>", "ä", "\n")  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.sampled_from((".vue", ".svelte", ".astro")))
def test_whatever_is_written_stands_where_it_is_said_to(text: str, suffix: str) -> None:
    data = text.encode()
    unit = lower(scripts_alone(f"x{suffix}", data), f"x{suffix}")
    for statement in with_markup(unit, data).body[len(unit.body) :]:
        assert 0 <= statement.span.start <= statement.span.end
    for raw in raw_markup(suffix, data):
        for span in (raw.value, *[part for named in raw.names for part in (named.item, named.source)]):
            assert 0 < span.start <= span.end <= len(data)


def test_a_page_full_of_openings_holds_nothing() -> None:
    for piece in (b"{", b"<p v-html=", b"{#each ", b"<!--<script>", b"<p a='", b"{@html `"):
        assert [raw_markup(suffix, piece * 20_000) for suffix in (".vue", ".svelte")] == [(), ()]
