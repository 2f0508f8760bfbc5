"""The file of known findings: stable, counted, and plain about what is wrong with it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.baseline import Baseline, create, dump, load, update
from batten.finding import Confidence, ConfigError, Finding, Severity
from batten.text import Place, Span


def finding(key: str, line: int = 0) -> Finding:
    return Finding(key.partition("|")[0], "m", Place("a.sql", Span(line, line)), key, "s", Severity.HIGH, Confidence.HIGH)


TABLE, ROUTE = "table-without-rls||table|public.orders", "route-without-auth|api|route|POST /chat"


def test_the_file_is_sorted_and_has_a_line_a_key(tmp_path: Path) -> None:
    made = create([finding(TABLE, 5), finding(ROUTE, 9), finding(TABLE, 1)])
    expected = """\
{
  "version": 1,
  "tool": "batten",
  "findings": {
    "route-without-auth|api|route|POST /chat": 1,
    "table-without-rls||table|public.orders": 2
  }
}
"""
    assert dump(made) == expected
    (tmp_path / "known.json").write_text(expected)
    assert load(tmp_path / "known.json") == made


def test_known_findings_are_told_apart_and_counted() -> None:
    first, second, third = finding(TABLE, 1), finding(TABLE, 2), finding(ROUTE)
    assert Baseline({TABLE: 1, "gone|x": 3}).split([first, second, third]) == ([second, third], [first])
    assert Baseline({}).split([first]) == ([first], [])


def test_an_update_drops_what_is_gone_and_takes_in_nothing_new() -> None:
    old = Baseline({TABLE: 3, ROUTE: 1, "gone-rule||x|y": 1, "other-rule||x|y": 2})
    ran = ["table-without-rls", "route-without-auth", "gone-rule", "new-rule"]
    new = update(old, [finding(TABLE), finding(TABLE), finding("new-rule||x|y")], ran)
    assert new.keys == {TABLE: 2, "other-rule||x|y": 2}


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 9)))
def test_any_keys_come_back(tmp_path_factory: pytest.TempPathFactory, keys: dict[str, int]) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_text(dump(Baseline(keys)), encoding="utf-8")
    assert load(file) == Baseline(keys)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: this is not valid JSON"),
        ('{"version": 1,\n oops}', ":2: this is not valid JSON"),
        ("[" * 100_000, ": this is not valid JSON"),
        ("[]", " is not a baseline of batten"),
        ('{"version": 1}', " is not a baseline of batten"),
        ('{"tool": "batten", "version": 2}', " has version 2, and this batten reads version 1"),
        ('{"tool": "batten", "version": 1, "findings": ["x"]}', ": 'findings' must be an object of keys and counts"),
        ('{"tool": "batten", "version": 1, "findings": {"x": 0}}', ": the count of 'x' must be 1 or more"),
        ('{"tool": "batten", "version": 1, "findings": {"x": true}}', ": the count of 'x' must be 1 or more"),
    ],
)
def test_a_file_that_cant_be_used(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        load(file)
    assert str(error.value) == f"{file}{message}"
    assert f"batten baseline create --baseline {file}" in error.value.help


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no baseline file"):
        load(tmp_path / "nowhere.json")
    with pytest.raises(ConfigError, match="there is no baseline file"):
        load(tmp_path)
    (tmp_path / "x.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="this is not valid JSON"):
        load(tmp_path / "x.json")
