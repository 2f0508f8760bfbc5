"""The README keeps up: every rule is in it, every link leads somewhere, and its two commands are what they say."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from batten.rules import registry

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/quickstart.md", "docs/rules.md")]


def command(name: str) -> str:
    found = re.search(rf"<!-- command: {name} -->\n```sh\n(.+)\n```\n<!-- end -->", (ROOT / "README.md").read_text())
    assert found is not None
    return found[1]


def listed(page: str, before: str) -> list[tuple[str, str]]:
    """The name and the path of each rule in the table of a page."""
    return re.findall(rf"^\| \[([\w-]+)\]\({before}(rulepacks/[\w/-]+\.md)\) \|", (ROOT / page).read_text(), re.MULTILINE)


def test_every_rule_is_listed() -> None:
    pages = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("rulepacks/*/*.md") if path.name != "README.md"}
    found = listed("docs/rules.md", r"\.\./")
    assert sorted(path for _, path in found) == sorted(pages)
    assert [(name, path) for name, path in [*found, *listed("README.md", "")] if Path(path).stem != name] == []


def test_every_name_of_a_rule_in_supabase_s_linter_is_listed() -> None:
    rows = re.findall(r"^\| (\d{4}) \w+ \| (.+) \|$", (ROOT / "docs/rules.md").read_text(), re.MULTILINE)
    listed_there = sorted((f"splinter:{lint}", rule) for lint, rules in rows for rule in re.findall(r"`([\w-]+)`", rules))
    pages = registry.load(with_plugins=False).pages
    assert listed_there == sorted((alias, page.id) for page in pages for alias in page.aliases if alias.startswith("splinter:"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_each_command_is_one_line_from_a_fresh_environment() -> None:
    for name in ("try", "tests"):
        assert command(name).startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert command("try").endswith(".venv/bin/batten check fixtures/apps/moltbook")
    assert command("tests").endswith(".venv/bin/nox")


def test_ci_runs_the_command_of_the_readme() -> None:
    assert "<!-- command: tests -->" in (ROOT / ".ci" / "run").read_text()


def test_the_app_of_the_readme_shows_its_open_tables_as_it_stands() -> None:
    words = command("try").rpartition(".venv/bin/batten ")[2].split()
    done = subprocess.run(
        [sys.executable, "-m", "batten", *words, "--output-format", "json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    found = Counter(finding["rule"] for finding in json.loads(done.stdout)["findings"])
    assert (done.returncode, done.stderr, found["browser-uses-open-table"]) == (1, "", 5)
