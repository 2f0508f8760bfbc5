"""What holds everywhere in the house: pages, checks, sizes, a quick start, and documentation that leaves nothing out."""

import ast
import importlib.util
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from batten.checks import BUILT_IN
from batten.facts.vocabulary import Meaning, Target
from batten.finding import Severity
from batten.rules import registry
from batten.rules.fields import facts
from batten.rules.page import ExampleKind, Page, load_page
from batten.rules.vocabulary import load_vocabulary

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "batten").rglob("*.py"))
PAGES = registry.load(with_plugins=False).pages
# The longest a module may be: past this there are two in it.
MOST_LINES = 500
SLOW = {"jsonschema", "libcst", "sqlglot", "pygls", "mcp", "yaml", "importlib.metadata"}
HAS_COMMAND = importlib.util.find_spec("batten.cli") is not None

# Codes of planning documents, which mean nothing to a reader of this repository: rules go by their slugs.
CODES = re.compile(r"\b(?:RLS|SBC|KEY|CLX|AUT|AZN|LLM|AGT|INJ|XSS|WEB|CRY|CFG|LNK)\d{3}\b")


@pytest.fixture(params=PAGES, ids=lambda page: page.id)
def page(request: pytest.FixtureRequest) -> Page:
    found: Page = request.param
    return found


def test_every_page_file_is_a_rule() -> None:
    files = [path.stem for path in (ROOT / "rulepacks").rglob("*.md") if path.name != "README.md"]
    assert sorted(files) == [page.id for page in PAGES]


def test_every_page_says_what_why_and_how(page: Page) -> None:
    assert (bool(page.summary), bool(page.why), bool(page.mend)) == (True, True, True)
    assert not page.title.endswith(".")
    assert page.cwe != ()


def test_every_page_shows_what_it_flags_and_what_it_leaves_alone(page: Page) -> None:
    kinds = Counter(example.kind for example in page.examples)
    assert kinds[ExampleKind.FLAGGED] >= 1
    assert kinds[ExampleKind.CLEAN] >= 1
    titles = [(example.kind, example.title) for example in page.examples]
    assert len(set(titles)) == len(titles)


def test_every_swallowed_rule_exists(page: Page) -> None:
    assert [name for name in page.swallows if name not in {other.id for other in PAGES}] == []


def test_a_rule_is_no_worse_than_the_rules_that_swallow_it(page: Page) -> None:
    """Or it would not be swallowed: the sure and severe finding is never hidden behind a lesser one."""
    weaker = [other for other in PAGES if other.id in page.swallows]
    assert [other.id for other in weaker if other.severity.rank < page.severity.rank] == []


def test_each_check_has_a_page_and_each_page_its_check() -> None:
    assert sorted(page.check for page in PAGES if page.check) == sorted(BUILT_IN)
    modules = {path.stem for path in (ROOT / "src" / "batten" / "checks").glob("*.py")} - {"__init__"}
    assert modules == {name.replace("-", "_") for name in BUILT_IN}
    assert all(callable(check.load()) for check in BUILT_IN.values())
    assert {check.fact for check in BUILT_IN.values()} <= facts().keys()


def test_only_a_remark_is_for_information_at_its_worst(page: Page) -> None:
    assert (page.severity is Severity.INFO) == (page.fact == "remark")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_too_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


def test_every_module_says_what_it_knows() -> None:
    silent = [str(path.relative_to(ROOT)) for path in SOURCES if (text := path.read_text()) and not ast.get_docstring(ast.parse(text))]
    assert silent == []


def test_no_module_is_a_drawer_for_anything() -> None:
    assert [path.name for path in SOURCES if path.stem in ("utils", "util", "common", "base", "helpers", "misc")] == []


def test_nothing_but_parsers_and_the_code_model_knows_syntax_trees() -> None:
    package = ROOT / "src" / "batten"
    rooms = {package / "parse", package / "code"}
    outside = [path for path in SOURCES if rooms.isdisjoint(path.parents)]
    assert [str(path.relative_to(ROOT)) for path in outside if "tree_sitter" in imported_by(path)] == []


def imported_by(path: Path) -> set[str]:
    """The packages that a module imports anywhere in it; grammars go by the name of their parser."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return {"tree_sitter" if name.startswith("tree_sitter") else name for name in found}


def loaded_by(script: str) -> set[str]:
    """The slow modules that a fresh interpreter has after a script."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\nsys.path.insert(0, {str(ROOT / 'src')!r})\n{script}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return SLOW & set(done.stdout.split("\n")[-2].split())


def test_slow_libraries_are_not_imported_to_load_rules() -> None:
    registry.load(with_plugins=False)  # has them compiled, where a page has just changed
    assert loaded_by("from batten.rules import registry, run; registry.load()") == set()


@pytest.mark.skipif(not HAS_COMMAND, reason="there is no command yet")
def test_slow_libraries_are_not_imported_at_the_start() -> None:
    assert loaded_by("import batten.cli") == set()


def options(command: object, path: str = "") -> list[str]:
    """Every long option of a command and of those under it."""
    import click

    assert isinstance(command, click.Command)
    found = [
        option
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    ]
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            found += [name, *options(inner, f"{path} {name}")]
    return found


@pytest.mark.skipif(not HAS_COMMAND, reason="there is no command yet")
def test_every_option_and_command_is_in_the_documentation() -> None:
    import click

    cli = importlib.import_module("batten.cli")
    text = "\n".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    groups = [value for value in vars(cli).values() if isinstance(value, click.Group)]
    assert groups
    missing = {option for group in groups for option in options(group) if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text)}
    assert missing - {"--help", "--version"} == set()


def test_every_key_of_the_configuration_is_in_its_documentation() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    schema = json.loads((ROOT / "src" / "batten" / "batten.schema.json").read_text())
    assert [key for key in schema["properties"] if f"`{key}`" not in text] == []


def test_every_key_of_a_page_is_in_its_documentation() -> None:
    text = (ROOT / "docs" / "writing-rules.md").read_text()
    schema = json.loads((ROOT / "src" / "batten" / "rules" / "page.schema.json").read_text())
    assert [key for key in schema["properties"] if f"`{key}`" not in text] == []


def test_every_meaning_of_a_name_is_in_its_documentation() -> None:
    text = (ROOT / "docs" / "writing-rules.md").read_text()
    assert [word for word in (*Meaning, *Target) if f"`{word}`" not in text] == []


def test_what_the_documentation_shows_of_pages_and_rows_is_valid() -> None:
    text = (ROOT / "docs" / "writing-rules.md").read_text()
    page = re.search(r"^````markdown\n(---\n.*?)^````$", text, re.MULTILINE | re.DOTALL)
    rows = re.search(r"^```yaml\n(- .*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert page
    assert rows
    loaded = load_page(page[1], "docs/writing-rules.md", checks=None)
    assert [example.kind for example in loaded.examples] == [ExampleKind.FLAGGED, ExampleKind.CLEAN]
    assert load_vocabulary(rows[1], "docs/writing-rules.md") != ()


def test_rules_go_by_their_slugs() -> None:
    folders = ("src", "rulepacks", "docs", "tests", "bench", "scripts", "fixtures", ".ci")
    files = [
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md", ".yml", ".json", ".toml", ".txt")
    ]
    files += [path for path in ROOT.glob("*") if path.suffix in (".py", ".md", ".toml", ".txt")]
    found = [
        f"{path.relative_to(ROOT)}: {code}"
        for path in files
        if "node_modules" not in path.parts
        for code in CODES.findall(path.read_text("utf-8", "replace"))
    ]
    assert found == []
