"""Which pull request a job is about, by the event that GitHub wrote down for it: the only part of a job that no pull request can forge."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from batten.finding import UsageError
from batten.regex import regex

_REPOSITORY = regex(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_HELP = "run it in a job of pull_request or workflow_run, or say --repository and --pull-request"


class Target(Struct, frozen=True):
    """A pull request at a commit. ``number`` None: the open one from ``branch`` (``owner:name``) is meant."""

    repository: str
    number: int | None
    head: str | None
    branch: str | None = None


def target(environment: Mapping[str, str], repository: str | None, number: int | None) -> Target:
    """The pull request that is meant. Raises UsageError where none can be told."""
    event = _event(environment.get("GITHUB_EVENT_PATH"))
    name = repository or environment.get("GITHUB_REPOSITORY") or ""
    if not _REPOSITORY.fullmatch(name):
        raise UsageError("it is not known which repository this is about", _HELP)
    request, run = event.get("pull_request"), event.get("workflow_run")
    if number is not None:
        known = request if isinstance(request, dict) and request.get("number") == number else {}
        return Target(name, number, (known.get("head") or {}).get("sha"))
    if isinstance(request, dict):
        return Target(name, int(request["number"]), request["head"]["sha"])
    if isinstance(run, dict):
        owner = ((run.get("head_repository") or {}).get("owner") or {}).get("login")
        return Target(name, None, run["head_sha"], f"{owner}:{run['head_branch']}")
    raise UsageError("it is not known which pull request this is about", _HELP)


def _event(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        found = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError("the event of this job can't be read", _HELP) from error
    return found if isinstance(found, dict) else {}
