"""List prices and the cost of calls, from the data inside `genai-prices`: nothing is fetched.

A price holds for a provider, a model, a time and, where the provider's list has steps, a size of the input: above a
step the higher price is for all tokens. Whatever is not known leaves the cost null and says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Final

import genai_prices
import polars as pl
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice, TieredPrices

from analyzers.frames import CALLS
from analyzers.untrusted import Name

_SLOT_NS: Final = 30 * 60 * 1_000_000_000  # lists with an off-peak price switch at half hours
_NOT_BY_TOKEN: Final = ("requests_kcount", "output_reasoning_mtok")  # charges that token counts alone do not tell
_NAMED: Final = ("fresh", "read", "write", "answer")  # USD per million tokens: input, cached input, cache write, output

LIST: Final = f"genai-prices {version('genai-prices')}"
"""The price list and its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPrice:
    """What a team pays for a model in place of the list price, USD per million tokens. A None costs what input does."""

    model: str  # as it was recorded
    provider: str | None = None  # None: of any
    input: float
    cached_input: float | None = None
    cache_write: float | None = None
    output: float

    def listed(self) -> ModelPrice:
        charges = (self.input, self.cached_input, self.cache_write, self.output)
        fresh, read, write, answer = (None if one is None else Decimal(str(one)) for one in charges)
        return ModelPrice(input_mtok=fresh, cache_read_mtok=read, cache_write_mtok=write, output_mtok=answer)


def add(calls: pl.DataFrame, own: Sequence[OwnPrice] = ()) -> pl.DataFrame:
    """The same calls in the same order with prices, and either `cost_usd` or `cost_unknown`, filled in.

    `own` goes before the list; of two that fit, the first. Without calendar time no list price is known.
    """
    dated = pl.when(pl.col("clock").str.starts_with("utc")).then(pl.col("start_ns") // _SLOT_NS)
    sized = _priced(calls.with_columns(dated.alias("slot")), own)
    known = {name: pl.col(name) for name in _NAMED}
    size, output = pl.col("input_tokens"), pl.col("output_tokens")
    cached, written = (pl.col(name).fill_null(0) for name in ("cached_tokens", "cache_write_tokens"))
    paid = (size - cached - written) * known["fresh"] + output * known["answer"].fill_null(0.0)
    # A list without a price of its own for cached or written tokens charges them as input.
    paid += cached * known["read"].fill_null(known["fresh"]) + written * known["write"].fill_null(known["fresh"])
    unknown = _unknown(size, output, cached, written)
    return sized.with_columns(
        known["fresh"].alias("input_usd_per_mtok"),
        known["read"].alias("cached_usd_per_mtok"),
        pl.when(unknown.is_null()).then(paid / 1_000_000).alias("cost_usd"),
        unknown.alias("cost_unknown"),
    ).select(CALLS.schema.keys())


_PRICED_BY: Final = ("provider", "model", "slot")


def _priced(calls: pl.DataFrame, own: Sequence[OwnPrice]) -> pl.DataFrame:
    """With the columns of _NAMED and `why_unlisted` added. Only a list with steps is asked for each size."""
    keys = calls.select(_PRICED_BY).unique()
    listed = {
        (provider, model, slot): _of(own, provider, model)
        or (_listed(provider, model, slot) if model and slot is not None else None)
        for provider, model, slot in keys.rows()
    }
    stepped = keys.with_columns(pl.Series("stepped", [_has_steps(listed[key]) for key in keys.rows()], pl.Boolean))
    size = pl.when("stepped").then("input_tokens").alias("size")
    sized = calls.join(stepped, on=_PRICED_BY, how="left", nulls_equal=True, maintain_order="left").with_columns(size)
    rows = [
        (provider, model, slot, size, *_at_size(model, slot, listed[provider, model, slot], size))
        for provider, model, slot, size in sized.select(*_PRICED_BY, "size").unique().rows()
    ]
    schema = {name: sized.schema[name] for name in (*_PRICED_BY, "size")}
    found = pl.DataFrame(
        rows, schema={**schema, **dict.fromkeys(_NAMED, pl.Float64), "why_unlisted": pl.String}, orient="row"
    )
    return sized.join(found, on=[*_PRICED_BY, "size"], how="left", nulls_equal=True, maintain_order="left")


def provider_at(url: str) -> str | None:
    """Whose the address is that requests go to; None: nobody's on the list, such as a server of your own."""
    try:
        return get_snapshot().find_provider(None, None, url).id
    except LookupError:
        return None


def _has_steps(price: ModelPrice | None) -> bool:
    return price is not None and any(isinstance(one, TieredPrices) for one in _charges(price))


def _of(own: Sequence[OwnPrice], provider: str | None, model: str | None) -> ModelPrice | None:
    fitting = (one for one in own if one.model == model and one.provider in (None, provider))
    found = next(fitting, None)
    return None if found is None else found.listed()


def _at_size(
    model: str | None, slot: int | None, price: ModelPrice | None, size: int | None
) -> tuple[float | str | None, ...]:
    if price is not None:
        return (*(_usd(one, size or 0) for one in _charges(price)), None)
    if not model:
        return (None, None, None, None, "no model name")
    why = f"no price for {Name(model)}" if slot is not None else "no calendar time that a list price holds for"
    return (None, None, None, None, why)


def _charges(price: ModelPrice) -> tuple[Decimal | TieredPrices | None, ...]:
    return price.input_mtok, price.cache_read_mtok, price.cache_write_mtok, price.output_mtok


def _unknown(size: pl.Expr, output: pl.Expr, cached: pl.Expr, written: pl.Expr) -> pl.Expr:
    """Why the cost is not known; null where it is."""
    return (
        pl.when(pl.col("why_unlisted").is_not_null())
        .then(pl.col("why_unlisted"))
        .when(size.is_null() | output.is_null())
        .then(pl.lit("no token counts"))
        .when(pl.col("read").is_not_null() & pl.col("cached_tokens").is_null())
        .then(pl.lit("cached input not reported"))
        .when(cached + written > size)
        .then(pl.lit("more cached than input tokens"))
    )


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
