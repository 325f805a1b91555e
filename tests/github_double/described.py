"""GitHub's published description of its answers: `extract.py` says where the slice comes from."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs

_SLICE: Final = Path(__file__).with_name("description.json.gz")
_ADDRESS: Final = "urn:github"
_PLAIN: Final[dict[str, Any]] = {"string": "", "integer": 0, "number": 0, "boolean": False}
_FORMATTED: Final = {"uri": "https://unspecified.invalid/", "date-time": "2000-01-01T00:00:00Z"}


@cache
def description() -> Any:
    return json.loads(gzip.decompress(_SLICE.read_bytes()))


@cache
def _registry() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([(_ADDRESS, {"schemas": description()["schemas"]})])


def operation(method: str, template: str) -> dict[str, Any]:
    """An operation by its path as GitHub writes it. Raises `KeyError` for one outside of the slice."""
    found: dict[str, Any] = description()["paths"][template][method.lower()]
    return found


def faults(method: str, template: str, status: int, body: Any) -> list[str]:
    """What of an answer breaks the description; one of a status that is not described must be GitHub's plain error."""
    answers = operation(method, template)["answers"]
    if str(status) not in answers and status < 400:
        return [f"{method} {template} never answers {status}"]
    if answers.get(str(status)) is None and status < 400:
        return [] if body is None else [f"{method} {template}: {status} has no body"]
    described = status if answers.get(str(status)) is not None else None
    return [f"{method} {template}: {status}: {fault}" for fault in _told(_answer(method, template, described), body)]


def unknown(method: str, template: str, query: dict[str, str], body: Any) -> list[str]:
    """What of a request GitHub does not describe, and passes over in silence."""
    known = operation(method, template)
    wrong = [f"{method} {template} has no parameter {name!r}" for name in query if name not in known["query"]]
    if known["body"] is None:
        return wrong if body is None else [*wrong, f"{method} {template} takes no body"]
    named = known["body"].get("properties")
    if isinstance(body, dict) and named is not None:
        wrong += [f"{method} {template} has no field {name!r}" for name in body if name not in named]
    return wrong


def refusable(method: str, template: str, body: Any) -> list[str]:
    """What of a request's body is not as GitHub describes it."""
    if operation(method, template)["body"] is None:
        return []
    if isinstance(body, list) and template.endswith("/labels"):  # taken since ever; described as an object alone
        return []
    return [f"{method} {template}: asked with {fault}" for fault in _told(_request(method, template), body)]


def _told(validator: Any, body: Any) -> list[str]:
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}"[:400] for error in validator.iter_errors(body)
    ]


@cache
def _answer(method: str, template: str, status: int | None) -> Any:
    if status is None:
        return _validator({"$ref": "#/schemas/basic-error"})
    return _validator(operation(method, template)["answers"][str(status)])


@cache
def _request(method: str, template: str) -> Any:
    return _validator(operation(method, template)["body"])


def _validator(schema: Any) -> Any:
    absolute = json.loads(json.dumps(schema).replace('"$ref": "#/', f'"$ref": "{_ADDRESS}#/'))
    return jsonschema_rs.Draft7Validator(absolute, registry=_registry(), validate_formats=True)


def filled(schema_name: str, /, **known: Any) -> dict[str, Any]:
    """`known`, and an empty value for everything else that the schema requires of such a thing."""
    return _whole(schema_name) | known


@cache
def _whole(name: str) -> dict[str, Any]:
    whole: dict[str, Any] = _empty({"$ref": f"#/schemas/{name}"})
    return whole


def _empty(schema: dict[str, Any]) -> Any:
    alternatives = schema.get("anyOf", schema.get("oneOf"))
    if "$ref" in schema:
        return _empty(description()["schemas"][schema["$ref"].removeprefix("#/schemas/")])
    if "null" in schema.get("type", "") or (alternatives and {"type": "null"} in alternatives):
        return None
    if alternatives:
        return _empty(alternatives[0])
    if "allOf" in schema:
        return {key: value for part in schema["allOf"] for key, value in _empty(part).items()}
    return _empty_of(schema.get("type", "object"), schema)


def _empty_of(kind: str, schema: dict[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        properties = schema.get("properties", {})
        return {key: _empty(properties.get(key, {})) for key in schema.get("required", [])}
    return [] if kind == "array" else _FORMATTED.get(schema.get("format", ""), _PLAIN[kind])


def matching(template: str) -> re.Pattern[str]:
    """The paths of a template. A file, a reference of git and a comparison may contain slashes."""
    slashes = {"path", "basehead"} | ({"ref"} if "/git/" in template else set())
    literal, *rest = re.split(r"\{(\w+)\}", template)
    pattern = re.escape(literal)
    for name, following in zip(rest[::2], rest[1::2], strict=True):
        pattern += f"(?P<{name}>{'.+' if name in slashes else '[^/]+'}){re.escape(following)}"
    return re.compile(pattern)
