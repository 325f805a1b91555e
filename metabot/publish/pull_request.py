"""A pull request as it lives for weeks: ids and the prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzers.finding import Fingerprint
from metabot.generate.proposal import Prediction


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """Made by `metabot.publish` only (and loaded by the ledger)."""

    number: int
    fingerprint: Fingerprint
    state: Literal["open", "closed", "merged"]
    branch: str
    head_revision: str
    title: str
    draft: bool
    where: str  # the path of its rendered text (local) or its address
    prediction: Prediction
    also: tuple[Fingerprint, ...] = ()  # what else it would cure: the finding's consequences
