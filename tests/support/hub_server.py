"""A server on loopback that answers as GitHub does, errors included, and takes no request that GitHub's own descriptions do not have."""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from graphql import GraphQLSchema, build_schema, parse, validate
from jsonschema import Draft7Validator
from npm import member

OPERATIONS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "bot/github_operations.json").read_bytes())
ME, SOMEONE = "batten[bot]", "someone"
HALF = "half"
"""An answer that stops in the middle."""
AFTER = "after"
"""What was asked is done, and then the answer gets lost."""


@cache
def graphql_schema() -> GraphQLSchema:
    text = member(
        "@octokit/graphql-schema@15.26.1",
        "RFDC2MpRBd4AxSRvUeBIVeBU7ojN/SxDfALUd7iVYOSeEK3gZaqR2MGOysj4Zh2xj2RY5fQAUT+Oqq7hWTraMA==",
        "package/schema.graphql",
        "GitHub's GraphQL schema",
    )
    return build_schema(text.decode(), assume_valid=True)


class Hub:
    """The state of one repository with one pull request. ``faults`` are taken one by one by the requests whose operation they name."""

    def __init__(self, head: str, files: dict[str, str | None], number: int = 7) -> None:
        self.head, self.files, self.number = head, files, number
        self.base = "b" * 40
        self.threads: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.reviews: list[dict[str, Any]] = []
        self.checks: dict[int, dict[str, Any]] = {}
        self.tokens: list[dict[str, Any]] = []
        self.faults: list[tuple[str, Any]] = []
        self.asked: Counter[str] = Counter()
        self.authorizations: set[str] = set()
        self.wrong: list[str] = []
        self.lock = threading.Lock()
        self.next = 1000

    def id(self) -> int:
        self.next += 1
        return self.next

    def fault(self, operation: str) -> Any:
        for at, (name, kind) in enumerate(self.faults):
            if name in (operation, "*"):
                del self.faults[at]
                return kind
        return None

    def hunks(self, path: str) -> list[range]:
        return [
            range(int(start), int(start) + int(count or 1))
            for start, count in re.findall(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", self.files.get(path) or "", re.MULTILINE)
        ]

    def takes(self, comment: dict[str, Any]) -> bool:
        if comment["path"] not in self.files:
            return False
        if comment.get("subject_type") == "file":
            return True
        first = comment.get("start_line", comment.get("line", 0))
        return any(first in hunk and comment.get("line") in hunk for hunk in self.hunks(comment["path"]))

    def add_thread(self, comment: dict[str, Any], author: str = ME) -> dict[str, Any]:
        made = {
            "id": f"T{self.id()}",
            "resolved": False,
            **{key: comment.get(key) for key in ("path", "line", "start_line", "subject_type")},
        }
        made["comments"] = [{"id": f"C{self.id()}", "author": author, "body": comment["body"], "minimized": False}]
        self.threads.append(made)
        return made

    def bodies(self) -> list[tuple[str, int | None, str]]:
        return [(thread["path"], thread["line"], thread["comments"][0]["body"]) for thread in self.threads]

    # --- what is asked, by its name in GitHub's description ---

    def carry_out(self, operation: str, values: dict[str, str], query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        match operation:
            case "pulls/get":
                return 200, self.pull()
            case "pulls/list":
                return 200, [self.pull()] if query.get("head", [""])[0] == "fork:topic" else []
            case "pulls/list-files":
                page, size = (int(query.get(name, ["0"])[0]) for name in ("page", "per_page"))
                rows = [{"filename": path, **({"patch": patch} if patch is not None else {})} for path, patch in self.files.items()]
                return 200, rows[(page - 1) * size : page * size]
            case "pulls/create-review":
                if not all(self.takes(each) for each in body["comments"]):
                    return 422, {"message": "Unprocessable Entity", "errors": ["Line could not be resolved"]}
                self.reviews.append(body)
                for each in body["comments"]:
                    self.add_thread(each)
                return 200, {"id": self.id()}
            case "pulls/create-review-comment":
                if not self.takes(body):
                    message = "pull_request_review_thread.line must be part of the diff"
                    return 422, {
                        "message": "Validation Failed",
                        "errors": [{"resource": "PullRequestReviewComment", "code": "custom", "message": message}],
                    }
                self.add_thread(body)
                return 201, {"id": self.id()}
            case "issues/create-comment":
                self.comments.append({"id": self.id(), "author": ME, "body": body["body"]})
                return 201, {"id": self.next}
            case "issues/update-comment":
                (found,) = [each for each in self.comments if str(each["id"]) == values["comment_id"]]
                found["body"] = body["body"]
                return 200, {"id": found["id"]}
            case "checks/create":
                made = self.id()
                self.checks[made] = {"annotations": [], **body}
                return 201, {"id": made}
            case "checks/update":
                check = self.checks[int(values["check_run_id"])]
                check["annotations"] += body.get("output", {}).get("annotations", [])
                check.update({key: value for key, value in body.items() if key != "output"})
                check["title"] = body.get("output", {}).get("title")
                return 200, {"id": int(values["check_run_id"])}
            case "checks/list-for-ref":
                rows = [
                    {
                        "id": key, "app": {"id": 42}, "status": check["status"], "conclusion": check.get("conclusion"),
                        "output": {"annotations_count": len(check["annotations"])},
                    }
                    for key, check in self.checks.items()
                    if check["head_sha"] == values["ref"]
                ]  # fmt: skip
                return 200, {"total_count": len(rows), "check_runs": rows}
            case "apps/create-installation-access-token":
                self.tokens.append(body)
                return 201, {"token": f"ghs_{'t' * 8}{len(self.tokens)}", "expires_at": "2099-01-01T00:00:00Z"}
        raise AssertionError(operation)

    def pull(self) -> dict[str, Any]:
        return {
            "number": self.number, "state": "open", "draft": False,
            "head": {"sha": self.head, "ref": "topic"}, "base": {"sha": self.base, "ref": "main"},
        }  # fmt: skip

    def graphql(self, body: dict[str, Any]) -> tuple[int, Any]:
        document = parse(body["query"])
        self.wrong += [str(error) for error in validate(graphql_schema(), document)]
        known = body.get("variables") or {}
        if "minimizeComment" in body["query"]:
            (found,) = [each for thread in self.threads for each in thread["comments"] if each["id"] == known["id"]]
            found["minimized"] = True
            return 200, {"data": {"minimizeComment": {"minimizedComment": {"isMinimized": True}}}}
        if "resolveReviewThread" in body["query"]:
            (thread,) = [each for each in self.threads if each["id"] == known["id"]]
            thread["resolved"] = True
            return 200, {"data": {"resolveReviewThread": {"thread": {"isResolved": True}}}}
        size = 50

        def page(rows: list[Any], after: str | None) -> dict[str, Any]:
            start = int(after or 0)
            return {
                "nodes": rows[start : start + size],
                "pageInfo": {"hasNextPage": start + size < len(rows), "endCursor": str(min(start + size, len(rows)))},
            }

        threads = [
            {
                "id": thread["id"], "isResolved": thread["resolved"],
                "comments": {
                    "totalCount": len(thread["comments"]),
                    "nodes": [
                        {"id": each["id"], "viewerDidAuthor": each["author"] == ME, "isMinimized": each["minimized"], "body": each["body"]}
                        for each in thread["comments"][:10]
                    ],
                },
            }
            for thread in self.threads
        ]  # fmt: skip
        comments = [
            {"fullDatabaseId": str(each["id"]), "viewerDidAuthor": each["author"] == ME, "body": each["body"]} for each in self.comments
        ]
        found = {"headRefOid": self.head, "reviewThreads": page(threads, known["threads"]), "comments": page(comments, known["comments"])}
        return 200, {"data": {"repository": {"pullRequest": found if known["number"] == self.number else None}}}


def _operation(method: str, path: str) -> tuple[str, dict[str, str]]:
    for name, row in OPERATIONS.items():
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(row["path"]))
        if row["method"] == method and (found := re.fullmatch(pattern, path)):
            return name, {key: unquote(value) for key, value in found.groupdict().items()}
    raise AssertionError(f"GitHub has no {method} {path}, or it is not among github_operations.json")


def _check(hub: Hub, name: str, query: dict[str, list[str]], body: Any) -> None:
    row = OPERATIONS[name]
    if row["body"] is not None:
        hub.wrong += [f"{name}: {error.message}" for error in Draft7Validator(row["body"]).iter_errors(body)]
    known = {each["name"]: each["schema"] for each in row["parameters"] if each["in"] == "query"}
    hub.wrong += [f"{name}: no parameter {key}" for key in query if key not in known]
    for key, (value, *_) in ((key, values) for key, values in query.items() if key in known):
        if known[key].get("type") == "integer" and not value.isdigit():
            hub.wrong.append(f"{name}: {key} is {value}")
        if "enum" in known[key] and value not in known[key]["enum"]:
            hub.wrong.append(f"{name}: {key} is {value}")


_ANSWERS: dict[Any, tuple[int, dict[str, str], Any]] = {
    401: (401, {}, {"message": "Bad credentials"}),
    403: (403, {"x-ratelimit-remaining": "4999"}, {"message": "Resource not accessible by integration"}),
    404: (404, {}, {"message": "Not Found"}),
    422: (422, {}, {"message": "Unprocessable Entity", "errors": ["Line could not be resolved"]}),
    429: (429, {"retry-after": "0"}, {"message": "Too many requests"}),
    "secondary": (
        403,
        {"retry-after": "0"},
        {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."},
    ),
    "long": (403, {"retry-after": "3600"}, {"message": "You have exceeded a secondary rate limit."}),
    500: (500, {}, {"message": "Server Error"}),
    502: (502, {"content-type": "text/html"}, "<html>Bad gateway</html>"),
}


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PATCH = do_GET  # noqa: N815 - the names that the standard library calls

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self) -> None:
        hub = self.hub
        length = int(self.headers.get("content-length") or 0)
        data = self.rfile.read(length)
        body = json.loads(data) if data else None
        url = urlsplit(self.path)
        with hub.lock:
            hub.authorizations.add(self.headers.get("authorization", ""))
            try:
                if url.path == "/graphql":
                    name = (
                        "graphql"
                        if "mutation" not in body["query"]
                        else "graphql/" + ("minimize" if "minimize" in body["query"] else "resolve")
                    )
                    values: dict[str, str] = {}
                else:
                    name, values = _operation(self.command, url.path)
                    _check(hub, name, parse_qs(url.query), body)
                hub.asked[name] += 1
                kind = hub.fault(name)
                if kind in _ANSWERS:
                    status, headers, answer = _ANSWERS[kind]
                    if name.startswith("graphql/") and kind == 403:
                        status, answer = (
                            200,
                            {"data": None, "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]},
                        )
                else:
                    headers = {}
                    status, answer = hub.graphql(body) if url.path == "/graphql" else hub.carry_out(name, values, parse_qs(url.query), body)
            except Exception as error:  # noqa: BLE001 - the test looks at it
                hub.wrong.append(f"{type(error).__name__}: {error}")
                status, headers, answer, kind = 500, {}, {"message": "the server of the test failed"}, None
        text = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        for key, value in {"content-type": "application/json; charset=utf-8", **headers, "content-length": str(len(text))}.items():
            self.send_header(key, value)
        self.end_headers()
        if kind in (HALF, AFTER):
            self.wfile.write(text[: len(text) // 2])
            self.close_connection = True
            return
        self.wfile.write(text)


@contextmanager
def serving(hub: Hub) -> Iterator[str]:
    """The address of the server, for as long as it is used; fails where a request was not as GitHub takes it."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert hub.wrong == []
