"""What the model is shown of the repository: the code around the place, what it uses, who uses it, and a test beside.

Everything is the repository's own text at the base revision, cut to a stated number of characters, so that a prompt
costs the same on a large repository as on a small one. A small file is shown whole where the place is in it; of any
other file its imports and the lines that matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from metabot.generate.author_conventions import Conventions, conventions
from metabot.generate.author_sources import Lines, is_test, mentioning, source, used
from metabot.generate.author_tests import beside, new_path
from metabot.generate.recipe import Base
from metabot.place.placement import Location, Placed

_PLACES: Final = 3
_WHOLE: Final = 8_000  # characters of a file that is shown whole
_AROUND: Final = 30  # lines shown around a place that is in no function
_CODE: Final = 24_000  # characters of code in all
_TEST: Final = 6_000  # characters of the test beside
_CALLERS: Final = 4
_LISTED: Final = 40  # files that are named


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of one file."""

    path: str
    first: int
    last: int
    text: str
    whole: bool  # all of the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    code: tuple[Piece, ...]
    test: tuple[Piece, ...]
    new_test: str | None  # a free path beside the tests; None: the repository has no tests
    conventions: Conventions
    files: tuple[str, ...]  # the Python files nearest to the place


def context(placed: Placed, base: Base) -> Context:
    location = placed.locations[0]
    purpose = placed.finding.candidate.analyzer.rpartition(".")[2].replace("-", "_")
    return Context(
        code=tuple(_within(_CODE, _stretches(placed, base), base, whole={one.path for one in placed.locations})),
        test=tuple(_within(_TEST, beside(location.path, base), base, whole=set())),
        new_test=new_path(location.path, purpose, base),
        conventions=conventions(base),
        files=tuple(_nearest(location.path, base))[:_LISTED],
    )


def _stretches(placed: Placed, base: Base) -> Iterator[Lines]:
    """The places, then what they use, then who mentions them, one step each; most telling first."""
    places = [_place(location, base) for location in placed.locations[:_PLACES]]
    yield from places
    for place in places:
        if (found := source(place.path, base)) is not None:
            yield from used(found, place, base)
    for location in placed.locations[:_PLACES]:
        if location.symbol is not None:
            callers = list(mentioning(location.symbol.rpartition(".")[2], base))
            yield from callers[:_CALLERS]


def _place(location: Location, base: Base) -> Lines:
    if location.symbol is not None:
        return Lines(location.path, location.first_line, location.last_line)
    last = (base.read(location.path) or "").count("\n") + 1
    return Lines(location.path, max(1, location.first_line - _AROUND), min(last, max(location.last_line, 1) + _AROUND))


def _within(limit: int, wanted: Iterable[Lines], base: Base, *, whole: Collection[str]) -> Iterator[Piece]:
    """Pieces by file, in the order in which the files were first wanted; none past the limit."""
    chosen: dict[str, set[int]] = {}
    room = limit
    for lines in wanted:
        text = base.read(lines.path)
        if text is None:
            continue
        rows = text.split("\n")
        new = _wanted(lines, text, base, whole=lines.path in whole) - chosen.get(lines.path, set())
        cost = sum(len(rows[number - 1]) + 1 for number in new)
        if cost > room:
            new = set(sorted(new)[: max(0, room // 80)]) if not chosen else set()
        room -= cost if new else 0
        if new:
            chosen.setdefault(lines.path, set()).update(new)
    for path, numbers in chosen.items():
        yield from _pieces(path, numbers, base.read(path) or "")


def _wanted(lines: Lines, text: str, base: Base, *, whole: bool) -> set[int]:
    last = text.count("\n") + (not text.endswith("\n"))
    if whole and len(text) <= _WHOLE:
        return set(range(1, last + 1))
    found = source(lines.path, base)
    head = found.head() if found is not None else None
    top = set(range(head.first, head.last + 1)) if head is not None else set()
    return top | set(range(lines.first, min(lines.last, last) + 1))


def _pieces(path: str, numbers: set[int], text: str) -> Iterator[Piece]:
    rows = text.split("\n")
    last = len(rows) - (rows[-1] == "")
    ordered = sorted(numbers)
    start = 0
    for at, number in enumerate(ordered):
        if at + 1 == len(ordered) or ordered[at + 1] > number + 1:
            run = ordered[start : at + 1]
            shown = "\n".join(rows[run[0] - 1 : run[-1]])
            yield Piece(path, run[0], run[-1], shown, whole=len(run) >= last)
            start = at + 1


def _nearest(path: str, base: Base) -> list[str]:
    folder = path.rpartition("/")[0]
    python = [one for one in base.files if one.endswith(".py")]
    return sorted(python, key=lambda one: (one.rpartition("/")[0] != folder, is_test(one), one.count("/"), one))
