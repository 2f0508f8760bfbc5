"""``batten github`` and ``batten app`` as they are called."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hub_findings import HEAD, PATCH, new
from hub_server import Hub, serving

DOCUMENT = {
    "version": 1,
    "base": "b" * 40,
    "head": HEAD,
    "new": [new(1)],
    "fixed": [],
    "silenced": [],
    "surface": [],
    "complete": True,
    "notes": [],
}
TOKEN = "ghs_" + "x" * 16


def call(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "BATTEN_"))}
    return subprocess.run(
        [sys.executable, "-m", "batten", *words], cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False
    )


def lay_out(folder: Path, document: object = DOCUMENT, event: object = None) -> dict[str, str]:
    (folder / "batten.json").write_text(json.dumps(document))
    (folder / "event.json").write_text(json.dumps(event if event is not None else {"pull_request": {"number": 7, "head": {"sha": HEAD}}}))
    return {"GITHUB_EVENT_PATH": str(folder / "event.json"), "GITHUB_REPOSITORY": "acme/shop", "GITHUB_TOKEN": TOKEN}


FORK = {"workflow_run": {"head_sha": HEAD, "head_branch": "topic", "head_repository": {"owner": {"login": "fork"}}, "pull_requests": []}}


@pytest.mark.parametrize("event", [None, FORK], ids=["pull_request", "workflow_run"])
def test_it_is_said_on_the_pull_request_of_the_event(tmp_path: Path, event: object) -> None:
    environment = lay_out(tmp_path, event=event)
    hub = Hub(HEAD, {"app.py": PATCH})
    with serving(hub) as address:
        done = call(tmp_path, "github", "batten.json", **environment, GITHUB_API_URL=address, GITHUB_GRAPHQL_URL=f"{address}/graphql")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "said on the pull request\n")
    assert [(path, line) for path, line, _ in hub.bodies()] == [("app.py", 2)]
    assert "State-changing route without authentication" in hub.bodies()[0][2]  # the title and the advice are those of the rule's page


@pytest.mark.parametrize(
    ("document", "changes", "message"),
    [
        (DOCUMENT, {"GITHUB_TOKEN": ""}, "error: there is no token in GITHUB_TOKEN"),
        (DOCUMENT, {"GITHUB_REPOSITORY": "acme"}, "error: it is not known which repository this is about"),
        (DOCUMENT, {"GITHUB_EVENT_PATH": ""}, "error: it is not known which pull request this is about"),
        ({}, {}, "error: this is not the JSON of batten diff"),
        ({**DOCUMENT, "new": [{**new(1), "handle": "--> <b>"}]}, {}, "error: this is not the JSON of batten diff"),
        ({**DOCUMENT, "new": [{**new(1), "rule": "a rule"}]}, {}, "error: this is not the JSON of batten diff"),
        ({**DOCUMENT, "head": "main"}, {}, "error: this is not the JSON of batten diff"),
        ({**DOCUMENT, "version": 2}, {}, "error: the findings are of another version of batten"),
    ],
)
def test_bad_input_says_what_to_do(tmp_path: Path, document: object, changes: dict[str, str], message: str) -> None:
    done = call(tmp_path, "github", "batten.json", **{**lay_out(tmp_path, document), **changes})
    assert (done.returncode, done.stderr.splitlines()[0], done.stderr.splitlines()[1][:8]) == (2, message, "  help: ")


def test_findings_of_another_commit_than_the_event_names_are_not_said(tmp_path: Path) -> None:
    environment = lay_out(tmp_path, {**DOCUMENT, "head": "d" * 40}, FORK)
    hub = Hub(HEAD, {"app.py": PATCH})
    with serving(hub) as address:
        done = call(tmp_path, "github", "batten.json", **environment, GITHUB_API_URL=address)
    assert (done.returncode, done.stderr[:21], hub.threads, hub.comments) == (0, "nothing is said: the ", [], [])


def test_the_app_says_what_it_lacks(tmp_path: Path) -> None:
    done = call(tmp_path, "app", BATTEN_APP_ID="42")
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: there is no BATTEN_PRIVATE_KEY")
    done = call(tmp_path, "app", BATTEN_APP_ID="42", BATTEN_PRIVATE_KEY_FILE=str(tmp_path / "none"))
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: the file of BATTEN_PRIVATE_KEY_FILE can't be read")
