"""The action, step by step as a runner would do it, on a shallow clone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from changes import commit, git
from hub_server import Hub, serving

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
OPENED = {"supabase/migrations/20250102000000_letters.sql": "create table public.letters (id uuid primary key, body text);\n"}


def step(name: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    for file in ("output", "summary.md"):
        (folder.parent / file).touch()
    known = {"GITHUB_OUTPUT": str(folder.parent / "output"), "GITHUB_STEP_SUMMARY": str(folder.parent / "summary.md")}
    known |= {"BATTEN": f"{sys.executable} -m batten", "FINDINGS": str(folder.parent / "batten.json")}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GITHUB_")}
    script = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", STEPS[name]["run"]]
    return subprocess.run(script, cwd=folder, env={**kept, **known, **environment}, capture_output=True, text=True, check=False)


def outputs(folder: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (folder.parent / "output").read_text().splitlines())


@pytest.fixture
def forked(tmp_path: Path) -> tuple[Path, str, str]:
    """A shallow clone of a repository whose main branch has gone on since the change began, with its base and head."""
    origin, clone = tmp_path / "origin", tmp_path / "clone" / "app"
    commit(origin, {"README.md": "an app\n"})
    git(origin, "checkout", "-q", "-b", "topic")
    head = commit(origin, OPENED)
    git(origin, "checkout", "-q", "main")
    base = commit(origin, {"supabase/migrations/20250101000000_notes.sql": "create table public.notes (id uuid primary key, body text);\n"})
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    clone.parent.mkdir()
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{origin}", str(clone))
    return clone, base, head


def test_the_action_annotates_summarises_and_fails_on_what_is_new(forked: tuple[Path, str, str]) -> None:
    clone, base, head = forked
    assert step("Fetch what is compared", clone, BASE=base, HEAD=head, DEFAULT="main").returncode == 0
    assert outputs(clone) == {"base": base, "head": head}
    sarif = clone.parent / "batten.sarif"
    done = step("Compare", clone, BASE=base, HEAD=head, FAIL_ON="high", SARIF=str(sarif))
    assert (done.returncode, done.stdout.startswith("::error file=supabase/migrations/20250102000000_letters.sql,line=1")) == (0, True)
    assert (clone.parent / "summary.md").read_text().startswith("**batten:** 1 new finding, 0 fixed.")
    assert json.loads(sarif.read_text())["runs"][0]["results"][0]["ruleId"] == "table-without-rls"
    (new,) = json.loads((clone.parent / "batten.json").read_text())["new"]
    assert (new["rule"], new["fix"]["suggestion"], new["fix"]["patch"].splitlines()[1]) == (
        "table-without-rls",
        None,
        "new file mode 100644",
    )
    assert outputs(clone)["code"] == "1"
    assert step("Pass or fail", clone, CODE=outputs(clone)["code"]).returncode == 1


def test_a_branch_that_is_new_is_compared_with_the_main_branch(forked: tuple[Path, str, str]) -> None:
    clone, base, head = forked
    step("Fetch what is compared", clone, BASE="0" * 40, HEAD=head, DEFAULT="main")
    assert outputs(clone) == {"base": base, "head": head}


def test_the_action_says_it_on_the_pull_request(forked: tuple[Path, str, str]) -> None:
    clone, base, head = forked
    ((path, text),) = OPENED.items()
    step("Fetch what is compared", clone, BASE=base, HEAD=head, DEFAULT="main")
    step("Compare", clone, BASE=base, HEAD=head, FAIL_ON="high", SARIF="")
    event = clone.parent / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": head}}}))
    hub = Hub(head, {path: f"@@ -0,0 +1 @@\n+{text.rstrip()}"})
    with serving(hub) as address:
        known = {"GITHUB_EVENT_PATH": str(event), "GITHUB_REPOSITORY": "acme/shop", "GITHUB_API_URL": address}
        done = step("Say it on the pull request", clone, GITHUB_TOKEN="ghs_" + "x" * 16, GITHUB_GRAPHQL_URL=f"{address}/graphql", **known)
        assert (done.returncode, done.stderr) == (0, "said on the pull request\n")
        hub.faults = [("pulls/list-files", 403)]
        refused = step(
            "Say it on the pull request", clone, GITHUB_TOKEN="ghs_" + "x" * 16, GITHUB_GRAPHQL_URL=f"{address}/graphql", **known
        )
    assert [(path, line) for path, line, _ in hub.bodies()] == [(path, 1)]
    assert (refused.returncode, refused.stdout.startswith("::warning title=batten::nothing is said")) == (0, True)


def test_what_the_action_uses_is_pinned_and_no_input_reaches_a_script_as_text() -> None:
    steps: list[dict[str, Any]] = ACTION["runs"]["steps"]
    assert all(len(each["uses"].partition("@")[2]) == 40 for each in steps if "uses" in each)
    assert not [each["name"] for each in steps if "${{" in each.get("run", "")]


def test_a_fork_is_not_commented_on_by_the_job_that_has_its_code() -> None:
    assert "github.event.pull_request.head.repo.full_name == github.repository" in STEPS["Say it on the pull request"]["if"]
