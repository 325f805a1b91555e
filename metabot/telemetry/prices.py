"""List prices and the cost of calls, from the data inside `genai-prices`: nothing is fetched.

A price holds for a provider, a model, a time and, where the provider's list has steps, a size of the input: above a
step the higher price is for all tokens. Whatever is not known leaves the cost null and says why.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

import genai_prices
import polars as pl
from genai_prices.types import ModelPrice, TieredPrices

from analyzers.frames import CALLS
from analyzers.untrusted import Name

_SLOT_NS: Final = 30 * 60 * 1_000_000_000  # lists with an off-peak price switch at half hours
_NOT_BY_TOKEN: Final = ("requests_kcount", "output_reasoning_mtok")  # charges that token counts alone do not tell
_READ: Final = (
    "provider", "model", "start_ns", "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens",
)  # fmt: skip
_FILLED: Final = ("input_usd_per_mtok", "cached_usd_per_mtok", "cost_usd", "cost_unknown")


class _Usage(NamedTuple):
    input_tokens: int | None  # with cached and cache-write tokens in it
    cached_tokens: int | None
    cache_write_tokens: int | None
    output_tokens: int | None


class _Filled(NamedTuple):
    input_usd_per_mtok: float | None
    cached_usd_per_mtok: float | None
    cost_usd: float | None
    cost_unknown: str | None


def add(calls: pl.DataFrame) -> pl.DataFrame:
    """The same calls in the same order with list prices, and either `cost_usd` or `cost_unknown`, filled in."""
    filled = [_filled(provider, model, start, _Usage(*usage)) for provider, model, start, *usage in _rows(calls)]
    columns = pl.DataFrame(filled, schema={name: CALLS.schema[name] for name in _FILLED}, orient="row")
    return calls.with_columns(columns.get_columns()).select(CALLS.schema.keys())


def _rows(calls: pl.DataFrame) -> list[tuple[str | None, str | None, int, *tuple[int | None, ...]]]:
    return calls.select(_READ).rows()


def _filled(provider: str | None, model: str | None, start_ns: int, usage: _Usage) -> _Filled:
    listed = _listed(provider, model, start_ns // _SLOT_NS) if model else None
    if listed is None:
        return _Filled(None, None, None, f"no price for {Name(model)}" if model else "no model name")
    size = usage.input_tokens or 0
    fresh, cached = (_usd(price, size) for price in (listed.input_mtok, listed.cache_read_mtok))
    unknown = _unknown(listed, usage)
    return _Filled(fresh, cached, None if unknown else _cost(listed, usage), unknown)


def _unknown(listed: ModelPrice, usage: _Usage) -> str | None:
    if usage.input_tokens is None or usage.output_tokens is None:
        return "no token counts"
    if listed.cache_read_mtok is not None and usage.cached_tokens is None:
        return "cached input not reported"
    if (usage.cached_tokens or 0) + (usage.cache_write_tokens or 0) > usage.input_tokens:
        return "more cached than input tokens"
    return None


def _cost(listed: ModelPrice, usage: _Usage) -> float:
    """USD. A list without a price of its own for cached or written tokens charges them as input."""
    size, output = usage.input_tokens or 0, usage.output_tokens or 0
    cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    fresh = _usd(listed.input_mtok, size) or 0.0
    read, write = _usd(listed.cache_read_mtok, size), _usd(listed.cache_write_mtok, size)
    paid = (size - cached - written) * fresh + output * (_usd(listed.output_mtok, size) or 0.0)
    paid += cached * (fresh if read is None else read) + written * (fresh if write is None else write)
    return paid / 1_000_000


def _usd(price: Decimal | TieredPrices | None, size: int) -> float | None:
    """USD per million tokens in a call of `size` input tokens."""
    if isinstance(price, TieredPrices):
        above = [tier.price for tier in price.tiers if size > tier.start]  # ascending
        return float(above[-1] if above else price.base)
    return None if price is None else float(price)


@lru_cache(maxsize=4096)
def _listed(provider: str | None, model: str, slot: int) -> ModelPrice | None:
    """The list price, by the provider's own name or by that in front of the model's ("openai/gpt-4o")."""
    ahead, _, behind = model.partition("/")
    when = datetime.fromtimestamp(slot * _SLOT_NS / 1_000_000_000, tz=UTC)
    for ref, provider_id in ((model, provider), (behind, ahead)):
        if ref and (price := _price(ref, provider_id, when)) is not None:
            return price
    return None


def _price(model: str, provider: str | None, when: datetime) -> ModelPrice | None:
    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(), model_ref=model, provider_id=provider, genai_request_timestamp=when
        )
    except LookupError:
        return None
    price = found.model_price
    by_token = price.input_mtok is not None and all(getattr(price, name) is None for name in _NOT_BY_TOKEN)
    return price if by_token else None
