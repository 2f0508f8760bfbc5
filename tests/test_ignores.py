"""Ignore comments in every language, ignores of the configuration, and what is told of those that are amiss."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.config import Acceptance, Config
from batten.finding import Confidence, ConfigError, Finding, Severity
from batten.ignores import FILE, MISPLACED, Rules, accept, apply, parse
from batten.text import Lines, Place, Span

RULE = "table-without-rls"
ALL = frozenset({RULE, "open-policy", "route-without-auth"})


def finding(path: str, start: int, rule: str = RULE) -> Finding:
    return Finding(rule, "m", Place(path, Span(start, start + 1)), f"{rule}|k", "s", Severity.HIGH, Confidence.HIGH)


def ignores(path: str, text: str) -> list[tuple[tuple[str, ...], str, int]]:
    return [(one.rules, one.reason, one.line) for one in parse(path, text.encode())]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.sql", "create table x ();  -- batten: ignore[table-without-rls] a lookup table", 1),
        ("a.sql", "-- batten: ignore[table-without-rls] a lookup table\ncreate table x ();", 2),
        ("a.sql", "/* batten: ignore[table-without-rls] a lookup table */\n\n\ncreate table x ();", 4),
        ("a.sql", "/**\n * batten: ignore[table-without-rls] a lookup table\n */ create table x ();", 3),
        ("a.py", "# batten: ignore[table-without-rls] a lookup table\r\nx = 1\r\n", 2),
        ("a.py", "x = 1  #batten:ignore[ table-without-rls ]: a lookup table", 1),
        ("a.ts", "// batten: ignore[table-without-rls] - a lookup table\n// batten: ignore[x] y\ncall()", 3),
        ("a.tsx", "<div>\n  {/* batten: ignore[table-without-rls] a lookup table */}\n  <Key/>", 3),
        ("a.html", "<!-- batten: ignore[table-without-rls] a lookup table -->\n<script>", 2),
        ("a.vue", "<script>\n// batten: ignore[table-without-rls] a lookup table\nx", 3),
        ("a.md", "<!-- batten: ignore[table-without-rls] a lookup table -->\nkey", 2),
        ("a.css", "/* batten: ignore[table-without-rls] a lookup table */ a {}", 1),
        (".env", "# batten: ignore[table-without-rls] a lookup table\nKEY=1", 2),
        ("Dockerfile", "# batten: ignore[table-without-rls] a lookup table\nFROM x", 2),
        ("a.yml", "key: 1  # batten: ignore[table-without-rls] a lookup table", 1),
        ("a.sql", "-- batten: ignore[table-without-rls] a lookup table", 1),
        ("a.sql", "\n-- batten: ignore-file[table-without-rls] a lookup table\nx", FILE),
        ("a.ts", "'use client'\n// x\n// batten: ignore-file[table-without-rls] a lookup table\nx", FILE),
        ("a.py", "#!/usr/bin/env python\n# batten: ignore-file[table-without-rls] a lookup table\nx", FILE),
        ("a.py", "import x\n# batten: ignore-file[table-without-rls] a lookup table\nx", MISPLACED),
    ],
)
def test_a_comment_and_the_line_it_speaks_for(path: str, text: str, line: int) -> None:
    assert ignores(path, text)[0] == ((RULE,), "a lookup table", line)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "-- batten: ignore[x] y"),
        ("a.md", "-- batten: ignore[x] y\n# batten: ignore[x] y"),
        ("a.sql", "# batten: ignore[x] y"),
        ("a.ts", "x // batten is ignored[x] y"),
        ("a.ts", "x // batten: ignored[x] y"),
        ("a.ts", "x // batten: ignore-files[x] y"),
        ("a.ts", "nothing"),
    ],
)
def test_what_is_no_ignore_comment(path: str, text: str) -> None:
    assert ignores(path, text) == []


def test_several_rules_and_comments() -> None:
    text = "a -- batten: ignore[one, two,] both\nb -- batten: ignore[three] third\n"
    assert ignores("a.sql", text) == [(("one", "two"), "both", 1), (("three",), "third", 2)]


@given(st.text(max_size=300), st.sampled_from(["a.sql", "a.py", "a.ts", "a.md", "x"]))
def test_any_text_can_be_read(text: str, path: str) -> None:
    data = f"{text} batten: ignore[{text}] {text}".encode("utf-8", "replace")
    for one in parse(path, data):
        assert data[one.start : one.end].count(b"\n") == 0
        assert one.line <= len(Lines(data))


def applied(text: str, *found: Finding, rules: Rules | None = None) -> tuple[list[str], list[str], list[str]]:
    data = text.encode()
    result = apply(found, {"a.sql": parse("a.sql", data)}, lambda path: data, rules or Rules(ALL, ALL))
    return (
        [one.rule for one in result.findings],
        [one.reason for one in result.ignored],
        [note.message for note in result.notes],
    )


def test_an_ignore_takes_its_finding() -> None:
    text = "create a;  -- batten: ignore[table-without-rls] lookup\ncreate b;\n"
    assert applied(text, finding("a.sql", 0), finding("a.sql", 56), finding("b.sql", 0)) == ([RULE, RULE], ["lookup"], [])


def test_an_ignore_of_a_file_and_a_glob() -> None:
    text = "-- batten: ignore-file[table-*] lookup\na;\nb;"
    assert applied(text, finding("a.sql", 40), finding("a.sql", 43)) == ([], ["lookup", "lookup"], [])


def test_ignores_that_are_amiss_are_told_and_not_heard() -> None:
    def told(comment: str) -> list[str]:
        kept, ignored, notes = applied(f"create a;  -- batten: {comment}", finding("a.sql", 0))
        assert (kept, ignored) == ([RULE], [])
        return notes

    assert told("ignore[table-without-rls]") == [
        "this ignore of table-without-rls gives no reason, so the finding stays: add the reason after the bracket"
    ]
    assert told("ignore this") == ["this ignore names no rule, so it ignores nothing: write batten: ignore[rule-id] and the reason"]
    assert told("ignore[] because") == ["this ignore names no rule, so it ignores nothing: write batten: ignore[rule-id] and the reason"]
    assert told("ignore[open-policy] because") == ["this ignore of open-policy ignores nothing: remove it"]
    assert told("ignore[table-without-rsl] because") == [
        "there is no rule 'table-without-rsl' to ignore: did you mean 'table-without-rls'?"
    ]
    assert told("ignore-file[table-without-rls] because") == [
        "this ignore-file of table-without-rls stands below code, so it ignores nothing: move it to the top of the file"
    ]


def test_an_ignore_of_a_rule_that_did_not_run_is_left_in_peace() -> None:
    text = "create a;  -- batten: ignore[open-policy] because"
    assert applied(text, rules=Rules(frozenset({RULE}), ALL)) == ([], [], [])
    assert applied(text, rules=Rules(frozenset({RULE}))) == ([], [], [])
    assert applied(text, rules=Rules(ALL)) == ([], [], ["this ignore of open-policy ignores nothing: remove it"])


def test_a_file_that_is_gone_ignores_nothing() -> None:
    def gone(path: str) -> bytes:
        raise OSError(path)

    comments = {"a.sql": parse("a.sql", b"x;\nx; -- batten: ignore[table-without-rls] y")}
    assert len(apply([finding("a.sql", 3)], comments, gone).findings) == 1


# ── the configuration ──


def test_the_configuration_accepts_by_rule_and_path() -> None:
    config = Config(
        folder=Path("/app/web"),
        ignores=(
            Acceptance(("table-*",), ("migrations/", "!migrations/0002*"), "public tables"),
            Acceptance(("open-policy",), ("*.sql",), "not used"),
            Acceptance(("opne-policy",), ("*.sql",), "misspelt"),
        ),
    )
    found = [
        finding("web/migrations/0001.sql", 0),
        finding("web/migrations/0001.sql", 0, "route-without-auth"),
        finding("api/migrations/0001.sql", 0),
    ]
    result = accept(found, config, Path("/app"), Rules(ALL, ALL))
    assert list(result.findings) == found[1:]
    assert [(one.finding, one.reason, one.in_source) for one in result.ignored] == [(found[0], "public tables", False)]
    assert [note.message for note in result.notes] == [
        "[[ignores]] number 2 of the configuration (open-policy) ignores nothing: remove it",
        "[[ignores]] number 3 of the configuration: there is no rule 'opne-policy': did you mean 'open-policy'?",
    ]


def test_a_pattern_that_cant_be_used() -> None:
    config = Config(ignores=(Acceptance((RULE,), ("*a*a*a*a*a",), "x"),))
    with pytest.raises(ConfigError):
        accept([], config, Path("/app"))
