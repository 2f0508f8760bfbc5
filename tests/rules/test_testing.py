"""The pytest plugin: what it collects, and what it makes of examples that hold, fail, or are known misses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from batten.rules.page import Mark
from batten.testing import compare

ROOT = Path(__file__).parents[2]
ACME = Path(__file__).parent / "packs" / "acme"


@pytest.mark.parametrize(
    ("marks", "lines", "problems"),
    [
        ((), [], []),
        ((Mark("a", 1),), [("a", 1)], []),
        ((Mark("a", 1),), [("a", 2)], ["no finding at a:1", "a finding without a mark at a:2"]),
        ((Mark("a", 1),), [("a", 1), ("a", 1)], ["a finding without a mark at a:1"]),
        ((Mark("a", 1, 2),), [("a", 1), ("a", 1)], []),
        ((Mark("a", 1, 2),), [("a", 1)], ["no finding at a:1"]),
        ((Mark("a", 0),), [("a", 7)], []),
        ((Mark("a", 0),), [("b", 7)], ["no finding at a", "a finding without a mark at b:7"]),
        ((Mark("a", 0), Mark("a", 3)), [("a", 3), ("a", 1)], []),
        ((Mark("a", 0, 2),), [("a", 1), ("a", 1)], []),
    ],
)
def test_marks_and_findings_are_compared_line_by_line(marks: tuple[Mark, ...], lines: list[tuple[str, int]], problems: list[str]) -> None:
    assert compare(marks, lines) == problems


def run(folder: Path, *arguments: str, plugin: bool) -> tuple[int, str]:
    """What pytest says about a folder, alone."""
    loaded = () if plugin else ("-p", "batten.testing")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:pytest-lsp",  # stumbles over tests that are no functions
            "-c",
            os.devnull,
            "--rootdir",
            folder,
            "-rA",
            "--tb=short",
            *loaded,
            *arguments,
            folder,
        ],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PY_COLORS": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def plugin(pytestconfig: pytest.Config) -> bool:
    """Whether an installed batten has made itself known to pytest."""
    return any(
        entry.name == "batten"
        for _, dist in pytestconfig.pluginmanager.list_plugin_distinfo()
        for entry in dist.entry_points
        if entry.group == "pytest11"
    )


def pack(folder: Path, examples: str) -> Path:
    """A copy of the pack with other examples."""
    folder.mkdir()
    (folder / "pack.yml").write_text(f"name: {folder.name}\ntitle: A pack\n")
    head = (ACME / "acme-table-without-prefix.md").read_text().partition("## Examples")[0]
    (folder / "acme-table-without-prefix.md").write_text(f"{head}## Examples\n\n{examples}")
    (folder / "README.md").write_text("Not a page.\n")
    return folder


def example(title: str, sql: str) -> str:
    return f"### {title}\n\n`supabase/migrations/20250101000000_a.sql`:\n\n```sql\n{sql}\n```\n\n"


OPEN = "create table public.orders (id uuid primary key);"


def test_each_heading_is_a_test(tmp_path: Path, plugin: bool) -> None:
    folder = pack(tmp_path / "acme", example("Flagged: a b", OPEN + "  -- finding") + example("Clean: c", "select 1;"))
    status, output = run(folder, "--collect-only", "-q", plugin=plugin)
    assert status == 0, output
    assert [line for line in output.split("\n") if "::" in line] == [
        "acme-table-without-prefix.md::flagged: a b",
        "acme-table-without-prefix.md::clean: c",
    ]


def test_a_page_that_is_not_valid_says_where(tmp_path: Path, plugin: bool) -> None:
    folder = pack(tmp_path / "acme", example("Flagged: a", OPEN))
    status, output = run(folder, plugin=plugin)
    assert status != 0
    assert "acme-table-without-prefix.md:25: the example 'a' is flagged but has no mark" in output
    assert "Traceback" not in output


def test_markdown_without_a_pack_is_left_alone(tmp_path: Path, plugin: bool) -> None:
    (tmp_path / "notes.md").write_text("---\nid: x\n---\n")
    status, output = run(tmp_path, plugin=plugin)
    assert (status, "no tests ran" in output) == (5, True)


def test_examples_pass_fail_and_are_missed(tmp_path: Path, plugin: bool) -> None:
    pytest.importorskip("batten.scan", reason="there is no scan yet")
    folder = pack(
        tmp_path / "acme",
        example("Flagged: right", OPEN + "  -- finding")
        + example("Flagged: wrong line", OPEN + "\nselect 1;  -- finding")
        + example("Clean: right", "create table public.acme_orders (id uuid);")
        + example("Clean: wrong", OPEN)
        + example("Missed: still", "select 1;  -- finding")
        + example("Missed: no more", OPEN + "  -- finding"),
    )
    status, output = run(folder, plugin=plugin)
    assert status == 1
    verdicts = sorted(
        line.split(" - ")[0].replace("acme-table-without-prefix.md::", "")
        for line in output.split("\n")
        if line.startswith(("PASSED", "FAILED", "XFAIL", "XPASS"))
    )
    assert verdicts == [
        "FAILED clean: wrong",
        "FAILED flagged: wrong line",
        "FAILED missed: no more",
        "PASSED clean: right",
        "PASSED flagged: right",
        "XFAIL missed: still",
    ]
    assert (
        "no finding at supabase/migrations/20250101000000_a.sql:2\na finding without a mark at supabase/migrations/20250101000000_a.sql:1\n"
        in output
    )
    assert "Traceback" not in output
