"""Cuts the operations that the double answers out of GitHub's published OpenAPI description.

`python tests/github_double/extract.py FOLDER`, where FOLDER is the unpacked npm package `@octokit/openapi` in the
version pinned here: `npm pack @octokit/openapi@23.0.2`, then `tar xzf` of what it wrote. The suite reads the slice
alone.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any, Final

VERSION: Final = "23.0.2"
SLICE: Final = Path(__file__).with_name("description.json.gz")

REPOSITORY: Final = "/repos/{owner}/{repo}"
OPERATIONS: Final = {
    "/meta": ("get",),
    "/rate_limit": ("get",),
    "/user": ("get",),
    "/user/repos": ("get",),
    "/users/{username}": ("get",),
    REPOSITORY: ("get",),
    f"{REPOSITORY}/actions/permissions": ("get",),
    f"{REPOSITORY}/actions/runs": ("get",),
    f"{REPOSITORY}/actions/secrets": ("get",),
    f"{REPOSITORY}/branches": ("get",),
    f"{REPOSITORY}/branches/{{branch}}": ("get",),
    f"{REPOSITORY}/branches/{{branch}}/protection": ("get",),
    f"{REPOSITORY}/branches/{{branch}}/protection/required_status_checks": ("get",),
    f"{REPOSITORY}/collaborators": ("get",),
    f"{REPOSITORY}/collaborators/{{username}}/permission": ("get",),
    f"{REPOSITORY}/commits": ("get",),
    f"{REPOSITORY}/commits/{{ref}}": ("get",),
    f"{REPOSITORY}/commits/{{ref}}/check-runs": ("get",),
    f"{REPOSITORY}/commits/{{ref}}/status": ("get",),
    f"{REPOSITORY}/compare/{{basehead}}": ("get",),
    f"{REPOSITORY}/contents/{{path}}": ("get",),
    f"{REPOSITORY}/git/matching-refs/{{ref}}": ("get",),
    f"{REPOSITORY}/git/ref/{{ref}}": ("get",),
    f"{REPOSITORY}/git/refs": ("post",),
    f"{REPOSITORY}/git/refs/{{ref}}": ("patch", "delete"),
    f"{REPOSITORY}/issues": ("get", "post"),
    f"{REPOSITORY}/issues/{{issue_number}}": ("get", "patch"),
    f"{REPOSITORY}/issues/{{issue_number}}/comments": ("get", "post"),
    f"{REPOSITORY}/issues/{{issue_number}}/labels": ("get", "post", "put"),
    f"{REPOSITORY}/issues/{{issue_number}}/labels/{{name}}": ("delete",),
    f"{REPOSITORY}/issues/comments": ("get",),
    f"{REPOSITORY}/issues/comments/{{comment_id}}": ("get", "patch", "delete"),
    f"{REPOSITORY}/labels": ("get", "post"),
    f"{REPOSITORY}/labels/{{name}}": ("get",),
    f"{REPOSITORY}/pulls": ("get", "post"),
    f"{REPOSITORY}/pulls/{{pull_number}}": ("get", "patch"),
    f"{REPOSITORY}/pulls/{{pull_number}}/commits": ("get",),
    f"{REPOSITORY}/pulls/{{pull_number}}/files": ("get",),
    f"{REPOSITORY}/pulls/{{pull_number}}/merge": ("get", "put"),
    f"{REPOSITORY}/pulls/{{pull_number}}/requested_reviewers": ("get", "post"),
    f"{REPOSITORY}/pulls/{{pull_number}}/reviews": ("get", "post"),
    f"{REPOSITORY}/pulls/{{pull_number}}/update-branch": ("put",),
    f"{REPOSITORY}/rules/branches/{{branch}}": ("get",),
}
DROPPED: Final = (
    "description",
    "example",
    "examples",
    "title",
    "deprecated",
    "readOnly",
    "externalDocs",
    "discriminator",
)


def main(folder: Path) -> None:
    package = json.loads((folder / "package.json").read_text())
    if package["version"] != VERSION:
        sys.exit(f"{folder}: version {package['version']} of the description.\n  The slice is of {VERSION}.")
    whole = json.loads((folder / "generated/api.github.com.json").read_text())
    paths = {
        path: {method: operation(whole, whole["paths"][path][method]) for method in methods}
        for path, methods in OPERATIONS.items()
    }
    slice_ = {
        "source": f"npm @octokit/openapi {VERSION}, generated/api.github.com.json",
        "licence": (folder / "LICENSE").read_text(),
        "paths": paths,
        "schemas": reachable(whole["components"]["schemas"], paths),
    }
    SLICE.write_bytes(gzip.compress(json.dumps(slice_, separators=(",", ":"), sort_keys=True).encode(), 9, mtime=0))


def operation(whole: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    """What it may be asked with, and the schema of each answer: None for one without a body."""
    parameters = [resolved(whole, one) for one in described.get("parameters", [])]
    responses = {status: resolved(whole, one) for status, one in described["responses"].items()}
    return {
        "query": {one["name"]: schema(one["schema"]) for one in parameters if one["in"] == "query"},
        "body": json_of(described.get("requestBody", {})),
        "answers": {status: json_of(one) for status, one in responses.items()},
    }


def resolved(whole: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in one:
        return one
    _, *steps = one["$ref"].split("/")
    for step in steps:
        whole = whole[step]
    return whole


def json_of(described: dict[str, Any]) -> Any:
    content = described.get("content", {})
    return schema(content["application/json"]["schema"]) if "application/json" in content else None


def schema(node: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON Schema: `nullable` becomes a type, references point into the slice."""
    if isinstance(node, list):
        return [schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": node["$ref"].replace("#/components/schemas/", "#/schemas/")}
    kept = {
        key: {name: schema(one) for name, one in value.items()} if key == "properties" else schema(value)
        for key, value in node.items()
        if key not in DROPPED and key != "nullable" and not key.startswith("x-")
    }
    return or_null(kept) if node.get("nullable") else kept


def or_null(kept: dict[str, Any]) -> dict[str, Any]:
    if "enum" in kept and None not in kept["enum"]:
        kept["enum"] = [*kept["enum"], None]
    if isinstance(kept.get("type"), str):
        return {**kept, "type": [kept["type"], "null"]}
    return {"anyOf": [kept, {"type": "null"}]} if kept else {}


def reachable(schemas: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    waiting = list(references(paths))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = schema(schemas[name])
            waiting += references(found[name])
    return found


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [name for one in node for name in references(one)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"].removeprefix("#/schemas/")] if isinstance(node.get("$ref"), str) else []
    return own + [name for one in node.values() for name in references(one)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
