"""`--format json`: docs/json.md describes the keys, docs/analysis.schema.json is their JSON Schema.

Free text out of telemetry is quoted here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from analyzers.finding import Finding
from analyzers.overview import Overview
from analyzers.untrusted import Name, Untrusted
from metabot.analysis import Analysis
from metabot.plugins import Refusal
from metabot.store.rejects import Rejected
from metabot.telemetry import prices

_OURS: Final = "affected"  # of a candidate: it has served its purpose before anything is printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is printed: one object with these keys."""

    schema: Literal["metabot.analysis/2"]
    prices: str
    overview: Overview
    findings: tuple[Finding, ...]
    rejects: tuple[Rejected, ...]
    refused: tuple[Refusal, ...]


def as_json(analysis: Analysis) -> bytes:
    """One JSON object in UTF-8 with a final newline."""
    report = Report(
        schema="metabot.analysis/2",
        prices=prices.LIST,
        overview=analysis.overview,
        findings=analysis.findings,
        rejects=analysis.rejected,
        refused=analysis.refused,
    )
    values = msgspec.to_builtins(report, enc_hook=_encode)
    for finding in values["findings"]:
        for one in (finding, *finding["consequences"]):
            del one["candidate"][_OURS]
    return msgspec.json.format(msgspec.json.encode(values), indent=2) + b"\n"


def json_schema() -> bytes:
    """The JSON Schema (2020-12) of `as_json`'s output, out of the types. Keys may be added to an object later."""
    schema = msgspec.json.schema(Report, schema_hook=_kind)
    candidate = schema["$defs"]["Candidate"]
    del candidate["properties"][_OURS]
    for kind in schema["$defs"].values():
        if "properties" in kind:  # nothing is left out of the output, not even what has a default
            kind["required"] = list(kind["properties"])
            kind["properties"] = {name: _without_default(one) for name, one in kind["properties"].items()}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "metabot analyze --format json"}
    return msgspec.json.format(msgspec.json.encode({**head, **schema}), indent=2) + b"\n"


def _without_default(shape: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in shape.items() if key != "default"}


def _kind(kind: type) -> dict[str, Any]:
    if kind in (Name, Untrusted, Path):
        return {"type": "string"}
    raise NotImplementedError(f"{kind.__name__} has no place in the JSON output")


def _encode(value: object) -> Any:
    if isinstance(value, Untrusted):
        return value.quoted()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, str):  # Name
        return str.__str__(value)
    raise NotImplementedError(f"{type(value).__name__} has no place in the JSON output")
