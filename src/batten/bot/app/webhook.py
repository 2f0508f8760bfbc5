"""What GitHub delivers: believed only with its signature over the bytes as they came, and read for nothing but which pull request to look at."""

import hmac
from hashlib import sha256

import msgspec
from msgspec import Struct

from batten.regex import regex

LARGEST = 25_000_000
"""GitHub sends no more."""
_ACTIONS = frozenset({"opened", "synchronize", "reopened", "ready_for_review", "edited"})
_NAME = regex(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")


class Wanted(Struct, frozen=True):
    """A pull request to look at."""

    installation: int
    repository: str
    repository_id: int
    number: int


class _Id(Struct):
    id: int


class _Repository(Struct):
    id: int
    full_name: str


class _Numbered(Struct):
    number: int


class _CheckRun(Struct):
    name: str = ""
    pull_requests: list[_Numbered] = []


class _Delivery(Struct):
    action: str = ""
    number: int | None = None
    repository: _Repository | None = None
    installation: _Id | None = None
    check_run: _CheckRun | None = None


def is_genuine(body: bytes, signature: str | None, secrets: tuple[str, ...]) -> bool:
    """Whether ``X-Hub-Signature-256`` is that of one of the secrets: there are two while one takes the place of the other. The older SHA-1 does not count."""
    given = (signature or "").encode("utf-8", "replace")
    # Every secret is tried, so that the time tells nothing.
    return any(hmac.compare_digest(b"sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest().encode(), given) for secret in secrets)


def wanted(event: str | None, body: bytes) -> tuple[Wanted, ...]:
    """The pull requests that a delivery asks to look at. Raises ValueError where it has not the form of one."""
    if event not in ("pull_request", "check_run"):
        return ()
    try:
        found = msgspec.json.decode(body, type=_Delivery)
    except msgspec.MsgspecError as error:
        raise ValueError("this is no delivery of GitHub") from error
    if found.repository is None or found.installation is None or not _NAME.fullmatch(found.repository.full_name):
        return ()
    if event == "pull_request":
        numbers = [found.number] if found.action in _ACTIONS and found.number is not None else []
    else:
        run = found.check_run
        again = found.action == "rerequested" and run is not None and run.name == "batten"
        numbers = [each.number for each in run.pull_requests] if again and run is not None else []
    return tuple(Wanted(found.installation.id, found.repository.full_name, found.repository.id, number) for number in numbers)
