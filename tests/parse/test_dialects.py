"""The second reading of conditions against PostgreSQL's own grammar and against ours; hostile text; SQL in code and of other databases."""

import re
from pathlib import Path

import pytest
import server_expressions
from hypothesis import event, given, settings
from hypothesis import strategies as st
from server_grammar import PgQueryError
from sql_texts import CONDITIONS

from batten.parse.dialects.conditions import condition
from batten.parse.dialects.reading import is_within_bounds, read
from batten.parse.postgres import lower_access, statements
from batten.parse.postgres.access_statements import AlterPolicy, CreatePolicy
from batten.parse.postgres.expressions import Expression, Invocation, Name, Opaque, Operation, Reference

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)


def conditions_of(sql: str) -> list[tuple[str, Expression]]:
    """The conditions of policies, as written and as we read them; texts that are kept whole only."""
    found = [each for each in statements(sql.encode()) if isinstance(each, CreatePolicy | AlterPolicy)]
    clauses = [pair for each in found for pair in ((each.using_text, each.using), (each.check_text, each.check))]
    return [(text, value) for text, value in clauses if text is not None and value is not None and len(text) < 500]


def own_conditions() -> list[tuple[str, Expression]]:
    texts = [path.read_text() for path in sorted((ROOT / "fixtures").rglob("*.sql"))]
    texts += [block for path in sorted((ROOT / "rulepacks").rglob("*.md")) for block in _BLOCK.findall(path.read_text())]
    return list({text: (text, value) for sql in texts for text, value in conditions_of(sql)}.values())


def test_both_readings_of_every_condition_of_fixtures_and_pages_agree() -> None:
    found = own_conditions()
    assert len(found) > 100
    assert [
        (text, value) for text, value in found if (second := condition(text)) is None or not server_expressions.agrees(value, second)
    ] == []


@given(CONDITIONS)
@settings(max_examples=1000, deadline=None)
def test_a_second_reading_means_what_the_server_reads_or_is_none(text: str) -> None:
    try:
        wanted = server_expressions.expected(text)
    except (PgQueryError, server_expressions.UnknownError):
        event("invalid")
        return
    found = condition(text)
    event("none" if found is None else "read")
    assert found is None or server_expressions.agrees(found, wanted), (found, wanted)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000 + "1" + ")" * 5_000,
        "not " * 5_000 + "true",
        "- " * 5_000 + "1",
        "case when " * 5_000,
        "a = 1 and " * 50_000 + "true",
        "[" * 500,
        "'" + "x" * 200_000,
        "a = '",
        "a ->> ",
        "\x00",
        "1); drop table a; select (1",
    ],
)
def test_hostile_conditions_are_none_and_raise_nothing(text: str) -> None:
    assert condition(text) is None


def test_a_long_chain_within_bounds_is_read() -> None:
    found = condition(" and ".join(["a = 1"] * 2_000))
    assert isinstance(found, Operation)
    assert len(found.operands) == 2_000


@given(st.text(alphabet="()[]'\"$-/* \nabnotcasewhen=;:", max_size=200))
def test_garbled_text_raises_nothing(text: str) -> None:
    assert is_within_bounds(text) in (True, False)
    condition(text)


def test_what_sqlglot_hands_back_unread_is_no_answer() -> None:
    assert read("do $$ begin drop table a; end $$", "postgres") is None


def test_a_condition_that_we_leave_open_is_read_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lower_access, "expression", lambda tree, node: Opaque(tree.text(node)))
    assert [value for _, value in conditions_of("create policy p on t using (owner = auth.uid()) with check (owner is unknown);")] == [
        Operation("=", (Reference(("owner",)), Invocation(Name("auth", "uid")))),
        Opaque("owner is unknown"),
    ]
