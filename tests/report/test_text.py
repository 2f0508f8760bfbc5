"""What people read: the full and the concise report, and the summary."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from msgspec import structs

from batten.finding import Confidence, Finding, Note, NoteKind, Severity
from batten.report import Run, write
from batten.report.full import first_paragraph
from batten.report.style import Style, style_of
from batten.text import Place, Span

Make = Callable[..., Run]

FULL = """\
CRITICAL  Table without row level security  [table-without-rls]

  supabase/migrations/0001_init.sql:2:1
  table 'public.orders' can be read and written by anyone who has the public key
    1 │ -- shop
    2 │ create table orders (
      │ ^^^^^^^^^^^^^^^^^^^^^
    3 │   id uuid primary key,
    → created here  supabase/migrations/0001_init.sql:2
    → read by the browser here  src/lib/client.ts:3

  Why   Anyone who opens the app gets the key, and with the key all rows.
  Mend  Switch row level security on.
  More  batten explain table-without-rls

HIGH  Route that anyone may call  [route-without-auth]

  api/chat.py:6:5  medium confidence
  anyone can call POST /chat, which spends the owner's money
  (the app has no accounts)
    5 │ @app.post('/chat')
    6 │ def chat(): ...
      │     ^^^^^^^^^^^

  More  batten explain route-without-auth

MEDIUM  Key in the repository  [secret-in-repository]

  .env:2:13
  the key SERVICE_KEY can be read by everyone who can read the repository
    1 │ # shared
    2 │ SERVICE_KEY=not-*********************
      │             ^^^^^^^^^^^^^^^^^^^^^^^^^
    3 │ DEBUG=*

  Why   Anyone who opens the app gets the key, and with the key all rows.
  Mend  Switch row level security on.
  More  batten explain secret-in-repository

ignore: src/lib/client.ts:3: this ignore of table-without-rls ignores nothing: remove it
1 critical, 1 high, 1 medium; 1 accepted; 2 under the threshold (see --min-severity, --min-confidence). 4 files in 0.25 s.
1 file not read, 1 place not understood: findings may be missing (--verbose names them).
"""


def text(run: Run, name: str = "full", style: Style | None = None) -> str:
    stream = StringIO()
    write(run, name, stream, style or Style())
    return stream.getvalue()


def test_the_full_report(sample: Make) -> None:
    assert text(sample()) == FULL


def test_the_order_of_findings_does_not_matter(sample: Make) -> None:
    run = sample()
    assert text(sample(findings=run.findings[::-1], notes=run.notes[::-1])) == FULL


def test_the_concise_report(sample: Make) -> None:
    assert text(sample(notes=(), accepted=(), hidden=0), "concise").splitlines() == [
        (
            "supabase/migrations/0001_init.sql:2:1: critical table-without-rls "
            "table 'public.orders' can be read and written by anyone who has the public key"
        ),
        "api/chat.py:6:5: high route-without-auth anyone can call POST /chat, which spends the owner's money",
        ".env:2:13: medium secret-in-repository the key SERVICE_KEY can be read by everyone who can read the repository",
        "1 critical, 1 high, 1 medium. 4 files in 0.25 s.",
    ]


def test_a_verbose_report_names_everything(sample: Make) -> None:
    assert text(sample(verbose=True, findings=(), hidden=0)).splitlines() == [
        "ignore: src/lib/client.ts:3: this ignore of table-without-rls ignores nothing: remove it",
        "not-read: src/old.ts is not read: permission denied",
        "not-understood: supabase/migrations/0001_init.sql:4: this statement is not understood",
        "skipped: 1 lockfile is not read: package-lock.json",
        "accepted: src/lib/client.ts:3 table-without-rls (comment: a public lookup table)",
        "No findings; 1 accepted. 4 files in 0.25 s.",
        "1 file not read, 1 place not understood: findings may be missing.",
    ]


def test_what_says_the_same_in_many_places_is_shown_once_with_all_places(sample: Make) -> None:
    run = sample()
    first = run.findings[0]
    many = tuple(structs.replace(first, key=str(number), place=Place("api/chat.py", Span(number, number + 1))) for number in range(40))
    shown = text(structs.replace(run, findings=many)).splitlines()
    at = next(number for number, line in enumerate(shown) if line == "  the same in 39 more places:")
    assert (shown.count(f"  {first.message}"), [line.strip() for line in shown[at + 30 : at + 32]]) == (
        1, ["api/chat.py:3", "and 9 more (--verbose shows all)"],
    )  # fmt: skip
    verbose = text(structs.replace(run, findings=many, verbose=True)).splitlines()
    assert verbose.count(f"  {first.message}") == 40


def test_nothing_found_and_nothing_scanned(sample: Make) -> None:
    clean = sample(findings=(), notes=(), accepted=(), hidden=0)
    assert text(clean) == "No findings. 4 files in 0.25 s.\n"
    assert text(structs.replace(clean, quiet=True)) == ""
    assert text(structs.replace(clean, files=0)) == "No findings. There was nothing to scan.\n"
    assert text(structs.replace(clean, files=1)) == "No findings. 1 file in 0.25 s.\n"


def test_paths_are_shown_from_where_batten_was_started(sample: Make) -> None:
    run = sample(root=Path("/shop"), here=Path("/shop/api"), notes=())
    assert text(run, "concise").splitlines()[1].startswith("chat.py:6:5: ")
    assert text(run, "concise").splitlines()[0].startswith("../supabase/migrations/0001_init.sql:2:1: ")


def test_colour_changes_nothing_but_colour(sample: Make) -> None:
    import re

    coloured = text(sample(), style=Style(colour=True))
    assert coloured != FULL
    assert re.sub(r"\x1b\[\d+m", "", coloured) == FULL


@pytest.mark.parametrize(
    ("terminal", "environment", "expected"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "0"}, False),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_when_there_is_colour(terminal: bool, environment: dict[str, str], expected: bool) -> None:
    class Stream(StringIO):
        def isatty(self) -> bool:
            return terminal

    assert style_of(Stream(), environment).colour is expected


HOSTILE = "\x1b[2J\x9b31m\u202egnp.exe\u2066\n::add-mask::x\r\n##[group]x [bold]y[/bold] \u200b\x07\U000e0041"


def hostile(**changes: object) -> Finding:
    finding = Finding(
        rule="table-without-rls",
        message=f"table {HOSTILE}",
        place=Place(f"::warning::{HOSTILE}.sql", Span(0, 5)),
        key="k",
        subject="s",
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH,
        reason=HOSTILE,
    )
    return structs.replace(finding, **changes)


@pytest.mark.parametrize("name", ["full", "concise", "github", "json", "sarif"])
def test_text_of_strangers_can_do_nothing_to_a_terminal_or_a_log(sample: Make, name: str) -> None:
    run = sample(
        findings=(hostile(),),
        accepted=(),
        notes=(Note(NoteKind.IGNORE, HOSTILE), Note(NoteKind.NOT_READ, HOSTILE, Place(HOSTILE, Span(0, 1)))),
        sources=lambda path: HOSTILE.encode("utf-8", "surrogatepass"),
        verbose=True,
        seconds=0.25,
    )
    said = text(run, name)
    assert "\x1b" not in said
    assert all(letter == "\n" or letter.isprintable() for letter in said)
    for line in said.splitlines():
        assert not line.lstrip().startswith("::") or name == "github"
        assert "##[" not in line or name in {"json", "sarif"}
    if name == "github":
        commands = [line for line in said.splitlines() if line.startswith("::")]
        assert [command.split(" ")[0] for command in commands] == ["::error", "::warning"]


def test_a_message_that_looks_like_a_command_at_a_line_start(sample: Make) -> None:
    run = sample(findings=(hostile(message="::stop-commands::x", reason=""),), notes=(), accepted=())
    assert not [line for line in text(run).splitlines() if line.lstrip().startswith("::")]


def test_a_file_that_is_gone_is_reported_without_its_text(sample: Make) -> None:
    def gone(path: str) -> bytes:
        raise OSError(path)

    run = sample(sources=gone, notes=(), accepted=(), hidden=0)
    assert text(run, "concise").splitlines()[0].startswith("supabase/migrations/0001_init.sql:1:1: critical")
    assert "│" not in text(run)


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("One\ntwo.\n\nThree.", "One two."),
        ("```sql\nselect 1;\n```\n\nThen **this** `x`.", "Then this x."),
        ("See [the guide](https://example.org/x).", "See the guide (https://example.org/x)."),
        ("- a\n- b", ""),
        ("", ""),
        ("\x1b[31mred", "\\x1b[31mred"),
    ],
)
def test_the_first_paragraph(markdown: str, expected: str) -> None:
    assert first_paragraph(markdown) == expected
