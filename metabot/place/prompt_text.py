"""Placing by the prompt's own text: the repository's texts are hashed as the prompts were, and the hashes compared.

The best place is the text that covers most characters of what all calls share; where no single text covers enough, the
texts of one function or class, then those of one file, count together. The share that is covered is the sureness, and
no other place may come near it. Text never leaves the repository, and none is needed from telemetry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from analyzers.finding import PromptAnchor
from metabot.place.placement import Location
from metabot.place.several import Several
from metabot.place.sources import Source, Sources
from metabot.place.texts import Text, texts
from metabot.telemetry.pieces import LONGEST, cut, hash_text

ENOUGH: Final = 0.6  # of the fixed characters in one text; tool definitions and other files may hold the rest
WORTH_NAMING: Final = 0.25  # below that a few common lines may be all that two texts share
NEAR: Final = 0.8  # a second place with this share of the best one's coverage makes the choice a guess
_PARSED: Final = 3_000_000  # characters of files that hold no line as it stands
_YAML: Final = 30  # times as long as Python takes YAML
_SENTENCE: Final = 20  # characters
_SPACES: Final = 2
_MARKS: Final = re.compile(r"\\n|[\"']+")


@dataclass(frozen=True, slots=True)
class _Cover:
    source: Source
    text: Text
    lengths: dict[int, int]  # of the pieces that stand here, by their hash
    parts: int = 1

    @property
    def chars(self) -> int:
        return sum(self.lengths.values())

    def shared(self, other: _Cover) -> int:
        """Characters that the other one holds as well."""
        return sum(chars for piece, chars in self.lengths.items() if piece in other.lengths)

    def overlaps(self, other: _Cover) -> bool:
        ours, theirs = self.text, other.text
        apart = ours.last_line < theirs.first_line or theirs.last_line < ours.first_line
        return self.source.path == other.source.path and not apart


def by_prompt(prompt: PromptAnchor, sources: Sources) -> tuple[Location, ...] | Several:
    """The one place that the prompt is made of; `Several` where two fit about equally; empty where none is worth it.

    Files that hold one of the lines as it stands are searched first, and the others only where those do not do.
    """
    static = frozenset(prompt.static)
    large = [one for one in sources.files if len(one.text) >= WORTH_NAMING * prompt.static_chars]
    likely = [one for one in large if _holds_a_line(one.text, static)]
    found = _among(likely, prompt)
    if isinstance(found, Several) or (found and found[0].sure >= ENOUGH):
        return found
    return _among(_first(sorted(large, key=lambda one: one.origin != "own")), prompt)


def _among(files: Iterable[Source], prompt: PromptAnchor) -> tuple[Location, ...] | Several:
    single = list(_covers(frozenset(prompt.static), files))
    levels: tuple[Callable[[], Iterable[_Cover]], ...] = (
        lambda: single,
        lambda: _together(single, lambda cover: (cover.source.path, cover.text.symbol or "")),
        lambda: _together(single, lambda cover: (cover.source.path, "")),
    )
    best: tuple[_Cover, ...] = ()
    for level in levels:
        wider = _best(level())
        best = wider if wider and (not best or wider[0].chars > best[0].chars) else best
        if best and _share(best[0], prompt) >= ENOUGH:
            break
    if not best or _share(best[0], prompt) < WORTH_NAMING:
        return ()
    if len(best) > 1:
        return Several(tuple(dict.fromkeys(_place(cover) for cover in best)))
    return (_location(best[0], prompt),)


def _holds_a_line(text: str, static: frozenset[int]) -> bool:
    """A line of the prompt stands here as it is, or between quotation marks and written line ends."""
    lines = {line.strip() for line in text.split("\n")}
    lines |= {part.strip() for line in lines if '"' in line or "'" in line for part in _MARKS.split(line)}
    return any(hash_text(line[:LONGEST]) in static for line in lines if _tells(line))


def _tells(line: str) -> bool:
    """Long enough to be a sentence: what is shorter is in many files, and a prompt has longer ones."""
    return len(line) >= _SENTENCE and line.count(" ") >= _SPACES


def _first(files: Iterable[Source]) -> Iterator[Source]:
    """As many as are parsed in some seconds."""
    room = _PARSED
    for source in files:
        room -= len(source.text) * (_YAML if source.path.endswith((".yaml", ".yml")) else 1)
        if room < 0:
            return
        yield source


def _best(covers: Iterable[_Cover]) -> tuple[_Cover, ...]:
    """The best cover and all that come near it; a copy that is not the repository's own counts only alone."""
    ranked = sorted(covers, key=_best_first)
    own = [cover for cover in ranked if cover.source.origin == "own"]
    considered = own if own and own[0].chars >= NEAR * ranked[0].chars else ranked
    if not considered:
        return ()
    first, *others = considered
    near = (cover for cover in others if first.shared(cover) >= NEAR * first.chars and not cover.overlaps(first))
    return first, *near


def _covers(static: frozenset[int], files: Iterable[Source]) -> Iterator[_Cover]:
    for source in files:
        for text in texts(source.path, source.text):
            cover = _cover(source, text, static)
            if cover.lengths:
                yield cover


def _cover(source: Source, text: Text, static: frozenset[int]) -> _Cover:
    return max((_covered(source, text, form, static) for form in _forms(text.text)), key=lambda one: one.chars)


def _covered(source: Source, text: Text, form: str, static: frozenset[int]) -> _Cover:
    # Without the white space around lines: an indented text does not hold more of the prompt than a plain one.
    plain = "\n".join(line.strip() for line in form.split("\n"))
    return _Cover(source, text, {piece.hash: piece.chars for piece in cut(plain) if piece.hash in static})


def _forms(text: str) -> Iterator[str]:
    """As written, and as `str.format`, `%` and `string.Template` leave it, which halve their doubled signs."""
    yield text
    for doubled, single in (("{{", "{"), ("%%", "%"), ("$$", "$")):
        if doubled in text:
            halved = text.replace(doubled, single)
            yield halved.replace("}}", "}") if doubled == "{{" else halved


def _together(covers: list[_Cover], key: Callable[[_Cover], tuple[str, str]]) -> Iterator[_Cover]:
    for _, group in groupby(sorted(covers, key=key), key):
        parts = sorted(group, key=lambda cover: cover.text.first_line)
        lengths = {piece: chars for part in parts for piece, chars in part.lengths.items()}
        first, last = parts[0].text, max(part.text.last_line for part in parts)
        shared = first.symbol if len({part.text.symbol for part in parts}) == 1 else None
        text = replace(first, last_line=last, symbol=shared)
        yield _Cover(parts[0].source, text, lengths, parts=len(parts))


def _best_first(cover: _Cover) -> tuple[int, int, int]:
    lines = cover.text.last_line - cover.text.first_line
    return (-cover.chars, lines, len(cover.text.text))


def _share(cover: _Cover, prompt: PromptAnchor) -> float:
    """Of the prompt's fixed characters, those that stand here."""
    whole = len(cover.lengths) == len(frozenset(prompt.static))
    return 1.0 if whole else min(1.0, cover.chars / prompt.static_chars)


def _location(cover: _Cover, prompt: PromptAnchor) -> Location:
    text, static = cover.text, len(frozenset(prompt.static))
    together = f", in {cover.parts} texts together" if cover.parts > 1 else ""
    return cover.source.location(
        text.symbol,
        (text.first_line, text.last_line),
        how="prompt text",
        sure=_share(cover, prompt),
        why=f"{len(cover.lengths)} of {static} static lines of the prompt stand here{together}",
    )


def _place(cover: _Cover) -> str:
    return f"{cover.source.path}:{cover.text.symbol or cover.text.first_line}"
