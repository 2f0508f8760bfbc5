"""The pytest plugin that runs the examples of rule pages: each level-3 heading under "## Examples" is one test.

A page is a Markdown file beside a pack.yml. Nothing of batten is imported before there is one.
"""

from __future__ import annotations

import os
from collections import Counter
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batten.rules.page import Example, Mark, Page
    from batten.rules.registry import RuleSet

ENGINE = "BATTEN_SEMGREP"
"""The variable that names the program for rules that are patterns; else it is that of PATH."""
_RULES = pytest.StashKey[dict["Path | None", "RuleSet"]]()


class ExampleError(Exception):
    """The findings of the rule are not where the example's marks are."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Takes pages."""
    if file_path.suffix != ".md" or file_path.name == "README.md" or not file_path.with_name("pack.yml").is_file():
        return None
    collector: pytest.Collector = PageFile.from_parent(parent, path=file_path)
    return collector


class PageFile(pytest.File):
    """One page."""

    def collect(self) -> Iterator[pytest.Item]:
        """Its examples."""
        rules = self._rules()
        page = rules.page(self.path.stem)
        for example in page.examples:
            item: ExampleItem = ExampleItem.from_parent(
                self, name=f"{example.kind}: {example.title}", rules=rules, page=page, example=example
            )
            if example.kind == "missed":
                item.add_marker(pytest.mark.xfail(raises=ExampleError, strict=True, reason="a known miss"))
            yield item

    def _rules(self) -> RuleSet:
        from batten.rules import packs, registry

        kept = self.config.stash.setdefault(_RULES, {})
        if None not in kept:
            kept[None] = registry.load()
        folder = self.path.parent.resolve()
        if any(packs.folder_of(pack).resolve() == folder for pack in kept[None].packs):
            return kept[None]
        if folder not in kept:
            kept[folder] = registry.load([folder])
        return kept[folder]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002 - pytest passes it
        """A page that is not valid says so without a traceback."""
        from batten.finding import BattenError

        if isinstance(excinfo.value, BattenError):
            return f"{excinfo.value}\n{excinfo.value.help}".rstrip()
        return super().repr_failure(excinfo)


class ExampleItem(pytest.Item):
    """One example, scanned with all rules."""

    def __init__(self, *, rules: RuleSet, page: Page, example: Example, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._rules = rules
        self._page = page
        self._example = example

    def runtest(self) -> None:
        """Compares where the rule's findings are with where they are expected."""
        scan = pytest.importorskip("batten.scan", reason="this batten cannot scan")
        from batten.testing_keys import expand

        files = {path: expand(text).encode() for path, text in self._example.files}
        found = _by_guest(files, self._rules) if self._page.semgrep else scan.scan_files(files, self._rules).findings
        problems = compare(self._example.marks, [_line(finding.place, files) for finding in found if finding.rule == self._page.id])
        if problems:
            others = sorted({f"{finding.rule} at {':'.join(map(str, _line(finding.place, files)))}" for finding in found})
            raise ExampleError("\n".join([*problems, f"all findings: {', '.join(others) or 'none'}"]))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The heading of the example."""
        return self.path, self._example.line - 1, f"{self._page.id}: {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002 - pytest passes it
        """What is missing and what is too much, without a traceback."""
        if isinstance(excinfo.value, ExampleError):
            return f"{self.path.name}:{self._example.line}: {self.name}\n{excinfo.value}"
        return super().repr_failure(excinfo)


def _by_guest(files: dict[str, bytes], rules: RuleSet) -> tuple[Any, ...]:
    """The findings of an example whose rule is a pattern; skips where the engine is not there."""
    from pathlib import Path

    from batten.config import Config
    from batten.discover import discover
    from batten.guest import Guest, find
    from batten.scan import scan

    with TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        named = os.environ.get(ENGINE)
        engine = find(Path(named) if named else None, root)
        if engine is None:
            pytest.skip(f"semgrep is not here: pipx install semgrep, or name it in {ENGINE}")
        for path, data in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        return scan(discover([root], Config()), Config(), rules, 1, guest=Guest(engine, root)).findings


def compare(marks: tuple[Mark, ...], lines: list[tuple[str, int]]) -> list[str]:
    """One sentence for each mark without its findings, and each finding without a mark."""
    left = Counter(lines)
    problems = []
    for mark in sorted(marks, reverse=True):  # a mark for any line of a file takes what those with lines have left
        where = (mark.path, mark.line)
        spots = [where] if mark.line else sorted(spot for spot in left if spot[0] == mark.path)
        for _ in range(mark.count):
            spot = next((spot for spot in spots if left[spot]), None)
            if spot is None:
                problems.append(f"no finding at {mark.path}{f':{mark.line}' if mark.line else ''}")
            else:
                left[spot] -= 1
    return problems + [f"a finding without a mark at {path}:{line}" for (path, line), count in sorted(left.items()) for _ in range(count)]


def _line(place: Any, files: dict[str, bytes]) -> tuple[str, int]:
    return place.path, files.get(place.path, b"").count(b"\n", 0, place.span.start) + 1
