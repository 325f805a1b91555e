"""A model is known by its plain name and by its dated one, where a script answers in a provider's place."""

from __future__ import annotations

import polars as pl
import pytest

from metabot.verify.measurement import answered_as, undated

DATED = "gpt-4.1-mini-2025-04-14"


def models(*names: str | None, wanted: str | None = DATED) -> list[str | None]:
    rows = answered_as(pl.LazyFrame({"model": list(names)}, schema={"model": pl.String}), wanted)
    return list(rows.collect()["model"])


@pytest.mark.parametrize(
    ("model", "plain"),
    [
        (DATED, "gpt-4.1-mini"),
        ("claude-sonnet-4-20250514", "claude-sonnet-4"),
        ("claude-3-5-sonnet@20240620", "claude-3-5-sonnet"),
        ("gpt-4.1-mini", "gpt-4.1-mini"),
        ("llama-3-70b", "llama-3-70b"),
        ("o1-1234", "o1-1234"),
    ],
)
def test_a_date_is_no_part_of_a_models_name(model: str, plain: str) -> None:
    """Other numbers are."""
    assert undated(model) == plain


def test_the_plain_name_stands_for_the_dated_one() -> None:
    """And so does the same model of another date; another model does not."""
    assert models("gpt-4.1-mini", "gpt-4.1", None) == [DATED, "gpt-4.1", None]
    assert models("gpt-4.1-mini-2026-01-01") == [DATED]
    assert models("gpt-4.1-mini", wanted="gpt-4.1") == ["gpt-4.1-mini"]


def test_what_occurs_is_left_as_it_is() -> None:
    """Two dates of one model in one recording stay two."""
    assert models(DATED, "gpt-4.1-mini") == [DATED, "gpt-4.1-mini"]


def test_a_subject_without_a_model_changes_nothing() -> None:
    """Nor do rows that have none."""
    assert models("gpt-4.1-mini", wanted=None) == ["gpt-4.1-mini"]
    rows = answered_as(pl.LazyFrame({"error": ["rate limit"]}), "rate limit")
    assert rows.collect().to_dicts() == [{"error": "rate limit"}]
