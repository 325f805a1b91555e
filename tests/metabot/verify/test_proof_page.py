"""docs/proof.md says what can stop a proposal."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from metabot.stopped import Reason

PAGE = Path(__file__).parents[3] / "docs/proof.md"
FIRST = "does not apply"


def test_every_reason_of_the_proof_has_its_row() -> None:
    """From the policy to the opening, and no row is of a reason that is none."""
    rows = [line.split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    told = [reason for row in rows[1:] for reason in row[2].removesuffix(" |").split(", ")]
    reasons = get_args(Reason)
    assert set(told) == set(reasons[reasons.index(FIRST) :])
    assert len(told) == len(set(told))
