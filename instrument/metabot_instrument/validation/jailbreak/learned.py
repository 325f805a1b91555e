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
from typing import Final, NamedTuple

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
    found = sum([weights.single.get(name, 0.0) * value for name, value in facts(read, score, reason)])
    odds = max([_worded(window, weights) for window in windows(read)]) + found + weights.single.get(BIAS, 0.0)
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


class Features(NamedTuple):
    """What is weighed in a window, each once: words, beginnings and the first, pairs of words, pairs of letters."""

    single: set[str]
    words: set[tuple[str, str]]
    letters: set[tuple[str, str]]


def features(read: Row) -> Features:
    words = read.words
    single = set(words)
    single.update([word[:_STEM] + "*" for word in words if len(word) > _STEM])
    if words:
        single.add("^" + words[0])
    if not read.text.isascii():
        single.update([one + other for one, other in itertools.pairwise(read.text) if one >= _UNSPACED <= other])
    letters: set[tuple[str, str]] = set()
    for sentence in read.letters.replace("_", "").replace('"', "").split("|"):
        for step in _STEPS[: max(len(sentence) - 1, 0)]:
            letters.update(zip(sentence, sentence[step:], strict=False))
    return Features(single, set(itertools.pairwise(words)), letters)


def named(found: Features) -> set[str]:
    """As they stand in `weights.tsv`."""
    words = {f"{one} {other}" for one, other in found.words}
    return found.single | words | {f"/{one}{other}" for one, other in found.letters}


def windows(read: Row) -> Iterator[Row]:
    """The text itself, or stretches of it that overlap by half."""
    words = read.words
    if len(words) <= WINDOW:
        yield read
        return
    for at in range(0, len(words) - WINDOW // 2, WINDOW // 2):
        yield row_of(words[at : at + WINDOW])


def _worded(read: Row, weights: Weights) -> float:
    found = features(read)
    looked_up = (
        *map(weights.single.get, found.single),
        *map(weights.words.get, found.words),
        *map(weights.letters.get, found.letters),
    )
    known = [weight for weight in looked_up if weight is not None]
    return 3 * sum(known) / math.sqrt(len(known)) if known else 0.0


class Weights(NamedTuple):
    single: dict[str, float]  # what is known of the whole text, too
    words: dict[tuple[str, str], float]
    letters: dict[tuple[str, str], float]


@functools.cache
def _weights() -> Weights:
    weights = Weights({}, {}, {})
    for name, _, hundredths in (line.rpartition("\t") for line in WEIGHTS.read_text("utf-8").split("\n") if line):
        one, _, other = name.partition(" ")
        if name[0] == "=" or not (other or name[0] == "/"):
            weights.single[name] = int(hundredths) / 100
        elif name[0] == "/":
            weights.letters[name[1], name[2]] = int(hundredths) / 100
        else:
            weights.words[one, other] = int(hundredths) / 100
    return weights
