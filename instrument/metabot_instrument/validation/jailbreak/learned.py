"""What the wording adds to the rules: weights of words, pairs of words and pairs of letters of the row.

`weights.tsv` has a line for each; `python -m benchmarks.jailbreak_weights` learns them from the development set. A
weight says by how much its feature raises the odds that the text is an attack, so that each judgement can be looked up.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from metabot_instrument.validation.jailbreak.letters import Row, row_of

WEIGHTS: Final = Path(__file__).with_name("weights.tsv")
WINDOW: Final = 200  # words that are weighed together
BIAS: Final = "=bias"

_MARKS: Final = tuple('?!:"\n')
_STEPS: Final = (1, 2, 3)
_UNSPACED: Final = "\u3040"  # from here on scripts write no spaces between words
_STEM: Final = 5


def likelihood(read: Row, score: float, reason: str | None) -> float:
    """From 0 to 1: how likely the text is an attack, given what the rules say of it, and why."""
    weights = _weights()
    found = sum(weights.get(name, 0.0) * value for name, value in facts(read, score, reason))
    odds = max(_worded(window, weights) for window in windows(read)) + found + weights.get(BIAS, 0.0)
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds))))


def facts(read: Row, score: float, reason: str | None) -> Iterator[tuple[str, float]]:
    """What is known of the text as a whole, with its value."""
    yield "=score", 2 * score
    yield "=hit", 2.0 * (score >= 0.42)
    yield f"={reason}", 2 * score
    yield "=length", math.log(len(read.words) + 1) / 5
    for mark in _MARKS:
        if mark in read.text:
            yield f"={mark!r}", 1.0


def features(read: Row) -> set[str]:
    """What is weighed in a window: each once."""
    words = read.words
    found = set(words)
    found.update([f"{one} {other}" for one, other in itertools.pairwise(words)])
    found.update([word[:_STEM] + "*" for word in words if len(word) > _STEM])
    for sentence in read.letters.replace("_", "").replace('"', "").split("|"):
        for step in _STEPS[: max(len(sentence) - 1, 0)]:
            found.update(["/" + one + other for one, other in zip(sentence, sentence[step:], strict=False)])
    if words:
        found.add("^" + words[0])
    if not read.text.isascii():
        found.update([one + other for one, other in itertools.pairwise(read.text) if one >= _UNSPACED <= other])
    return found


def windows(read: Row) -> Iterator[Row]:
    """The text itself, or stretches of it that overlap by half."""
    words = read.words
    if len(words) <= WINDOW:
        yield read
        return
    for at in range(0, len(words) - WINDOW // 2, WINDOW // 2):
        yield row_of(words[at : at + WINDOW])


def _worded(read: Row, weights: dict[str, float]) -> float:
    known = [weights[name] for name in features(read) & weights.keys()]
    return 3 * sum(known) / math.sqrt(len(known)) if known else 0.0


@functools.cache
def _weights() -> dict[str, float]:
    lines = WEIGHTS.read_text("utf-8").split("\n")
    return {name: int(hundredths) / 100 for name, _, hundredths in (line.rpartition("\t") for line in lines if line)}
