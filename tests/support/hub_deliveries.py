"""Deliveries of webhooks as GitHub sends them, for tests of the app."""

import hmac
import json
from functools import cache
from hashlib import sha256
from typing import Any

from npm import member

SECRETS = ("new secret", "old secret")


@cache
def examples() -> list[tuple[str, dict[str, Any]]]:
    """The payloads that are published as examples, each with its event."""
    data = member(
        "@octokit/webhooks-examples@7.6.1",
        "De6U3XB6O3DtCa7bKgCMzTHdeopqqZ6SNivMYJnK65ierKL1AnNIA0tkRYCRS7lwGT792d+Ps1WbfHlso6MynQ==",
        "package/api.github.com/index.json",
        "GitHub's examples of webhooks",
    )
    return [(event["name"], example) for event in json.loads(data) for example in event["examples"]]


def signed(body: bytes, secret: str = SECRETS[0]) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


def opened() -> bytes:
    return json.dumps(
        next(example for event, example in examples() if event == "pull_request" and example["action"] == "synchronize")
    ).encode()
