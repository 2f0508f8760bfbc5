"""What pipelines and review tools read: GitLab's Code Quality, JUnit, reviewdog's rdjson and Markdown."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from batten.report import Run, write
from batten.report.markdown import code

Make = Callable[..., Run]


def text(run: Run, name: str) -> str:
    stream = StringIO()
    write(run, name, stream)
    return stream.getvalue()


def test_gitlab_gets_an_array_of_issues(sample: Make) -> None:
    rows: list[dict[str, Any]] = json.loads(text(sample(), "gitlab"))
    assert [(row["severity"], row["check_name"], row["location"]) for row in rows] == [
        ("blocker", "table-without-rls", {"path": "supabase/migrations/0001_init.sql", "lines": {"begin": 2}}),
        ("critical", "route-without-auth", {"path": "api/chat.py", "lines": {"begin": 6}}),
        ("major", "secret-in-repository", {"path": ".env", "lines": {"begin": 2}}),
    ]
    assert {tuple(sorted(row)) for row in rows} == {("check_name", "description", "fingerprint", "location", "severity")}


def test_equal_findings_have_fingerprints_of_their_own(sample: Make) -> None:
    finding = sample().findings[0]
    rows = json.loads(text(sample(findings=(finding, structs.replace(finding, message="another"))), "gitlab"))
    assert len({row["fingerprint"] for row in rows}) == 2
    assert json.loads(text(sample(findings=()), "gitlab")) == []


def test_junit_counts_findings_as_failures(sample: Make) -> None:
    root = ET.fromstring(text(sample(), "junit"))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "3", "1")
    assert [(case.get("name"), [child.tag for child in case]) for case in suite] == [
        ("table-without-rls: supabase/migrations/0001_init.sql:2", ["failure"]),
        ("route-without-auth: api/chat.py:6", ["failure"]),
        ("secret-in-repository: .env:2", ["failure"]),
        ("complete", ["error"]),
    ]


def test_junit_without_findings_has_a_test_that_passed(sample: Make) -> None:
    root = ET.fromstring(text(sample(findings=(), notes=()), "junit"))
    assert [(case.get("name"), list(case)) for case in root[0]] == [("no findings", [])]


@given(st.text())
def test_any_text_is_valid_xml(sample_text: str) -> None:
    from batten.report.junit import _attribute

    assert ET.fromstring(f"<a b={_attribute(sample_text)}/>").get("b") is not None


def test_reviewdog_gets_columns_in_bytes(sample: Make) -> None:
    found = sample().findings[1]
    run = sample(findings=(found,), sources={"api/chat.py": ("\u00e9" * 20 + "chat(): ...\n").encode() * 9}.__getitem__)
    (row,) = json.loads(text(run, "rdjson"))["diagnostics"]
    start = found.place.span.start
    assert row["location"] == {
        "path": "api/chat.py",
        "range": {"start": {"line": 2, "column": start - 52 + 1}, "end": {"line": 2, "column": start - 52 + 1 + 11}},
    }
    assert (row["severity"], row["code"]) == ("ERROR", {"value": "route-without-auth"})


def test_markdown_has_a_table(sample: Make) -> None:
    lines = text(sample(), "markdown").splitlines()
    assert lines[0].startswith("**batten:** 1 critical, 1 high, 1 medium; 1 accepted")
    assert lines[-1] == (
        "| medium | `the key SERVICE_KEY can be read by everyone who can read the repository` [`secret-in-repository`] | `.env:2` |"
    )


@given(st.text())
def test_nothing_gets_out_of_code(sample_text: str) -> None:
    shown = code(sample_text)
    fence = shown[: len(shown) - len(shown.lstrip("`"))]
    inner = shown[len(fence) : -len(fence)]
    assert "\n" not in shown
    assert fence not in inner.replace("`" * (len(fence) + 1), "")
    assert "|" not in inner.replace("\\|", "")


@pytest.mark.parametrize("name", ["gitlab", "junit", "rdjson", "markdown"])
def test_equal_runs_give_equal_bytes(sample: Make, name: str) -> None:
    assert text(sample(), name) == text(sample(), name)
