"""``batten init`` shows what it writes, replaces nothing, and what it writes works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from changes import commit, lay_out
from hypothesis import given
from hypothesis import strategies as st

from batten.bot.document import read
from batten.start_files import _with_hook

ROOT = Path(__file__).parents[1]
MADE = ["batten.toml", ".github/workflows/batten.yml", ".pre-commit-config.yaml"]


def init(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "batten", "init", *words], cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)


def test_nothing_is_written_unasked_and_the_patch_is_shown(tmp_path: Path) -> None:
    commit(tmp_path, {"README.md": ""})
    done = init(tmp_path)
    assert (done.returncode, done.stderr, files(tmp_path)) == (1, "nothing is written: --yes writes it\n", ["README.md"])
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=done.stdout, text=True, check=True)
    assert files(tmp_path) == sorted([*MADE, "README.md"])


def test_a_second_run_has_nothing_to_write(tmp_path: Path) -> None:
    commit(tmp_path, {"README.md": ""})
    assert init(tmp_path, "--yes").returncode == 0
    done = init(tmp_path, "--yes")
    assert (done.returncode, done.stdout, done.stderr.splitlines()[-1]) == (0, "", "there is nothing to write")


def test_what_is_written_is_understood(tmp_path: Path) -> None:
    commit(tmp_path, {"README.md": ""})
    init(tmp_path, "--yes")
    done = subprocess.run([sys.executable, "-m", "batten", "check", "--quiet"], cwd=tmp_path, capture_output=True, text=True, check=False)
    told = [line for line in done.stdout.splitlines() if not line.startswith("not-run: ")]  # where semgrep is not here
    assert (done.returncode, told, done.stderr) == (0, [], "")
    workflow = yaml.safe_load((tmp_path / MADE[1]).read_text())
    assert (workflow["permissions"], workflow[True]) == ({"contents": "read", "pull-requests": "write"}, "pull_request")
    commands = [step["run"].split() for step in workflow["jobs"]["batten"]["steps"] if step.get("run", "").startswith("batten ")]
    assert [words[1] for words in commands] == ["diff", "github"]


def test_the_commands_of_the_workflow_work(tmp_path: Path) -> None:
    """As the runner carries them out, up to where GitHub is asked."""
    base = commit(tmp_path, {"README.md": ""})
    init(tmp_path, "--yes")
    head = commit(tmp_path, {"db.sql": ""})
    steps = yaml.safe_load((tmp_path / MADE[1]).read_text())["jobs"]["batten"]["steps"]
    known = {"BASE": base, "HEAD": head, "GITHUB_STEP_SUMMARY": "summary.md", "RUNNER_TEMP": str(tmp_path)}
    script = next(step["run"] for step in steps if "batten diff" in step.get("run", "")).replace("batten", f"{sys.executable} -m batten", 1)
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=tmp_path, env={**os.environ, **known}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert read((tmp_path / "batten.json").read_bytes()).head == head


@pytest.mark.parametrize("part", ["config", "workflow", "pre-commit"])
def test_a_part_can_be_left_out(tmp_path: Path, part: str) -> None:
    commit(tmp_path, {"README.md": ""})
    init(tmp_path, "--yes", "--without", part)
    assert len(files(tmp_path)) == 3


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    commit(
        tmp_path,
        {
            "pyproject.toml": '[tool.batten]\nfail-on = "low"\n',
            ".gitlab-ci.yml": "",
            ".pre-commit-config.yaml": "repos: []\nfail_fast: true\n",
        },
    )
    done = init(tmp_path, "--yes")
    assert (done.returncode, len(done.stderr.splitlines()), files(tmp_path)) == (
        0,
        4,
        [".gitlab-ci.yml", ".pre-commit-config.yaml", "pyproject.toml"],
    )


REPOS = "# ours\nrepos:\n- repo: https://example.test/hooks\n  rev: v1\n  hooks:\n  - id: one\n"


@pytest.mark.parametrize(
    "text",
    [
        REPOS,
        REPOS.replace("\n-", "\n  -").replace("\n  ", "\n    ").replace("\n    -", "\n  -", 1),
        "repos:\n",
        "fail_fast: true\nrepos:\n",
    ],
)
def test_a_hook_is_added_to_those_that_are_there(tmp_path: Path, text: str) -> None:
    commit(tmp_path, {"README.md": ""})
    lay_out(tmp_path, {".pre-commit-config.yaml": text})
    init(tmp_path, "--yes")
    after = (tmp_path / ".pre-commit-config.yaml").read_text()
    assert after.startswith(text)
    before = yaml.safe_load(text)["repos"] or []
    assert [each["hooks"][0]["id"] for each in yaml.safe_load(after)["repos"]] == [*(each["hooks"][0]["id"] for each in before), "batten"]


@given(
    st.lists(
        st.sampled_from(["repos:", "- repo: x", "  - repo: y", "  hooks: []", "fail_fast: true", "# remark", "", "repos: []", "  rev: '"])
    ).map("\n".join)
)
def test_a_hook_is_added_whole_or_not_at_all(text: str) -> None:
    after = _with_hook(text)
    if after is not None:
        assert yaml.safe_load(after)["repos"][-1]["hooks"][0]["entry"] == "batten diff HEAD"


def test_the_hooks_of_the_repository_are_commands_that_there_are() -> None:
    from batten.cli import batten as command

    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [(hook["id"], hook["language"], hook["pass_filenames"]) for hook in hooks] == [
        ("batten", "python", False),
        ("batten-check", "python", False),
    ]
    assert all(hook["entry"].split()[1] in command.commands for hook in hooks)
