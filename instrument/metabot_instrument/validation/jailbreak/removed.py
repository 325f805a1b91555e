"""A text without the sentences that are suspicious; what is left has to pass as a whole."""

from __future__ import annotations

import re
from typing import Final

from metabot_instrument.validation.jailbreak.score import suspicion

INSTEAD: Final = "[removed]"
MOST: Final = 2_000  # sentences of a text that are looked at one by one

_SENTENCE: Final = re.compile(r"[^.!?。！？\n]*(?:[.!?。！？\n]+\s*|$)")


def removed(text: str, threshold: float) -> str | None:
    """The text with `[removed]` in each suspicious sentence's place; None where what is left is still suspicious."""
    sentences = [each for each in _SENTENCE.findall(text) if each]
    if len(sentences) > MOST:
        return None
    for most in (threshold, threshold * 0.6, 0.15):  # first what is an attempt by itself, then what adds up to one
        left = "".join(_kept(each) if suspicion(each).score >= most else each for each in sentences)
        if suspicion(left).score < threshold:
            return left
    return None


def _kept(sentence: str) -> str:
    """The white space around it stays, so that the rest stays where it was."""
    end = sentence[len(sentence.rstrip()) :]
    return INSTEAD + end
