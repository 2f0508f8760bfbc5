"""Take the requests that the bot makes out of GitHub's own OpenAPI description, for tests/bot/github_operations.json.

npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz package/generated/api.github.com.json
python scripts/github_operations.py package/generated/api.github.com.json
"""

import json
import sys
from pathlib import Path
from typing import Any

OPERATIONS = {
    "pulls/get",
    "pulls/list",
    "pulls/list-files",
    "pulls/create-review",
    "pulls/create-review-comment",
    "issues/create-comment",
    "issues/update-comment",
    "checks/create",
    "checks/update",
    "checks/list-for-ref",
    "apps/create-installation-access-token",
}
TARGET = Path(__file__).parents[1] / "tests/bot/github_operations.json"


def main() -> None:
    description = json.loads(Path(sys.argv[1]).read_bytes())
    found: dict[str, Any] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if operation.get("operationId") in OPERATIONS:
                parameters = [_resolved(each, description) for each in operation.get("parameters", [])]
                body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
                found[operation["operationId"]] = {
                    "method": method.upper(),
                    "path": path,
                    "parameters": [{key: each[key] for key in ("name", "in", "required", "schema") if key in each} for each in parameters],
                    "body": _bare(_resolved(body, description)) if body else None,
                    "answers": sorted(int(status) for status in operation["responses"]),
                }
    assert found.keys() == OPERATIONS, OPERATIONS - found.keys()
    TARGET.write_text(json.dumps(dict(sorted(found.items())), indent=1) + "\n")


def _resolved(value: Any, description: Any) -> Any:
    """A value with what its references lead to in their place."""
    if isinstance(value, list):
        return [_resolved(each, description) for each in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        found = description
        for name in value["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return _resolved(found, description)
    return {key: _resolved(each, description) for key, each in value.items()}


def _bare(schema: Any) -> Any:
    """A schema without its words, and closed: a property that is not described is a mistake of ours."""
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    bare = {
        key: _bare(each)
        for key, each in schema.items()
        if key not in ("example", "examples") and not (key == "description" and isinstance(each, str))
    }
    if isinstance(bare.get("properties"), dict):
        bare.setdefault("additionalProperties", False)
    return bare


if __name__ == "__main__":
    main()
