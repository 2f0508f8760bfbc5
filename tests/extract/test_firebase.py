"""Rules of Firebase: whom each condition lets through, verb by verb, and files of any shape."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_rules import RULES

from batten.extract.firebase import database, rules
from batten.extract.packages import file_facts, is_settings
from batten.facts.access_rules import AccessRule, Who
from batten.finding import NoteKind
from batten.parse.firebase import read as parse
from batten.scan import scan_files
from batten.text import Place, Span

ALL = ("get", "list", "create", "update", "delete")
HEAD = "rules_version = '2';\nservice cloud.firestore {\n  match /databases/{database}/documents {\n"
FUNCTIONS = """
    function signedIn() { return request.auth != null; }
    function isOwner(data) { let me = request.auth.uid; return signedIn() && me == data.owner; }
    function hasRole(role) { return get(/databases/$(database)/documents/users/$(request.auth.uid)).data.role == role; }
"""


def firestore(statements: str) -> list[AccessRule]:
    """What one collection lets in."""
    text = f"{HEAD}{FUNCTIONS}    match /things/{{id}} {{ {statements} }}\n  }}\n}}\n"
    found, whole = rules.read("firestore.rules", text.encode())
    assert whole
    return found


def opened(statements: str) -> dict[str, tuple[str, ...]]:
    return {found.who.value: found.verbs for found in firestore(statements)}


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        ("true", "everyone"),
        ("false", None),
        ("1 == 1", "everyone"),
        ("1 == 2", None),
        ("!(1 == 2)", "everyone"),
        ("request.auth != null", "any-user"),
        ("null != request.auth", "any-user"),
        ("!(request.auth == null)", "any-user"),
        ("request.auth == null", "everyone"),
        ("signedIn()", "any-user"),
        ("request.auth.uid != null", "any-user"),
        ("request.auth.uid == id", None),
        ("request.auth.uid == 'abc'", None),
        ("request.auth.token.email_verified == true", "any-user"),
        ("signedIn() && request.auth.token.email_verified", "any-user"),
        ("request.auth.token.firebase.sign_in_provider != 'anonymous'", "any-user"),
        ("request.auth.token.admin == true", None),
        ("request.auth.token.email == 'me@shop.example'", None),
        ("request.auth.token.email.matches('.*@shop[.]example')", None),
        ("isOwner(resource.data)", None),
        ("hasRole('admin')", None),
        ("signedIn() && hasRole('admin')", None),
        ("signedIn() || hasRole('admin')", "any-user"),
        ("resource.data.public == true", None),
        ("resource.data.public || signedIn()", "any-user"),
        ("resource.data.public && signedIn()", None),
        ("request.auth.uid in resource.data.members", None),
        ("exists(/databases/$(database)/documents/admins/$(request.auth.uid))", None),
        ("!exists(/databases/$(database)/documents/banned/$(request.auth.uid))", None),
        ("request.time < timestamp.date(2030, 1, 1)", "until-a-date"),
        ("request.time < timestamp.date(2030, 1, 1) && signedIn()", "until-a-date"),
        ("request.time > timestamp.date(2020, 1, 1)", "everyone"),
        ("request.time < resource.data.end", None),
        ("signedIn() ? hasRole('admin') : true", "everyone"),
        ("signedIn() ? true : false", "any-user"),
        ("debug(true)", "everyone"),
        ("['a'] == ['b']", None),
        ("something.never.heard.of", None),
        ("something()", None),
        ("'a' in ['a', 'b']", None),
    ],
)
def test_whom_a_condition_lets_read_and_delete(condition: str, who: str | None) -> None:
    assert opened(f"allow read, delete: if {condition};") == ({who: ("get", "list", "delete")} if who else {})


@pytest.mark.parametrize(
    ("condition", "create", "update"),
    [
        ("request.resource.data.title is string", "everyone", "everyone"),
        ("request.resource.data.title.size() < 200", "everyone", "everyone"),
        ("request.resource.data.keys().hasOnly(['title'])", "everyone", "everyone"),
        ("signedIn() && request.resource.size < 5 * 1024 * 1024", "any-user", "any-user"),
        ("request.resource.data.owner == request.auth.uid", None, "any-user"),
        ("isOwner(request.resource.data)", None, "any-user"),
        ("isOwner(request.resource.data) && isOwner(resource.data)", None, None),
        ("request.resource.data.role == 'admin'", "everyone", "everyone"),
        ("request.resource.data.isAdmin", "everyone", "everyone"),
        ("request.resource.data.role == resource.data.role && signedIn()", None, "any-user"),
        ("request.resource.data.diff(resource.data).affectedKeys().hasOnly(['likes'])", None, None),
        ("resource == null && signedIn()", "any-user", None),
        ("resource != null", None, "everyone"),
        ("resource.data.locked == false", None, None),
        ("request.resource.data.createdAt == request.time", "everyone", "everyone"),
        ("request.resource.data.group in get(/databases/$(database)/documents/me/x).data.groups", None, None),
    ],
)
def test_whom_a_condition_on_what_is_sent_lets_write(condition: str, create: str | None, update: str | None) -> None:
    assert opened(f"allow create: if {condition};") == ({create: ("create",)} if create else {})
    assert opened(f"allow update: if {condition};") == ({update: ("update",)} if update else {})


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ("allow read;", {"everyone": ("get", "list")}),
        ("allow read, write;", {"everyone": ALL}),
        ("allow write: if true", {"everyone": ("create", "update", "delete")}),
        ("allow get: if true; allow list: if signedIn();", {"everyone": ("get",), "any-user": ("list",)}),
        ("allow read: if true; allow read: if signedIn();", {"everyone": ("get", "list")}),
        ("allow read: if false; allow read: if true;", {"everyone": ("get", "list")}),
        ("allow read: if request.query.limit <= 10;", {"everyone": ("get", "list")}),
    ],
)
def test_verbs(statements: str, found: dict[str, tuple[str, ...]]) -> None:
    assert opened(statements) == found


def test_one_rule() -> None:
    text = "service firebase.storage { match /b/{bucket}/o { match /é/{file=**} { allow read : if true; } } }"
    start = len(text[: text.index("allow")].encode())
    assert rules.read("s.rules", text.encode()) == (
        [
            AccessRule(
                service="storage",
                path="/é/{file=**}",
                who=Who.EVERYONE,
                verbs=("get", "list"),
                place=Place("s.rules", Span(start, start + len("allow read : if true"))),
                reads=True,
                changes=False,
            )
        ],
        True,
    )


def test_what_a_rule_for_everything_lets_in_is_told_once() -> None:
    text = (
        HEAD + "match /a/{id} { allow read: if true; } match /b/{id} { allow write: if true; } match /{all=**} { allow read: if true; } } }"
    )
    assert [(found.path, found.verbs) for found in rules.read("x.rules", text.encode())[0]] == [
        ("/b/{id}", ("create", "update", "delete")),
        ("/{all=**}", ("get", "list")),
    ]


def test_a_step_may_hold_a_variable() -> None:
    text = "service firebase.storage { match /b/{bucket}/o { match /riders/{id}/photo.{ending} { allow read: if true; } match /all/{path=**}{ allow write; } } }"
    assert [found.path for found in rules.read("storage.rules", text.encode())[0]] == ["/riders/{id}/photo.{ending}", "/all/{path=**}"]


def test_functions_are_those_in_scope() -> None:
    text = (
        "function ok() { return false; } "
        + HEAD
        + "match /a/{id} { function ok() { return true; } allow get: if ok(); match /b/{b} { allow get: if ok(); } } match /c/{id} { allow get: if ok(); } } }"
    )
    assert [found.path for found in rules.read("x.rules", text.encode())[0]] == ["/a/{id}", "/a/{id}/b/{b}"]


@pytest.mark.parametrize(
    ("rule", "read", "write"),
    [
        ("true", "everyone", "everyone"),
        ('"auth != null"', "any-user", "any-user"),
        ("\"auth !== null && auth.provider !== 'anonymous'\"", None, None),
        ('"$id === auth.uid"', None, None),
        ('"now < 1893456000000"', "until-a-date", "until-a-date"),
        ("\"root.child('admins').child(auth.uid).exists()\"", None, None),
        ("false", None, None),
        ('"false"', None, None),
    ],
)
def test_the_realtime_database(rule: str, read: str | None, write: str | None) -> None:
    for key, who in ((".read", read), (".write", write)):
        found, whole = database.read("database.rules.json", f'{{"rules": {{"things": {{"$id": {{"{key}": {rule}}}}}}}}}'.encode())
        assert whole
        assert [(each.path, each.who) for each in found] == ([("/things/$id", who)] if who else [])


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("!data.exists()", [("everyone", ("create",))]),
        ("auth != null && newData.hasChildren(['a'])", [("any-user", ("create", "update"))]),
        ("newData.child('uid').val() === auth.uid", [("any-user", ("update",))]),
        ("data.child('uid').val() === auth.uid", []),
    ],
)
def test_what_is_written_to_the_realtime_database(rule: str, found: list[tuple[str, tuple[str, ...]]]) -> None:
    text = f'{{"rules": {{"things": {{".write": "{rule}"}}}}}}'
    assert [(each.who.value, each.verbs) for each in database.read("database.rules.json", text.encode())[0]] == found


def test_what_is_granted_above_is_told_once() -> None:
    text = b'{"rules": {".read": true, "a": {".read": "auth != null", ".write": true, "b": {".write": true}}}}'
    assert [(each.path, each.who.value) for each in database.read("database.rules.json", text)[0]] == [
        ("/", "everyone"),
        ("/a", "everyone"),
    ]


def test_what_firebase_json_deploys() -> None:
    text = b'{"firestore": [{"rules": "a.rules"}, {"rules": "./b.rules"}], "storage": {"rules": "s.rules"}, "hosting": {"public": "dist"}}'
    assert file_facts("apps/firebase.json", text).rule_files == (
        ("firestore", "apps/a.rules"),
        ("firestore", "apps/b.rules"),
        ("storage", "apps/s.rules"),
    )


@pytest.mark.parametrize(
    ("path", "reads"), [("firestore.rules", True), ("a/database.rules.json", True), ("firebase.json", True), ("rules.ts", False)]
)
def test_files_by_name(path: str, reads: bool) -> None:
    assert is_settings(path) is reads


def test_other_files_say_nothing() -> None:
    assert file_facts("prometheus.rules", b"groups: []").access_rules == ()
    assert file_facts("eslint-rules.json", b'{"rules": {"semi": "error"}}').access_rules == ()


def test_a_file_that_breaks_off_says_so() -> None:
    found = file_facts("firestore.rules", (HEAD + "match /a/{id} { allow read: if true; } ) match").encode())
    assert ([rule.path for rule in found.access_rules], [note.kind for note in found.notes]) == (["/a/{id}"], [NoteKind.NOT_PARSED])


@given(st.text(alphabet="abmtch/{}=*$().&|!=<>'\"; :,?[]0r \n", max_size=300))
def test_any_text_is_read(text: str) -> None:
    rules.read("x.rules", (HEAD + text).encode())
    rules.read("x.rules", (f"{HEAD} match /a/{{id}} {{ allow read: if {text}").encode())
    database.read("x.json", f'{{"rules": {{".read": "{text}"'.encode())


@pytest.mark.parametrize("text", ["(" * 6_000, "!" * 6_000, "a." * 6_000, "a[" * 6_000, "/$(" * 3_000, "a?b:" * 3_000, "a&&" * 3_000])
def test_deep_conditions_take_no_time(text: str) -> None:
    start = time.process_time()
    rules.read("x.rules", f"{HEAD} match /a/{{id}} {{ allow read: if {text}".encode())
    assert time.process_time() - start < 5


def test_deep_and_circular_rules_take_no_time() -> None:
    calls = "".join(f"function f{at}() {{ return f{at + 1}() && f{at + 1}() && f{at + 1}(); }} " for at in range(30))
    start = time.process_time()
    rules.read(
        "x.rules", f"{HEAD} {calls} function f30() {{ return f0(); }} match /a/{{id}} {{ allow read, write: if f0(); }} }} }}".encode()
    )
    assert parse(("match /a/{b} { " * 2_000).encode()).whole is False
    assert time.process_time() - start < 5


def test_what_another_app_deploys_says_nothing_of_these_rules() -> None:
    open_to_all = b"service cloud.firestore { match /databases/{database}/documents { match /notes/{id} { allow read: if true; } } }"
    files = {
        "one/package.json": b"{}",
        "one/firestore.rules": open_to_all,
        "two/package.json": b"{}",
        "two/firestore.rules": open_to_all,
        "two/old.rules": open_to_all,
        "two/firebase.json": b'{ "firestore": { "rules": "firestore.rules" } }',
    }
    found = scan_files(files, RULES).project.access_rules
    assert {(rule.place.path, rule.deployed) for rule in found} == {
        ("one/firestore.rules", None), ("two/firestore.rules", True), ("two/old.rules", False),
    }  # fmt: skip
