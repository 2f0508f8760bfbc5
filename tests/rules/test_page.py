"""Pages: what is read from them, and what each mistake in one is answered with."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from batten.checks import BUILT_IN
from batten.facts.project import Project
from batten.finding import Confidence, PackError, Severity
from batten.rules.fields import collections, facts
from batten.rules.page import Example, ExampleKind, Lower, Mark, Match, Shape, Term, load_page
from batten.rules.schema import page_schema

FRONT = """\
---
id: table-without-rls
title: Table without row level security
severity: critical
confidence: high
since: 0.1.0
cwe: [862]
owasp: [A01:2025, LLM10:2025]
message: "table {name!r} is open"
match: { fact: table, exposed: true, rls: [false, null], name: ["glob:public.*", app.users], anon_verbs: select, not: { has_policies: true } }
lower:
  - { match: { used_in_browser: false }, severity: high, reason: "no code of the browser uses it" }
swallows: [weaker-rule]
fix: enable-rls
---
"""

BODY = """
A table is open.

Still the summary.

## Why it matters
It was read.

### An aside
It stays in its section.

## How to mend it
Lock it.

## Examples

### Flagged: in SQL and in a file that knows no comments

`supabase/migrations/1_a.sql`:

```sql
create table a (id int);  -- finding
## Not a heading: create table b (id int);
create table c (id int);  /* finding x2 */
```

`config.json` (finding on lines 2 and 3):

````json
{
  "```": 1,
  "b": 2
}
````

`page.tsx`:

```tsx
<A />  {/* finding */}
```

### Clean: nothing

`empty.sql`:

```sql
```

### Missed: cannot be seen yet

`a.env` (finding):

```
KEY=1
```
"""

PAGE = FRONT + BODY


def replaced(old: str, new: str) -> str:
    assert old in PAGE
    return PAGE.replace(old, new, 1)


def error_of(text: str, **arguments: object) -> tuple[str, str]:
    with pytest.raises(PackError) as caught:
        load_page(text, "p/x.md", **arguments)  # type: ignore[arg-type]
    return str(caught.value), caught.value.help


def test_front_matter_becomes_a_rule() -> None:
    page = load_page(PAGE, "p/x.md", "pack")
    assert (page.id, page.title, page.severity, page.confidence, page.since) == (
        "table-without-rls",
        "Table without row level security",
        Severity.CRITICAL,
        Confidence.HIGH,
        "0.1.0",
    )
    assert (page.cwe, page.owasp, page.fact, page.swallows, page.paths, page.fix, page.pack) == (
        (862,),
        ("A01:2025", "LLM10:2025"),
        "table",
        ("weaker-rule",),
        ("product",),
        "enable-rls",
        "pack",
    )
    assert page.match == Match(
        terms=(
            Term("exposed", Shape.ANSWER, (True,)),
            Term("rls", Shape.ANSWER, (False, None)),
            Term("name", Shape.SCALAR, ("app.users",), ("public.*",)),
            Term("anon_verbs", Shape.NAMES, ("select",)),
        ),
        excluded=(Term("has_policies", Shape.ANSWER, (True,)),),
    )
    assert page.lower == (
        Lower(Match((Term("used_in_browser", Shape.ANSWER, (False,)),)), "no code of the browser uses it", Severity.HIGH),
    )


def test_body_becomes_sections_and_little_apps() -> None:
    page = load_page(PAGE, "p/x.md")
    assert page.summary == "A table is open.\n\nStill the summary."
    assert page.why == "It was read.\n\n### An aside\nIt stays in its section."
    assert page.mend == "Lock it."
    assert page.markdown == BODY.lstrip("\n")
    flagged, clean, missed = page.examples
    assert flagged == Example(
        "in SQL and in a file that knows no comments",
        ExampleKind.FLAGGED,
        (
            (
                "supabase/migrations/1_a.sql",
                "create table a (id int);\n## Not a heading: create table b (id int);\ncreate table c (id int);\n",
            ),
            ("config.json", '{\n  "```": 1,\n  "b": 2\n}\n'),
            ("page.tsx", "<A />\n"),
        ),
        (
            Mark("config.json", 2),
            Mark("config.json", 3),
            Mark("page.tsx", 1),
            Mark("supabase/migrations/1_a.sql", 1),
            Mark("supabase/migrations/1_a.sql", 3, 2),
        ),
        PAGE[: PAGE.index("### Flagged")].count("\n") + 1,
    )
    assert (clean.kind, clean.files, clean.marks) == (ExampleKind.CLEAN, (("empty.sql", ""),), ())
    assert (missed.kind, missed.marks) == (ExampleKind.MISSED, (Mark("a.env", 0),))


def test_a_missed_example_without_marks_is_an_app_that_should_be_clean() -> None:
    missed = load_page(PAGE.replace(" (finding)", ""), "p/x.md").examples[2]
    assert (missed.kind, missed.marks) == (ExampleKind.MISSED, ())


def test_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    assert load_page("\ufeff" + PAGE.replace("\n", "\r\n"), "p/x.md") == load_page(PAGE, "p/x.md")


@pytest.mark.parametrize(
    ("old", "new", "message", "advice"),
    [
        ("rls: [false, null]", "rsl: false", "p/x.md:10: unknown field 'rsl' of 'match'", "Did you mean 'rls'?"),
        ("rls: [false, null]", "rls: disabled", "p/x.md:10: the value of 'match.rls' is disabled, not true or false or null", ""),
        ("fact: table", "fact: tabel", "p/x.md:10: tabel is no value of 'match.fact'", "Did you mean 'table'?"),
        ("fact: table, ", "", "p/x.md:10: the key 'fact' of 'match' is missing", ""),
        ("used_in_browser: false", "used_in_browzer: false", "p/x.md:12: unknown field 'used_in_browzer' of 'lower.0.match'", "Did you mean 'used_in_browser'?"),
        (
            "match: { used_in_browser: false }",
            "used_in_browser: false",
            "p/x.md:12: the key 'match' of 'lower.0' is missing",
            "The fields of a row go under it: { match: { … }, severity: …, reason: … }",
        ),
        ("severity: high, reason", "reason", "p/x.md:12: a row of 'lower' gives a severity or a confidence of 'lower.0'", ""),
        ("severity: critical", "severity: catastrophic", "p/x.md:4: catastrophic is no value of 'severity'", "Known are: critical, high, medium, low, info"),
        ("severity: critical", "severity: medium", "p/x.md:12: a row of 'lower' raises the severity or the confidence", "Write the worst case above, and lower it here."),
        ("title: ", "tilte: ", "p/x.md:2: the key 'title' is missing", ""),
        ("since: 0.1.0", "since: 0.1", "p/x.md:6: the value of 'since' is 0.1, not a text", ""),
        ("id: table-", "id: Table-", "p/x.md:2: the value of 'id' is Table-without-rls", "It has the form ^[a-z][a-z0-9]*(-[a-z0-9]+)*$"),
        ("{name!r}", "{nam!r}", "p/x.md:9: a table has no field 'nam' that a message can show", "Did you mean 'name'?"),
        ("{name!r}", "{columns}", "p/x.md:9: a table has no field 'columns' that a message can show", None),
        (
            "{name!r}",
            "{name.__class__}",
            "p/x.md:9: the message cannot be filled in: {name.__class__} is more than a field: only {field} and {field!r} can be written",
            "",
        ),
        ("{name!r}", "{name[0]}", "p/x.md:9: the message cannot be filled in: {name[0]} is more than a field: only {field} and {field!r} can be written", ""),
        ("{name!r}", "{name:>99999999}", "p/x.md:9: the message cannot be filled in: {name} is more than a field: only {field} and {field!r} can be written", ""),
        ("{name!r}", "{", "p/x.md:9: the message cannot be filled in: expected '}' before end of string", ""),
        ("fix: enable-rls", "fxi: enable-rls", "p/x.md:14: unknown key 'fxi'", "Did you mean 'fix'?"),
        ("fix: enable-rls", "fix: enable-rls\nfix: other", "p/x.md:15: the key 'fix' is given twice or is no plain word", ""),
        ("fix: enable-rls", "fix: *other", "p/x.md:14: this is not valid YAML: found undefined alias", "Quote values that hold ': ', '#', '{' or a leading '*'."),
        ("cwe: [862]", "cwe: &a [862]\naliases: *a", "p/x.md:7: anchors and aliases are not used here", "Write the value out."),
        ("title: Table", "title: Table: open", "p/x.md:3: this is not valid YAML: mapping values are not allowed in this context", None),
        ("fix: enable-rls", "check: any", "p/x.md:2: a page has either 'match' or 'check'", None),
        ("\n---\n\nA table", "\n\nA table", "p/x.md:1: the front matter does not end", "Close it with a line '---'."),
        ("---\nid", "id", "p/x.md:1: the page has no front matter", "Begin it with a line '---', YAML, and a line '---'."),
        ("## Examples", "## Exampels", "p/x.md:30: unknown section 'Exampels'", "Did you mean 'Examples'?"),
        ("## How to mend it", "## Why it matters", "p/x.md:27: the section 'Why it matters' is there twice", ""),
        ("A table is open.\n\nStill the summary.\n", "", "p/x.md:18: the page does not say what it finds", "Write one paragraph after the front matter."),
        ("Flagged: in", "Bad: in", "p/x.md:32: the heading 'Bad: in SQL and in a file that knows no comments' does not say what the example shows", None),
        ("`supabase/migrations/1_a.sql`:\n", "", "p/x.md:35: this block has no file name", "Write the line `path/of/the/file`: before it."),
        ("`config.json`", "`../config.json`", "p/x.md:42: '../config.json' is given twice, has no block, or is no path inside the app", None),
        ("`page.tsx`", "`config.json`", "p/x.md:51: 'config.json' is given twice, has no block, or is no path inside the app", None),
        ("`empty.sql`:\n\n```sql\n```\n", "Nothing.\n", "p/x.md:57: the example 'nothing' has no file", "Write `path`: and a fenced block."),
        ("```sql\n```", "```sql\n-- finding\n```", "p/x.md:57: the example 'nothing' is clean but has a mark", None),
    ],
)  # fmt: skip
def test_each_mistake_names_its_line_and_what_may_have_been_meant(old: str, new: str, message: str, advice: str | None) -> None:
    found, found_advice = error_of(replaced(old, new))
    assert found == message
    if advice is not None:
        assert found_advice == advice


def test_a_page_without_match_or_check_is_refused() -> None:
    lines = [line for line in PAGE.split("\n") if not line.startswith(("match:", "lower:", "  - "))]
    assert error_of("\n".join(lines)) == (
        "p/x.md:2: a page has either 'match' or 'check'",
        "'match' for one fact and its fields, 'check' for a function.",
    )


def test_a_page_from_a_folder_may_not_name_a_check() -> None:
    text = replaced("fix: enable-rls", "check: any")
    assert error_of(text, checks=None) == (
        "p/x.md:14: a page from a folder cannot name a check",
        "Folders bring data only: say it with 'match', or install the pack.",
    )


def test_a_huge_page_is_refused_before_it_is_read() -> None:
    assert error_of(PAGE + "x" * 1_000_000) == ("p/x.md:1: the page is larger than 1000000 characters", "Split the rule.")


def test_every_collection_of_the_project_is_a_fact() -> None:
    where = collections()
    assert set(where.values()) | {"notes"} == set(Project.__struct_fields__)
    assert facts().keys() == where.keys()
    assert where["policy"] == "policies"
    assert where["table_use"] == "table_uses"


def test_fields_compare_as_their_types_say() -> None:
    table = facts()["table"]
    shapes = {name: table[name].shape for name in ("name", "rls", "place", "anon_verbs", "access", "sensitivity")}
    assert shapes == {
        "name": Shape.SCALAR,
        "rls": Shape.ANSWER,
        "place": Shape.PLACE,
        "anon_verbs": Shape.NAMES,
        "access": Shape.RECORDS,
        "sensitivity": Shape.SCALAR,
    }
    assert {field.name: field.choices for field in table["access"].fields if field.choices} == dict.fromkeys(
        ("verdict", "effect"), ("none", "rows", "all")
    )
    assert "trail" not in table


def test_the_published_schema_is_valid_and_says_so_of_a_page() -> None:
    schema = page_schema(BUILT_IN)
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema


def test_the_pages_of_the_test_packs_are_valid() -> None:
    path = Path(__file__).parent / "packs" / "acme" / "acme-table-without-prefix.md"
    assert load_page(path.read_text(), str(path), checks=None).id == path.stem
