"""What programs read: JSON, SARIF and GitHub's workflow commands."""

import hashlib
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from msgspec import structs
from npm import member

from batten.finding import Confidence, Finding, Severity, Step
from batten.report import Accepted, Origin, Run, write
from batten.text import Place, Span

Make = Callable[..., Run]
ROOT = Path(__file__).parents[2]


def text(run: Run, name: str) -> str:
    stream = StringIO()
    write(run, name, stream)
    return stream.getvalue()


def loaded(run: Run, name: str) -> Any:
    return json.loads(text(run, name))


# ── JSON ──


def test_json_is_as_its_schema_says(sample: Make) -> None:
    schema = json.loads((ROOT / "docs/schema/output.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    for run in (sample(), sample(findings=(), accepted=(), notes=(), files=0)):
        assert list(Draft202012Validator(schema).iter_errors(loaded(run, "json"))) == []


def test_a_finding_in_json(sample: Make) -> None:
    document = loaded(sample(), "json")
    table = {
        "path": "supabase/migrations/0001_init.sql",
        "start": {"line": 2, "column": 1, "byte": 8},
        "end": {"line": 5, "column": 3, "byte": 68},
    }
    client = {
        "path": "src/lib/client.ts",
        "start": {"line": 3, "column": 19, "byte": 73},
        "end": {"line": 3, "column": 41, "byte": 95},
    }
    assert document["findings"][0] == {
        "rule": "table-without-rls",
        "severity": "critical",
        "confidence": "high",
        "message": "table 'public.orders' can be read and written by anyone who has the public key",
        "reason": None,
        "key": "table-without-rls||table|public.orders",
        "handle": "4edf42fcfda8",
        "subject": "table|public.orders",
        "place": table,
        "trail": [{"note": "created here", "place": table}, {"note": "read by the browser here", "place": client}],
        "places": [],
        "others": [],
        "remedy": "enable-rls",
    }
    assert document["summary"] == {
        "files": 4,
        "findings": {"critical": 1, "high": 1, "medium": 1, "low": 0, "info": 0},
        "accepted": 1,
        "hidden": 2,
        "complete": False,
    }
    assert [(one["origin"], one["acceptedFor"]) for one in document["accepted"]] == [("comment", "a public lookup table")]
    assert sorted(document["rules"]) == ["route-without-auth", "secret-in-repository", "table-without-rls"]
    assert document["findings"][1]["reason"] == "the app has no accounts"


def test_all_places_of_a_hole_are_told(sample: Make) -> None:
    first, second = sample().findings[1].place, sample().findings[0].place
    several = structs.replace(sample().findings[1], places=(Step(first, "GET / asks nobody"), Step(second, "POST / asks nobody")))
    run = sample(findings=(several,))
    ((path, line), (other, below)) = [("api/chat.py", 6), (".env", 2)]
    (found,) = loaded(run, "json")["findings"]
    assert [(step["note"], step["place"]["path"], step["place"]["start"]["line"]) for step in found["places"]] == [
        ("GET / asks nobody", path, line),
        ("POST / asks nobody", other, below),
    ]
    result = next(result for result in loaded(run, "sarif")["runs"][0]["results"] if result["ruleId"] == several.rule)
    where = [each["physicalLocation"] for each in result["locations"]]
    assert [(each["artifactLocation"]["uri"], each["region"]["startLine"]) for each in where] == [(path, line), (other, below)]
    assert [each["message"]["text"] for each in result["relatedLocations"]] == ["GET / asks nobody", "POST / asks nobody"]
    assert "codeFlows" not in result
    assert f"GET / asks nobody ({path}:{line}); POST / asks nobody ({other}:{below})" in text(run, "github")


# ── SARIF ──

_PACKAGE = "@microsoft/jest-sarif@1.0.0-beta.0"
_SHA512 = "A1fOhPd6Ic5iDk4F9YPw1qNB4XF+7+IviR7xl8r2F6QzQkx5cpY9LsGk2rExiFIEcBbjpVnSmwWGBukASkiQ9A=="
_MEMBER = "package/lib/schemas/sarif-2.1.0-rtm.5.json"


@pytest.fixture(scope="session")
def sarif_schema() -> Any:
    """The official schema, which an npm package carries."""
    return json.loads(member(_PACKAGE, _SHA512, _MEMBER, "the official SARIF schema"))


def test_sarif_is_valid_by_the_official_schema(sample: Make, sarif_schema: Any) -> None:
    validator = Draft7Validator(sarif_schema)
    unknown = structs.replace(sample().findings[0], rule="of-a-pack-that-is-gone", place=Place("é [x] %.sql", Span(0, 0)))
    for run in (sample(), sample(findings=(), accepted=(), notes=(), rules={}), sample(findings=(unknown,))):
        assert [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(loaded(run, "sarif"))] == []


def test_sarif_tells_the_rule(sample: Make) -> None:
    (run,) = loaded(sample(), "sarif")["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["route-without-auth", "secret-in-repository", "table-without-rls"]
    assert rules[2]["help"]["markdown"] == (
        "Table without row level security, in a paragraph.\n\n"
        "## Why it matters\n\nAnyone who opens the app gets the key,\nand with the key **all rows**.\n\nMore.\n\n"
        "## How to mend it\n\n```sql\nalter table x;\n```\n\nSwitch `row level security` on."
    )
    assert rules[1]["properties"] == {
        "precision": "high",
        "problem.severity": "warning",
        "security-severity": "5.5",
        "tags": ["security", "external/cwe/cwe-798", "external/cwe/cwe-540", "external/owasp/A01:2025"],
    }
    assert rules[2]["properties"]["tags"] == ["security", "external/cwe/cwe-862", "external/owasp/A01:2025", "splinter:0013"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [result["ruleId"] for result in run["results"]]


def test_sarif_tells_the_story(sample: Make) -> None:
    (run,) = loaded(sample(accepted=()), "sarif")["runs"]
    result = run["results"][0]
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "supabase/migrations/0001_init.sql", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 2, "startColumn": 1, "endLine": 5, "endColumn": 3},
            }
        }
    ]
    steps = [step["location"] for step in result["codeFlows"][0]["threadFlows"][0]["locations"]]
    assert [step["message"]["text"] for step in steps] == ["created here", "read by the browser here"]
    assert result["relatedLocations"] == [{"id": number, **step} for number, step in enumerate(steps, 1)]
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning"]
    notes = [(note["level"], note["descriptor"]["id"]) for note in run["invocations"][0]["toolExecutionNotifications"]]
    assert notes == [("note", "ignore"), ("warning", "not-read"), ("warning", "not-understood"), ("note", "skipped")]


def test_sarif_fingerprints_are_of_keys_and_count_equal_ones(sample: Make) -> None:
    finding = sample().findings[2]
    moved = structs.replace(finding, place=Place("supabase/migrations/0001_init.sql", Span(0, 5)), trail=())
    prints = [
        result["partialFingerprints"]["batten/v1"]
        for result in loaded(sample(findings=(finding, moved), accepted=()), "sarif")["runs"][0]["results"]
    ]
    digest = hashlib.sha256(finding.key.encode()).hexdigest()[:32]
    assert prints == [f"{digest}:1", f"{digest}:2"]


def test_sarif_says_what_is_accepted_and_why(sample: Make) -> None:
    finding = sample().findings[0]
    accepted = [Accepted(structs.replace(finding, key=origin), origin, f"by {origin}") for origin in Origin]
    for one, kind in zip(accepted, ("inSource", "external", "external"), strict=True):
        (run,) = loaded(sample(findings=(), accepted=(one,)), "sarif")["runs"]
        expected = {"kind": kind, "status": "accepted", "justification": one.reason}
        assert [result["suppressions"] for result in run["results"]] == [[expected]]


def test_machine_formats_are_the_same_for_equal_runs(sample: Make) -> None:
    run = sample()
    turned = sample(
        findings=run.findings[::-1],
        notes=run.notes[::-1],
        rules=dict(reversed(run.rules.items())),
        seconds=99.0,
        root=Path("/elsewhere"),
        here=Path("/elsewhere/api"),
    )
    for name in ("json", "sarif"):
        assert text(run, name) == text(turned, name)
        assert text(run, name).isascii()


def test_sarif_links_are_broken(sample: Make) -> None:
    finding = structs.replace(sample().findings[0], message="see [here](https://evil.example)")
    (run,) = loaded(sample(findings=(finding,), accepted=()), "sarif")["runs"]
    assert run["results"][0]["message"]["text"] == "see [here] (https://evil.example)"


# ── GitHub ──


def test_github_commands(sample: Make) -> None:
    assert text(sample(), "github").splitlines() == [
        (
            "::error file=supabase/migrations/0001_init.sql,line=2,endLine=5,"
            "title=Table without row level security [table-without-rls]::"
            "table 'public.orders' can be read and written by anyone who has the public key; "
            "created here (supabase/migrations/0001_init.sql:2); read by the browser here (src/lib/client.ts:3)"
        ),
        (
            "::error file=api/chat.py,line=6,col=5,endColumn=16,title=Route that anyone may call [route-without-auth]::"
            "anyone can call POST /chat, which spends the owner's money"
        ),
        (
            "::warning file=.env,line=2,col=13,endColumn=38,title=Key in the repository [secret-in-repository]::"
            "the key SERVICE_KEY can be read by everyone who can read the repository"
        ),
        "::warning title=batten::1 file not read, 1 place not understood: findings may be missing (--verbose names them).",
        "1 critical, 1 high, 1 medium; 1 accepted; 2 under the threshold (see --min-severity, --min-confidence). 4 files in 0.25 s.",
    ]


def test_github_escapes(sample: Make) -> None:
    finding = Finding(
        rule="x",
        message="100%\n::error::x",
        place=Place("a,b:c%.sql", Span(0, 1)),
        key="k",
        subject="s",
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
    )
    run = sample(findings=(finding,), notes=(), accepted=(), sources=lambda path: b"x")
    assert text(run, "github").splitlines()[0] == (
        "::notice file=a%2Cb%3Ac%25.sql,line=1,col=1,endColumn=2,title=x [x]::100%25\\n::error::x"
    )
