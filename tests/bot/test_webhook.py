"""Deliveries are believed with a signature over their bytes, and lead to the pull request that they name."""

import asyncio
import contextlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from hub_deliveries import SECRETS, examples, opened, signed
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from batten.bot.app.queue import Queue
from batten.bot.app.server import Settings, application
from batten.bot.app.webhook import Wanted, is_genuine, wanted
from batten.bot.app.work import Identity


def test_every_published_example_is_understood() -> None:
    found = [(event, example.get("action"), wanted(event, json.dumps(example).encode())) for event, example in examples()]
    assert len(found) > 200
    assert {(event, action) for event, action, asked in found if asked} == {
        ("pull_request", action) for action in ("opened", "ready_for_review", "reopened", "synchronize")
    }
    (again,) = {asked for event, action, asked in found if (event, action) == ("pull_request", "synchronize")}
    assert again == (Wanted(1, "Codertocat/Hello-World", 186853002, 2),)


def test_a_rerun_of_our_check_is_asked_for() -> None:
    body = next(example for event, example in examples() if event == "check_run" and example["action"] == "rerequested")
    body["check_run"] |= {"name": "batten", "pull_requests": [{"number": 3}]}
    assert [each.number for each in wanted("check_run", json.dumps(body).encode())] == [3]
    body["check_run"]["name"] = "another"
    assert wanted("check_run", json.dumps(body).encode()) == ()


@given(st.binary())
def test_garbled_deliveries_are_refused_or_ask_for_nothing(body: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert wanted("pull_request", body) == ()


def test_either_secret_signs_while_one_takes_the_place_of_the_other() -> None:
    body = b'{"a": 1}'
    assert [is_genuine(body, signed(body, secret), SECRETS) for secret in (*SECRETS, "another")] == [True, True, False]
    assert not is_genuine(body + b" ", signed(body), SECRETS)
    assert not is_genuine(body, None, SECRETS)
    assert not is_genuine(body, "sha1=" + hmac.new(SECRETS[0].encode(), body, sha1).hexdigest(), SECRETS)
    assert not is_genuine(body, signed(body).removeprefix("sha256="), SECRETS)


@given(st.text(), st.binary())
def test_no_other_signature_counts(signature: str, body: bytes) -> None:
    assert is_genuine(body, signature, SECRETS) is False


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async def idle(_: object) -> None:
        """The queue is looked at, and not worked off."""
        await asyncio.Event().wait()

    monkeypatch.setattr("batten.bot.app.work.Worker.run", idle)
    with TestClient(application(Settings(Identity("42", "key"), SECRETS, tmp_path), {})) as found:
        yield found


def deliver(
    client: Any, body: bytes, *, event: str = "pull_request", delivery: str = "d1", signature: str | None = None
) -> tuple[int, str]:
    headers = {"x-github-event": event, "x-github-delivery": delivery, "x-hub-signature-256": signature or signed(body)}
    answer = client.post("/webhook", content=body, headers=headers)
    return answer.status_code, answer.text


def test_a_delivery_is_answered_at_once_and_kept(client: Any, tmp_path: Path) -> None:
    assert deliver(client, opened()) == (202, "accepted")
    job = Queue(tmp_path / "queue.sqlite").next()
    assert job is not None
    assert (job.what.repository, job.what.number, job.wanted) == ("Codertocat/Hello-World", 2, 1)


def test_what_comes_twice_counts_once_and_several_wishes_are_one_job(client: Any, tmp_path: Path) -> None:
    assert [deliver(client, opened(), delivery=name)[1] for name in ("d1", "d1", "d2", "d1")] == [
        "accepted",
        "nothing to do",
        "accepted",
        "nothing to do",
    ]
    queue = Queue(tmp_path / "queue.sqlite")
    job = queue.next()
    assert job is not None
    assert job.wanted == 2
    deliver(client, opened(), delivery="d3")  # while it is being looked at
    queue.done(job)
    assert queue.next() is not None


def test_what_is_not_signed_is_not_read(client: Any, tmp_path: Path) -> None:
    assert deliver(client, opened(), signature=signed(b"another"))[0] == 401
    assert deliver(client, b"{", signature=signed(b"{")) == (400, "not understood")
    assert deliver(client, opened(), delivery="")[0] == 400
    assert client.get("/webhook").status_code == 405
    assert Queue(tmp_path / "queue.sqlite").next() is None


def test_a_body_without_an_end_is_not_read_to_it(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batten.bot.app.server.LARGEST", 1000)
    assert deliver(client, b" " * 2000)[0] == 413


def test_other_events_ask_for_nothing(client: Any) -> None:
    assert deliver(client, b'{"zen": "x"}', event="ping") == (202, "nothing to do")


def test_deliveries_of_many_threads_are_all_kept(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "queue.sqlite")
    wishes = [(f"d{number}", Wanted(1, "acme/shop", number % 7, number % 11)) for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda wish: queue.put(wish[0], (wish[1],)), wishes))
    done = 0
    while (job := queue.next()) is not None:
        done += job.wanted
        queue.done(job)
    assert done == 200


def test_the_server_says_whether_it_works(client: Any) -> None:
    assert (client.get("/health").status_code, client.get("/health").text) == (200, "ok, 0 given up")
    client.app.state.work.cancel()
    assert client.get("/health").status_code == 500
