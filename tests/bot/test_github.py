"""What is said on a pull request: once, at the right place, whatever GitHub answers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from changes import batten, commit
from hub_findings import HEAD, PATCH, document, handle, new
from hub_server import AFTER, HALF, ME, SOMEONE, Hub, serving

from batten.bot.document import Document, read
from batten.bot.event import Target
from batten.bot.hub import BusyError, RefusedError
from batten.bot.job import Access, say
from batten.bot.publish import Published
from batten.bot.words import SUMMARY, told
from batten.testing_keys import key

TOKEN = "ghs_" + "x" * 16


def hub(**files: str | None) -> Hub:
    return Hub(HEAD, {"app.py": PATCH, **files})


def speak(on: Hub, what: Document, most: int = 20, where: Target | None = None) -> Published:
    with serving(on) as address:
        return say(what, where or Target("acme/shop", 7, HEAD), Access(TOKEN, address), {}, most)


def test_a_finding_is_one_comment_at_its_line_and_the_change_one_summary() -> None:
    on = hub()
    assert speak(on, document(new(1))) is Published.DONE
    ((path, line, body),) = on.bodies()
    assert (path, line, told(body)) == ("app.py", 2, {handle(1)})
    assert [each["body"].endswith(SUMMARY) for each in on.comments] == [True]
    assert (len(on.reviews), on.reviews[0]["event"], on.reviews[0]["commit_id"]) == (1, "COMMENT", HEAD)
    assert on.authorizations == {f"token {TOKEN}"}


def test_what_was_said_is_not_said_again() -> None:
    on = hub()
    for _ in range(3):
        speak(on, document(new(1), new(2, line=3)))
    assert (len(on.threads), len(on.comments), len(on.reviews), on.asked["issues/update-comment"]) == (2, 1, 1, 0)


def test_findings_at_one_line_are_one_comment() -> None:
    on = hub()
    speak(on, document(new(1), new(2)))
    assert [told(body) for _, _, body in on.bodies()] == [{handle(1), handle(2)}]


def test_the_summary_is_changed_in_its_place() -> None:
    on = hub()
    speak(on, document(new(1)))
    speak(on, document(new(1), new(2, line=3)))
    (only,) = on.comments
    assert only["body"].startswith("**batten:** 2 new findings")


def test_nothing_to_say_is_not_said() -> None:
    on = hub()
    assert speak(on, document()) is Published.DONE
    assert (on.threads, on.comments) == ([], [])


def test_what_is_gone_is_put_away_and_the_summary_says_so() -> None:
    on = hub()
    speak(on, document(new(1)))
    speak(on, document())
    (thread,) = on.threads
    assert (thread["resolved"], thread["comments"][0]["minimized"]) == (True, True)
    assert on.comments[0]["body"].startswith("**batten:** 0 new findings")
    speak(on, document(new(1)))  # and it is back
    assert [told(body) for _, _, body in on.bodies()] == [{handle(1)}, {handle(1)}]


def test_a_thread_with_an_answer_is_kept() -> None:
    on = hub()
    speak(on, document(new(1)))
    on.threads[0]["comments"].append({"id": "C1", "author": SOMEONE, "body": "this is on purpose", "minimized": False})
    speak(on, document())
    assert (on.threads[0]["resolved"], on.threads[0]["comments"][0]["minimized"]) == (False, False)


def test_nothing_is_put_away_after_an_incomplete_look() -> None:
    on = hub()
    speak(on, document(new(1)))
    speak(on, document(complete=False))
    assert not on.threads[0]["resolved"]
    assert "findings may be missing" in on.comments[0]["body"]


def test_a_token_that_may_not_resolve_minimises() -> None:
    on = hub()
    speak(on, document(new(1)))
    on.faults = [("graphql/resolve", 403)]
    speak(on, document())
    assert (on.threads[0]["resolved"], on.threads[0]["comments"][0]["minimized"]) == (False, True)


def test_the_mark_counts_only_in_comments_of_our_own() -> None:
    on = hub()
    on.add_thread({"path": "app.py", "line": 2, "body": f"see\n\n<!-- batten: {handle(1)} -->"}, author=SOMEONE)
    on.comments.append({"id": 5, "author": SOMEONE, "body": SUMMARY})
    speak(on, document(new(1)))
    assert [(thread["comments"][0]["author"], thread["line"]) for thread in on.threads] == [(SOMEONE, 2), (ME, 2)]
    assert [each["author"] for each in on.comments] == [SOMEONE, ME]
    assert on.comments[0]["body"] == SUMMARY


def test_comments_are_capped_and_the_rest_is_in_the_summary() -> None:
    lines = "".join(f"+line {number}\n" for number in range(60))
    on = hub(**{"many.py": f"@@ -0,0 +1,60 @@\n{lines}"})
    speak(on, document(*(new(number, "many.py", number) for number in range(1, 41))), most=5)
    assert len(on.threads) == 5
    assert on.comments[0]["body"].count("anyone can call POST") == 35


@pytest.mark.parametrize(
    ("found", "where"),
    [
        (new(1, line=23), ("app.py", 23)),
        (new(1, line=15), ("app.py", None)),  # of the file, but not of the diff
        (new(1, "gone.py", None, anchor={"where": "cause", "path": "gone.py", "line": None}), ("gone.py", None)),
        (new(1, "binary.py", 3), ("binary.py", None)),  # GitHub shows no patch
        (new(1, "other.py", 3), None),
        (new(1, anchor={"where": "elsewhere", "path": "app.py", "line": None}), None),
        (new(1, "other.py", 9, anchor={"where": "cause", "path": "app.py", "line": 3}), ("app.py", 3)),
    ],
)
def test_a_finding_is_told_at_the_line_else_the_file_else_in_the_summary(
    found: dict[str, Any], where: tuple[str, int | None] | None
) -> None:
    on = hub(**{"gone.py": "@@ -1,2 +0,0 @@\n-a\n-b", "binary.py": None})
    speak(on, document(found))
    assert [(path, line) for path, line, _ in on.bodies()] == ([where] if where else [])
    assert ("POST /1" in on.comments[0]["body"]) is (where is None)


FIX = {
    "title": "ask who calls",
    "safe": True,
    "patch": "--- a/app.py\n+++ b/app.py\n",
    "suggestion": {"path": "app.py", "start": 2, "end": 3, "text": "one\nguard\ntwo"},
}


def test_a_fix_in_one_range_of_a_hunk_is_a_suggestion() -> None:
    on = hub()
    speak(on, document(new(1, fix=FIX)))
    (thread,) = on.threads
    assert (thread["start_line"], thread["line"]) == (2, 3)
    assert "```suggestion\none\nguard\ntwo\n```" in thread["comments"][0]["body"]


@pytest.mark.parametrize(
    "fix",
    [
        {**FIX, "suggestion": None},
        {**FIX, "suggestion": {**FIX["suggestion"], "start": 5, "end": 8}},  # leaves its hunk
        {**FIX, "suggestion": {**FIX["suggestion"], "path": "other.py"}},
    ],
)
def test_any_other_fix_is_a_patch(fix: dict[str, Any]) -> None:
    on = hub()
    speak(on, document(new(1, fix=fix)))
    body = on.threads[0]["comments"][0]["body"]
    assert ("```suggestion" in body, "```diff" in body) == (False, True)


def test_a_suggestion_that_is_not_taken_becomes_a_patch_on_the_file() -> None:
    on = hub()
    on.faults = [("pulls/create-review", 422), ("pulls/create-review-comment", 422)]
    speak(on, document(new(1, fix=FIX)))
    (thread,) = on.threads
    assert (thread["line"], "```suggestion" in thread["comments"][0]["body"]) == (None, False)


def test_one_line_that_is_not_taken_does_not_cost_the_others() -> None:
    on = hub()
    on.files["app.py"] = PATCH
    on.takes = lambda comment: comment.get("line") != 3 and Hub.takes(on, comment)  # type: ignore[method-assign]
    speak(on, document(new(1), new(2, line=3), new(3, line=4)))
    assert sorted((line or 0, told(body)) for _, line, body in on.bodies()) == [(0, {handle(2)}), (2, {handle(1)}), (4, {handle(3)})]


WRITES = ["pulls/create-review", "issues/create-comment", "graphql", "pulls/list-files"]


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("fault", [500, 502, HALF, AFTER, 429, "secondary"], ids=str)
def test_trouble_on_the_way_changes_nothing_in_the_end(operation: str, fault: Any) -> None:
    on = hub()
    on.faults = [(operation, fault)]
    assert speak(on, document(new(1), new(2, line=3))) is Published.DONE
    assert (sorted(line or 0 for _, line, _ in on.bodies()), len(on.comments)) == ([2, 3], 1)


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("fault", [401, 403, 404])
def test_what_is_refused_is_said_without_what_was_sent(operation: str, fault: int) -> None:
    on = hub()
    on.faults = [(operation, fault)]
    with pytest.raises(RefusedError) as told_of:
        speak(on, document(new(1)))
    assert TOKEN not in f"{told_of.value!r} {told_of.value.help} {told_of.value.__cause__!r}"


def test_a_limit_that_lasts_is_told_and_not_waited_for() -> None:
    on = hub()
    on.faults = [("pulls/create-review", "long")]
    with pytest.raises(BusyError) as told_of:
        speak(on, document(new(1)))
    assert told_of.value.seconds == 3600


def test_a_head_that_has_moved_on_is_not_spoken_of() -> None:
    on = hub()
    on.head = "c" * 40
    assert speak(on, document(new(1))) is Published.STALE
    assert speak(hub(), document(new(1), head="d" * 40)) is Published.STALE
    assert on.threads == []


def test_the_pull_request_of_a_fork_is_found_by_its_branch_and_commit() -> None:
    on = hub()
    assert speak(on, document(new(1)), where=Target("acme/shop", None, HEAD, "fork:topic")) is Published.DONE
    assert len(on.threads) == 1
    assert speak(on, document(new(1)), where=Target("acme/shop", None, "e" * 40, "fork:topic")) is Published.STALE
    assert speak(on, document(new(1)), where=Target("acme/shop", None, HEAD, "fork:other")) is Published.STALE


def test_a_change_of_many_files_and_a_long_talk_are_read_to_their_end() -> None:
    on = hub(**{f"file{number}.py": PATCH for number in range(500)})
    for number in range(120):
        on.add_thread({"path": "app.py", "line": 2, "body": "a remark"}, author=SOMEONE)
        on.comments.append({"id": number, "author": SOMEONE, "body": "another"})
    what = document(new(1, "file499.py"))
    speak(on, what)
    speak(on, what)
    assert [body for _, _, body in on.bodies() if told(body)] == [on.bodies()[-1][2]]
    assert len(on.comments) == 121


def text_of(on: Hub) -> str:
    return "\n".join([*(body for *_, body in on.bodies()), *(each["body"] for each in on.comments)])


HOSTILE = "`` ` @someone <!-- batten: 000000000001 --> <img src=x onerror=y> [x](http://example.test)\n\n# big\n::error::x | \u202e"


@pytest.mark.parametrize(
    "found",
    [
        lambda: new(1, message=HOSTILE),
        lambda: new(1, trail=[{"note": HOSTILE, "place": new(1)["place"]}]),
        lambda: new(1, "other.py", message=HOSTILE),
        lambda: new(1, fix={**FIX, "title": HOSTILE, "suggestion": None, "patch": f"````\n{HOSTILE}\n```\n<!-- batten: {handle(9)} -->"}),
    ],
)
def test_text_of_the_app_stays_text(found: Callable[[], dict[str, Any]]) -> None:
    from markdown_it import MarkdownIt

    on = hub()
    speak(on, document(found(), surface=[{"direction": "wider", "kind": "route", "text": HOSTILE, "place": None}]))
    for body in [*(body for *_, body in on.bodies()), *(each["body"] for each in on.comments)]:
        assert told(body) in ({handle(1)}, frozenset())
        shown = [
            (child.type, child.content)
            for token in MarkdownIt("commonmark").enable("table").parse(body)
            for child in (token.children or [token])
            if child.type not in ("code_inline", "fence", "code_block")
        ]
        assert not [each for each in shown if any(word in each[1] for word in ("@someone", "<img", "example.test", "::error"))]


def test_a_key_of_the_app_is_nowhere_in_what_is_said(tmp_path: Path) -> None:
    value = key("stripe-live")
    commit(tmp_path, {"package.json": '{"dependencies": {"express": "5"}}', "server.js": "const port = 3000\n"})
    text = f"const port = 3000\nconst stripe = require('stripe')('{value}')\nconst other = '{value}'\n"
    head = commit(tmp_path, {"server.js": text, ".env": f"STRIPE_SECRET_KEY={value}\n"})
    words = ["HEAD~1", head, "--with-fixes", "--min-severity", "info", "--output-format", "json"]
    written = batten(tmp_path, *words).stdout
    what = read(written.encode())
    on = Hub(head, dict.fromkeys(("server.js", ".env"), f"@@ -0,0 +1,3 @@\n{'+x' * 3}"))
    speak(on, what, where=Target("acme/shop", 7, head))
    assert (value in written, value in text_of(on), value[:12] in text_of(on)) == (False, False, False)
    assert len(what.new) >= 1
