"""Where a change stands in another form of its file: not yet, made already, or its lines were changed otherwise."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

_CONTEXT: Final = 3  # lines around a change, as in a patch

Standing = Literal["to make", "made", "otherwise", "unknown"]


@dataclass(frozen=True, slots=True)
class _Hunk:
    before: list[str]  # with its context
    after: list[str]
    opening: list[str]  # the context above
    closing: list[str]


def standing(before: str, after: str, text: str) -> Standing:
    """What has become of the change from `before` to `after` in `text`.

    `made`: every part of it stands there. `otherwise`: the lines of a part are neither as before nor as after.
    `unknown`: the surroundings of a part are not there.
    """
    if text == before:
        return "to make"
    if text == after:
        return "made"
    lines = text.splitlines()
    found = {_standing(hunk, lines) for hunk in _hunks(before.splitlines(), after.splitlines())}
    for worst in ("otherwise", "unknown"):
        if worst in found:
            return worst
    if len(found) == 2:
        return "otherwise"  # one part made, another not
    return found.pop() if found else "unknown"


def _hunks(before: list[str], after: list[str]) -> Iterator[_Hunk]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        yield _Hunk(
            before=before[first[1] : last[2]],
            after=after[first[3] : last[4]],
            opening=before[first[1] : first[2]] if first[0] == "equal" else [],
            closing=before[last[1] : last[2]] if last[0] == "equal" else [],
        )


def _standing(hunk: _Hunk, lines: list[str]) -> Standing:
    if _at(lines, hunk.before) is not None:
        return "to make"
    if _at(lines, hunk.after) is not None:
        return "made"
    opening = _at(lines, hunk.opening)
    if opening is None:
        return "unknown"
    return "unknown" if _at(lines[opening + len(hunk.opening) :], hunk.closing) is None else "otherwise"


def _at(lines: Sequence[str], block: Sequence[str]) -> int | None:
    """Where the block begins."""
    places = range(len(lines) - len(block) + 1)
    return next((place for place in places if lines[place : place + len(block)] == block), None)
