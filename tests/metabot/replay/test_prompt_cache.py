"""Prompt caching as documented: 1,024 tokens, steps of 128, forgotten when idle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from metabot.replay.prompt_cache import PromptCache
from metabot.replay.script import Cache


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def cached_after(first: list[str], second: list[str], *, pause: float = 0.0, model: str = "m") -> int:
    clock = Clock()
    cache = PromptCache(Cache(), clock)
    cache.keep("m", first)
    clock.now += pause
    return cache.cached_tokens(model, second)


def words(start: int, end: int) -> list[str]:
    return [f"w{n}" for n in range(start, end)]


def test_a_prefix_is_found_in_whole_steps() -> None:
    """1,300 shared tokens are 1,280 cached ones."""
    assert cached_after(words(0, 1300) + words(9000, 9500), words(0, 1300) + words(7000, 7500)) == 1280


def test_too_short_a_prefix_is_not_cached() -> None:
    """1,023 shared tokens are none, 1,024 are all."""
    assert cached_after(words(0, 1023) + ["a"] * 300, words(0, 1023) + ["b"] * 300) == 0
    assert cached_after(words(0, 1024) + ["a"] * 300, words(0, 1024) + ["b"] * 300) == 1024


def test_a_different_first_token_costs_the_whole_prefix() -> None:
    """The prefix counts from the first token on."""
    assert cached_after(["a", *words(0, 3000)], ["b", *words(0, 3000)]) == 0


def test_another_model_has_another_cache() -> None:
    """Nothing is shared between models."""
    assert cached_after(words(0, 2000), words(0, 2000), model="other") == 0


def test_an_idle_prefix_is_forgotten() -> None:
    """After idle_seconds without use."""
    assert cached_after(words(0, 2000), words(0, 2000), pause=300.0) == 1920
    assert cached_after(words(0, 2000), words(0, 2000), pause=300.5) == 0


def test_use_keeps_a_prefix() -> None:
    """A hit every four minutes keeps it for an hour."""
    clock = Clock()
    cache = PromptCache(Cache(), clock)
    cache.keep("m", words(0, 1200))
    for _ in range(15):
        clock.now += 240.0
        assert cache.cached_tokens("m", words(0, 1200)) == 1152


def test_tokens_are_not_confused_with_their_joined_text() -> None:
    """The same text cut elsewhere is another prompt."""
    assert cached_after(["ab", "c"] * 700, ["a", "bc"] * 700) == 0


def test_half_a_surrogate_pair_is_cached_as_well() -> None:
    """JSON may hold one."""
    assert cached_after(["\ud800"] * 2000, ["\ud800"] * 2000) == 1920


@given(st.integers(0, 400), st.integers(0, 100), st.integers(0, 100))
def test_never_more_than_what_is_shared(shared: int, first: int, second: int) -> None:
    """At most the common prefix, in whole steps from the minimum on."""
    cache = PromptCache(Cache(min_tokens=64, step_tokens=16), Clock())
    cache.keep("m", words(0, shared) + ["a"] * first)
    found = cache.cached_tokens("m", words(0, shared) + ["b"] * second)
    assert found == (shared - shared % 16 if shared >= 64 else 0)
