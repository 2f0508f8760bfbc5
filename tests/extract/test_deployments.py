"""Commands that deploy edge functions without the check of the gateway, in the files that such commands stand in."""

import pytest

from batten.extract.packages.deployments import open_functions


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("package.json", '{"scripts": {"d": "supabase functions deploy invite --no-verify-jwt"}}', ["invite"]),
        ("package.json", '{"scripts": {"d": "npx supabase functions deploy --no-verify-jwt a b --project-ref abc && true"}}', ["a", "b"]),
        ("scripts/deploy.sh", "supabase functions deploy \\\n  invite \\\n  --no-verify-jwt\n", ["invite"]),
        ("scripts/deploy.sh", "# supabase functions deploy invite --no-verify-jwt\nsupabase functions deploy other\n", []),
        ("scripts/deploy.sh", "for f in a b; do supabase functions deploy $f --no-verify-jwt; done", []),
        ("scripts/deploy.sh", "supabase functions deploy a; supabase functions serve --no-verify-jwt", []),
        (".github/workflows/deploy.yml", "      - run: supabase functions deploy --no-verify-jwt\n", ["*"]),
        ("Makefile", "deploy:\n\tsupabase functions deploy --project-ref $(REF) --no-verify-jwt invite\n", ["invite"]),
        ("README.md", "supabase functions deploy invite --no-verify-jwt", []),
    ],
)  # fmt: skip
def test_functions_that_are_deployed_open(path: str, text: str, expected: list[str]) -> None:
    found = open_functions(path, text.encode())
    assert [each.name for each in found] == expected
    assert all(text.encode()[each.place.span.start : each.place.span.end].startswith(b"functions deploy") for each in found)
