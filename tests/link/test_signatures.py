"""Signing with a literal that a secret in the code tells of is told once."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

WORD = "kettle-lantern-harbour"


@pytest.mark.parametrize(
    ("bound", "rules"),
    [
        (f'KEY = os.getenv("JWT_SECRET_KEY", "{WORD}")', ["hardcoded-fallback-secret"]),
        (f'KEY = os.environ.get("JWT_SECRET_KEY") or "{WORD}"', ["hardcoded-fallback-secret"]),
        (
            f'OTHER = os.getenv("JWT_SECRET_KEY", "{WORD}")\nKEY = "{WORD[:-1]}"',
            ["hardcoded-fallback-secret", "weak-signing-secret", "weak-signing-secret"],
        ),
    ],
)
def test_a_fallback_is_told_where_it_is_written(bound: str, rules: list[str]) -> None:
    text = (
        f"import os\nfrom jose import jwt\n{bound}\ndef issue(data):\n    return jwt.encode(data, KEY, algorithm='HS256')\n"
        f"def read(token):\n    return jwt.decode(token, KEY, algorithms=['HS256'])\n"
    )
    chosen = RULES.select(["hardcoded-fallback-secret", "weak-signing-secret"])
    assert sorted(finding.rule for finding in scan_files({"shop/tokens.py": text.encode()}, chosen).findings) == rules


def test_made_up_values_of_pipelines_are_below_what_fails_a_run() -> None:
    steps = "jobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm test\n        env:\n"
    files = {
        ".github/workflows/test.yml": f'{steps}          SESSION_SECRET: "secret"\n          ENCRYPTION_KEY: "dummy-encryption-key-32-bytes-xx"\n'
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES.select(["hardcoded-fallback-secret"])).findings
    assert {(finding.severity.value, finding.confidence.value) for finding in found} == {("medium", "medium")}
