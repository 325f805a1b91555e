"""How long the modelled model takes."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from metabot.replay.script import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Seconds, already divided by the speed."""

    first_token: float
    output_token: float


def draw(timing: Timing, *, seed: int, digest: str, seen: int, uncached_tokens: int, speed: float) -> Draw:
    """One request's times. They depend on the seed, the request and how often it came, not on the order of threads."""
    first = timing.first_token_median_ms
    if timing.distribution == "lognormal":
        first *= math.exp(random.Random(f"{seed} {digest} {seen}").gauss(0.0, timing.first_token_sigma))
    return Draw(
        first_token=(first + timing.uncached_input_token_ms * uncached_tokens) / 1000 / speed,
        output_token=timing.output_token_ms / 1000 / speed,
    )
