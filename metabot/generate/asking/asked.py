"""What is kept of one request to a model. Neither what was asked nor what was answered: their hash and their size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzers.finding import Fingerprint

Outcome = Literal[
    "under way",  # or metabot was ended before the answer came
    "answered",
    "cut",
    "refused",
    "status",
    "unreachable",
    "stalled",
    "broken",
    "nonsense",
    "too large",
    "elsewhere",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    about: Fingerprint
    model: str
    server: str  # host and port
    prompt_hash: str  # of what was sent, after secrets were taken out
    started_ns: int
    seconds: float
    outcome: Outcome
    status: int | None  # of HTTP, where it was an error
    input_tokens: int
    output_tokens: int
    counted: bool  # False: the server did not count, and these are the most that it can have been
    cost_usd: float | None  # None: the model's price is not known
