"""What a model says about its change, as far as the finding and the change bear it out.

A sentence stays if each of its numbers is a figure of the finding or a rounding of one, or stands in the change and is
not told as a gain; if each path and symbol is one of the finding's places or of the edited files; and if it brings no
address, mention, command to install or markup. Any other is dropped whole. Number words and fractions are claims, too
("a third of", "twice"); small counts are not ("the two calls").

What stays is made inert: it reads the same wherever it is put, and links to nothing. What is not checked is whether a
sentence is true in other words than these: it describes a change that a person reads beside it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from analyzers.untrusted import Untrusted
from metabot.generate.claimed.figures import Figure, figures, unborne
from metabot.generate.claimed.names import Known, unknown_names
from metabot.generate.proposal import Edit
from metabot.place.placement import Placed
from metabot.redact import redact

_MOST: Final = 60  # sentences; what is said beyond them is dropped
_LONGEST: Final = 1_000  # characters of one
_BULLET: Final = re.compile(r"\A\s*(?:[-*•]|\d{1,2}[.)])\s+")
_HEADING: Final = re.compile(r"\A\s*#{1,6}\s+")
_END: Final = re.compile(r"(?<=[.!?])\s+(?=[\"'`(\[*_<]?[^\W_a-z]|<)")
_BROUGHT: Final = re.compile(
    r"://|\bwww\.|\bmailto:|\]\(|<[A-Za-z/!]|(?<![\w.])@[A-Za-z0-9]|[\w.+-]+@[\w-]+\.|(?<![\w&])#\d|\bGH-\d"
    r"|\b(?:pip3?|pipx|uv|npm|npx|yarn|pnpm|brew|apt|apt-get|conda|poetry|cargo|gem|go)\s+(?:install|add|get|i)\b"
    r"|\b(?:curl|wget|sudo|chmod|bash|sh)\s+\S",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    text: str  # inert; lines and bullets as they were
    dropped: tuple[str, ...]  # the sentences that are not borne out, inert and quoted
    unsupported_share: float  # of the sentences


def checked(text: str, *, placed: Placed, edits: Sequence[Edit], paths: Collection[str] = ()) -> Checked:
    """The sentences that finding and change bear out. `paths` may be named beside those of the edits."""
    judge = _Judge(Known.of(placed, edits, paths), figures(placed, edits))
    lines = [(_BULLET.match(line) is not None, _sentences(line)) for line in text.splitlines()]
    every = [sentence for _, sentences in lines for sentence in sentences]
    borne = {sentence for sentence in every[:_MOST] if judge.bears_out(sentence)}
    dropped = [sentence for sentence in every if sentence not in borne]
    return Checked(
        text="\n".join(_line(is_bullet, sentences, borne) for is_bullet, sentences in lines).strip(),
        dropped=tuple(Untrusted(sentence).quoted() for sentence in dropped),
        unsupported_share=len(dropped) / len(every) if every else 0.0,
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    known: Known
    figures: Sequence[Figure]

    def bears_out(self, sentence: str) -> bool:
        is_short = len(sentence) <= _LONGEST
        brings_nothing = _BROUGHT.search(sentence) is None
        is_secret = bool(redact(sentence)[1])
        if is_secret or not (is_short and brings_nothing):
            return False
        return not unknown_names(sentence, self.known) and not unborne(sentence, self.figures)


def _line(is_bullet: bool, sentences: Sequence[str], borne: Collection[str]) -> str:
    said = " ".join(_inert(sentence) for sentence in sentences if sentence in borne)
    return f"- {said}" if is_bullet and said else said


def _sentences(line: str) -> list[str]:
    bare = _HEADING.sub("", _BULLET.sub("", line, count=1), count=1)
    return [sentence.strip() for sentence in _END.split(bare) if sentence.strip()]


def _inert(sentence: str) -> str:
    """Quoted as text from telemetry is, without the quotation marks."""
    return Untrusted(sentence).quoted(10 * _LONGEST)[1:-1]
