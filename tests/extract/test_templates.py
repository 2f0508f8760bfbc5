"""Where templates put in what they are given, by language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.extract.templates import template

SUFFIXES = (".html", ".njk", ".ejs", ".hbs", ".pug")
RAW = [
    ("a.html", "{{ user.name|safe }}", ["user.name"]),
    ("a.html", "{{ rows['first name'].text | upper | safe }}", ["rows.first name.text"]),
    ("a.html", "{% for row in rows %}{{ row.text|safe }}{% endfor %}{{ row.text|safe }}", ["rows.[].text", "row.text"]),
    ("a.html", "{% for key, value in rows.items() %}{{ value|safe }}{{ key|safe }}{% endfor %}", ["rows.[]"]),
    ("a.html", "{% set shown = asked %}{{ shown|safe }}{{ '<b>'|safe }}", ["asked"]),
    ("a.html", "{% set shown = asked|e %}{{ shown|safe }}", []),
    ("a.html", "{% macro field(asked) %}{{ asked|safe }}{% endmacro %}{{ first or second|safe }}", ["first", "second"]),
    ("a.html", "{% autoescape off %}{{ a }}{{ b|force_escape }}{% endautoescape %}", ["a"]),
    ("a.html", "{% verbatim %}{{ a|safe }}{% endverbatim %}{% comment %}{{ b|safe }}{% endcomment %}{# {{ c|safe }} #}", []),
    ("a.ejs", "<%- it.a %><%= b %><% for (const c of it.list) { %><%- c.d %><% } %><%- c %>", ["a", "list.[].d", "c"]),
    ("a.ejs", "<% const shown = user.bio %><%- shown %><%- include('other') %><%- f(a) %>", ["user.bio"]),
    ("a.html", "<h1><%- title %></h1>", ["title"]),
    (
        "a.hbs",
        "{{#each rows as |row|}}{{{row.a}}}{{{this.b}}}{{{../c}}}{{{@root.d}}}{{/each}}{{{e}}}",
        ["rows.[].a", "rows.[].b", "c", "d", "e"],
    ),
    ("a.mustache", "{{#rows}}{{&text}}{{/rows}}{{^rows}}{{{none}}}{{/rows}}{{!{{{never}}} }}", ["rows.[].text", "none"]),
    ("a.pug", "each row in rows\n  li!= row.text\n  p #{row.text}\np!= row.text\n// p!= never", ["rows.[].text", "row.text"]),
]


@pytest.mark.parametrize(("path", "text", "ways"), RAW)
def test_what_is_put_in_as_it_is(path: str, text: str, ways: list[str]) -> None:
    found = template(path, text.encode())
    assert [".".join(hole.way) for hole in found.holes if hole.raw] == ways if found is not None else ways == []


def test_holes_stand_where_their_text_does() -> None:
    data = "é {{ a.b|safe }} {{ c }}".encode()
    found = template("a.html", data)
    assert found is not None
    assert [(data[hole.span.start : hole.span.end], hole.raw) for hole in found.holes] == [(b"a.b|safe", True), (b"c", False)]


def test_templates_name_those_that_they_are_made_of() -> None:
    found = [
        template("a.html", b'{% extends "base.html" %}{% include "menu.html" %}'),
        template("a.ejs", b"<%- include('partials/head') %>"),
        template("a.hbs", b"{{> head}}"),
        template("a.pug", b"extends layout\ninclude menu"),
    ]
    assert [each.others for each in found if each is not None] == [
        ("base.html", "menu.html"),
        ("partials/head",),
        ("head",),
        ("layout", "menu"),
    ]


def test_other_files_are_no_templates() -> None:
    assert [template(path, b"{{ a|safe }} <%- a %>") for path in ("a.py", "a.md", "a.vue")] == [None, None, None]


@given(st.sampled_from(SUFFIXES), st.text("{}%<>-=!#&/|. \nabeachforinsafe'\"[]", max_size=200))
def test_broken_templates_are_read_all_the_same(suffix: str, text: str) -> None:
    data = text.encode()
    found = template(f"a{suffix}", data)
    for hole in found.holes if found is not None else ():
        assert hole.way
        assert 0 <= hole.span.start <= hole.span.end <= len(data)
