"""Answers and refusals in GitHub's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_DOCUMENTATION: Final = "https://docs.github.com/rest"


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """GitHub's no."""

    def __init__(self, status: int, message: str, *errors: dict[str, Any], **headers: str) -> None:
        super().__init__(message)
        body = {"message": message, "documentation_url": _DOCUMENTATION, "status": str(status)}
        self.answer = Answer(
            status,
            {**body, "errors": list(errors)} if errors else body,
            {name.replace("_", "-"): value for name, value in headers.items()},
        )


def not_found() -> RefusedError:
    return RefusedError(404, "Not Found")


def invalid(resource: str, field_: str, code: str = "invalid") -> RefusedError:
    return RefusedError(422, "Validation Failed", {"resource": resource, "field": field_, "code": code})


def refused_by_rule(resource: str, message: str) -> RefusedError:
    return RefusedError(422, "Validation Failed", {"resource": resource, "code": "custom", "message": message})
