"""`--format json` and its page say the same."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from analyzers import finding, overview

PAGE = (Path(__file__).parents[3] / "docs/json.md").read_text()


@pytest.mark.parametrize(
    "shape",
    [
        overview.Overview, overview.ModelUse, overview.Tally, overview.Cost, overview.ServiceUse,
        overview.OperationTime,
        finding.Finding, finding.Candidate, finding.Subject, finding.Waste, finding.Metric, finding.Exemplar,
    ],
)  # fmt: skip
def test_every_key_is_described(shape: Any) -> None:
    """docs/json.md names each key that the output can have."""
    described = set(re.findall(r"[a-z0-9_]+", PAGE))
    assert {field.name for field in fields(shape)} <= described
