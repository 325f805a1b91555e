"""Placing by the prompt's own text: the repository's texts are hashed as the prompts were, and the hashes compared.

The best place is the text that covers most characters of what all calls share. It must cover at least `MIN_SHARE`, and
no other place may come near it. Text never leaves the repository, and none is needed from telemetry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from analyzers.finding import PromptAnchor
from metabot.git import Repository
from metabot.place.placement import Location
from metabot.place.several import Several
from metabot.place.texts import READ, Text, texts
from metabot.telemetry.pieces import cut

MIN_SHARE: Final = 0.6  # of the static characters; tool definitions and other files may hold the rest
NEAR: Final = 0.8  # a second place with this share of the best one's coverage makes the choice a guess
_LARGEST: Final = 1_000_000  # characters: larger files are data
# What tests hold is a copy; the served prompt stands elsewhere.
_TEST: Final = re.compile(r"(^|/)(tests?|testing|fixtures)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")


@dataclass(frozen=True, slots=True)
class _Cover:
    path: str
    text: Text
    pieces: int
    chars: int

    def overlaps(self, other: _Cover) -> bool:
        ours, theirs = self.text, other.text
        apart = ours.last_line < theirs.first_line or theirs.last_line < ours.first_line
        return self.path == other.path and not apart


def by_prompt(prompt: PromptAnchor, repository: Repository, revision: str) -> Location | Several | None:
    """The one text that the prompt is made of; `Several` where two fit about equally; None where none covers enough."""
    static = frozenset(prompt.static)
    covers = sorted(_covers(static, repository, revision), key=_best_first)
    if not covers or covers[0].chars < MIN_SHARE * prompt.static_chars:
        return None
    best = covers[0]
    near = [cover for cover in covers[1:] if cover.chars >= NEAR * best.chars and not cover.overlaps(best)]
    if near:
        return Several(tuple(dict.fromkeys(_place(cover) for cover in (best, *near))))
    return Location(
        path=best.path,
        first_line=best.text.first_line,
        last_line=best.text.last_line,
        symbol=best.text.symbol,
        how="prompt text",
        sure=round(min(1.0, best.chars / prompt.static_chars), 2),
        why=f"{best.pieces} of {len(static)} static lines of the prompt stand here",
    )


def _covers(static: frozenset[int], repository: Repository, revision: str) -> Iterator[_Cover]:
    for path in repository.files(revision):
        if _TEST.search(path) or not path.endswith(READ):
            continue
        content = repository.read(revision, path)
        if content is None or len(content) > _LARGEST:
            continue
        for text in texts(path, content):
            cover = _cover(path, text, static)
            if cover.pieces:
                yield cover


def _cover(path: str, text: Text, static: frozenset[int]) -> _Cover:
    return max((_covered(path, text, form, static) for form in _forms(text.text)), key=lambda one: one.chars)


def _covered(path: str, text: Text, form: str, static: frozenset[int]) -> _Cover:
    lengths = {piece.hash: piece.chars for piece in cut(form) if piece.hash in static}
    return _Cover(path, text, len(lengths), sum(lengths.values()))


def _forms(text: str) -> tuple[str, ...]:
    """As written, and as `str.format` leaves it, which halves doubled braces."""
    return (text, text.replace("{{", "{").replace("}}", "}")) if "{{" in text else (text,)


def _best_first(cover: _Cover) -> tuple[int, int, int]:
    lines = cover.text.last_line - cover.text.first_line
    return (-cover.chars, lines, len(cover.text.text))


def _place(cover: _Cover) -> str:
    return f"{cover.path}:{cover.text.symbol or cover.text.first_line}"
