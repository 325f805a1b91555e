"""What a request to the settings' model costs: your own price, else the list's."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from analyzers.frames import CALLS
from metabot.telemetry import prices
from metabot.telemetry.prices import OwnPrice


@dataclass(frozen=True, slots=True)
class Tariff:
    model: str
    provider: str | None  # None: the list is searched by the model's name alone
    own: Sequence[OwnPrice] = ()

    def usd(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> float | None:
        """None: neither the list nor the settings have a price."""
        call = {
            "provider": self.provider,
            "model": self.model,
            "clock": "utc",
            "start_ns": time.time_ns(),
            "input_tokens": input_tokens,
            "cached_tokens": min(cached_tokens, input_tokens),
            "cache_write_tokens": 0,
            "output_tokens": output_tokens,
        }
        calls = pl.DataFrame([{**dict.fromkeys(CALLS.schema), **call}], schema=CALLS.schema)
        cost: float | None = prices.add(calls, self.own)["cost_usd"].item()
        return cost
