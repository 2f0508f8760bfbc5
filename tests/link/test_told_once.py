"""Values that two rules could tell of: the one that says more does, and what a pipeline starts weighs less."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

COMPOSE = 'services:\n  web:\n    image: web\n    environment:\n      COOKIE_SECRET: "q7Lm2Vx9TzKw4RbN8pYc6HdFs1GjUe3A"\n'


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("compose.yaml", [("secret-in-tool-config", "critical")]),
        ("deploy/compose.prod.yaml", [("secret-in-tool-config", "critical")]),
        (".ci/compose.yaml", [("secret-in-tool-config", "medium")]),
        ("compose.ci.yaml", [("secret-in-tool-config", "medium")]),
    ],
)
def test_a_secret_of_a_container_is_told_once(path: str, told: list[tuple[str, str]]) -> None:
    found = scan_files({path: COMPOSE.encode()}, rules=RULES).findings
    assert [(each.rule, each.severity.value) for each in found if "secret" in each.rule] == told
