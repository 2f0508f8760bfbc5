"""The code in pages: Vue, Svelte and Astro components, and HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_rules import RULES

from batten.extract.file import Reader
from batten.extract.secrets.providers import from_document
from batten.scan import SECRETS, scan_files
from batten.skim import scripts_alone

READER = Reader(RULES.vocabulary, from_document(RULES.documents[SECRETS]))

MAKE = 'import { createClient } from "@supabase/supabase-js"\nconst sb = createClient("https://abc.supabase.co", key)\n'
USE = 'export async function load() { return sb.from("patients").select("*") }\n'

PAGES = {
    "vue": ("A.vue", f'<template><p>it\'s {{{{ 1 < 2 }}}}</p></template>\n<script setup lang="ts">\n{MAKE}{USE}</script>\n<style>p {{ }}</style>\n'),
    "two scripts": ("A.vue", f'<script lang="ts">\n{MAKE}</script>\n<script setup lang="ts">\n{USE}</script>\n<template><p/></template>\n'),
    "svelte": ("A.svelte", f'<script lang="ts">\n{MAKE}{USE}$: doubled = 2 * 2\n</script>\n{{#if a < b}}<p>don\'t</p>{{/if}}\n'),
    "astro": ("a.astro", f"---\n{MAKE}{USE}---\n<p>{{a}} & b</p>\n"),
    "html": ("index.html", f'<p>it\'s & fun\n<script type="module">\n{MAKE}{USE}</script>\n<script type="application/json">{{"a": 1}}</script>'),
    "html global": (
        "index.html",
        f'<script src="https://cdn.example.com/supabase-js"></script>\n<script>\nconst sb = supabase.createClient("https://abc.supabase.co", key)\n{USE}</script>',
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PAGES)
def test_calls_stand_where_the_page_has_them(kind: str) -> None:
    path, text = PAGES[kind]
    facts = READER.look(path, text.encode())
    (call,) = (call for function in facts.functions for call in function.calls if call.callee.endswith(".from"))
    assert (facts.parsed, facts.notes, facts.code_notes) == (True, (), ())
    assert text.encode()[call.span.start : call.span.end] == b'sb.from("patients")'
    assert [argument.text for argument in call.arguments] == ["patients"]


@pytest.mark.parametrize("kind", PAGES)
def test_what_a_page_uses_is_joined_with_the_schema(kind: str) -> None:
    path, text = PAGES[kind]
    files = {
        path: text,
        "package.json": '{"dependencies": {"vue": "3", "vite": "5", "@supabase/supabase-js": "2"}}',
        "supabase/migrations/20250101000000_first.sql": "create table patients (id uuid primary key, email text);",
    }
    project = scan_files({name: content.encode() for name, content in files.items()}, RULES).project
    assert [(use.table, use.verb, use.place.path) for use in project.table_uses] == [("public.patients", "select", path)]


def test_a_page_without_code_that_matters_is_not_parsed() -> None:
    assert not READER.look("A.vue", b"<script setup>\nconst a = 1\n</script>").parsed


@given(st.lists(st.sampled_from(["<script>", "</script>", "a = 1\n", "é", "\r\n", "<!--", "-->", "<script lang='ts'>", "---\n", "<p>"])))
def test_every_byte_of_a_page_keeps_its_place(pieces: list[str]) -> None:
    data = "".join(pieces).encode()
    for path in ("a.vue", "a.svelte", "a.astro", "a.html"):
        seen = scripts_alone(path, data)
        assert len(seen) == len(data)
        assert all(new in (old, 32) for new, old in zip(seen, data, strict=True))
        assert [at for at, byte in enumerate(seen) if byte in b"\r\n"] == [at for at, byte in enumerate(data) if byte in b"\r\n"]
