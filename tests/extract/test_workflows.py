"""Workflows of GitHub Actions: which events strangers set off, and what of theirs runs."""

import pytest

from batten.extract.packages import workflows

PATH = ".github/workflows/a.yml"
JOB = "jobs:\n  a:\n    steps:\n      - run: echo ${{ github.event.issue.title }}\n"


def found(text: str) -> list[tuple[str, str, bool]]:
    return [(each.name, each.shown, each.narrow) for each in workflows.read(PATH, text.encode()).settings]


@pytest.mark.parametrize("events", ["issues", "[push, issues]", "{issues: {types: [opened]}, push: }"])
def test_however_events_are_written(events: str) -> None:
    assert found(f"on: {events}\n{JOB}") == [("a|0|words", "on issues, words of a stranger become part of a script", False)]


@pytest.mark.parametrize("events", ["push", "pull_request", "workflow_dispatch", "[push, schedule]"])
def test_events_that_strangers_do_not_set_off_with_secrets(events: str) -> None:
    assert found(f"on: {events}\n{JOB}") == []


@pytest.mark.parametrize(
    "text",
    [
        "", "on: issues", "on: issues\njobs: 1", "on: issues\njobs: [1]", "on: issues\njobs: { a: }", "on: issues\njobs: { a: { steps: [1, {run: 2}] } }",
        "on: [issues\njobs: {", "\x00", "- 1",
    ],
)  # fmt: skip
def test_half_written_files_say_nothing(text: str) -> None:
    assert found(text) == []


def test_code_of_strangers_has_to_run() -> None:
    fetch = '      - uses: actions/checkout@v4\n        with: { ref: "${{ github.head_ref }}" }\n'
    head = "on: pull_request_target\njobs:\n  a:\n    steps:\n"
    told = "on pull_request_target, it fetches the code of a stranger and runs it with the rights of the repository"
    assert found(head + fetch) == []
    assert found(f"{head}      - run: make\n{fetch}") == []
    assert found(f"{head}{fetch}      - run: make\n") == [("a|0|checkout", told, False)]
    assert found(f"{head}{fetch}      - uses: ./.github/actions/build\n") == [("a|0|checkout", told, False)]
    gated = head.replace("    steps", "    environment: preview\n    steps")
    assert found(f"{gated}{fetch}      - run: make\n") == [("a|0|checkout", told, True)]


def test_only_files_of_its_folder_are_workflows() -> None:
    assert [workflows.reads(path, path.rpartition("/")[2]) for path in (PATH, "app/.github/workflows/b.yaml", ".github/a.yml", "workflows/a.yml")] == [
        True, True, False, False,
    ]  # fmt: skip
